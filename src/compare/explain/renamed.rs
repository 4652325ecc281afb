//! Equal files under another random name: uv unpacks each wheel into a directory of its cache that it names at random.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Explainer, Row};
use crate::model::{Change, Digest, Explanation, ImagePath, Kind, Proof};

/// What reports call it.
const RULE: &str = "uv-cache-name";

impl Explainer<'_> {
    /// Explains files on one side only that the other side has too, at the same place but for the random name: with the
    /// same bytes, mode, owner and attributes, one for one. Compiled files run or not by another file's time, and are no
    /// part of this.
    pub(super) fn explain_renamed(&mut self) {
        let mut lefts: HashMap<(Vec<u8>, Digest), Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row.change == Some(Change::Removed)) {
            if let Some(key) = key(row) {
                lefts.entry(key).or_default().push(at);
            }
        }
        let mut found = Vec::new();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row.change == Some(Change::Added)) {
            let Some(befores) = key(row).and_then(|key| lefts.get_mut(&key)) else { continue };
            let before = befores.last().and_then(|before| self.rows.get(*before));
            let is_same = before
                .and_then(|before| before.left)
                .zip(row.right)
                .is_some_and(|(left, right)| left.file.entry.same_metadata(&right.file.entry));
            if let Some(before) = befores.pop_if(|_| is_same) {
                found.push((before, at));
            }
        }
        for (left, right) in found {
            let paths = [left, right].map(|at| self.rows.get(at).map(|row| row.path().clone()));
            let [Some(before), Some(after)] = paths else { continue };
            for (at, other) in [(left, after), (right, before)] {
                if let Some(row) = self.rows.get_mut(at) {
                    row.drift = Some(renamed(row, &other));
                }
            }
        }
    }
}

fn renamed(row: &Row<'_>, other: &ImagePath) -> super::Drift {
    let mut drift =
        row.drift(Explanation::Noise, format!("the same bytes as {other}: uv names this directory at random"));
    drift.rule = Some(RULE.into());
    drift.proof = Some(Proof::Hash);
    drift.fix = Some(Arc::from("RUN --mount=type=cache,target=/root/.cache"));
    drift
}

/// The path without its random part, and the content; `None` for what is not uv's or is explained.
fn key(row: &Row<'_>) -> Option<(Vec<u8>, Digest)> {
    let entry = &row.left.or(row.right)?.file.entry;
    let is_compiled = row.path().file_name().ends_with(b".pyc");
    if row.drift.is_some() || entry.kind != Kind::File || entry.is_privileged() || is_compiled {
        return None;
    }
    Some((without_random_name(row.path())?, entry.sha256()?))
}

/// `root/.cache/uv/archive-v0/*/flask/app.py`: the path with a star for what uv made up (`nanoid` of 21 characters).
fn without_random_name(path: &ImagePath) -> Option<Vec<u8>> {
    const LENGTH: usize = 21;
    let parts: Vec<&[u8]> = path.components().collect();
    let bucket = 2 + parts.windows(3).position(|three| {
        matches!(three, [b".cache", b"uv", bucket] if bucket.starts_with(b"archive-v") || bucket.starts_with(b"sdists-v"))
    })?;
    let is_random = |name: &&[u8]| {
        name.len() == LENGTH && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let random = bucket + 1 + parts.get(bucket + 1..)?.iter().position(is_random)?;
    // The name itself is no file.
    parts.get(random + 1)?;
    let shown = parts.iter().enumerate().map(|(at, part)| if at == random { &b"*"[..] } else { part });
    Some(shown.collect::<Vec<_>>().join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::super::super::{DriftReport, compare};
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    const ONE: &str = "root/.cache/uv/archive-v0/abcdefghijklmnopqrs-1";
    const OTHER: &str = "root/.cache/uv/archive-v0/ABCDEFGHIJKLMNOPQRS_2";

    fn cached(name: &str) -> TestImage {
        let mut image = TestImage::new();
        image.write(&format!("{name}/flask/app.py"), b"print(1)").write(&format!("{name}/flask/__init__.py"), b"");
        image.write(&format!("{name}/flask/fast.so"), b"\x7fELF code").mode(&format!("{name}/flask/fast.so"), 0o755);
        image
    }

    fn compared(left: &TestImage, right: &TestImage) -> DriftReport {
        compare(&left.snapshot(), &right.snapshot(), &Rules::default())
    }

    /// What explains the path, and its rule.
    fn explained(report: &DriftReport, path: &str) -> (Explanation, Option<Arc<str>>) {
        let at = report.files.position(&ImagePath::parse(path.as_bytes()).unwrap()).unwrap();
        let drift = report.files.rows[at as usize].drift.as_ref().unwrap();
        (drift.explanation, drift.rule.clone())
    }

    #[test]
    fn equal_files_under_another_random_name_are_noise_and_proven() {
        let report = compared(&cached(ONE), &cached(OTHER));
        for name in [ONE, OTHER] {
            for file in ["app.py", "fast.so", "__init__.py"] {
                let found = explained(&report, &format!("{name}/flask/{file}"));
                assert_eq!(found, (Explanation::Noise, Some(RULE.into())), "{name} {file}");
            }
        }
        assert_eq!((report.unexplained(), report.alarms(), report.is_proven()), (0, 0, true), "{}", report.headline());
    }

    #[test]
    fn other_bytes_another_place_and_one_copy_more_are_not() {
        let rule = |right: &TestImage, path: &str| explained(&compared(&cached(ONE), right), path).1;
        let is_renamed = |right: &TestImage, path: &str| rule(right, path).as_deref() == Some(RULE);
        let file = format!("{OTHER}/flask/app.py");
        let mut altered = cached(OTHER);
        altered.write(&file, b"evil()");
        assert!(!is_renamed(&altered, &file));
        let mut executable = cached(OTHER);
        executable.mode(&file, 0o755);
        assert!(!is_renamed(&executable, &file));
        let mut privileged = cached(OTHER);
        privileged.mode(&format!("{OTHER}/flask/fast.so"), 0o4755);
        assert!(!is_renamed(&privileged, &format!("{OTHER}/flask/fast.so")));
        // The program that was in the cache, now on the PATH; or under another name in the cache.
        for path in
            ["usr/local/bin/fast.so".to_owned(), format!("{OTHER}/flask/sitecustomize.py"), format!("{OTHER}/app.py")]
        {
            let mut moved = TestImage::new();
            moved.write(&path, b"print(1)");
            assert!(!is_renamed(&moved, &path), "{path}");
        }
        // A second copy has none on the left to be the same as.
        let mut twice = cached(OTHER);
        let third = "root/.cache/uv/archive-v0/ABCDEFGHIJKLMNOPQRS_3/flask/app.py";
        twice.write(third, b"print(1)");
        assert!(is_renamed(&twice, &file) != is_renamed(&twice, third));
        // A name that nobody made up, and a place that is not uv's.
        for name in ["root/.cache/uv/archive-v0/evil", "opt/uv/archive-v0/ABCDEFGHIJKLMNOPQRS_2"] {
            assert!(!is_renamed(&cached(name), &format!("{name}/flask/app.py")), "{name}");
        }
        // Whether compiled code runs is a matter of another file's time.
        let mut compiled = cached(ONE);
        compiled.write(&format!("{ONE}/flask/app.cpython-311.pyc"), b"code");
        let mut other = cached(OTHER);
        other.write(&format!("{OTHER}/flask/app.cpython-311.pyc"), b"code");
        let path = format!("{OTHER}/flask/app.cpython-311.pyc");
        assert_ne!(explained(&compared(&compiled, &other), &path).1.as_deref(), Some(RULE));
    }
}
