//! The names that one image gives to numbers of users and groups (passwd(5), group(5)).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::image::Tree;
use crate::model::ImagePath;

/// Lines read of each file: far beyond any image.
const MAX_LINES: usize = 10_000;

/// Users and groups of one image.
pub(super) struct Accounts<'a> {
    users: HashMap<u32, &'a [u8]>,
    groups: HashMap<u32, &'a [u8]>,
    /// Groups whose only member is the user of their name.
    private: HashSet<u32>,
}

impl<'a> Accounts<'a> {
    pub(super) fn read(tree: &'a Tree) -> Self {
        let passwd = rows(tree, b"etc/passwd");
        let rows = rows(tree, b"etc/group");
        let mut members: HashMap<u32, Vec<&[u8]>> = HashMap::new();
        for row in &passwd {
            if let (Some(name), Some(group)) = (row.first(), number(row, 3)) {
                members.entry(group).or_default().push(name);
            }
        }
        let is_private = |row: &[&[u8]], group: u32| {
            let others = row.get(3).is_some_and(|names| !names.is_empty());
            let is_alone = members.get(&group).is_none_or(|names| names.iter().all(|name| Some(name) == row.first()));
            !others && is_alone
        };
        let (mut users, mut groups, mut private) = (HashMap::new(), HashMap::new(), HashSet::new());
        for row in &passwd {
            if let (Some(name), Some(user)) = (row.first(), number(row, 2)) {
                users.entry(user).or_insert(*name);
            }
        }
        for row in &rows {
            if let (Some(name), Some(group)) = (row.first(), number(row, 2)) {
                groups.entry(group).or_insert(*name);
                if is_private(row, group) {
                    private.insert(group);
                }
            }
        }
        Self { users, groups, private }
    }

    /// The user's name; its number where the image has none.
    pub(super) fn user(&self, number: u32) -> Cow<'a, [u8]> {
        name(&self.users, number)
    }

    /// The group's name; its number where the image has none.
    pub(super) fn group(&self, number: u32) -> Cow<'a, [u8]> {
        name(&self.groups, number)
    }

    /// Whether nobody but the user `owner` is in the group, so that what it may write only its user may.
    pub(super) fn is_private_to(&self, group: u32, owner: u32) -> bool {
        let is_named_alike =
            self.groups.get(&group).zip(self.users.get(&owner)).is_some_and(|(group, user)| group == user);
        let is_unnamed = !self.groups.contains_key(&group) && group == owner;
        is_unnamed || (is_named_alike && self.private.contains(&group))
    }
}

fn name<'a>(names: &HashMap<u32, &'a [u8]>, number: u32) -> Cow<'a, [u8]> {
    match names.get(&number) {
        Some(name) => Cow::Borrowed(*name),
        // An image without the files has root all the same.
        None if number == 0 => Cow::Borrowed(b"root"),
        None => Cow::Owned(number.to_string().into_bytes()),
    }
}

fn rows<'a>(tree: &'a Tree, path: &[u8]) -> Vec<Vec<&'a [u8]>> {
    let path = ImagePath::parse(path).unwrap_or_else(|_| ImagePath::root());
    let lines = tree.read(&path).unwrap_or_default().split(|byte| *byte == b'\n').take(MAX_LINES);
    lines.map(|line| line.split(|byte| *byte == b':').collect()).collect()
}

fn number(row: &[&[u8]], field: usize) -> Option<u32> {
    std::str::from_utf8(row.get(field)?).ok()?.parse().ok()
}
