//! The MD5 sums that dpkg's records are held against: of compressed layers they are computed in passing, of plain ones
//! only for the files that differ, or that an audit of one image asks for, read again in place.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use super::Opened;
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

/// The sums that `opened` still lacks of files that dpkg recorded; beside another image only of those that are not the
/// same in it.
pub(super) fn missing(opened: &Opened, other: Option<&Snapshot>) -> Result<Vec<(Digest, Md5)>, Failure> {
    let mut by_layer: BTreeMap<u32, Vec<&Node>> = BTreeMap::new();
    for node in wanted(&opened.snapshot, other) {
        by_layer.entry(node.file.layer).or_default().push(node);
    }
    let mut sums = Vec::new();
    for (layer, nodes) in by_layer {
        of_layer(opened, layer, &nodes, &mut sums)?;
    }
    Ok(sums)
}

fn wanted<'a>(snapshot: &'a Snapshot, other: Option<&'a Snapshot>) -> impl Iterator<Item = &'a Node> {
    let mut seen = HashSet::new();
    let files = snapshot.packages.iter().flat_map(|package| &package.files);
    let recorded = files.filter(|file| matches!(file.recorded, RecordedHash::Md5(_)));
    recorded.filter_map(|file| snapshot.image.tree.get(&file.path)).filter(move |node| {
        let entry = &node.file.entry;
        let there = other.and_then(|other| other.image.tree.get(&node.path));
        let same = there.is_some_and(|there| {
            let there = &there.file.entry;
            there.same_content(entry) && there.same_metadata(entry)
        });
        !same && snapshot.md5_of(entry).is_none() && entry.sha256().is_some_and(|sha256| seen.insert(sha256))
    })
}

/// Where the layer lies in place each file is read where it stands; else one pass over the layer serves all.
fn of_layer(opened: &Opened, layer: u32, nodes: &[&Node], sums: &mut Vec<(Digest, Md5)>) -> Result<(), Failure> {
    let reference = &opened.snapshot.facts.reference;
    let failed = |error: ContentError| Failure::new(format!("{reference}: layer {layer}: {error}"));
    let Some(index) = opened.snapshot.image.layers.get(layer as usize) else { return Ok(()) };
    let contents: Vec<(Digest, &LayerEntry)> = nodes
        .iter()
        .filter_map(|node| Some((node.file.entry.sha256()?, index.entries.get(node.entry? as usize)?)))
        .collect();
    let blob = opened.blobs.open(layer as usize).map_err(|error| Failure::opening(reference, &error))?;
    match blob {
        Blob::File(mut slice) if is_in_place(&slice) => {
            for (sha256, entry) in contents {
                sums.push((sha256, md5_file_at(&mut slice, entry).map_err(failed)?));
            }
        }
        blob => {
            let entries: Vec<&LayerEntry> = contents.iter().map(|(_, entry)| *entry).collect();
            let mut found = |at: usize, md5| sums.extend(contents.get(at).map(|(sha256, _)| (*sha256, md5)));
            md5_files(blob.into_reader(), &entries, &mut found).map_err(failed)?;
        }
    }
    Ok(())
}
