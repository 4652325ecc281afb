//! The indexes of layers that are at hand: those made in this run, and those that were kept from before.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{SideImage, cores};
use crate::image::{Cache, LayerIndex, LayerNode, cache};
use crate::model::{Digest, Md5, Side};
use crate::settings::Settings;
use crate::source::LayerBlob;

/// The indexes at hand.
#[derive(Default)]
pub(super) struct Store {
    indexes: Mutex<Indexes>,
    /// Where indexes are kept for the next time; `None` when none are to be believed or kept.
    pub(super) cache: Option<Cache>,
}

#[derive(Default)]
pub(super) struct Indexes {
    /// By what the layer's bytes come to, or, where digests stay unchecked, by what the config says they do.
    pub(super) by_diff_id: HashMap<Digest, Arc<LayerIndex>>,
    /// Those of `by_diff_id` that were kept from before: no bytes of these layers were read.
    pub(super) kept: HashSet<Digest>,
    /// Layers that a side's archive handed over while it was streamed.
    pub(super) streamed: HashSet<(Side, Digest)>,
    /// Of one side's layer alone: where digests stay unchecked a diffID says nothing, and a snapshot only claims it.
    own: HashMap<(Side, usize), Arc<LayerIndex>>,
}

impl Store {
    /// A store that starts with what `cache` has.
    pub(super) fn new(cache: Option<Cache>) -> Self {
        Self { indexes: Mutex::default(), cache }
    }

    /// The index of one side's layer.
    pub(super) fn get(&self, side: Side, layer: usize, diff_id: Digest) -> Option<Arc<LayerIndex>> {
        let indexes = self.indexes();
        indexes.own.get(&(side, layer)).or_else(|| indexes.by_diff_id.get(&diff_id)).cloned()
    }

    /// Sets the index of one side's layer.
    pub(super) fn set(&self, side: Side, layer: usize, index: LayerIndex) {
        self.indexes().own.insert((side, layer), Arc::new(index));
    }

    /// How many layers of a side were not read, because an index of them was kept.
    pub(super) fn unread(&self, side: Side, layers: &[LayerBlob]) -> usize {
        let indexes = self.indexes();
        let unread = |(at, layer): &(usize, &LayerBlob)| {
            indexes.kept.contains(&layer.diff_id) && !indexes.came_with(side, *at, layer.diff_id)
        };
        layers.iter().enumerate().filter(unread).count()
    }

    /// Takes from the cache what it has of the images' layers, on all cores.
    pub(super) fn recall(&self, images: &[&SideImage], settings: &Settings) {
        let layers = images.iter().flat_map(|image| &image.image.layers);
        let wanted: Vec<Digest> = layers.map(|layer| layer.diff_id).collect::<HashSet<_>>().into_iter().collect();
        if self.cache.is_some() {
            let Ok(_) = cores::each(&wanted, |diff_id| Ok::<_, Infallible>(self.knows(*diff_id, settings)));
        }
    }

    /// Whether an index of this layer is at hand, or was kept.
    pub(super) fn knows(&self, diff_id: Digest, settings: &Settings) -> bool {
        if self.indexes().by_diff_id.contains_key(&diff_id) {
            return true;
        }
        let Some(index) = self.cache.as_ref().and_then(|cache| cache.index(diff_id, &settings.limits)) else {
            return false;
        };
        let mut indexes = self.indexes();
        indexes.by_diff_id.insert(diff_id, Arc::new(index));
        indexes.kept.insert(diff_id);
        true
    }

    /// Keeps what is new for the next time, sums included; the reason in words when that cannot be.
    pub(super) fn keep(&self, md5: &HashMap<Digest, Md5>) -> Option<String> {
        let cache = self.cache.as_ref()?;
        let new: Vec<Arc<LayerIndex>> = {
            let indexes = self.indexes();
            let is_new = |index: &&Arc<LayerIndex>| !indexes.kept.contains(&index.diff_id) || gains(index, md5);
            indexes.by_diff_id.values().filter(is_new).cloned().collect()
        };
        let kept = cores::each(&new, |index| cache.keep_index(index, md5));
        let trimmed = |_| if new.is_empty() { Ok(()) } else { cache.trim(cache::LIMIT).map(|_| ()) };
        let error = kept.and_then(trimmed).err()?;
        let place = cache.root().display();
        Some(format!(
            "what was read is not kept for the next time: the cache in {place} cannot be written: {error} \
             (IMGDRIFT_CACHE names another place, --no-cache does without)"
        ))
    }

    pub(super) fn indexes(&self) -> MutexGuard<'_, Indexes> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Indexes {
    /// Whether nothing of this side's layer needs to be read any more.
    pub(super) fn has(&self, side: Side, layer: usize, diff_id: Digest) -> bool {
        self.kept.contains(&diff_id) || self.came_with(side, layer, diff_id)
    }

    /// Whether this side itself brought the layer's index, as a stream or a snapshot does.
    fn came_with(&self, side: Side, layer: usize, diff_id: Digest) -> bool {
        self.streamed.contains(&(side, diff_id)) || self.own.contains_key(&(side, layer))
    }
}

/// Whether `md5` has sums that the index lacks.
fn gains(index: &LayerIndex, md5: &HashMap<Digest, Md5>) -> bool {
    let contents = index.entries.iter().filter_map(|entry| match &entry.node {
        LayerNode::Inode(file) => file.content.as_ref(),
        _ => None,
    });
    !md5.is_empty() && contents.into_iter().any(|content| content.md5.is_none() && md5.contains_key(&content.sha256))
}
