//! `Pipfile.lock`: JSON, one object for each category.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::shared::{add_hash, named, origin_of_url, vcs, version_of};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockOrigin};

pub(super) const FORMAT: Format =
    Format { name: "Pipfile.lock", wants: |_, name| name == b"Pipfile.lock", parse, remedy: "pipenv lock" };

#[derive(Deserialize)]
struct Package {
    version: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
    markers: Option<String>,
    git: Option<String>,
    r#ref: Option<String>,
    path: Option<String>,
    file: Option<String>,
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !document.contains_key("_meta") {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for (category, packages) in document.into_iter().filter(|(category, _)| category != "_meta") {
        let packages: BTreeMap<String, Package> =
            serde_json::from_value(packages).map_err(|error| format!("{category}: {error}"))?;
        entries.extend(packages.into_iter().map(|(name, package)| entry(&name, package, &category)));
    }
    Ok(Some(Parsed::complete(entries)))
}

fn entry(name: &str, package: Package, category: &str) -> LockEntry {
    let mut entry = named(name);
    for hash in &package.hashes {
        add_hash(&mut entry, None, Some(hash));
    }
    (entry.version, entry.specifier) = version_of(package.version.as_deref().unwrap_or_default());
    entry.marker = package.markers;
    entry.only_for = (category != "default").then(|| format!("category {category}"));
    entry.origin = match (package.git, package.path, package.file) {
        (Some(git), ..) => vcs(&format!("git+{git}"), package.r#ref.as_deref()),
        (_, Some(path), _) if path == "." => LockOrigin::Project,
        (_, Some(path), _) => LockOrigin::Path(path),
        (.., Some(file)) => origin_of_url(&file),
        _ => LockOrigin::Index,
    };
    entry
}
