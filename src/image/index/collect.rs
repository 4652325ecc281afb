//! Tar entries become layer entries: names judged, contents hashed, masked and kept.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, ErrorKind};
use std::sync::Arc;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::overlay::private_meaning;
use super::stream::Budget;
use super::whiteout::{Meaning, is_ambiguous};
use super::{IndexOptions, LayerEntry, LayerNode, drain};
use crate::archive::{PassedOver, TarEntry, TarError, TarKind, TarReader, sha256};
use crate::image::gaps::Gaps;
use crate::image::warnings::Warnings;
use crate::model::text::visible_bytes;
use crate::model::{self, Content, Digest, FileEntry, Form, GapKind, ImagePath, Kind, Masked};
use crate::nondeterminism::{HEAD, mask_for, python};

/// What a pass over the tar keeps.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) entries: Vec<LayerEntry>,
    pub(super) captured: HashMap<u32, Arc<[u8]>>,
    pub(super) warnings: Warnings,
    pub(super) gaps: Gaps,
}

/// Bytes beyond which a buffer that a large file needed is given back; as many as a mask asks for are kept, since asking
/// the system for them anew costs as much as hashing them.
const BUFFER_KEPT: usize = 16 << 20;

/// Words of a layer's Python files, beyond which none are kept: those of fifty thousand files.
const MAX_WORDS: usize = 8 << 20;

/// Bytes of a name shown in a message.
const NAME_SHOWN: usize = 200;

/// Bytes of one component that Linux's file systems take (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

/// Bytes of a path that every store takes: `PATH_MAX` less the directories of its own that a store puts in front.
const LONGEST_PATH: usize = ImagePath::MAX_LEN - 256;

/// Why stores may hold other files than are shown.
const ODD_TYPE: &str = "entries of a type that engines refuse a layer for are read as files or directories";
const ODD_HEADER: &str = "headers of a type that engines refuse a layer for are passed over";
const GLOBAL: &str =
    "global headers are passed over, while some stores act upon their names, and others refuse the layer";
/// Why a layer is not the same everywhere, or not all of it is shown.
const LEAVES_ROOT: &str = "names that leave the root are taken to stay in it, while some stores refuse the layer";
const AMBIGUOUS: &str =
    "names with the prefix of whiteouts that are none: some stores unpack them, others leave them out";
const NAMELESS: &str = "whiteouts that name no file are left out, while some stores remove the directory";
const NO_NAME: &str = "names of more than 255 bytes, with which engines refuse the layer";
const LONG_PATH: &str =
    "names nearly as long as a path may be, with which stores refuse the layer that put more in front";
const NO_PATH: &str = "entries whose names are beyond what an engine can unpack are left out";
const NO_LINK: &str = "symlinks without a target, with which engines refuse the layer";
const NO_ROOT: &str =
    "entries that name the root and are no directory are left out, while some stores refuse the layer";

/// Reads all entries, and the stream to its end.
pub(super) fn collect<R: BufRead>(
    stream: &mut R,
    budget: &Budget,
    options: &IndexOptions<'_>,
) -> Result<Collected, TarError> {
    let mut reader = TarReader::new(stream, options.limits);
    let mut collector = Collector {
        options,
        budget,
        kept: Collected::default(),
        captured_bytes: 0,
        captured_paths: HashSet::new(),
        name_bytes: 0,
        sparse_bytes: 0,
        words: 0,
        buffer: Vec::new(),
    };
    while let Some(entry) = reader.next_entry()? {
        for side in options.sides {
            options.progress.side(*side).saw_entry();
        }
        collector.note(reader.take_passed_over());
        collector.take(&entry, &mut reader)?;
    }
    collector.note(reader.take_passed_over());
    if !reader.is_terminated() {
        collector.kept.warnings.add(|| "the layer ends without an end-of-archive mark: it may be cut short".to_owned());
    }
    drain(reader.into_inner())?;
    Ok(collector.kept)
}

struct Collector<'a> {
    options: &'a IndexOptions<'a>,
    budget: &'a Budget,
    kept: Collected,
    captured_bytes: u64,
    captured_paths: HashSet<ImagePath>,
    name_bytes: u64,
    /// Expanded bytes of sparse files, which cost nothing in the stream.
    sparse_bytes: u64,
    /// Words of Python files, four bytes each.
    words: usize,
    /// The file at hand, when its bytes are masked or kept.
    buffer: Vec<u8>,
}

impl Collector<'_> {
    /// As measured: where Docker skips a global header, Podman and umoci take its name for a whiteout's or an opaque
    /// marker's, and vfs stores remove what has its name.
    fn note(&mut self, passed_over: Vec<PassedOver>) {
        for PassedOver { flag, path } in passed_over {
            let why = if flag == b'g' { GLOBAL } else { ODD_HEADER };
            match ImagePath::clean(&path) {
                Ok((path, _)) => self.kept.gaps.add(GapKind::Entries, why, &path),
                Err(_) => self.kept.gaps.add_named(GapKind::Entries, why, || shown(&path)),
            }
        }
    }

    fn take<R: BufRead>(&mut self, entry: &TarEntry, reader: &mut TarReader<R>) -> Result<(), TarError> {
        let (path, leaves) = match ImagePath::clean(&entry.path) {
            Ok(cleaned) => cleaned,
            Err(error) => {
                self.kept.warnings.add(|| format!("an entry is left out: {error}"));
                self.kept.gaps.add_named(GapKind::Entries, NO_PATH, || shown(&entry.path));
                return Ok(());
            }
        };
        if leaves {
            self.kept.gaps.add(GapKind::Entries, LEAVES_ROOT, &path);
        }
        if path.components().any(|name| name.len() > LONGEST_NAME) {
            self.kept.gaps.add(GapKind::Entries, NO_NAME, &path);
        }
        if path.as_bytes().len() > LONGEST_PATH {
            self.kept.gaps.add(GapKind::Entries, LONG_PATH, &path);
        }
        if is_ambiguous(&path) {
            self.kept.gaps.add(GapKind::Entries, AMBIGUOUS, &path);
        }
        match Meaning::of(&path) {
            Ok(Meaning::Plain) => self.node(path, entry, reader),
            Ok(Meaning::Hides(hidden)) => self.push(hidden, LayerNode::Whiteout, None, reader.position()),
            Ok(Meaning::Opaque(directory)) => self.push(directory, LayerNode::Opaque, None, reader.position()),
            Ok(Meaning::Nameless) | Err(_) => {
                self.kept.warnings.add(|| format!("{path}: a whiteout that names no file; left out"));
                self.kept.gaps.add(GapKind::Entries, NAMELESS, &path);
                Ok(())
            }
        }
    }

    fn node<R: BufRead>(
        &mut self,
        path: ImagePath,
        entry: &TarEntry,
        reader: &mut TarReader<R>,
    ) -> Result<(), TarError> {
        let position = reader.position();
        let kind = match entry.kind {
            TarKind::Hardlink => return self.hardlink(path, entry, position),
            TarKind::File => Kind::File,
            TarKind::Symlink => Kind::Symlink,
            TarKind::CharDevice => Kind::CharDevice,
            TarKind::BlockDevice => Kind::BlockDevice,
            TarKind::Directory => Kind::Directory,
            TarKind::Fifo => Kind::Fifo,
        };
        if path.is_root() && kind != Kind::Directory {
            let name = shown(&entry.path);
            self.kept.warnings.add(|| format!("{name:?} names the root but is no directory; left out"));
            self.kept.gaps.add(GapKind::Entries, NO_ROOT, &path);
            return Ok(());
        }
        if kind == Kind::File && !matches!(entry.flag, 0 | b'0' | b'7' | b'S') {
            self.kept
                .warnings
                .add(|| format!("{path}: unknown type flag {:?}; read as a file", char::from(entry.flag)));
        }
        // moby, containers/storage and umoci unpack the types of POSIX but `7`, and none of GNU's.
        if !matches!(entry.flag, 0 | b'0'..=b'6') {
            self.kept.gaps.add(GapKind::Entries, ODD_TYPE, &path);
        }
        if kind == Kind::Symlink && entry.link.is_empty() {
            self.kept.gaps.add(GapKind::Entries, NO_LINK, &path);
        }
        let content = if kind == Kind::File { Some(self.content(&path, entry, reader)?) } else { None };
        let mut xattrs: Vec<_> =
            entry.xattrs.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
        xattrs.sort();
        let inode = FileEntry {
            kind,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            mtime: entry.mtime,
            link: (kind == Kind::Symlink).then(|| entry.link.clone().into()),
            device: matches!(kind, Kind::CharDevice | Kind::BlockDevice).then_some(entry.device),
            xattrs: xattrs.into(),
            content,
        };
        if let Some(why) = private_meaning(&inode) {
            self.kept.gaps.add(GapKind::Overlay, why, &path);
        }
        let kept = inode
            .xattrs
            .iter()
            .fold(entry.link.len(), |kept, (name, value)| kept.saturating_add(name.len()).saturating_add(value.len()));
        self.name_bytes = self.name_bytes.saturating_add(kept as u64);
        let offset = (entry.size > 0 && !entry.sparse).then_some(entry.offset);
        self.push(path, LayerNode::Inode(Arc::new(inode)), offset, position)
    }

    fn hardlink(&mut self, path: ImagePath, entry: &TarEntry, position: u64) -> Result<(), TarError> {
        let (target, leaves) = match ImagePath::clean(&entry.link) {
            Ok(cleaned) => cleaned,
            Err(error) => {
                self.kept.warnings.add(|| format!("{path}: a hardlink is left out: {error}"));
                self.kept.gaps.add(GapKind::Entries, NO_PATH, &path);
                return Ok(());
            }
        };
        if leaves {
            self.kept.gaps.add(GapKind::Entries, LEAVES_ROOT, &path);
        }
        if (self.options.capture)(&path, 0) && !self.captured_paths.contains(&target) {
            self.kept.warnings.add(|| format!("{path}: a hardlink to {target}, whose bytes were not kept"));
        }
        self.push(path, LayerNode::Hardlink { target }, None, position)
    }

    fn push(&mut self, path: ImagePath, node: LayerNode, offset: Option<u64>, position: u64) -> Result<(), TarError> {
        self.name_bytes = self.name_bytes.saturating_add(path.as_bytes().len() as u64);
        let limit = self.options.limits.metadata_bytes;
        if self.name_bytes > limit {
            let what = "a layer whose names and attributes are";
            return Err(TarError::Limit { offset: position, what, found: self.name_bytes, limit });
        }
        self.kept.entries.push(LayerEntry { path, node, offset });
        Ok(())
    }

    fn content<R: BufRead>(
        &mut self,
        path: &ImagePath,
        entry: &TarEntry,
        reader: &mut TarReader<R>,
    ) -> Result<Content, TarError> {
        if entry.sparse {
            self.sparse_bytes = self.sparse_bytes.saturating_add(entry.size);
            self.budget.check(self.sparse_bytes)?;
        }
        let limits = self.options.limits;
        let capture = self.may_capture(path, entry.size);
        let has_words = python::has_words(path, entry.size) && entry.size <= limits.masked_bytes;
        let mut hashers = Hashers::new((self.options.md5)(path));
        let find_mask = |head: &[u8]| mask_for(path, entry.size, head).filter(|_| entry.size <= limits.masked_bytes);
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT);
        let mut head = Head::default();
        // Which mask applies is known once the head is.
        let mut mask = None;
        let mut keep = true;
        loop {
            let chunk = match reader.fill_buf() {
                Ok([]) => break,
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            hashers.update(chunk);
            let was_full = head.is_full();
            head.fill(chunk);
            if keep {
                self.buffer.extend_from_slice(chunk);
            }
            if !was_full && head.is_full() {
                mask = find_mask(head.bytes());
                keep = capture || has_words || mask.is_some();
                if keep {
                    // Both are bounded: what is captured and what is masked.
                    self.buffer
                        .reserve(usize::try_from(entry.size).unwrap_or_default().saturating_sub(self.buffer.len()));
                }
            }
            let read = chunk.len();
            reader.consume(read);
        }
        if !head.is_full() {
            mask = find_mask(head.bytes());
        }
        if capture && (self.options.keep)(path, &self.buffer) {
            self.keep(path);
        } else if capture {
            self.captured_bytes = self.captured_bytes.saturating_sub(entry.size);
        }
        let pyc = path.as_bytes().ends_with(b".pyc").then(|| python::header(head.bytes())).flatten();
        let words = if has_words { self.words(path) } else { None };
        let masked = mask.and_then(|mask| {
            let hidden = (mask.apply)(&mut self.buffer)?.into();
            Some(Box::new(Masked { mask: mask.name, digest: sha256(&self.buffer), hidden }))
        });
        let (sha256, md5) = hashers.finish();
        Ok(Content { sha256, masked, md5, pyc, words, form: Form::of(head.bytes()) })
    }

    /// The words of the Python file in the buffer, as long as there is room for more.
    fn words(&mut self, path: &ImagePath) -> Option<Box<[u32]>> {
        let words =
            python::words(path, &self.buffer).filter(|words| self.words.saturating_add(words.len()) <= MAX_WORDS)?;
        self.words = self.words.saturating_add(words.len());
        Some(words)
    }

    /// Whether the file's bytes are wanted and within the limits.
    fn may_capture(&mut self, path: &ImagePath, size: u64) -> bool {
        if !(self.options.capture)(path, size) {
            return false;
        }
        let limits = self.options.limits;
        let total = self.captured_bytes.saturating_add(size);
        let fits = size <= limits.captured_bytes && total <= limits.captured_total;
        if fits {
            self.captured_bytes = total;
        } else {
            self.kept.warnings.add(|| {
                format!(
                    "{path}: {size} bytes, not looked into; the limits are {} a file and {} a layer",
                    limits.captured_bytes, limits.captured_total
                )
            });
        }
        fits
    }

    /// Keeps the buffer as the bytes of the entry that is pushed next.
    fn keep(&mut self, path: &ImagePath) {
        // The entries' limit is far below.
        let Ok(entry) = u32::try_from(self.kept.entries.len()) else { return };
        self.kept.captured.insert(entry, Arc::from(self.buffer.as_slice()));
        self.captured_paths.insert(path.clone());
    }
}

struct Hashers {
    sha256: Sha256,
    md5: Option<Md5>,
}

impl Hashers {
    fn new(with_md5: bool) -> Self {
        Self { sha256: Sha256::new(), md5: with_md5.then(Md5::new) }
    }

    fn update(&mut self, chunk: &[u8]) {
        self.sha256.update(chunk);
        if let Some(md5) = &mut self.md5 {
            md5.update(chunk);
        }
    }

    fn finish(self) -> (Digest, Option<model::Md5>) {
        (Digest(self.sha256.finalize().into()), self.md5.map(|md5| model::Md5(md5.finalize().into())))
    }
}

/// The first bytes of a file, however it is cut into reads.
#[derive(Default)]
struct Head {
    bytes: [u8; HEAD],
    filled: usize,
}

impl Head {
    fn fill(&mut self, chunk: &[u8]) {
        let rest = self.bytes.get_mut(self.filled..).unwrap_or_default();
        for (to, from) in rest.iter_mut().zip(chunk) {
            *to = *from;
            self.filled = self.filled.saturating_add(1);
        }
    }

    fn is_full(&self) -> bool {
        self.filled == HEAD
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

/// The start of a name, safe to show.
fn shown(name: &[u8]) -> String {
    visible_bytes(name.get(..NAME_SHOWN).unwrap_or(name))
}
