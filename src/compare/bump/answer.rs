//! "May I merge this?", and why.

use std::collections::HashSet;

use super::{AppReport, LibraryState};
use crate::compare::{DriftReport, PackageRow};
use crate::model::{PackageMove, Verdict};

/// The reply and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub reply: Reply,
    /// What speaks against it, the worst first; for [`Reply::Yes`] what it rests on.
    pub reasons: Vec<String>,
}

/// How the question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// Nothing speaks against it.
    Yes,
    /// A person must look at something first.
    Look,
    /// Something is wrong.
    No,
}

impl Reply {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Look => "look",
            Self::No => "no",
        }
    }

    /// The reply as a person gives it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::Look => "Look first",
            Self::No => "No",
        }
    }
}

impl Answer {
    pub(super) fn of(drift: &DriftReport, app: Option<&AppReport>) -> Self {
        let mut said = Said::default();
        let alarms = drift.alarms();
        said.add(
            Reply::No,
            alarms,
            "file differs behind a package that did not move",
            "files differ behind packages that did not move",
        );
        if let Some(app) = app {
            let of = |state| app.libraries.iter().filter(|library| library.state == state).count();
            let gone = of(LibraryState::Gone);
            said.add(
                Reply::No,
                gone,
                "library that the app is linked to is gone",
                "libraries that the app is linked to are gone",
            );
        }
        let platforms = (&drift.left.platform, &drift.right.platform);
        if platforms.0 != platforms.1 {
            said.because(Reply::No, format!("they are of two platforms: {} and {}", platforms.0, platforms.1));
        }
        if let Some(why) = drift.why_unknown() {
            said.because(Reply::Look, format!("what was not read could change the answer: {why}"));
        }
        said.add(
            Reply::Look,
            drift.unexplained(),
            "path differs that nothing explains",
            "paths differ that nothing explains",
        );
        said.add(
            Reply::Look,
            drift.moved(Some(PackageMove::Downgraded)),
            "package is older than before",
            "packages are older than before",
        );
        said.add(Reply::Look, drift.moved(Some(PackageMove::Removed)), "package is gone", "packages are gone");
        let runtime = drift.config.iter().filter(|change| change.runtime).count();
        said.add(Reply::Look, runtime, "setting changes how it runs", "settings change how it runs");
        if let Some(app) = app {
            let [secured, others] = held(drift, app);
            said.add(
                Reply::Look,
                secured,
                "package with security fixes is kept or brought by the app",
                "packages with security fixes are kept or brought by the app",
            );
            let (one, many) = ("package is kept or brought by the app", "packages are kept or brought by the app");
            said.add(Reply::Look, others, one, many);
            said.add(Reply::Look, app.files.len(), "changed path is the app's own", "changed paths are the app's own");
            if !app.warnings.is_empty() {
                said.because(Reply::Look, "not all that the app is linked to could be looked into".to_owned());
            }
            if app.standing.on.is_none() {
                said.because(Reply::Look, "the app stands on neither base".to_owned());
            }
        }
        let Said { reply, mut reasons } = said;
        if reasons.is_empty() {
            reasons.push(match (drift.verdict, drift.moved(None)) {
                (Verdict::Identical, _) => "it is the same image".to_owned(),
                (_, 0) if drift.packages.is_empty() => "no package is known, and every path is explained".to_owned(),
                (_, 0) => "no package moved, and every path is explained".to_owned(),
                (_, 1) => "1 package moved, and every path is explained".to_owned(),
                (_, moved) => format!("{moved} packages moved, and every path is explained"),
            });
        }
        Self { reply, reasons }
    }
}

/// How many packages the app holds or brings itself: those that the bump brings a security upload of, and others.
fn held(drift: &DriftReport, app: &AppReport) -> [usize; 2] {
    let is_secured = |row: &&PackageRow| row.fixes.as_ref().is_some_and(|fixes| fixes.security && !fixes.reverted);
    let secured = drift.packages.iter().filter(is_secured).filter_map(PackageRow::either);
    let secured: HashSet<String> = secured.map(|package| package.label()).collect();
    let held: HashSet<&str> = app.held.iter().map(|held| held.package.as_str()).collect();
    let of_secured = held.iter().filter(|package| secured.contains(**package)).count();
    [of_secured, held.len() - of_secured]
}

struct Said {
    reply: Reply,
    reasons: Vec<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { reply: Reply::Yes, reasons: Vec::new() }
    }
}

impl Said {
    fn add(&mut self, reply: Reply, number: usize, one: &str, many: &str) {
        if number == 0 {
            return;
        }
        self.because(reply, if number == 1 { format!("1 {one}") } else { format!("{number} {many}") });
    }

    fn because(&mut self, reply: Reply, reason: String) {
        self.reply = self.reply.max(reply);
        self.reasons.push(reason);
    }
}
