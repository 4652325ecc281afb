//! Which files' bytes a snapshot keeps, and whose MD5 it wants.

use crate::model::ImagePath;
use crate::packages::{self, changelog, locks};

/// Whether the bytes of the file at `path` are kept: package databases, lock files, and what the comparison proves things by.
#[must_use]
pub fn wants(path: &ImagePath, size: u64) -> bool {
    packages::wants(path)
        || locks::wants(path, size)
        || wants_evidence(path.as_bytes(), size)
        || is_changelog(path, size)
        || may_be_script(path, size)
}

/// Whether the bytes, which [`wants`] asked for, are worth their room: upstream's changelogs are most of the bytes in
/// `/usr/share/doc`, and only a distributor's tell versions that packages have; of small files anywhere only scripts name
/// other files.
#[must_use]
pub fn keeps(path: &ImagePath, bytes: &[u8]) -> bool {
    let size = bytes.len() as u64;
    packages::wants(path)
        || locks::wants(path, size)
        || wants_evidence(path.as_bytes(), size)
        || changelog::is_place(path) && changelog::is_debian(bytes)
        || bytes.starts_with(b"#!")
}

fn is_changelog(path: &ImagePath, size: u64) -> bool {
    const CHANGELOG: u64 = 1 << 20;
    // Of a hardlink no size is known, and none is missed when it leads to a file that was not kept.
    (1..=CHANGELOG).contains(&size) && changelog::is_place(path)
}

/// Whether the file may be a script that a command of the image names: it says what else is used.
fn may_be_script(path: &ImagePath, size: u64) -> bool {
    const SCRIPT: u64 = 16 << 10;
    const ELSEWHERE: [&[u8]; 6] =
        [b"usr/share/", b"usr/lib/", b"usr/include/", b"var/lib/dpkg/", b"usr/bin/", b"usr/sbin/"];
    // Of a hardlink no size is known.
    (1..=SCRIPT).contains(&size) && !ELSEWHERE.iter().any(|place| path.as_bytes().starts_with(place))
}

fn wants_evidence(path: &[u8], size: u64) -> bool {
    const BUNDLE: u64 = 4 << 20;
    /// A certificate, a short file of settings.
    const SMALL: u64 = 64 << 10;
    const LOG: u64 = 8 << 20;
    match path {
        b"etc/os-release" | b"usr/lib/os-release" | b"etc/passwd" => size <= SMALL,
        b"etc/ssl/certs/ca-certificates.crt" | b"etc/ssl/certs/java/cacerts" | b"etc/ld.so.cache" => size <= BUNDLE,
        b"var/log/dpkg.log"
        | b"var/log/apt/history.log"
        | b"var/cache/debconf/config.dat"
        | b"var/cache/debconf/templates.dat"
        | b"var/lib/dpkg/available" => size <= LOG,
        _ if is_of_apt(path) || path.ends_with(b"/pyvenv.cfg") => size <= SMALL,
        _ if size > SMALL => false,
        _ => path.ends_with(b".crt") && is_certificate_source(path) || is_derived(path) || names_files(path),
    }
}

/// What some tool derives from other files, or derives it from, so that it can be made anew or read.
fn is_derived(path: &[u8]) -> bool {
    const FILES: [&[u8]; 17] = [
        b"etc/ca-certificates.conf",
        b"etc/group",
        b"etc/hostname",
        b"etc/hosts",
        b"etc/resolv.conf",
        b"etc/shells",
        b"etc/subgid",
        b"etc/subuid",
        b"etc/timezone",
        b"usr/share/debianutils/shells",
        b"usr/share/postgresql/postgresql.conf.sample",
        b"usr/share/postgresql/postgresql.conf.sample.dpkg",
        b"var/lib/dpkg/arch",
        b"var/lib/shells.state",
        b"var/lib/ucf/hashfile",
        b"var/lib/ucf/registry",
        b"var/lib/dpkg/diversions",
    ];
    const PLACES: [&[u8]; 14] = [
        b"etc/pam.d/common-",
        b"etc/passwd-",
        b"etc/group-",
        b"etc/subuid-",
        b"etc/subgid-",
        b"etc/sgml/",
        b"etc/xml/",
        b"usr/share/debianutils/shells.d/",
        b"usr/share/pam-configs/",
        b"usr/share/pam/common-",
        b"var/lib/dpkg/alternatives/",
        b"var/lib/dpkg/triggers/",
        b"var/lib/pam/",
        b"var/lib/systemd/deb-systemd-",
    ];
    const ENDS: [&[u8]; 8] = [
        b".dist-info/INSTALLER",
        b"-shm",
        b"/.viminfo",
        b".pid",
        b"/gdk-pixbuf-2.0/2.10.0/loaders.cache",
        b"/gio/modules/giomodule.cache",
        b"/gconv/gconv-modules.cache",
        b".postinst",
    ];
    FILES.contains(&path)
        || PLACES.iter().any(|place| path.starts_with(place))
        || ENDS.iter().any(|end| path.ends_with(end))
        || path.starts_with(b"var/lib/sgml-base/")
        || path.starts_with(b"var/lib/xml-core/")
        || contains(path, b".git/objects/")
}

/// What programs read to know which other files they use: settings of the loader, of shells, of cron and of systemd.
fn names_files(path: &[u8]) -> bool {
    const FILES: [&[u8]; 8] = [
        b"etc/ld.so.conf",
        b"etc/ld.so.preload",
        b"etc/profile",
        b"etc/bash.bashrc",
        b"etc/environment",
        b"etc/crontab",
        b"root/.profile",
        b"root/.bashrc",
    ];
    const PLACES: [&[u8]; 8] = [
        b"etc/ld.so.conf.d/",
        b"etc/profile.d/",
        b"etc/cron.",
        b"var/spool/cron/",
        b"etc/systemd/",
        b"usr/lib/systemd/system",
        b"lib/systemd/system",
        b"usr/lib/systemd/user/",
    ];
    FILES.contains(&path) || PLACES.iter().any(|place| path.starts_with(place))
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
        ] {
            assert!(!wants(&path(other), 1000), "{other}");
        }
        assert!(!keeps(&path("opt/usr/share/doc/x/changelog.gz"), b"dpkg (1.21.22) unstable; urgency=medium\n"));
        let place = path("usr/share/doc/dpkg/changelog.gz");
        assert!(keeps(&place, b"dpkg (1.21.22) unstable; urgency=medium\n"));
        assert!(!keeps(&place, b"2023-05-05  A Maintainer <a@example.org>\n\n\t* src/main.c: new\n"));
        assert!(keeps(&path("var/lib/dpkg/status"), b"Package: x\n"));
    }

    #[test]
    fn scripts_are_kept_wherever_a_command_may_name_them() {
        let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
        for script in ["entrypoint.sh", "app/run", "usr/local/bin/start", "home/app/run"] {
            assert!(wants(&path(script), 100) && keeps(&path(script), b"#!/bin/sh\n"), "{script}");
            assert!(
                !keeps(&path(script), b"data") && !wants(&path(script), 100_000) && !wants(&path(script), 0),
                "{script}"
            );
        }
        assert!(!wants(&path("usr/share/x/run"), 100) && !wants(&path("usr/bin/run"), 100));
    }
}
