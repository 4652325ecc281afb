//! Masks: a file's bytes with what varies taken out, so that equal digests prove equal contents.

mod ar;
mod baked_key;
mod console_script;
mod dated_lines;
mod dates;
mod elf;
mod fontconfig;
mod gem;
mod git_index;
mod git_log;
mod gzip;
mod inflate;
mod keystore;
mod log;
mod machine_id;
mod manifest;
mod mo;
mod nested;
mod ninja;
mod packed_tar;
mod pdf;
mod png;
mod pyc;
mod r_data;
mod random_names;
mod record;
mod shadow;
mod sqlite;
mod tar;
mod zip;

pub use keystore::store_certificates;

use crate::model::{Explanation, Hidden, ImagePath};

/// One kind of file that varies from build to build in a known place.
pub struct Mask {
    /// What reports call it; part of a layer index, so a name is never reused for another meaning.
    pub name: &'static str,
    /// Which files it reads, for a reader: a glob, or words.
    pub covers: &'static str,
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
pub const MASKS: &[Mask] = &[
    pyc::MASK,
    log::MASK,
    machine_id::MASK,
    baked_key::MASK,
    record::MASK,
    manifest::MASK,
    r_data::MASK,
    gzip::MASK,
    zip::MASK,
    tar::MASK,
    packed_tar::MASK,
    ar::MASK,
    console_script::MASK,
    shadow::MASK,
    git_index::MASK,
    git_log::MASK,
    ninja::LOG,
    ninja::DEPS,
    random_names::CMAKE,
    random_names::GEM_MAKEFILE,
    keystore::CACERTS,
    dated_lines::CONDA_HISTORY,
    dated_lines::PERLLOCAL,
    dated_lines::PNPM,
    dated_lines::GEMSPEC,
    dated_lines::HTML,
    dated_lines::POSTSCRIPT,
    dated_lines::R_BUILT,
    dated_lines::PROPERTIES,
    dated_lines::PO,
    elf::MASK,
    png::MASK,
    mo::MASK,
    pdf::MASK,
    fontconfig::MASK,
    keystore::MASK,
    sqlite::MASK,
];

impl Mask {
    /// Whether what it hides is who somebody is: a key, an identifier. Only the step that made it tells a new one from one
    /// that was swapped.
    #[must_use]
    pub fn hides_identity(&self) -> bool {
        matches!(self.name, "machine-id" | "baked-key")
    }
}

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

/// A time as masks tell it.
fn utc(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod testing {
    use super::*;

    /// The name of the mask that holds for the file, and the file without what varies.
    pub(super) fn masked(path: &str, content: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        let mask = find(path, content)?;
        let mut bytes = content.to_vec();
        let hidden = (mask.apply)(&mut bytes)?;
        assert!(hidden.len() <= Hidden::MOST);
        Some((mask.name, bytes))
    }

    /// What the file's mask hides, as `what value`.
    pub(super) fn hidden(path: &str, content: &[u8]) -> Vec<String> {
        let rows = (find(path, content).unwrap().apply)(&mut content.to_vec()).unwrap();
        rows.iter().map(|row| format!("{} {}", row.what, row.value)).collect()
    }

    fn find(path: &str, content: &[u8]) -> Option<&'static Mask> {
        let path = ImagePath::parse(path.as_bytes()).unwrap();
        mask_for(&path, content.len() as u64, content.get(..HEAD).unwrap_or(content))
    }

    /// The places of `real` at which another bit would go unnoticed.
    pub(super) fn unnoticed(path: &str, real: &[u8]) -> Vec<usize> {
        let whole = masked(path, real).unwrap();
        let is_unnoticed = |at: &usize| {
            (0..8).any(|bit| {
                let mut flipped = real.to_vec();
                flipped[*at] ^= 1 << bit;
                masked(path, &flipped).as_ref() == Some(&whole)
            })
        };
        (0..real.len()).filter(is_unnoticed).collect()
    }

    /// Cuts `real` and changes bytes of it at many places: no mask may panic or take long, nor may a cut file be equal
    /// to the whole one.
    pub(super) fn survives_damage(path: &str, real: &[u8]) {
        let whole = masked(path, real).unwrap();
        let step = (real.len() / 400).max(1);
        for at in (0..real.len()).step_by(step) {
            assert_ne!(masked(path, &real[..at]).as_ref(), Some(&whole), "cut at {at}");
            for bit in [0, 3, 7] {
                let mut flipped = real.to_vec();
                flipped[at] ^= 1 << bit;
                masked(path, &flipped);
            }
            let mut filled = real.to_vec();
            let end = (at + 4).min(filled.len());
            filled[at..end].fill(0xff);
            masked(path, &filled);
        }
    }
}
