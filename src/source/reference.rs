//! References: which image a user means by what they typed, and which of an archive's images a name means.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Candidate, Choice, Engine, Format, Location, Reference, SOURCES, SourceError};

/// Where an image is, by its name there.
type Place = fn(String) -> Location;

/// Prefixes of what is not on disk. Those with slashes come before those that they start with.
const ELSEWHERE: &[(&str, Place)] = &[
    ("docker://", Location::Registry),
    ("registry:", Location::Registry),
    ("docker-daemon:", |name| Location::Engine(Engine::Docker, name)),
    ("docker:", |name| Location::Engine(Engine::Docker, name)),
    ("containers-storage:", |name| Location::Engine(Engine::Podman, name)),
    ("podman:", |name| Location::Engine(Engine::Podman, name)),
];

/// Prefix of a file that `imgdrift snapshot` wrote.
const SNAPSHOT: &str = "snapshot:";

impl Reference {
    /// Reads what a user typed: `docker-archive:PATH[:REPO:TAG]`, `oci-archive:PATH[:TAG]`, `oci:DIR[:TAG]`,
    /// `snapshot:PATH`, or a path alone, followed by `:NAME` or `@INDEX` to choose one image of several; `docker:NAME`,
    /// `podman:NAME`, `registry:NAME` and what skopeo calls them; or a name alone. A path that exists exactly as typed is
    /// that path, whatever it looks like.
    ///
    /// # Errors
    /// When no part of `text` is a path that exists, and it cannot be the name of an image.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let reference =
            |format, (path, choice)| Self { text: text.to_owned(), format, location: Location::Path(path), choice };
        let elsewhere = |location| Self { text: text.to_owned(), format: None, location, choice: None };
        if exists(Path::new(text)) {
            return Ok(reference(None, (PathBuf::from(text), None)));
        }
        for source in SOURCES {
            if let Some(rest) = text.strip_prefix(source.name).and_then(|rest| rest.strip_prefix(':')) {
                return split(rest).map(|parts| reference(Some(source.format), parts));
            }
        }
        if let Some(path) = text.strip_prefix(SNAPSHOT) {
            return Ok(reference(Some(Format::Snapshot), (PathBuf::from(path), None)));
        }
        for (prefix, place) in ELSEWHERE {
            if let Some(name) = text.strip_prefix(prefix).filter(|name| !name.is_empty()) {
                return Ok(elsewhere(place(name.strip_prefix("//").unwrap_or(name).to_owned())));
            }
        }
        match split(text) {
            Ok(parts) => Ok(reference(None, parts)),
            Err(_) if is_name(text) => Ok(elsewhere(Location::Name(text.to_owned()))),
            Err(error) => Err(error),
        }
    }

    /// The image called `name` of an archive that is part of the program.
    #[must_use]
    pub fn embedded(archive: &'static [u8], name: &str) -> Self {
        Self {
            text: name.to_owned(),
            format: None,
            location: Location::Embedded(archive),
            choice: Some(Choice::Name(name.to_owned())),
        }
    }

    /// What messages call the file or directory.
    pub(super) fn file(&self) -> &Path {
        match &self.location {
            Location::Path(path) => path,
            _ => Path::new(&self.text),
        }
    }
}

/// Splits `PATH:NAME` and `PATH@INDEX` where the longest path that exists ends.
fn split(text: &str) -> Result<(PathBuf, Option<Choice>), SourceError> {
    if exists(Path::new(text)) {
        return Ok((PathBuf::from(text), None));
    }
    let mut tried = vec![PathBuf::from(text)];
    for (at, separator) in text.rmatch_indices([':', '@']) {
        let Some((path, rest)) = text.get(..at).zip(text.get(at + separator.len()..)) else { continue };
        // skopeo writes a position as `PATH:@INDEX`.
        let choice = match (separator, rest.strip_prefix('@')) {
            ("@", _) => rest.parse().ok().map(Choice::Index),
            (_, Some(index)) if index.parse::<usize>().is_ok() => index.parse().ok().map(Choice::Index),
            _ => (!rest.is_empty()).then(|| Choice::Name(rest.to_owned())),
        };
        if path.is_empty() || choice.is_none() {
            continue;
        }
        if exists(Path::new(path)) {
            return Ok((PathBuf::from(path), choice));
        }
        tried.push(PathBuf::from(path));
    }
    Err(SourceError::Missing { text: text.to_owned(), tried })
}

/// Whether a text that is no path may name an image: what distribution's reference grammar allows, and nothing that a
/// user would write of a file.
fn is_name(text: &str) -> bool {
    let is_path = text.starts_with(['/', '.', '~']) || text.contains(".tar");
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-/:@+".contains(character);
    !is_path
        && !text.is_empty()
        && text.chars().all(allowed)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !text.ends_with([':', '@', '/'])
}

/// A path behind a directory that may not be looked into counts as existing: reading it gives the better error.
fn exists(path: &Path) -> bool {
    path.try_exists().unwrap_or_else(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// Positions of those `images` that `wanted` means: those with exactly this name; else those whose full name is the
/// same (`app` is `docker.io/library/app:latest`); else those with this tag.
pub(super) fn named(wanted: &str, images: &[Candidate]) -> Vec<usize> {
    let full = full_name(wanted);
    let is_tag = !wanted.contains(['/', ':', '@']);
    let rules: [&dyn Fn(&String) -> bool; 3] = [&|name| name == wanted, &|name| full_name(name) == full, &|name| {
        is_tag && name.rsplit_once(':').is_some_and(|(_, tag)| tag == wanted)
    }];
    let matching = |rule: &dyn Fn(&String) -> bool| -> Vec<usize> {
        (0..images.len()).zip(images).filter(|(_, image)| image.names.iter().any(rule)).map(|(at, _)| at).collect()
    };
    rules.into_iter().map(matching).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The name with the registry, the `library/` and the tag that docker implies.
fn full_name(name: &str) -> String {
    let (registry, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name),
    };
    let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
    let library = if registry == "docker.io" && !path.contains('/') { "library/" } else { "" };
    let tag = if path.contains([':', '@']) { "" } else { ":latest" };
    format!("{registry}/{library}{path}{tag}")
}

impl Format {
    /// The format's name in messages.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::DockerArchive => "a docker-archive",
            Self::OciArchive => "an OCI layout in an archive",
            Self::OciDirectory => "an OCI layout in a directory",
            Self::Snapshot => "a snapshot",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with an archive `app.tar`, a layout `layout` and a file with a colon in its name.
    fn files() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in ["app.tar", "app.tar:1.0", "docker:27"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        std::fs::create_dir(directory.path().join("layout")).unwrap();
        directory
    }

    fn parse(prefix: &str, typed: &str) -> (Option<Format>, String, Option<Choice>) {
        let directory = files();
        let root = directory.path().to_str().unwrap();
        let text = format!("{prefix}{root}/{typed}");
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.text, text);
        let path = reference.file().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (reference.format, path, reference.choice)
    }

    fn name(name: &str) -> Choice {
        Choice::Name(name.to_owned())
    }

    #[test]
    fn a_choice_follows_the_longest_path_that_exists() {
        assert_eq!(parse("", "app.tar"), (None, "app.tar".to_owned(), None));
        assert_eq!(parse("", "app.tar:repo:2"), (None, "app.tar".to_owned(), Some(name("repo:2"))));
        assert_eq!(parse("", "app.tar:ghcr.io/a/b"), (None, "app.tar".to_owned(), Some(name("ghcr.io/a/b"))));
        assert_eq!(parse("", "app.tar@3"), (None, "app.tar".to_owned(), Some(Choice::Index(3))));
        assert_eq!(parse("", "app.tar:@3"), (None, "app.tar".to_owned(), Some(Choice::Index(3))));
        // Exists as typed, so it is not `app.tar` and a tag; and what follows it chooses within it.
        assert_eq!(parse("", "app.tar:1.0"), (None, "app.tar:1.0".to_owned(), None));
        assert_eq!(parse("", "app.tar:1.0:repo:2"), (None, "app.tar:1.0".to_owned(), Some(name("repo:2"))));
        assert_eq!(parse("", "docker:27"), (None, "docker:27".to_owned(), None));
    }

    #[test]
    fn prefixes_name_the_format() {
        let archive = "app.tar".to_owned();
        assert_eq!(parse("docker-archive:", "app.tar"), (Some(Format::DockerArchive), archive.clone(), None));
        assert_eq!(parse("oci-archive:", "app.tar:v2"), (Some(Format::OciArchive), archive, Some(name("v2"))));
        assert_eq!(parse("oci:", "layout:v2"), (Some(Format::OciDirectory), "layout".to_owned(), Some(name("v2"))));
    }

    #[test]
    fn what_is_not_on_disk_is_somewhere_else() {
        let location = |text: &str| Reference::parse(text).unwrap().location;
        let docker = |name: &str| Location::Engine(Engine::Docker, name.to_owned());
        assert_eq!(location("docker:app:1"), docker("app:1"));
        assert_eq!(location("docker-daemon:app:1"), docker("app:1"));
        assert_eq!(location("podman:app:1"), Location::Engine(Engine::Podman, "app:1".to_owned()));
        for registry in ["docker://quay.io/a/b:1", "registry:quay.io/a/b:1", "registry://quay.io/a/b:1"] {
            assert_eq!(location(registry), Location::Registry("quay.io/a/b:1".to_owned()));
        }
        assert_eq!(location("no-such-image:1.27"), Location::Name("no-such-image:1.27".to_owned()));
        assert_eq!(location("snapshot:old.snap"), Location::Path("old.snap".into()));
        for path in ["/no/such/image.tar", "./app", "old.tar.gz", "docker:", "a\u{1b}[31mb"] {
            let error = Reference::parse(path).unwrap_err().to_string();
            assert!(error.starts_with("there is no file or directory") && !error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn names_match_as_docker_completes_them() {
        let image = |index, names: &[&str]| Candidate {
            index,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            id: String::new(),
            platform: None,
        };
        let images = [
            image(0, &["app:1.0", "app:latest"]),
            image(1, &["docker.io/library/app:2.0"]),
            image(2, &["ghcr.io/a/b:2.0"]),
        ];
        assert_eq!(named("app:1.0", &images), [0]);
        assert_eq!(named("app", &images), [0]);
        assert_eq!(named("docker.io/library/app:1.0", &images), [0]);
        assert_eq!(named("index.docker.io/app:2.0", &images), [1]);
        assert_eq!(named("2.0", &images), [1, 2]);
        assert_eq!(named("ghcr.io/a/b", &images), [0; 0]);
        assert_eq!(named("b:2.0", &images), [0; 0]);
    }
}
