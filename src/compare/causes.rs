//! What varies or is derived, folded by the rule that explains it.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Drift, DriftReport, FileRow};
use crate::model::{Explanation, ImagePath, Proof, rule};

/// What is said first of paths that a mask proves equal and that differ because their package moved.
pub(super) const MOVED: &str = "its package moved";

/// Paths that one rule explains.
pub struct Cause<'a> {
    pub explanation: Explanation,
    pub rule: &'a str,
    /// The user's file that the rule stands in; `None` for what ships with the program.
    pub rule_file: Option<&'a str>,
    pub proof: Option<Proof>,
    /// Why they differ, as the first of the paths has it.
    pub detail: &'a str,
    /// What the first of the paths differs in, where a mask tells.
    pub evidence: Option<&'a str>,
    /// The layers that the paths come from, from the bottom; those of the right side where it has them.
    pub layers: Vec<u32>,
    /// What the Dockerfile can do about it.
    pub fix: Option<&'a str>,
    /// In byte order; at least one.
    pub paths: Vec<&'a ImagePath>,
}

impl Cause<'_> {
    /// The rule, and the user's file that it stands in.
    #[must_use]
    pub fn label(&self) -> String {
        rule::label(self.rule, self.rule_file)
    }
}

impl DriftReport {
    /// Noise, bytecode and generated files by the rule that explains them, most paths first within each.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause<'_>> {
        of_rows(&self.files.rows)
    }
}

pub(super) fn of_rows(rows: &[FileRow]) -> Vec<Cause<'_>> {
    const CAUSED: [Explanation; 3] = [Explanation::Noise, Explanation::Bytecode, Explanation::Generated];
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut known = HashMap::new();
    for row in rows {
        let Some(drift) = row.drift.as_ref().filter(|drift| CAUSED.contains(&drift.explanation)) else { continue };
        let rule = (drift.rule.as_deref().unwrap_or_default(), drift.rule_file.as_deref());
        let moved = drift.detail.starts_with(MOVED);
        let at = *known.entry((drift.explanation, rule, drift.proof, moved)).or_insert(causes.len());
        if at == causes.len() {
            causes.push(cause(drift));
        }
        let Some(cause) = causes.get_mut(at) else { continue };
        // Several packages.
        if moved && *drift.detail != *cause.detail {
            cause.detail = MOVED;
        }
        cause.paths.push(&row.path);
        let layer = row.right.as_ref().or(row.left.as_ref()).map(|file| file.layer);
        cause.layers.extend(layer.filter(|layer| !cause.layers.contains(layer)));
    }
    for cause in &mut causes {
        cause.layers.sort_unstable();
    }
    causes.sort_by_key(|cause| {
        let place = CAUSED.iter().position(|explanation| *explanation == cause.explanation);
        (place, Reverse(cause.paths.len()))
    });
    causes
}

fn cause(drift: &Drift) -> Cause<'_> {
    Cause {
        explanation: drift.explanation,
        rule: drift.rule.as_deref().unwrap_or_default(),
        rule_file: drift.rule_file.as_deref(),
        proof: drift.proof,
        detail: &drift.detail,
        evidence: drift.evidence.as_deref(),
        layers: Vec::new(),
        fix: drift.fix.as_deref(),
        paths: Vec::new(),
    }
}
