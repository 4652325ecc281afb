//! The entries of an archive by name, and the links between them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SourceError;
use crate::archive::{TarEntry, TarKind};
use crate::model::ImagePath;
use crate::model::text::visible;

/// Entries of an archive beyond which it is no image: a layer has three at most, and an image 127 layers.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// Links followed before they count as a loop (Linux's limit).
const MAX_LINKS: usize = 40;

/// The entries of an archive by name. Of several with one name the last counts, as when the archive is unpacked.
#[derive(Serialize, Deserialize)]
pub(super) struct Table<T> {
    entries: HashMap<ImagePath, Entry<T>>,
    /// Names that several entries have.
    repeated: HashSet<ImagePath>,
    root: RootSigns,
}

#[derive(Serialize, Deserialize)]
enum Entry<T> {
    File(T),
    /// Another name of an entry: docker links layers that two images share, skopeo all legacy names.
    Link(Option<ImagePath>),
}

impl<T> Table<T> {
    pub(super) fn new() -> Self {
        Self { entries: HashMap::new(), repeated: HashSet::new(), root: RootSigns::default() }
    }

    /// Notes an entry; `file` is kept of a regular file. Names are cleaned as they are when the archive is unpacked.
    pub(super) fn insert(&mut self, entry: &TarEntry, file: Option<T>) {
        let Some(path) = cleaned(&entry.path) else { return };
        self.root.note(&path);
        let entry = match (entry.kind, file) {
            (TarKind::File, Some(file)) => Entry::File(file),
            (TarKind::Symlink, _) => Entry::Link(symlink_target(&path, &entry.link)),
            (TarKind::Hardlink, _) => Entry::Link(cleaned(&entry.link)),
            _ => return,
        };
        if self.entries.insert(path.clone(), entry).is_some() {
            self.repeated.insert(path);
        }
    }

    /// Whether there is no point in reading on: no image archive has this many entries, or a root file system.
    pub(super) fn is_hopeless(&self) -> bool {
        self.entries.len() > MAX_ENTRIES || self.root.is_root_filesystem()
    }

    /// Whether the entries seen are those of a root file system.
    pub(super) fn is_root_filesystem(&self) -> bool {
        self.root.is_root_filesystem()
    }

    /// What was kept of the regular files, in no order.
    pub(super) fn files(&self) -> impl Iterator<Item = &T> {
        self.entries.values().filter_map(|entry| match entry {
            Entry::File(file) => Some(file),
            Entry::Link(_) => None,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The regular file that `name` leads to within the archive `file`; `None` when it leads nowhere.
    pub(super) fn resolve(&self, file: &Path, name: &str) -> Result<Option<&T>, SourceError> {
        self.follow(file, name, |_| Ok(()))
    }

    /// As [`Table::resolve`], for a document. Of two with one name Docker, which unpacks the archive, reads the last and
    /// Podman and skopeo, which look for it, the first.
    pub(super) fn document(&self, file: &Path, name: &str) -> Result<Option<&T>, SourceError> {
        self.follow(file, name, |path| {
            if self.repeated.contains(path) {
                Err(SourceError::Repeated { file: file.to_owned(), name: path.to_string() })
            } else {
                Ok(())
            }
        })
    }

    fn follow(
        &self,
        file: &Path,
        name: &str,
        pass: impl Fn(&ImagePath) -> Result<(), SourceError>,
    ) -> Result<Option<&T>, SourceError> {
        let Some(mut path) = cleaned(name.as_bytes()) else { return Ok(None) };
        for _ in 0..=MAX_LINKS {
            pass(&path)?;
            match self.entries.get(&path) {
                Some(Entry::File(found)) => return Ok(Some(found)),
                Some(Entry::Link(Some(target))) => path = target.clone(),
                Some(Entry::Link(None)) | None => return Ok(None),
            }
        }
        Err(SourceError::Loop { file: file.to_owned(), name: visible(name).into_owned() })
    }
}

/// The path of an entry of this name; `None` when it can have none.
fn cleaned(name: &[u8]) -> Option<ImagePath> {
    ImagePath::clean(name).ok().map(|(path, _)| path)
}

/// Where a symlink at `path` leads within the archive; `None` when it climbs out.
pub(super) fn symlink_target(path: &ImagePath, link: &[u8]) -> Option<ImagePath> {
    let parent = path.parent()?;
    let mut parts: Vec<&[u8]> = if link.starts_with(b"/") { Vec::new() } else { parent.components().collect() };
    for part in link.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    ImagePath::parse(&parts.join(&b'/')).ok()
}

/// Top-level directories that only a root file system has.
#[derive(Default, Serialize, Deserialize)]
struct RootSigns(u8);

impl RootSigns {
    const NAMES: [&'static [u8]; 8] = [b"bin", b"etc", b"usr", b"var", b"lib", b"dev", b"proc", b"sys"];

    fn note(&mut self, path: &ImagePath) {
        let top = path.components().next();
        if let Some(sign) = Self::NAMES.iter().position(|name| Some(*name) == top) {
            self.0 |= 1 << sign;
        }
    }

    fn is_root_filesystem(&self) -> bool {
        self.0.count_ones() >= 3
    }
}
