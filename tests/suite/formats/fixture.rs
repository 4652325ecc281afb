//! A tiny image, packed as each writer packs it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use imgdrift::archive::{Limits, decompress, sha256};
use imgdrift::model::Digest;
use imgdrift::source::{Host, OpenImage, OpenOptions, Reference, SourceError, open};
use serde_json::{Value, json};

/// An image: its layers' tars from the bottom, and its config.
pub(in crate::suite) struct Tiny {
    pub(super) layers: Vec<Vec<u8>>,
    pub(super) config: Vec<u8>,
}

impl Tiny {
    /// An image whose layers hold one file each, with these contents.
    pub(in crate::suite) fn new(contents: &[&str]) -> Self {
        Self::for_platform(contents, "amd64")
    }

    pub(in crate::suite) fn for_platform(contents: &[&str], architecture: &str) -> Self {
        let layer = |content: &&str| {
            let mut pack = Pack::new();
            pack.file("app/file", content.as_bytes());
            pack.finish()
        };
        Self::of(contents.iter().map(layer).collect(), architecture)
    }

    /// An image of these layers.
    pub(in crate::suite) fn of_layers(layers: Vec<Vec<u8>>) -> Self {
        Self::of(layers, "amd64")
    }

    fn of(layers: Vec<Vec<u8>>, architecture: &str) -> Self {
        let diff_ids: Vec<_> = layers.iter().map(|layer| sha256(layer)).collect();
        // As docker writes what is not set: null here, empty there, absent elsewhere.
        let config = json!({
            "architecture": architecture, "os": "linux", "created": null, "container_config": {"Cmd": null},
            "config": {"Env": ["A=b=c"], "Cmd": null, "Entrypoint": ["/app/file"], "Labels": null, "OnBuild": []},
            "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": null,
        });
        Self { layers, config: config.to_string().into_bytes() }
    }

    pub(in crate::suite) fn diff_ids(&self) -> Vec<Digest> {
        self.layers.iter().map(|layer| sha256(layer)).collect()
    }
}

/// A tar being written.
pub(in crate::suite) struct Pack(tar::Builder<Vec<u8>>);

impl Pack {
    pub(in crate::suite) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(in crate::suite) fn file(&mut self, name: &str, bytes: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // `append_data` refuses names that climb; hostile archives do not.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
    }

    pub(in crate::suite) fn link(&mut self, name: &str, target: &str, kind: tar::EntryType) {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        self.0.append(&header, &[][..]).unwrap();
    }

    pub(in crate::suite) fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// `docker save` before 25: `<id>/layer.tar`, a link where two images share a layer under different parents.
pub(in crate::suite) fn legacy(images: &[(&Tiny, Value)]) -> Vec<u8> {
    let mut pack = Pack::new();
    let mut rows = Vec::new();
    let mut saved: BTreeMap<Digest, String> = BTreeMap::new();
    for (number, (image, tags)) in images.iter().enumerate() {
        let mut names = Vec::new();
        for (at, layer) in image.layers.iter().enumerate() {
            let id = sha256(format!("{number} {at}").as_bytes()).hex();
            let name = format!("{id}/layer.tar");
            pack.file(&format!("{id}/VERSION"), b"1.0");
            pack.file(&format!("{id}/json"), format!("{{\"id\":\"{id}\"}}").as_bytes());
            match saved.get(&sha256(layer)) {
                Some(first) => pack.link(&name, &format!("../{first}"), tar::EntryType::Symlink),
                None => pack.file(&name, layer),
            }
            saved.entry(sha256(layer)).or_insert_with(|| name.clone());
            names.push(name);
        }
        let config = format!("{}.json", sha256(&image.config).hex());
        pack.file(&config, &image.config);
        rows.push(json!({"Config": config, "RepoTags": tags, "Layers": names}));
    }
    pack.file("manifest.json", Value::from(rows).to_string().as_bytes());
    pack.file("repositories", b"{}");
    pack.finish()
}

/// skopeo and podman: `<diffid>.tar`, with the legacy names as links.
pub(super) fn skopeo(image: &Tiny) -> Vec<u8> {
    let mut pack = Pack::new();
    let mut names = Vec::new();
    for layer in &image.layers {
        let name = format!("{}.tar", sha256(layer).hex());
        pack.file(&name, layer);
        pack.link(
            &format!("{}/layer.tar", sha256(name.as_bytes()).hex()),
            &format!("../{name}"),
            tar::EntryType::Symlink,
        );
        names.push(name);
    }
    let config = format!("{}.json", sha256(&image.config).hex());
    pack.file(&config, &image.config);
    let rows = json!([{"Config": config, "RepoTags": ["docker.io/library/tiny:1"], "Layers": names}]);
    pack.file("manifest.json", rows.to_string().as_bytes());
    pack.finish()
}

/// crane, kaniko and ko: compressed layers named by their own digest, a config named `sha256:<hex>`.
pub(super) fn crane(image: &Tiny) -> Vec<u8> {
    let mut pack = Pack::new();
    let config = sha256(&image.config).to_string();
    pack.file(&config, &image.config);
    let mut names = Vec::new();
    for layer in &image.layers {
        let blob = gzip(layer);
        let name = format!("{}.tar.gz", sha256(&blob).hex());
        pack.file(&name, &blob);
        names.push(name);
    }
    let rows = json!([{"Config": config, "RepoTags": ["tiny:1"], "Layers": names}]);
    pack.file("manifest.json", rows.to_string().as_bytes());
    pack.finish()
}

/// The blobs and documents of an OCI layout, by name.
#[derive(Clone, Default)]
pub(in crate::suite) struct Layout(pub(super) BTreeMap<String, Vec<u8>>);

impl Layout {
    /// A layout whose `index.json` lists `descriptors`.
    pub(in crate::suite) fn finish(mut self, descriptors: &[Value]) -> Self {
        self.0.insert("oci-layout".into(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec());
        self.0.insert("index.json".into(), index(descriptors).to_string().into_bytes());
        self
    }

    /// Adds a blob and returns its descriptor.
    pub(in crate::suite) fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        self.0.insert(format!("blobs/sha256/{}", digest.hex()), bytes.to_vec());
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Adds an image with layers packed by `compress`, and returns its manifest's descriptor. The media types say gzip,
    /// whatever the layers are.
    pub(in crate::suite) fn image(&mut self, image: &Tiny, compress: fn(&[u8]) -> Vec<u8>) -> Value {
        let config = self.blob("application/vnd.oci.image.config.v1+json", &image.config);
        let layers: Vec<_> = image
            .layers
            .iter()
            .map(|layer| self.blob("application/vnd.oci.image.layer.v1.tar+gzip", &compress(layer)))
            .collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers,
            "annotations": {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}});
        self.blob(OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    pub(in crate::suite) fn nested(&mut self, descriptors: &[Value]) -> Value {
        self.blob("application/vnd.oci.image.index.v1+json", index(descriptors).to_string().as_bytes())
    }

    pub(in crate::suite) fn pack(&self) -> Vec<u8> {
        let mut pack = Pack::new();
        for (name, bytes) in &self.0 {
            pack.file(name, bytes);
        }
        pack.finish()
    }

    pub(in crate::suite) fn write(&self, directory: &Path) {
        std::fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
        for (name, bytes) in &self.0 {
            std::fs::write(directory.join(name), bytes).unwrap();
        }
    }
}

pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn index(descriptors: &[Value]) -> Value {
    json!({"schemaVersion": 2, "manifests": descriptors})
}

/// `value` with `fields` added.
pub(super) fn with(mut value: Value, fields: Value) -> Value {
    if let (Value::Object(object), Value::Object(fields)) = (&mut value, fields) {
        object.extend(fields);
    }
    value
}

/// Docker 25 and later: an OCI layout with a `manifest.json` beside it.
pub(super) fn docker25(image: &Tiny, compress: fn(&[u8]) -> Vec<u8>) -> Layout {
    let mut layout = Layout::default();
    let manifest = layout.image(image, compress);
    let blobs: Vec<_> =
        image.layers.iter().map(|layer| format!("blobs/sha256/{}", sha256(&compress(layer)).hex())).collect();
    let config = format!("blobs/sha256/{}", sha256(&image.config).hex());
    let rows = json!([{"Config": config, "RepoTags": ["tiny:1"], "Layers": blobs}]);
    layout.0.insert("manifest.json".into(), rows.to_string().into_bytes());
    let names =
        json!({"io.containerd.image.name": "docker.io/library/tiny:1", "org.opencontainers.image.ref.name": "1"});
    layout.finish(&[with(manifest, json!({"annotations": names}))])
}

pub(super) fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// As pigz and eStargz write: several members.
pub(super) fn gzip_members(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(700).flat_map(gzip).collect()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A directory for one test's files.
pub(in crate::suite) struct Files(tempfile::TempDir);

impl Files {
    pub(in crate::suite) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(in crate::suite) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(in crate::suite) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What a user reads: the error and its hint, the directory cut off.
    pub(in crate::suite) fn told(&self, error: &SourceError) -> String {
        let hint = error.hint().map(|hint| format!("\n{hint}")).unwrap_or_default();
        format!("{error}{hint}").replace(&format!("{}/", self.path().display()), "")
    }
}

/// How to open, for tests that want it otherwise.
pub(in crate::suite) struct Wish {
    pub(super) platform: Option<&'static str>,
    pub(super) verify: bool,
    pub(super) limits: Limits,
}

impl Default for Wish {
    fn default() -> Self {
        Self { platform: None, verify: true, limits: Limits::default() }
    }
}

impl Wish {
    pub(in crate::suite) fn open(&self, text: &str) -> Result<(OpenImage, Sink), SourceError> {
        let reference = Reference::parse(text)?;
        let options = OpenOptions {
            platform: self.platform,
            verify: self.verify,
            limits: &self.limits,
            insecure_registries: &[],
        };
        let mut sink = Sink::default();
        let image = open(&reference, &options, &mut sink)?;
        Ok((image, sink))
    }
}

/// The image at `path` followed by `choice`.
pub(super) fn open_at(path: &Path, choice: &str) -> Result<(OpenImage, Sink), SourceError> {
    Wish::default().open(&format!("{}{choice}", path.display()))
}

/// Keeps the diffIDs of what passes by.
#[derive(Default)]
pub(in crate::suite) struct Sink(pub(super) Vec<Option<Digest>>);

impl Host for Sink {
    fn take(&mut self, blob: &mut (dyn std::io::Read + Send)) -> Result<Option<Digest>, SourceError> {
        let mut bytes = Vec::new();
        let read = decompress(Box::new(blob)).and_then(|(_, mut plain)| plain.read_to_end(&mut bytes));
        let diff_id = read.ok().map(|_| sha256(&bytes));
        self.0.push(diff_id);
        Ok(diff_id)
    }
}
