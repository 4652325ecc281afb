//! Directories that only one side has: they take the most alarming explanation below them.

use std::collections::HashMap;

use super::super::Drift;
use super::{Explainer, Row};
use crate::model::{Explanation, ImagePath};

impl<'a> Explainer<'a> {
    /// Walks from the last path to the first, so that what is below is known before what is above.
    pub(super) fn explain_lone_directories(&mut self) {
        let mut worst: HashMap<ImagePath, Drift> = HashMap::new();
        for at in (0..self.rows.len()).rev() {
            let Some(row) = self.rows.get(at) else { continue };
            let path = row.path();
            let drift = row.is_lone_directory().then(|| match worst.get(path) {
                // What alarms is the path below, once.
                Some(below) => Drift { change: row.change.unwrap_or(below.change), alarm: None, ..below.clone() },
                None => self.empty_directory(row),
            });
            if let (Some(found), Some(parent)) = (drift.as_ref().or(row.drift.as_ref()), path.parent()) {
                let known = worst.entry(parent).or_insert_with(|| found.clone());
                // Walking backwards, so that of equals the first path is the one that is told.
                if found.explanation >= known.explanation {
                    *known = found.clone();
                }
            }
            if let (Some(drift), Some(row)) = (drift, self.rows.get_mut(at)) {
                row.drift = Some(drift);
            }
        }
    }

    /// An empty directory is a package's when one that moved lists it, noise where a rule says so, else unexplained.
    fn empty_directory(&self, row: &Row<'a>) -> Drift {
        let path = row.path();
        let owners = if row.right.is_some() { &self.right_owners } else { &self.left_owners };
        if let Some(owner) = owners.of_directory(path) {
            let mut drift = row.drift(Explanation::Package, self.movement(&owner));
            drift.owner = Some(owner.label());
            return drift;
        }
        self.likely_noise(row, |_| true)
            .unwrap_or_else(|| row.drift(Explanation::Unexplained, "an empty directory that no package lists"))
    }
}
