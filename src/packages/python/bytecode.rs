//! Compiled Python and its source.

use crate::model::ImagePath;

/// `dir/__pycache__/name.cpython-311[.opt-1].pyc` comes from `dir/name.py` (PEP 3147).
#[must_use]
pub fn source_of(compiled: &ImagePath) -> Option<ImagePath> {
    let name = compiled.file_name().strip_suffix(b".pyc")?;
    let cache = compiled.parent()?;
    if cache.file_name() != CACHE {
        return None;
    }
    let module = name.split(|byte| *byte == b'.').next().filter(|module| !module.is_empty())?;
    cache.parent()?.join(&[module, b".py"].concat()).ok()
}

/// The source in whose place an interpreter runs `dir/name.pyc`, outside of `__pycache__`: as long as it is not there.
#[must_use]
pub fn source_replaced_by(compiled: &ImagePath) -> Option<ImagePath> {
    let name = compiled.file_name().strip_suffix(b".pyc").filter(|name| !name.is_empty())?;
    let directory = compiled.parent().filter(|directory| directory.file_name() != CACHE)?;
    directory.join(&[name, b".py"].concat()).ok()
}

/// Whether an interpreter 3.`minor` looks for compiled code at this path: the tag in the name is its own (`cpython-311`), and
/// no directory above belongs to another version (`lib/python3.12`).
#[must_use]
pub fn is_place_of(compiled: &ImagePath, minor: u8) -> bool {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u8>().ok();
    let is_own = |digits: Option<&[u8]>| digits.and_then(number).is_none_or(|found| found == minor);
    let tag = compiled.file_name().split(|byte| *byte == b'.').nth(1).unwrap_or_default();
    // What pytest compiled has its version behind the interpreter's: `cpython-311-pytest-8.3.2`.
    let digits = tag.strip_prefix(b"cpython-3").and_then(|rest| rest.split(|byte| *byte == b'-').next());
    let is_tagged = digits.is_some_and(|digits| number(digits) == Some(minor));
    is_tagged && compiled.components().all(|part| is_own(part.strip_prefix(b"python3.")))
}

const CACHE: &[u8] = b"__pycache__";

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

    #[test]
    fn outside_a_cache_compiled_code_stands_in_for_its_source() {
        let source = |text: &str| source_replaced_by(&path(text)).map(|path| path.to_string());
        assert_eq!(source("a/x.pyc").as_deref(), Some("/a/x.py"));
        assert_eq!(source("a/__pycache__/x.cpython-311.pyc"), None);
        assert_eq!(source("a/.pyc"), None);
    }

    #[test]
    fn an_interpreter_looks_for_its_own_tag_among_its_own_files() {
        let is_place = |text: &str| is_place_of(&path(text), 11);
        assert!(is_place("usr/lib/python3.11/__pycache__/x.cpython-311.pyc"));
        assert!(is_place("usr/lib/python3/dist-packages/__pycache__/x.cpython-311.opt-2.pyc"));
        assert!(is_place("app/__pycache__/x.cpython-311-pytest-8.3.2.pyc"));
        for other in [
            "usr/lib/python3.12/__pycache__/x.cpython-311.pyc",
            "usr/lib/python3.11/__pycache__/x.cpython-312.pyc",
            "app/__pycache__/x.cpython-31.pyc",
            "app/__pycache__/x.pypy311.pyc",
            "app/__pycache__/x.pyc",
        ] {
            assert!(!is_place(other), "{other}");
        }
    }
}
