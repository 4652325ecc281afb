//! Following a path through symlinks, without recursion and with an end.

use crate::model::ImagePath;

/// What stands at a path that is walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Directory,
    /// A symlink and its target as written.
    Symlink(&'a [u8]),
    /// Nothing, or something that has nothing below it.
    Other,
}

/// Symlinks followed before a path counts as a loop (Linux's limit).
pub(super) const MAX_LINKS: usize = 40;

/// Components walked before a path counts as endless: what 40 links of ordinary length come to, and far less than
/// what 40 links of the greatest length would.
const MAX_STEPS: usize = 4096;

/// The path that `path` leads to: symlinks followed as a process inside the tree would (absolute targets from the
/// root, `..` stopping at the root), in every component or in all but the last. `look` says what stands at a path
/// whose parents are already followed, or `None` to give up. `None` too when the path goes in circles, or climbs out
/// of what is not a directory. Components below what does not exist are kept as they are.
pub(super) fn walk<'a>(
    path: &'a ImagePath,
    follow_last: bool,
    mut look: impl FnMut(&[u8]) -> Option<Place<'a>>,
) -> Option<Vec<u8>> {
    let mut real: Vec<u8> = Vec::with_capacity(path.as_bytes().len());
    let mut pending: Vec<&[u8]> = path.components().collect();
    pending.reverse();
    let mut in_directory = true;
    let mut links = 0;
    let mut steps = 0;
    while let Some(part) = pending.pop() {
        steps += 1;
        if steps > MAX_STEPS {
            return None;
        }
        if part == b".." {
            if !in_directory {
                return None;
            }
            real.truncate(parent_length(&real));
            continue;
        }
        if !real.is_empty() {
            real.push(b'/');
        }
        real.extend_from_slice(part);
        if pending.is_empty() && !follow_last {
            break;
        }
        let place = look(&real)?;
        in_directory = place == Place::Directory;
        if let Place::Symlink(target) = place {
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            real.truncate(if target.first() == Some(&b'/') { 0 } else { parent_length(&real) });
            in_directory = true;
            pending.extend(target.split(|byte| *byte == b'/').rev().filter(|part| !matches!(*part, b"" | b".")));
        }
    }
    Some(real)
}

/// Bytes of the path of the directory that holds `path`.
pub(super) fn parent_length(path: &[u8]) -> usize {
    path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)
}
