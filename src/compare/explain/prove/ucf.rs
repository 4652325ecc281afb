//! The configuration files that packages registered with ucf(1), and the hashes of what they shipped.

use std::collections::HashSet;

use super::super::{Explainer, Row};
use super::differing;
use crate::model::ImagePath;
use crate::model::text::visible;

impl<'a> Explainer<'a> {
    /// In the registry rows start with a package that moved; among the hashes they end in a file that such a package
    /// registered.
    pub(super) fn ucf_state(&self, row: &Row<'a>) -> Result<(), String> {
        let moved = self.moved_debs();
        let registered: HashSet<&str> = [self.left, self.right]
            .into_iter()
            .filter_map(|snapshot| {
                let path = ImagePath::parse(b"var/lib/ucf/registry").ok()?;
                std::str::from_utf8(snapshot.image.tree.read(&path)?).ok()
            })
            .flat_map(str::lines)
            .filter_map(|line| line.split_once(char::is_whitespace))
            .filter(|(package, _)| moved.contains(package))
            .map(|(_, path)| path.trim())
            .collect();
        let is_registry = row.path().file_name() == b"registry";
        for (side, line) in differing(self.texts(row)?) {
            let (first, last) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let is_known = if is_registry { moved.contains(first) } else { registered.contains(last.trim()) };
            if !is_known {
                return Err(format!("no package that moved accounts for {} on the {side}", visible(line)));
            }
        }
        Ok(())
    }
}
