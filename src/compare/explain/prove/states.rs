//! What dpkg and apt keep about installed packages.

use super::super::{Explainer, Row};
use super::stanzas::{Stanza, by_key, differing};
use crate::model::PackageMove;
use crate::model::text::visible;

impl<'a> Explainer<'a> {
    /// Stanzas that differ are those of packages that moved, whose state is the same.
    pub(super) fn dpkg_status(&self, row: &Row<'a>) -> Result<(), String> {
        let [left, right] = self.texts(row)?;
        let (left, right) = (by_key(left, package)?, by_key(right, package)?);
        let moved = self.moved_debs();
        for (key, left, right) in differing(&left, &right) {
            let name = key.split(' ').next().unwrap_or_default();
            if !moved.contains(name) {
                return Err(format!("the stanza of {}, which did not move, differs", visible(name)));
            }
            let states = [left, right].map(|stanza| stanza.and_then(|stanza| stanza.get("Status")));
            let is_usual = |state: Option<&str>| {
                state.is_none_or(|state| matches!(state, "install ok installed" | "deinstall ok config-files"))
            };
            if states[0] != states[1] && !states.into_iter().all(is_usual) {
                return Err(format!("the state of {} differs", visible(name)));
            }
        }
        Ok(())
    }

    /// Stanzas that differ are those of packages that came or went: moving on changes nothing here.
    pub(super) fn extended_states(&self, row: &Row<'a>) -> Result<(), String> {
        let [left, right] = self.texts(row)?;
        let (left, right) = (by_key(left, package)?, by_key(right, package)?);
        for (key, _, _) in differing(&left, &right) {
            let name = key.split(' ').next().unwrap_or_default();
            let came_or_went = self.packages.iter().any(|row| {
                matches!(row.change, Some(PackageMove::Added | PackageMove::Removed))
                    && row.either().is_some_and(|package| package.name == name)
            });
            if !came_or_went {
                return Err(format!("the stanza of {} differs, though it neither came nor went", visible(name)));
            }
        }
        Ok(())
    }

    /// Rows that differ name packages that moved: diversions in three lines, triggers with the package behind the path,
    /// architectures of packages.
    pub(super) fn dpkg_list(&self, row: &Row<'a>) -> Result<(), String> {
        let texts = self.texts(row)?;
        let moved = self.moved_debs();
        let name = row.path().file_name();
        let rows =
            texts.map(
                |text| if name == b"diversions" { diversions(text) } else { text.lines().map(str::to_owned).collect() },
            );
        let [left, right] = &rows;
        let lost = left.iter().filter(|row| !right.contains(row));
        let gained = right.iter().filter(|row| !left.contains(row));
        for row in lost.chain(gained) {
            let mut packages = row.rsplit(['\n', ' ']).next().into_iter();
            let is_known = if name == b"arch" {
                self.has_moved_of(row)
            } else {
                packages.any(|package| moved.contains(package.split(['/', ':']).next().unwrap_or_default()))
            };
            if !is_known {
                return Err(format!("no package that moved accounts for {}", visible(row)));
            }
        }
        Ok(())
    }

    /// Whether a package of that architecture moved.
    fn has_moved_of(&self, arch: &str) -> bool {
        let moved = self.packages.iter().filter(|row| row.change.is_some());
        moved.flat_map(|row| row.left.iter().chain(&row.right)).any(|package| package.arch.as_deref() == Some(arch))
    }
}

/// Name and architecture.
fn package(stanza: Stanza<'_>) -> Option<String> {
    let arch = stanza.get("Architecture").unwrap_or_default();
    stanza.get("Package").map(|name| format!("{name} {arch}"))
}

/// Three lines each: the file, where it goes, the package that wants it so.
fn diversions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(3).map(|rows| rows.join("\n")).collect()
}
