//! `pylock.toml` and `pylock.NAME.toml` (PEP 751).
//!
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shared::{add_hash, named, toml, vcs, without_credentials};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockOrigin};

pub(super) const FORMAT: Format = Format {
    name: "pylock.toml",
    wants: |_, name| {
        let middle = name.strip_prefix(b"pylock").and_then(|rest| rest.strip_suffix(b".toml"));
        middle.is_some_and(|middle| middle.is_empty() || middle.starts_with(b"."))
    },
    parse,
    remedy: "write it anew with the tool that its created-by names: the format requires hashes",
};

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    marker: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    archive: Option<Artifact>,
    sdist: Option<Artifact>,
    #[serde(default)]
    wheels: Vec<Artifact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    r#type: String,
    url: Option<String>,
    path: Option<String>,
    commit_id: Option<String>,
}

#[derive(Deserialize)]
struct Directory {
    path: String,
}

#[derive(Deserialize)]
struct Artifact {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

impl Artifact {
    fn list(&self, entry: &mut LockEntry) {
        let file = self.name.as_deref().or(self.path.as_deref()).or(self.url.as_deref());
        if self.hashes.is_empty() {
            add_hash(entry, file, None);
        }
        for (algorithm, hex) in &self.hashes {
            add_hash(entry, file, Some(&format!("{algorithm}:{hex}")));
        }
    }
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: Document = toml(text)?;
    let entries = document.packages.into_iter().map(entry).collect();
    Ok(Some(Parsed { needs_hashes: true, ..Parsed::complete(entries) }))
}

fn entry(package: Package) -> LockEntry {
    let mut entry = LockEntry { version: package.version, marker: package.marker, ..named(&package.name) };
    for artifact in package.archive.iter().chain(&package.sdist).chain(&package.wheels) {
        artifact.list(&mut entry);
    }
    entry.origin = match (package.vcs, package.directory, package.archive) {
        (Some(Vcs { r#type, url, path, commit_id }), ..) => {
            vcs(&format!("{}+{}", r#type, url.or(path).unwrap_or_default()), commit_id.as_deref())
        }
        (_, Some(Directory { path }), _) if matches!(path.as_str(), "." | "./" | "") => LockOrigin::Project,
        (_, Some(Directory { path }), _) => LockOrigin::Path(path),
        (.., Some(Artifact { url: Some(url), .. })) => LockOrigin::Url(without_credentials(&url)),
        (.., Some(Artifact { path: Some(path), .. })) => LockOrigin::Path(path),
        _ => LockOrigin::Index,
    };
    entry
}
