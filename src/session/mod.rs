//! From references to snapshots and a report: both sides at once, layers that they share read once.

mod base;
mod bump;
mod bytes;
mod cache;
mod changelog;
mod contents;
mod cores;
mod exporter;
mod find;
mod host;
mod layers;
mod learn;
mod output;
mod preferences;
mod progress;
mod recorded;
mod rules;
mod store;
mod sums;
mod task;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

pub use self::find::{inspect, search};
pub use self::task::{Outcome, Terminal, carry_out};

use self::host::SideHost;
use self::layers::Job;
use self::store::Store;
use crate::compare::{self, DriftReport};
use crate::error::Failure;
use crate::image::LayerIndex;
use crate::model::{Gap, GapKind, Progress, Recording, Side, Stage};
use crate::nondeterminism::Rules;
use crate::settings::Settings;
use crate::snapshot::{LayerPart, Parts, Snapshot};
use crate::source::{self, Blobs, LayerBlob, OpenImage, OpenOptions, Reference, SourceError};

/// An image that was read, and the blobs to read file contents from again.
pub struct Opened {
    pub snapshot: Snapshot,
    pub blobs: Box<dyn Blobs>,
    /// What its paths are held against.
    pub rules: Arc<Rules>,
    documents: Documents,
}

/// What of an image's documents a snapshot file keeps as it was.
#[derive(Default)]
struct Documents {
    config: Vec<u8>,
    annotations: BTreeMap<String, String>,
    attestations: Vec<Vec<u8>>,
    /// Bytes of the layers' blobs as stored, from the bottom.
    sizes: Vec<Option<u64>>,
    /// What was odd about opening the image.
    warnings: Vec<String>,
    /// What opening it could not read.
    gaps: Vec<Gap>,
}

/// Two images and how they differ.
pub struct Pair {
    pub left: Opened,
    pub right: Opened,
    pub report: Arc<DriftReport>,
}

/// Reads both images and compares them.
///
/// # Errors
/// When an image cannot be opened or read, or a digest does not match.
pub fn compare(
    left: &Reference,
    right: &Reference,
    settings: &Settings,
    progress: &Arc<Progress>,
) -> Result<Pair, Failure> {
    let store = Store::new(cache::wanted(settings));
    let (left, right) = open_both(left, right, settings, progress, &store)?;
    store.recall(&[&left, &right], settings);
    let mut jobs = Job::all(&[&left, &right], settings, &store);
    let is_one = is_one_manifest(&left, &right, settings);
    if is_one {
        jobs.retain(|job| !job.is_remote());
    }
    layers::index(&jobs, settings, progress, &store)?;
    let (left, right) = both(left, right, |side| build(side, is_one, settings, progress, &store))?;
    let md5 = sums::missing(&[&left, &right])?;
    let (mut left, mut right) = (left, right);
    left.snapshot.md5.clone_from(&md5);
    right.snapshot.md5.clone_from(&md5);
    base::tell(&mut [&mut left.snapshot, &mut right.snapshot], settings, progress)?;
    let (mut report, not_kept) = thread::scope(|scope| {
        let keeping = scope.spawn(|| store.keep(&md5));
        (compare::compare(&left.snapshot, &right.snapshot, &settings.rules), join(keeping))
    });
    report.warnings.extend(not_kept?);
    Ok(Pair { left, right, report: Arc::new(report) })
}

/// Reads one image.
///
/// # Errors
/// As [`compare`].
pub fn read(reference: &Reference, settings: &Settings, progress: &Arc<Progress>) -> Result<Opened, Failure> {
    let store = Store::new(cache::wanted(settings));
    let side = open(Side::Left, reference, settings, progress, &store)?;
    store.recall(&[&side], settings);
    layers::index(&Job::all(&[&side], settings, &store), settings, progress, &store)?;
    let mut opened = build(side, false, settings, progress, &store)?;
    opened.snapshot.md5 = sums::missing(&[&opened])?;
    let not_kept = store.keep(&opened.snapshot.md5);
    opened.snapshot.warnings.extend(not_kept);
    base::tell(&mut [&mut opened.snapshot], settings, progress)?;
    Ok(opened)
}

/// Whether both sides are one manifest, so that nothing needs to be fetched to know that they do not differ. Where digests
/// are not checked, and of a snapshot, that is only claimed; and a snapshot's layers are at hand, where the other's must be.
fn is_one_manifest(left: &SideImage, right: &SideImage, settings: &Settings) -> bool {
    let manifest =
        |side: &SideImage| side.image.manifest_digest.filter(|_| !settings.no_verify && side.recording.is_none());
    manifest(left).is_some() && manifest(left) == manifest(right)
}

/// Does the same to both sides at once.
fn both<T: Send, U: Send>(left: T, right: T, work: impl Fn(T) -> Result<U, Failure> + Sync) -> Result<(U, U), Failure> {
    thread::scope(|scope| {
        let other = scope.spawn(|| work(right));
        let left = work(left);
        Ok((left?, join(other)??))
    })
}

/// One side's open image.
struct SideImage {
    side: Side,
    reference: String,
    image: OpenImage,
    /// Of an image that is known from a snapshot file.
    recording: Option<Recording>,
    /// What opening it could not read.
    gaps: Vec<Gap>,
}

fn open(
    side: Side,
    reference: &Reference,
    settings: &Settings,
    progress: &Arc<Progress>,
    store: &Store,
) -> Result<SideImage, Failure> {
    progress.side(side).enter(Stage::Opening);
    if let Some(path) = recorded::file(reference) {
        return recorded::open(side, reference, path, settings, store);
    }
    let mut host = SideHost::new(side, settings, progress, store);
    opened(side, reference, source::open(reference, &options(settings), &mut host), progress)
}

fn open_both(
    left: &Reference,
    right: &Reference,
    settings: &Settings,
    progress: &Arc<Progress>,
    store: &Store,
) -> Result<(SideImage, SideImage), Failure> {
    if recorded::file(left).is_some() || recorded::file(right).is_some() {
        return both((Side::Left, left), (Side::Right, right), |(side, reference)| {
            open(side, reference, settings, progress, store)
        });
    }
    let [mut left_host, mut right_host] = [Side::Left, Side::Right].map(|side| {
        progress.side(side).enter(Stage::Opening);
        SideHost::new(side, settings, progress, store)
    });
    let images = source::open_both([left, right], &options(settings), [&mut left_host, &mut right_host]);
    let [left_image, right_image] = images;
    let right_image = opened(Side::Right, right, right_image, progress);
    match (left_image, right_image) {
        // It was only stopped because the other cannot be had.
        (Err(SourceError::Stopped), Err(failure)) => Err(failure),
        (left_image, right_image) => Ok((opened(Side::Left, left, left_image, progress)?, right_image?)),
    }
}

fn options(settings: &Settings) -> OpenOptions<'_> {
    OpenOptions {
        platform: settings.platform.as_deref(),
        verify: !settings.no_verify,
        limits: &settings.limits,
        insecure_registries: &settings.insecure_registries,
    }
}

fn opened(
    side: Side,
    reference: &Reference,
    image: Result<OpenImage, SourceError>,
    progress: &Progress,
) -> Result<SideImage, Failure> {
    let image = image.map_err(|error| {
        if progress.is_cancelled() {
            Failure::new("stopped on request")
        } else {
            Failure::opening(&reference.text, &error)
        }
    })?;
    Ok(SideImage { side, reference: reference.text.clone(), image, recording: None, gaps: Vec::new() })
}

/// Makes the snapshot of an image whose layers are in the store; `may_be_unread` allows for layers that were left out.
fn build(
    side: SideImage,
    may_be_unread: bool,
    settings: &Settings,
    progress: &Progress,
    store: &Store,
) -> Result<Opened, Failure> {
    progress.side(side.side).enter(Stage::Cataloguing);
    let SideImage { side, image, reference, recording, mut gaps } = side;
    gaps.extend(image.gaps.iter().cloned());
    if settings.no_verify {
        gaps.push(Gap::new(GapKind::Unverified, "digests were not checked, as --no-verify asks"));
    }
    let known = image.layers.iter().enumerate().map(|(at, layer)| store.get(side, at, layer.diff_id)).collect();
    let indexes: Option<Vec<Arc<LayerIndex>>> = known;
    let is_read = indexes.is_some();
    let unread = || image.layers.iter().map(|layer| LayerIndex::unread(layer.diff_id)).collect();
    let indexes = indexes
        .or_else(|| may_be_unread.then(unread))
        .ok_or_else(|| Failure::new(format!("{reference}: not every layer was read")))?;
    let part = |(layer, index): (&LayerBlob, Arc<LayerIndex>)| LayerPart {
        digest: layer.digest,
        stored_size: layer.size,
        index,
    };
    let parts = image.layers.iter().zip(indexes).map(part).collect();
    let documents = Documents {
        config: image.config_json,
        annotations: image.annotations.clone(),
        attestations: image.attestations.clone(),
        sizes: image.layers.iter().map(|layer| layer.size).collect(),
        warnings: image.warnings.clone(),
        gaps: gaps.clone(),
    };
    let snapshot = Snapshot::new(Parts {
        reference,
        source: image.source,
        name: image.name,
        recording,
        variants: image.variants,
        manifest_digest: image.manifest_digest,
        config_digest: image.config_digest,
        config: image.config,
        annotations: image.annotations,
        attestations: image.attestations,
        layers: parts,
        is_read,
        layers_unread: store.unread(side, &image.layers),
        warnings: image.warnings,
        gaps,
        secrets: settings.secrets,
    });
    progress.side(side).enter(Stage::Done);
    Ok(Opened { snapshot, blobs: image.blobs, rules: Arc::clone(&settings.rules), documents })
}

/// A worker's result; one that panicked is a failure of ours, told as such.
fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> Result<T, Failure> {
    handle
        .join()
        .map_err(|_| Failure::new("a worker stopped unexpectedly; this is a defect of imgdrift, please report it"))
}
