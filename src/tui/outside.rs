//! A file's two versions in another program: a pager, or a diff tool of the user's choice.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::model::Side;

/// Two versions of a file, on disk for as long as this lives. Only the user can read them.
#[derive(Debug)]
pub struct Versions {
    directory: TempDir,
    left: Option<PathBuf>,
    right: Option<PathBuf>,
}

/// The program that shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Takes both, an empty file for a side that has none. `{left}` and `{right}` say where; without them they come last.
    Diff(Vec<String>),
    /// Takes those there are.
    Pager(Vec<String>),
}

/// A command line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no command line: a quote is not closed, or there is nothing in it")]
pub struct ViewerError(String);

impl Versions {
    /// A folder to put versions in.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> std::io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("imgdrift-").tempdir()?;
        Ok(Self { directory, left: None, right: None })
    }

    /// Where one side's version of the file with this name goes.
    pub fn place(&mut self, side: Side, name: &[u8]) -> &Path {
        let path = self.directory.path().join(format!("{}-{}", side.as_str(), harmless(name)));
        match side {
            Side::Left => self.left.insert(path),
            Side::Right => self.right.insert(path),
        }
    }
}

/// The most bytes of a file's name that are kept; file systems take 255 with what stands before them.
const MAX_NAME: usize = 100;

/// A file's name as another file system takes it and no program mistakes it.
fn harmless(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let kept = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '+');
    let text: String = text.chars().map(|character| if kept(character) { character } else { '_' }).collect();
    // The end is kept: by a name's extension a program knows the language.
    let start = text.ceil_char_boundary(text.len().saturating_sub(MAX_NAME));
    text.get(start..).unwrap_or_default().to_owned()
}

impl Viewer {
    /// A diff tool as the user's file has it.
    ///
    /// # Errors
    /// When the command line cannot be read.
    pub fn diff(command: &str) -> Result<Self, ViewerError> {
        words(command).map(Self::Diff)
    }

    /// `$PAGER`, or `less`.
    ///
    /// # Errors
    /// When the command line cannot be read.
    pub fn pager(command: Option<&str>) -> Result<Self, ViewerError> {
        words(command.filter(|command| !command.trim().is_empty()).unwrap_or("less")).map(Self::Pager)
    }

    /// The program and what it is told.
    #[must_use]
    pub fn command(&self, versions: &Versions) -> Option<Command> {
        let path = |side: &Option<PathBuf>| side.clone().unwrap_or_else(|| PathBuf::from("/dev/null"));
        let (Self::Diff(words) | Self::Pager(words)) = self;
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        let mut placed = false;
        for argument in arguments {
            match (self, argument.as_str()) {
                (Self::Diff(_), "{left}") => command.arg(path(&versions.left)),
                (Self::Diff(_), "{right}") => command.arg(path(&versions.right)),
                _ => command.arg(argument),
            };
            placed |= matches!(argument.as_str(), "{left}" | "{right}");
        }
        match self {
            Self::Diff(_) if placed => {}
            Self::Diff(_) => {
                command.arg(path(&versions.left)).arg(path(&versions.right));
            }
            Self::Pager(_) => {
                command.args([&versions.left, &versions.right].into_iter().flatten());
            }
        }
        Some(command)
    }
}

fn words(command: &str) -> Result<Vec<String>, ViewerError> {
    match shell_words::split(command) {
        Ok(words) if !words.is_empty() => Ok(words),
        _ => Err(ViewerError(command.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(viewer: &Viewer, versions: &Versions) -> Vec<String> {
        let command = viewer.command(versions).unwrap();
        let place = versions.directory.path().to_str().unwrap().to_owned();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_str().unwrap().replace(&place, "TMP")).collect()
    }

    #[test]
    fn a_diff_tool_gets_both_versions_where_it_wants_them() {
        let mut versions = Versions::new().unwrap();
        versions.place(Side::Right, b"a b;$(x)\n.py");
        let viewer = Viewer::diff("meld --diff {right} {left}").unwrap();
        assert_eq!(line(&viewer, &versions), ["meld", "--diff", "TMP/right-a_b___x__.py", "/dev/null"]);
        let viewer = Viewer::diff("'my tool' -d").unwrap();
        assert_eq!(line(&viewer, &versions), ["my tool", "-d", "/dev/null", "TMP/right-a_b___x__.py"]);
    }

    #[test]
    fn a_long_name_is_one_that_a_file_system_takes_and_keeps_its_extension() {
        let mut versions = Versions::new().unwrap();
        for letter in ["a", "é", "漢", "𝄞"] {
            let place = versions.place(Side::Left, format!("{}.rs", letter.repeat(120)).as_bytes());
            assert!(std::fs::write(place, b"").is_ok() && place.extension().is_some_and(|it| it == "rs"), "{place:?}");
            assert!(place.file_name().unwrap().len() <= "left-".len() + MAX_NAME, "{place:?}");
        }
    }

    #[test]
    fn a_pager_gets_the_versions_there_are() {
        let mut versions = Versions::new().unwrap();
        versions.place(Side::Left, b"x");
        assert_eq!(line(&Viewer::pager(Some("less -R")).unwrap(), &versions), ["less", "-R", "TMP/left-x"]);
        assert_eq!(Viewer::pager(Some(" ")).unwrap(), Viewer::pager(None).unwrap());
        assert!(Viewer::diff("tool 'unclosed").is_err() && Viewer::diff("").is_err());
    }
}
