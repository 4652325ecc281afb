//! Python distributions that come from somewhere else than an index, without a commit or a hash that names the bytes.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "origin-unpinned", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let origins = audited.packages.iter().filter_map(|package| Some((package, unpinned(package.origin.as_deref()?)?)));
    origins
        .map(|(package, (severity, message, fix))| {
            Finding::new(CHECK.name, severity, audited.subject(package), message).fix(fix).of(package)
        })
        .collect()
}

/// What is wrong with an origin as `packages::python` writes it: `git+URL@commit`, `URL#sha256=hex`, `editable`, a URL.
fn unpinned(origin: &str) -> Option<(Severity, String, &'static str)> {
    if origin == "editable" {
        let message =
            "an editable install: what runs is whatever its source directory holds, and no hash says what that is";
        return Some((Severity::Warning, message.to_owned(), "pip install . instead of pip install -e ."));
    }
    let (url, fragment) = origin.split_once('#').unwrap_or((origin, ""));
    let pins = |algorithm: &str| {
        fragment.split('&').any(|part| part.strip_prefix(algorithm).is_some_and(|hex| hex.starts_with('=')))
    };
    let (scheme, _) = url.split_once("://").unwrap_or_default();
    if scheme.contains('+') {
        let commit = url.rsplit_once('@').map(|(_, commit)| commit).unwrap_or_default();
        let message = format!("installed from {url}, which names no commit");
        return (!is_commit(commit)).then_some((Severity::Warning, message, "name the full commit after the @"));
    }
    if ["sha256", "sha384", "sha512"].into_iter().any(pins) {
        return None;
    }
    if scheme == "file" {
        let message = format!("installed from {url}, a path of the build: nothing names the bytes it was made from");
        return Some((Severity::Info, message, "build a wheel and install it by its hash"));
    }
    let weak = ["md5", "sha1"].into_iter().any(pins);
    let what = if weak { "by a hash that can be forged" } else { "without a hash" };
    let message = format!("installed from {url} {what}: the server may serve other bytes tomorrow");
    Some((Severity::Warning, message, "add #sha256=... to the URL"))
}

/// A commit of git, or of another system that hashes.
fn is_commit(text: &str) -> bool {
    (40..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_the_bytes_is_pinned() {
        let severity = |origin: &str| unpinned(origin).map(|(severity, ..)| severity);
        let commit = "7921be1537eac1e97bc40179a57f0349c2aee67d";
        for pinned in [
            format!("git+https://github.com/pypa/pip.git@{commit}"),
            format!("git+ssh://git@host/x@{commit}#subdirectory=src"),
            "https://x.org/p.zip#sha256=2dc6&subdirectory=src".to_owned(),
        ] {
            assert_eq!(severity(&pinned), None, "{pinned}");
        }
        for (origin, expected) in [
            ("editable", Severity::Warning),
            ("git+https://github.com/pypa/pip.git@main", Severity::Warning),
            ("git+ssh://git@host/x", Severity::Warning),
            ("https://x.org/p.zip", Severity::Warning),
            ("https://x.org/p.zip#md5=22", Severity::Warning),
            ("https://x.org/p.zip#subdirectory=sha256=", Severity::Warning),
            ("file:///app", Severity::Info),
        ] {
            assert_eq!(severity(origin), Some(expected), "{origin}");
        }
    }
}
