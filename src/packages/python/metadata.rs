//! The headers of METADATA and PKG-INFO, and the normal form of names.

use crate::packages::to_text;

/// What is read of a distribution's core metadata; `None` where it does not say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) summary: Option<String>,
    /// Each `Requires-Dist`, as written.
    pub(super) requires: Vec<String>,
    /// Each `Project-URL`: its label and the URL.
    pub(super) links: Vec<(String, String)>,
    pub(super) home_page: Option<String>,
}

/// The most lines of one kind that are read: far beyond any real distribution.
const MAX_LINES: usize = 2_000;

/// Reads the headers, which end at the first blank line. Folded lines are left out: none of these fields has any.
pub(super) fn metadata(text: &[u8]) -> Metadata {
    let mut found = Metadata::default();
    let headers = text.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    for line in headers {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line[colon + 1..].trim_ascii();
        let field = match line[..colon].to_ascii_lowercase().as_slice() {
            b"name" => &mut found.name,
            b"version" => &mut found.version,
            b"summary" => &mut found.summary,
            b"home-page" => &mut found.home_page,
            b"requires-dist" if found.requires.len() < MAX_LINES => {
                found.requires.push(to_text(value));
                continue;
            }
            b"project-url" if found.links.len() < MAX_LINES => {
                found.links.extend(labelled(&to_text(value)));
                continue;
            }
            _ => continue,
        };
        if field.is_none() && !value.is_empty() && !matches!(value, b"UNKNOWN") {
            *field = Some(to_text(value));
        }
    }
    found
}

/// `Label, https://...`
fn labelled(value: &str) -> Option<(String, String)> {
    let (label, url) = value.split_once(',')?;
    Some((label.trim().to_owned(), url.trim().to_owned()))
}

/// The link that tells what changed, else the one that leads nearest to it.
pub(super) fn link(links: &[(String, String)]) -> Option<&str> {
    const WANTED: [&[&str]; 3] = [
        &["change", "release notes", "history", "news", "what's new"],
        &["home", "source", "repository", "code", "github"],
        &[""],
    ];
    let labelled = |words: &&[&str]| {
        let is_called = |label: &str| words.iter().any(|word| label.to_lowercase().contains(word));
        links.iter().find(|(label, _)| is_called(label)).map(|(_, url)| url.as_str())
    };
    WANTED.iter().find_map(labelled)
}

/// The name that equal distributions share however it is written, after PEP 503: `Foo.-_Bar` is `foo-bar`.
pub(super) fn normalised(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if key.ends_with('-') => {}
            '-' | '_' | '.' => key.push('-'),
            other => key.extend(other.to_lowercase()),
        }
    }
    key
}

/// Name and version out of `name-version[-py3.11].dist-info` or another extension: for metadata that does not say.
/// An egg-link is called by the plain name, which may hold hyphens.
pub(super) fn from_file_name(file_name: &[u8]) -> (String, String) {
    let text = to_text(file_name);
    let (stem, extension) = text.rsplit_once('.').unwrap_or((&text, ""));
    if extension == "egg-link" {
        return (stem.to_owned(), String::new());
    }
    let (name, rest) = stem.split_once('-').unwrap_or((stem, ""));
    let version = rest.split("-py").next().unwrap_or_default();
    (name.to_owned(), version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_up_to_the_blank_line() {
        // From Flask 3.1.3's METADATA, shortened, with the line ends of a Windows build.
        let text = b"Metadata-Version: 2.4\r\nName: Flask\r\nVersion: 3.1.3\r\nSummary: A simple framework for building complex web applications.\r\nLicense: x\r\n        Name: folded\r\n\r\nName: body\r\n";
        let read = metadata(text);
        assert_eq!(read.name.as_deref(), Some("Flask"));
        assert_eq!(read.version.as_deref(), Some("3.1.3"));
        assert_eq!(read.summary.as_deref(), Some("A simple framework for building complex web applications."));
        assert_eq!(metadata(b"\xff\x00: \n::::\nName:\nVersion: UNKNOWN\n"), Metadata::default());
    }

    #[test]
    fn requirements_and_the_link_to_changes_are_read() {
        // From Flask 3.0.3's METADATA, shortened.
        let text = b"Name: Flask\nRequires-Dist: Werkzeug>=3.0.0\nRequires-Dist: asgiref>=3.2 ; extra == \"async\"\nProject-URL: Source, https://github.com/pallets/flask/\nProject-URL: Changes, https://flask.palletsprojects.com/changes/\n";
        let read = metadata(text);
        assert_eq!(read.requires, ["Werkzeug>=3.0.0", "asgiref>=3.2 ; extra == \"async\""]);
        assert_eq!(link(&read.links), Some("https://flask.palletsprojects.com/changes/"));
        assert_eq!(link(&read.links[..1]), Some("https://github.com/pallets/flask/"));
        assert_eq!(link(&[]), None);
    }

    #[test]
    fn names_share_one_normal_form() {
        for name in ["Foo.Bar", "foo_-_bar", "FOO-bar"] {
            assert_eq!(normalised(name), "foo-bar");
        }
    }

    #[test]
    fn file_names_tell_name_and_version() {
        let told = |name: &str| from_file_name(name.as_bytes());
        assert_eq!(told("PyGObject-3.42.2.egg-info"), ("PyGObject".into(), "3.42.2".into()));
        assert_eq!(told("Python-2.7.18-py2.7.egg-info"), ("Python".into(), "2.7.18".into()));
        assert_eq!(told("wsgiref.egg-info"), ("wsgiref".into(), String::new()));
        assert_eq!(told("my-app.egg-link"), ("my-app".into(), String::new()));
    }
}
