//! Image names as builders, engines and people write them.

/// The digest in a name: `sha256:HEX` of `debian:12@sha256:HEX`.
#[must_use]
pub fn digest_of(name: &str) -> Option<&str> {
    name.rsplit_once('@').map(|(_, digest)| digest).filter(|digest| digest.starts_with("sha256:"))
}

/// Whether two names are of one image: `debian` and `docker.io/library/debian:latest` are. Names of which one leaves the
/// tag to its digest are the same where the rest is.
#[must_use]
pub fn same_name(left: &str, right: &str) -> bool {
    let (left, right) = (Name::of(left), Name::of(right));
    let path = left.path == right.path && (left.host == right.host || left.is_local() || right.is_local());
    path && (left.tag == right.tag || left.tag.is_none() || right.tag.is_none())
}

struct Name<'a> {
    host: &'a str,
    path: &'a str,
    /// `None` where a digest says which image is meant.
    tag: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn of(text: &'a str) -> Self {
        let (name, is_pinned) = text.split_once('@').map_or((text, false), |(name, _)| (name, true));
        let (path, tag) = match name.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (name, None),
        };
        let (host, path) = match path.split_once('/') {
            Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => (host, path),
            _ => ("docker.io", path),
        };
        let host = if host == "index.docker.io" { "docker.io" } else { host };
        let path = if host == "docker.io" { path.strip_prefix("library/").unwrap_or(path) } else { path };
        Self { host, path, tag: tag.or((!is_pinned).then_some("latest")) }
    }

    /// Podman and buildah put what was never pushed under `localhost`, docker under no host at all.
    fn is_local(&self) -> bool {
        self.host == "localhost"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_image_are_known_however_they_are_written() {
        for (left, right) in [
            ("debian", "docker.io/library/debian:latest"),
            ("debian:12", "index.docker.io/library/debian:12"),
            ("debian:12@sha256:ab", "debian@sha256:ab"),
            ("localhost/app:1", "app:1"),
            ("ghcr.io/a/b:2", "ghcr.io/a/b:2"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
        ] {
            assert!(same_name(left, right) && same_name(right, left), "{left} {right}");
        }
        for (left, right) in
            [("debian:12", "debian:11"), ("debian", "ghcr.io/library/debian"), ("a/b", "b"), ("debian:12", "debian")]
        {
            assert!(!same_name(left, right), "{left} {right}");
        }
        assert_eq!(digest_of("a:1@sha256:ab"), Some("sha256:ab"));
        assert_eq!(digest_of("a:1"), None);
    }
}
