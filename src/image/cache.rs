//! Indexes of layers that were read before, by diffID, documents by their digest, and what was found in archives that can
//! only be streamed, by theirs: files in one directory.
//!
//! An entry depends on the bytes it was made from and on the version of this program alone, so it is true for ever; it is
//! written beside its place and renamed into it, so that several processes may share the directory; and it carries its
//! own checksum, so that a damaged one is noticed, removed and made anew. Reading an entry renews its time; those not
//! read for longest go first when there are too many bytes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{LayerIndex, Limits, stored};
use crate::archive::sha256;
use crate::model::{Digest, Md5};

/// Bytes that all entries together may have: those of some two hundred images of a gigabyte.
pub const LIMIT: u64 = 1 << 30;

/// What [`Cache::trim`] leaves, in hundredths of the limit, so that it has nothing to do for a while.
const LEFT: u64 = 80;

/// How the names of entries start that are being written.
const UNFINISHED: &str = ".unfinished-";

/// What the directories below the root and the entries in them are called. The root may be any directory that a user
/// names, so that nothing else in it may count, let alone be removed.
const LEVELS: [fn(&str) -> bool; 3] = [is_version, is_kind, is_entry];

/// A directory of entries.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub entries: usize,
    pub bytes: u64,
}

impl Usage {
    fn of(files: &[Entry]) -> Self {
        Self { entries: files.len(), bytes: files.iter().map(|file| file.bytes).sum() }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Layer,
    Document,
    Archive,
}

impl Kind {
    fn directory(self) -> &'static str {
        match self {
            Self::Layer => "layers",
            Self::Document => "documents",
            Self::Archive => "archives",
        }
    }
}

impl Cache {
    /// The cache in the directory `root`, which is made when something is put there.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The index of the layer with this diffID, if it was kept and is whole.
    #[must_use]
    pub fn index(&self, diff_id: Digest, limits: &Limits) -> Option<LayerIndex> {
        let path = self.path(Kind::Layer, diff_id);
        let index = stored::restore(&read(&path)?, limits).ok().filter(|index| index.diff_id == diff_id);
        if index.is_none() {
            // It will be made anew; if it cannot be removed it will be replaced.
            let _ = fs::remove_file(&path);
        }
        index
    }

    /// Keeps an index, with the MD5 sums of `md5` (by SHA-256) where it has none of its own.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn keep_index(&self, index: &LayerIndex, md5: &HashMap<Digest, Md5, impl BuildHasher>) -> io::Result<()> {
        let bytes = stored::store(index, md5).map_err(io::Error::other)?;
        write(&self.path(Kind::Layer, index.diff_id), &bytes)
    }

    /// The document with this digest, if it was kept and is whole.
    #[must_use]
    pub fn document(&self, digest: Digest) -> Option<Vec<u8>> {
        read(&self.path(Kind::Document, digest)).filter(|bytes| sha256(bytes) == digest)
    }

    /// Keeps a document.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn keep_document(&self, digest: Digest, bytes: &[u8]) -> io::Result<()> {
        write(&self.path(Kind::Document, digest), bytes)
    }

    /// What was noted of the archive with this digest.
    #[must_use]
    pub fn note(&self, archive: Digest) -> Option<Vec<u8>> {
        read(&self.path(Kind::Archive, archive))
    }

    /// Keeps a note of an archive.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn keep_note(&self, archive: Digest, note: &[u8]) -> io::Result<()> {
        write(&self.path(Kind::Archive, archive), note)
    }

    /// What is kept, also by other versions of the program.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn usage(&self) -> io::Result<Usage> {
        Ok(Usage::of(&self.files()?))
    }

    /// Removes what was not read for longest, when there are more than `limit` bytes.
    ///
    /// # Errors
    /// When the directory cannot be read or written to.
    pub fn trim(&self, limit: u64) -> io::Result<Usage> {
        let mut files = self.files()?;
        let Usage { mut bytes, .. } = Usage::of(&files);
        if bytes <= limit {
            return Ok(Usage::default());
        }
        files.sort_by_key(|file| file.used);
        let mut gone = Usage::default();
        for file in files {
            if bytes <= limit.saturating_mul(LEFT) / 100 {
                break;
            }
            remove(&file.path)?;
            bytes -= file.bytes;
            gone = Usage { entries: gone.entries + 1, bytes: gone.bytes + file.bytes };
        }
        Ok(gone)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// When the directory cannot be read or written to.
    pub fn clear(&self) -> io::Result<Usage> {
        let files = self.files()?;
        files.iter().try_for_each(|file| remove(&file.path))?;
        Ok(Usage::of(&files))
    }

    fn path(&self, kind: Kind, digest: Digest) -> PathBuf {
        let version = format!("{}-{}", env!("CARGO_PKG_VERSION"), stored::FORMAT);
        self.root.join(version).join(kind.directory()).join(digest.hex())
    }

    fn files(&self) -> io::Result<Vec<Entry>> {
        let mut files = Vec::new();
        collect(&self.root, &LEVELS, &mut files)?;
        Ok(files)
    }
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// `0.1.0-1`: the program's version and the format's.
fn is_version(name: &str) -> bool {
    let is_of_version = |part: &str| part.starts_with(|first: char| first.is_ascii_digit()) && part.contains('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('-').is_some_and(|(version, format)| is_of_version(version) && is_number(format))
}

fn is_kind(name: &str) -> bool {
    [Kind::Layer, Kind::Document, Kind::Archive].iter().any(|kind| kind.directory() == name)
}

/// A digest, or what a process that was killed left of one that it was writing.
fn is_entry(name: &str) -> bool {
    name.starts_with(UNFINISHED) || Digest::from_hex(name).is_ok()
}

/// The entries below `directory`, whose own and those below it are called as `levels` say.
fn collect(directory: &Path, levels: &[fn(&str) -> bool], files: &mut Vec<Entry>) -> io::Result<()> {
    let Some((is_ours, below)) = levels.split_first() else { return Ok(()) };
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        listing => listing?,
    };
    for entry in listing {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_ours) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), below, files)?;
        } else if kind.is_file() && below.is_empty() {
            match entry.metadata() {
                Ok(data) => files.push(Entry { path: entry.path(), bytes: data.len(), used: data.modified()? }),
                // Another process was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The bytes behind the checksum; `None` when there are none, or others than were written.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let mut checksum = [0; 32];
    let mut bytes = Vec::new();
    file.read_exact(&mut checksum).ok()?;
    file.read_to_end(&mut bytes).ok()?;
    // In a directory that may only be read, nothing is removed either.
    let _ = file.set_modified(now());
    (sha256(&bytes) == Digest(checksum)).then_some(bytes)
}

#[expect(clippy::disallowed_methods, reason = "when an entry was last read is no part of a report")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)?;
    file.write_all(&sha256(bytes).0)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::image::{IndexOptions, index_layer};
    use crate::model::{Progress, Side};

    fn index(name: &str) -> LayerIndex {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        builder.append_data(&mut header, name, &b"x"[..]).unwrap();
        let tar = builder.into_inner().unwrap();
        let (limits, progress) = (Limits::default(), Progress::default());
        index_layer(Box::new(&tar[..]), &IndexOptions::new(&limits, &progress, &[Side::Left])).unwrap()
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("not/there/yet"));
        (folder, cache)
    }

    fn found(cache: &Cache, index: &LayerIndex) -> bool {
        cache.index(index.diff_id, &Limits::default()).is_some_and(|found| found.entries == index.entries)
    }

    #[test]
    fn what_is_kept_is_found_again_and_nothing_else() {
        let (_folder, cache) = cache();
        assert_eq!(cache.usage().unwrap(), Usage::default());
        let (one, other) = (index("one"), index("other"));
        cache.keep_index(&one, &HashMap::new()).unwrap();
        assert!(found(&cache, &one) && !found(&cache, &other));
        cache.keep_document(sha256(b"{}"), b"{}").unwrap();
        assert_eq!(cache.document(sha256(b"{}")).as_deref(), Some(&b"{}"[..]));
        assert_eq!(cache.usage().unwrap().entries, 2);
        assert_eq!(cache.clear().unwrap().entries, 2);
        assert!(!found(&cache, &one) && cache.usage().unwrap().bytes == 0);
    }

    #[test]
    fn a_damaged_entry_is_not_believed_and_can_be_made_anew() {
        let (_folder, cache) = cache();
        let (one, other) = (index("one"), index("other"));
        cache.keep_index(&one, &HashMap::new()).unwrap();
        let path = cache.path(Kind::Layer, one.diff_id);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert!(!found(&cache, &one), "a flipped bit at {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(!found(&cache, &one), "cut at {at}");
        }
        // Whole, but another layer's.
        cache.keep_index(&other, &HashMap::new()).unwrap();
        fs::copy(cache.path(Kind::Layer, other.diff_id), &path).unwrap();
        assert!(!found(&cache, &one));
        cache.keep_index(&one, &HashMap::new()).unwrap();
        assert!(found(&cache, &one));
    }

    #[test]
    fn what_was_not_read_for_longest_goes_first() {
        let (_folder, cache) = cache();
        let indexes = ["a", "b", "c", "d"].map(index);
        for (age, index) in indexes.iter().enumerate() {
            cache.keep_index(index, &HashMap::new()).unwrap();
            let file = File::open(cache.path(Kind::Layer, index.diff_id)).unwrap();
            file.set_modified(now() - Duration::from_secs(1000 - age as u64)).unwrap();
        }
        assert!(found(&cache, &indexes[0]), "and is now the last one read");
        let bytes = cache.usage().unwrap().bytes;
        assert_eq!(cache.trim(bytes).unwrap(), Usage::default());
        assert_eq!(cache.trim(bytes - 1).unwrap().entries, 1);
        assert_eq!(indexes.each_ref().map(|index| found(&cache, index)), [true, false, true, true]);
    }

    #[test]
    fn what_is_not_the_caches_own_is_neither_counted_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let one = index("one");
        cache.keep_index(&one, &HashMap::new()).unwrap();
        let version = cache.path(Kind::Layer, one.diff_id).ancestors().nth(2).unwrap().to_owned();
        let theirs = [
            folder.path().join("src/project/main.rs"),
            folder.path().join(".config/git/config"),
            folder.path().join("1.0-1/layers.txt/notes"),
            version.join("layers/notes.txt"),
            version.join("mine").join(one.diff_id.hex()),
        ];
        for path in &theirs {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "precious").unwrap();
        }
        let left = version.join("layers").join(format!("{UNFINISHED}abc"));
        fs::write(&left, "half").unwrap();
        assert_eq!(cache.usage().unwrap().entries, 2, "the entry, and one that was never finished");
        assert_eq!((cache.trim(0).unwrap().entries, cache.clear().unwrap().entries), (2, 0));
        assert!(theirs.iter().all(|path| path.exists()) && !left.exists());
    }

    #[test]
    fn many_writers_and_readers_see_whole_entries_only() {
        let (_folder, cache) = cache();
        let one = index("one");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| cache.keep_index(&one, &HashMap::new()).unwrap()));
                scope.spawn(|| {
                    for _ in 0..50 {
                        let path = cache.path(Kind::Layer, one.diff_id);
                        assert!(!path.exists() || read(&path).is_some());
                    }
                });
            }
        });
        assert_eq!(cache.usage().unwrap().entries, 1, "and leave nothing beside it");
    }
}
