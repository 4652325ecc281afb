//! debconf's questions and templates.

use super::super::{Explainer, Row};
use super::stanzas::{Stanza, by_key, differing};
use crate::model::text::visible;

impl<'a> Explainer<'a> {
    /// Questions that differ belong to packages that moved, and no answer to a question of both sides differs.
    pub(super) fn debconf(&self, row: &Row<'a>) -> Result<(), String> {
        let [left, right] = self.texts(row)?;
        let (left, right) = (by_key(left, name)?, by_key(right, name)?);
        let moved = self.moved_debs();
        for (name, left, right) in differing(&left, &right) {
            let owners = [left, right].into_iter().flatten().filter_map(|stanza| stanza.get("Owners"));
            let mut owners = owners.flat_map(|owners| owners.split(',')).map(str::trim);
            if !owners.any(|owner| moved.contains(owner)) {
                return Err(format!("{} belongs to no package that moved", visible(name)));
            }
            let (Some(left), Some(right)) = (left, right) else { continue };
            if ["Value", "Flags"].into_iter().any(|field| left.get(field) != right.get(field)) {
                return Err(format!("the answer to {} differs", visible(name)));
            }
        }
        Ok(())
    }
}

fn name(stanza: Stanza<'_>) -> Option<String> {
    stanza.get("Name").map(str::to_owned)
}
