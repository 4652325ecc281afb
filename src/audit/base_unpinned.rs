//! Whether the image tells what it was built from, and whether that was pinned by digest.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "base-unpinned", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    const PIN: &str = "FROM name:tag@sha256:...";
    let finding = |severity, message: String| vec![Finding::new(CHECK.name, severity, "base image", message).fix(PIN)];
    let Some(base) = audited.facts.base.as_ref().filter(|base| base.is_identified()) else {
        return finding(Severity::Info, "the image does not tell what it was built from".to_owned());
    };
    let name = base.name.as_deref().unwrap_or("an unnamed image");
    if name == "scratch" {
        return Vec::new();
    }
    match (base.pinned, &base.digest) {
        (Some(true), _) | (None, Some(_)) => Vec::new(),
        (Some(false), _) => finding(
            Severity::Warning,
            format!("built from {name} by a tag that moves: the same Dockerfile gives another image tomorrow"),
        ),
        (None, None) => finding(
            Severity::Info,
            format!("built from {name}, by which digest and whether that was pinned the image does not tell"),
        ),
    }
}
