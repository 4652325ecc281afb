//! What dpkg was told to leave out (dpkg(1), `path-exclude` and `path-include`): slim images are made so.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::image::Tree;
use crate::model::ImagePath;

use super::at;

const SETTINGS: &[u8] = b"etc/dpkg/dpkg.cfg";
const FRAGMENTS: &[u8] = b"etc/dpkg/dpkg.cfg.d";

/// More patterns than any real system has.
const MAX_PATTERNS: usize = 1_000;

/// The patterns in the order in which dpkg reads them; of those that match a path the last one decides.
#[derive(Debug, Default)]
pub struct Excluded {
    set: GlobSet,
    /// Whether the pattern at the same place excludes.
    excludes: Vec<bool>,
}

/// Whether the file at `path` holds settings of dpkg.
pub(super) fn wants(path: &[u8]) -> bool {
    path == SETTINGS || fragment(path).is_some()
}

/// The name of a fragment that dpkg reads.
fn fragment(path: &[u8]) -> Option<&[u8]> {
    let name = path.strip_prefix(FRAGMENTS)?.strip_prefix(b"/")?;
    let reads = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!name.is_empty() && name.iter().all(reads)).then_some(name)
}

impl Excluded {
    /// The settings of an image; a pattern that cannot be read matches nothing.
    #[must_use]
    pub fn read(tree: &Tree) -> Self {
        let fragments = tree.under(&at(FRAGMENTS)).filter(|node| fragment(node.path.as_bytes()).is_some());
        let files = fragments.map(|node| &node.path).cloned().chain([at(SETTINGS)]);
        let texts: Vec<&[u8]> = files.filter_map(|path| tree.read(&path)).collect();
        let lines = texts.iter().flat_map(|text| text.split(|byte| *byte == b'\n'));
        let mut builder = GlobSetBuilder::new();
        let mut excludes = Vec::new();
        for (is_exclude, pattern) in lines.filter_map(setting).take(MAX_PATTERNS) {
            if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build() {
                builder.add(glob);
                excludes.push(is_exclude);
            }
        }
        builder.build().map_or_else(|_| Self::default(), |set| Self { set, excludes })
    }

    /// Whether dpkg leaves `path` out when it installs a package.
    #[must_use]
    pub fn holds(&self, path: &ImagePath) -> bool {
        let last = self.set.matches(path.to_absolute()).into_iter().max();
        last.and_then(|at| self.excludes.get(at)).copied().unwrap_or(false)
    }
}

/// `path-exclude=/usr/share/doc/*`, with or without spaces around the sign; `true` for an exclusion.
fn setting(line: &[u8]) -> Option<(bool, &str)> {
    let line = std::str::from_utf8(line).ok()?.trim();
    let rest = line.strip_prefix("path-")?;
    let (is_exclude, rest) = match rest.strip_prefix("exclude") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("include")?),
    };
    let value = rest.trim_start();
    let value = value.strip_prefix('=').or_else(|| (value.len() < rest.len()).then_some(value))?;
    let value = value.trim();
    Some((is_exclude, value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{image, path};
    use super::*;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        // From what debuerreotype's slim images have in /etc/dpkg/dpkg.cfg.d/docker, shortened.
        let docker = "# This file was generated\n\npath-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude=/usr/share/man/*\n";
        let image = image(&[
            ("etc/dpkg/dpkg.cfg.d/docker", docker),
            ("etc/dpkg/dpkg.cfg.d/docker.bak", "path-exclude /usr/bin/*\n"),
            ("etc/dpkg/dpkg.cfg", "log /var/log/dpkg.log\npath-exclude = \"/opt/x y/*\"\npath-excludes /srv\n"),
        ]);
        let excluded = Excluded::read(&image.tree);
        for (at, expected) in [
            ("usr/share/doc/a/changelog.gz", true),
            ("usr/share/doc/a/b/c", true),
            ("usr/share/doc/a/copyright", false),
            ("usr/share/man/de/man1/x.1.gz", true),
            ("opt/x y/z", true),
            ("usr/bin/x", false),
            ("srv", false),
        ] {
            assert_eq!(excluded.holds(&path(at)), expected, "{at}");
        }
    }
}
