//! Compiled Python and its source: which code an interpreter runs, and whether it is its source's.
//!
//! Compiled code cannot be compiled anew here, so that it is its source's is never proven, only made likely: its header
//! names the source, and all global, attribute and import names that it uses are words of it ([`Proof::Header`]).

use std::collections::HashMap;

use super::super::Drift;
use super::owners::{Owner, Owners};
use super::{Explainer, Row};
use crate::image::{Node, Tree};
use crate::model::{Change, Explanation, FileEntry, ImagePath, Proof, PycHeader};
use crate::nondeterminism::python;
use crate::packages::{is_place_of, source_of, source_replaced_by};

/// Rows of compiled files beside an equal source, which one side has and the other has not.
const ONE_SIDED: &str = "pyc-on-one-side";

impl<'a> Explainer<'a> {
    /// Whether both sides have the source of the compiled file at `path`, with the same bytes.
    pub(super) fn same_source(&self, path: &ImagePath) -> bool {
        let Some(source) = source_of(path) else { return false };
        let sources = (self.left.image.tree.resolve(&source), self.right.image.tree.resolve(&source));
        matches!(sources, (Some(left), Some(right)) if left.file.entry.same_content(&right.file.entry))
    }

    /// `package` for a compiled file whose source is a package's and which is likely that source's.
    pub(super) fn compiled_from_package(&self, row: &Row<'a>) -> Option<Drift> {
        let left = row.left.map(|node| compiled_owner(node, &self.left_owners, &self.left.image.tree));
        let right = row.right.map(|node| compiled_owner(node, &self.right_owners, &self.right.image.tree));
        // On every side that has the file, the source must vouch for it.
        let owner = match (left, right) {
            (None, Some(owner)) | (Some(owner), None) => owner?,
            (Some(left), Some(right)) => left.and(right)?,
            (None, None) => return None,
        };
        let mut drift = row.drift(Explanation::Package, self.movement(&owner));
        drift.owner = Some(owner.label());
        drift.proof = Some(Proof::Header);
        Some(drift)
    }

    /// `bytecode` for a compiled file that one side lacks, although both have its source.
    pub(super) fn compiled_on_one_side(&self, row: &Row<'a>) -> Option<Drift> {
        let (node, tree) = match (row.left, row.right) {
            (Some(node), None) => (node, &self.left.image.tree),
            (None, Some(node)) => (node, &self.right.image.tree),
            _ => return None,
        };
        let is_its_sources = Compiled::of(node, tree)?.is_its_sources() && row.is_inert_file();
        if !is_its_sources || !self.same_source(row.path()) {
            return None;
        }
        let mut drift = row.drift(Explanation::Bytecode, "compiled on one side only; the source is equal on both");
        drift.rule = Some(ONE_SIDED.into());
        drift.proof = Some(Proof::Header);
        drift.fix =
            Some("compile on both sides or on none: PYTHONDONTWRITEBYTECODE=1, pip install --no-compile".into());
        Some(drift)
    }

    /// Whether Python runs other code than before although the code in the file is equal, and that code is not its source's
    /// on both sides: a time or a flag in a header, or the source's own time, switches it on or off.
    pub(super) fn is_switched(&self, row: &Row<'a>) -> bool {
        self.compiled_pair(row).is_some_and(|(left, right)| {
            left.standing() != right.standing() && !(left.is_its_sources() && right.is_its_sources())
        })
    }

    fn compiled_pair(&self, row: &Row<'a>) -> Option<(Compiled<'a>, Compiled<'a>)> {
        let (left, right) = row.left.zip(row.right)?;
        Some((Compiled::of(left, &self.left.image.tree)?, Compiled::of(right, &self.right.image.tree)?))
    }

    /// Asks of all compiled files, once the other passes are done, what Python would run. Returns those whose source has
    /// another time than before, so that they are stale.
    pub(super) fn judge_compiled(&mut self) -> Vec<ImagePath> {
        let right = &self.right.image.tree;
        let compiled =
            right.nodes().iter().filter(|node| node.file.entry.content.as_ref().is_some_and(|c| c.pyc.is_some()));
        let mut beside: HashMap<ImagePath, Vec<&ImagePath>> = HashMap::new();
        for node in compiled {
            if let Some(source) = source_of(&node.path).or_else(|| source_replaced_by(&node.path)) {
                beside.entry(source).or_default().push(&node.path);
            }
        }
        let mut stale = Vec::new();
        let mut judged: Vec<(usize, Judgement)> = Vec::new();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row.drift.is_some()) {
            judged.extend(self.judge_code(row).map(|judgement| (at, judgement)));
            for path in beside.get(row.path()).into_iter().flatten() {
                match self.row(path).and_then(|compiled| self.judge_time(row, compiled)) {
                    Some(Judgement::Stale) => stale.push((*path).clone()),
                    Some(judgement) => judged.push((at, judgement)),
                    None => {}
                }
            }
        }
        for (at, judgement) in judged {
            if let Some(drift) = self.rows.get_mut(at).and_then(|row| row.drift.as_mut()) {
                judgement.apply(drift);
            }
        }
        stale
    }

    /// A compiled file that differs.
    fn judge_code(&self, row: &Row<'a>) -> Option<Judgement> {
        let drift = row.drift.as_ref()?;
        let differs = matches!(drift.change, Change::Added | Change::Content);
        let right = Compiled::of(row.right?, &self.right.image.tree).filter(|_| differs)?;
        let is_proven = matches!(drift.proof, Some(Proof::Hash | Proof::Mask));
        if right.standing() == Standing::Ignored || is_proven {
            return None;
        }
        match right.fit() {
            Fit::Foreign(names) if row.equal_masked().is_none() => Some(Judgement::Alarm(format!(
                "its code uses {names} name{} that {} not in its source",
                if names == 1 { "" } else { "s" },
                if names == 1 { "is" } else { "are" },
            ))),
            _ => self.is_switched_on(row).then(|| Judgement::Alarm(SWITCHED_ON.to_owned())),
        }
    }

    /// A source that differs beside a compiled file that does not: what its time or its presence switches.
    fn judge_time(&self, source: &Row<'a>, compiled: &Row<'a>) -> Option<Judgement> {
        if matches!(compiled.change, Some(Change::Added | Change::Removed | Change::Content)) {
            return None;
        }
        let (left, right) = self.compiled_pair(compiled)?;
        let only_time = source.change == Some(Change::Mtime);
        match (left.standing(), right.standing()) {
            (before, now) if before == now => None,
            (_, now) if left.is_its_sources() && right.is_its_sources() => {
                (only_time && now == Standing::Ignored).then_some(Judgement::Stale)
            }
            (_, Standing::Ignored) => only_time.then(|| {
                Judgement::Unexplained(format!("Python no longer runs {}, whose code is not its own", compiled.path()))
            }),
            _ if left.is_its_sources() => None,
            _ => Some(Judgement::Alarm(format!("{SWITCHED_ON}: {}", compiled.path()))),
        }
    }

    fn is_switched_on(&self, row: &Row<'a>) -> bool {
        row.equal_masked().is_some()
            && self.is_switched(row)
            && self.compiled_pair(row).is_some_and(|(_, right)| right.standing() != Standing::Ignored)
    }
}

const SWITCHED_ON: &str = "Python now runs compiled code that it ignored, and that is not known to be its source's";

/// What is found out about a row that has an explanation.
enum Judgement {
    /// The code is its source's, and Python takes it no more.
    Stale,
    Unexplained(String),
    Alarm(String),
}

impl Judgement {
    fn apply(self, drift: &mut Drift) {
        let (words, is_alarm) = match self {
            Self::Stale => return,
            Self::Unexplained(words) => (words, false),
            Self::Alarm(words) => (words, true),
        };
        // A file that its package's own record vouches for is the package's, whatever it switches.
        let is_proven = drift.explanation == Explanation::Package && drift.proof == Some(Proof::Hash);
        if !matches!(drift.explanation, Explanation::SameVersion | Explanation::Unexplained) && !is_proven {
            drift.explanation = Explanation::Unexplained;
            drift.detail = words.as_str().into();
            (drift.rule, drift.rule_file, drift.proof, drift.fix) = (None, None, None, None);
        }
        if is_alarm {
            drift.alarm = Some(words.into());
        }
    }
}

/// Whether an interpreter takes a compiled file where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// There is no source, it has another time or size, or another version compiled it.
    Ignored,
    Runs,
    /// It runs if its source has this hash, which is not computed here: taken as if it had.
    Checked([u32; 2]),
}

/// Whether the names of code are words of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    All,
    Foreign(usize),
    /// There is no source, or one of both cannot be read.
    Unknown,
}

/// A compiled file and the source that stands beside it.
struct Compiled<'a> {
    header: PycHeader,
    entry: &'a FileEntry,
    source: Option<&'a Node>,
    layer: u32,
    /// Whether it stands in `__pycache__`, and whether the version that compiled it looks for it there.
    is_cached: bool,
    is_own: bool,
}

impl<'a> Compiled<'a> {
    fn of(node: &'a Node, tree: &'a Tree) -> Option<Self> {
        let header = node.file.entry.content.as_ref()?.pyc?;
        let source = source_of(&node.path);
        let is_cached = source.is_some();
        let minor = python::minor_of_magic(header.magic);
        Some(Self {
            header,
            entry: &node.file.entry,
            source: source.or_else(|| source_replaced_by(&node.path)).and_then(|source| tree.resolve(&source)),
            layer: node.file.layer,
            is_cached,
            is_own: is_cached && minor.is_some_and(|minor| is_place_of(&node.path, minor)),
        })
    }

    fn standing(&self) -> Standing {
        match self.source.map(|source| &*source.file.entry) {
            None if !self.is_cached => Standing::Runs,
            Some(source) if self.is_own => match self.header.flags {
                1 => Standing::Runs,
                3 => Standing::Checked([self.header.mtime, self.header.size]),
                _ if self.names_size(source) && self.names_time(source) => Standing::Runs,
                _ => Standing::Ignored,
            },
            _ => Standing::Ignored,
        }
    }

    fn names_size(&self, source: &FileEntry) -> bool {
        self.header.size == low_word(source.size)
    }

    /// Layers hold whole seconds, and some engines round a time up that Python cut: a second is no difference.
    fn names_time(&self, source: &FileEntry) -> bool {
        low_word(source.mtime).wrapping_sub(self.header.mtime) <= 1
    }

    fn fit(&self) -> Fit {
        let words = |entry: &'a FileEntry| entry.content.as_ref()?.words.as_deref();
        let source = self.source.and_then(|source| words(&source.file.entry));
        let Some((compiled, source)) = words(self.entry).zip(source).filter(|_| self.is_own) else {
            return Fit::Unknown;
        };
        match python::foreign(compiled, source) {
            0 => Fit::All,
            names => Fit::Foreign(names),
        }
    }

    /// Whether it is likely its source's: the header names the size or a hash of it, and its names are words of it. Of its
    /// time it may know an older one, which Python takes no code by.
    fn is_its_sources(&self) -> bool {
        let source = self.source.map(|source| &*source.file.entry);
        source.is_some_and(|source| self.header.is_hashed() || self.names_size(source)) && self.fit() == Fit::All
    }
}

/// The package of the source, when it moved, its record vouches for the source, and the compiled file came with it in one
/// layer and is likely its own: code that a later layer brings is no package's.
fn compiled_owner<'a>(node: &'a Node, owners: &Owners<'a>, tree: &'a Tree) -> Option<Owner<'a>> {
    let compiled = Compiled::of(node, tree)?;
    let source = compiled.source.filter(|source| source.file.layer == compiled.layer && compiled.is_its_sources())?;
    let owner = owners.of(&source.path).filter(|owner| owner.moved)?;
    let vouched = owners.vouches(&owner, &source.file.entry) && !compiled.entry.is_privileged();
    vouched.then_some(owner)
}

/// What fits into the header's 32 bits, as Python cuts it.
fn low_word(number: impl TryInto<i128>) -> u32 {
    number.try_into().ok().and_then(|number: i128| u32::try_from(number & 0xffff_ffff).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_the_headers_32_bits() {
        assert_eq!(low_word(-1_i64), u32::MAX);
        assert_eq!(low_word(0x1_0000_0002_u64), 2);
    }
}
