//! Provenance that `BuildKit` stores beside an image in its index (buildkit, docs/attestations/attestation-storage.md):
//! manifests whose layers are in-toto statements.

use std::collections::HashSet;

use super::documents::Request;
use crate::model::Digest;
use crate::oci::{Descriptor, Index, Manifest, ManifestOrIndex, read_manifest_or_index};

const STATEMENT: &str = "application/vnd.in-toto+json";
const PREDICATE: &str = "in-toto.io/predicate-type";
const ARTIFACT: &str = "application/vnd.docker.attestation.manifest.v1+json";

/// Statements of one image that are read, and the most bytes that one may have.
const MAX_STATEMENTS: usize = 8;
const MAX_BYTES: u64 = 4 << 20;
/// Manifests of attestations that are looked at.
const MAX_MANIFESTS: usize = 256;
/// Indexes within indexes that are followed.
const MAX_DEPTH: u32 = 4;

/// The statements of provenance about the image with this manifest. What is absent or broken is passed over: an image
/// is as good without them.
pub(super) fn of(request: &Request<'_>, index: &Index, image: Digest) -> Vec<Vec<u8>> {
    let mut manifests = Vec::new();
    collect(request, index, image, MAX_DEPTH, &mut HashSet::new(), &mut manifests);
    let mut statements = Vec::new();
    for descriptor in &manifests {
        // One manifest may name the same statement as often as it likes.
        let room = MAX_STATEMENTS.saturating_sub(statements.len());
        if room == 0 {
            break;
        }
        let Some(manifest) = manifest(request, descriptor) else { continue };
        // By the annotation of its descriptor, or as an artifact by its own subject.
        let is_about = names(descriptor, image) || manifest.subject.as_ref().is_some_and(|it| it.digest == image);
        if is_about {
            statements.extend(
                manifest
                    .layers
                    .iter()
                    .filter(|layer| is_provenance(layer))
                    .take(room)
                    .filter_map(|layer| request.blob("attestation", layer).ok().flatten()),
            );
        }
    }
    statements
}

/// The manifests that may be attestations of the image, from this index and those within it, each of which is read once:
/// a few that name each other many times are a tree of millions.
fn collect(
    request: &Request<'_>,
    index: &Index,
    image: Digest,
    depth: u32,
    seen: &mut HashSet<Digest>,
    found: &mut Vec<Descriptor>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for descriptor in index.manifests.iter().take(MAX_MANIFESTS) {
        if found.len() >= MAX_MANIFESTS {
            return;
        }
        if names(descriptor, image) || descriptor.artifact_type.as_deref() == Some(ARTIFACT) {
            found.push(descriptor.clone());
        } else if descriptor.may_be_index() && seen.len() < MAX_MANIFESTS && seen.insert(descriptor.digest) {
            let bytes = request.blob("index", descriptor).ok().flatten();
            let nested = bytes.and_then(|bytes| read_manifest_or_index("index", &bytes).ok());
            if let Some(ManifestOrIndex::Index(nested)) = nested {
                collect(request, &nested, image, depth, seen, found);
            }
        }
    }
}

/// Whether the descriptor says that it is an attestation about the image.
fn names(descriptor: &Descriptor, image: Digest) -> bool {
    let value = |key: &str| descriptor.annotations.get(key).map(String::as_str);
    value("vnd.docker.reference.type") == Some("attestation-manifest")
        && value("vnd.docker.reference.digest") == Some(image.to_string().as_str())
}

fn manifest(request: &Request<'_>, descriptor: &Descriptor) -> Option<Manifest> {
    let bytes = request.blob("attestation manifest", descriptor).ok()??;
    match read_manifest_or_index("attestation manifest", &bytes) {
        Ok(ManifestOrIndex::Manifest(manifest)) => Some(*manifest),
        _ => None,
    }
}

/// Lists of contents stand beside the provenance, and are large.
fn is_provenance(layer: &Descriptor) -> bool {
    let predicate = layer.annotations.get(PREDICATE);
    layer.media_type == STATEMENT
        && layer.size.is_some_and(|size| size <= MAX_BYTES)
        && predicate.is_none_or(|predicate| predicate.starts_with("https://slsa.dev/provenance/"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::HashMap;
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::archive::sha256;
    use crate::oci::read_index;
    use crate::source::documents::blob_name;
    use crate::source::store::Store;
    use crate::source::{Blobs, SourceError};

    #[derive(Default)]
    struct Held {
        blobs: HashMap<String, Vec<u8>>,
        reads: Cell<usize>,
    }

    impl Held {
        fn put(&mut self, bytes: Vec<u8>) -> (Digest, usize) {
            let (digest, length) = (sha256(&bytes), bytes.len());
            self.blobs.insert(blob_name(&digest), bytes);
            (digest, length)
        }
    }

    impl Store for Held {
        fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
            self.reads.set(self.reads.get() + 1);
            Ok(self.blobs.get(name).cloned())
        }

        fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
            Ok(self.blobs.get(name).map(|bytes| bytes.len() as u64))
        }

        fn into_blobs(self: Box<Self>, _: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
            Err(SourceError::Stopped)
        }
    }

    #[test]
    fn one_statement_named_without_end_is_read_a_few_times() {
        let mut held = Held::default();
        let (statement, length) = held.put(br#"{"predicateType": "https://slsa.dev/provenance/v1"}"#.to_vec());
        let layer = json!({"mediaType": STATEMENT, "digest": statement.to_string(), "size": length,
            "annotations": {PREDICATE: "https://slsa.dev/provenance/v1"}});
        let image = sha256(b"the image's manifest");
        let manifest = |layers: usize| {
            let config = json!({"digest": statement.to_string(), "size": length});
            json!({"schemaVersion": 2, "config": config, "layers": vec![layer.clone(); layers]}).to_string()
        };
        let names = json!({"vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image.to_string()});
        for (layers, expected) in [(1, 2), (5_000, MAX_STATEMENTS)] {
            let (digest, size) = held.put(manifest(layers).into_bytes());
            let descriptor = json!({"digest": digest.to_string(), "size": size, "annotations": names});
            let index = json!({"schemaVersion": 2, "manifests": [descriptor, descriptor]}).to_string();
            let index = read_index("index", index.as_bytes()).unwrap();
            let request = Request {
                file: Path::new("x"),
                store: &held,
                choice: None,
                platform: None,
                verify: true,
                format_is_chosen: false,
            };
            assert_eq!(of(&request, &index, image).len(), expected);
        }
    }

    #[test]
    fn indexes_that_name_one_another_many_times_are_read_once_each() {
        let mut held = Held::default();
        let mut index = json!({"schemaVersion": 2, "manifests": []}).to_string();
        for _ in 0..MAX_DEPTH {
            let (digest, size) = held.put(index.into_bytes());
            let descriptor = json!({"mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": digest.to_string(), "size": size});
            index = json!({"schemaVersion": 2, "manifests": vec![descriptor; 200]}).to_string();
        }
        let index = read_index("index", index.as_bytes()).unwrap();
        let request = Request {
            file: Path::new("x"),
            store: &held,
            choice: None,
            platform: None,
            verify: true,
            format_is_chosen: false,
        };
        assert!(of(&request, &index, sha256(b"x")).is_empty());
        assert!(held.reads.get() <= MAX_DEPTH as usize, "{} reads", held.reads.get());
    }
}
