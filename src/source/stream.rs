//! An archive that can only be read from its beginning, because it is compressed or comes from an engine: one pass keeps
//! the documents and hands the layers on, whichever of its entries turn out to be what. Writers put the documents that
//! say so last.

use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::detect::{is_tar_header, looks_like_json};
use super::store::{Passed, Store};
use super::table::Table;
use super::{Blob, Blobs, FileSlice, Host, SourceError};
use crate::archive::{
    BUFFER_BYTES, Compression, HashingReader, Limits, TarEntry, TarError, TarKind, TarReader, decompress,
};
use crate::model::Digest;

/// Documents kept, as a multiple of the limit on one: which of them matter is known only at the end.
const DOCUMENTS: u64 = 4;

/// Bytes at the start of an entry that tell what it is.
const HEAD: u64 = 512;

pub(super) type Entries = TarReader<BufReader<Box<dyn Read + Send>>>;

/// An archive that was read once from beginning to end.
pub(super) struct Streamed {
    path: PathBuf,
    limits: Limits,
    found: Found,
}

/// What the pass found.
#[derive(Serialize, Deserialize)]
struct Found {
    table: Table<Content>,
    terminated: bool,
}

/// What became of an entry.
#[derive(Serialize, Deserialize)]
struct Content {
    /// Position among the archive's entries.
    ordinal: u64,
    size: u64,
    kind: ContentKind,
}

#[derive(Serialize, Deserialize)]
enum ContentKind {
    Document(Vec<u8>),
    Layer(Passed),
    /// Neither; the first bytes tell what a document of this name holds instead.
    Other(Vec<u8>),
}

impl Streamed {
    /// Reads an archive, which messages call `path`, to its end and hands its layers to `host`.
    pub(super) fn read(
        path: &Path,
        archive: Box<dyn Read + Send>,
        limits: &Limits,
        host: &mut dyn Host,
    ) -> Result<Self, SourceError> {
        let mut entries = entries(path, archive, limits)?;
        let mut pass = Pass { path, limits, host, documents: 0 };
        let mut table = Table::new();
        let mut ordinal = 0;
        while let Some(entry) = entries.next_entry().map_err(|error| tar_error(path, error))? {
            let content = match entry.kind {
                TarKind::File => Some(pass.content(&entry, &mut entries, ordinal)?),
                _ => None,
            };
            table.insert(&entry, content);
            ordinal += 1;
            if table.is_hopeless() {
                break;
            }
        }
        let terminated = entries.is_terminated() || table.is_hopeless();
        if terminated && !table.is_hopeless() {
            // What follows the end mark is read for the checksum at the end of the compressed stream.
            drain(&mut entries.into_inner()).map_err(|error| tar_error(path, error.into()))?;
        }
        Ok(Self { path: path.to_owned(), limits: limits.clone(), found: Found { table, terminated } })
    }

    pub(super) fn table(&self) -> &Table<impl Sized> {
        &self.found.table
    }

    /// Whether the archive has its end mark; without one it may have been cut off between two entries.
    pub(super) fn is_terminated(&self) -> bool {
        self.found.terminated
    }

    /// What was kept of the document called `name`.
    pub(super) fn held(&self, name: &str) -> Result<Held, SourceError> {
        let Some(content) = self.found.table.document(&self.path, name)? else { return Ok(Held::Nothing) };
        let limit = self.limits.document_bytes;
        match &content.kind {
            ContentKind::Document(bytes) => Ok(Held::Bytes(bytes.clone())),
            _ if content.size > limit => {
                let (file, document) = (self.path.clone(), name.to_owned());
                Err(SourceError::DocumentSize { file, document, found: content.size, limit })
            }
            ContentKind::Other(head) => Ok(Held::Bytes(head.clone())),
            ContentKind::Layer(_) => Ok(Held::Passed(content.ordinal)),
        }
    }

    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        Ok(self.found.table.resolve(&self.path, name)?.map(|content| content.size))
    }

    pub(super) fn passed(&self, name: &str) -> Result<Option<Passed>, SourceError> {
        Ok(self.found.table.resolve(&self.path, name)?.and_then(|content| match content.kind {
            ContentKind::Layer(passed) => Some(passed),
            _ => None,
        }))
    }
}

/// What is left of a document once the archive has passed by.
pub(super) enum Held {
    Nothing,
    Bytes(Vec<u8>),
    /// It looked like a layer; this is its position among the entries.
    Passed(u64),
}

/// The one pass over the archive.
struct Pass<'a> {
    path: &'a Path,
    limits: &'a Limits,
    host: &'a mut dyn Host,
    /// Bytes of documents kept.
    documents: u64,
}

impl Pass<'_> {
    fn content(&mut self, entry: &TarEntry, entries: &mut Entries, ordinal: u64) -> Result<Content, SourceError> {
        let mut head = Vec::new();
        entries.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| tar_error(self.path, error.into()))?;
        let kind = if is_layer(&head) {
            ContentKind::Layer(self.layer(&head, entries)?)
        } else if looks_like_json(&head) && entry.size <= self.limits.document_bytes {
            ContentKind::Document(self.document(head, entry, entries)?)
        } else {
            ContentKind::Other(head)
        };
        Ok(Content { ordinal, size: entry.size, kind })
    }

    fn layer(&mut self, head: &[u8], entries: &mut Entries) -> Result<Passed, SourceError> {
        let mut witness = Witness { inner: Cursor::new(head).chain(entries), failure: None };
        // The blob of an uncompressed layer is its tar, which the host hashes already.
        let (diff_id, drained, digest) = if Compression::sniff(head) == Compression::None {
            let diff_id = self.host.take(&mut witness)?;
            (diff_id, drain(&mut witness), diff_id)
        } else {
            let mut blob = HashingReader::new(&mut witness);
            let diff_id = self.host.take(&mut blob)?;
            // What the host leaves is part of the blob's digest too.
            let drained = drain(&mut blob);
            (diff_id, drained, Some(blob.finish()))
        };
        // A failure to read is the archive's, even if the host took it for a broken layer.
        match witness.failure.map_or(drained, Err) {
            Ok(()) => Ok(Passed { digest, diff_id }),
            Err(error) => Err(tar_error(self.path, error.into())),
        }
    }

    fn document(
        &mut self,
        mut bytes: Vec<u8>,
        entry: &TarEntry,
        entries: &mut Entries,
    ) -> Result<Vec<u8>, SourceError> {
        self.documents += entry.size;
        let limit = self.limits.document_bytes.saturating_mul(DOCUMENTS);
        if self.documents > limit {
            let (file, document) = (self.path.to_owned(), "all its JSON together".to_owned());
            return Err(SourceError::DocumentSize { file, document, found: self.documents, limit });
        }
        entries.read_to_end(&mut bytes).map_err(|error| tar_error(self.path, error.into()))?;
        Ok(bytes)
    }
}

/// A compressed archive in a file, after one pass over it.
pub(super) struct StreamedFile {
    streamed: Streamed,
    whole: FileSlice,
}

impl StreamedFile {
    /// Reads the archive at `path` to its end and hands its layers to `host`; one with the same bytes as an archive that
    /// was read before is only hashed.
    pub(super) fn read(
        path: &Path,
        whole: FileSlice,
        limits: &Limits,
        host: &mut dyn Host,
    ) -> Result<Self, SourceError> {
        let archive = host.keeps().then(|| digest(path, whole.clone())).transpose()?;
        if let Some(found) = archive.and_then(|archive| Found::recall(&host.noted(archive)?, host)) {
            return Ok(Self { streamed: Streamed { path: path.to_owned(), limits: limits.clone(), found }, whole });
        }
        let streamed = Streamed::read(path, Box::new(whole.clone()), limits, host)?;
        // What cannot be written down is found again next time.
        if let Some((archive, found)) = archive.zip(postcard::to_stdvec(&streamed.found).ok()) {
            host.note(archive, &found);
        }
        Ok(Self { streamed, whole })
    }

    pub(super) fn table(&self) -> &Table<impl Sized> {
        self.streamed.table()
    }
}

impl Store for StreamedFile {
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Streamed { path, limits, .. } = &self.streamed;
        match self.streamed.held(name)? {
            Held::Nothing => Ok(None),
            Held::Bytes(bytes) => Ok(Some(bytes)),
            Held::Passed(ordinal) => {
                let mut bytes = Vec::new();
                let mut reader = nth_entry(path, self.whole.clone(), ordinal, limits)?.into_reader();
                reader.read_to_end(&mut bytes).map_err(|error| tar_error(path, error.into()))?;
                Ok(Some(bytes))
            }
        }
    }

    fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        self.streamed.size(name)
    }

    fn passed(&self, name: &str) -> Result<Option<Passed>, SourceError> {
        self.streamed.passed(name)
    }

    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
        let Self { streamed: Streamed { path, limits, found }, whole } = *self;
        let mut ordinals = Vec::with_capacity(layers.len());
        for name in layers {
            ordinals.extend(found.table.resolve(&path, name)?.map(|content| content.ordinal));
        }
        Ok(Box::new(Again { path, whole, limits, ordinals }))
    }

    fn warnings(&self) -> Vec<String> {
        if self.streamed.is_terminated() {
            Vec::new()
        } else {
            vec!["the archive has no end mark; it may be incomplete".to_owned()]
        }
    }
}

impl Found {
    /// What an earlier pass found, if what it handed on is still known.
    fn recall(noted: &[u8], host: &dyn Host) -> Option<Self> {
        let found: Self = postcard::from_bytes(noted).ok()?;
        let is_known = |content: &Content| match content.kind {
            ContentKind::Layer(Passed { diff_id: Some(diff_id), .. }) => host.knows(diff_id),
            _ => true,
        };
        let all_known = found.table.files().all(is_known);
        all_known.then_some(found)
    }
}

/// SHA-256 of a file's bytes.
fn digest(path: &Path, whole: FileSlice) -> Result<Digest, SourceError> {
    let mut bytes = HashingReader::new(whole);
    drain(&mut BufReader::with_capacity(BUFFER_BYTES, &mut bytes))
        .map_err(|error| SourceError::Read { file: path.to_owned(), error })?;
    Ok(bytes.finish())
}

/// The layers' blobs, each reached by streaming the archive again.
struct Again {
    path: PathBuf,
    whole: FileSlice,
    limits: Limits,
    ordinals: Vec<u64>,
}

impl Blobs for Again {
    fn open(&self, layer: usize) -> Result<Blob, SourceError> {
        let ordinal = self.ordinals.get(layer).copied().unwrap_or(u64::MAX);
        nth_entry(&self.path, self.whole.clone(), ordinal, &self.limits)
    }
}

/// Streams the archive up to the content of its entry `ordinal`.
pub(super) fn nth_entry(path: &Path, whole: FileSlice, ordinal: u64, limits: &Limits) -> Result<Blob, SourceError> {
    let mut entries = entries(path, Box::new(whole), limits)?;
    let mut position = 0;
    while entries.next_entry().map_err(|error| tar_error(path, error))?.is_some() {
        if position == ordinal {
            return Ok(Blob::Stream(Box::new(entries)));
        }
        position += 1;
    }
    let error = io::Error::new(io::ErrorKind::UnexpectedEof, "it has fewer entries than before");
    Err(SourceError::Read { file: path.to_owned(), error })
}

/// The entries of an archive, which messages call `path`.
pub(super) fn entries(path: &Path, archive: Box<dyn Read + Send>, limits: &Limits) -> Result<Entries, SourceError> {
    let compressed = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: archive, bytes: Arc::clone(&compressed) };
    let (_, plain) = decompress(Box::new(counted)).map_err(|error| tar_error(path, error.into()))?;
    let bounded = Bounded { inner: plain, bytes: 0, compressed, limits: limits.clone() };
    let reader: Box<dyn Read + Send> = Box::new(bounded);
    Ok(TarReader::new(BufReader::with_capacity(BUFFER_BYTES, reader), limits))
}

/// Whether an entry's first bytes are those of a layer: compressed, a tar header, or a tar of nothing.
fn is_layer(head: &[u8]) -> bool {
    let empty_tar = head.len() as u64 == HEAD && head.iter().all(|byte| *byte == 0);
    Compression::sniff(head) != Compression::None || is_tar_header(head) || empty_tar
}

fn tar_error(path: &Path, error: TarError) -> SourceError {
    SourceError::Tar { file: path.to_owned(), error }
}

fn drain(rest: &mut dyn Read) -> io::Result<()> {
    io::copy(rest, &mut io::sink()).map(|_| ())
}

/// Remembers that reading failed, since whoever read may have taken it for a broken layer.
struct Witness<R> {
    inner: R,
    failure: Option<io::Error>,
}

impl<R: Read> Read for Witness<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

/// Counts the bytes read through it for another reader to see.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Fails when the stream expands beyond what the limits allow: a bomb.
struct Bounded<R> {
    inner: R,
    bytes: u64,
    compressed: Arc<AtomicU64>,
    limits: Limits,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        let compressed = self.compressed.load(Ordering::Relaxed);
        let allowed = compressed.saturating_mul(self.limits.expansion).max(self.limits.expansion_floor);
        if self.bytes > allowed {
            let (bytes, expansion) = (self.bytes, self.limits.expansion);
            let what =
                format!("{compressed} compressed bytes expand to {bytes} and more; the limit is {expansion} times");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(read)
    }
}
