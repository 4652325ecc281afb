//! Files that dpkg gave from one package to another: it takes their rows out of the first one's list.

use std::collections::HashSet;

use super::owners::Owner;
use super::{Explainer, Row};
use crate::image::Node;
use crate::model::ImagePath;

/// Whether the right image's list of `owner`, which did not move, lacks nothing but files that packages which moved and
/// replace it own there, and has nothing that the left image's lacks.
pub(super) fn lost_only_rows_taken_over<'a>(explainer: &Explainer<'a>, row: &Row<'a>, owner: &Owner<'a>) -> bool {
    let is_list = row.path().as_bytes().ends_with(b".list") && row.is_inert_file();
    let Some((left, right)) = row.left.zip(row.right).filter(|_| is_list) else { return false };
    let (Some(left), Some(right)) = (lines(left), lines(right)) else { return false };
    let is_taken = |line: &&[u8]| ImagePath::parse(line).is_ok_and(|path| is_taken_over(explainer, &path, owner));
    right.is_subset(&left) && left.difference(&right).all(is_taken)
}

/// Whether a package that moved and replaces `owner` owns `path` on the right side.
pub(super) fn is_taken_over(explainer: &Explainer<'_>, path: &ImagePath, owner: &Owner<'_>) -> bool {
    let taker = explainer.right_owners.of(path);
    taker.is_some_and(|taker| taker.moved && taker.package.vouches() && taker.takes_over(owner))
}

/// Whether the package of `right` diverts the file that `left`, which did not move, has there on the left side: that is
/// where dpkg moved it, with the bytes that its package recorded.
pub(super) fn is_diverted<'a>(explainer: &Explainer<'a>, row: &Row<'a>, left: &Owner<'a>, right: &Owner<'a>) -> bool {
    let Some(to) = explainer.diversions.of(row.path(), &right.package.name) else { return false };
    let moved_there = explainer.right_owners.of(to).filter(|owner| owner.row == left.row);
    let node = explainer.right.image.tree.get(to);
    moved_there.zip(node).is_some_and(|(owner, node)| explainer.right_owners.vouches(&owner, &node.file.entry))
}

fn lines(node: &Node) -> Option<HashSet<&[u8]>> {
    Some(node.bytes.as_deref()?.split(|byte| *byte == b'\n').collect())
}
