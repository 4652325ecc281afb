//! Layers applied on top of each other, as overlay stores apply them.

use std::sync::Arc;

use super::{Image, LayerIndex};

/// Applies `layers` from the bottom.
#[must_use]
pub fn squash(_layers: Vec<Arc<LayerIndex>>) -> Image {
    unimplemented!()
}
