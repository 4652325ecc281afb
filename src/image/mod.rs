//! One image's files: what one pass over a layer keeps, layers applied on top of each other, contents read on demand.

pub mod cache;
pub mod contents;
mod gaps;
pub mod index;
mod linked;
pub mod squash;
pub mod stored;
pub mod tree;
mod walk;
mod warnings;

pub use cache::Cache;
pub use contents::{ContentError, copy_file, md5_file_at, md5_files, read_file, read_file_at, read_files};
pub use index::{IndexError, IndexOptions, LayerEntry, LayerIndex, LayerNode, digest_layer, index_layer};
pub use linked::needed;
pub use squash::squash;
pub use tree::{Node, Tree};

use std::sync::Arc;

use crate::model::Gap;

/// Part of [`IndexOptions`].
pub use crate::archive::Limits;

/// An image as the catalogers see it: the squashed file system, and the layers it was made of.
pub struct Image {
    pub tree: Tree,
    pub layers: Vec<Arc<LayerIndex>>,
    /// What was odd about applying the layers.
    pub warnings: Vec<String>,
    /// What could not be applied, or is applied differently by different stores.
    pub gaps: Vec<Gap>,
}
