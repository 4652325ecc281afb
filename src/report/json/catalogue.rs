//! All masks and path rules in the JSON contract.

use std::io;

use super::{TOOL, schema, write};
use crate::model::{Catalogue, KnownRule, RuleFileUse};

pub(super) fn write_catalogue(catalogue: &Catalogue, out: &mut dyn io::Write) -> io::Result<()> {
    let missing = catalogue.missing.iter();
    write(
        &schema::Catalogue {
            schema: schema::SCHEMA,
            tool: TOOL,
            rules: catalogue.rules.iter().map(rule).collect(),
            missing: missing.map(|missing| schema::MissingRule { what: &missing.what, why: &missing.why }).collect(),
        },
        out,
    )
}

fn rule(rule: &KnownRule) -> schema::KnownRule<'_> {
    schema::KnownRule {
        name: &rule.name,
        rule_file: rule.file.as_deref().unwrap_or(RuleFileUse::BUILT_IN),
        kind: rule.kind.as_str(),
        proven: rule.proven,
        covers: &rule.covers,
        inputs: &rule.inputs,
        cause: &rule.cause,
        fix: rule.fix.as_deref(),
    }
}
