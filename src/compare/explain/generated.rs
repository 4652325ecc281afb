//! Files that a tool derives from inputs: explained when one of the inputs moved and is itself proven.

use std::collections::HashSet;

use super::super::{Drift, PackageRow};
use super::{Explainer, Row};
use crate::model::{Change, Explanation, Kind, Proof};
use crate::nondeterminism::Generated;

/// How long a chain of derived files may be: a list of certificates, the bundle made from it, what copies the bundle.
const MAX_CHAIN: usize = 4;

/// An input of a rule that moved.
pub(super) struct MovedInput {
    name: String,
    /// Whether what moved is shown to be what it says.
    is_proven: bool,
}

impl<'a> Explainer<'a> {
    /// Derived files whose proof holds, those first on which others rest; then what the failed proofs say of the rest.
    ///
    /// A file is explained only after all that it rests on, so that no circle explains itself.
    pub(super) fn derive(&mut self) {
        for _ in 0..MAX_CHAIN {
            self.find_moved_inputs();
            let before = self.open();
            self.pass(|explainer, row| {
                let derived = explainer.generated_by_proof(row)?;
                (derived.explanation == Explanation::Generated).then_some(derived)
            });
            if self.open() == before {
                break;
            }
        }
        self.find_moved_inputs();
        self.pass(Self::generated_by_proof);
    }

    /// How many rows are not explained yet.
    fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.change.is_some() && row.drift.is_none()).count()
    }

    /// Notes for every rule that some open row asks for whether one of its inputs moved, and which.
    fn find_moved_inputs(&mut self) {
        let rules = self.rules;
        let open = self.rows.iter().filter(|row| row.change.is_some() && row.drift.is_none());
        let mut asked: Vec<&Generated> = open.flat_map(|row| rules.generated(row.path())).collect();
        asked.sort_by_key(|rule| std::ptr::from_ref(*rule));
        asked.dedup_by_key(|rule| std::ptr::from_ref(*rule));
        let proven = self.proven_packages();
        let found: Vec<_> =
            asked.into_iter().map(|rule| (std::ptr::from_ref(rule), self.moved_input(rule, &proven))).collect();
        self.inputs.extend(found);
    }

    /// The packages that moved and of which a file is proven: a database alone says nothing.
    fn proven_packages(&self) -> HashSet<usize> {
        let is_proven = |row: &&Row<'a>| {
            row.drift.as_ref().is_some_and(|drift| {
                drift.explanation == Explanation::Package && drift.proof.is_some_and(Proof::is_certain)
            })
        };
        let rows = self.rows.iter().filter(is_proven).map(|row| self.owners(row.path()));
        rows.flat_map(|(left, right)| left.into_iter().chain(right)).map(|owner| owner.row).collect()
    }

    /// A package or path among the rule's inputs that moved, a proven one first. What a user's rule calls an input need only
    /// differ: it is the user's word.
    fn moved_input(&self, rule: &Generated, proven: &HashSet<usize>) -> Option<MovedInput> {
        let is_users = rule.about.is_users();
        let mut found: Option<MovedInput> = None;
        let mut add = |name: &dyn Fn() -> String, is_proven: bool| {
            if found.as_ref().is_none_or(|found| !found.is_proven && is_proven) {
                found = Some(MovedInput { name: name(), is_proven });
            }
        };
        let packages = self.packages.iter().enumerate().filter(|(_, row)| row.change.is_some() && is_input(rule, row));
        for (at, package) in packages.filter_map(|(at, row)| Some((at, row.either()?))) {
            add(&|| package.label(), is_users || proven.contains(&at));
        }
        let rows = self.rows.iter().filter(|_| rule.inputs.has_paths());
        for row in rows.filter(|row| really_differs(row) && rule.inputs.has_path(row.path())) {
            let is_proven = row.drift.as_ref().is_some_and(|drift| drift.proof.is_some_and(Proof::is_certain));
            // With a proof of its own the file is judged by that; else one planted input is one too many.
            if row.drift.is_none() && rule.proof.is_none() && !is_users {
                return None;
            }
            add(&|| row.path().to_string(), is_users || is_proven);
        }
        found
    }

    /// `generated` by the first rule whose inputs moved and whose proof holds; `unexplained` where a proof fails.
    fn generated_by_proof(&self, row: &Row<'a>) -> Option<Drift> {
        let mut rules = self.rules.generated(row.path()).filter(|rule| rule.proof.is_some());
        rules.find_map(|rule| self.generated_by(row, rule))
    }

    /// `generated` by the first rule whose inputs moved, where nothing can be proven.
    pub(super) fn generated_by_path(&self, row: &Row<'a>) -> Option<Drift> {
        let mut rules = self.rules.generated(row.path()).filter(|rule| rule.proof.is_none());
        rules.find_map(|rule| self.generated_by(row, rule))
    }

    pub(super) fn generated_by(&self, row: &Row<'a>, rule: &Generated) -> Option<Drift> {
        if row.privilege_gained().is_some() || row.both().is_some_and(|(left, right)| !left.same_metadata(right)) {
            return None;
        }
        let input = self.inputs.get(&std::ptr::from_ref(rule))?.as_ref()?;
        let proof = match rule.proof {
            None if row.is_within(&rule.about) && input.is_proven => Proof::Path,
            None => return None,
            Some(prover) => match self.prove(prover, row)? {
                Ok(proof) if input.is_proven => proof,
                Ok(_) => return None,
                Err(detail) => return Some(row.drift(Explanation::Unexplained, detail)),
            },
        };
        let detail = format!("{}; moved: {}", rule.about.cause, input.name);
        Some(Drift { proof: Some(proof), ..row.by_rule(Explanation::Generated, detail, &rule.about) })
    }
}

/// Whether a package row is named by the rule: `deb` for any of the ecosystem, `deb:NAME` for one.
fn is_input(rule: &Generated, row: &PackageRow) -> bool {
    row.either().is_some_and(|package| {
        rule.inputs.packages.iter().any(|wanted| match wanted.split_once(':') {
            None => wanted == package.ecosystem.as_str(),
            Some((ecosystem, name)) => ecosystem == package.ecosystem.as_str() && name == package.name,
        })
    })
}

/// Whether the row is a file whose content differs for another reason than noise.
fn really_differs(row: &Row<'_>) -> bool {
    let noise = row.drift.as_ref().is_some_and(|drift| {
        matches!(drift.explanation, Explanation::Mtime | Explanation::Bytecode | Explanation::Noise)
    });
    let content = matches!(row.change, Some(Change::Added | Change::Removed | Change::Content));
    content && !noise && row.entries().any(|entry| entry.kind != Kind::Directory)
}
