//! Files that will differ in the next build of the same Dockerfile, by the mask or the path rule that knows them.

use std::collections::BTreeMap;

use super::{Audited, Check};
use crate::image::Node;
use crate::model::{Finding, ImagePath, Kind, Severity};
use crate::nondeterminism::{Rules, mask};

pub(super) const CHECK: Check = Check { name: "varies-each-build", run };

/// Why a file varies, and what can be done about it.
struct Cause<'a> {
    name: &'a str,
    reason: &'a str,
    fix: &'a str,
}

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let rules = Rules::built_in();
    let mut files: BTreeMap<&str, (Cause<'_>, Vec<&ImagePath>)> = BTreeMap::new();
    for node in audited.tree.nodes() {
        if let Some(cause) = cause(node, rules) {
            files.entry(cause.name).or_insert_with(|| (cause, Vec::new())).1.push(&node.path);
        }
    }
    let findings =
        files.into_values().filter(|(cause, _)| !has_own_check(audited, cause.name)).map(|(cause, paths)| {
            Finding::new(CHECK.name, Severity::Info, cause.name, cause.reason).fix(cause.fix).at(paths)
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
        let is_secret = matches!(mask.name, "machine-id" | "baked-key");
        return (mask.each_build && !is_secret).then_some(Cause { name: mask.name, reason: mask.cause, fix: mask.fix });
    }
    let rule = rules.noise(&node.path).filter(|rule| rule.each_build && !entry.is_executable())?;
    Some(Cause { name: &rule.name, reason: &rule.cause, fix: &rule.fix })
}
