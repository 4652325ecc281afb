//! An image whose config and layers are known from before: nothing of it need be exported.

use std::collections::HashSet;

use super::Located;
use super::blobs::EngineBlobs;
use crate::archive::sha256;
use crate::model::Digest;
use crate::oci::{Manifest, ManifestOrIndex, read_config, read_manifest_or_index};
use crate::source::{Host, LayerBlob, OpenImage, OpenOptions};

/// Manifests looked into below one index.
const MAX_MANIFESTS: usize = 1000;

/// What an image's ID leads to: its config, or, in docker's containerd store, a manifest or an index of several.
pub(super) struct Tree {
    /// Digests that configs may have.
    pub(super) configs: Vec<Digest>,
    pub(super) manifests: Vec<(Digest, Manifest)>,
    /// The indexes and manifests, each checked against its digest.
    documents: Vec<(Digest, Vec<u8>)>,
}

impl Tree {
    /// Follows `id` through the documents that `lookup` finds.
    pub(super) fn read(id: Digest, lookup: &dyn Fn(Digest) -> Option<Vec<u8>>) -> Self {
        let mut tree = Self { configs: Vec::new(), manifests: Vec::new(), documents: Vec::new() };
        let (mut waiting, mut seen) = (vec![id], HashSet::new());
        while let Some(digest) = waiting.pop() {
            if !seen.insert(digest) || seen.len() > MAX_MANIFESTS {
                continue;
            }
            let bytes = lookup(digest).filter(|bytes| sha256(bytes) == digest);
            match bytes.as_ref().map(|bytes| read_manifest_or_index("document", bytes)) {
                Some(Ok(ManifestOrIndex::Index(index))) => {
                    waiting.extend(index.manifests.iter().filter(|inner| inner.is_image()).map(|inner| inner.digest));
                }
                Some(Ok(ManifestOrIndex::Manifest(manifest))) => {
                    tree.configs.push(manifest.config.digest);
                    tree.manifests.push((digest, *manifest));
                }
                // Neither, or not there: then the ID can only be a config's.
                Some(Err(_)) | None => {
                    tree.configs.extend((digest == id).then_some(id));
                    continue;
                }
            }
            tree.documents.extend(bytes.map(|bytes| (digest, bytes)));
        }
        tree
    }

    /// Gives `host` the documents to keep, so that the config is found from the ID again.
    pub(super) fn keep(&self, host: &dyn Host) {
        for (digest, document) in &self.documents {
            host.keep(*digest, document);
        }
    }
}

/// The image, if `host` knows all of it.
pub(super) fn recall(image: &Located, options: &OpenOptions<'_>, host: &dyn Host) -> Option<OpenImage> {
    if !image.diff_ids.iter().all(|diff_id| host.knows(*diff_id)) {
        return None;
    }
    let tree = Tree::read(image.id, &|digest| host.recall(digest));
    let (config_digest, config_json, config) = tree.configs.iter().find_map(|digest| {
        let bytes = host.recall(*digest).filter(|bytes| sha256(bytes) == *digest)?;
        let config = read_config("config", &bytes).ok()?;
        (config.diff_ids == image.diff_ids).then_some((*digest, bytes, config))
    })?;
    let manifest = tree.manifests.into_iter().find(|(_, manifest)| manifest.config.digest == config_digest);
    let (manifest_digest, manifest) = manifest.unzip();
    let blob = |at: usize| manifest.as_ref().and_then(|manifest| manifest.layers.get(at));
    let layers = image.diff_ids.iter().enumerate().map(|(at, diff_id)| LayerBlob {
        diff_id: *diff_id,
        digest: blob(at).map(|blob| blob.digest),
        size: blob(at).and_then(|blob| blob.size),
    });
    Some(OpenImage {
        source: image.source(),
        name: image.full_name(),
        variants: Vec::new(),
        indexes: Vec::new(),
        manifest_digest,
        config_digest,
        config,
        config_json,
        layers: layers.collect(),
        annotations: manifest.map(|manifest| manifest.annotations).unwrap_or_default(),
        attestations: Vec::new(),
        blobs: Box::new(EngineBlobs::new(image, options, host.progress())),
        warnings: Vec::new(),
        gaps: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_its_config_through_manifest_and_index() {
        let config = br#"{"rootfs":{"diff_ids":[]}}"#.to_vec();
        let descriptor = |bytes: &[u8]| serde_json::json!({"digest": sha256(bytes).to_string(), "size": bytes.len()});
        let manifest = serde_json::json!({"schemaVersion": 2, "config": descriptor(&config), "layers": []});
        let manifest = serde_json::to_vec(&manifest).unwrap();
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [descriptor(&manifest)]});
        let index = serde_json::to_vec(&index).unwrap();
        let all = [config.clone(), manifest.clone(), index.clone()];
        let lookup = |digest: Digest| all.iter().find(|bytes| sha256(bytes) == digest).cloned();
        for (id, documents) in [(&index, 2), (&manifest, 1), (&config, 0)] {
            let tree = Tree::read(sha256(id), &lookup);
            assert_eq!((tree.configs, tree.documents.len()), (vec![sha256(&config)], documents));
        }
        // A document that is not what its digest says leads nowhere.
        let forged = Tree::read(sha256(&index), &|digest| (digest == sha256(&index)).then(|| manifest.clone()));
        assert!(forged.manifests.is_empty());
    }
}
