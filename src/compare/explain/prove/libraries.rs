//! `/etc/ld.so.cache`: the libraries that the loader finds without searching (glibc, `elf/cache.c` and `dl-cache.h`).

use std::collections::HashMap;

use super::super::{Explainer, Row};
use super::{Of, lines};
use crate::model::ImagePath;
use crate::model::text::visible_bytes;

const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const NEW_MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// Bytes of the new header, and of one of its entries.
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// Entries of a cache; a desktop has some 2,000.
const MAX_ENTRIES: usize = 50_000;
/// Files that `include` lines of ld.so.conf may name.
const MAX_CONF: usize = 200;

impl<'a> Explainer<'a> {
    /// Every entry of each side names a library that is there, in a directory that ldconfig searches; what only one side
    /// lists is accounted for there, or gone on the other.
    pub(super) fn library_cache(&self, row: &Row<'a>) -> Result<(), String> {
        let mut listed: [HashMap<&[u8], &[u8]>; 2] = Default::default();
        let sides: Vec<Of<'a>> = self.sides(row).collect();
        for of in &sides {
            let entries =
                entries(of.bytes()?).ok_or_else(|| format!("the {} file is no cache of libraries", of.side))?;
            let directories = self.searched(*of);
            for (name, path) in &entries {
                let directory = path.iter().rposition(|byte| *byte == b'/').map(|at| &path[..at]).unwrap_or_default();
                let is_own_name = path.rsplit(|byte| *byte == b'/').next() == Some(name);
                if !is_own_name || !directories.iter().any(|known| known == directory) && !is_default(directory) {
                    return Err(format!("the {} cache lists {} where nothing searches", of.side, visible_bytes(path)));
                }
                if of.find(path).is_none() {
                    return Err(format!("the {} cache lists {}, which is not there", of.side, visible_bytes(path)));
                }
            }
            listed[usize::from(of.side == "right")] = entries.into_iter().map(|(name, path)| (path, name)).collect();
        }
        for of in &sides {
            let (own, other) = if of.side == "left" { (&listed[0], &listed[1]) } else { (&listed[1], &listed[0]) };
            let mut only: Vec<&&[u8]> = own.keys().filter(|path| !other.contains_key(*path)).collect();
            only.sort_unstable();
            let unsound = only.into_iter().find(|path| self.sound_file(*of, path).is_none());
            if let Some(path) = unsound {
                return Err(format!(
                    "only the {} cache lists {}, which nothing explains",
                    of.side,
                    visible_bytes(path)
                ));
            }
            let missing = other.keys().filter(|path| !own.contains_key(*path) && of.find(path).is_some()).min();
            if let Some(path) = missing.filter(|_| sides.len() == 2) {
                return Err(format!("the {} cache lacks {}, which is there", of.side, visible_bytes(path)));
            }
        }
        Ok(())
    }

    /// The directories that files of settings name, as far as these are accounted for.
    fn searched(&self, of: Of<'a>) -> Vec<Vec<u8>> {
        let directory = ImagePath::parse(b"etc/ld.so.conf.d").unwrap_or_else(|_| ImagePath::root());
        let tree = &of.snapshot.image.tree;
        let main = of.find(b"etc/ld.so.conf").into_iter();
        let files =
            main.chain(tree.children(&directory).take(MAX_CONF)).filter(|node| self.is_accounted_for(&node.path));
        let texts = files.filter_map(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
        let rows = texts.flat_map(lines).filter(|line| line.starts_with('/'));
        rows.map(|line| line.trim_end_matches('/').as_bytes().to_vec()).collect()
    }
}

/// Directories that ldconfig searches whatever the settings are: `/lib`, `/usr/lib`, the same for other word sizes, and
/// those of one processor below them.
fn is_default(directory: &[u8]) -> bool {
    let below = directory.strip_prefix(b"/usr").unwrap_or(directory);
    let mut parts = below.split(|byte| *byte == b'/').skip(1);
    let is_library = parts.next().is_some_and(|top| matches!(top, b"lib" | b"lib32" | b"lib64" | b"libx32"));
    let is_hardware =
        |part: &[u8]| part == b"glibc-hwcaps" || part.starts_with(b"x86-64-v") || part.starts_with(b"power");
    is_library && parts.all(is_hardware)
}

/// Name and path of each entry; `None` when the bytes are no such cache.
fn entries(cache: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let cache = cache.get(start(cache)?..)?;
    let count = usize::try_from(word(cache, NEW_MAGIC.len())?).ok().filter(|count| *count <= MAX_ENTRIES)?;
    let rows = cache.get(HEADER..HEADER.checked_add(count.checked_mul(ENTRY)?)?)?;
    let string = |row: &[u8], at: usize| {
        let from = cache.get(usize::try_from(word(row, at)?).ok()?..)?;
        from.get(..from.iter().position(|byte| *byte == 0)?)
    };
    rows.chunks_exact(ENTRY).map(|row| Some((string(row, 4)?, string(row, 8)?))).collect()
}

/// Where the new format starts: at once, or behind the entries of the old one.
fn start(cache: &[u8]) -> Option<usize> {
    if cache.starts_with(NEW_MAGIC) {
        return Some(0);
    }
    let count = usize::try_from(word(cache, 12).filter(|_| cache.starts_with(OLD_MAGIC))?).ok()?;
    let end = count.checked_mul(12)?.checked_add(16)?.checked_next_multiple_of(8)?;
    cache.get(end..)?.starts_with(NEW_MAGIC).then_some(end)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

#[cfg(test)]
pub(in super::super) mod testing {
    use super::*;

    /// A cache as ldconfig writes it, of these paths.
    pub(in super::super::super) fn cache(paths: &[&str]) -> Vec<u8> {
        let start = HEADER + paths.len() * ENTRY;
        let (mut rows, mut strings) = (Vec::new(), Vec::new());
        for path in paths {
            let at = start + strings.len();
            let name = at + path.rfind('/').unwrap() + 1;
            let word = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
            rows.extend([word(0x303), word(name), word(at), word(0), word(0), word(0)].concat());
            strings.extend_from_slice(path.as_bytes());
            strings.push(0);
        }
        let count = u32::try_from(paths.len()).unwrap().to_le_bytes();
        let length = u32::try_from(strings.len()).unwrap().to_le_bytes();
        [NEW_MAGIC, &count, &length, &[2; 1], &[0; 19], &rows, &strings].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::cache;
    use super::*;

    #[test]
    fn both_formats_list_the_same_libraries() {
        let new = cache(&["/lib/x86_64-linux-gnu/libz.so.1", "/usr/local/lib/libq.so"]);
        let expected: Vec<(&[u8], &[u8])> =
            vec![(b"libz.so.1", b"/lib/x86_64-linux-gnu/libz.so.1"), (b"libq.so", b"/usr/local/lib/libq.so")];
        assert_eq!(entries(&new), Some(expected.clone()));
        let old = [OLD_MAGIC, &[0], &2_u32.to_le_bytes(), &[0; 24], &new].concat();
        assert_eq!(entries(&old), Some(expected));
    }

    #[test]
    fn damage_neither_panics_nor_takes_long() {
        let real = cache(&["/lib/libz.so.1"; 3]);
        for at in 0..real.len() {
            assert!(at == 0 || entries(&real[..at]).is_none_or(|entries| entries.len() == 3));
            let mut filled = real.clone();
            filled[at] = 0xff;
            entries(&filled);
        }
        assert_eq!(entries(b""), None);
    }

    #[test]
    fn only_the_loaders_own_directories_need_no_setting() {
        for known in ["/lib", "/usr/lib", "/lib64", "/usr/lib/glibc-hwcaps/x86-64-v3"] {
            assert!(is_default(known.as_bytes()), "{known}");
        }
        for other in ["/run/lib", "/usr/lib/x", "/libx", "/usr", ""] {
            assert!(!is_default(other.as_bytes()), "{other}");
        }
    }
}
