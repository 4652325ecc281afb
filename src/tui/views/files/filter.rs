//! Which paths show.

use super::tree::Node;
use crate::model::Explanation;
use crate::tui::overlay::{Choice, Menu};

/// A choice of explanations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Filter {
    /// What differs in more than its time.
    #[default]
    Changed,
    /// What a person must read.
    Suspicious,
    /// Without what varies from build to build or follows from something else.
    NoNoise,
    AllChanges,
    /// Also what does not differ.
    Everything,
    Only(Explanation),
}

impl Filter {
    /// In the order of the menu.
    pub const CYCLE: [Self; 5] = [Self::Changed, Self::Suspicious, Self::NoNoise, Self::AllChanges, Self::Everything];

    /// The choices, in the order of [`Filter::CYCLE`].
    #[must_use]
    pub fn menu(self) -> Menu {
        let choice = |(key, filter): (char, &Self)| Choice::pick(key, filter.words(), "", *filter == self);
        Menu { title: "Which paths", choices: "1unta".chars().zip(&Self::CYCLE).map(choice).collect() }
    }

    /// Whether a path with this explanation shows.
    #[must_use]
    pub fn has(self, explanation: Explanation) -> bool {
        match self {
            Self::Changed => explanation > Explanation::Mtime,
            Self::Suspicious => explanation >= Explanation::Unexplained,
            Self::NoNoise => explanation >= Explanation::Package,
            Self::AllChanges | Self::Everything => true,
            Self::Only(only) => explanation == only,
        }
    }

    /// Whether the node, or anything below it, shows.
    #[must_use]
    pub fn shows(self, node: &Node) -> bool {
        self == Self::Everything || self.count(node) > 0
    }

    /// Paths at and below the node that show because they differ.
    #[must_use]
    pub fn count(self, node: &Node) -> u32 {
        Explanation::ALARMING_FIRST.into_iter().filter(|one| self.has(*one)).map(|one| node.count(one)).sum()
    }

    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Changed => "changed, without times".to_owned(),
            Self::Suspicious => "unexplained and alarms".to_owned(),
            Self::NoNoise => "changed, without noise".to_owned(),
            Self::AllChanges => "changed, with times".to_owned(),
            Self::Everything => "all paths".to_owned(),
            Self::Only(explanation) => format!("only {explanation}"),
        }
    }

    /// The calmest filter that shows this path too.
    #[must_use]
    pub fn widened(self, own: Option<Explanation>) -> Self {
        match own {
            None => Self::Everything,
            Some(own) if self.has(own) => self,
            Some(own) if Self::Changed.has(own) => Self::Changed,
            Some(_) => Self::AllChanges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_hides_what_its_words_say() {
        assert!(!Filter::Changed.has(Explanation::Mtime) && Filter::Changed.has(Explanation::Bytecode));
        assert!(!Filter::NoNoise.has(Explanation::Generated) && Filter::NoNoise.has(Explanation::Package));
        assert!(!Filter::Suspicious.has(Explanation::Metadata) && Filter::Suspicious.has(Explanation::SameVersion));
        assert_eq!(Filter::Suspicious.widened(Some(Explanation::Noise)), Filter::Changed);
        assert_eq!(Filter::Changed.widened(Some(Explanation::Mtime)), Filter::AllChanges);
        assert_eq!(Filter::Changed.widened(None), Filter::Everything);
    }
}
