//! Globs for the paths that are learnt: as few as can be had without naming a path that is not to be learnt.

use std::collections::{BTreeMap, HashMap, HashSet};

use globset::{Candidate, GlobBuilder, GlobSetBuilder};

use super::names::{generalised, literal};
use crate::compare::{DriftReport, FileRow};
use crate::model::{Change, ImagePath, Kind};

/// Files of a directory that are named together only when there are as many.
const MANY: usize = 4;
/// Directories that hold what packages install: none is named as a whole.
const OF_PACKAGES: [&[u8]; 6] =
    [b"site-packages", b"dist-packages", b"node_modules", b"gems", b"lib-dynload", b"dist-info"];

/// A glob, and the rows of the report that it is made for.
#[derive(Debug)]
pub(super) struct Place {
    /// Absolute.
    pub(super) glob: String,
    pub(super) rows: Vec<usize>,
}

/// The places of `rows`, which are positions in the report's files in ascending order.
pub(super) fn places(report: &DriftReport, rows: &[usize]) -> Vec<Place> {
    let files = &report.files.rows;
    let learnt: HashSet<usize> = rows.iter().copied().collect();
    let whole = whole_directories(report, &learnt);
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut single = Vec::new();
    for at in rows {
        let Some(row) = files.get(*at) else { continue };
        match ancestors(&row.path).filter_map(|directory| whole.get(&directory)).last() {
            Some(glob) => places.entry(glob.clone()).or_default().push(*at),
            None => single.push((*at, pattern(report, row).or_else(|| beside(files, rows, row)))),
        }
    }
    let broad = too_broad(report, &learnt, single.iter().filter_map(|(_, pattern)| pattern.as_deref()));
    for (at, pattern) in single {
        let exact = || files.get(at).map(|row| literal(row.path.as_bytes())).unwrap_or_default();
        let glob = pattern.filter(|pattern| !broad.contains(pattern)).unwrap_or_else(exact);
        places.entry(glob).or_default().push(at);
    }
    places.into_iter().map(|(glob, rows)| Place { glob: format!("/{glob}"), rows }).collect()
}

/// The directories in which every file is learnt, each with the glob that names what is in it.
fn whole_directories(report: &DriftReport, learnt: &HashSet<usize>) -> HashMap<ImagePath, String> {
    /// What is in a directory, at any depth.
    #[derive(Default)]
    struct Holds {
        files: usize,
        learnt: usize,
        deeper: bool,
    }
    let mut directories: HashMap<ImagePath, Holds> = HashMap::new();
    for (at, row) in report.files.rows.iter().enumerate().filter(|(_, row)| !is_directory(row)) {
        for (depth, directory) in ancestors(&row.path).enumerate() {
            let holds = directories.entry(directory).or_default();
            holds.files += 1;
            holds.learnt += usize::from(learnt.contains(&at));
            holds.deeper |= depth > 0;
        }
    }
    let whole = directories
        .into_iter()
        .filter(|(path, holds)| holds.files == holds.learnt && holds.files >= MANY && may_be_named_whole(path));
    let whole: Vec<(ImagePath, Holds)> = whole.collect();
    let of_packages = listed(report, &whole.iter().map(|(path, _)| path).collect());
    let glob = |path: &ImagePath, holds: &Holds| {
        let own = generalised_below(report, path).unwrap_or_else(|| literal(path.as_bytes()));
        format!("{own}/{}", if holds.deeper { "**" } else { "*" })
    };
    let whole = whole.iter().filter(|(path, _)| !of_packages.contains(path));
    let mut globs: HashMap<ImagePath, String> = whole.map(|(path, holds)| (path.clone(), glob(path, holds))).collect();
    let broad = too_broad(report, learnt, globs.values().map(String::as_str));
    globs.retain(|_, glob| !broad.contains(glob));
    globs
}

/// Which of the directories a package of either side lists as its own.
fn listed(report: &DriftReport, directories: &HashSet<&ImagePath>) -> HashSet<ImagePath> {
    let packages = report.packages.iter().flat_map(|row| row.left.iter().chain(&row.right));
    let paths = packages.flat_map(|package| package.files.iter().map(|file| &file.path));
    paths.filter(|path| directories.contains(path)).cloned().collect()
}

/// The directories above a path, the nearest first, without the root.
fn ancestors(path: &ImagePath) -> impl Iterator<Item = ImagePath> {
    std::iter::successors(path.parent(), ImagePath::parent).take_while(|path| !path.is_root())
}

/// Whether a directory is deep enough, and nobody else's, to be named with all that is in it.
fn may_be_named_whole(path: &ImagePath) -> bool {
    let parts: Vec<&[u8]> = path.components().collect();
    let is_known_place = matches!(
        parts.as_slice(),
        [] | [_]
            | [b"etc" | b"boot", ..]
            | [b"usr" | b"var" | b"opt" | b"home" | b"srv" | b"mnt", _]
            | [b"usr", b"local" | b"lib" | b"share", _]
    );
    !is_known_place && !parts.last().is_some_and(|name| OF_PACKAGES.contains(name))
}

fn is_directory(row: &FileRow) -> bool {
    row.sides().all(|file| file.entry.kind == Kind::Directory)
}

/// The path with the random and dated parts of those names made stars that only one side has; `None` when there are none.
fn pattern(report: &DriftReport, row: &FileRow) -> Option<String> {
    let own = matches!(row.drift.as_ref()?.change, Change::Added | Change::Removed);
    own.then(|| generalised_below(report, &row.path)).flatten()
}

/// The glob for a file of one side and another of the other side whose names, in one directory, are equally long and
/// start and end alike: `session-7ZMo7Sbj5R` and `session-LY98ZDTTCq`.
fn beside(files: &[FileRow], rows: &[usize], row: &FileRow) -> Option<String> {
    /// Letters that two names have to start with alike, so that they are no two names.
    const ALIKE: usize = 3;
    let change = row.drift.as_ref()?.change;
    let opposite = match change {
        Change::Added => Change::Removed,
        Change::Removed => Change::Added,
        _ => return None,
    };
    let (directory, name) = (row.path.parent()?, row.path.file_name());
    let extension = |name: &[u8]| name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
    let end = extension(name);
    let others = rows.iter().filter_map(|at| files.get(*at)).filter(|other| {
        other.drift.as_ref().is_some_and(|drift| drift.change == opposite)
            && other.path.parent().as_ref() == Some(&directory)
    });
    let mut starts = others.filter_map(|other| {
        let other = other.path.file_name();
        let is_alike = other.len() == name.len() && other.get(extension(other)..) == name.get(end..);
        is_alike.then(|| name.iter().zip(other).take_while(|(a, b)| a == b).count())
    });
    let start = starts.find(|start| (ALIKE..end).contains(start))?;
    let own = literal(name.get(..start)?);
    let above = literal(directory.as_bytes());
    Some(format!("{above}/{own}*{}", literal(name.get(end..)?)))
}

fn generalised_below(report: &DriftReport, path: &ImagePath) -> Option<String> {
    let (mut found, mut parts, mut above) = (false, Vec::new(), ImagePath::root());
    for name in path.components() {
        above = above.join(name).ok()?;
        let varying = is_on_one_side(report, &above).then(|| generalised(name)).flatten();
        found |= varying.is_some();
        parts.push(varying.unwrap_or_else(|| literal(name)));
    }
    found.then(|| parts.join("/"))
}

fn is_on_one_side(report: &DriftReport, path: &ImagePath) -> bool {
    let row = report.files.position(path).and_then(|at| report.files.rows.get(at as usize));
    row.is_some_and(|row| row.left.is_some() != row.right.is_some())
}

/// Which of the globs name a file that is not learnt too, or are no globs.
fn too_broad<'a>(
    report: &DriftReport,
    learnt: &HashSet<usize>,
    globs: impl Iterator<Item = &'a str>,
) -> HashSet<String> {
    let globs: Vec<&str> = globs.collect::<HashSet<_>>().into_iter().collect();
    let mut set = GlobSetBuilder::new();
    for glob in &globs {
        match GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build() {
            Ok(glob) => set.add(glob),
            Err(_) => return globs.into_iter().map(str::to_owned).collect(),
        };
    }
    let Ok(set) = set.build() else { return globs.into_iter().map(str::to_owned).collect() };
    let others = report.files.rows.iter().enumerate().filter(|(at, row)| !learnt.contains(at) && !is_directory(row));
    let named = others.flat_map(|(_, row)| set.matches_candidate(&Candidate::from_bytes(row.path.as_bytes())));
    named.filter_map(|glob| globs.get(glob)).map(|glob| (*glob).to_owned()).collect()
}
