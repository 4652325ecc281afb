//! Every layer of both sides read once, on all cores; of equal ones one is indexed and the others are held to it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{SideImage, cores, sums};
use crate::archive::{HashingReader, TarError};
use crate::error::Failure;
use crate::image::{Cache, IndexError, IndexOptions, LayerIndex, LayerNode, cache, digest_layer, index_layer};
use crate::model::{Digest, Md5, Progress, Side, Stage};
use crate::settings::Settings;
use crate::snapshot::capture;
use crate::source::{Blob, FileSlice, Host, LayerBlob, SourceError};

/// The indexes at hand.
#[derive(Default)]
pub(super) struct Store {
    indexes: Mutex<Indexes>,
    /// Where indexes are kept for the next time; `None` when none are to be believed or kept.
    cache: Option<Cache>,
}

#[derive(Default)]
struct Indexes {
    /// By what the layer's bytes come to, or, where digests stay unchecked, by what the config says they do.
    by_diff_id: HashMap<Digest, Arc<LayerIndex>>,
    /// Those of `by_diff_id` that were kept from before: no bytes of these layers were read.
    kept: HashSet<Digest>,
    /// Layers that a side's archive handed over while it was streamed.
    streamed: HashSet<(Side, Digest)>,
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
            indexes.kept.contains(&layer.diff_id)
                && !indexes.streamed.contains(&(side, layer.diff_id))
                && !indexes.own.contains_key(&(side, *at))
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
    fn knows(&self, diff_id: Digest, settings: &Settings) -> bool {
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

    fn indexes(&self) -> MutexGuard<'_, Indexes> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Indexes {
    /// Whether nothing of this side's layer needs to be read any more.
    fn has(&self, side: Side, layer: usize, diff_id: Digest) -> bool {
        self.kept.contains(&diff_id)
            || self.streamed.contains(&(side, diff_id))
            || self.own.contains_key(&(side, layer))
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

fn options<'a>(settings: &'a Settings, progress: &'a Progress, sides: &'a [Side]) -> IndexOptions<'a> {
    IndexOptions {
        capture: &capture::wants,
        keep: &capture::keeps,
        md5: &capture::wants_md5,
        ..IndexOptions::new(&settings.limits, progress, sides)
    }
}

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
