//! Every layer of both sides indexed once, on all cores.

use std::collections::HashMap;
use std::io::Read;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{SideImage, sums};
use crate::error::Failure;
use crate::image::{IndexError, IndexOptions, LayerIndex, index_layer};
use crate::model::{Digest, Progress, Side, Stage};
use crate::settings::Settings;
use crate::snapshot::capture;
use crate::source::{LayerSink, SourceError};

/// The indexes at hand, by diffID.
#[derive(Default)]
pub(super) struct Store(Mutex<HashMap<Digest, Arc<LayerIndex>>>);

impl Store {
    pub(super) fn get(&self, diff_id: Digest) -> Option<Arc<LayerIndex>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&diff_id).cloned()
    }

    fn put(&self, diff_id: Digest, index: LayerIndex) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(diff_id, Arc::new(index));
    }
}

/// One layer to read, for one side or for both.
pub(super) struct Job<'a> {
    image: &'a SideImage,
    layer: usize,
    sides: Vec<Side>,
    bytes: u64,
}

impl<'a> Job<'a> {
    /// The layers that are not at hand yet, each once, the largest first so that no core is left with it at the end.
    pub(super) fn all(images: &[&'a SideImage], store: &Store) -> Vec<Self> {
        let mut jobs: Vec<Self> = Vec::new();
        let mut seen: HashMap<Digest, usize> = HashMap::new();
        for image in images {
            for (layer, blob) in image.image.layers.iter().enumerate() {
                if store.get(blob.diff_id).is_some() {
                    continue;
                }
                let at = *seen.entry(blob.diff_id).or_insert_with(|| {
                    let bytes = blob.size.unwrap_or_default();
                    jobs.push(Self { image, layer, sides: Vec::new(), bytes });
                    jobs.len() - 1
                });
                if let Some(job) = jobs.get_mut(at) {
                    job.sides.push(image.side);
                }
            }
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes));
        jobs
    }
}

/// Reads all jobs' layers, as many at a time as there are cores. The first failure stops the rest.
pub(super) fn index(
    jobs: &[Job<'_>],
    settings: &Settings,
    progress: &Arc<Progress>,
    store: &Store,
) -> Result<(), Failure> {
    for side in [Side::Left, Side::Right] {
        let of_side = jobs.iter().filter(|job| job.sides.contains(&side));
        progress.side(side).expect(of_side.map(|job| job.bytes).sum());
        progress.side(side).enter(Stage::Reading);
    }
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Failure>> = Mutex::new(None);
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = run(job, settings, progress, store) {
                next.store(jobs.len(), Ordering::Relaxed);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        let others = thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len()).saturating_sub(1);
        for _ in 0..others {
            scope.spawn(work);
        }
        work();
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn run(job: &Job<'_>, settings: &Settings, progress: &Progress, store: &Store) -> Result<(), Failure> {
    let reference = &job.image.reference;
    let Some(layer) = job.image.image.layers.get(job.layer) else { return Ok(()) };
    let blob = job.image.image.blobs.open(job.layer).map_err(|error| Failure::opening(reference, &error))?;
    let options = IndexOptions {
        hash_blob: layer.digest.is_some() && !settings.no_verify,
        md5: if sums::can_wait(&blob) { &|_| false } else { &capture::wants_md5 },
        ..options(settings, progress, &job.sides)
    };
    let index =
        index_layer(blob.into_reader(), &options).map_err(|error| Failure::reading(reference, job.layer, &error))?;
    if !settings.no_verify {
        let differs = |what: &str, expected: Digest, found: Digest| {
            let message = format!("{reference}: layer {}: its {what} is {found}, not {expected}", job.layer);
            Failure::new(message)
                .with_hint("The image is damaged or was altered: fetch it again. --no-verify reads it all the same.")
        };
        if let (Some(expected), Some(found)) = (layer.digest, index.blob_digest)
            && expected != found
        {
            return Err(differs("digest", expected, found));
        }
        if index.diff_id != layer.diff_id {
            return Err(differs("diffID", layer.diff_id, index.diff_id));
        }
    }
    store.put(layer.diff_id, index);
    Ok(())
}

fn options<'a>(settings: &'a Settings, progress: &'a Progress, sides: &'a [Side]) -> IndexOptions<'a> {
    IndexOptions {
        limits: &settings.limits,
        capture: &capture::wants,
        md5: &capture::wants_md5,
        // The source hashes a streamed blob itself, since it does not know yet whether a manifest names it.
        hash_blob: false,
        progress,
        sides,
    }
}

/// Indexes the layers of an archive that can only be streamed, as they pass by.
pub(super) struct Sink<'a> {
    sides: [Side; 1],
    settings: &'a Settings,
    progress: &'a Progress,
    store: &'a Store,
}

impl<'a> Sink<'a> {
    pub(super) fn new(side: Side, settings: &'a Settings, progress: &'a Progress, store: &'a Store) -> Self {
        Self { sides: [side], settings, progress, store }
    }
}

impl LayerSink for Sink<'_> {
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        let options = options(self.settings, self.progress, &self.sides);
        match index_layer(Box::new(blob), &options) {
            Ok(index) => {
                let diff_id = index.diff_id;
                self.store.put(diff_id, index);
                Ok(Some(diff_id))
            }
            Err(IndexError::Cancelled) => Err(SourceError::Stopped),
            Err(IndexError::Tar(_)) => Ok(None),
        }
    }
}
