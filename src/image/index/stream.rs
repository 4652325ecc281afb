//! A layer's bytes on their way: counted as stored, decompressed, hashed, held to the limits.

use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::archive::{BUFFER_BYTES, Compression, Limits, decompress};
use crate::model::{Digest, Progress, Side};

use super::IndexOptions;

/// Buffers that the reading thread may be ahead.
const AHEAD: usize = 4;

/// The uncompressed bytes of a layer; reading them hashes them.
pub(super) struct Stream<'a> {
    plain: Box<dyn Read + Send + 'a>,
    diff_id: Sha256,
    /// Uncompressed bytes so far.
    size: u64,
    stored: Arc<Stored>,
    hash_blob: bool,
    budget: Budget,
    progress: &'a Progress,
}

/// What passed by of the blob as stored.
#[derive(Default)]
struct Stored {
    bytes: AtomicU64,
    /// Absent when nobody asks, and for a plain blob, whose digest is its diffID.
    hasher: Mutex<Option<Sha256>>,
}

/// How far a layer may expand, given what was read of it as stored.
#[derive(Clone)]
pub(super) struct Budget {
    stored: Arc<Stored>,
    floor: u64,
    factor: u64,
}

/// Why reading stops at a small blob that expands to a huge layer.
#[derive(Debug, thiserror::Error)]
#[error(
    "the layer expands to {found} bytes from {stored} bytes of blob, and goes on; the limit is {limit} ({factor} times)"
)]
struct Expansion {
    found: u64,
    stored: u64,
    limit: u64,
    factor: u64,
}

impl<'a> Stream<'a> {
    pub(super) fn open<'o: 'a>(blob: Box<dyn Read + Send + 'a>, options: &IndexOptions<'o>) -> io::Result<Self> {
        let stored = Arc::new(Stored::default());
        *stored.hasher() = options.hash_blob.then(Sha256::new);
        let counted = Counted { blob, stored: Arc::clone(&stored), progress: options.progress, sides: options.sides };
        let (compression, plain) = decompress(Box::new(counted))?;
        if compression == Compression::None {
            *stored.hasher() = None;
        }
        let budget = Budget::new(Arc::clone(&stored), options.limits);
        Ok(Self {
            plain,
            diff_id: Sha256::new(),
            size: 0,
            stored,
            hash_blob: options.hash_blob,
            budget,
            progress: options.progress,
        })
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// The diffID, the uncompressed size, and the blob's digest when it was asked for.
    pub(super) fn finish(self) -> (Digest, u64, Option<Digest>) {
        let diff_id = Digest(self.diff_id.finalize().into());
        let blob = self.stored.hasher().take().map(|hasher| Digest(hasher.finalize().into()));
        (diff_id, self.size, blob.or(self.hash_blob.then_some(diff_id)))
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_cancelled() {
            return Err(io::Error::other("stopped on request"));
        }
        let read = self.plain.read(buffer)?;
        self.diff_id.update(buffer.get(..read).unwrap_or_default());
        self.size = self.size.saturating_add(read as u64);
        self.budget.check(self.size)?;
        Ok(read)
    }
}

/// The blob as stored, passing by.
struct Counted<'a> {
    blob: Box<dyn Read + Send + 'a>,
    stored: Arc<Stored>,
    progress: &'a Progress,
    sides: &'a [Side],
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.blob.read(buffer)?;
        self.stored.bytes.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(hasher) = self.stored.hasher().as_mut() {
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        for side in self.sides {
            self.progress.side(*side).advance(read as u64);
        }
        Ok(read)
    }
}

impl Stored {
    fn hasher(&self) -> std::sync::MutexGuard<'_, Option<Sha256>> {
        self.hasher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    fn new(stored: Arc<Stored>, limits: &Limits) -> Self {
        Self { stored, floor: limits.expansion_floor, factor: limits.expansion }
    }

    /// Fails when `found` expanded bytes are too many for what was read so far.
    pub(super) fn check(&self, found: u64) -> io::Result<()> {
        let stored = self.stored.bytes.load(Ordering::Relaxed);
        let limit = stored.saturating_mul(self.factor).max(self.floor);
        if found > limit {
            return Err(io::Error::other(Expansion { found, stored, limit, factor: self.factor }));
        }
        Ok(())
    }
}

/// Reads a stream that another thread fills a few buffers ahead.
pub(super) struct Ahead {
    filled: Receiver<io::Result<Vec<u8>>>,
    spent: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    at: usize,
}

impl Ahead {
    /// The reader, and the work of the thread, which gives the stream back at its end.
    pub(super) fn start<'a>(stream: Stream<'a>) -> (Self, impl FnOnce() -> Stream<'a> + Send) {
        let (filled_in, filled) = sync_channel(AHEAD);
        let (spent, spent_out) = channel();
        let reader = Self { filled, spent, buffer: Vec::new(), at: 0 };
        (reader, move || fill(stream, &filled_in, &spent_out))
    }
}

fn fill<'a>(mut stream: Stream<'a>, filled: &SyncSender<io::Result<Vec<u8>>>, spent: &Receiver<Vec<u8>>) -> Stream<'a> {
    loop {
        let mut buffer = spent.try_recv().unwrap_or_default();
        buffer.resize(BUFFER_BYTES, 0);
        let outcome = read_full(&mut stream, &mut buffer);
        let is_last = !matches!(outcome, Ok(BUFFER_BYTES));
        let buffer = outcome.map(|read| {
            buffer.truncate(read);
            buffer
        });
        if filled.send(buffer).is_err() || is_last {
            return stream;
        }
    }
}

fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            // A worker that is done takes nothing back and sends nothing more: the end of the stream.
            let _ = self.spent.send(std::mem::take(&mut self.buffer));
            self.buffer = self.filled.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            self.at = 0;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
