//! Lock files in an image: what the project that was built into it wrote down of its dependencies.
//!
//! One file per format, one line each in [`FORMATS`].

mod conda_explicit;
mod conda_lock;
mod environment;
mod pdm;
mod pipfile;
mod poetry;
mod pylock;
mod requirements;
mod shared;
mod uv;

use std::collections::HashSet;
use std::sync::Arc;

use crate::image::{Node, Tree};
use crate::model::{ImagePath, Kind, LockEntry, LockFile, Package};

/// The largest lock file that is read; real ones have up to about two million bytes.
const MAX_BYTES: u64 = 8 << 20;
/// Far beyond any real file, and image.
const MAX_ENTRIES: usize = 20_000;
const MAX_FILES: usize = 500;
const MAX_ALL_ENTRIES: usize = 100_000;

/// How one format's files are found and read.
struct Format {
    /// What reports call it.
    name: &'static str,
    /// Whether a file of this name, in a directory of that one, may be one.
    wants: fn(directory: &[u8], name: &[u8]) -> bool,
    /// Reads its text; `None` when it is something else, which another format may know.
    parse: fn(&str) -> Result<Option<Parsed>, String>,
    /// How a project writes it anew, with hashes.
    remedy: &'static str,
}

/// All formats, the ones first that tell by the contents whether it is theirs.
const FORMATS: &[Format] = &[
    conda_explicit::FORMAT,
    requirements::FORMAT,
    requirements::CONSTRAINTS,
    poetry::FORMAT,
    pipfile::FORMAT,
    uv::FORMAT,
    pdm::FORMAT,
    pylock::FORMAT,
    conda_lock::FORMAT,
    environment::FORMAT,
];

/// What a lock file says.
#[derive(Debug, Default)]
struct Parsed {
    entries: Vec<LockEntry>,
    complete: bool,
    needs_hashes: bool,
    includes: Vec<String>,
}

impl Parsed {
    /// Of a format whose files name everything that gets installed.
    fn complete(entries: Vec<LockEntry>) -> Self {
        Self { entries, complete: true, ..Self::default() }
    }
}

/// Whether the bytes of the file at `path` are kept. Asked for every file of an image, so it is cheap.
#[must_use]
pub fn wants(path: &ImagePath, size: u64) -> bool {
    let bytes = path.as_bytes();
    let may_be = [&b".txt"[..], b".lock", b".toml", b".yml", b".yaml"].iter().any(|end| bytes.ends_with(end));
    may_be && size <= MAX_BYTES && !is_somebody_elses(bytes) && formats(bytes).next().is_some()
}

fn formats(path: &[u8]) -> impl Iterator<Item = &'static Format> {
    let (directory, name) = match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default()),
        None => (&b""[..], path),
    };
    let directory = directory.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    FORMATS.iter().filter(move |format| (format.wants)(directory, name))
}

/// Whether it lies in a directory where installed packages keep what they were made from.
fn is_somebody_elses(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| {
        matches!(part, b"site-packages" | b"dist-packages" | b"node_modules" | b"conda-meta" | b"pkgs" | b".cache")
            || part.ends_with(b".dist-info")
            || part.ends_with(b".egg-info")
    })
}

/// The lock files of an image that no package brought, in byte order of path; what cannot be read is added to `warnings`.
pub fn read(tree: &Tree, packages: &[Arc<Package>], warnings: &mut Vec<String>) -> Vec<Arc<LockFile>> {
    let is_candidate = |node: &&Node| node.file.entry.kind == Kind::File && wants(&node.path, node.file.entry.size);
    let candidates: Vec<&Node> = tree.nodes().iter().filter(is_candidate).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let owned: HashSet<&ImagePath> =
        packages.iter().flat_map(|package| &package.files).map(|file| &file.path).collect();
    let mut files: Vec<LockFile> = Vec::new();
    let mut room = MAX_ALL_ENTRIES;
    for node in candidates.into_iter().filter(|node| !owned.contains(&node.path)) {
        if files.len() == MAX_FILES || room == 0 {
            warnings.push("there are more lock files than in any real image; the rest was not read".to_owned());
            break;
        }
        // Of a file with two names the bytes may be kept under the other one.
        let Some(bytes) = node.bytes.as_deref().or_else(|| tree.read(&node.path)) else { continue };
        match parse(&node.path, bytes) {
            Ok(file) => {
                room = room.saturating_sub(file.as_ref().map_or(0, |file| file.entries.len()));
                files.extend(file);
            }
            Err(fault) => warnings.push(format!("{}: not read as a lock file: {fault}", node.path)),
        }
    }
    requirements::settle(&mut files);
    files.into_iter().map(Arc::new).collect()
}

fn parse(path: &ImagePath, bytes: &[u8]) -> Result<Option<LockFile>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 after byte {}", error.valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}');
    for format in formats(path.as_bytes()) {
        let Some(parsed) = (format.parse)(text)? else { continue };
        let Parsed { mut entries, complete, needs_hashes, includes } = parsed;
        if entries.len() > MAX_ENTRIES {
            return Err(format!("{} entries; the limit is {MAX_ENTRIES}", entries.len()));
        }
        entries.iter_mut().for_each(LockEntry::settle);
        // pdm names a distribution once more for its extras.
        entries.dedup();
        let (path, remedy) = (path.clone(), format.remedy);
        return Ok(Some(LockFile { path, format: format.name, entries, complete, needs_hashes, remedy, includes }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
