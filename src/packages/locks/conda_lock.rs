//! `conda-lock.yml`: conda's and pip's packages for several platforms at once.

use serde::Deserialize;

use super::shared::{add_hash, named, yaml};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockManager};

pub(super) const FORMAT: Format = Format {
    name: "conda-lock.yml",
    wants: |_, name| {
        let stem = name.strip_suffix(b".yml").or_else(|| name.strip_suffix(b".yaml"));
        stem.is_some_and(|stem| stem == b"conda-lock" || stem.ends_with(b".conda-lock"))
    },
    parse,
    remedy: "conda-lock lock",
};

#[derive(Deserialize)]
struct Document {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    manager: String,
    #[serde(default)]
    platform: String,
    url: Option<String>,
    hash: Option<Hash>,
    category: Option<String>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
struct Hash {
    md5: Option<String>,
    sha256: Option<String>,
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: Document = yaml(text)?;
    Ok(Some(Parsed::complete(document.package.into_iter().map(entry).collect())))
}

fn entry(package: Package) -> LockEntry {
    let mut entry = LockEntry { version: Some(package.version), ..named(&package.name) };
    if package.manager != "pip" {
        entry.manager = LockManager::Conda;
        entry.key = package.name.to_lowercase();
    }
    let hashes = package.hash.map_or([None, None], |hash| {
        [("md5", hash.md5), ("sha256", hash.sha256)].map(|(name, hex)| hex.map(|hex| format!("{name}:{hex}")))
    });
    let url = package.url.as_deref();
    for hash in hashes.iter().flatten() {
        add_hash(&mut entry, url, Some(hash));
    }
    // Images are Linux's; which of its platforms this one is, the image says elsewhere.
    let mut only_for = Vec::new();
    only_for.extend((!package.platform.starts_with("linux")).then(|| format!("platform {}", package.platform)));
    only_for.extend(package.category.filter(|category| category != "main").map(|category| format!("group {category}")));
    only_for.extend(package.optional.then(|| "an extra".to_owned()).filter(|_| only_for.is_empty()));
    entry.only_for = (!only_for.is_empty()).then(|| only_for.join(", "));
    entry
}
