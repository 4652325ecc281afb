//! The MD5 sums that dpkg's records are held against: of compressed layers they are computed in passing, of plain ones
//! afterwards, for the files that dpkg did record, read again in place; a content that both images have once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use super::{Opened, cores};
use crate::archive::Compression;
use crate::error::Failure;
use crate::image::{ContentError, LayerEntry, Node, md5_file_at, md5_files};
use crate::model::{Digest, Md5, RecordedHash};
use crate::snapshot::Snapshot;
use crate::source::{Blob, FileSlice};

/// Whether MD5 sums of the blob's files can wait until it is known which ones are asked for.
pub(super) fn can_wait(blob: &Blob) -> bool {
    matches!(blob, Blob::File(slice) if is_in_place(slice))
}

/// Whether the layer is not compressed, so that its files can be read again where they stand.
fn is_in_place(slice: &FileSlice) -> bool {
    let mut head = Vec::new();
    slice.slice(0, 6).read_to_end(&mut head).is_ok() && Compression::sniff(&head) == Compression::None
}

/// Files of one layer that are read in one go: few enough that all cores have work to the end.
const BATCH: usize = 256;

/// The sums that the images still lack of files that dpkg recorded, each content once. Those of images whose layers
/// would have to be fetched again are left out.
pub(super) fn missing(images: &[&Opened]) -> Result<HashMap<Digest, Md5>, Failure> {
    let mut seen = HashSet::new();
    let mut by_layer: BTreeMap<(usize, u32), Vec<&Node>> = BTreeMap::new();
    for (at, opened) in images.iter().enumerate().filter(|(_, opened)| !opened.blobs.is_remote()) {
        for node in unsummed(&opened.snapshot) {
            if node.file.entry.sha256().is_some_and(|sha256| seen.insert(sha256)) {
                by_layer.entry((at, node.file.layer)).or_default().push(node);
            }
        }
    }
    let mut batches = Vec::new();
    for ((at, layer), nodes) in &by_layer {
        let Some(opened) = images.get(*at) else { continue };
        let blob = blob(opened, *layer)?;
        let length = if can_wait(&blob) { BATCH } else { nodes.len() };
        batches.extend(nodes.chunks(length).map(|nodes| (*opened, *layer, nodes)));
    }
    let sums = cores::each(&batches, |(opened, layer, nodes)| of_layer(opened, *layer, nodes))?;
    Ok(sums.into_iter().flatten().collect())
}

/// Regular files that dpkg recorded and whose sum is not known.
fn unsummed(snapshot: &Snapshot) -> impl Iterator<Item = &Node> {
    let files = snapshot.packages.iter().flat_map(|package| &package.files);
    let recorded = files.filter(|file| matches!(file.recorded, RecordedHash::Md5(_)));
    recorded
        .filter_map(|file| snapshot.image.tree.get(&file.path))
        .filter(|node| snapshot.md5_of(&node.file.entry).is_none())
}

fn blob(opened: &Opened, layer: u32) -> Result<Blob, Failure> {
    let reference = &opened.snapshot.facts.reference;
    opened.blobs.open(layer as usize).map_err(|error| Failure::opening(reference, &error))
}

/// Where the layer lies in place each file is read where it stands; else one pass over the layer serves all.
fn of_layer(opened: &Opened, layer: u32, nodes: &[&Node]) -> Result<Vec<(Digest, Md5)>, Failure> {
    let reference = &opened.snapshot.facts.reference;
    let failed = |error: ContentError| Failure::new(format!("{reference}: layer {layer}: {error}"));
    let mut sums = Vec::with_capacity(nodes.len());
    let Some(index) = opened.snapshot.image.layers.get(layer as usize) else { return Ok(sums) };
    // Of a layer that was not read the image only says that it is the one known from before; and what is found out here
    // is kept as the truth about it.
    let check = opened.snapshot.facts.layers_unread > 0;
    let contents: Vec<(Digest, &LayerEntry)> = nodes
        .iter()
        .filter_map(|node| Some((node.file.entry.sha256()?, index.entries.get(node.entry? as usize)?)))
        .collect();
    match blob(opened, layer)? {
        Blob::File(mut slice) if is_in_place(&slice) => {
            for (sha256, entry) in contents {
                sums.push((sha256, md5_file_at(&mut slice, entry, check).map_err(failed)?));
            }
        }
        blob => {
            let entries: Vec<&LayerEntry> = contents.iter().map(|(_, entry)| *entry).collect();
            let mut found = |at: usize, md5| sums.extend(contents.get(at).map(|(sha256, _)| (*sha256, md5)));
            md5_files(blob.into_reader(), &entries, check, &mut found).map_err(failed)?;
        }
    }
    Ok(sums)
}
