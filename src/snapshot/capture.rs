//! Which files' bytes a snapshot keeps, and whose MD5 it wants.

use crate::model::ImagePath;
use crate::packages::{self, changelog, locks};

/// Whether the bytes of the file at `path` are kept: package databases, lock files, and what the comparison proves things by.
#[must_use]
pub fn wants(path: &ImagePath, size: u64) -> bool {
    packages::wants(path)
        || locks::wants(path, size)
        || wants_evidence(path.as_bytes(), size)
        || wants_changelog(path, size)
}

/// Whether the bytes, which [`wants`] asked for, are worth their room: upstream's changelogs are most of the bytes in
/// `/usr/share/doc`, and only a distributor's tell versions that packages have.
#[must_use]
pub fn keeps(path: &ImagePath, bytes: &[u8]) -> bool {
    !changelog::is_place(path) || changelog::is_debian(bytes)
}

fn wants_changelog(path: &ImagePath, size: u64) -> bool {
    const CHANGELOG: u64 = 1 << 20;
    // Of a hardlink no size is known, and none is missed when it leads to a file that was not kept.
    (1..=CHANGELOG).contains(&size) && changelog::is_place(path)
}

fn wants_evidence(path: &[u8], size: u64) -> bool {
    const BUNDLE: u64 = 4 << 20;
    /// A certificate, a short file of settings.
    const SMALL: u64 = 64 << 10;
    const LOG: u64 = 8 << 20;
    match path {
        b"etc/os-release" | b"usr/lib/os-release" | b"etc/passwd" | b"etc/group" => size <= SMALL,
        b"etc/ssl/certs/ca-certificates.crt" => size <= BUNDLE,
        b"var/log/dpkg.log" => size <= LOG,
        _ if is_of_apt(path) || path.ends_with(b"/pyvenv.cfg") => size <= SMALL,
        _ => size <= SMALL && path.ends_with(b".crt") && is_certificate_source(path),
    }
}

/// One of the files that apt reads its settings from.
fn is_of_apt(path: &[u8]) -> bool {
    let files: [&[u8]; 3] = [b"etc/apt/preferences", b"etc/apt/apt.conf", b"etc/apt/sources.list"];
    let parts: [&[u8]; 3] = [b"etc/apt/preferences.d/", b"etc/apt/apt.conf.d/", b"etc/apt/sources.list.d/"];
    files.contains(&path) || parts.iter().any(|parts| path.starts_with(parts))
}

fn is_certificate_source(path: &[u8]) -> bool {
    path.starts_with(b"usr/share/ca-certificates/") || path.starts_with(b"usr/local/share/ca-certificates/")
}

/// Whether dpkg may own the file at `path`, so that its MD5 may be asked for.
#[must_use]
pub fn wants_md5(path: &ImagePath) -> bool {
    let path = path.as_bytes();
    let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    match top {
        b"bin" | b"sbin" | b"etc" | b"boot" | b"lib" | b"lib32" | b"lib64" | b"libx32" => true,
        b"usr" => !contains(path, b"/site-packages/") && !is_of_local_python(path) && !path.ends_with(b".pyc"),
        b"opt" | b"var" | b"srv" => !contains(path, b"/site-packages/") && !path.ends_with(b".pyc"),
        _ => false,
    }
}

/// Distributions in Debian's directory for what pip installs: RECORD has better hashes.
fn is_of_local_python(path: &[u8]) -> bool {
    path.starts_with(b"usr/local/") && contains(path, b"/dist-packages/")
}

fn contains(path: &[u8], part: &[u8]) -> bool {
    path.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distributors_changelogs_are_kept_and_upstreams_are_not() {
        let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
        for wanted in [
            "usr/share/doc/libssl3/changelog.Debian.gz",
            "usr/share/doc/less/changelog.Debian.amd64.gz",
            "usr/share/doc/dpkg/changelog.gz",
            "usr/share/doc/tini/changelog",
        ] {
            assert!(wants(&path(wanted), 1000), "{wanted}");
            assert!(!wants(&path(wanted), (1 << 20) + 1), "{wanted}");
            assert!(!wants(&path(wanted), 0), "{wanted}: a hardlink");
        }
        for other in [
            "usr/share/doc/libssl3/changelog.html.gz",
            "usr/share/doc/libssl3/copyright",
            "usr/share/doc/x/y/changelog.gz",
            "usr/share/doc/changelog.gz",
            "opt/usr/share/doc/x/changelog.gz",
        ] {
            assert!(!wants(&path(other), 1000), "{other}");
        }
        let place = path("usr/share/doc/dpkg/changelog.gz");
        assert!(keeps(&place, b"dpkg (1.21.22) unstable; urgency=medium\n"));
        assert!(!keeps(&place, b"2023-05-05  A Maintainer <a@example.org>\n\n\t* src/main.c: new\n"));
        assert!(keeps(&path("var/lib/dpkg/status"), b"Package: x\n"));
    }
}
