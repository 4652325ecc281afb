//! Masks: a file's bytes with what varies taken out, so that equal digests prove equal contents.

mod baked_key;
mod console_script;
mod log;
mod machine_id;
mod pyc;
mod record;

use crate::model::{Explanation, Hidden, ImagePath};

/// One kind of file that varies from build to build in a known place.
pub struct Mask {
    /// What reports call it; part of a layer index, so a name is never reused for another meaning.
    pub name: &'static str,
    /// What a difference that the mask hides is called.
    pub explanation: Explanation,
    /// Why such files vary.
    pub cause: &'static str,
    /// What the Dockerfile can do about it.
    pub fix: &'static str,
    /// Whether each build makes other bytes, not only a build with other tools.
    pub each_build: bool,
    /// Larger files are not looked at: masks hold the whole file in memory.
    pub max_bytes: u64,
    /// Whether a file at this path, which starts with these bytes ([`HEAD`] of them, where it has as many), may have the
    /// format.
    pub matches: fn(&ImagePath, &[u8]) -> bool,
    /// Masks in place and tells what it took out, at most [`Hidden::MOST`] rows. `None` when the bytes are not of the
    /// format after all, or hold something that the mask cannot account for: then nothing is proven.
    pub apply: fn(&mut Vec<u8>) -> Option<Vec<Hidden>>,
}

/// All masks; the first that matches a path is the one.
pub const MASKS: &[Mask] =
    &[pyc::MASK, log::MASK, machine_id::MASK, baked_key::MASK, record::MASK, console_script::MASK];

/// How many of a file's first bytes [`Mask::matches`] is shown.
pub const HEAD: usize = 32;

/// The mask for the file at `path` that starts with `head`, if it is of a known kind and not too large.
#[must_use]
pub fn mask_for(path: &ImagePath, size: u64, head: &[u8]) -> Option<&'static Mask> {
    MASKS.iter().find(|mask| size <= mask.max_bytes && (mask.matches)(path, head))
}

/// The mask of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Mask> {
    MASKS.iter().find(|mask| mask.name == name)
}
