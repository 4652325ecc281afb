//! Every layer of both sides read once, on all cores; of equal ones one is indexed and the others are held to it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::store::Store;
use super::{SideImage, cores, sums};
use crate::archive::{HashingReader, TarError};
use crate::error::Failure;
use crate::image::{IndexError, IndexOptions, digest_layer, index_layer};
use crate::model::{Digest, Progress, Side, Stage};
use crate::settings::Settings;
use crate::snapshot::capture;
use crate::source::{Blob, FileSlice, LayerBlob};

/// One layer to read.
pub(super) struct Job<'a> {
    image: &'a SideImage,
    layer: usize,
    bytes: u64,
    task: Task,
}

/// What a layer is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Index,
    /// Another layer with the same diffID is indexed; this one only has to keep what the diffID promises.
    Check,
}

impl<'a> Job<'a> {
    /// The layers to read, the largest first so that no core is left with it at the end. Of several that claim one
    /// diffID the first is indexed and the others are checked, unless they are the very same bytes.
    pub(super) fn all(images: &[&'a SideImage], settings: &Settings, store: &Store) -> Vec<Self> {
        let mut jobs: Vec<Self> = Vec::new();
        let known = store.indexes();
        let mut indexed: HashMap<Digest, First> =
            known.by_diff_id.keys().map(|diff_id| (*diff_id, First::default())).collect();
        for image in images {
            for (layer, blob) in image.image.layers.iter().enumerate() {
                if known.has(image.side, layer, blob.diff_id) {
                    continue;
                }
                let job = |task| Self { image, layer, bytes: blob.size.unwrap_or_default(), task };
                let this = First { run: run_of(image, layer), digest: blob.digest };
                match indexed.entry(blob.diff_id) {
                    _ if settings.no_verify => jobs.push(job(Task::Index)),
                    Entry::Vacant(first) => {
                        first.insert(this);
                        jobs.push(job(Task::Index));
                    }
                    Entry::Occupied(first) => {
                        let same = this.is_same(first.get(), image.image.blobs.is_remote());
                        jobs.extend((!same).then(|| job(Task::Check)));
                    }
                }
            }
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes));
        jobs
    }
}

/// The blob that is read for a diffID.
#[derive(Default)]
struct First {
    run: Option<FileSlice>,
    digest: Option<Digest>,
}

impl First {
    /// Whether a blob holds the very bytes of `first`, so that these say all: the same run of the same file, or, where
    /// having it means to fetch it, the digest that `first` is held to.
    fn is_same(&self, first: &Self, is_remote: bool) -> bool {
        let same_run = self.run.as_ref().zip(first.run.as_ref()).is_some_and(|(run, first)| run.is_same_run(first));
        same_run || (is_remote && self.digest.is_some() && self.digest == first.digest)
    }
}

/// Where a layer's blob lies, if it lies in a file. A remote one is not opened for the answer: that would fetch it.
fn run_of(image: &SideImage, layer: usize) -> Option<FileSlice> {
    if image.image.blobs.is_remote() {
        return None;
    }
    match image.image.blobs.open(layer) {
        Ok(Blob::File(slice)) => Some(slice),
        // A blob that cannot be opened is told of when it is read.
        Ok(Blob::Stream(_)) | Err(_) => None,
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
        let of_side = jobs.iter().filter(|job| job.image.side == side);
        progress.side(side).expect(of_side.map(|job| job.bytes).sum());
        progress.side(side).enter(Stage::Reading);
    }
    cores::each(jobs, |job| run(job, settings, progress, store)).map(|_| ())
}

fn run(job: &Job<'_>, settings: &Settings, progress: &Progress, store: &Store) -> Result<(), Failure> {
    let reference = &job.image.reference;
    let Some(layer) = job.image.image.layers.get(job.layer) else { return Ok(()) };
    let blob = job.image.image.blobs.open(job.layer).map_err(|error| Failure::opening(reference, &error))?;
    let sides = [job.image.side];
    let options = IndexOptions {
        hash_blob: layer.digest.is_some() && !settings.no_verify,
        md5: if sums::can_wait(&blob) { &|_| false } else { &capture::wants_md5 },
        ..options(settings, progress, &sides)
    };
    let failed = |error: IndexError| {
        let wrong = (!settings.no_verify).then(|| job.wrong_bytes(layer, &error)).flatten();
        wrong.unwrap_or_else(|| Failure::reading(reference, job.layer, &error))
    };
    if job.task == Task::Check {
        let (diff_id, blob_digest) = digest_layer(blob.into_reader(), &options).map_err(failed)?;
        return job.check(layer, diff_id, blob_digest);
    }
    let index = index_layer(blob.into_reader(), &options).map_err(failed)?;
    if settings.no_verify {
        store.set(job.image.side, job.layer, index);
        return Ok(());
    }
    job.check(layer, index.diff_id, index.blob_digest)?;
    store.indexes().by_diff_id.insert(layer.diff_id, Arc::new(index));
    Ok(())
}

impl Job<'_> {
    /// Whether a layer from elsewhere cannot be read because it is not the one that was asked for. It is fetched again to
    /// find out, this once.
    fn wrong_bytes(&self, layer: &LayerBlob, error: &IndexError) -> Option<Failure> {
        let is_read = match error {
            IndexError::Tar(TarError::Io(error)) => error.kind() != ErrorKind::ConnectionAborted,
            IndexError::Tar(_) => true,
            IndexError::Cancelled => false,
        };
        if !is_read || !self.image.image.blobs.is_remote() {
            return None;
        }
        let mut blob = HashingReader::new(self.image.image.blobs.open(self.layer).ok()?.into_reader());
        io::copy(&mut blob, &mut io::sink()).ok()?;
        self.check(layer, layer.diff_id, Some(blob.finish())).err()
    }

    /// Whether the layer has to be fetched.
    pub(super) fn is_remote(&self) -> bool {
        self.image.image.blobs.is_remote()
    }

    /// Holds what the bytes came to against what the documents say.
    fn check(&self, layer: &LayerBlob, diff_id: Digest, blob_digest: Option<Digest>) -> Result<(), Failure> {
        let differs = |what: &str, expected: Digest, found: Digest| {
            let message =
                format!("{}: layer {}: its {what} is {found}, not {expected}", self.image.reference, self.layer);
            Failure::new(message)
                .with_hint("The image is damaged or was altered: fetch it again. --no-verify reads it all the same.")
        };
        match (layer.digest, blob_digest) {
            (Some(expected), Some(found)) if expected != found => Err(differs("digest", expected, found)),
            _ if diff_id != layer.diff_id => Err(differs("diffID", layer.diff_id, diff_id)),
            _ => Ok(()),
        }
    }
}

pub(super) fn options<'a>(settings: &'a Settings, progress: &'a Progress, sides: &'a [Side]) -> IndexOptions<'a> {
    IndexOptions {
        capture: &capture::wants,
        keep: &capture::keeps,
        md5: &capture::wants_md5,
        ..IndexOptions::new(&settings.limits, progress, sides)
    }
}
