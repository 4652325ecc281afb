//! Compression, recognised by magic bytes and never by name or media type.

use std::io::{self, Read};

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
}

impl Compression {
    /// Tells by the first bytes; six are enough.
    #[must_use]
    pub fn sniff(_head: &[u8]) -> Self {
        unimplemented!()
    }
}

/// Reads the magic bytes of `reader` and returns what they say with a reader of the uncompressed bytes:
/// all gzip members, all zstd frames (skippable ones skipped), all xz streams.
///
/// # Errors
/// When `reader` fails or the decoder cannot be set up.
pub fn decompress<'a>(_reader: Box<dyn Read + Send + 'a>) -> io::Result<(Compression, Box<dyn Read + Send + 'a>)> {
    unimplemented!()
}
