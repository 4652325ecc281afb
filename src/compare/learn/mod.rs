//! What two builds of one Dockerfile differ in and nothing accounts for, made into rules for that project.

mod kinds;
mod names;
mod places;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use self::kinds::{FileKind, HEAD};
pub use self::text::{Learning, write};

use super::layers::instruction;
use super::{BaseRelation, DriftReport, FileRow};
use crate::model::{Confidence, Explanation, FileEntry, Kind, text::visible};

/// Globs that one file of learnt rules may hold; more is no list that a person could read.
const MOST_GLOBS: usize = 1_000;

/// The paths that can be learnt, and those that cannot.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Positions in the report's files, ascending.
    pub rows: Vec<usize>,
    pub not_learnt: Vec<NotLearnt>,
}

/// A path that differs and that no rule is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLearnt {
    /// The position in the report's files.
    pub row: usize,
    pub why: String,
}

/// One rule for this project.
#[derive(Debug, PartialEq, Eq)]
pub struct LearntRule {
    pub name: String,
    /// Globs, absolute.
    pub paths: Vec<String>,
    /// Whether some of the files may be executed.
    pub executable: bool,
    pub cause: &'static str,
    pub fix: Option<&'static str>,
    /// The instruction that wrote them.
    pub instruction: Option<String>,
    /// Positions in the report's files.
    pub rows: Vec<usize>,
}

/// Why the two are no builds of the same inputs, as far as can be seen; `None` when they may be.
#[must_use]
pub fn other_inputs(report: &DriftReport) -> Option<String> {
    if report.left.platform != report.right.platform {
        return Some(format!("not the same platform: {} and {}", report.left.platform, report.right.platform));
    }
    match report.moved(None) {
        0 => {}
        1 => return Some("not the same inputs: 1 package moved".to_owned()),
        moved => return Some(format!("not the same inputs: {moved} packages moved")),
    }
    let bases = [&report.left, &report.right].map(|facts| facts.base.as_ref());
    // Where the base ends is a rule of thumb for many images: no reason to refuse.
    let is_guess = bases.iter().flatten().any(|base| base.layers_confidence == Some(Confidence::Low));
    if report.base.relation == BaseRelation::Moved && !is_guess {
        return Some(format!("not the same inputs: {}", report.base.sentence));
    }
    let mut other = report.history.iter().filter(|row| !row.same);
    let first = other.next()?;
    let entry = first.right.as_ref().or(first.left.as_ref());
    let words = instruction(entry.and_then(|entry| entry.created_by.as_deref()));
    let more = match other.count() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!("not builds of one Dockerfile: only one of them ran {words:?}{more}"))
}

/// Every path that a person must read, under what can and what cannot be learnt. With `forced`, what was copied in is
/// learnt too. `refuted` are rows that a rule was made for and that it did not explain.
#[must_use]
pub fn candidates(report: &DriftReport, forced: bool, refuted: &BTreeSet<usize>) -> Candidates {
    let mut found = Candidates::default();
    for (at, row) in report.files.rows.iter().enumerate() {
        let Some(drift) = &row.drift else { continue };
        let to_read = matches!(drift.explanation, Explanation::SameVersion | Explanation::Unexplained);
        if !to_read || holds_others(report, at) {
            continue;
        }
        let why = if refuted.contains(&at) {
            Some(format!("a check outweighs any rule: {}", drift.detail))
        } else {
            objection(report, row).or_else(|| copied(report, row).filter(|_| !forced)).map(str::to_owned)
        };
        match why {
            Some(why) => found.not_learnt.push(NotLearnt { row: at, why }),
            None => found.rows.push(at),
        }
    }
    found
}

/// Whether the row is a directory that something is in: what is in it speaks for it.
fn holds_others(report: &DriftReport, at: usize) -> bool {
    let rows = &report.files.rows;
    match (rows.get(at), rows.get(at + 1)) {
        (Some(row), Some(next)) => next.path.is_under(&row.path),
        _ => false,
    }
}

/// What speaks against a rule for the path.
fn objection(report: &DriftReport, row: &FileRow) -> Option<&'static str> {
    let drift = row.drift.as_ref()?;
    let entries: Vec<&FileEntry> = row.sides().map(|file| &*file.entry).collect();
    if drift.explanation == Explanation::SameVersion {
        Some("an alarm: its package did not move")
    } else if drift.owner.is_some() || is_owned(report, row) {
        Some("a package's: its record has to account for it, not a rule")
    } else if entries.iter().any(|entry| entry.is_privileged()) {
        Some("it grants privileges (setuid, setgid or capabilities)")
    } else if entries.iter().any(|entry| !matches!(entry.kind, Kind::File | Kind::Directory)) {
        Some("a link or a device: rules speak of files")
    } else if entries.windows(2).any(|sides| matches!(sides, [left, right] if left.kind != right.kind)) {
        Some("a directory on one side, a file on the other")
    } else if entries.windows(2).any(|sides| matches!(sides, [left, right] if !left.same_metadata(right))) {
        Some("its mode or owner differs too: rules speak of bytes")
    } else {
        None
    }
}

fn is_owned(report: &DriftReport, row: &FileRow) -> bool {
    let packages = report.packages.iter().flat_map(|packages| packages.left.iter().chain(&packages.right));
    let owns = |files: &[crate::model::OwnedFile]| files.binary_search_by(|file| file.path.cmp(&row.path)).is_ok();
    packages.into_iter().any(|package| owns(&package.files))
}

/// Whether the file was copied in from beside the Dockerfile: then the two builds had other sources. A source that starts
/// with a slash may be another stage's.
fn copied(report: &DriftReport, row: &FileRow) -> Option<&'static str> {
    let instruction = made_by(report, row)?;
    let mut words = instruction.split_whitespace();
    matches!(words.next(), Some("COPY" | "ADD")).then_some(())?;
    let arguments: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
    let (_, sources) = arguments.split_last()?;
    let from_context = !sources.is_empty() && sources.iter().any(|source| !source.starts_with('/'));
    from_context.then_some("copied in: the two builds had other sources")
}

/// The instruction that wrote the file, the right image's where both have one.
fn made_by(report: &DriftReport, row: &FileRow) -> Option<String> {
    let (facts, file) = match (&row.right, &row.left) {
        (Some(file), _) => (&report.right, file),
        (None, Some(file)) => (&report.left, file),
        (None, None) => return None,
    };
    let created_by = facts.layers.get(file.layer as usize)?.created_by.as_deref()?;
    Some(visible(&instruction(Some(created_by))).into_owned()).filter(|words| !words.is_empty())
}

/// Rules for the candidates; `kinds` tells what stands in a file. Private keys are left out: they are returned as not
/// learnt.
///
/// # Errors
/// When the paths have too little in common to be named by rules.
pub fn rules(
    report: &DriftReport,
    candidates: &Candidates,
    kinds: &BTreeMap<usize, &'static FileKind>,
) -> Result<(Vec<LearntRule>, Vec<NotLearnt>), String> {
    let kind = |row: usize| kinds.get(&row).copied();
    let is_key = |row: &usize| kind(*row).is_some_and(|kind| kind.name == kinds::KEY.name);
    let (keys, rows): (Vec<usize>, Vec<usize>) = candidates.rows.iter().partition(|row| is_key(row));
    let why = "a private key that the build made: delete it, and make it when the container starts";
    let keys = keys.into_iter().map(|row| NotLearnt { row, why: why.to_owned() }).collect();
    let places = places::places(report, &rows);
    if places.len() > MOST_GLOBS {
        return Err(format!(
            "{} paths differ in {} places: more than rules can be made for ({MOST_GLOBS})",
            rows.len(),
            places.len()
        ));
    }
    let mut grouped: BTreeMap<_, (Vec<places::Place>, &'static FileKind)> = BTreeMap::new();
    for place in places {
        let files = || place.rows.iter().filter_map(|row| report.files.rows.get(*row));
        let executable = files().any(|row| row.sides().any(|file| file.entry.is_executable()));
        let made_by = files().next().and_then(|row| made_by(report, row));
        let first = place.rows.first().copied().unwrap_or_default();
        let path = files().next().map(|row| &row.path);
        let Some(kind) = kind(first).or_else(|| path.map(|path| FileKind::of(path, &[]))) else { continue };
        grouped.entry((made_by, kind.name, executable)).or_insert_with(|| (Vec::new(), kind)).0.push(place);
    }
    let mut taken = HashSet::new();
    let rule =
        |((instruction, _, executable), (places, kind)): ((_, _, _), (Vec<places::Place>, &'static FileKind))| {
            let name = name(&places, kind, &mut taken);
            let rows = places.iter().flat_map(|place| place.rows.iter().copied()).collect();
            let paths = places.into_iter().map(|place| place.glob).collect();
            LearntRule { name, paths, executable, cause: kind.cause, fix: kind.fix, instruction, rows }
        };
    Ok((grouped.into_iter().map(rule).collect(), keys))
}

/// `app-data-sqlite`: the directory that the places share, the kind of file, and a number where that is taken.
fn name(places: &[places::Place], kind: &FileKind, taken: &mut HashSet<String>) -> String {
    let directory = |glob: &str| glob.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned());
    let mut shared = places.first().map(|place| directory(&place.glob)).unwrap_or_default();
    for place in places {
        while !format!("{}/", directory(&place.glob)).starts_with(&format!("{shared}/")) {
            shared = directory(&shared);
        }
    }
    let words = shared.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    let last = words.get(words.len().saturating_sub(3)..).unwrap_or_default();
    let mut last: Vec<&str> = last.iter().map(String::as_str).collect();
    last.extend((last.last() != Some(&kind.name)).then_some(kind.name));
    let name = last.join("-");
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}
