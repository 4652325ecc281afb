//! Small images for tests, made as real ones are: a tar, indexed, squashed and catalogued.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::Digest as _;

use super::{LayerPart, Parts, Snapshot, capture};
use crate::image::{IndexOptions, LayerIndex, Limits, index_layer};
use crate::model::{Digest, HistoryEntry, ImageConfig, Md5, Progress, Secrets, Side};

const SITE: &str = "usr/lib/python3/dist-packages";
/// The mtime of every file, unless a test changes it.
const MTIME: u64 = 1_700_000_000;

/// An image of one layer, changed step by step.
#[derive(Clone, Default)]
pub(crate) struct TestImage {
    files: BTreeMap<String, TestFile>,
    debs: Vec<(String, String)>,
    pub(crate) config: ImageConfig,
    pub(crate) secrets: Secrets,
}

#[derive(Clone, PartialEq)]
struct TestFile {
    kind: tar::EntryType,
    bytes: Vec<u8>,
    mode: u32,
    mtime: u64,
    owner: (u64, u64),
    xattrs: Vec<(String, Vec<u8>)>,
}

impl TestImage {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Writes a regular file, keeping mode and attributes if it is there.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> &mut Self {
        let new = TestFile {
            kind: tar::EntryType::Regular,
            bytes: vec![],
            mode: 0o644,
            mtime: MTIME,
            owner: (0, 0),
            xattrs: vec![],
        };
        self.files.entry(path.to_owned()).or_insert(new).bytes = bytes.to_vec();
        self
    }

    pub(crate) fn symlink(&mut self, path: &str, target: &str) -> &mut Self {
        self.write(path, target.as_bytes()).file(path).kind = tar::EntryType::Symlink;
        self
    }

    pub(crate) fn directory(&mut self, path: &str) -> &mut Self {
        self.write(path, b"").file(path).kind = tar::EntryType::Directory;
        self.mode(path, 0o755)
    }

    pub(crate) fn mode(&mut self, path: &str, mode: u32) -> &mut Self {
        self.file(path).mode = mode;
        self
    }

    pub(crate) fn owner(&mut self, path: &str, uid: u64, gid: u64) -> &mut Self {
        self.file(path).owner = (uid, gid);
        self
    }

    pub(crate) fn mtime(&mut self, path: &str, mtime: u64) -> &mut Self {
        self.file(path).mtime = mtime;
        self
    }

    pub(crate) fn xattr(&mut self, path: &str, name: &str, value: &[u8]) -> &mut Self {
        self.file(path).xattrs.push((name.to_owned(), value.to_vec()));
        self
    }

    pub(crate) fn remove(&mut self, path: &str) -> &mut Self {
        self.files.remove(path);
        self
    }

    /// A compiled file with a timestamp header.
    pub(crate) fn pyc(&mut self, path: &str, mtime: u64, size: usize, code: &[u8]) -> &mut Self {
        let word = |number: u64| u32::try_from(number).unwrap().to_le_bytes();
        let header = [[0xa7, 0x0d, 0x0d, 0x0a], [0; 4], word(mtime), word(size as u64)].concat();
        self.write(path, &[&header, code].concat())
    }

    /// Code as Python 3.11 writes it: a module that uses these names, and a constant.
    pub(crate) fn code(names: &[&str], constant: &str) -> Vec<u8> {
        let string = |text: &str| [b"z".as_slice(), &[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let count = u8::try_from(names.len()).unwrap();
        let names = names.iter().flat_map(|name| string(name)).collect::<Vec<u8>>();
        let parts: [&[u8]; 9] = [
            &[b"c".as_slice(), &[0; 20], b"s\x02\0\0\0\x97\0"].concat(),
            &[b")\x01".as_slice(), &string(constant)].concat(),
            &[b")", [count].as_slice(), &names].concat(),
            b")\0",
            b"s\0\0\0\0",
            &string("m.py"),
            &string("<module>"),
            &string("<module>"),
            b"\x01\0\0\0s\0\0\0\0s\0\0\0\0",
        ];
        parts.concat()
    }

    /// Installs a deb as dpkg does: files, list, md5sums, a stanza.
    pub(crate) fn deb(&mut self, name: &str, version: &str, files: &[(&str, &[u8])]) -> &mut Self {
        let (mut list, mut sums) = (String::from("/.\n"), String::new());
        for (path, bytes) in files {
            self.write(path, bytes);
            let _ = writeln!(list, "/{path}");
            let _ = writeln!(sums, "{}  {path}", Md5(md5::Md5::digest(bytes).into()));
        }
        self.write(&format!("var/lib/dpkg/info/{name}.list"), list.as_bytes());
        self.write(&format!("var/lib/dpkg/info/{name}.md5sums"), sums.as_bytes());
        self.stanza(name, version, "")
    }

    /// The same, with these further fields in its stanza.
    pub(crate) fn deb_with(&mut self, name: &str, version: &str, fields: &str, files: &[(&str, &[u8])]) -> &mut Self {
        self.deb(name, version, files);
        self.debs.pop();
        self.stanza(name, version, fields)
    }

    /// What is written at `path`.
    pub(crate) fn bytes(&self, path: &str) -> &[u8] {
        &self.files.get(path).unwrap_or_else(|| panic!("no file {path} in the test image")).bytes
    }

    pub(crate) fn kind(&mut self, path: &str, kind: tar::EntryType) -> &mut Self {
        self.file(path).kind = kind;
        self
    }

    /// Leaves these paths out of a layer, without deleting what is below.
    pub(crate) fn forget(&mut self, paths: &[&str]) -> &mut Self {
        for path in paths {
            self.files.remove(*path);
        }
        self
    }

    pub(crate) fn forget_wheel(&mut self, name: &str, version: &str, files: &[&str]) -> &mut Self {
        let info = ["METADATA", "RECORD"].map(|file| format!("{name}-{version}.dist-info/{file}"));
        let paths: Vec<String> = files.iter().copied().chain(info.iter().map(String::as_str)).map(Self::site).collect();
        self.forget(&paths.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// An image of these layers, from the bottom.
    pub(crate) fn layered(layers: &[&Self]) -> Snapshot {
        let indexes: Vec<_> = layers.iter().map(|layer| layer.index()).collect();
        let mut image = Self::new();
        image.config.diff_ids = indexes.iter().map(|index| index.diff_id).collect();
        image.snapshot_of(indexes)
    }

    /// Installs a deb without files, with these further fields.
    pub(crate) fn needing(&mut self, name: &str, fields: &str) -> &mut Self {
        self.write(&format!("var/lib/dpkg/info/{name}.list"), b"/.\n").stanza(name, "1", fields)
    }

    /// Makes a file of a deb a conffile, recorded with the bytes it has now.
    pub(crate) fn conffile(&mut self, name: &str, version: &str, path: &str, bytes: &[u8]) -> &mut Self {
        self.write(path, bytes).flagged_conffile(name, version, path, bytes, "")
    }

    /// Lists a conffile, recorded with these bytes and a flag, whatever stands there.
    pub(crate) fn flagged_conffile(
        &mut self,
        name: &str,
        version: &str,
        path: &str,
        bytes: &[u8],
        flag: &str,
    ) -> &mut Self {
        self.write(&format!("var/lib/dpkg/info/{name}.list"), format!("/.\n/{path}\n").as_bytes());
        let sum = Md5(md5::Md5::digest(bytes).into());
        self.stanza(name, version, &format!("Conffiles:\n /{path} {sum}{flag}\n"))
    }

    fn stanza(&mut self, name: &str, version: &str, more: &str) -> &mut Self {
        let stanza = format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n{more}Description: x\n"
        );
        self.debs.retain(|(known, _)| known != name);
        self.debs.push((name.to_owned(), stanza));
        let status: Vec<&str> = self.debs.iter().map(|(_, stanza)| stanza.as_str()).collect();
        let status = status.join("\n");
        self.write("var/lib/dpkg/status", status.as_bytes())
    }

    /// Installs a distribution as pip does: files, METADATA, RECORD.
    pub(crate) fn wheel(&mut self, name: &str, version: &str, files: &[(&str, &[u8])]) -> &mut Self {
        let mut record = String::new();
        for (path, bytes) in files {
            self.write(&format!("{SITE}/{path}"), bytes);
            let _ = writeln!(record, "{path},sha256={},{}", base64url(sha256(bytes)), bytes.len());
        }
        let info = format!("{name}-{version}.dist-info");
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n");
        let hash = base64url(sha256(metadata.as_bytes()));
        let _ = writeln!(record, "{info}/METADATA,sha256={hash},{}\n{info}/RECORD,,", metadata.len());
        self.write(&format!("{SITE}/{info}/METADATA"), metadata.as_bytes());
        self.write(&format!("{SITE}/{info}/RECORD"), record.as_bytes())
    }

    /// Where [`TestImage::wheel`] puts a distribution's file.
    pub(crate) fn site(path: &str) -> String {
        format!("{SITE}/{path}")
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot_of(vec![self.index()])
    }

    /// An image of two layers: `base`, and this upon it, told by buildah's history comment.
    pub(crate) fn snapshot_on(mut self, base: &Self) -> Snapshot {
        let indexes = vec![base.index(), self.index()];
        let row = |comment: Option<&str>| HistoryEntry { comment: comment.map(str::to_owned), ..Default::default() };
        self.config.diff_ids = indexes.iter().map(|index| index.diff_id).collect();
        self.config.history = vec![row(None), row(Some("FROM base"))];
        self.snapshot_of(indexes)
    }

    /// This image as one more layer upon `base`: what differs from it is written, what it lacks is deleted.
    pub(crate) fn built_on(&self, base: &Self) -> Snapshot {
        let mut own = Self::new();
        own.files = self.files.clone();
        own.files.retain(|path, file| base.files.get(path) != Some(file));
        for path in base.files.keys().filter(|path| !self.files.contains_key(*path)) {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            own.write(&format!("{directory}/.wh.{name}"), b"");
        }
        own.config = self.config.clone();
        base.under(own)
    }

    /// With `own` as one more layer, whiteouts and all; the configuration is `own`'s.
    pub(crate) fn under(&self, mut own: Self) -> Snapshot {
        let indexes = vec![self.index(), own.index()];
        own.config.diff_ids = indexes.iter().map(|index| index.diff_id).collect();
        own.snapshot_of(indexes)
    }

    fn index(&self) -> Arc<LayerIndex> {
        let tar = self.tar();
        let (limits, progress) = (Limits::default(), Progress::default());
        let options = IndexOptions {
            capture: &capture::wants,
            keep: &capture::keeps,
            md5: &capture::wants_md5,
            ..IndexOptions::new(&limits, &progress, &[Side::Left])
        };
        Arc::new(index_layer(Box::new(tar.as_slice()), &options).unwrap())
    }

    fn snapshot_of(&self, indexes: Vec<Arc<LayerIndex>>) -> Snapshot {
        let layer = |index| LayerPart { digest: None, stored_size: None, index };
        let diff_ids: Vec<_> = indexes.iter().map(|index| index.diff_id.to_string()).collect();
        Snapshot::new(Parts {
            reference: "test".to_owned(),
            source: "docker-archive",
            manifest_digest: None,
            config_digest: sha256(format!("{:?}{}", self.config, diff_ids.concat()).as_bytes()),
            config: self.config.clone(),
            name: None,
            recording: None,
            variants: Vec::new(),
            attestations: Vec::new(),
            annotations: BTreeMap::new(),
            layers: indexes.into_iter().map(layer).collect(),
            is_read: true,
            layers_unread: 0,
            warnings: Vec::new(),
            gaps: Vec::new(),
            secrets: self.secrets,
        })
    }

    fn file(&mut self, path: &str) -> &mut TestFile {
        self.files.get_mut(path).unwrap_or_else(|| panic!("no file {path} in the test image"))
    }

    fn tar(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, file) in &self.files {
            let xattrs: Vec<_> =
                file.xattrs.iter().map(|(name, value)| (format!("SCHILY.xattr.{name}"), value)).collect();
            builder
                .append_pax_extensions(xattrs.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
                .unwrap();
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(file.kind);
            header.set_mode(file.mode);
            header.set_mtime(file.mtime);
            header.set_uid(file.owner.0);
            header.set_gid(file.owner.1);
            let regular = file.kind == tar::EntryType::Regular;
            header.set_size(if regular { file.bytes.len() as u64 } else { 0 });
            if file.kind == tar::EntryType::Symlink {
                header.set_link_name_literal(&file.bytes).unwrap();
            }
            let data: &[u8] = if regular { &file.bytes } else { &[] };
            builder.append_data(&mut header, path, data).unwrap();
        }
        builder.into_inner().unwrap()
    }
}

/// The SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

/// As RECORD writes a digest: base64 with the URL alphabet, without padding (PEP 427).
fn base64url(digest: Digest) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in digest.0.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}
