//! What the checklists for reproducible builds ask, answered from history, configuration and file system: only the app's
//! own instructions are judged where it is known where the base ends.
//!
//! One file per family of questions, one line per question in [`ITEMS`]. What an image cannot show is "unknown": no
//! history records `--mount`, `--network`, `COPY --from`, `ADD --checksum` or FROM.

mod apt;
mod base;
mod clock;
mod download;
mod python;
mod settings;
mod shell;
mod steps;

use std::sync::Arc;

use super::Image;
use crate::image::{Node, Tree};
use crate::model::text::visible;
use crate::model::{
    Answer, BuildSteps, Checklist, ChecklistItem, Evidence, Finding, ImageConfig, ImageFacts, ImagePath, LockFile,
    Severity,
};

use self::steps::Step;

/// One question.
pub(super) struct Item {
    /// In kebab case.
    name: &'static str,
    /// The check whose finding a "no" is: the item's own, unless `severity` is `None`.
    check: &'static str,
    /// What is asked, as a statement that should hold.
    asks: &'static str,
    /// Of the finding that a "no" makes; `None` where another check makes it.
    severity: Option<Severity>,
    /// What such a finding is about, whatever the image.
    subject: &'static str,
    /// Why a "no" matters.
    why: &'static str,
    fix: &'static str,
    judge: for<'a> fn(&Build<'a>) -> Judged<'a>,
}

/// All questions, in the order in which they are told.
pub(super) const ITEMS: &[&Item] = &[
    &base::PINNED,
    &base::TAG,
    &base::INPUTS,
    &settings::PLATFORM,
    &apt::TOGETHER,
    &apt::PINNED,
    &apt::RECOMMENDS,
    &apt::LISTS,
    &python::HASHED,
    &python::PINNED,
    &python::CACHE,
    &download::CHECKED,
    &clock::EPOCH,
    &clock::CREATED,
    &clock::FILES,
    &settings::ZONE,
    &settings::LOCALE,
    &settings::USER,
];

/// What the questions are put to.
pub(super) struct Build<'a> {
    facts: &'a ImageFacts,
    config: &'a ImageConfig,
    tree: &'a Tree,
    locks: &'a [Arc<LockFile>],
    told: &'a BuildSteps,
    /// The instructions that are judged.
    steps: Vec<Step<'a>>,
    /// The first layer above the base; `None` where it is not known where that ends.
    first_own: Option<usize>,
    /// Why something may have been run that is not told, in words.
    untold: Option<String>,
}

/// An answer and what it rests on.
struct Judged<'a> {
    answer: Answer,
    words: String,
    evidence: Vec<Evidence>,
    /// The files that it is about.
    paths: Vec<&'a ImagePath>,
}

/// The checks that a "no" makes a finding of.
pub(super) fn checks() -> impl Iterator<Item = &'static str> {
    ITEMS.iter().filter(|item| item.severity.is_some()).map(|item| item.check)
}

/// The checklist of one image, and a finding for each "no".
pub(super) fn judge(image: &Image<'_>) -> (Checklist, Vec<Finding>) {
    let build = Build::new(image);
    let mut findings = Vec::new();
    let items = ITEMS.iter().map(|item| {
        let judged = (item.judge)(&build);
        findings.extend(item.finding(&judged));
        let Judged { answer, words, evidence, paths: _ } = judged;
        let fix = matches!(answer, Answer::No | Answer::Unknown).then_some(item.fix);
        ChecklistItem { name: item.name, check: item.check, asks: item.asks, answer, words, evidence, fix }
    });
    let items = items.collect();
    (Checklist { judged: build.judged(), items }, findings)
}

impl Item {
    fn finding(&self, judged: &Judged<'_>) -> Option<Finding> {
        let severity = self.severity.filter(|_| judged.answer == Answer::No)?;
        // Reports say of how many files a finding speaks.
        let message =
            if judged.paths.len() > 1 { self.why.to_owned() } else { format!("{}: {}", judged.words, self.why) };
        Some(Finding::new(self.check, severity, self.subject, message).fix(self.fix).at(judged.paths.iter().copied()))
    }
}

impl<'a> Build<'a> {
    fn new(image: &Image<'a>) -> Self {
        let Image { facts, config, steps: told, tree, locks, .. } = *image;
        let first_own = facts.base.as_ref().and_then(|base| base.layers);
        let steps = steps::own(told, first_own);
        let untold = steps::untold(told, &steps, facts.layers.len(), first_own);
        Self { facts, config, tree, locks, told, steps, first_own, untold }
    }

    /// Whose instructions are judged.
    fn judged(&self) -> String {
        let number = match self.steps.len() {
            1 => "1 instruction".to_owned(),
            number => format!("{number} instructions"),
        };
        let whose = match (self.told.is_own_only, self.first_own) {
            (true, _) => format!("{number} of the Dockerfile, for the history does not tell them"),
            (false, Some(layers)) => {
                let likely = if self.is_likely() { ", likely" } else { "" };
                let layers = if layers == 1 { "layer".to_owned() } else { format!("{layers} layers") };
                format!("{number} above the base's {layers}{likely}")
            }
            (false, None) => format!("all {number}: where the base ends is not known"),
        };
        match &self.told.told_by {
            Some(by) => format!("{whose}; flags by {}", visible(by)),
            None => whose,
        }
    }

    fn is_likely(&self) -> bool {
        use crate::model::Confidence;
        self.facts.base.as_ref().is_some_and(|base| base.layers_confidence == Some(Confidence::Low))
    }

    /// Whether a file is of a layer that is judged.
    fn is_own(&self, node: &Node) -> bool {
        self.first_own.is_none_or(|first| node.file.layer as usize >= first)
    }

    /// The value of a variable that the image sets.
    fn variable(&self, name: &str) -> Option<&'a str> {
        self.config.runtime.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn node(&self, path: &str) -> Option<&'a Node> {
        self.tree.resolve(&ImagePath::parse(path.as_bytes()).ok()?)
    }

    /// The captured text of a file.
    fn text(&self, path: &str) -> Option<&'a str> {
        std::str::from_utf8(self.tree.read(&ImagePath::parse(path.as_bytes()).ok()?)?).ok()
    }
}

impl<'a> Judged<'a> {
    fn new(answer: Answer, words: impl Into<String>) -> Self {
        Self { answer, words: words.into(), evidence: Vec::new(), paths: Vec::new() }
    }

    /// With something that shows it.
    fn by(mut self, text: &str, layer: Option<usize>) -> Self {
        self.evidence.push(Evidence { text: steps::cut(text), layer });
        self
    }

    /// About these files, the first of which are the evidence.
    fn at(mut self, nodes: &[&'a Node]) -> Self {
        const SHOWN: usize = 3;
        for node in nodes.iter().take(SHOWN) {
            self = self.by(&node.path.to_absolute(), Some(node.file.layer as usize));
        }
        self.paths = nodes.iter().map(|node| &node.path).collect();
        self
    }
}
