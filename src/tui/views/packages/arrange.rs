//! Which packages show and in which order: filter, search, sort, groups. Computed when one of them changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::compare::{DriftReport, PackageRow};
use crate::model::{Ecosystem, PackageMove};
use crate::tui::search::Finder;

/// What the order follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    Move,
    Growth,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// By position in [`Arrangement::groups`].
    Group(usize),
    /// By position in `report.packages`.
    Package { at: usize, indent: bool },
}

/// The binary packages of one source package.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub ecosystem: Ecosystem,
    /// Positions in `report.packages`.
    pub members: Vec<usize>,
    /// How its members moved; the most telling when they moved in several ways.
    pub change: Option<PackageMove>,
    /// The source's versions.
    pub left: Option<String>,
    pub right: Option<String>,
    pub left_size: u64,
    pub right_size: u64,
}

/// The settings and what follows from them.
#[derive(Debug, Default)]
pub struct Arrangement {
    /// Also packages that did not move.
    pub all: bool,
    pub grouped: bool,
    pub sort: Sort,
    pub groups: Vec<Group>,
    pub entries: Vec<Entry>,
    /// Per package the characters of its name that the search matched.
    pub hits: HashMap<usize, Vec<u32>>,
    open: HashSet<String>,
}

impl Sort {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Name => Self::Move,
            Self::Move => Self::Growth,
            Self::Growth => Self::Name,
        }
    }

    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Move => "by kind of move",
            Self::Growth => "by growth",
        }
    }
}

impl Entry {
    /// A package on its own.
    #[must_use]
    pub fn of(at: usize) -> Self {
        Self::Package { at, indent: false }
    }

    /// A number of its own, for the detail.
    #[must_use]
    pub fn subject(self) -> usize {
        match self {
            Self::Package { at, .. } => at * 2,
            Self::Group(at) => at * 2 + 1,
        }
    }
}

impl Arrangement {
    /// Makes the rows anew.
    pub fn update(&mut self, report: &DriftReport, search: &str) {
        self.hits.clear();
        let mut finder = (!search.is_empty()).then(|| Finder::new(search, false));
        let mut shown = Vec::new();
        for (at, row) in report.packages.iter().enumerate() {
            if !(self.all || row.change.is_some()) {
                continue;
            }
            match &mut finder {
                None => shown.push((0, at)),
                Some(finder) => {
                    if let Some((score, hits)) = matched(row, finder) {
                        self.hits.insert(at, hits);
                        shown.push((score, at));
                    }
                }
            }
        }
        let key = |(score, at): &(u32, usize)| {
            let row = report.packages.get(*at);
            let sorted = match self.sort {
                Sort::Name => 0,
                Sort::Move => row.map_or(u64::MAX, |row| urgency(row.change)),
                Sort::Growth => row.map_or(u64::MAX, |row| u64::MAX - growth(row)),
            };
            (Reverse(*score), sorted, *at)
        };
        shown.sort_by_key(key);
        let shown: Vec<usize> = shown.into_iter().map(|(_, at)| at).collect();
        self.entries =
            if self.grouped { self.group(report, &shown) } else { shown.into_iter().map(Entry::of).collect() };
    }

    /// Where an entry stands, groups and indents aside for packages.
    #[must_use]
    pub fn position(&self, wanted: Entry) -> Option<usize> {
        self.entries.iter().position(|entry| match (entry, wanted) {
            (Entry::Package { at, .. }, Entry::Package { at: wanted, .. }) => *at == wanted,
            (entry, wanted) => *entry == wanted,
        })
    }

    /// The group that `entry` is or belongs to.
    #[must_use]
    pub fn group_of(&self, entry: Entry) -> Option<usize> {
        match entry {
            Entry::Group(group) => Some(group),
            Entry::Package { at, indent: true } => self.groups.iter().position(|group| group.members.contains(&at)),
            Entry::Package { .. } => None,
        }
    }

    #[must_use]
    pub fn is_open(&self, group: usize) -> bool {
        self.groups.get(group).is_some_and(|group| self.open.contains(&group.name))
    }

    pub fn toggle(&mut self, group: usize) {
        if let Some(group) = self.groups.get(group)
            && !self.open.remove(&group.name)
        {
            self.open.insert(group.name.clone());
        }
    }

    /// Groups in the order of their first members; a source with one package is that package.
    fn group(&mut self, report: &DriftReport, shown: &[usize]) -> Vec<Entry> {
        let mut members: BTreeMap<(Ecosystem, &str), Vec<usize>> = BTreeMap::new();
        for at in shown {
            if let Some(source) = report.packages.get(*at).and_then(source) {
                members.entry(source).or_default().push(*at);
            }
        }
        self.groups.clear();
        let mut entries = Vec::new();
        for at in shown {
            let Some(source) = report.packages.get(*at).and_then(source) else { continue };
            let Some(group) = members.remove(&source) else { continue };
            if let [only] = group.as_slice() {
                entries.push(Entry::of(*only));
                continue;
            }
            let (ecosystem, name) = source;
            entries.push(Entry::Group(self.groups.len()));
            if self.open.contains(name) {
                entries.extend(group.iter().map(|at| Entry::Package { at: *at, indent: true }));
            }
            self.groups.push(summed(report, ecosystem, name, group));
        }
        entries
    }
}

fn matched(row: &PackageRow, finder: &mut Finder) -> Option<(u32, Vec<u32>)> {
    let package = row.either()?;
    if let Some(score) = finder.score(&package.name) {
        return Some((score, finder.hits(&package.name)));
    }
    let source = package.source.as_ref()?;
    // A match in the source package alone counts less than one in the name.
    finder.score(&source.name).map(|score| (score / 2, Vec::new()))
}

fn source(row: &PackageRow) -> Option<(Ecosystem, &str)> {
    let package = row.either()?;
    let name = package.source.as_ref().map_or(package.name.as_str(), |source| source.name.as_str());
    Some((package.ecosystem, name))
}

fn summed(report: &DriftReport, ecosystem: Ecosystem, name: &str, members: Vec<usize>) -> Group {
    let mut group = Group {
        name: name.to_owned(),
        ecosystem,
        members: Vec::new(),
        change: None,
        left: None,
        right: None,
        left_size: 0,
        right_size: 0,
    };
    for row in members.iter().filter_map(|at| report.packages.get(*at)) {
        if row.change.is_some() && (group.change.is_none() || urgency(row.change) < urgency(group.change)) {
            group.change = row.change;
        }
        for (package, version, size) in
            [(&row.left, &mut group.left, &mut group.left_size), (&row.right, &mut group.right, &mut group.right_size)]
        {
            if let Some(package) = package {
                *size += package.size;
                let source = package.source.as_ref().map_or(&package.version, |source| &source.version);
                version.get_or_insert_with(|| source.clone());
            }
        }
    }
    group.members = members;
    group
}

/// What deserves a look before what; smaller first.
#[must_use]
pub fn urgency(change: Option<PackageMove>) -> u64 {
    match change {
        Some(PackageMove::Downgraded) => 0,
        Some(PackageMove::Removed) => 1,
        Some(PackageMove::Added) => 2,
        Some(PackageMove::Upgraded) => 3,
        Some(PackageMove::Rebuilt) => 4,
        None => 5,
    }
}

/// By how many bytes a package grew or shrank.
#[must_use]
pub fn growth(row: &PackageRow) -> u64 {
    let size =
        |package: &Option<std::sync::Arc<crate::model::Package>>| package.as_ref().map_or(0, |package| package.size);
    size(&row.left).abs_diff(size(&row.right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    fn names(arrangement: &Arrangement, report: &DriftReport) -> Vec<String> {
        let name = |entry: &Entry| match entry {
            Entry::Group(at) => format!("[{}]", arrangement.groups[*at].name),
            Entry::Package { at, .. } => report.packages[*at].either().unwrap().name.clone(),
        };
        arrangement.entries.iter().map(name).collect()
    }

    #[test]
    fn only_what_moved_shows_until_all_is_asked_for() {
        let report = fixture::report();
        let mut arrangement = Arrangement::default();
        arrangement.update(&report, "");
        assert_eq!(arrangement.entries.len(), 11);
        arrangement.all = true;
        arrangement.update(&report, "");
        assert_eq!(arrangement.entries.len(), report.packages.len());
    }

    #[test]
    fn packages_of_one_source_fold_into_one_row() {
        let report = fixture::report();
        let mut arrangement = Arrangement { grouped: true, ..Arrangement::default() };
        arrangement.update(&report, "ssl");
        assert_eq!(names(&arrangement, &report), ["[openssl]"]);
        arrangement.toggle(0);
        arrangement.update(&report, "ssl");
        assert_eq!(names(&arrangement, &report), ["[openssl]", "libssl3", "openssl"]);
        let group = &arrangement.groups[0];
        assert_eq!((group.left.as_deref(), group.change), (Some("3.0.13-1~deb12u1"), Some(PackageMove::Upgraded)));
    }

    #[test]
    fn the_kind_of_move_sorts_what_deserves_a_look_first() {
        let report = fixture::report();
        let mut arrangement = Arrangement { sort: Sort::Move, ..Arrangement::default() };
        arrangement.update(&report, "");
        assert_eq!(names(&arrangement, &report)[..2], ["protobuf", "libxml2"]);
    }

    #[test]
    fn a_search_finds_names_and_says_which_letters() {
        let report = fixture::report();
        let mut arrangement = Arrangement::default();
        arrangement.update(&report, "flask");
        assert_eq!(names(&arrangement, &report), ["Flask"]);
        assert_eq!(arrangement.hits.values().next(), Some(&vec![0, 1, 2, 3, 4]));
    }
}
