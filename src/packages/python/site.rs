//! Site directories: where an interpreter finds what was installed, and the files there that make it run or import
//! something unasked (Python's `site` module).

use crate::image::{Node, Tree};
use crate::model::{Ecosystem, ImagePath, Kind, Package};
use crate::packages::to_text;

use super::find::SITES;
use super::metadata::normalised;

/// What a `.pth` file does whenever an interpreter starts.
#[derive(Debug, PartialEq, Eq)]
pub enum PathFile {
    /// A line that starts with `import` is run: the first such line that is not known to be harmless.
    Runs(String),
    /// Nothing but directories to import from, and lines of setuptools and virtualenv that are known.
    Adds,
    /// Its bytes are not at hand.
    Unread,
}

/// Lines that are run and known: those that `easy_install` put around the directories that it added, and virtualenv's.
const KNOWN: [&str; 3] = [
    "import sys; sys.__plen = len(sys.path)",
    "import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)",
    "import _virtualenv",
];

/// Where Python ends a line (`str.splitlines`): code can stand behind any of them.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The site directories of an image, those inside another left out.
pub fn site_directories(tree: &Tree) -> impl Iterator<Item = &Node> {
    tree.nodes().iter().filter(|node| {
        let above = node.path.parent();
        node.file.entry.kind == Kind::Directory
            && SITES.contains(&node.path.file_name())
            && !above.is_some_and(|above| above.components().any(|part| SITES.contains(&part)))
    })
}

/// The part of `path` that ends with the name directly in a site directory: `…/site-packages/flask` of a file in flask.
#[must_use]
pub fn site_entry(path: &ImagePath) -> Option<&[u8]> {
    let bytes = path.as_bytes();
    let mut end = 0;
    let mut is_inside = false;
    for part in bytes.split(|byte| *byte == b'/') {
        end += part.len();
        if is_inside {
            return bytes.get(..end);
        }
        is_inside = SITES.contains(&part);
        end += 1;
    }
    None
}

/// What the `.pth` file at `node` does.
#[must_use]
pub fn path_file(node: &Node) -> PathFile {
    let Some(bytes) = node.bytes.as_deref() else { return PathFile::Unread };
    let text = String::from_utf8_lossy(bytes);
    let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).split(LINE_ENDS);
    let runs = |line: &&str| line.starts_with("import ") || line.starts_with("import\t");
    let foreign = lines.filter(runs).find(|line| !KNOWN.contains(&line.trim_end()));
    foreign.map_or(PathFile::Adds, |line| PathFile::Runs(line.to_owned()))
}

/// The names that a distribution which lists none of its files can be expected to have put into its site directory,
/// normalised; `None` for one that lists them.
#[must_use]
pub fn expected_names(package: &Package, tree: &Tree) -> Option<Vec<String>> {
    let lists = |path: &ImagePath| !path.components().any(is_metadata);
    if package.ecosystem != Ecosystem::Pypi || package.files.iter().any(|file| lists(&file.path)) {
        return None;
    }
    let names = package.files.iter().find(|file| file.path.file_name() == b"top_level.txt");
    let names = names.and_then(|file| tree.read(&file.path)).unwrap_or_default();
    let names = names.split(|byte| *byte == b'\n').map(|name| normalised(&to_text(name.trim_ascii())));
    Some(names.filter(|name| !name.is_empty()).chain([package.key.clone()]).collect())
}

fn is_metadata(part: &[u8]) -> bool {
    [b".dist-info".as_slice(), b".egg-info", b".egg", b".egg-link"].iter().any(|ending| part.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{image, path};
    use super::*;

    #[test]
    fn a_line_that_starts_with_import_is_run_and_a_comment_is_not() {
        let of = |text: &str| {
            path_file(image(&[("site-packages/x.pth", text)]).tree.get(&path("site-packages/x.pth")).unwrap())
        };
        assert_eq!(of("/app\n# import os\n./lib\n"), PathFile::Adds);
        // What setup.py develop of setuptools 18 wrote.
        let easy = "import sys; sys.__plen = len(sys.path)\n/app\nimport sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)\n";
        assert_eq!(of(easy), PathFile::Adds);
        assert_eq!(of("import _virtualenv"), PathFile::Adds);
        assert_eq!(of("/app\nimport\tos\n"), PathFile::Runs("import\tos".to_owned()));
        assert_eq!(of("\u{feff}import os"), PathFile::Runs("import os".to_owned()));
        assert_eq!(of("/app\u{c}import os"), PathFile::Runs("import os".to_owned()));
        assert_eq!(of("x\rimport _virtualenv; import os"), PathFile::Runs("import _virtualenv; import os".to_owned()));
    }

    #[test]
    fn an_entry_of_a_site_directory_is_what_stands_directly_in_it() {
        let entry = |text: &str| site_entry(&path(text)).map(|entry| String::from_utf8_lossy(entry).into_owned());
        assert_eq!(entry("a/site-packages/x/site-packages/y").as_deref(), Some("a/site-packages/x"));
        assert_eq!(entry("a/site-packages/x.py").as_deref(), Some("a/site-packages/x.py"));
        assert_eq!(entry("a/site-packages"), None);
        assert_eq!(entry("a/my-site-packages/x"), None);
    }

    #[test]
    fn site_directories_inside_another_belong_to_it() {
        let image =
            image(&[("a/site-packages/x/site-packages/y", ""), ("b/dist-packages/", ""), ("c/site-packages", "")]);
        let found: Vec<_> = site_directories(&image.tree).map(|node| node.path.to_string()).collect();
        assert_eq!(found, ["/a/site-packages", "/b/dist-packages"]);
    }
}
