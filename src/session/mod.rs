//! From references to snapshots and a report: both sides at once, layers that they share read once.

mod base;
mod bump;
mod bytes;
mod changelog;
mod contents;
mod exporter;
mod find;
mod layers;
mod preferences;
mod progress;
mod sums;
mod task;

use std::sync::Arc;
use std::thread;

pub use self::find::{inspect, search};
pub use self::task::{Outcome, Terminal, carry_out};

use self::layers::{Job, Store};
use crate::compare::{self, DriftReport};
use crate::error::Failure;
use crate::model::{Progress, Side, Stage};
use crate::settings::Settings;
use crate::snapshot::{LayerPart, Parts, Snapshot};
use crate::source::{self, Blobs, OpenImage, OpenOptions, Reference, SourceError};

/// An image that was read, and the blobs to read file contents from again.
pub struct Opened {
    pub snapshot: Snapshot,
    pub blobs: Box<dyn Blobs>,
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
    let store = Store::default();
    let (left, right) = open_both(left, right, settings, progress, &store)?;
    layers::index(&Job::all(&[&left, &right], settings, &store), settings, progress, &store)?;
    let (left, right) = thread::scope(|scope| {
        let build = |side: SideImage| build(side, progress, &store);
        let other = scope.spawn(move || build(right));
        (build(left), join(other))
    });
    let (mut left, mut right) = (left?, right??);
    let (of_left, of_right) = thread::scope(|scope| {
        let other = scope.spawn(|| sums::missing(&right, Some(&left.snapshot)));
        (sums::missing(&left, Some(&right.snapshot)), join(other))
    });
    left.snapshot.md5.extend(of_left?);
    right.snapshot.md5.extend(of_right??);
    base::tell(&mut [&mut left.snapshot, &mut right.snapshot], settings, progress)?;
    let report = Arc::new(compare::compare(&left.snapshot, &right.snapshot));
    Ok(Pair { left, right, report })
}

/// Reads one image.
///
/// # Errors
/// As [`compare`].
pub fn read(reference: &Reference, settings: &Settings, progress: &Arc<Progress>) -> Result<Opened, Failure> {
    let store = Store::default();
    let side = open(reference, settings, progress, &store)?;
    layers::index(&Job::all(&[&side], settings, &store), settings, progress, &store)?;
    let mut opened = build(side, progress, &store)?;
    base::tell(&mut [&mut opened.snapshot], settings, progress)?;
    Ok(opened)
}

/// Reads one image so that every file can be held against its package's record: of uncompressed layers, files that dpkg
/// recorded are read once more.
///
/// # Errors
/// As [`compare`].
pub fn read_for_audit(reference: &Reference, settings: &Settings, progress: &Arc<Progress>) -> Result<Opened, Failure> {
    let mut opened = read(reference, settings, progress)?;
    let sums = sums::missing(&opened, None)?;
    opened.snapshot.md5.extend(sums);
    Ok(opened)
}

/// One side's open image.
struct SideImage {
    side: Side,
    reference: String,
    image: OpenImage,
}

fn open(
    reference: &Reference,
    settings: &Settings,
    progress: &Arc<Progress>,
    store: &Store,
) -> Result<SideImage, Failure> {
    progress.side(Side::Left).enter(Stage::Opening);
    let mut host = layers::SideHost::new(Side::Left, settings, progress, store);
    opened(Side::Left, reference, source::open(reference, &options(settings), &mut host), progress)
}

fn open_both(
    left: &Reference,
    right: &Reference,
    settings: &Settings,
    progress: &Arc<Progress>,
    store: &Store,
) -> Result<(SideImage, SideImage), Failure> {
    let [mut left_host, mut right_host] = [Side::Left, Side::Right].map(|side| {
        progress.side(side).enter(Stage::Opening);
        layers::SideHost::new(side, settings, progress, store)
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
    Ok(SideImage { side, reference: reference.text.clone(), image })
}

fn build(side: SideImage, progress: &Progress, store: &Store) -> Result<Opened, Failure> {
    progress.side(side.side).enter(Stage::Cataloguing);
    let SideImage { side, image, reference } = side;
    let mut parts = Vec::with_capacity(image.layers.len());
    for (at, layer) in image.layers.iter().enumerate() {
        let index = store
            .get(side, at, layer.diff_id)
            .ok_or_else(|| Failure::new(format!("{reference}: layer {at} ({}) was not read", layer.diff_id)))?;
        parts.push(LayerPart { digest: layer.digest, stored_size: layer.size, index });
    }
    let snapshot = Snapshot::new(Parts {
        reference,
        source: image.source,
        name: image.name,
        variants: image.variants,
        manifest_digest: image.manifest_digest,
        config_digest: image.config_digest,
        config: image.config,
        annotations: image.annotations,
        attestations: image.attestations,
        layers: parts,
        layers_unread: 0,
        warnings: image.warnings,
    });
    progress.side(side).enter(Stage::Done);
    Ok(Opened { snapshot, blobs: image.blobs })
}

/// A worker's result; one that panicked is a failure of ours, told as such.
fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> Result<T, Failure> {
    handle
        .join()
        .map_err(|_| Failure::new("a worker stopped unexpectedly; this is a defect of imgdrift, please report it"))
}
