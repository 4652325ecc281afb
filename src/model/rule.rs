//! A user's files of rules, as reports tell of them.

use std::sync::Arc;

/// One file of a user's own rules, and what rests on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFileUse {
    /// As the user named it.
    pub file: Arc<str>,
    /// How many rules it holds.
    pub rules: usize,
    /// How many paths they explain, or of one image name.
    pub paths: usize,
}

impl RuleFileUse {
    /// What rules that ship with the program say of their file.
    pub const BUILT_IN: &'static str = "built-in";

    /// A file that explains nothing yet.
    #[must_use]
    pub fn new(file: Arc<str>, rules: usize) -> Self {
        Self { file, rules, paths: 0 }
    }
}

/// A rule by its name, and by the user's file that it stands in: `app-cache of imgdrift.toml`.
#[must_use]
pub fn label(rule: &str, file: Option<&str>) -> String {
    file.map_or_else(|| rule.to_owned(), |file| format!("{rule} of {file}"))
}
