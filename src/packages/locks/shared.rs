//! What several formats write alike.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{LockEntry, LockHash, LockOrigin};
pub(super) use crate::packages::python::without_credentials;
use crate::packages::python_key;

/// An entry of this name, of which nothing else is said.
pub(super) fn named(name: &str) -> LockEntry {
    LockEntry { name: name.to_owned(), key: python_key(name), ..LockEntry::default() }
}

/// A TOML document. Its parser bounds the nesting itself.
pub(super) fn toml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // The parser's own words quote the line, and end with a line break.
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

/// A YAML document.
pub(super) fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 16,
            max_documents: 1,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_nodes: 1_000_000,
            max_events: 2_500_000,
        },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// A file that an entry may be installed from, as `poetry.lock`, `pdm.lock` and `uv.lock` list them.
#[derive(Deserialize)]
pub(super) struct Artifact {
    /// Its name, or
    file: Option<String>,
    url: Option<String>,
    path: Option<String>,
    /// `sha256:hex`.
    hash: Option<String>,
}

impl Artifact {
    /// The file's hash goes to those of `entry`; or it is counted as one without.
    pub(super) fn list(self, entry: &mut LockEntry) {
        let file = self.file.or(self.path).or(self.url);
        add_hash(entry, file.as_deref(), self.hash.as_deref());
    }
}

/// Adds the hash of a file that is known by this name, path or URL; without one, the file is counted as lacking it.
pub(super) fn add_hash(entry: &mut LockEntry, file: Option<&str>, hash: Option<&str>) {
    match hash.and_then(normal_hash) {
        Some(hash) => entry.hashes.push(LockHash { file: file.map(base_name), hash }),
        None => entry.unhashed += 1,
    }
}

/// `sha256:HEX` as it is compared: in lower case. `None` when it is no such thing.
pub(super) fn normal_hash(text: &str) -> Option<String> {
    let (algorithm, hex) = text.trim().split_once([':', '='])?;
    let is_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && !algorithm.is_empty()).then(|| format!("{algorithm}:{hex}").to_ascii_lowercase())
}

/// What follows the last slash of a path or URL, without query and fragment.
fn base_name(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// The origin that a URL with or without a VCS prefix names: `git+https://host/x@commit#egg=x`, `https://host/x.zip`,
/// `file:///x`, and paths.
pub(super) fn origin_of_url(url: &str) -> LockOrigin {
    let (bare, _) = url.split_once('#').unwrap_or((url, ""));
    let Some((scheme, rest)) = bare.split_once("://") else { return LockOrigin::Path(bare.to_owned()) };
    if !scheme.contains('+') {
        return match scheme {
            "file" => LockOrigin::Path(rest.to_owned()),
            _ => LockOrigin::Url(without_credentials(bare)),
        };
    }
    // The `@` of `git@host` comes before the first slash.
    let path = rest.find('/').unwrap_or(rest.len());
    let at = rest.rfind('@').filter(|at| *at > path);
    let (place, reference) = at.map_or((rest, None), |at| (&rest[..at], rest.get(at + 1..)));
    vcs(&format!("{scheme}://{place}"), reference)
}

/// A repository, at a commit when `reference` is one.
pub(super) fn vcs(url: &str, reference: Option<&str>) -> LockOrigin {
    let is_commit = |text: &&str| (40..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = reference.filter(is_commit).map(str::to_owned);
    let url = without_credentials(url);
    let url = match (reference, &commit) {
        (Some(reference), None) => format!("{url}@{reference}"),
        _ => url,
    };
    LockOrigin::Vcs { url, commit }
}

/// Splits `==1.2` into a version and nothing, and any other specifier into none and itself.
pub(super) fn version_of(specifier: &str) -> (Option<String>, String) {
    let specifier = specifier.trim();
    let exact = specifier.strip_prefix("===").or_else(|| specifier.strip_prefix("==")).map(str::trim);
    match exact {
        Some(version) if !version.is_empty() && !version.contains(['*', ',']) => {
            (Some(version.to_owned()), String::new())
        }
        _ => (None, specifier.to_owned()),
    }
}
