//! `pdm.lock`.

use serde::Deserialize;

use super::shared::{Artifact, named, origin_of_url, toml, vcs};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockOrigin};

pub(super) const FORMAT: Format =
    Format { name: "pdm.lock", wants: |_, name| name == b"pdm.lock", parse, remedy: "pdm lock" };

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    groups: Option<Vec<String>>,
    marker: Option<String>,
    #[serde(default)]
    files: Vec<Artifact>,
    git: Option<String>,
    revision: Option<String>,
    url: Option<String>,
    path: Option<String>,
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: Document = toml(text)?;
    Ok(Some(Parsed::complete(document.package.into_iter().map(entry).collect())))
}

fn entry(package: Package) -> LockEntry {
    // A package stands once more for its extras: `requests[socks]`.
    let name = package.name.split('[').next().unwrap_or_default();
    let mut entry = LockEntry { version: package.version, marker: package.marker, ..named(name) };
    for artifact in package.files {
        artifact.list(&mut entry);
    }
    entry.only_for = package
        .groups
        .filter(|groups| !groups.iter().any(|group| group == "default"))
        .map(|groups| format!("group {}", groups.join(", ")));
    entry.origin = match (package.git, package.url, package.path) {
        (Some(git), ..) => vcs(&format!("git+{git}"), package.revision.as_deref()),
        (_, Some(url), _) => origin_of_url(&url),
        (.., Some(path)) => LockOrigin::Path(path),
        _ => LockOrigin::Index,
    };
    entry
}
