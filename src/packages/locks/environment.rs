//! conda's `environment.yml`: what was asked for, with pip's part as lines of a requirements file.

use serde::Deserialize;

use super::shared::yaml;
use super::{Format, Parsed, requirements};
use crate::model::{LockEntry, LockManager};

pub(super) const FORMAT: Format = Format {
    name: "environment.yml",
    wants: |_, name| {
        let stem = name.strip_suffix(b".yml").or_else(|| name.strip_suffix(b".yaml"));
        stem.is_some_and(|stem| stem == b"environment" || stem.starts_with(b"environment-"))
    },
    parse,
    remedy: "conda-lock, or conda list --explicit --sha256",
};

#[derive(Deserialize)]
struct Document {
    dependencies: Option<Vec<Dependency>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Conda(String),
    Pip { pip: Vec<String> },
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: Document = yaml(text)?;
    let Some(dependencies) = document.dependencies else { return Ok(None) };
    let mut parsed = Parsed::default();
    for dependency in dependencies {
        match dependency {
            Dependency::Conda(spec) => parsed.entries.push(entry(&spec)),
            Dependency::Pip { pip } => {
                let of_pip = requirements::parse(&pip.join("\n"))?.unwrap_or_default();
                parsed.entries.extend(of_pip.entries);
                parsed.includes.extend(of_pip.includes);
            }
        }
    }
    Ok(Some(parsed))
}

/// `channel::name`, `name=1.2` (any 1.2.x), `name==1.2`, `name=1.2=build`, `name >=1.2`.
fn entry(spec: &str) -> LockEntry {
    let spec = spec.rsplit("::").next().unwrap_or_default().trim();
    let end = spec.find([' ', '=', '<', '>', '!', '~', '[']).unwrap_or(spec.len());
    let (name, rest) = spec.split_at(end);
    let rest = rest.trim();
    let exact = match rest.strip_prefix("==") {
        Some(version) => Some(version),
        // With a build named it is one package.
        None => rest.strip_prefix('=').and_then(|rest| rest.split_once('=')).map(|(version, _)| version),
    };
    let version = exact.map(str::trim).filter(|version| !version.is_empty() && !version.contains(['*', ',', '|']));
    LockEntry {
        manager: LockManager::Conda,
        name: name.to_owned(),
        key: name.to_lowercase(),
        specifier: if version.is_some() { String::new() } else { rest.to_owned() },
        version: version.map(str::to_owned),
        ..LockEntry::default()
    }
}
