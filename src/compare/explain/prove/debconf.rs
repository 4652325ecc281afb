//! debconf's questions and templates.

use std::collections::HashSet;

use super::super::{Explainer, Row};
use super::Of;
use super::stanzas::{Stanza, by_key, differing};
use crate::model::ImagePath;
use crate::model::text::visible;

const QUESTIONS: &[u8] = b"var/cache/debconf/config.dat";

/// Where packages ship the files that some question offers to choose from.
const CHOICES: [&str; 2] = ["usr/share/ca-certificates", "usr/share/pam-configs"];

impl<'a> Explainer<'a> {
    /// Questions that differ belong to packages that moved, and no answer to a question of both sides differs, but for
    /// choices that only one side's packages ship.
    pub(super) fn debconf(&self, row: &Row<'a>) -> Result<(), String> {
        let [left, right] = self.texts(row)?;
        let (left, right) = (by_key(left, name)?, by_key(right, name)?);
        let known: HashSet<&str> = self.questions_of_moved();
        let moved = self.moved_debs();
        for (name, left, right) in differing(&left, &right) {
            let owners = [left, right].into_iter().flatten().filter_map(|stanza| stanza.get("Owners"));
            let mut owners = owners.flat_map(|owners| owners.split(',')).map(str::trim);
            // A question is a package's, a template is a question's.
            if !owners.any(|owner| moved.contains(owner) || known.contains(owner)) {
                return Err(format!("{} belongs to no package that moved", visible(name)));
            }
            let (Some(left), Some(right)) = (left, right) else { continue };
            if left.get("Flags") != right.get("Flags") || !self.is_same_answer(row, left, right) {
                return Err(format!("the answer to {} differs", visible(name)));
            }
        }
        Ok(())
    }

    /// The names of the questions that packages which moved ask, on either side.
    fn questions_of_moved(&self) -> HashSet<&'a str> {
        let moved = self.moved_debs();
        let texts = [self.left, self.right].into_iter().filter_map(|snapshot| {
            let path = ImagePath::parse(QUESTIONS).ok()?;
            std::str::from_utf8(snapshot.image.tree.read(&path)?).ok()
        });
        let questions =
            texts.filter_map(|text| by_key(text, name).ok()).flat_map(std::collections::HashMap::into_values);
        let is_of_moved = |question: &Stanza<'a>| {
            question.get("Owners").is_some_and(|owners| owners.split(',').any(|owner| moved.contains(owner.trim())))
        };
        questions.filter(is_of_moved).filter_map(|question| question.get("Name")).collect()
    }

    /// Whether the answers are the same but for choices that only one side has.
    fn is_same_answer(&self, row: &Row<'a>, left: Stanza<'a>, right: Stanza<'a>) -> bool {
        let chosen = |stanza: Stanza<'a>| -> HashSet<&'a str> {
            stanza.get("Value").unwrap_or_default().split(", ").filter(|choice| !choice.is_empty()).collect()
        };
        let (lefts, rights) = (chosen(left), chosen(right));
        self.sides(row).all(|of| {
            let (own, other) = if of.side == "left" { (&lefts, &rights) } else { (&rights, &lefts) };
            own.difference(other).all(|choice| self.is_only_choice_of(of, choice))
        })
    }

    /// Whether the choice is a file that packages ship on this side only.
    fn is_only_choice_of(&self, of: Of<'a>, choice: &str) -> bool {
        let is_plain = !choice.split('/').any(|part| matches!(part, "" | "." | ".."));
        let other = if of.side == "left" { self.right } else { self.left };
        let mut paths =
            CHOICES.into_iter().filter_map(|place| ImagePath::parse(format!("{place}/{choice}").as_bytes()).ok());
        is_plain
            && paths.any(|path| {
                let is_lone = of.snapshot.image.tree.get(&path).is_some() && other.image.tree.get(&path).is_none();
                is_lone && self.is_accounted_for(&path) && self.is_owned(&path)
            })
    }
}

fn name(stanza: Stanza<'_>) -> Option<String> {
    stanza.get("Name").map(str::to_owned)
}
