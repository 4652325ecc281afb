//! The index of a git work tree (gitformat-index): the stat data of each file, and the checksum over it.
//!
//! Names, modes, object ids, flags and extensions stay; the size goes, which git zeroes in entries that it must look at
//! again because they were written in the same instant as the index. Where the checksum does not hold, nothing is proven.

use std::ops::Range;

use sha1::{Digest as _, Sha1};

use super::super::anatomy::u32_be;
use super::{Mask, utc};
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "git-index-stat",
    covers: ".git/index",
    explanation: Explanation::Noise,
    cause: "git's index records times, inode numbers and owners of the checked-out files",
    fix: "leave .git out of the image: list it in .dockerignore, or rm -rf it in the RUN that cloned",
    each_build: true,
    max_bytes: 16 << 20,
    matches,
    apply,
};

const CHECKSUM: usize = 20;

/// Times, device and inode: the first 24 bytes of an entry. The mode follows, then two owners.
const TIMES: Range<usize> = 0..24;
const OWNERS: Range<usize> = 28..36;
const SIZE: Range<usize> = 36..40;
const FLAGS: usize = 60;
const EXTENDED: u16 = 0x4000;

fn matches(path: &ImagePath, head: &[u8]) -> bool {
    path.file_name() == b"index" && head.starts_with(b"DIRC")
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let content = bytes.len().checked_sub(CHECKSUM)?;
    let (body, checksum) = bytes.split_at_mut_checked(content)?;
    // Zeros where `index.skipHash` is set.
    if checksum.iter().any(|byte| *byte != 0) && Sha1::digest(&*body).as_slice() != &*checksum {
        return None;
    }
    checksum.fill(0);
    let (version, count) = (u32_be(body, 4)?, u32_be(body, 8)?);
    let mut at = 12;
    let mut newest = 0;
    for _ in 0..count {
        let entry = body.get_mut(at..)?;
        newest = newest.max(u32_be(entry, 8)?);
        entry.get_mut(TIMES)?.fill(0);
        entry.get_mut(OWNERS)?.fill(0);
        entry.get_mut(SIZE)?.fill(0);
        at = at.checked_add(entry_length(entry, version)?)?;
    }
    extensions(body.get(at..)?)?;
    Some(vec![Hidden::new("newest time", utc(i64::from(newest)))])
}

/// How many bytes the entry at the start of `entry` takes.
fn entry_length(entry: &[u8], version: u32) -> Option<usize> {
    let flags = u16::from_be_bytes([*entry.get(FLAGS)?, *entry.get(FLAGS + 1)?]);
    let is_extended = flags & EXTENDED != 0;
    let fixed = FLAGS + if is_extended { 4 } else { 2 };
    let until_nul = |from: usize| entry.get(from..)?.iter().position(|byte| *byte == 0);
    match version {
        2 if is_extended => None,
        // Padded with one to eight zeros to a multiple of eight.
        2 | 3 => {
            let end = fixed + until_nul(fixed)?;
            let padded = (end / 8 + 1) * 8;
            entry.get(end..padded)?.iter().all(|byte| *byte == 0).then_some(padded)
        }
        4 => {
            // In front of the name stands how much of the last one's end it drops, as a number of at most five bytes.
            let digits = entry.get(fixed..)?.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
            Some(fixed + digits + until_nul(fixed + digits)? + 1)
        }
        _ => None,
    }
}

/// Whether extensions fill what is left.
fn extensions(mut rest: &[u8]) -> Option<()> {
    while !rest.is_empty() {
        let size = usize::try_from(u32_be(rest, 4)?).ok()?;
        rest = rest.get(size.checked_add(8)?..)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};
    use super::*;

    /// `git add` of the same two files and a link, twice (git 2.47): see the folder's README.
    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.index");
    const ANOTHER: &[u8] = include_bytes!("../../../tests/data/masks/another.index");
    /// With a file that is skipped in the work tree (version 3), and with shortened names (version 4).
    const THREE: &[u8] = include_bytes!("../../../tests/data/masks/three.index");
    const FOUR: &[u8] = include_bytes!("../../../tests/data/masks/four.index");

    fn of(index: &[u8]) -> Option<Vec<u8>> {
        masked("srv/app/.git/index", index).map(|(_, left)| left)
    }

    /// `index` with other bytes at `at`, and a checksum that holds.
    fn with(index: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut body = index[..index.len() - CHECKSUM].to_vec();
        body[at..at + bytes.len()].copy_from_slice(bytes);
        sealed(body)
    }

    fn sealed(mut body: Vec<u8>) -> Vec<u8> {
        body.extend_from_slice(&Sha1::digest(&body));
        body
    }

    #[test]
    fn the_same_files_checked_out_twice_are_equal() {
        assert_ne!(ONE, ANOTHER);
        assert_eq!(of(ONE).unwrap(), of(ANOTHER).unwrap());
        assert_eq!(hidden(".git/index", ONE), ["newest time 2026-11-21 17:36:09"]);
        for index in [ONE, THREE, FOUR] {
            assert_eq!(of(&with(index, 12, &[7; 24])), of(index));
            survives_damage(".git/index", index);
        }
    }

    #[test]
    fn names_modes_ids_flags_and_extensions_stay() {
        for index in [ONE, THREE, FOUR] {
            let entry = 12;
            for at in [0, 4, 11, entry + 26, entry + 27, entry + 40, entry + 59, entry + 60, entry + 64, entry + 66] {
                let changed = of(&with(index, at, &[index[at] ^ 1]));
                assert!(changed.is_none() || changed != of(index), "{at}");
            }
        }
        let body = &ONE[..ONE.len() - CHECKSUM];
        let extended = sealed([body, b"XTRA\0\0\0\x05hello"].concat());
        assert!(of(&extended).is_some() && of(&extended) != of(ONE));
        assert_eq!(of(&sealed([body, b"#!/bin/sh"].concat())), None);
    }

    #[test]
    fn a_checksum_that_does_not_hold_proves_nothing() {
        let mut wrong = ONE.to_vec();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(of(&wrong), None);
        assert_eq!(of(&[ONE, b"payload"].concat()), None);
    }
}
