//! Compiled Python and its source.

use crate::model::ImagePath;

/// `dir/__pycache__/name.cpython-311[.opt-1].pyc` comes from `dir/name.py` (PEP 3147).
#[must_use]
pub fn source_of(compiled: &ImagePath) -> Option<ImagePath> {
    let name = compiled.file_name().strip_suffix(b".pyc")?;
    let cache = compiled.parent()?;
    if cache.file_name() != b"__pycache__" {
        return None;
    }
    let module = name.split(|byte| *byte == b'.').next().filter(|module| !module.is_empty())?;
    cache.parent()?.join(&[module, b".py"].concat()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::path;
    use super::*;

    #[test]
    fn the_source_stands_beside_the_cache() {
        let source = |text: &str| source_of(&path(text)).map(|path| path.to_string());
        assert_eq!(source("a/__pycache__/x.cpython-311.pyc").as_deref(), Some("/a/x.py"));
        assert_eq!(source("a/__pycache__/x.cpython-311.opt-1.pyc").as_deref(), Some("/a/x.py"));
        assert_eq!(source("a/x.pyc"), None);
    }
}
