//! Lock files of both sides: which entries came, went, moved, or have other hashes under the same version.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::model::{Ecosystem, Finding, LockEntry, LockFile, LockHash, LockManager, Severity, Side};
use crate::packages;

/// One lock file on both sides.
#[derive(Debug, Clone)]
pub struct LockRow {
    pub left: Option<Arc<LockFile>>,
    pub right: Option<Arc<LockFile>>,
    /// All entries of both sides, changed or not: the loud ones first, then by ecosystem and name.
    pub entries: Vec<LockEntryRow>,
}

/// One entry of a lock file on both sides.
#[derive(Debug, Clone)]
pub struct LockEntryRow {
    pub left: Option<LockEntry>,
    pub right: Option<LockEntry>,
    /// `None` when it did not change.
    pub change: Option<LockChange>,
}

/// How an entry changed, the most alarming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockChange {
    /// The same version with another hash for the same file, or with hashes taken away and others given.
    Rehashed,
    /// It has no hashes any more.
    HashesLost,
    Downgraded,
    Removed,
    Added,
    Upgraded,
    /// Another origin, or another range of versions.
    Moved,
    HashesGained,
    /// The same version with hashes of more or fewer files.
    Files,
    /// Needed under another condition.
    Condition,
}

impl LockChange {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rehashed => "rehashed",
            Self::HashesLost => "hashes lost",
            Self::Downgraded => "downgraded",
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Upgraded => "upgraded",
            Self::Moved => "moved",
            Self::HashesGained => "hashes gained",
            Self::Files => "other files",
            Self::Condition => "other condition",
        }
    }

    /// Whether it asks for a reader: what is installed under the same version may be other bytes, or nobody would notice.
    #[must_use]
    pub fn is_loud(self) -> bool {
        matches!(self, Self::Rehashed | Self::HashesLost)
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Rehashed | Self::HashesLost => '!',
            Self::Downgraded => 'v',
            Self::Removed => '-',
            Self::Added => '+',
            Self::Upgraded => '^',
            Self::Moved | Self::HashesGained | Self::Files | Self::Condition => '~',
        }
    }
}

impl LockRow {
    /// The side that exists, the right one first.
    #[must_use]
    pub fn either(&self) -> Option<&Arc<LockFile>> {
        self.right.as_ref().or(self.left.as_ref())
    }

    /// The entries that changed, and how.
    pub fn changes(&self) -> impl Iterator<Item = (LockChange, &LockEntryRow)> {
        self.entries.iter().filter_map(|row| Some((row.change?, row)))
    }

    /// What became of the file: `added`, `removed`, `changed`, `same`.
    #[must_use]
    pub fn change(&self) -> &'static str {
        match (&self.left, &self.right) {
            (None, _) => "added",
            (_, None) => "removed",
            _ if self.changes().next().is_some() => "changed",
            _ => "same",
        }
    }

    /// Its path; of a file that moved both.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) if left.path != right.path => format!("{} → {}", left.path, right.path),
            (left, right) => right.as_ref().or(left.as_ref()).map(|file| file.path.to_string()).unwrap_or_default(),
        }
    }

    /// `2 upgraded, 1 added of 40 entries`.
    #[must_use]
    pub fn summary(&self) -> String {
        let all = self.either().map_or(0, |file| file.entries.len());
        let entries = if all == 1 { "entry" } else { "entries" };
        let mut counts: BTreeMap<LockChange, usize> = BTreeMap::new();
        for (change, _) in self.changes() {
            *counts.entry(change).or_default() += 1;
        }
        match self.change() {
            "changed" => {
                let words: Vec<_> =
                    counts.iter().map(|(change, count)| format!("{count} {}", change.as_str())).collect();
                format!("{} of {all} {entries}", words.join(", "))
            }
            change => format!("{change}, {all} {entries}"),
        }
    }
}

impl LockEntryRow {
    /// The side that exists, the right one first.
    #[must_use]
    pub fn either(&self) -> Option<&LockEntry> {
        self.right.as_ref().or(self.left.as_ref())
    }

    /// What each side asks for, with the number of hashes or the condition where only that tells the two apart.
    #[must_use]
    pub fn sides(&self) -> [Option<String>; 2] {
        let told = |entry: &Option<LockEntry>| {
            let entry = entry.as_ref()?;
            Some(match self.change {
                Some(LockChange::Condition) => entry.condition().unwrap_or_else(|| "always".to_owned()),
                Some(LockChange::HashesLost | LockChange::HashesGained | LockChange::Files) => {
                    let hashes = if entry.hashes.len() == 1 { "hash" } else { "hashes" };
                    format!("{} with {} {hashes}", entry.wanted(), entry.hashes.len())
                }
                _ => entry.wanted(),
            })
        };
        [told(&self.left), told(&self.right)]
    }

    /// The hashes that the left side has and the right side lacks.
    pub fn hashes_gone(&self) -> impl Iterator<Item = &LockHash> {
        missing(hashes(self.left.as_ref()), hashes(self.right.as_ref())).into_iter()
    }

    /// The hashes that the right side has and the left side lacks.
    pub fn hashes_new(&self) -> impl Iterator<Item = &LockHash> {
        missing(hashes(self.right.as_ref()), hashes(self.left.as_ref())).into_iter()
    }
}

fn hashes(side: Option<&LockEntry>) -> &[LockHash] {
    side.map(|entry| entry.hashes.as_slice()).unwrap_or_default()
}

type FilePair<'a> = (Option<&'a Arc<LockFile>>, Option<&'a Arc<LockFile>>);

/// The lock files of both sides: those at the same path together, and of the rest those of one format and name when that
/// leaves no doubt.
pub(crate) fn rows(left: &[Arc<LockFile>], right: &[Arc<LockFile>]) -> Vec<LockRow> {
    let by_path: HashMap<_, _> = left.iter().map(|file| (&file.path, file)).collect();
    let (mut pairs, mut rights): (Vec<FilePair<'_>>, Vec<_>) = (Vec::new(), Vec::new());
    for file in right {
        match by_path.get(&file.path) {
            Some(before) => pairs.push((Some(before), Some(file))),
            None => rights.push(file),
        }
    }
    let there: BTreeSet<_> = right.iter().map(|file| &file.path).collect();
    let mut lefts: Vec<_> = left.iter().filter(|file| !there.contains(&file.path)).collect();
    let kind = |file: &LockFile| (file.format, file.path.file_name().to_vec());
    for file in &rights {
        let is_only = rights.iter().filter(|other| kind(other) == kind(file)).count() == 1;
        let mut matching = lefts.iter().enumerate().filter(|(_, other)| kind(other) == kind(file)).map(|(at, _)| at);
        match (matching.next(), matching.next()) {
            (Some(at), None) if is_only => pairs.push((Some(lefts.remove(at)), Some(file))),
            _ => pairs.push((None, Some(file))),
        }
    }
    pairs.extend(lefts.into_iter().map(|file| (Some(file), None)));
    pairs.sort_by_key(|(left, right)| right.or(*left).map(|file| &file.path));
    pairs.into_iter().map(|(left, right)| row(left, right)).collect()
}

fn row(left: Option<&Arc<LockFile>>, right: Option<&Arc<LockFile>>) -> LockRow {
    let entries = |file: Option<&Arc<LockFile>>| file.map(|file| file.entries.clone()).unwrap_or_default();
    let mut rows: Vec<LockEntryRow> = pair(entries(left), entries(right))
        .into_iter()
        .map(|(left, right)| LockEntryRow { change: change(left.as_ref(), right.as_ref()), left, right })
        .collect();
    rows.sort_by(|a, b| {
        let rank = |row: &LockEntryRow| !row.change.is_some_and(LockChange::is_loud);
        let name = |row: &LockEntryRow| row.either().map(|entry| (entry.manager, entry.key.clone()));
        rank(a).cmp(&rank(b)).then_with(|| name(a).cmp(&name(b)))
    });
    LockRow { left: left.cloned(), right: right.cloned(), entries: rows }
}

type Slot<'a> = (LockManager, &'a str, Option<&'a str>, Option<String>);

/// Entries of one name by the strictest rule that holds: the same version and condition, the same condition, any.
fn pair(mut left: Vec<LockEntry>, mut right: Vec<LockEntry>) -> Vec<(Option<LockEntry>, Option<LockEntry>)> {
    let rules: [fn(&LockEntry) -> Slot<'_>; 3] = [
        |entry| (entry.manager, &entry.key, entry.version.as_deref(), entry.condition()),
        |entry| (entry.manager, &entry.key, None, entry.condition()),
        |entry| (entry.manager, &entry.key, None, None),
    ];
    let mut pairs = Vec::new();
    for slot in rules {
        let mut waiting: HashMap<Slot<'_>, VecDeque<usize>> = HashMap::new();
        for (at, entry) in left.iter().enumerate() {
            waiting.entry(slot(entry)).or_default().push_back(at);
        }
        let partners: Vec<Option<usize>> =
            right.iter().map(|entry| waiting.get_mut(&slot(entry)).and_then(VecDeque::pop_front)).collect();
        drop(waiting);
        let mut lefts: Vec<Option<LockEntry>> = left.into_iter().map(Some).collect();
        let mut rest = Vec::new();
        for (entry, partner) in right.into_iter().zip(partners) {
            match partner.and_then(|at| lefts.get_mut(at)?.take()) {
                Some(before) => pairs.push((Some(before), Some(entry))),
                None => rest.push(entry),
            }
        }
        (left, right) = (lefts.into_iter().flatten().collect(), rest);
    }
    pairs.extend(left.into_iter().map(|entry| (Some(entry), None)));
    pairs.extend(right.into_iter().map(|entry| (None, Some(entry))));
    pairs
}

fn change(left: Option<&LockEntry>, right: Option<&LockEntry>) -> Option<LockChange> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (None, _) => return Some(LockChange::Added),
        (_, None) => return Some(LockChange::Removed),
    };
    if let (Some(before), Some(now)) = (&left.version, &right.version)
        && before != now
    {
        // How conda orders its versions is close enough to tell a direction.
        return Some(match packages::compare_versions(Ecosystem::Pypi, before, now) {
            std::cmp::Ordering::Greater => LockChange::Downgraded,
            _ => LockChange::Upgraded,
        });
    }
    if (&left.version, &left.specifier, &left.origin) != (&right.version, &right.specifier, &right.origin) {
        return Some(LockChange::Moved);
    }
    match (left.hashes.is_empty(), right.hashes.is_empty()) {
        (false, true) => return Some(LockChange::HashesLost),
        (true, false) => return Some(LockChange::HashesGained),
        _ if is_rehashed(&left.hashes, &right.hashes) => return Some(LockChange::Rehashed),
        _ if left.hashes != right.hashes => return Some(LockChange::Files),
        _ => {}
    }
    (left.condition() != right.condition()).then_some(LockChange::Condition)
}

/// Whether what is installed under the same version may be other bytes: a file of the same name has another hash; or,
/// where names are not told, hashes went and others came. A release that only gained or lost files is none.
fn is_rehashed(left: &[LockHash], right: &[LockHash]) -> bool {
    let names = |hashes: &[LockHash]| hashes.iter().all(|hash| hash.file.is_some());
    let (gone, come) = (missing(left, right), missing(right, left));
    if !(names(left) && names(right)) {
        // A hash of another algorithm says nothing of the one before.
        return gone.iter().any(|gone| come.iter().any(|come| come.algorithm() == gone.algorithm()));
    }
    let replaced: BTreeSet<_> = come.iter().map(|hash| (&hash.file, hash.algorithm())).collect();
    gone.iter().any(|hash| replaced.contains(&(&hash.file, hash.algorithm())))
}

/// The hashes of `some` that `others` lack, whatever file they are of where only one side tells.
fn missing<'a>(some: &'a [LockHash], others: &[LockHash]) -> Vec<&'a LockHash> {
    let known: BTreeSet<&str> = others.iter().map(|hash| hash.hash.as_str()).collect();
    some.iter().filter(|hash| !known.contains(hash.hash.as_str())).collect()
}

/// An alarm for each version that is locked with other bytes than before.
pub(super) fn findings(rows: &[LockRow]) -> impl Iterator<Item = Finding> {
    let changes = rows.iter().flat_map(|row| row.changes().map(move |(change, entry)| (row, change, entry)));
    changes.filter_map(|(row, change, changed)| {
        let entry = changed.either().filter(|_| change == LockChange::Rehashed)?;
        let message = format!(
            "locked at {} with other hashes in {}: what was published under that version is not what it was",
            entry.wanted(),
            row.place()
        );
        let finding = Finding::new("lock-rehashed", Severity::Alarm, entry.label(), message)
            .fix("find out who replaced the files; if nobody knows, keep the hashes from before")
            .at(row.either().map(|file| &file.path));
        Some(Finding { side: Side::Right, ..finding })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{DriftReport, compare};
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    fn drift(left: &[(&str, &str)], right: &[(&str, &str)]) -> DriftReport {
        let image = |files: &[(&str, &str)]| {
            let mut image = TestImage::new();
            for (path, text) in files {
                image.write(path, text.as_bytes());
            }
            image.snapshot()
        };
        compare(&image(left), &image(right), Rules::built_in())
    }

    /// The changed entries of the only lock file.
    fn changes(left: &str, right: &str) -> Vec<String> {
        let name = "app/requirements.txt";
        let report = drift(&[(name, left)], &[(name, right)]);
        let told =
            |(change, row): (LockChange, &LockEntryRow)| format!("{} {}", row.either().unwrap().name, change.as_str());
        report.locks[0].changes().map(told).collect()
    }

    #[test]
    fn what_became_of_each_entry_is_told() {
        let left = "a==1\nb==2\nc==1\nd>=1\ne @ https://host/e.zip\nf==1 --hash=sha256:00\ng==1\nh==1 ; os_name == 'nt'\nsame==1\n";
        let right = "a==1.1\nb==1.9\nn==1\nd>=2\ne @ https://host/e2.zip\nf==1\ng==1 --hash=sha256:00\nh==1\nsame==1\n";
        assert_eq!(
            changes(left, right),
            [
                "f hashes lost",
                "a upgraded",
                "b downgraded",
                "c removed",
                "d moved",
                "e moved",
                "g hashes gained",
                "h other condition",
                "n added"
            ]
        );
    }

    #[test]
    fn other_hashes_at_the_same_version_are_an_alarm() {
        let locked = |hashes: &[&str]| {
            format!(
                "a==1 {}\n",
                hashes.iter().map(|hash| format!("--hash=sha256:{hash} ")).collect::<Vec<_>>().concat()
            )
        };
        let told = |left: &[&str], right: &[&str]| changes(&locked(left), &locked(right));
        assert_eq!(told(&["00", "11"], &["00", "22"]), ["a rehashed"]);
        assert_eq!(told(&["00"], &["00", "11"]), ["a other files"], "a wheel that was published later");
        assert_eq!(told(&["00", "11"], &["00"]), ["a other files"]);
        assert_eq!(told(&["00", "11"], &["11", "00"]), [""; 0]);
        assert_eq!(changes("a==1 --hash=sha256:00\n", "a==1 --hash=sha512:11\n"), ["a other files"]);
        let poetry = |file: &str, hash: &str| {
            format!(
                "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{{file = \"{file}\", hash = \"sha256:{hash}\"}}]\n"
            )
        };
        let of = |left: &str, right: &str| {
            let report = drift(&[("poetry.lock", left)], &[("poetry.lock", right)]);
            let alarms = report.findings.iter().filter(|finding| finding.check == "lock-rehashed");
            let alarms: Vec<_> = alarms.map(|finding| (finding.severity, finding.subject.clone())).collect();
            (report.locks[0].entries[0].change, alarms)
        };
        let alarm = vec![(Severity::Alarm, "pypi:a".to_owned())];
        assert_eq!(of(&poetry("a.whl", "00"), &poetry("a.whl", "11")), (Some(LockChange::Rehashed), alarm));
        assert_eq!(of(&poetry("a.whl", "00"), &poetry("a.tar.gz", "11")), (Some(LockChange::Files), vec![]));
    }

    #[test]
    fn files_pair_by_path_and_by_name_when_that_leaves_no_doubt() {
        let place = |left: &[(&str, &str)], right: &[(&str, &str)]| {
            drift(left, right).locks.iter().map(|row| format!("{} {}", row.place(), row.change())).collect::<Vec<_>>()
        };
        let (old, new) = (("srv/requirements.txt", "a==1\n"), ("app/requirements.txt", "a==1\n"));
        assert_eq!(place(&[old], &[new]), ["/srv/requirements.txt → /app/requirements.txt same"]);
        assert_eq!(place(&[old, new], &[new]), ["/app/requirements.txt same", "/srv/requirements.txt removed"]);
        let other = ("opt/requirements.txt", "a==2\n");
        assert_eq!(
            place(&[old], &[new, other]),
            ["/app/requirements.txt added", "/opt/requirements.txt added", "/srv/requirements.txt removed",]
        );
    }

    #[test]
    fn entries_of_one_name_pair_by_their_condition() {
        let old = "u==1 ; python_version < '3.10'\nu==2 ; python_version >= '3.10'\n";
        let new = "u==2.1 ; python_version >= '3.10'\nu==1 ; python_version < '3.10'\n";
        assert_eq!(changes(old, new), ["u upgraded"]);
    }
}
