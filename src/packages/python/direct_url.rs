//! `direct_url.json` (PEP 610): what a distribution that does not come from an index was installed from.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::secret;

/// The largest document that is read; real ones have a few hundred bytes.
const MAX_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    vcs_info: Option<VcsInfo>,
    archive_info: Option<ArchiveInfo>,
    dir_info: Option<DirInfo>,
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

#[derive(Deserialize)]
struct ArchiveInfo {
    /// Deprecated: `sha256=<hex>`.
    hash: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

/// What the document pins: `git+URL@commit`, `URL#sha256=hex`, `editable`, or the URL alone.
///
/// # Errors
/// When it is not such a document or is larger than any real one.
pub(super) fn origin(document: &[u8]) -> Result<String, String> {
    if document.len() > MAX_BYTES {
        return Err(format!("{} bytes; the limit is {MAX_BYTES}", document.len()));
    }
    let read: DirectUrl = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let url = without_credentials(&read.url);
    let mut origin = match (read.vcs_info, read.archive_info, read.dir_info) {
        (Some(vcs), ..) => format!("{}+{url}@{}", vcs.vcs, vcs.commit_id),
        (_, Some(archive), _) => match archive.pin() {
            Some(pin) => format!("{url}#{pin}"),
            None => url,
        },
        (.., Some(DirInfo { editable: true })) => return Ok("editable".to_owned()),
        _ => url,
    };
    if let Some(subdirectory) = read.subdirectory {
        origin.push(if origin.contains('#') { '&' } else { '#' });
        origin.push_str("subdirectory=");
        origin.push_str(&subdirectory);
    }
    Ok(origin)
}

impl ArchiveInfo {
    /// The SHA-256 where there is one, else the first of the other hashes.
    fn pin(self) -> Option<String> {
        let named = self.hashes.get_key_value("sha256").or_else(|| self.hashes.first_key_value());
        named.map(|(algorithm, hex)| format!("{algorithm}={hex}")).or(self.hash)
    }
}

/// The URL without its user part, which may be a token or hold a password: it ends up in reports.
pub(in crate::packages) fn without_credentials(url: &str) -> String {
    secret::without_users(url).replace("://…@", "://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_origin_is_told() {
        let read = |text: &str| origin(text.as_bytes()).unwrap();
        // The forms are the examples of the PyPA specification "Direct URL data structure".
        assert_eq!(
            read(
                r#"{"url": "https://github.com/pypa/pip.git", "vcs_info": {"vcs": "git", "requested_revision": "1.3.1", "commit_id": "7921be1537eac1e97bc40179a57f0349c2aee67d"}}"#
            ),
            "git+https://github.com/pypa/pip.git@7921be1537eac1e97bc40179a57f0349c2aee67d"
        );
        assert_eq!(
            read(
                r#"{"url": "https://x.org/p-1.3.1.zip", "archive_info": {"hash": "sha256=2dc6", "hashes": {"md5": "11", "sha256": "2dc6"}}, "subdirectory": "src"}"#
            ),
            "https://x.org/p-1.3.1.zip#sha256=2dc6&subdirectory=src"
        );
        assert_eq!(
            read(r#"{"url": "https://x.org/p.zip", "archive_info": {"hash": "md5=22"}}"#),
            "https://x.org/p.zip#md5=22"
        );
        assert_eq!(read(r#"{"url": "https://x.org/p.zip", "archive_info": {}}"#), "https://x.org/p.zip");
        assert_eq!(read(r#"{"url": "file:///app", "dir_info": {"editable": true}}"#), "editable");
        assert_eq!(read(r#"{"url": "file:///app", "dir_info": {}}"#), "file:///app");
    }

    #[test]
    fn tokens_do_not_reach_reports() {
        assert_eq!(without_credentials("https://ghp_token@github.com/x@y"), "https://github.com/x@y");
        assert_eq!(without_credentials("git+https://ghp_token@github.com/x"), "git+https://github.com/x");
        assert_eq!(without_credentials("ssh://u:secret@host/x"), "ssh://host/x");
        assert_eq!(without_credentials("ssh://git@host/x"), "ssh://git@host/x");
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        assert!(origin(b"[1").is_err());
        assert!(origin(br#"{"url": 1}"#).is_err());
        assert!(origin("[".repeat(MAX_BYTES).as_bytes()).is_err(), "nesting");
        assert!(origin(&vec![b' '; MAX_BYTES + 1]).unwrap_err().contains("the limit is 65536"));
    }
}
