//! What names an image in a registry, and where that registry answers.

use std::net::IpAddr;

use oci_client::Reference;

use super::RegistryError;
use crate::model::Digest;

/// Docker Hub as references name it.
const HUB: &str = "docker.io";

/// Where Docker Hub's registry answers.
const HUB_ADDRESS: &str = "registry-1.docker.io";

/// Under which Docker Hub's credentials are kept, since before there were other registries.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// A parsed reference: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` with what docker implies filled in (distribution's reference
/// grammar).
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) reference: Reference,
    /// What a digest in the reference asks for; the tag before it then only tells readers something.
    pub(super) digest: Option<Digest>,
}

impl Name {
    pub(super) fn parse(text: &str) -> Result<Self, RegistryError> {
        let bad = |reason: String| RegistryError::Name { text: text.to_owned(), reason };
        let reference: Reference = text.parse().map_err(|error: oci_client::ParseError| bad(error.to_string()))?;
        let digest: Option<Digest> = reference
            .digest()
            .map(str::parse)
            .transpose()
            .map_err(|error: crate::model::DigestError| bad(error.to_string()))?;
        Ok(Self { reference, digest })
    }

    /// The registry as references name it, with its port.
    pub(super) fn host(&self) -> &str {
        self.reference.registry()
    }

    /// The registry as a connection is made to it.
    pub(super) fn address(&self) -> &str {
        if self.host() == HUB { HUB_ADDRESS } else { self.host() }
    }

    pub(super) fn repository(&self) -> &str {
        self.reference.repository()
    }

    /// What the manifest is asked for by.
    pub(super) fn wanted(&self) -> String {
        match self.digest {
            Some(digest) => digest.to_string(),
            None => self.tag().to_owned(),
        }
    }

    pub(super) fn tag(&self) -> &str {
        self.reference.tag().unwrap_or("latest")
    }

    /// The full reference with the digest that it led to.
    pub(super) fn resolved(&self, digest: Digest) -> String {
        let tag = self.reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{}/{}{tag}@{digest}", self.host(), self.repository())
    }

    /// Names under which credentials may be kept, the most particular first: containers-auth.json(5) has them for
    /// repositories and what lies above them too.
    pub(super) fn credential_keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let mut path = format!("{}/{}", self.host(), self.repository());
        while let Some((above, _)) = path.rsplit_once('/') {
            let above = above.to_owned();
            keys.push(std::mem::replace(&mut path, above));
        }
        keys.push(self.account().to_owned());
        keys
    }

    /// The name of the registry for `docker login`'s files and for credential helpers.
    pub(super) fn account(&self) -> &str {
        if self.host() == HUB { HUB_KEY } else { self.host() }
    }

    /// Whether the registry is on this machine, where no certificate is expected of it.
    pub(super) fn is_local(&self) -> bool {
        let name = self.host().rsplit_once(':').map_or(self.host(), |(name, _)| name);
        name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// Whether the user listed the registry among the insecure ones.
    pub(super) fn is_among(&self, insecure: &[String]) -> bool {
        insecure.iter().any(|host| host.eq_ignore_ascii_case(self.host()) || host.eq_ignore_ascii_case(self.address()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn short_forms_are_completed_as_docker_completes_them() {
        let digest: Digest = DIGEST.parse().unwrap();
        for (typed, full, wanted, address) in [
            ("debian", "docker.io/library/debian:latest", "latest", HUB_ADDRESS),
            ("debian:12", "docker.io/library/debian:12", "12", HUB_ADDRESS),
            ("bitnami/redis:7", "docker.io/bitnami/redis:7", "7", HUB_ADDRESS),
            ("index.docker.io/library/debian:12", "docker.io/library/debian:12", "12", HUB_ADDRESS),
            ("localhost:5000/a/b:v1", "localhost:5000/a/b:v1", "v1", "localhost:5000"),
            ("quay.io/a/b", "quay.io/a/b:latest", "latest", "quay.io"),
        ] {
            let name = name(typed);
            assert_eq!(name.resolved(digest), format!("{full}@{DIGEST}"), "{typed}");
            assert_eq!((name.wanted().as_str(), name.address()), (wanted, address), "{typed}");
        }
    }

    #[test]
    fn a_digest_is_what_is_asked_for_with_or_without_a_tag() {
        let digest: Digest = DIGEST.parse().unwrap();
        for typed in [format!("quay.io/a/b@{DIGEST}"), format!("quay.io/a/b:v1@{DIGEST}")] {
            let name = name(&typed);
            assert_eq!(name.wanted(), DIGEST);
            assert_eq!(name.resolved(digest), typed);
        }
    }

    #[test]
    fn a_bad_reference_is_quoted() {
        for bad in ["", "Debian", "a b", "debian@sha256:12", "debian:", "h/\u{1b}[31m", "a@sha512:00"] {
            let error = Name::parse(bad).unwrap_err().to_string();
            assert!(error.contains(&format!("\"{}\"", crate::model::text::visible(bad))), "{error}");
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        for (host, local) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.8.9.1", true),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("10.0.0.1:5000", false),
        ] {
            assert_eq!(name(&format!("{host}/a")).is_local(), local, "{host}");
        }
    }

    #[test]
    fn credentials_are_looked_for_from_the_repository_upwards() {
        assert_eq!(name("quay.io/a/b:1").credential_keys(), ["quay.io/a/b", "quay.io/a", "quay.io"]);
        assert_eq!(
            name("debian").credential_keys(),
            ["docker.io/library/debian", "docker.io/library", "https://index.docker.io/v1/"]
        );
    }
}
