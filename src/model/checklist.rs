//! What the checklists for reproducible builds ask, and what one image answers.

use serde::Serialize;

/// The questions and the answers of one image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checklist {
    /// Whose instructions were judged, in words.
    pub judged: String,
    pub items: Vec<ChecklistItem>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// In kebab case.
    pub name: &'static str,
    /// The check whose finding a "no" is.
    pub check: &'static str,
    /// What is asked, as a statement that should hold.
    pub asks: &'static str,
    pub answer: Answer,
    /// Why the answer is what it is.
    pub words: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to write instead, where the answer is not "yes".
    pub fix: Option<&'static str>,
}

/// What shows an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// An instruction cut short, a file, a variable; safe to show.
    pub text: String,
    /// The layer it belongs to, from the bottom.
    pub layer: Option<usize>,
}

/// The answers, those that ask for a reader first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Answer {
    #[serde(rename = "no")]
    No,
    #[serde(rename = "unknown")]
    Unknown,
    #[serde(rename = "yes")]
    Yes,
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl Answer {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::No, Self::Unknown, Self::Yes, Self::NotApplicable];

    /// The words used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
            Self::NotApplicable => "not applicable",
        }
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::No => 'x',
            Self::Unknown => '?',
            Self::Yes => '+',
            Self::NotApplicable => '-',
        }
    }
}

impl Checklist {
    /// How many items have this answer.
    #[must_use]
    pub fn count(&self, answer: Answer) -> usize {
        self.with(answer).count()
    }

    /// The items with this answer, in the list's order.
    pub fn with(&self, answer: Answer) -> impl Iterator<Item = &ChecklistItem> {
        self.items.iter().filter(move |item| item.answer == answer)
    }

    /// `3 no, 2 unknown, 9 yes, 4 not applicable`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = Answer::ALL.map(|answer| format!("{} {}", self.count(answer), answer.as_str()));
        counts.join(", ")
    }

    /// The items that `other` answers in another way, with its answer.
    pub fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a ChecklistItem, &'a ChecklistItem)> {
        let pairs = self.items.iter().filter_map(|item| {
            let same = other.items.iter().find(|same| same.name == item.name)?;
            Some((item, same))
        });
        pairs.filter(|(item, same)| item.answer != same.answer)
    }
}
