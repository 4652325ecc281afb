//! A repository as a layout: an `index.json` with the one manifest or index that the reference led to, and blobs fetched
//! when they are asked for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::blob::{Layer, Layers};
use super::client::{Client, Document};
use super::{RegistryError, waited};
use crate::archive::sha256;
use crate::model::{Digest, Progress};
use crate::oci::{Descriptor, ManifestOrIndex, media_type, read_manifest_or_index};
use crate::source::documents::blob_name;
use crate::source::layout::INDEX;
use crate::source::store::Store;
use crate::source::{Blobs, Host, OpenOptions, SourceError};

/// The repository that an image is in.
pub(super) struct Repository<'h> {
    /// What messages call the image.
    file: PathBuf,
    client: Arc<Client>,
    host: &'h dyn Host,
    progress: Arc<Progress>,
    limit: u64,
    /// What the reference led to: its digest and its bytes.
    root: (Digest, Vec<u8>),
    /// The blobs that documents named so far. A store is asked by name alone, and a registry neither tells a manifest
    /// from a blob nor gives sizes for nothing.
    named: RefCell<HashMap<Digest, Named>>,
}

/// What a document says of a blob.
#[derive(Clone, Copy)]
struct Named {
    is_manifest: bool,
    size: Option<u64>,
}

impl<'h> Repository<'h> {
    /// Resolves the reference.
    pub(super) fn open(
        file: PathBuf,
        client: Arc<Client>,
        options: &OpenOptions<'_>,
        host: &'h dyn Host,
    ) -> Result<Self, SourceError> {
        let (progress, limit) = (host.progress(), options.limits.document_bytes);
        let known = client.name.digest.and_then(|digest| Some((digest, host.recall(digest)?)));
        let root = if let Some(root) = known {
            root
        } else {
            let document = waited(fetch_root(&client, limit), &progress)?;
            (root_digest(&client, &document), document.bytes)
        };
        let store = Self { file, client, host, progress, limit, root, named: RefCell::default() };
        if options.verify {
            store.check_root()?;
        }
        store.learn(&store.root.1);
        store.keep(store.root.0, &store.root.1);
        Ok(store)
    }

    /// The digest of what the reference led to.
    pub(super) fn digest(&self) -> Digest {
        self.root.0
    }

    fn check_root(&self) -> Result<(), SourceError> {
        let (expected, found) = (self.root.0, sha256(&self.root.1));
        if expected == found {
            return Ok(());
        }
        let what = format!("the manifest {}", self.client.name.wanted());
        Err(SourceError::Digest { file: self.file.clone(), what, expected, found })
    }

    /// Notes what a manifest or index names. A document that is neither is told of by who reads it.
    fn learn(&self, bytes: &[u8]) {
        let mut named = self.named.borrow_mut();
        let mut note = |descriptor: &Descriptor, is_manifest: bool| {
            named.entry(descriptor.digest).or_insert(Named { is_manifest, size: descriptor.size });
        };
        match read_manifest_or_index("", bytes) {
            Ok(ManifestOrIndex::Index(index)) => index.manifests.iter().for_each(|inner| note(inner, true)),
            Ok(ManifestOrIndex::Manifest(manifest)) => {
                note(&manifest.config, false);
                manifest.layers.iter().for_each(|layer| note(layer, false));
            }
            Err(_) => {}
        }
    }

    /// Keeps a document for the next time, unless its bytes are wrong.
    fn keep(&self, digest: Digest, bytes: &[u8]) {
        if sha256(bytes) == digest {
            self.host.keep(digest, bytes);
        }
    }

    fn fetch(&self, digest: Digest, named: Named) -> Result<Option<Vec<u8>>, SourceError> {
        if let Some(bytes) = self.host.recall(digest) {
            return Ok(Some(bytes));
        }
        let document = if named.is_manifest {
            waited(self.client.manifest(&digest.to_string(), self.limit), &self.progress)?
        } else {
            waited(self.client.small_blob(digest, self.limit), &self.progress)?
        };
        if let Some(document) = &document {
            self.keep(digest, &document.bytes);
        }
        Ok(document.map(|document| document.bytes))
    }

    /// The `index.json` of a layout with this image alone. The type says what the document is, or nothing when it is
    /// neither manifest nor index: reading it then tells why.
    fn index(&self) -> Vec<u8> {
        let media_type = match read_manifest_or_index("", &self.root.1) {
            Ok(ManifestOrIndex::Index(_)) => media_type::OCI_INDEX,
            Ok(ManifestOrIndex::Manifest(_)) => media_type::OCI_MANIFEST,
            Err(_) => "",
        };
        let descriptor = serde_json::json!({
            "mediaType": media_type, "digest": self.root.0.to_string(), "size": self.root.1.len(),
        });
        serde_json::json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string().into_bytes()
    }
}

async fn fetch_root(client: &Client, limit: u64) -> Result<Document, RegistryError> {
    match client.manifest(&client.name.wanted(), limit).await? {
        Some(document) => Ok(document),
        None => Err(client.absent().await),
    }
}

/// The digest that a document must have: what was asked for, else what the registry says it serves, else what it has.
fn root_digest(client: &Client, document: &Document) -> Digest {
    client.name.digest.or(document.digest).unwrap_or_else(|| sha256(&document.bytes))
}

/// The digest in a layout's name of a blob.
fn digest_of(name: &str) -> Option<Digest> {
    let digest = Digest::from_hex(name.rsplit_once('/')?.1).ok()?;
    (blob_name(&digest) == name).then_some(digest)
}

impl Store for Repository<'_> {
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if name == INDEX {
            return Ok(Some(self.index()));
        }
        let Some(digest) = digest_of(name) else { return Ok(None) };
        if digest == self.root.0 {
            return Ok(Some(self.root.1.clone()));
        }
        let named = self.named.borrow().get(&digest).copied();
        let Some(named) = named else { return Ok(None) };
        let bytes = self.fetch(digest, named)?;
        if let Some(bytes) = bytes.as_deref().filter(|_| named.is_manifest) {
            self.learn(bytes);
        }
        Ok(bytes)
    }

    fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        let Some(digest) = digest_of(name) else { return Ok((name == INDEX).then_some(0)) };
        if digest == self.root.0 {
            return Ok(Some(self.root.1.len() as u64));
        }
        // A registry holds what its documents name; should it not, reading tells.
        Ok(self.named.borrow().get(&digest).map(|named| named.size.unwrap_or_default()))
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
        let named = self.named.borrow();
        let layer = |name: &String| {
            let digest = digest_of(name)?;
            Some(Layer { digest, size: named.get(&digest).and_then(|named| named.size) })
        };
        let layers = layers.iter().filter_map(layer).collect();
        Ok(Box::new(Layers::new(Arc::clone(&self.client), Arc::clone(&self.progress), layers)))
    }
}
