//! The list: findings under a heading for each severity and check, which can be folded.

use std::collections::BTreeSet;

use super::filter::Filter;
use crate::model::{Finding, FindingDrift, Severity};

/// What a heading stands for.
pub type Check = (Severity, &'static str);

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A check, with how many of its findings pass the filter.
    Heading(Check, usize),
    /// By position in `DriftReport::findings`.
    Finding(usize),
}

/// What shows, and in which order.
#[derive(Default)]
pub struct Arrangement {
    pub entries: Vec<Entry>,
    pub filter: Filter,
    closed: BTreeSet<Check>,
}

impl Arrangement {
    /// Makes the list anew. The report has its findings sorted; a check stands where its first one does.
    pub fn update(&mut self, findings: &[Finding]) {
        let mut groups: Vec<(Check, Vec<usize>)> = Vec::new();
        for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| self.filter.has(finding)) {
            let check = (finding.severity, finding.check);
            match groups.iter_mut().find(|(known, _)| *known == check) {
                Some((_, members)) => members.push(at),
                None => groups.push((check, vec![at])),
            }
        }
        self.entries.clear();
        for (check, members) in groups {
            self.entries.push(Entry::Heading(check, members.len()));
            if !self.closed.contains(&check) {
                self.entries.extend(members.into_iter().map(Entry::Finding));
            }
        }
    }

    #[must_use]
    pub fn is_open(&self, check: Check) -> bool {
        !self.closed.contains(&check)
    }

    /// Opens or closes a check; takes effect with the next update.
    pub fn toggle(&mut self, check: Check) {
        if !self.closed.remove(&check) {
            self.closed.insert(check);
        }
    }

    /// Opens all, or closes all that have findings.
    pub fn open_all(&mut self, open: bool, findings: &[Finding]) {
        self.closed.clear();
        if !open {
            self.closed.extend(findings.iter().map(|finding| (finding.severity, finding.check)));
        }
    }

    /// Where the entry stands; of a finding in a closed check the heading.
    #[must_use]
    pub fn position(&self, entry: Entry, findings: &[Finding]) -> Option<usize> {
        let heading = |wanted: Check| {
            self.entries.iter().position(|entry| matches!(entry, Entry::Heading(check, _) if *check == wanted))
        };
        match entry {
            Entry::Heading(check, _) => heading(check),
            Entry::Finding(at) => self.entries.iter().position(|known| *known == entry).or_else(|| {
                let finding = findings.get(at)?;
                heading((finding.severity, finding.check))
            }),
        }
    }
}

/// In which images a finding is, in a word.
#[must_use]
pub fn place(finding: &Finding) -> &'static str {
    match finding.drift {
        Some(FindingDrift::Same) => "both",
        Some(FindingDrift::New | FindingDrift::Gone) => finding.side.as_str(),
        None => "drift",
    }
}
