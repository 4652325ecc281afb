//! Secrets in the image's configuration and history: everybody who can pull the image has them.

use std::collections::BTreeMap;

use super::{Audited, Check};
use crate::model::secret::{is_secret, names_in};
use crate::model::text::visible;
use crate::model::{Finding, ImageConfig, Severity};

pub(super) const CHECK: Check = Check { name: "secret-in-config", run };

/// Secrets of one image that are told of.
const MOST: usize = 100;

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let found = secrets(audited.config).into_iter().take(MOST);
    found
        .map(|(name, places)| {
            let message = format!("it has a value in {}: everybody who can pull the image has it", places.join(", "));
            Finding::new(CHECK.name, Severity::Warning, visible(&name), message)
                .fix("RUN --mount=type=secret while building, the engine's secrets while running; and replace this one")
        })
        .collect()
}

/// The names of all secrets, each with the keys of the configuration that hold it.
fn secrets(config: &ImageConfig) -> BTreeMap<String, Vec<&'static str>> {
    let mut found: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    let mut add = |name: String, place| {
        let places = found.entry(name).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    };
    let runtime = &config.runtime;
    let variables = runtime.env.iter().map(|(name, value)| ("env", name, value));
    for (place, name, value) in variables.chain(config.labels.iter().map(|(name, value)| ("labels", name, value))) {
        if !value.is_empty() && is_secret(name) {
            add(name.clone(), place);
        } else {
            for inner in names_in(value) {
                add(inner, place);
            }
        }
    }
    let words = |words: &[String]| serde_json::Value::from(words.to_vec()).to_string();
    let lists = [("entrypoint", &runtime.entrypoint), ("cmd", &runtime.cmd), ("shell", &runtime.shell)];
    let texts = lists.into_iter().map(|(place, list)| (place, words(list)));
    let texts = texts.chain(runtime.healthcheck.iter().map(|text| ("healthcheck", text.clone())));
    let texts = texts.chain(runtime.on_build.iter().map(|line| ("on_build", line.clone())));
    let rows = config.history.iter().flat_map(|row| row.created_by.iter().chain(&row.comment));
    for (place, text) in texts.chain(rows.map(|text| ("history", text.clone()))) {
        for name in names_in(&text) {
            add(name, place);
        }
    }
    found
}
