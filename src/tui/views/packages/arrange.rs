//! Which packages show and in which order: filter, search, sort, groups. Computed when one of them changes.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::filter::Filter;
use super::version::Step;
use crate::compare::{DriftReport, PackageRow};
use crate::model::{Ecosystem, Package, PackageMove};
use crate::tui::overlay::{Choice, Menu};
use crate::tui::search::Finder;

/// A column of the table, which can give the order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    #[default]
    Name,
    /// What deserves a look first.
    Move,
    Step,
    Ecosystem,
    Left,
    Right,
    Size,
    /// By how much it grew or shrank.
    Delta,
    Layer,
}

/// What the order follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub reversed: bool,
}

/// A column with its name, its key in the menu and what it is called there.
type Named = (Column, &'static str, char, &'static str);

/// The columns of one image on its own, which has no sides and no moves.
const COLUMNS_ALONE: [Named; 5] = [
    (Column::Name, "name", 'n', "name"),
    (Column::Ecosystem, "ecosystem", 'e', "ecosystem"),
    (Column::Right, "version", 'v', "version"),
    (Column::Size, "size", 'z', "size: largest first"),
    (Column::Layer, "layer", 'y', "layer"),
];

/// All columns with their names, their keys in the menu and what they are called there.
const COLUMNS: [Named; 9] = [
    (Column::Name, "name", 'n', "name"),
    (Column::Move, "kind of move", 'm', "kind of move: downgrades first"),
    (Column::Step, "step", 't', "size of the step: epoch and major first"),
    (Column::Ecosystem, "ecosystem", 'e', "ecosystem"),
    (Column::Left, "left version", 'l', "left version"),
    (Column::Right, "right version", 'r', "right version"),
    (Column::Size, "size", 'z', "size: largest first"),
    (Column::Delta, "growth", 'd', "growth: most first"),
    (Column::Layer, "layer", 'y', "layer"),
];

fn columns(alone: bool) -> &'static [Named] {
    if alone { &COLUMNS_ALONE } else { &COLUMNS }
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
    pub filter: Filter,
    pub grouped: bool,
    pub sort: Sort,
    pub groups: Vec<Group>,
    pub entries: Vec<Entry>,
    /// Per package the characters of its name that the search matched.
    pub hits: HashMap<usize, Vec<u32>>,
    /// How often the rows were made; the same number of a group can mean another one since.
    pub revision: u64,
    open: HashSet<String>,
}

/// Rows stand by name already, so that nothing but turning them round is left to do.
const REVERSED_NAME: Sort = Sort { column: Column::Name, reversed: true };

impl Sort {
    /// The columns to choose from; the one that is picked can be turned round.
    #[must_use]
    pub fn menu(self, alone: bool) -> Menu {
        let choice = |(column, _, key, words): &Named| {
            let picked = *column == self.column;
            let detail = if picked { "again: the other way round" } else { "" };
            Choice::pick(*key, *words, detail, picked)
        };
        Menu { title: "Sort by", choices: columns(alone).iter().map(choice).collect() }
    }

    /// Takes the choice at this position of the menu.
    #[must_use]
    pub fn choose(self, choice: usize, alone: bool) -> Self {
        columns(alone).get(choice).map_or(self, |(column, ..)| self.by(*column))
    }

    /// The order by a column; the other way round when it is that already.
    #[must_use]
    pub fn by(self, column: Column) -> Self {
        Self { column, reversed: column == self.column && !self.reversed }
    }

    /// "by growth", for the head of the table; nothing for the usual order.
    #[must_use]
    pub fn words(self, alone: bool) -> String {
        let column = columns(alone).iter().find(|(column, ..)| *column == self.column);
        let name = column.map_or("", |(_, name, ..)| *name);
        match (self.column, self.reversed) {
            (Column::Name, false) => String::new(),
            (_, false) => format!(", by {name}"),
            (_, true) => format!(", by {name} reversed"),
        }
    }

    fn compare(self, left: &PackageRow, right: &PackageRow) -> Ordering {
        let version = |side: &Option<Arc<Package>>| side.as_ref().map(|package| package.version.clone());
        let size = |row: &PackageRow| row.either().map_or(0, |package| package.size);
        let order = match self.column {
            Column::Name => Ordering::Equal,
            Column::Move => urgency(left.change).cmp(&urgency(right.change)),
            Column::Step => {
                let step = |row: &PackageRow| Step::of(row).map_or(u8::MAX, |step| step as u8);
                step(left).cmp(&step(right))
            }
            Column::Ecosystem => {
                let ecosystem = |row: &PackageRow| row.either().map(|package| package.ecosystem);
                ecosystem(left).cmp(&ecosystem(right))
            }
            Column::Left => version(&left.left).cmp(&version(&right.left)),
            Column::Right => version(&left.right).cmp(&version(&right.right)),
            Column::Size => size(right).cmp(&size(left)),
            Column::Delta => growth(right).cmp(&growth(left)),
            Column::Layer => {
                let layer = |row: &PackageRow| row.either().map(|package| package.layer);
                layer(left).cmp(&layer(right))
            }
        };
        if self.reversed { order.reverse() } else { order }
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
        self.revision += 1;
        self.hits.clear();
        let mut finder = (!search.is_empty()).then(|| Finder::new(search, false));
        let mut shown = Vec::new();
        for (at, row) in report.packages.iter().enumerate() {
            if !self.filter.has(row) {
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
        let order = |(left_score, left): &(u32, usize), (right_score, right): &(u32, usize)| {
            let sorted = match (report.packages.get(*left), report.packages.get(*right)) {
                (Some(left), Some(right)) => self.sort.compare(left, right),
                _ => Ordering::Equal,
            };
            let by_name = if self.sort == REVERSED_NAME { right.cmp(left) } else { left.cmp(right) };
            right_score.cmp(left_score).then(sorted).then(by_name)
        };
        shown.sort_by(order);
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

    /// What a group is known by when the rows are made anew.
    #[must_use]
    pub fn source(&self, entry: Entry) -> Option<(Ecosystem, String)> {
        match entry {
            Entry::Group(at) => self.groups.get(at).map(|group| (group.ecosystem, group.name.clone())),
            Entry::Package { .. } => None,
        }
    }

    /// Where the group of this source stands.
    #[must_use]
    pub fn position_of_source(&self, (ecosystem, name): &(Ecosystem, String)) -> Option<usize> {
        let group = self.groups.iter().position(|group| group.ecosystem == *ecosystem && group.name == *name)?;
        self.position(Entry::Group(group))
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
    let (left, right) = row.sizes();
    left.abs_diff(right)
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
        arrangement.filter.unmoved = true;
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
        let mut arrangement = Arrangement { sort: Sort::default().by(Column::Move), ..Arrangement::default() };
        arrangement.update(&report, "");
        assert_eq!(names(&arrangement, &report)[..2], ["protobuf", "libxml2"]);
    }

    #[test]
    fn every_column_sorts_both_ways() {
        let report = fixture::report();
        for (choice, (column, ..)) in COLUMNS.iter().enumerate() {
            let sort = Sort { column: Column::Left, reversed: true }.choose(choice, false);
            let mut arrangement = Arrangement { sort, ..Arrangement::default() };
            arrangement.update(&report, "");
            let one_way = names(&arrangement, &report);
            arrangement.sort = arrangement.sort.by(*column);
            arrangement.update(&report, "");
            let other_way = names(&arrangement, &report);
            assert_ne!(one_way, other_way, "{column:?}");
            assert_eq!(one_way.len(), other_way.len());
        }
        let mut arrangement = Arrangement { sort: Sort::default().by(Column::Name), ..Arrangement::default() };
        arrangement.update(&report, "");
        let reversed = names(&arrangement, &report);
        arrangement.sort = Sort::default();
        arrangement.update(&report, "");
        assert!(names(&arrangement, &report).iter().eq(reversed.iter().rev()));
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
