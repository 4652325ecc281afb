//! What `conda list --explicit` and `conda-lock render` write: a URL on each line behind `@EXPLICIT`.

use super::shared::{add_hash, without_credentials};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockManager};

pub(super) const FORMAT: Format = Format {
    name: "conda explicit",
    wants: |_, name| {
        let is_spec = |stem: &[u8]| {
            [&b"requirements"[..], b"conda", b"spec-file", b"explicit"].iter().any(|start| stem.starts_with(start))
                || stem.ends_with(b"requirements")
                || stem.ends_with(b"explicit")
        };
        name.strip_suffix(b".txt").is_some_and(is_spec) || (name.starts_with(b"conda") && name.ends_with(b".lock"))
    },
    parse,
    remedy: "conda list --explicit --sha256",
};

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    if !text.lines().any(|line| line.trim() == "@EXPLICIT") {
        return Ok(None);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '@']));
    let entries = lines.map(|line| entry(line).ok_or_else(|| "a line that is no URL of a conda package".to_owned()));
    Ok(Some(Parsed::complete(entries.collect::<Result<_, _>>()?)))
}

/// `https://host/channel/linux-64/name-1.2-h123_0.conda#md5`; a SHA-256 is written with its name before it.
fn entry(line: &str) -> Option<LockEntry> {
    let (url, hash) = line.split_once('#').unwrap_or((line, ""));
    let mut entry = of_url(url)?;
    let hash = match hash.len() {
        0 => None,
        32 => Some(format!("md5:{hash}")),
        64 => Some(format!("sha256:{hash}")),
        _ => Some(hash.to_owned()),
    };
    add_hash(&mut entry, Some(url), hash.as_deref());
    Some(entry)
}

/// What the URL of a conda package tells of it.
pub(super) fn of_url(url: &str) -> Option<LockEntry> {
    let url = without_credentials(url);
    let file = url.rsplit('/').next()?;
    let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let mut parts = stem.rsplitn(3, '-');
    let (_build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(LockEntry {
        manager: LockManager::Conda,
        name: name.to_owned(),
        key: name.to_lowercase(),
        version: Some(version.to_owned()),
        ..LockEntry::default()
    })
}
