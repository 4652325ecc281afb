//! A comparison in one line: the verdict, and what qualifies it.

use super::{DriftReport, FileSummary, Unproven};
use crate::model::text::visible;
use crate::model::{Side, SideGap, Verdict};

impl DriftReport {
    /// The headline and what it means, as one line. Of what is unknown the headline tells why. Safe to show.
    #[must_use]
    pub fn first_line(&self) -> String {
        match self.verdict {
            Verdict::Unknown => self.headline(),
            _ => format!("{}: {}", self.headline(), self.meaning()),
        }
    }

    /// The verdict with what qualifies it: "drifted, 2 unexplained, 1 alarm", "unknown: WHY; 12 paths differ". Safe to show.
    #[must_use]
    pub fn headline(&self) -> String {
        let qualifiers = self.qualifiers().join(", ");
        let separator = match self.verdict {
            Verdict::Unknown => ": ",
            _ if qualifiers.is_empty() => "",
            _ => ", ",
        };
        format!("{}{separator}{qualifiers}", self.verdict.as_str())
    }

    /// The parts of the headline behind the verdict; the first must not be left out.
    #[must_use]
    pub fn qualifiers(&self) -> Vec<String> {
        if self.verdict == Verdict::Identical {
            return Vec::new();
        }
        let mut parts = Vec::new();
        let (unexplained, alarms) = (self.unexplained(), self.alarms());
        let unproven = unproven_words(self.unproven);
        let is_explained = unexplained + alarms == 0;
        match self.verdict {
            Verdict::ContentEquivalent => parts.extend(self.is_proven().then(|| "proven".to_owned())),
            Verdict::DependencyEquivalent | Verdict::Drifted if is_explained => parts.push(match &unproven {
                Some(words) => format!("all explained ({words})"),
                None => "all explained".to_owned(),
            }),
            Verdict::Identical | Verdict::DependencyEquivalent | Verdict::Drifted => {}
            Verdict::Unknown => {
                parts.extend(self.why_unknown().map(|why| format!("{why}; {}", differing(self.differing()))));
            }
        }
        if !is_explained {
            parts.push(format!("{unexplained} unexplained, {}", plural(alarms, "alarm")));
        }
        let is_told = is_explained && matches!(self.verdict, Verdict::DependencyEquivalent | Verdict::Drifted);
        parts.extend(unproven.filter(|_| !is_told));
        let settings = self.runtime_settings();
        parts.extend(
            (settings > 0).then(|| format!("{} differ{}", plural(settings, "runtime setting"), third(settings))),
        );
        let own = self.by_user_rules();
        parts.extend((own > 0).then(|| format!("{own} by your own rules")));
        parts
    }

    /// The first gap that decides, whose it is, and how many more there are.
    pub(super) fn why_unknown(&self) -> Option<String> {
        let deciding: Vec<&SideGap> = self.completeness.iter().filter(|gap| gap.decides).collect();
        let first = deciding.first()?;
        let (same, others): (Vec<&SideGap>, Vec<&SideGap>) =
            deciding.iter().partition(|gap| gap.gap.why == first.gap.why);
        let side = match (same.len(), first.side) {
            _ if self.alone => "",
            (1, Side::Left) => " (left)",
            (1, Side::Right) => " (right)",
            _ => " (both)",
        };
        let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
        Some(format!("{}{side}{more}", visible(&first.gap.why)))
    }

    /// Whether every differing file that counts as explained is proven to be.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.unproven.count() == 0
    }

    /// Settings that differ and that an engine runs the image by.
    #[must_use]
    pub fn runtime_settings(&self) -> usize {
        self.config.iter().filter(|change| change.runtime).count()
    }

    /// Differing paths; each once, directories too.
    #[must_use]
    pub fn differing(&self) -> usize {
        let FileSummary { added, removed, content, metadata, mtime_only } = self.files.summary;
        added + removed + content + metadata + mtime_only
    }

    /// What the verdict means here, for a manager.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        if !self.right.is_read {
            return "one and the same manifest, so no layer was fetched";
        }
        let knows_none = self.packages.is_empty();
        match (self.verdict, self.moved(None), self.alarms()) {
            (Verdict::Drifted, 0, _) if knows_none => "no package is known, and files or their rights need a look",
            (Verdict::Drifted, 0, _) => "no package moved, yet files changed behind them",
            (Verdict::Drifted, _, 0) => "packages moved",
            (Verdict::Drifted, ..) => "packages moved, and files changed behind packages that did not",
            (Verdict::DependencyEquivalent, ..) if knows_none => {
                "no package is known on either side; files or the configuration differ"
            }
            (verdict, ..) => verdict.meaning(),
        }
    }
}

/// `23 on their path alone, 2 by their header, 4 unproven`; the user's own rules are counted apart.
fn unproven_words(unproven: Unproven) -> Option<String> {
    let Unproven { path, own_rules: _, header, nothing } = unproven;
    let alone = if path == 1 { "on its path alone" } else { "on their path alone" };
    let by = if header == 1 { "by its header" } else { "by their header" };
    let parts = [(path, alone), (header, by), (nothing, "unproven")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn differing(paths: usize) -> String {
    match paths {
        0 => "no path differs".to_owned(),
        paths => format!("{} differ{}", plural(paths, "path"), third(paths)),
    }
}

/// "1 alarm", "2 alarms".
fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The ending of a verb whose subject are so many.
fn third(count: usize) -> &'static str {
    if count == 1 { "s" } else { "" }
}

#[cfg(test)]
mod tests {
    use crate::compare::compare;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    fn line(left: &TestImage, right: &TestImage) -> String {
        compare(&left.snapshot(), &right.snapshot(), Rules::built_in()).first_line()
    }

    #[test]
    fn what_rests_on_its_path_alone_is_counted_and_is_no_proof() {
        let mut left = TestImage::new();
        left.deb("less", "590-2", &[]).write("var/cache/ldconfig/aux-cache", b"one");
        let mut right = left.clone();
        right.write("var/cache/ldconfig/aux-cache", b"two");
        let words = "content-equivalent, 1 on its path alone: ";
        assert!(line(&left, &right).starts_with(words), "{}", line(&left, &right));
        assert!(line(&left, &left.clone().write("a", b"x").clone()).contains("1 unexplained, 0 alarms"));
    }

    #[test]
    fn settings_that_differ_are_counted() {
        let mut left = TestImage::new();
        left.deb("less", "590-2", &[]);
        let mut right = left.clone();
        right.config.runtime.env = vec![("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())];
        let words = "dependency-equivalent, all explained, 2 runtime settings differ: the same packages";
        assert!(line(&left, &right).starts_with(words), "{}", line(&left, &right));
    }

    #[test]
    fn without_any_package_none_is_called_the_same() {
        let (mut left, mut right) = (TestImage::new(), TestImage::new());
        left.write("app", b"one");
        right.write("app", b"two");
        let words = "dependency-equivalent, 1 unexplained, 0 alarms: no package is known on either side";
        assert!(line(&left, &right).starts_with(words), "{}", line(&left, &right));
    }
}
