//! A layer's index as bytes: for the cache, and inside snapshot files.
//!
//! Format 5: one zstd frame around a postcard message of [`Wire`]. Integers are varints, byte strings carry their length,
//! an option is one byte and what follows it (postcard's wire format). A path shares its first bytes with the path before
//! it, as neighbours in a tar do. The fields are those of [`LayerIndex`]; another set of fields is another format. What a
//! format adds is one more list at the end, so that an index of an older one is read as one whose list is empty: 3 added the
//! gaps, 4 what is known of Python's files, 5 the forms of files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::io::Read as _;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{LayerEntry, LayerIndex, LayerNode, Limits};
use crate::model::{
    Content, Digest, FileEntry, Form, Gap, GapKind, Hidden, ImagePath, Kind, Masked, Md5, PathError, PycHeader, Reach,
    Xattr,
};
use crate::nondeterminism::mask;

/// The number of the format, and of what an index holds: with another one, indexes are made anew.
pub const FORMAT: u32 = 5;

/// The oldest format that can still be read.
pub const OLDEST: u32 = 2;

/// Fast, and close to what higher levels reach: most of an index is digests, which no level makes smaller.
const LEVEL: i32 = 3;

/// Why bytes are no index.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    #[error("it cannot be decompressed: {0}")]
    Zstd(#[from] std::io::Error),
    #[error("it is not an index of format {FORMAT}: {0}")]
    Shape(#[from] postcard::Error),
    #[error("it holds more than {0} bytes, which is the limit")]
    TooLarge(u64),
    #[error("it is an index of format {0}; this version reads formats {OLDEST} to {FORMAT}")]
    Format(u32),
    #[error("{0}")]
    Path(#[from] PathError),
    #[error("it names the mask {0:?}, which this version does not know")]
    Mask(String),
    #[error("it is inconsistent: {0}")]
    Inconsistent(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    diff_id: [u8; 32],
    blob_digest: Option<[u8; 32]>,
    size: u64,
    #[serde(borrow, deserialize_with = "bounded")]
    entries: Vec<WireEntry<'a>>,
    #[serde(borrow, deserialize_with = "bounded")]
    captured: Vec<(u32, &'a [u8])>,
    #[serde(deserialize_with = "bounded")]
    warnings: Vec<Cow<'a, str>>,
    #[serde(deserialize_with = "bounded")]
    gaps: Vec<WireGap>,
    #[serde(deserialize_with = "bounded")]
    python: Vec<WirePython>,
    /// By position in `entries`; files of no form are left out.
    #[serde(deserialize_with = "bounded")]
    forms: Vec<(u32, WireForm)>,
}

/// Kind as in [`GapKind`], numbered for ever in this order; what is not known; where.
#[derive(Serialize, Deserialize)]
struct WireGap {
    what: WireGapKind,
    why: String,
    #[serde(deserialize_with = "bounded")]
    paths: Vec<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum WireGapKind {
    Entries,
    Overlay,
}

/// Items of one list: an item takes a byte of what is stored, and a hundred times that in memory.
const MAX_ITEMS: usize = 2_000_000;

/// A list of at most [`MAX_ITEMS`].
fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MAX_ITEMS} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::with_capacity(items.size_hint().unwrap_or_default().min(1 << 10));
            while let Some(item) = items.next_element()? {
                if list.len() == MAX_ITEMS {
                    return Err(A::Error::invalid_length(MAX_ITEMS + 1, &self));
                }
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(List(PhantomData))
}

#[derive(Serialize, Deserialize)]
struct WireEntry<'a> {
    /// Bytes that the path shares with the one before.
    shared: u32,
    rest: &'a [u8],
    #[serde(borrow)]
    node: WireNode<'a>,
    offset: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all entries are inodes: a box for each costs more than it saves")]
enum WireNode<'a> {
    #[serde(borrow)]
    Inode(WireFile<'a>),
    Hardlink(&'a [u8]),
    Whiteout,
    Opaque,
}

#[derive(Serialize, Deserialize)]
struct WireFile<'a> {
    kind: WireKind,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    mtime: i64,
    link: Option<&'a [u8]>,
    device: Option<(u32, u32)>,
    #[serde(borrow)]
    xattrs: Vec<(&'a [u8], &'a [u8])>,
    #[serde(borrow)]
    content: Option<WireContent<'a>>,
}

/// As [`Kind`], numbered for ever in this order.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum WireKind {
    Directory,
    File,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
}

#[derive(Serialize, Deserialize)]
struct WireContent<'a> {
    sha256: [u8; 32],
    #[serde(borrow)]
    masked: Option<WireMasked<'a>>,
    md5: Option<[u8; 16]>,
    /// Flags, mtime, size.
    pyc: Option<(u32, u32, u32)>,
}

/// What is known of the entry `at`, compiled Python or its source, beside its header.
#[derive(Serialize, Deserialize)]
struct WirePython {
    at: u32,
    magic: Option<u16>,
    words: Option<Vec<u32>>,
}

/// As [`Form`], numbered for ever in this order.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum WireForm {
    Program,
    Deb,
}

#[derive(Serialize, Deserialize)]
struct WireMasked<'a> {
    mask: &'a str,
    digest: [u8; 32],
    #[serde(borrow)]
    hidden: Vec<(&'a str, &'a str)>,
}

/// The index as bytes, with the MD5 sums of `md5` (by SHA-256) where the index itself has none.
///
/// # Errors
/// When the compressor fails, for want of memory.
pub fn store<S: BuildHasher>(index: &LayerIndex, md5: &HashMap<Digest, Md5, S>) -> Result<Vec<u8>, StoredError> {
    let mut before: &[u8] = &[];
    let mut entries = Vec::with_capacity(index.entries.len());
    for entry in &index.entries {
        let path = entry.path.as_bytes();
        let shared = path.iter().zip(before).take_while(|(a, b)| a == b).count();
        entries.push(WireEntry {
            shared: u32::try_from(shared).unwrap_or_default(),
            rest: path.get(shared..).unwrap_or_default(),
            node: WireNode::new(&entry.node, md5),
            offset: entry.offset,
        });
        before = path;
    }
    let mut captured: Vec<(u32, &[u8])> = index.captured.iter().map(|(at, bytes)| (*at, bytes.as_ref())).collect();
    captured.sort_unstable_by_key(|(at, _)| *at);
    let wire = Wire {
        diff_id: index.diff_id.0,
        blob_digest: index.blob_digest.map(|digest| digest.0),
        size: index.size,
        entries,
        captured,
        warnings: index.warnings.iter().map(|warning| warning.as_str().into()).collect(),
        gaps: index.gaps.iter().map(WireGap::new).collect(),
        python: contents(index).filter_map(|(at, content)| WirePython::new(at, content)).collect(),
        forms: contents(index).filter_map(|(at, content)| Some((at, WireForm::of(content.form)?))).collect(),
    };
    Ok(zstd::bulk::compress(&postcard::to_stdvec(&wire)?, LEVEL)?)
}

/// Reads what [`store`] wrote.
///
/// # Errors
/// When `bytes` are anything else, or beyond `limits`.
pub fn restore(bytes: &[u8], limits: &Limits) -> Result<LayerIndex, StoredError> {
    restore_of(FORMAT, bytes, limits)
}

/// Reads what a version of this program wrote that knew `format`; what it did not note is a gap.
///
/// # Errors
/// As [`restore`], and when the format is another one than `OLDEST` to [`FORMAT`].
pub fn restore_of(format: u32, bytes: &[u8], limits: &Limits) -> Result<LayerIndex, StoredError> {
    if !(OLDEST..=FORMAT).contains(&format) {
        return Err(StoredError::Format(format));
    }
    let mut index = read(format, bytes, limits)?;
    if format < 3 {
        index.gaps.push(not_noted(&index.warnings));
    }
    Ok(index)
}

/// What an index without gaps does not tell: whether entries were left out stands in its warnings alone.
fn not_noted(warnings: &[String]) -> Gap {
    let left_out = warnings.iter().filter(|warning| warning.contains("left out") || warning.starts_with("...")).count();
    match left_out {
        0 => Gap::new(GapKind::Entries, "recorded by a version that did not note what it left out")
            .reaching(Reach::Proof),
        some => Gap::new(GapKind::Entries, format!("recorded by a version that left entries out: {some}")),
    }
}

fn read(format: u32, bytes: &[u8], limits: &Limits) -> Result<LayerIndex, StoredError> {
    let mut plain = decompress(bytes, limits.metadata_bytes.saturating_add(limits.captured_total))?;
    // An empty list for each that the format had not.
    plain.extend((format..FORMAT).map(|_| 0));
    let wire: Wire<'_> = postcard::from_bytes(&plain)?;
    if wire.entries.len() as u64 > limits.entries {
        return Err(StoredError::TooLarge(limits.entries));
    }
    let mut entries: Vec<LayerEntry> = Vec::with_capacity(wire.entries.len());
    let (mut path, mut names) = (Vec::new(), 0_u64);
    for entry in wire.entries {
        path.truncate(entry.shared as usize);
        path.extend_from_slice(entry.rest);
        // A few bytes that share a long path with the one before are a long path again.
        names = names.saturating_add(path.len() as u64);
        if names > limits.metadata_bytes {
            return Err(StoredError::TooLarge(limits.metadata_bytes));
        }
        let node = entry.node.restore(format)?;
        entries.push(LayerEntry { path: ImagePath::parse(&path)?, node, offset: entry.offset });
    }
    for python in wire.python {
        python.restore(&mut entries);
    }
    for (at, form) in wire.forms {
        if let Some(content) = content_mut(&mut entries, at) {
            content.form = form.restore();
        }
    }
    if wire.captured.iter().any(|(at, _)| *at as usize >= entries.len()) {
        return Err(StoredError::Inconsistent("it keeps the bytes of an entry that it does not have"));
    }
    Ok(LayerIndex {
        diff_id: Digest(wire.diff_id),
        blob_digest: wire.blob_digest.map(Digest),
        size: wire.size,
        entries,
        captured: wire.captured.into_iter().map(|(at, bytes)| (at, Arc::from(bytes))).collect(),
        warnings: wire.warnings.into_iter().map(Cow::into_owned).collect(),
        gaps: wire.gaps.into_iter().map(WireGap::restore).collect(),
    })
}

fn decompress(bytes: &[u8], limit: u64) -> Result<Vec<u8>, StoredError> {
    let mut plain = Vec::new();
    zstd::Decoder::with_buffer(bytes)?.take(limit.saturating_add(1)).read_to_end(&mut plain)?;
    if plain.len() as u64 > limit {
        return Err(StoredError::TooLarge(limit));
    }
    Ok(plain)
}

impl WireGap {
    fn new(gap: &Gap) -> Self {
        let what = if gap.what == GapKind::Overlay { WireGapKind::Overlay } else { WireGapKind::Entries };
        Self { what, why: gap.why.clone(), paths: gap.paths.clone() }
    }

    fn restore(self) -> Gap {
        let what = match self.what {
            WireGapKind::Entries => GapKind::Entries,
            WireGapKind::Overlay => GapKind::Overlay,
        };
        Gap::new(what, self.why).at(self.paths)
    }
}

impl<'a> WireNode<'a> {
    fn new(node: &'a LayerNode, md5: &HashMap<Digest, Md5, impl BuildHasher>) -> Self {
        match node {
            LayerNode::Inode(file) => Self::Inode(WireFile::new(file, md5)),
            LayerNode::Hardlink { target } => Self::Hardlink(target.as_bytes()),
            LayerNode::Whiteout => Self::Whiteout,
            LayerNode::Opaque => Self::Opaque,
        }
    }

    fn restore(self, format: u32) -> Result<LayerNode, StoredError> {
        Ok(match self {
            Self::Inode(file) => LayerNode::Inode(Arc::new(file.restore(format)?)),
            Self::Hardlink(target) => LayerNode::Hardlink { target: ImagePath::parse(target)? },
            Self::Whiteout => LayerNode::Whiteout,
            Self::Opaque => LayerNode::Opaque,
        })
    }
}

impl<'a> WireFile<'a> {
    fn new(file: &'a FileEntry, md5: &HashMap<Digest, Md5, impl BuildHasher>) -> Self {
        let FileEntry { kind, mode, uid, gid, size, mtime, link, device, xattrs, content } = file;
        Self {
            kind: WireKind::from(*kind),
            mode: *mode,
            uid: *uid,
            gid: *gid,
            size: *size,
            mtime: *mtime,
            link: link.as_deref(),
            device: *device,
            xattrs: xattrs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect(),
            content: content.as_ref().map(|content| WireContent::new(content, md5)),
        }
    }

    fn restore(self, format: u32) -> Result<FileEntry, StoredError> {
        let kind = Kind::from(self.kind);
        if self.content.is_some() != (kind == Kind::File) {
            return Err(StoredError::Inconsistent("a regular file without a digest, or a digest without one"));
        }
        let xattr = |(name, value): (&[u8], &[u8])| -> Xattr { (name.into(), value.into()) };
        Ok(FileEntry {
            kind,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            mtime: self.mtime,
            link: self.link.map(Box::from),
            device: self.device,
            xattrs: self.xattrs.into_iter().map(xattr).collect(),
            content: self.content.map(|content| content.restore(format)).transpose()?,
        })
    }
}

impl<'a> WireContent<'a> {
    fn new(content: &'a Content, md5: &HashMap<Digest, Md5, impl BuildHasher>) -> Self {
        Self {
            sha256: content.sha256.0,
            masked: content.masked.as_deref().map(WireMasked::new),
            md5: content.md5.or_else(|| md5.get(&content.sha256).copied()).map(|md5| md5.0),
            pyc: content.pyc.map(|PycHeader { flags, mtime, size, .. }| (flags, mtime, size)),
        }
    }

    fn restore(self, format: u32) -> Result<Content, StoredError> {
        let masked = match self.masked.map(WireMasked::restore).transpose() {
            // A mask that is no more proves nothing any more.
            Err(StoredError::Mask(_)) if format < FORMAT => None,
            masked => masked?.map(Box::new),
        };
        Ok(Content {
            sha256: Digest(self.sha256),
            masked,
            md5: self.md5.map(Md5),
            pyc: self.pyc.map(|(flags, mtime, size)| PycHeader { magic: 0, flags, mtime, size }),
            words: None,
            form: Form::Other,
        })
    }
}

/// Each number of a rising list as what it is more than the one before: shorter as a varint.
fn deltas(words: &[u32]) -> Vec<u32> {
    let before = std::iter::once(&0).chain(words);
    words.iter().zip(before).map(|(word, before)| word.wrapping_sub(*before)).collect()
}

/// What [`deltas`] was made of.
fn sums(deltas: Vec<u32>) -> Box<[u32]> {
    let mut last = 0_u32;
    let mut next = |delta: u32| {
        last = last.wrapping_add(delta);
        last
    };
    deltas.into_iter().map(&mut next).collect()
}

/// The regular files of an index, each with its position.
fn contents(index: &LayerIndex) -> impl Iterator<Item = (u32, &Content)> {
    (0_u32..).zip(&index.entries).filter_map(|(at, entry)| match &entry.node {
        LayerNode::Inode(file) => Some((at, file.content.as_ref()?)),
        LayerNode::Hardlink { .. } | LayerNode::Whiteout | LayerNode::Opaque => None,
    })
}

/// The content at a position, of entries that nobody else has yet.
fn content_mut(entries: &mut [LayerEntry], at: u32) -> Option<&mut Content> {
    match &mut entries.get_mut(at as usize)?.node {
        LayerNode::Inode(file) => Arc::get_mut(file)?.content.as_mut(),
        LayerNode::Hardlink { .. } | LayerNode::Whiteout | LayerNode::Opaque => None,
    }
}

impl WirePython {
    fn new(at: u32, content: &Content) -> Option<Self> {
        let magic = content.pyc.map(|header| header.magic);
        let words = content.words.as_deref().map(deltas);
        (magic.is_some() || words.is_some()).then_some(Self { at, magic, words })
    }

    fn restore(self, entries: &mut [LayerEntry]) {
        let Some(content) = content_mut(entries, self.at) else { return };
        if let (Some(header), Some(magic)) = (&mut content.pyc, self.magic) {
            header.magic = magic;
        }
        content.words = self.words.map(sums);
    }
}

impl WireForm {
    fn of(form: Form) -> Option<Self> {
        match form {
            Form::Other => None,
            Form::Program => Some(Self::Program),
            Form::Deb => Some(Self::Deb),
        }
    }

    fn restore(self) -> Form {
        match self {
            Self::Program => Form::Program,
            Self::Deb => Form::Deb,
        }
    }
}

impl<'a> WireMasked<'a> {
    fn new(masked: &'a Masked) -> Self {
        let hidden = masked.hidden.iter().map(|hidden| (&*hidden.what, &*hidden.value)).collect();
        Self { mask: masked.mask, digest: masked.digest.0, hidden }
    }

    fn restore(self) -> Result<Masked, StoredError> {
        let unknown = || StoredError::Mask(self.mask.chars().take(80).collect());
        let mask = mask::named(self.mask).ok_or_else(unknown)?;
        // The file may be anybody's: what it says is held to what a mask may say.
        let hidden = self.hidden.iter().take(Hidden::MOST).map(|(what, value)| Hidden::new(what, value)).collect();
        Ok(Masked { mask: mask.name, digest: Digest(self.digest), hidden })
    }
}

impl From<Kind> for WireKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Directory => Self::Directory,
            Kind::File => Self::File,
            Kind::Symlink => Self::Symlink,
            Kind::CharDevice => Self::CharDevice,
            Kind::BlockDevice => Self::BlockDevice,
            Kind::Fifo => Self::Fifo,
        }
    }
}

impl From<WireKind> for Kind {
    fn from(kind: WireKind) -> Self {
        match kind {
            WireKind::Directory => Self::Directory,
            WireKind::File => Self::File,
            WireKind::Symlink => Self::Symlink,
            WireKind::CharDevice => Self::CharDevice,
            WireKind::BlockDevice => Self::BlockDevice,
            WireKind::Fifo => Self::Fifo,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{IndexOptions, index_layer};
    use crate::model::{Progress, Side};

    /// A layer with one entry of every kind, and a file that a mask applies to.
    fn layer() -> LayerIndex {
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |path: &str, kind: tar::EntryType, link: Option<&str>, content: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o4755);
            header.set_uid(1);
            header.set_gid(70_000);
            header.set_mtime(1_700_000_000);
            header.set_size(content.len() as u64);
            header.set_device_major(1).unwrap();
            header.set_device_minor(3).unwrap();
            match link {
                Some(link) => builder.append_link(&mut header, path, link).unwrap(),
                None => builder.append_data(&mut header, path, content).unwrap(),
            }
        };
        add("usr", tar::EntryType::Directory, None, b"");
        add("usr/a.py", tar::EntryType::Regular, None, b"print()");
        add("usr/a.pyc", tar::EntryType::Regular, None, &[b'o'; 40]);
        add("usr/b", tar::EntryType::Link, Some("usr/a.py"), b"");
        add("lib", tar::EntryType::Symlink, Some("usr/lib"), b"");
        add("dev/null", tar::EntryType::Char, None, b"");
        add("dev/sda", tar::EntryType::Block, None, b"");
        add("pipe", tar::EntryType::Fifo, None, b"");
        add("usr/.wh.old", tar::EntryType::Regular, None, b"");
        add("usr/.wh..wh..opq", tar::EntryType::Regular, None, b"");
        add("var/log/dpkg.log", tar::EntryType::Regular, None, b"2026-01-02 03:04:05 install a <none> 1.0\n");
        builder.append_pax_extensions([("SCHILY.xattr.user.x", &b"\n\xff"[..])]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        builder.append_data(&mut header, "with-xattr", &b"x"[..]).unwrap();
        let tar = builder.into_inner().unwrap();
        let (limits, progress) = (Limits::default(), Progress::default());
        let options = IndexOptions {
            capture: &|path, _| path.as_bytes() == b"usr/a.py",
            md5: &|path| path.as_bytes().ends_with(b"x"),
            hash_blob: true,
            ..IndexOptions::new(&limits, &progress, &[Side::Left])
        };
        let mut index = index_layer(Box::new(&tar[..]), &options).unwrap();
        index.warnings.push("odd".to_owned());
        index
    }

    fn again(index: &LayerIndex) -> LayerIndex {
        restore(&store(index, &HashMap::new()).unwrap(), &Limits::default()).unwrap()
    }

    #[test]
    fn an_index_comes_back_as_it_was() {
        let index = layer();
        let kinds = index.entries.iter().filter(|entry| matches!(entry.node, LayerNode::Inode(_))).count();
        assert!(kinds >= 8 && index.entries.iter().any(|entry| entry.offset.is_some()));
        let back = again(&index);
        assert_eq!(back.entries, index.entries);
        assert_eq!((back.diff_id, back.blob_digest, back.size), (index.diff_id, index.blob_digest, index.size));
        assert_eq!((&back.captured, &back.warnings), (&index.captured, &index.warnings));
        assert_eq!(back.captured.len(), 1);
    }

    #[test]
    fn sums_that_were_computed_later_are_part_of_what_is_stored() {
        let index = layer();
        let file = |index: &LayerIndex| match &index.entries[1].node {
            LayerNode::Inode(file) => file.content.clone().unwrap(),
            _ => unreachable!("the second entry is a file"),
        };
        assert_eq!(file(&index).md5, None);
        let sums = HashMap::from([(file(&index).sha256, Md5([7; 16]))]);
        let back = restore(&store(&index, &sums).unwrap(), &Limits::default()).unwrap();
        assert_eq!(file(&back).md5, Some(Md5([7; 16])));
    }

    #[test]
    fn anything_else_is_refused() {
        let stored = store(&layer(), &HashMap::new()).unwrap();
        let limits = Limits::default();
        for end in 0..stored.len() {
            assert!(restore(&stored[..end], &limits).is_err(), "cut at {end}");
        }
        let message = |bytes: &[u8], limits: &Limits| restore(bytes, limits).unwrap_err().to_string();
        assert!(message(b"no zstd", &limits).starts_with("it cannot be decompressed"));
        let zstd = |plain: &[u8]| zstd::bulk::compress(plain, 1).unwrap();
        assert!(message(&zstd(b"text"), &limits).starts_with("it is not an index"));
        let small = Limits { metadata_bytes: 100, captured_total: 100, ..Limits::default() };
        assert!(message(&stored, &small).contains("200 bytes"));
        let names = Limits { metadata_bytes: 60, ..Limits::default() };
        assert!(message(&stored, &names).contains("60 bytes"), "the names alone have more");
        let few = Limits { entries: 3, ..Limits::default() };
        assert!(restore(&stored, &few).is_err());
        let plain = zstd::bulk::decompress(&stored, 1 << 20).unwrap();
        for at in 0..plain.len() {
            for bit in [0, 3, 7] {
                let mut flipped = plain.clone();
                flipped[at] ^= 1 << bit;
                // Whatever it says now, it says it without a panic, and no path climbs out.
                let _ = restore(&zstd(&flipped), &limits);
            }
        }
    }
}
