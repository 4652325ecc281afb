//! What dpkg and apt keep about installed packages.

use std::sync::Arc;

use super::super::{Explainer, Row};
use super::Of;
use super::stanzas::{Stanza, by_key, differing};
use crate::model::text::visible;
use crate::model::{Ecosystem, Package, PackageMove};

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
            for (of, stanza) in
                self.sides(row).filter_map(|of| Some((of, if of.side == "left" { left } else { right }?)))
            {
                if Self::at_arrival(of, key).is_some_and(|then| then != written(stanza)) {
                    return Err(format!("the {} stanza of {} was edited after it arrived", of.side, visible(name)));
                }
            }
        }
        Ok(())
    }

    /// The package's stanza in the database of the layer in which it arrived; `None` where that is not known, or is the
    /// database itself.
    fn at_arrival(of: Of<'a>, key: &str) -> Option<Vec<&'a str>> {
        let (name, arch) = key.split_once(' ')?;
        let is_it = |package: &&Arc<Package>| package.name == name && package.arch.as_deref() == Some(arch);
        let mut debs = of.snapshot.packages.iter().filter(|package| package.ecosystem == Ecosystem::Deb);
        let arrival = debs.find(is_it)?.layer;
        let layer = of.snapshot.image.layers.get(arrival as usize).filter(|_| arrival != of.node.file.layer)?;
        let mut entries = (0..).zip(&layer.entries).filter(|(_, entry)| entry.path == of.node.path);
        let text = entries.find_map(|(at, _)| std::str::from_utf8(layer.captured.get(&at)?).ok())?;
        by_key(text, package).ok()?.remove(key).map(written)
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

/// What a stanza says, but for its state: triggers change that.
fn written(stanza: Stanza<'_>) -> Vec<&str> {
    stanza.0.lines().filter(|line| !line.starts_with("Status:") && !line.starts_with("Triggers-")).collect()
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
