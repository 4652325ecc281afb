//! Python's sources and what is compiled from them: whether the names that code uses are words of its source.
//!
//! Which compiled file meets which source is known only once all layers are squashed, long after their bytes passed by,
//! and a snapshot has no bytes at all. So one pass over a layer keeps of each source the identifiers in it and of each
//! compiled file the names that it uses, four bytes for each ([`Word`]): some 500 bytes for a file, 5 MB for an image with
//! ten thousand of each. An altered file can hide behind names that its source has; what it cannot do is bring new ones.

mod header;
mod marshal;
mod source;
mod version;

pub use header::header;
pub use version::minor_of_magic;

pub(super) use header::header_bytes;
pub(super) use marshal::code_digest;

use crate::model::ImagePath;

/// 32 bits of a name's hash. That a name passes for one of a source's two hundred by chance happens once in twenty million.
pub type Word = u32;

/// Words of one file beyond which it is not looked at.
const MAX_WORDS: usize = 1 << 16;

/// Bytes of a source or a compiled file beyond which it is not looked at.
pub const MAX_BYTES: u64 = 16 << 20;

/// Whether [`words`] knows what to do with the file.
#[must_use]
pub fn has_words(path: &ImagePath, size: u64) -> bool {
    let name = path.as_bytes();
    size <= MAX_BYTES && (name.ends_with(b".py") || name.ends_with(b".pyc"))
}

/// Of a source its identifiers, of compiled code the global, attribute and import names that its source must have: sorted,
/// each once. `None` for code that cannot be read, and for what has too many.
#[must_use]
pub fn words(path: &ImagePath, content: &[u8]) -> Option<Box<[Word]>> {
    let mut words = if path.as_bytes().ends_with(b".pyc") {
        let is_rewritten = path.file_name().windows(8).any(|part| part == b"-pytest-");
        marshal::names(content, |minor, name| version::names_of_source(minor, is_rewritten, name).collect())?
    } else {
        source::identifiers(content)
    };
    words.sort_unstable();
    words.dedup();
    (words.len() <= MAX_WORDS).then(|| words.into())
}

/// How many names of compiled code its source does not have. Both lists are as [`words`] makes them.
#[must_use]
pub fn foreign(compiled: &[Word], source: &[Word]) -> usize {
    compiled.iter().filter(|word| source.binary_search(word).is_err()).count()
}

/// A name without what the compiler may have put in front of it. Inside a class `C` it writes `__x` as `_C__x`, and so does
/// a source that means another class's: both count by what follows the last pair of underscores.
fn word(name: &[u8]) -> Word {
    let unmangled = if name.starts_with(b"_") && !name.ends_with(b"__") {
        name.windows(2).rposition(|pair| pair == b"__").and_then(|at| name.get(at..))
    } else {
        None
    };
    // FNV-1a, folded.
    let hash = unmangled
        .unwrap_or(name)
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let low = |half: u64| u32::try_from(half & u64::from(u32::MAX)).unwrap_or_default();
    low(hash) ^ low(hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_name_is_the_same_word_however_its_class_is_called() {
        for mangled in ["_Foo__bar", "_A__B__bar", "__bar", "___bar", "_Foo___bar"] {
            assert_eq!(word(mangled.as_bytes()), word(b"__bar"), "{mangled}");
        }
        for other in ["_Foo__baz", "bar", "_bar", "__bar__", "Foo__bar"] {
            assert_ne!(word(other.as_bytes()), word(b"__bar"), "{other}");
        }
    }
}
