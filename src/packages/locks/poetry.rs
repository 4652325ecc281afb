//! `poetry.lock`, of all of its versions since 1.0.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shared::{Artifact, named, toml, vcs, without_credentials};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockOrigin};

pub(super) const FORMAT: Format =
    Format { name: "poetry.lock", wants: |_, name| name == b"poetry.lock", parse, remedy: "poetry lock --regenerate" };

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    package: Vec<Package>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    /// Of files before format 2.0: those of each package, by its name.
    #[serde(default)]
    files: BTreeMap<String, Vec<Artifact>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    optional: bool,
    /// Before format 2.0.
    category: Option<String>,
    /// Since format 2.1.
    groups: Option<Vec<String>>,
    /// Since format 2.1; one marker, or one for each group.
    markers: Option<Markers>,
    #[serde(default)]
    files: Vec<Artifact>,
    source: Option<Source>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Markers {
    One(String),
    ByGroup(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    url: String,
    resolved_reference: Option<String>,
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let Document { package, metadata } = toml(text)?;
    let mut files = metadata.map(|metadata| metadata.files).unwrap_or_default();
    let entries = package.into_iter().map(|package| {
        let listed = files.remove(&package.name).unwrap_or_default();
        entry(package, listed)
    });
    Ok(Some(Parsed::complete(entries.collect())))
}

fn entry(package: Package, listed: Vec<Artifact>) -> LockEntry {
    let only_for = only_for(&package);
    let mut entry = LockEntry { version: Some(package.version), ..named(&package.name) };
    for artifact in package.files.into_iter().chain(listed) {
        artifact.list(&mut entry);
    }
    entry.only_for = only_for;
    entry.marker = package.markers.and_then(|markers| match markers {
        Markers::One(marker) => Some(marker),
        Markers::ByGroup(mut markers) => markers.remove("main"),
    });
    if let Some(Source { r#type, url, resolved_reference }) = package.source {
        entry.origin = match r#type.as_str() {
            "git" => vcs(&format!("git+{url}"), resolved_reference.as_deref()),
            "url" => LockOrigin::Url(without_credentials(&url)),
            "directory" | "file" => LockOrigin::Path(url),
            _ => LockOrigin::Index,
        };
    }
    entry
}

/// What it is needed for when that is not the project itself. Format 2.0 does not tell groups, so that nothing in it is
/// sure to be needed.
fn only_for(package: &Package) -> Option<String> {
    match (&package.groups, package.category.as_deref()) {
        _ if package.optional => Some("an extra".to_owned()),
        (Some(groups), _) if groups.iter().any(|group| group == "main") => None,
        (Some(groups), _) => Some(format!("group {}", groups.join(", "))),
        (None, Some("main")) => None,
        (None, Some(category)) => Some(format!("group {category}")),
        (None, None) => Some("a group that is not told".to_owned()),
    }
}
