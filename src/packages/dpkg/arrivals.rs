//! In which layer each package arrived: successive databases compared.

use std::collections::{BTreeMap, HashMap};

use crate::image::{Image, LayerIndex};
use crate::packages::MAX_PACKAGES;

use super::status::{Id, Record, records};
use super::{STATUS, is_piece};

/// How a package arrived in the version that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival<'a> {
    version: &'a [u8],
    pub(super) layer: u32,
    /// The field of its stanza in that layer's database.
    pub(super) conffiles: &'a [u8],
}

type Arrived<'a> = HashMap<Id<'a>, Arrival<'a>>;

/// For each package, the layer whose database first had it in the version that it ended in. A database that a later
/// layer merely rewrote brings nothing.
pub(super) fn arrivals(image: &Image) -> HashMap<Id<'_>, Arrival<'_>> {
    let (mut whole, mut pieces) = (Arrived::new(), Arrived::new());
    for (number, layer) in (0_u32..).zip(&image.layers) {
        for (path, database) in databases(layer) {
            if path == STATUS {
                // What this database no longer lists was removed; should it come back, it arrives anew.
                whole = after(&whole, database, number);
            } else {
                let piece = after(&pieces, database, number);
                pieces.extend(piece);
            }
        }
    }
    pieces.extend(whole);
    pieces
}

/// The packages of `database`; those of another version than `before` arrived in this `layer`.
fn after<'a>(before: &Arrived<'a>, database: &'a [u8], layer: u32) -> Arrived<'a> {
    let arrival = |record: Record<'a>| {
        let known = before.get(&record.id()).filter(|arrival| arrival.version == record.version);
        let now = Arrival { version: record.version, layer, conffiles: record.conffiles_field() };
        (record.id(), known.copied().unwrap_or(now))
    };
    records(database).filter(Record::is_installed).take(MAX_PACKAGES).map(arrival).collect()
}

/// The package databases that a layer holds, by path; of several entries for one path the last one counts.
fn databases(layer: &LayerIndex) -> BTreeMap<&[u8], &[u8]> {
    let mut captured: Vec<(u32, &[u8])> = layer.captured.iter().map(|(at, bytes)| (*at, bytes.as_ref())).collect();
    captured.sort_unstable_by_key(|(position, _)| *position);
    let mut found = BTreeMap::new();
    for (position, bytes) in captured {
        let Some(entry) = usize::try_from(position).ok().and_then(|at| layer.entries.get(at)) else { continue };
        let path = entry.path.as_bytes();
        if path == STATUS || is_piece(path) {
            found.insert(path, bytes);
        }
    }
    found
}
