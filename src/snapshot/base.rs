//! What an image itself says of the image it was built from.

use std::collections::BTreeMap;

use crate::image::Tree;
use crate::model::{BaseImage, ImageConfig, ImagePath};

const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// The base by the manifest's annotations (image-spec, annotations.md), else by buildah's history comments.
/// Labels of the same names are not believed: an image inherits them from its base.
pub(super) fn find(annotations: &BTreeMap<String, String>, config: &ImageConfig) -> Option<BaseImage> {
    let name = annotations.get(BASE_NAME).filter(|name| !name.is_empty());
    let digest = annotations.get(BASE_DIGEST).filter(|digest| !digest.is_empty());
    if name.is_some() || digest.is_some() {
        return Some(BaseImage {
            name: name.cloned(),
            digest: digest.cloned(),
            layers: None,
            pinned: None,
            evidence: vec!["manifest annotations org.opencontainers.image.base.*".to_owned()],
            confidence: "high",
        });
    }
    let name = config.history.iter().rev().find_map(|row| buildah_from(row.comment.as_deref()?))?;
    Some(BaseImage {
        name: Some(name.to_owned()),
        digest: None,
        layers: None,
        pinned: name.contains("@sha256:").then_some(true),
        evidence: vec!["buildah's history comment FROM".to_owned()],
        confidence: "medium",
    })
}

/// buildah ends the comment of the first row it adds with `FROM name`.
fn buildah_from(comment: &str) -> Option<&str> {
    let (_, name) = comment.rsplit_once("FROM ")?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// `PRETTY_NAME` of os-release.
pub(super) fn distro(tree: &Tree) -> Option<String> {
    let bytes = ["etc/os-release", "usr/lib/os-release"]
        .into_iter()
        .find_map(|path| tree.read(&ImagePath::parse(path.as_bytes()).ok()?))?;
    let text = std::str::from_utf8(bytes).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HistoryEntry;

    #[test]
    fn annotations_come_before_comments_and_nothing_is_guessed() {
        // History comment as buildah 1.28 writes it.
        let comment = Some("FROM docker.io/library/debian:12".to_owned());
        let config =
            ImageConfig { history: vec![HistoryEntry { comment, ..Default::default() }], ..Default::default() };
        let base = find(&BTreeMap::new(), &config).unwrap();
        assert_eq!(base.name.as_deref(), Some("docker.io/library/debian:12"));
        assert_eq!(base.pinned, None);
        let annotations = BTreeMap::from([(BASE_NAME.to_owned(), "docker.io/library/python:3.12".to_owned())]);
        assert_eq!(find(&annotations, &config).unwrap().name.as_deref(), Some("docker.io/library/python:3.12"));
        assert!(find(&BTreeMap::new(), &ImageConfig::default()).is_none());
    }
}
