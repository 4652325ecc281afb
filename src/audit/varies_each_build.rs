//! Files that will differ in the next build of the same Dockerfile, by the mask or the path rule that knows them.

use std::collections::BTreeMap;

use super::{Audited, Check};
use crate::image::Node;
use crate::model::{Finding, ImagePath, Kind, Severity, rule};
use crate::nondeterminism::{Noise, Rules, mask};

pub(super) const CHECK: Check = Check { name: "varies-each-build", run };

/// Why a file varies, and what can be done about it.
struct Cause<'a> {
    name: &'a str,
    /// The user's file that the rule stands in.
    file: Option<&'a str>,
    reason: &'a str,
    fix: Option<&'a str>,
}

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let mut files: BTreeMap<_, (Cause<'_>, Vec<&ImagePath>)> = BTreeMap::new();
    for node in audited.tree.nodes() {
        if let Some(cause) = cause(node, audited.rules) {
            files.entry((cause.name, cause.file)).or_insert_with(|| (cause, Vec::new())).1.push(&node.path);
        }
    }
    let rules = files.into_values().filter(|(cause, _)| cause.file.is_some() || !has_own_check(audited, cause.name));
    let findings = rules.map(|(cause, paths)| {
        let subject = rule::label(cause.name, cause.file);
        let fix = cause.fix.map(str::to_owned);
        Finding { fix, ..Finding::new(CHECK.name, Severity::Info, subject, cause.reason).at(paths) }
    });
    findings.collect()
}

/// Whether the checklist says more of these files.
fn has_own_check(audited: &Audited<'_>, rule: &str) -> bool {
    let check = match rule {
        "apt-lists" => "apt-lists-left",
        rule => rule,
    };
    audited.unmet.contains(&check)
}

fn cause<'a>(node: &'a Node, rules: &'a Rules) -> Option<Cause<'a>> {
    let entry = &node.file.entry;
    if entry.kind != Kind::File || entry.size == 0 {
        return None;
    }
    let masked = entry.content.as_ref().and_then(|content| content.masked.as_deref());
    if let Some(mask) = masked.and_then(|masked| mask::named(masked.mask)) {
        // Of keys and identities their own checks say more.
        return (mask.each_build && !mask.hides_identity()).then_some(Cause {
            name: mask.name,
            file: None,
            reason: mask.cause,
            fix: Some(mask.fix),
        });
    }
    let holds = |rule: &&Noise| rule.about.executable || !entry.is_executable();
    let rule = rules.noise(&node.path).find(holds).filter(|rule| rule.each_build)?;
    let Noise { about, fix, .. } = rule;
    Some(Cause { name: &about.name, file: about.file.as_deref(), reason: &about.cause, fix: fix.as_deref() })
}
