//! Alternatives: links that update-alternatives makes, and the database it makes them from.
//!
//! A file of `/var/lib/dpkg/alternatives` (update-alternatives(1), "FILES") holds the status, the link of the group, for
//! each further link of it a name and the link, a blank line, and for each choice its path, its priority and for each
//! further link a path or a blank line.

use std::collections::{BTreeMap, HashMap};

use super::super::{Explainer, Row};
use super::{Of, Outcome};
use crate::model::text::visible;
use crate::model::{FileEntry, ImagePath, Kind, Proof};
use crate::snapshot::Snapshot;

const DATABASE: &[u8] = b"var/lib/dpkg/alternatives";
/// Groups of one image, links and choices of one group.
const MAX_GROUPS: usize = 5_000;
const MAX_ITEMS: usize = 500;

/// One group, as its file writes it.
#[derive(Debug, PartialEq, Eq)]
struct Group<'a> {
    is_auto: bool,
    /// The group's own link first: name and path.
    links: Vec<(&'a str, &'a str)>,
    /// What each choice gives for each link, empty where it has nothing; and its priority.
    choices: BTreeMap<&'a str, (i64, Vec<&'a str>)>,
}

/// What each link of one side must lead to.
#[derive(Default)]
pub(in super::super) struct Alternatives<'a> {
    /// By the link's name in `/etc/alternatives`.
    links: HashMap<&'a str, Link<'a>>,
}

struct Link<'a> {
    /// The file of its group.
    database: &'a ImagePath,
    /// Where programs find it.
    path: &'a str,
    /// What it may lead to.
    targets: Vec<&'a str>,
}

impl<'a> Alternatives<'a> {
    pub(in super::super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut links = HashMap::new();
        let Ok(directory) = ImagePath::parse(DATABASE) else { return Self::default() };
        for node in snapshot.image.tree.under(&directory).take(MAX_GROUPS) {
            let Some(name) = std::str::from_utf8(node.path.file_name()).ok() else { continue };
            let text = node.bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
            let Some(group) = text.and_then(|text| Group::parse(name, text)) else { continue };
            let chosen = group.chosen();
            for (at, (name, path)) in group.links.iter().enumerate() {
                let targets = chosen.iter().filter_map(|paths| paths.get(at).copied()).filter(|path| !path.is_empty());
                links.insert(*name, Link { database: &node.path, path, targets: targets.collect() });
            }
        }
        Self { links }
    }
}

/// The name of a link, where it is, and what a choice makes it lead to.
type Given<'a> = (&'a str, &'a str, &'a str);

impl<'a> Group<'a> {
    /// `None` when the text is not of the format.
    fn parse(name: &'a str, text: &'a str) -> Option<Self> {
        let mut rest = text.lines();
        let is_auto = match rest.next()? {
            "auto" => true,
            "manual" => false,
            _ => return None,
        };
        let mut links = vec![(name, rest.next()?)];
        loop {
            match rest.next()? {
                "" => break,
                name => links.push((name, rest.next()?)),
            }
            if links.len() > MAX_ITEMS {
                return None;
            }
        }
        let mut choices = BTreeMap::new();
        while let Some(path) = rest.next().filter(|path| !path.is_empty()) {
            let priority = rest.next()?.parse().ok()?;
            let mut paths = vec![path];
            for _ in 1..links.len() {
                paths.push(rest.next()?);
            }
            choices.insert(path, (priority, paths));
            if choices.len() > MAX_ITEMS {
                return None;
            }
        }
        Some(Self { is_auto, links, choices })
    }

    /// The priority of a choice, and what it gives for which link: links that it gives nothing for are those of others.
    fn given(&self, path: &str) -> Option<(i64, Vec<Given<'a>>)> {
        let (priority, paths) = self.choices.get(path)?;
        let given = self.links.iter().zip(paths).filter(|(_, path)| !path.is_empty());
        Some((*priority, given.map(|((name, link), path)| (*name, *link, *path)).collect()))
    }

    /// What the choices give that may be in force: in automatic mode that of the highest priority.
    fn chosen(&self) -> Vec<&[&'a str]> {
        let highest = self.choices.values().map(|(priority, _)| priority).max();
        let chosen = self.choices.values().filter(|(priority, _)| !self.is_auto || Some(priority) == highest);
        chosen.map(|(_, paths)| paths.as_slice()).collect()
    }
}

impl<'a> Explainer<'a> {
    /// On every side that has it, a link that the side's database wants so, and no link where it wants none.
    pub(super) fn alternative(&self, row: &Row<'a>) -> Outcome {
        if row.entries().any(|entry| entry.kind != Kind::Symlink) || !is_alternative(row) {
            return None;
        }
        Some(self.is_as_wanted(row).map(|()| Proof::Derived))
    }

    fn is_as_wanted(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let target = of.node.file.entry.link.as_deref().unwrap_or_default();
            let known = if of.side == "left" { &self.alternatives().0 } else { &self.alternatives().1 };
            let is_inner = row.path().as_bytes().starts_with(b"etc/alternatives/");
            let name = if is_inner {
                row.path().file_name()
            } else {
                target.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
            };
            let Some(link) = std::str::from_utf8(name).ok().and_then(|name| known.links.get(name)) else {
                return Err(format!("the {} image's database of alternatives does not know it", of.side));
            };
            if !self.is_accounted_for(link.database) {
                return Err("the group in the database of alternatives is not explained itself".to_owned());
            }
            let is_wanted = if is_inner {
                let wanted = link.targets.iter().any(|wanted| wanted.as_bytes() == target);
                wanted && self.sound_file(of, target).is_some_and(|file| self.is_owned(&file.path))
            } else {
                let at = ImagePath::parse(link.path.as_bytes()).ok();
                at.is_some_and(|at| is_same_place(of, &at, row.path()))
            };
            if !is_wanted {
                return Err(format!(
                    "it does not lead where the {} image's database of alternatives wants it",
                    of.side
                ));
            }
        }
        Ok(())
    }

    /// Groups differ by what packages that moved register, and nobody has chosen by hand.
    pub(super) fn alternatives_database(&self, row: &Row<'a>) -> Result<(), String> {
        let name = std::str::from_utf8(row.path().file_name()).map_err(|_| "its name is not text".to_owned())?;
        let mut groups: [Option<Group<'a>>; 2] = [None, None];
        for of in self.sides(row) {
            let group = Group::parse(name, of.text()?).ok_or_else(|| format!("the {} file is no group", of.side))?;
            groups[usize::from(of.side == "right")] = Some(group);
        }
        let [left, right] = &groups;
        let is_auto = |group: &Option<Group<'_>>| group.as_ref().is_none_or(|group| group.is_auto);
        let modes = (is_auto(left), is_auto(right));
        if modes.0 != modes.1 {
            return Err("the group is chosen by hand on one side only".to_owned());
        }
        for of in self.sides(row) {
            let (own, other) = if of.side == "left" { (left, right) } else { (right, left) };
            let Some(own) = own else { continue };
            for path in own.choices.keys() {
                let is_same = other.as_ref().is_some_and(|other| {
                    own.links.first() == other.links.first() && own.given(path) == other.given(path)
                });
                let is_sound = self.sound_file(of, path.as_bytes()).is_some();
                if !is_same && (!is_sound || self.moved_owner(of, path.as_bytes()).is_none()) {
                    let path = visible(path);
                    return Err(format!("no package that moved accounts for {path} in the {} group", of.side));
                }
            }
        }
        Ok(())
    }
}

/// Whether the link is in `/etc/alternatives` or leads there.
fn is_alternative(row: &Row<'_>) -> bool {
    let leads_there =
        |entry: &FileEntry| entry.link.as_deref().is_some_and(|link| link.starts_with(b"/etc/alternatives/"));
    row.path().as_bytes().starts_with(b"etc/alternatives/") || row.entries().all(leads_there)
}

/// Whether a path that the database writes is this one, links in its directories followed: `/bin/x` is `/usr/bin/x`.
fn is_same_place(of: Of<'_>, written: &ImagePath, path: &ImagePath) -> bool {
    let directory = written.parent().and_then(|directory| of.snapshot.image.tree.resolve(&directory));
    written == path
        || directory.and_then(|node| node.path.join(written.file_name()).ok()).is_some_and(|real| real == *path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of Debian 12.
    const PAGER: &str = "auto\n/usr/bin/pager\npager.1.gz\n/usr/share/man/man1/pager.1.gz\n\n/bin/more\n50\n/usr/share/man/man1/more.1.gz\n/usr/bin/less\n77\n\n\n";

    #[test]
    fn the_choice_of_the_highest_priority_counts_in_automatic_mode() {
        let group = Group::parse("pager", PAGER).unwrap();
        assert_eq!(group.chosen(), [["/usr/bin/less", ""]]);
        assert_eq!(group.links[1], ("pager.1.gz", "/usr/share/man/man1/pager.1.gz"));
        let manual = Group { is_auto: false, ..group };
        assert_eq!(manual.chosen().len(), 2);
    }

    #[test]
    fn a_link_that_another_choice_brings_changes_no_choice() {
        let alone = Group::parse("pager", "auto\n/usr/bin/pager\n\n/usr/bin/less\n77\n\n").unwrap();
        let both = Group::parse("pager", PAGER).unwrap();
        assert_eq!(alone.given("/usr/bin/less"), both.given("/usr/bin/less"));
        assert_ne!(alone.given("/bin/more"), both.given("/bin/more"));
    }

    #[test]
    fn what_is_no_group_is_refused() {
        for text in ["", "auto", "auto\n/usr/bin/x\n", "other\n/usr/bin/x\n\n", "auto\n/usr/bin/x\n\n/bin/x\nhigh\n"] {
            assert_eq!(Group::parse("x", text), None, "{text:?}");
        }
    }
}
