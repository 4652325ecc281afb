//! The file that `imgdrift snapshot` writes: one image as a comparison needs it, for when the image itself is gone.
//!
//! **Format 3**, in this order and nothing else:
//!
//! 1. the line `imgdrift snapshot 3`;
//! 2. one line of JSON, [`Header`]: when, from what and by which version it was recorded, the image's documents as they
//!    were, and of each layer from the bottom its digests and the length of its index;
//! 3. the indexes one after another, each as `image::stored` describes: every path of the layer with kind, mode, owner,
//!    size, time, links, attributes, SHA-256, masked SHA-256, MD5 where dpkg recorded one, and the bytes of the files that
//!    packages and explanations are read from;
//! 4. 32 bytes: the SHA-256 of everything before them.
//!
//! Format 2, which is still read, had neither `index_format` nor `gaps` in its header, and indexes of format 2.
//!
//! Packages, findings and digests are not written: they follow from what is, by the rules of the version that reads it, so
//! that both sides of a comparison are always judged by the same rules.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::image::stored::{self, StoredError};
use crate::image::{LayerIndex, Limits};
use crate::model::text::visible;
use crate::model::{Digest, Gap, GapKind, Variant};

/// What every such file starts with.
const MAGIC: &[u8] = b"imgdrift snapshot ";

/// The number of the format.
pub const FORMAT: u32 = 3;

/// The oldest format that can still be read.
const OLDEST: u32 = 2;

/// Bytes of a checksum.
const CHECKSUM: usize = 32;

/// Bytes that a file may have: a hundred times those of an image with a hundred thousand files.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why a file is no snapshot that can be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it is no snapshot: it does not start with \"imgdrift snapshot\"")]
    Magic,
    #[error("it is a snapshot of format {0}; this version reads formats {OLDEST} to {FORMAT}")]
    Format(String),
    #[error("it has {0} bytes; the limit is {MAX_BYTES}")]
    TooLarge(u64),
    #[error("it is cut short: it ends within its {0}")]
    Short(&'static str),
    #[error("it is damaged or was edited: its checksum is {expected}, but its bytes have {found}")]
    Checksum { expected: Digest, found: Digest },
    #[error("its header cannot be read: {0}")]
    Header(String),
    #[error("its layer {0} cannot be read: {1}")]
    Layer(usize, StoredError),
    #[error("its documents contradict each other: {0}")]
    Inconsistent(&'static str),
}

/// The second line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Name and version of the program that recorded it.
    pub tool: String,
    /// When, as RFC 3339.
    pub at: String,
    /// What the user typed then, and where it was found.
    pub reference: String,
    pub source: String,
    pub name: Option<String>,
    pub manifest_digest: Option<Digest>,
    /// SHA-256 of `config`.
    pub config_digest: Digest,
    /// The config blob's text.
    pub config: String,
    pub annotations: BTreeMap<String, String>,
    /// In-toto statements, each as its JSON text.
    pub attestations: Vec<String>,
    pub variants: Vec<Variant>,
    /// What was odd about opening the image.
    pub warnings: Vec<String>,
    /// What opening it could not read.
    #[serde(default)]
    pub gaps: Vec<RecordedGap>,
    /// The format of the indexes.
    #[serde(default = "oldest_index")]
    pub index_format: u32,
    /// From the bottom.
    pub layers: Vec<LayerHeader>,
}

/// A [`Gap`] in [`Header`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedGap {
    /// The word of its kind; of one that this version does not know, nothing is known of the image's files.
    pub what: String,
    pub why: String,
    pub paths: Vec<String>,
}

impl RecordedGap {
    #[must_use]
    pub fn new(gap: &Gap) -> Self {
        Self { what: gap.what.as_str().to_owned(), why: gap.why.clone(), paths: gap.paths.clone() }
    }

    #[must_use]
    pub fn into_gap(self) -> Gap {
        let what = GapKind::ALL.into_iter().find(|kind| kind.as_str() == self.what).unwrap_or(GapKind::Entries);
        Gap::new(what, self.why).at(self.paths)
    }
}

fn oldest_index() -> u32 {
    stored::OLDEST
}

/// One layer in [`Header`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerHeader {
    pub diff_id: Digest,
    /// Of the blob as stored, where a manifest named it.
    pub digest: Option<Digest>,
    /// Bytes of the blob as stored.
    pub size: Option<u64>,
    /// Bytes of its index in this file.
    pub length: u64,
}

/// A file whose checksum holds.
pub struct Recorded {
    pub header: Header,
    indexes: Vec<u8>,
    /// Where each layer's index begins.
    starts: Vec<u64>,
}

/// Writes a snapshot; `layers` are the stored indexes of the header's layers. Returns the SHA-256 of the whole file, for
/// whoever keeps it, and its length in bytes.
///
/// # Errors
/// When `out` takes no more.
pub fn write(header: &Header, layers: &[Vec<u8>], out: &mut dyn Write) -> io::Result<(Digest, u64)> {
    let mut out = Hashing { out, hash: Sha256::new(), length: 0 };
    writeln!(out, "imgdrift snapshot {FORMAT}")?;
    out.write_all(&serde_json::to_vec(header)?)?;
    out.write_all(b"\n")?;
    layers.iter().try_for_each(|layer| out.write_all(layer))?;
    let checksum = out.hash.clone().finalize();
    out.write_all(&checksum)?;
    out.flush()?;
    Ok((Digest(out.hash.finalize().into()), out.length))
}

/// Whether the file starts as a snapshot does.
#[must_use]
pub fn is_recorded(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|data| data.is_file());
    is_file && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MAGIC
}

/// Reads a snapshot's file and checks its sum.
///
/// # Errors
/// When it is none, of another format, damaged, or too large.
pub fn read(path: &Path) -> Result<Recorded, RecordedError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_BYTES {
        return Err(RecordedError::TooLarge(length));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    BufReader::new(file.take(MAX_BYTES)).read_to_end(&mut bytes)?;
    parse(bytes)
}

fn parse(mut bytes: Vec<u8>) -> Result<Recorded, RecordedError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(RecordedError::Magic)?;
    let first = line(rest).ok_or(RecordedError::Short("first line"))?;
    if !(OLDEST..=FORMAT).any(|format| first == format.to_string().as_bytes()) {
        let shown = first.get(..first.len().min(20)).unwrap_or_default();
        return Err(RecordedError::Format(visible(&String::from_utf8_lossy(shown)).into_owned()));
    }
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(RecordedError::Short("checksum"))?;
    let (expected, found) = (Digest(*checksum), Digest(Sha256::digest(body).into()));
    if expected != found {
        return Err(RecordedError::Checksum { expected, found });
    }
    let start = MAGIC.len() + first.len() + 1;
    let header = body.get(start..).and_then(line).ok_or(RecordedError::Short("header"))?;
    let indexes = start + header.len() + 1;
    let header: Header = serde_json::from_slice(header)
        .map_err(|error| RecordedError::Header(visible(&error.to_string()).into_owned()))?;
    check(&header)?;
    bytes.truncate(bytes.len() - CHECKSUM);
    bytes.drain(..indexes);
    let mut end = 0_u64;
    let mut start = |layer: &LayerHeader| {
        let behind = end.saturating_add(layer.length);
        std::mem::replace(&mut end, behind)
    };
    let starts = header.layers.iter().map(&mut start).collect();
    Ok(Recorded { header, indexes: bytes, starts })
}

/// The bytes before the first line feed.
fn line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.iter().position(|byte| *byte == b'\n').and_then(|end| bytes.get(..end))
}

fn check(header: &Header) -> Result<(), RecordedError> {
    if Digest(Sha256::digest(&header.config).into()) != header.config_digest {
        return Err(RecordedError::Inconsistent("the config does not have the digest that is noted of it"));
    }
    Ok(())
}

impl Recorded {
    /// The index of the layer `at` from the bottom.
    ///
    /// # Errors
    /// When it is broken, another layer's, or there is none.
    pub fn layer(&self, at: usize, limits: &Limits) -> Result<LayerIndex, RecordedError> {
        let missing = RecordedError::Short("indexes");
        let Some((layer, start)) = self.header.layers.get(at).zip(self.starts.get(at)) else { return Err(missing) };
        let range = usize::try_from(*start).ok().zip(usize::try_from(start.saturating_add(layer.length)).ok());
        let bytes = range.and_then(|(start, end)| self.indexes.get(start..end)).ok_or(missing)?;
        let index = stored::restore_of(self.header.index_format, bytes, limits)
            .map_err(|error| RecordedError::Layer(at, error))?;
        if index.diff_id != layer.diff_id {
            return Err(RecordedError::Inconsistent("an index is of another layer than the header says"));
        }
        Ok(index)
    }
}

struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
    length: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::testing::TestImage;

    fn layers() -> Vec<Arc<LayerIndex>> {
        let mut image = TestImage::new();
        image.deb("less", "590-2", &[("usr/bin/less", b"less")]);
        image.snapshot().image.layers
    }

    fn recorded() -> Vec<u8> {
        let layers = layers();
        let stored: Vec<Vec<u8>> = layers.iter().map(|layer| stored::store(layer, &HashMap::new()).unwrap()).collect();
        let header = |(layer, stored): (&Arc<LayerIndex>, &Vec<u8>)| LayerHeader {
            diff_id: layer.diff_id,
            digest: None,
            size: Some(7),
            length: stored.len() as u64,
        };
        let header = Header {
            tool: "imgdrift 0.1.0".to_owned(),
            at: "2026-10-01T12:00:00Z".to_owned(),
            reference: "app:1.4.0".to_owned(),
            source: "registry".to_owned(),
            name: None,
            manifest_digest: None,
            config_digest: Digest(Sha256::digest("{}").into()),
            config: "{}".to_owned(),
            annotations: BTreeMap::from([("a".to_owned(), "line\nbreak".to_owned())]),
            attestations: Vec::new(),
            variants: vec![Variant { platform: "linux/arm64".to_owned(), digest: Digest([3; 32]) }],
            warnings: Vec::new(),
            gaps: vec![RecordedGap::new(&Gap::new(GapKind::Unverified, "x").at(["/a".to_owned()]))],
            index_format: stored::FORMAT,
            layers: layers.iter().zip(&stored).map(header).collect(),
        };
        let mut file = Vec::new();
        let (digest, length) = write(&header, &stored, &mut file).unwrap();
        assert_eq!(digest, Digest(Sha256::digest(&file).into()), "what sha256sum prints of the file");
        assert_eq!(length, file.len() as u64);
        file
    }

    fn refused(file: &[u8]) -> String {
        parse(file.to_vec()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let file = recorded();
        let read = parse(file).unwrap();
        assert_eq!(read.header.variants[0].platform, "linux/arm64");
        assert_eq!(read.header.annotations["a"], "line\nbreak");
        for (at, layer) in layers().iter().enumerate() {
            assert_eq!(read.layer(at, &Limits::default()).unwrap().entries, layer.entries);
        }
        assert!(read.layer(layers().len(), &Limits::default()).is_err());
        let gap = read.header.gaps[0].clone().into_gap();
        assert_eq!((gap.what, gap.why.as_str(), gap.paths), (GapKind::Unverified, "x", vec!["/a".to_owned()]));
    }

    /// As the version before wrote it: without the two keys of the header and the last list of each index.
    #[test]
    fn a_snapshot_of_the_format_before_opens_and_tells_what_it_does_not_know() {
        let file = recorded();
        let read = parse(file.clone()).unwrap();
        let index = &read.indexes;
        let mut plain = Vec::new();
        zstd::Decoder::new(&index[..]).unwrap().read_to_end(&mut plain).unwrap();
        assert_eq!(plain.split_off(plain.len() - 3), [0; 3], "the empty lists of gaps, of Python's files and of forms");
        let older = zstd::bulk::compress(&plain, 3).unwrap();
        let mut header = serde_json::to_value(&read.header).unwrap();
        let keys = header.as_object_mut().unwrap();
        keys.remove("gaps");
        keys.remove("index_format");
        keys["layers"][0]["length"] = older.len().into();
        let mut bytes = [b"imgdrift snapshot 2\n", header.to_string().as_bytes(), b"\n", &older].concat();
        bytes.extend(Sha256::digest(&bytes));
        let read = parse(bytes).unwrap();
        assert!(read.header.gaps.is_empty());
        let layer = read.layer(0, &Limits::default()).unwrap();
        assert_eq!(layer.entries, layers()[0].entries);
        assert_eq!(layer.gaps[0].why, "recorded by a version that did not note what it left out");
        assert!(!layer.gaps[0].covers_content());
    }

    #[test]
    fn a_file_cut_anywhere_or_with_any_byte_changed_is_refused() {
        let file = recorded();
        for end in 0..file.len() {
            assert!(parse(file[..end].to_vec()).is_err(), "cut at {end}");
        }
        for at in 0..file.len() {
            let mut edited = file.clone();
            edited[at] ^= 0x01;
            assert!(parse(edited).is_err(), "a flipped bit at {at}");
        }
    }

    #[test]
    fn the_reason_is_told() {
        let file = recorded();
        assert!(refused(b"{\"schema\": 1}").contains("does not start with"));
        let newer = [b"imgdrift snapshot 4\n", &file[MAGIC.len() + 2..]].concat();
        assert!(refused(&newer).contains("of format 4; this version reads formats 2 to 3"));
        assert!(refused(&[&file[..], b"more"].concat()).contains("damaged or was edited"));
        assert!(refused(b"imgdrift snapshot 3").contains("cut short"));
        let text = String::from_utf8_lossy(&file[..200]).into_owned();
        assert!(text.starts_with("imgdrift snapshot 3\n{\"tool\":\"imgdrift 0.1.0\",\"at\":\"2026-10-01T12:00:00Z\""));
    }
}
