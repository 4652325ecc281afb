//! Both squashed trees side by side, and how each path differs.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::image::{Node, Tree};
use crate::model::{Change, FileAt, FileEntry};

/// One path on both sides, with what each tree keeps of it.
pub(super) type Pair<'a> = (Option<&'a Node>, Option<&'a Node>);

/// Joins both trees by path, in byte order.
pub(super) fn join<'a>(left: &'a Tree, right: &'a Tree) -> impl Iterator<Item = Pair<'a>> {
    let (mut lefts, mut rights) = (left.nodes().iter().peekable(), right.nodes().iter().peekable());
    std::iter::from_fn(move || {
        let order = match (lefts.peek(), rights.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.path.cmp(&right.path),
        };
        let left = if order.is_le() { lefts.next() } else { None };
        let right = if order.is_ge() { rights.next() } else { None };
        Some((left, right))
    })
}

/// How two files differ; `None` when they do not.
pub(super) fn change(left: Option<&FileAt>, right: Option<&FileAt>) -> Option<Change> {
    match (left, right) {
        (None, None) => None,
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (Some(left), Some(right)) if Arc::ptr_eq(&left.entry, &right.entry) => None,
        (Some(left), Some(right)) => change_of(&left.entry, &right.entry),
    }
}

fn change_of(left: &FileEntry, right: &FileEntry) -> Option<Change> {
    if !left.same_content(right) {
        Some(Change::Content)
    } else if !left.same_metadata(right) {
        Some(Change::Metadata)
    } else if left.mtime != right.mtime {
        Some(Change::Mtime)
    } else {
        None
    }
}
