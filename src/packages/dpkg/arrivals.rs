//! In which layer each package arrived: successive databases compared.

use std::collections::HashMap;

use crate::image::{Image, LayerIndex};

use super::status::{Id, Record, records};
use super::{STATUS, is_piece};

/// For each package, the layer whose database first had it in the version that it ended in. A database that a later
/// layer merely rewrote brings nothing.
pub(super) fn arrivals(image: &Image) -> HashMap<Id<'_>, u32> {
    let mut seen: HashMap<Id<'_>, (&[u8], u32)> = HashMap::new();
    for (number, layer) in (0_u32..).zip(&image.layers) {
        for (path, database) in databases(layer) {
            let installed = records(database).filter(Record::is_installed);
            let current = installed.map(|record| match seen.get(&record.id()) {
                Some((version, arrived)) if *version == record.version => (record.id(), (record.version, *arrived)),
                _ => (record.id(), (record.version, number)),
            });
            let current: HashMap<_, _> = current.collect();
            if path == STATUS {
                // What this database no longer lists was removed; should it come back, it arrives anew.
                seen = current;
            } else {
                seen.extend(current);
            }
        }
    }
    seen.into_iter().map(|(id, (_, layer))| (id, layer)).collect()
}

/// The package databases that a layer holds; of several entries for one path the last one counts.
fn databases(layer: &LayerIndex) -> Vec<(&[u8], &[u8])> {
    let mut positions: Vec<u32> = layer.captured.keys().copied().collect();
    positions.sort_unstable();
    let mut found: HashMap<&[u8], &[u8]> = HashMap::new();
    for position in positions {
        let entry = usize::try_from(position).ok().and_then(|at| layer.entries.get(at));
        let (Some(entry), Some(bytes)) = (entry, layer.captured.get(&position)) else { continue };
        let path = entry.path.as_bytes();
        if path == STATUS || is_piece(path) {
            found.insert(path, bytes);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    // The whole database (`status`) before its pieces (`status.d/...`): it starts the list anew.
    found.sort_unstable();
    found
}
