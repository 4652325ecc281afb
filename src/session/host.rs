//! What one side's source asks while it opens an image: layers taken as they stream by, and what is known from before.

use std::io::Read;
use std::sync::Arc;

use super::layers::options;
use super::store::Store;
use crate::image::{IndexError, index_layer};
use crate::model::{Digest, Progress, Side};
use crate::settings::Settings;
use crate::source::{Host, SourceError};

/// Indexes the layers of an archive that can only be streamed, as they pass by.
pub(super) struct SideHost<'a> {
    sides: [Side; 1],
    settings: &'a Settings,
    progress: &'a Arc<Progress>,
    store: &'a Store,
}

impl<'a> SideHost<'a> {
    pub(super) fn new(side: Side, settings: &'a Settings, progress: &'a Arc<Progress>, store: &'a Store) -> Self {
        Self { sides: [side], settings, progress, store }
    }
}

impl Host for SideHost<'_> {
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        // The blob's own digest is the source's to take: it is not known yet whether a manifest names it.
        let options = options(self.settings, self.progress, &self.sides);
        match index_layer(Box::new(blob), &options) {
            Ok(index) => {
                let diff_id = index.diff_id;
                let mut indexes = self.store.indexes();
                indexes.by_diff_id.insert(diff_id, Arc::new(index));
                indexes.streamed.extend(self.sides.map(|side| (side, diff_id)));
                Ok(Some(diff_id))
            }
            Err(IndexError::Cancelled) => Err(SourceError::Stopped),
            Err(IndexError::Tar(_)) => Ok(None),
        }
    }

    fn knows(&self, diff_id: Digest) -> bool {
        self.store.knows(diff_id, self.settings)
    }

    fn recall(&self, digest: Digest) -> Option<Vec<u8>> {
        self.store.cache.as_ref()?.document(digest)
    }

    fn keep(&self, digest: Digest, document: &[u8]) {
        if let Some(cache) = &self.store.cache {
            // Next time it is asked for again; that the cache cannot be written is told when indexes are kept.
            let _ = cache.keep_document(digest, document);
        }
    }

    fn keeps(&self) -> bool {
        self.store.cache.is_some()
    }

    fn noted(&self, archive: Digest) -> Option<Vec<u8>> {
        self.store.cache.as_ref()?.note(archive)
    }

    fn note(&self, archive: Digest, found: &[u8]) {
        if let Some(cache) = &self.store.cache {
            // As for documents.
            let _ = cache.keep_note(archive, found);
        }
    }

    fn taken(&mut self, diff_id: Digest) {
        self.store.indexes().streamed.extend(self.sides.map(|side| (side, diff_id)));
    }

    fn expect(&self, bytes: u64) {
        for side in self.sides {
            self.progress.side(side).expect(bytes);
        }
    }

    fn progress(&self) -> Arc<Progress> {
        Arc::clone(self.progress)
    }
}
