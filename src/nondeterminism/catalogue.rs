//! All masks and path rules in one list, and what is known to vary without having one.

use std::sync::Arc;

use serde::Deserialize;

use super::{About, Generated, MASKS, Mask, Noise, Rules};
use crate::model::{Catalogue, KnownRule, MissingRule, RuleKind};

/// The masks, the path rules of `rules`, and what has neither.
#[must_use]
pub fn catalogue(rules: &Rules) -> Catalogue {
    let masks = MASKS.iter().map(of_mask);
    let mut paths: Vec<KnownRule> =
        rules.all_noise().map(of_noise).chain(rules.all_generated().map(of_generated)).collect();
    // The user's own are asked first.
    paths.sort_by_key(|rule| rule.file.is_none());
    Catalogue { rules: masks.chain(paths).collect(), missing: missing() }
}

fn of_mask(mask: &Mask) -> KnownRule {
    KnownRule {
        name: mask.name.into(),
        file: None,
        kind: RuleKind::Mask,
        covers: vec![mask.covers.to_owned()],
        inputs: Vec::new(),
        proven: true,
        cause: mask.cause.into(),
        fix: Some(mask.fix.into()),
    }
}

fn of_noise(rule: &Noise) -> KnownRule {
    let kind = if rule.is_ignore { RuleKind::Ignore } else { RuleKind::Path };
    KnownRule { fix: rule.fix.clone(), ..of_path(&rule.about, kind) }
}

fn of_generated(rule: &Generated) -> KnownRule {
    let inputs = rule.inputs.packages.iter().chain(&rule.inputs.paths).cloned().collect();
    KnownRule { inputs, proven: rule.proof.is_some(), ..of_path(&rule.about, RuleKind::Generated) }
}

fn of_path(about: &About, kind: RuleKind) -> KnownRule {
    KnownRule {
        name: Arc::clone(&about.name),
        file: about.file.clone(),
        kind,
        covers: about.paths.clone(),
        inputs: Vec::new(),
        proven: false,
        cause: Arc::clone(&about.cause),
        fix: None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingFile {
    missing: Vec<MissingRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingRow {
    what: String,
    why: String,
}

fn missing() -> Vec<MissingRule> {
    #[expect(clippy::expect_used, reason = "part of the program's own text; a test reads it")]
    let file: MissingFile = toml::from_str(include_str!("../../assets/missing.toml")).expect("the list is valid");
    file.missing.into_iter().map(|MissingRow { what, why }| MissingRule { what, why }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::RuleFile;
    use super::*;

    #[test]
    fn every_mask_and_rule_is_listed_once_and_says_what_it_covers() {
        let listed = catalogue(Rules::built_in());
        let names: HashSet<&str> = listed.rules.iter().map(|rule| &*rule.name).collect();
        assert_eq!(names.len(), listed.rules.len(), "a name stands twice");
        assert!(MASKS.iter().all(|mask| names.contains(mask.name)));
        for rule in &listed.rules {
            let told = rule.covers.iter().all(|covers| !covers.is_empty()) && !rule.covers.is_empty();
            assert!(told && !rule.cause.is_empty(), "{}", rule.name);
            assert_eq!(rule.kind == RuleKind::Generated, !rule.inputs.is_empty(), "{}", rule.name);
        }
        assert!(!listed.missing.is_empty());
    }

    #[test]
    fn a_users_rules_come_before_those_that_ship() {
        let file = RuleFile::of_user("ours.toml", "[[ignore]]\npaths=['/a']\nreason='r'").unwrap();
        let listed = catalogue(&Rules::with(vec![file]));
        let first = listed.rules.iter().find(|rule| rule.kind != RuleKind::Mask).unwrap();
        assert_eq!((first.kind, first.file.as_deref(), &*first.cause), (RuleKind::Ignore, Some("ours.toml"), "r"));
    }
}
