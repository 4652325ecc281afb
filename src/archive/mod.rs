//! Bytes as they come: compression, tar, hashing, and the limits on all of them.

pub mod compression;
pub mod hash;
pub mod limits;
pub mod tar;

pub use compression::{Compression, decompress};
pub use hash::{HashingReader, sha256};
pub use limits::Limits;
pub use tar::{TarEntry, TarError, TarKind, TarReader};
