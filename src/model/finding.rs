//! Something worth saying about an image, or about how two images differ.

use std::sync::Arc;

use serde::Serialize;

use super::{Hashes, ImagePath, Package, Side};

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

/// Which of the two images has a finding, the one that asks for a reader first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingDrift {
    /// Only the right one.
    New,
    /// Both.
    Same,
    /// Only the left one.
    Gone,
}

impl FindingDrift {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Gone => "gone",
        }
    }

    /// One ASCII sign, so that colour is never the only carrier.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::New => '+',
            Self::Same => '=',
            Self::Gone => '-',
        }
    }
}

/// A finding of one check.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The image that it was found in; of one that both have, the right one.
    pub side: Side,
    /// `None` where there is one image only, and for what the comparison itself found.
    pub drift: Option<FindingDrift>,
    /// The check's name, in kebab case.
    pub check: &'static str,
    pub severity: Severity,
    /// What it is about, in words that the other image would share: a package, a path, a rule.
    pub subject: String,
    /// What is the matter, and why that matters.
    pub message: String,
    /// What the Dockerfile can do about it.
    pub fix: Option<String>,
    /// How many files it stands for; 0 when it is not about files.
    pub count: usize,
    /// The first of those files, at most [`Finding::MOST_PATHS`].
    pub paths: Vec<ImagePath>,
    /// The layers that the named files come from, from the bottom.
    pub layers: Vec<u32>,
    /// What is known of their bytes, path by path; empty where bytes are not the matter.
    pub hashes: Vec<Hashes>,
    /// The package it is about.
    pub package: Option<Arc<Package>>,
}

impl Finding {
    /// How many paths a finding names.
    pub const MOST_PATHS: usize = 100;

    /// A finding about an image as a whole, until more is said of it.
    #[must_use]
    pub fn new(
        check: &'static str,
        severity: Severity,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            side: Side::Left,
            drift: None,
            check,
            severity,
            subject: subject.into(),
            message: message.into(),
            fix: None,
            count: 0,
            paths: Vec::new(),
            layers: Vec::new(),
            hashes: Vec::new(),
            package: None,
        }
    }

    /// With what can be done about it.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// About this package.
    #[must_use]
    pub fn of(self, package: &Arc<Package>) -> Self {
        Self { package: Some(Arc::clone(package)), ..self }
    }

    /// With the layers that the named files come from, as `layer` tells them.
    #[must_use]
    pub fn from_layers(mut self, layer: impl Fn(&ImagePath) -> Option<u32>) -> Self {
        self.layers = self.paths.iter().filter_map(layer).collect();
        self.layers.sort_unstable();
        self.layers.dedup();
        self
    }

    /// About these files, of which the first are named.
    #[must_use]
    pub fn at<'a>(mut self, paths: impl IntoIterator<Item = &'a ImagePath>) -> Self {
        for path in paths {
            if self.paths.len() < Self::MOST_PATHS {
                self.paths.push(path.clone());
            }
            self.count += 1;
        }
        self
    }

    /// About these files, of which the first are named, and what is known of their bytes.
    #[must_use]
    pub fn at_hashes<'a>(mut self, files: impl IntoIterator<Item = (&'a ImagePath, Hashes)>) -> Self {
        for (path, hashes) in files {
            if self.paths.len() < Self::MOST_PATHS {
                self.paths.push(path.clone());
                self.hashes.push(hashes);
            }
            self.count += 1;
        }
        self
    }
}
