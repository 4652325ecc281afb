//! Where what was read is kept for the next time.

use std::env;

use etcetera::BaseStrategy as _;

use crate::error::Failure;
use crate::image::{Cache, cache::Usage};
use crate::settings::Settings;

/// The directory: `$IMGDRIFT_CACHE`, else `imgdrift` in the folder for caches. `None` where there is no such folder, or
/// the variable is empty: nothing is to be kept.
fn place() -> Option<Cache> {
    if let Some(path) = env::var_os("IMGDRIFT_CACHE") {
        return (!path.is_empty()).then(|| Cache::new(path.into()));
    }
    etcetera::choose_base_strategy().ok().map(|base| Cache::new(base.cache_dir().join("imgdrift")))
}

/// The cache, unless it is not wanted. Without checked digests an index says nothing of the layer that has its diffID,
/// so there is nothing to keep and nothing to take.
pub(super) fn wanted(settings: &Settings) -> Option<Cache> {
    (settings.keeps && !settings.no_verify).then(place).flatten()
}

/// What `imgdrift cache` prints: where the cache is and what it holds, after it was emptied if that was asked for.
pub(super) fn describe(clear: bool) -> Result<String, Failure> {
    let cache = place()
        .ok_or_else(|| Failure::new("nothing is kept: IMGDRIFT_CACHE is empty, or there is no home directory"))?;
    let failed = |error| Failure::new(format!("{}: {error}", cache.root().display()));
    let Usage { entries, bytes } = if clear { cache.clear() } else { cache.usage() }.map_err(failed)?;
    let (entries, megabytes) = (format!("{entries} {}", if entries == 1 { "entry" } else { "entries" }), bytes >> 20);
    let (place, limit) = (cache.root().display(), crate::image::cache::LIMIT >> 20);
    Ok(if clear {
        format!("{place}: removed {entries}, {megabytes} MB\n")
    } else {
        format!("{place}: {entries}, {megabytes} MB of at most {limit} MB\n")
    })
}
