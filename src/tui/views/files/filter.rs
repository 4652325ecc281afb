//! Which paths show.

use super::tree::Node;
use crate::model::{Change, Explanation, Side};

/// A choice of explanations, of kinds of change and of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// A bit per [`Explanation`].
    explanations: u8,
    /// A bit per [`Change`].
    changes: u8,
    /// Also what does not differ.
    pub unchanged: bool,
    /// Only what this layer of one side brought or changed.
    pub layer: Option<(Side, u16)>,
}

impl Filter {
    /// What differs in more than its time.
    pub const CHANGED: Self = Self::from(Explanation::Bytecode);
    /// What a person must read.
    pub const SUSPICIOUS: Self = Self::from(Explanation::Unexplained);
    /// Without what varies from build to build or follows from something else.
    pub const NO_NOISE: Self = Self::from(Explanation::Package);
    pub const ALL_CHANGES: Self = Self::from(Explanation::Mtime);
    /// Also what does not differ.
    pub const EVERYTHING: Self = Self { unchanged: true, ..Self::ALL_CHANGES };

    /// The named ones, in the order of the key that steps through them.
    pub const PRESETS: [(&'static str, Self); 5] = [
        ("changed, without times", Self::CHANGED),
        ("unexplained and alarms", Self::SUSPICIOUS),
        ("changed, without noise", Self::NO_NOISE),
        ("changed, with times", Self::ALL_CHANGES),
        ("all paths", Self::EVERYTHING),
    ];

    /// The kinds of change that can be hidden; a change of nothing but the time is an explanation of its own.
    pub const CHANGES: [Change; 4] = [Change::Added, Change::Removed, Change::Content, Change::Metadata];

    /// What is at least as alarming as `calmest`.
    const fn from(calmest: Explanation) -> Self {
        Self { explanations: u8::MAX << calmest as u8, changes: u8::MAX, unchanged: false, layer: None }
    }

    #[must_use]
    pub fn only(explanation: Explanation) -> Self {
        Self { explanations: 1 << explanation as u8, ..Self::CHANGED }
    }

    /// All that one layer brought or changed.
    #[must_use]
    pub fn of_layer(side: Side, index: usize) -> Self {
        Self::EVERYTHING.in_layer(u16::try_from(index).ok().map(|index| (side, index)))
    }

    /// The same in one layer, or in all.
    #[must_use]
    pub fn in_layer(self, layer: Option<(Side, u16)>) -> Self {
        Self { layer, ..self }
    }

    /// The next or previous named filter; the layer stays.
    #[must_use]
    pub fn step(self, by: isize) -> Self {
        let len = Self::PRESETS.len();
        let next = self.preset().map_or(0, |at| at.wrapping_add(len).wrapping_add_signed(by) % len);
        self.with_preset(next)
    }

    /// All paths, or only those that differ; the layer stays.
    #[must_use]
    pub fn all_or_changed(self) -> Self {
        let other = if self.unchanged { Self::CHANGED } else { Self::EVERYTHING };
        other.in_layer(self.layer)
    }

    /// The named filter at `at` of [`Filter::PRESETS`]; the layer stays.
    #[must_use]
    pub fn with_preset(self, at: usize) -> Self {
        let (_, preset) = Self::PRESETS.get(at).copied().unwrap_or_default();
        preset.in_layer(self.layer)
    }

    /// Which named filter it is, whatever the layer.
    #[must_use]
    pub fn preset(self) -> Option<usize> {
        Self::PRESETS.iter().position(|(_, preset)| preset.in_layer(self.layer) == self)
    }

    #[must_use]
    pub fn shows_explanation(self, explanation: Explanation) -> bool {
        self.explanations >> explanation as u8 & 1 == 1
    }

    #[must_use]
    pub fn shows_change(self, change: Change) -> bool {
        self.changes >> change as u8 & 1 == 1
    }

    /// Shows or hides these: hides them unless all are hidden.
    #[must_use]
    pub fn toggle_explanations(self, explanations: &[Explanation]) -> Self {
        let these = explanations.iter().fold(0, |bits, explanation| bits | 1 << *explanation as u8);
        let hidden = self.explanations & these == 0;
        let explanations = if hidden { self.explanations | these } else { self.explanations & !these };
        Self { explanations, ..self }
    }

    #[must_use]
    pub fn toggle_change(self, change: Change) -> Self {
        Self { changes: self.changes ^ 1 << change as u8, ..self }
    }

    /// Whether this very path shows.
    #[must_use]
    pub fn has(self, node: &Node) -> bool {
        let differs_so = match node.own {
            Some((change, explanation)) => self.shows_explanation(explanation) && self.shows_change(change),
            None => self.unchanged,
        };
        differs_so && self.layer.is_none_or(|(side, index)| node.layer(side) == Some(index))
    }

    /// What shows, for the head of the tree; of one image alone without sides.
    #[must_use]
    pub fn words(self, alone: bool) -> String {
        let mut words = match self.preset() {
            Some(at) => Self::PRESETS.get(at).map_or_else(String::new, |(words, _)| (*words).to_owned()),
            None => self.choice(),
        };
        if let Some((side, index)) = self.layer {
            words = format!("{words}, layer #{index}");
            if !alone {
                words = format!("{words} {}", side.as_str());
            }
        }
        words
    }

    /// What shows or what is hidden: by its words when there are few, else by its signs.
    fn choice(self) -> String {
        let named = |shows: bool| -> Vec<Explanation> {
            let explanations = Explanation::ALARMING_FIRST.into_iter();
            explanations.filter(|one| self.shows_explanation(*one) == shows).collect()
        };
        let words = |of: &[Explanation]| of.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
        let (shown, hidden) = (named(true), named(false));
        let mut words = match (shown.len(), hidden.len()) {
            (_, 0) => "changed".to_owned(),
            (0, _) => "nothing that differs".to_owned(),
            (1..=2, _) => format!("only {}", words(&shown)),
            (_, 1..=2) => format!("without {}", words(&hidden)),
            _ => format!(
                "only {}",
                shown.into_iter().map(Explanation::sign).map(String::from).collect::<Vec<_>>().join(" ")
            ),
        };
        let hidden = Self::CHANGES.into_iter().filter(|change| !self.shows_change(*change)).map(Change::as_str);
        let hidden: Vec<&str> = hidden.collect();
        if !hidden.is_empty() {
            words = format!("{words}, not {}", hidden.join(", "));
        }
        if self.unchanged {
            words.push_str(", and what is the same");
        }
        words
    }

    /// The calmest filter that shows this path too.
    #[must_use]
    pub fn widened(self, node: &Node) -> Self {
        let wider = [self, self.in_layer(None), Self::CHANGED, Self::ALL_CHANGES];
        wider.into_iter().find(|filter| filter.has(node)).unwrap_or(Self::EVERYTHING)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::CHANGED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cycle_comes_round_both_ways() {
        let mut filter = Filter::default();
        for _ in 0..Filter::PRESETS.len() {
            filter = filter.step(1);
        }
        assert_eq!(filter, Filter::CHANGED);
        assert_eq!(filter.step(-1), Filter::EVERYTHING);
        assert_eq!(Filter::only(Explanation::Noise).step(1), Filter::CHANGED);
        assert_eq!(Filter::of_layer(Side::Right, 3).step(1).words(false), "changed, without times, layer #3 right");
    }

    #[test]
    fn each_filter_hides_what_its_words_say() {
        let has = Filter::shows_explanation;
        assert!(!has(Filter::CHANGED, Explanation::Mtime) && has(Filter::CHANGED, Explanation::Bytecode));
        assert!(!has(Filter::NO_NOISE, Explanation::Generated) && has(Filter::NO_NOISE, Explanation::Package));
        assert!(!has(Filter::SUSPICIOUS, Explanation::Metadata) && has(Filter::SUSPICIOUS, Explanation::SameVersion));
    }

    #[test]
    fn switches_combine_and_say_what_they_leave() {
        let noisy = [Explanation::Noise, Explanation::Bytecode, Explanation::Generated];
        let quiet = Filter::ALL_CHANGES.toggle_explanations(&noisy);
        assert_eq!(quiet.words(false), "only ! ? m p t");
        assert_eq!(Filter::CHANGED.toggle_explanations(&[Explanation::Noise]).words(false), "without noise, mtime");
        assert_eq!(quiet.toggle_explanations(&[Explanation::Mtime]), Filter::NO_NOISE);
        assert_eq!(quiet.toggle_explanations(&noisy), Filter::ALL_CHANGES);
        let added = Filter::only(Explanation::Package).toggle_change(Change::Removed).toggle_change(Change::Content);
        assert_eq!(added.words(false), "only package, not removed, content");
        assert_eq!(Filter::ALL_CHANGES.toggle_change(Change::Metadata).words(false), "changed, not metadata");
    }
}
