//! Where a package's word is taken for a file, and where not.

use crate::model::{Ecosystem, ImagePath, OwnedFile, Package, RecordedHash, Role};

/// Directories of administrators and applications, into which no distributor's package installs without a hash.
const NOT_PACKAGED: [&[u8]; 8] = [b"usr/local", b"root", b"home", b"srv", b"app", b"tmp", b"run", b"etc"];

/// Whether the package may own the file at all: a wheel owns nothing outside its prefix, and what a deb ships in `/etc` is a
/// conffile (Debian Policy 10.7.2), whose hash is in dpkg's status and not in a list beside it.
pub(super) fn may_own(package: &Package, file: &OwnedFile) -> bool {
    match (package.ecosystem, &package.location) {
        (Ecosystem::Pypi, Some(location)) => is_within(file.path.as_bytes(), prefix(location)),
        (Ecosystem::Deb, _) if file.recorded != RecordedHash::None => {
            file.role == Role::Conffile || !is_within(file.path.as_bytes(), b"etc")
        }
        (Ecosystem::Pypi | Ecosystem::Deb, _) => true,
    }
}

/// Whether a file at `path` may be a package's although no hash of it is recorded.
pub(super) fn needs_no_hash(path: &ImagePath) -> bool {
    !NOT_PACKAGED.iter().any(|directory| is_within(path.as_bytes(), directory))
}

fn is_within(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with(b"/"))
}

/// The prefix that a site directory belongs to: `/opt/venv` for `/opt/venv/lib/python3.11/site-packages`. A directory that
/// is no interpreter's own (`pip install --target`) is a prefix itself.
fn prefix(location: &ImagePath) -> &[u8] {
    let bytes = location.as_bytes();
    let mut parts = bytes.rsplit(|byte| *byte == b'/');
    let (site, python, lib) = (parts.next(), parts.next(), parts.next());
    let is_site = site.is_some_and(|site| site == b"site-packages" || site == b"dist-packages");
    let is_python = python.is_some_and(|name| name.starts_with(b"python"));
    match lib {
        Some(lib @ (b"lib" | b"lib64")) if is_site && is_python => {
            let below: usize = [site, python, Some(lib)].iter().flatten().map(|part| part.len() + 1).sum();
            bytes.get(..bytes.len().saturating_sub(below)).unwrap_or_default()
        }
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_wheels_prefix_is_that_of_its_interpreter() {
        let of = |location: &str| String::from_utf8(prefix(&path(location)).to_vec()).unwrap();
        assert_eq!(of("usr/local/lib/python3.11/dist-packages"), "usr/local");
        assert_eq!(of("opt/venv/lib64/python3.12/site-packages"), "opt/venv");
        assert_eq!(of("usr/lib/python3/dist-packages"), "usr");
        assert_eq!(of("app/deps"), "app/deps", "pip install --target");
        assert_eq!(of("python3/site-packages"), "python3/site-packages");
    }

    #[test]
    fn files_of_administrators_and_applications_need_a_hash() {
        for needs in ["etc/cron.d/x", "usr/local/bin/ls", "app/app.py", "root/.profile", "run/x"] {
            assert!(!needs_no_hash(&path(needs)), "{needs}");
        }
        for not in ["usr/bin/x", "opt/vendor/x", "usr/localx", "etcetera"] {
            assert!(needs_no_hash(&path(not)), "{not}");
        }
    }
}
