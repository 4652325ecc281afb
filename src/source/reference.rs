//! References: which image a user means by what they typed, and which of an archive's images a name means.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Candidate, Choice, Format, Location, Reference, SOURCES, SourceError};
use crate::model::text::visible;

/// Prefixes of what is not on disk: where it is, and the command that brings it there (`{}` is the name).
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("docker://", "a registry", FROM_REGISTRY),
    ("registry:", "a registry", FROM_REGISTRY),
    ("docker-daemon:", "the Docker engine", FROM_DOCKER),
    ("docker:", "the Docker engine", FROM_DOCKER),
    ("podman:", "the Podman engine", FROM_PODMAN),
    ("containers-storage:", "Podman's storage", FROM_PODMAN),
    ("snapshot:", "a snapshot file", "Compare the images themselves."),
];
const FROM_REGISTRY: &str = "Copy it into a tarball: skopeo copy docker://{} docker-archive:image.tar";
const FROM_DOCKER: &str = "Save it as a tarball: docker save {} -o image.tar";
const FROM_PODMAN: &str = "Save it as a tarball: podman save {} -o image.tar";

impl Reference {
    /// Reads what a user typed: `docker-archive:PATH[:REPO:TAG]`, `oci-archive:PATH[:TAG]`, `oci:DIR[:TAG]`, or a path
    /// alone, followed by `:NAME` or `@INDEX` to choose one image of several. A path that exists exactly as typed is
    /// that path, whatever it looks like.
    ///
    /// # Errors
    /// When no part of `text` is a path that exists.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let reference =
            |format, (path, choice)| Self { text: text.to_owned(), format, location: Location::Path(path), choice };
        if exists(Path::new(text)) {
            return Ok(reference(None, (PathBuf::from(text), None)));
        }
        for source in SOURCES {
            if let Some(rest) = text.strip_prefix(source.name).and_then(|rest| rest.strip_prefix(':')) {
                return split(rest).map(|parts| reference(Some(source.format), parts));
            }
        }
        for (prefix, place, way_out) in ELSEWHERE {
            if let Some(name) = text.strip_prefix(prefix) {
                let name = visible(name.strip_prefix("//").unwrap_or(name));
                return Err(SourceError::Elsewhere {
                    text: text.to_owned(),
                    place,
                    way_out: way_out.replace("{}", &name),
                });
            }
        }
        split(text).map(|parts| reference(None, parts))
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
            Location::Embedded(_) => Path::new(&self.text),
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
    fn what_is_not_on_disk_is_refused_with_the_way_out() {
        let refused = |text: &str| {
            let error = Reference::parse(text).unwrap_err();
            (error.to_string(), error.hint().unwrap_or_default())
        };
        let (error, hint) = refused("no-such-image:1.27");
        assert_eq!(error, "there is no file or directory \"no-such-image:1.27\" or \"no-such-image\"");
        assert!(hint.ends_with("docker save no-such-image:1.27 -o image.tar"), "{hint}");
        let (error, hint) = refused("docker://quay.io/a/b:1");
        assert!(error.contains("a registry"), "{error}");
        assert!(hint.ends_with("skopeo copy docker://quay.io/a/b:1 docker-archive:image.tar"), "{hint}");
        assert!(refused("docker:app:1").1.ends_with("docker save app:1 -o image.tar"));
        assert!(refused("docker-daemon:app:1").1.ends_with("docker save app:1 -o image.tar"));
        assert!(refused("podman:app:1").1.ends_with("podman save app:1 -o image.tar"));
        assert!(refused("snapshot:old.json").0.contains("a snapshot file"));
        assert_eq!(refused("/no/such/image.tar").1, "");
        assert!(!refused("a\u{1b}[31mb").0.contains('\u{1b}'));
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
