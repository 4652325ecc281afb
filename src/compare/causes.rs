//! What varies or is derived, folded by the rule that explains it.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Drift, DriftReport, FileRow};
use crate::model::{Explanation, ImagePath, Proof};

/// Paths that one rule explains.
pub struct Cause<'a> {
    pub explanation: Explanation,
    pub rule: &'a str,
    pub proof: Option<Proof>,
    /// Why they differ, as the first of the paths has it.
    pub detail: &'a str,
    /// What the Dockerfile can do about it.
    pub fix: Option<&'a str>,
    /// In byte order; at least one.
    pub paths: Vec<&'a ImagePath>,
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
        let rule = drift.rule.as_deref().unwrap_or_default();
        let at = *known.entry((drift.explanation, rule, drift.proof)).or_insert(causes.len());
        match causes.get_mut(at) {
            Some(cause) => cause.paths.push(&row.path),
            None => causes.push(cause(row, drift)),
        }
    }
    causes.sort_by_key(|cause| {
        let place = CAUSED.iter().position(|explanation| *explanation == cause.explanation);
        (place, Reverse(cause.paths.len()))
    });
    causes
}

fn cause<'a>(row: &'a FileRow, drift: &'a Drift) -> Cause<'a> {
    Cause {
        explanation: drift.explanation,
        rule: drift.rule.as_deref().unwrap_or_default(),
        proof: drift.proof,
        detail: &drift.detail,
        fix: drift.fix.as_deref(),
        paths: vec![&row.path],
    }
}
