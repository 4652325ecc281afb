//! Where documents and layer blobs lie: named bytes in a directory, in an archive read in place, or in one streamed by.

use serde::{Deserialize, Serialize};

use super::{Blobs, SourceError};
use crate::model::Digest;

/// Named bytes of an image. Names are relative, with `/` between components.
pub(super) trait Store {
    /// A document's bytes; `None` when there is none of this name.
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError>;

    /// Bytes of a blob as stored; `None` when there is none of this name.
    fn size(&self, name: &str) -> Result<Option<u64>, SourceError>;

    /// What the bytes of a blob came to, where they had to be read already.
    fn passed(&self, _name: &str) -> Result<Option<Passed>, SourceError> {
        Ok(None)
    }

    /// Whether the store is a directory rather than an archive.
    fn is_directory(&self) -> bool {
        false
    }

    /// Whether the store is a registry: its indexes list every platform as a matter of course.
    fn is_remote(&self) -> bool {
        false
    }

    /// Lets go of all but the blobs of these names, the layers from the bottom.
    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError>;

    /// What was odd but readable.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the bytes of a layer blob came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Passed {
    /// SHA-256 of the blob as stored; `None` when it is not known.
    pub(super) digest: Option<Digest>,
    /// SHA-256 of the uncompressed tar; `None` when it could not be read as one.
    pub(super) diff_id: Option<Digest>,
}
