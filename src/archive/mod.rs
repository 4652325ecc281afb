//! Bytes as they come: compression, tar, hashing, and the limits on all of them.

pub mod compression;
pub mod hash;
pub mod limits;
pub mod tar;

/// Bytes read at a time wherever image bytes stream: large enough that calls do not count, small enough that a block
/// is still in the processor's cache when its second hash reads it.
pub const BUFFER_BYTES: usize = 128 << 10;

pub use compression::{Compression, decompress};
pub use hash::{HashingReader, sha256};
pub use limits::Limits;
pub use tar::{PassedOver, TarEntry, TarError, TarKind, TarReader};
