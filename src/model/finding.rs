//! Something worth saying about one image on its own.

use serde::Serialize;

use super::Side;

/// How much a finding matters, calmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Alarm,
}

impl Severity {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }
}

/// A finding about one side.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub side: Side,
    /// The check's name.
    pub check: &'static str,
    pub severity: Severity,
    /// What it is about: a package, a path, a layer.
    pub subject: String,
    pub message: String,
    pub fix: Option<String>,
}
