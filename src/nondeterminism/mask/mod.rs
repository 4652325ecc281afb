//! Masks: a file's bytes with what varies taken out, so that equal digests prove equal contents.

mod baked_key;
mod console_script;
mod log;
mod machine_id;
mod pyc;
mod record;

use crate::model::{Explanation, ImagePath};

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
    /// Whether files at this path have the format.
    pub matches: fn(&ImagePath) -> bool,
    /// Masks in place. `false` when the bytes are not of the format after all: then nothing is proven.
    pub apply: fn(&mut Vec<u8>) -> bool,
}

/// All masks; the first that matches a path is the one.
pub const MASKS: &[Mask] =
    &[pyc::MASK, log::MASK, machine_id::MASK, baked_key::MASK, record::MASK, console_script::MASK];

/// The mask for the file at `path`, if it is of a known kind and not too large.
#[must_use]
pub fn mask_for(path: &ImagePath, size: u64) -> Option<&'static Mask> {
    MASKS.iter().find(|mask| size <= mask.max_bytes && (mask.matches)(path))
}

/// The mask of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Mask> {
    MASKS.iter().find(|mask| mask.name == name)
}
