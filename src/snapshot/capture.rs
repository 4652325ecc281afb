//! Which files' bytes a snapshot keeps, and whose MD5 it wants.

use crate::model::ImagePath;
use crate::packages;

/// Whether the bytes of the file at `path` are kept: package databases, and what the comparison proves things by.
#[must_use]
pub fn wants(path: &ImagePath, size: u64) -> bool {
    packages::wants(path) || wants_evidence(path.as_bytes(), size)
}

fn wants_evidence(path: &[u8], size: u64) -> bool {
    const BUNDLE: u64 = 4 << 20;
    const CERTIFICATE: u64 = 64 << 10;
    const LOG: u64 = 8 << 20;
    match path {
        b"etc/os-release" | b"usr/lib/os-release" => size <= CERTIFICATE,
        b"etc/ssl/certs/ca-certificates.crt" => size <= BUNDLE,
        b"var/log/dpkg.log" => size <= LOG,
        _ => size <= CERTIFICATE && path.ends_with(b".crt") && is_certificate_source(path),
    }
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
        b"usr" => !path.starts_with(b"usr/local/") && !path.ends_with(b".pyc"),
        b"opt" | b"var" | b"srv" => !contains(path, b"/site-packages/") && !path.ends_with(b".pyc"),
        _ => false,
    }
}

fn contains(path: &[u8], part: &[u8]) -> bool {
    path.windows(part.len()).any(|window| window == part)
}
