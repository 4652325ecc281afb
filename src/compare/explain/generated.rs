//! Files that a tool derives from inputs: explained when one of the inputs moved.

use super::super::{Drift, PackageRow};
use super::{Explainer, Row};
use crate::model::{Change, Explanation, Kind, Proof};
use crate::nondeterminism::Generated;

impl<'a> Explainer<'a> {
    /// Notes for every rule that some open row asks for whether one of its inputs moved, and which.
    pub(super) fn find_moved_inputs(&mut self) {
        let rules = self.rules;
        let open = self.rows.iter().filter(|row| row.change.is_some() && row.drift.is_none());
        let mut asked: Vec<&Generated> = open.flat_map(|row| rules.generated(row.path())).collect();
        asked.sort_by_key(|rule| std::ptr::from_ref(*rule));
        asked.dedup_by_key(|rule| std::ptr::from_ref(*rule));
        let found: Vec<_> = asked.into_iter().map(|rule| (std::ptr::from_ref(rule), self.moved_input(rule))).collect();
        self.inputs.extend(found);
    }

    /// A package or path among the rule's inputs that moved.
    fn moved_input(&self, rule: &Generated) -> Option<String> {
        let package = self.packages.iter().find(|row| row.change.is_some() && is_input(rule, row));
        if let Some(package) = package.and_then(PackageRow::either) {
            return Some(package.label());
        }
        if !rule.inputs.has_paths() {
            return None;
        }
        let row = self.rows.iter().find(|row| really_differs(row) && rule.inputs.has_path(row.path()))?;
        Some(row.path().to_string())
    }

    /// `generated` by the first rule whose inputs moved and whose proof holds; `unexplained` where a proof fails.
    pub(super) fn generated_by_proof(&self, row: &Row<'a>) -> Option<Drift> {
        let mut rules = self.rules.generated(row.path()).filter(|rule| rule.proof.is_some());
        rules.find_map(|rule| self.generated_by(row, rule))
    }

    /// `generated` by the first rule whose inputs moved, where nothing can be proven.
    pub(super) fn generated_by_path(&self, row: &Row<'a>) -> Option<Drift> {
        let mut rules = self.rules.generated(row.path()).filter(|rule| rule.proof.is_none());
        rules.find_map(|rule| self.generated_by(row, rule))
    }

    pub(super) fn generated_by(&self, row: &Row<'a>, rule: &Generated) -> Option<Drift> {
        if row.privilege_gained().is_some() {
            return None;
        }
        let input = self.inputs.get(&std::ptr::from_ref(rule))?.as_deref()?;
        let proof = match rule.proof {
            None if row.is_within(&rule.about) => Proof::Path,
            None => return None,
            Some(prover) => match self.prove(prover, row)? {
                Ok(()) => Proof::Hash,
                Err(detail) => return Some(row.drift(Explanation::Unexplained, detail)),
            },
        };
        let detail = format!("{}; moved: {input}", rule.about.cause);
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
