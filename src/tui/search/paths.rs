//! All paths of both sides, for the search. In byte order a path has most of its bytes in common with the one before:
//! only the others are kept, and only they are looked at.

use std::cmp::Reverse;
use std::num::NonZero;
use std::ops::Range;
use std::thread;

use nucleo_matcher::pattern::Atom;
use nucleo_matcher::{Matcher, Utf32Str};

use super::Finder;
use super::word::{self, Word};
use crate::compare::DriftReport;
use crate::model::Watch;
use crate::model::text::visible_bytes;

/// The most hits kept: more than anyone steps through.
const MOST_HITS: usize = 5_000;
/// Every so many paths one is kept whole, so that the cores can share the work.
const BLOCK: usize = 1024;

/// The paths, to be searched.
#[derive(Debug, PartialEq, Eq)]
pub struct Paths {
    /// Of each path what it has not in common with the one before.
    text: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Where its part of the text ends.
    end: u32,
    /// Bytes in common with the path before.
    shared: u16,
    differs: bool,
    /// Every byte is a character of its own.
    plain: bool,
}

/// What makes one hit better than another: the score, then that it differs, then a shorter path, then byte order.
type Rank = (Reverse<u32>, bool, usize, u32);

impl Paths {
    #[must_use]
    pub fn new(report: &DriftReport) -> Self {
        let mut paths = Self { text: Vec::new(), entries: Vec::with_capacity(report.files.rows.len()) };
        let mut before: Vec<u8> = Vec::new();
        for (at, row) in report.files.rows.iter().enumerate() {
            let shown = row.path.as_str().is_none().then(|| visible_bytes(row.path.as_bytes()));
            let path = shown.as_deref().map_or(row.path.as_bytes(), str::as_bytes);
            let common = path.iter().zip(&before).take_while(|(one, other)| one == other).count();
            let shared = if at.is_multiple_of(BLOCK) { 0 } else { u16::try_from(common).unwrap_or(u16::MAX) };
            paths.text.extend_from_slice(path.get(usize::from(shared)..).unwrap_or_default());
            paths.entries.push(Entry {
                // Beyond 4 GiB of paths, which no image's limits allow, the rest would match nothing.
                end: u32::try_from(paths.text.len()).unwrap_or(u32::MAX),
                shared,
                differs: row.drift.is_some(),
                plain: path.is_ascii() && !path.contains(&b'\r'),
            });
            before.clear();
            before.extend_from_slice(path);
        }
        paths.text.shrink_to_fit();
        paths
    }

    /// Searches on all cores; positions in `report.files.rows`, best first. Soon after `watch` is asked to stop it gives
    /// up, and what it found by then is worth nothing.
    #[must_use]
    pub fn search(&self, text: &str, watch: &Watch) -> Vec<u32> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let len = self.entries.len();
        let share = len.div_ceil(cores).next_multiple_of(BLOCK);
        let mut best = thread::scope(|scope| {
            let search = |from: usize| scope.spawn(move || self.rank(from..(from + share).min(len), text, watch));
            let searches: Vec<_> = (0..len).step_by(share.max(1)).map(search).collect();
            let mut best = Best::default();
            searches.into_iter().filter_map(|search| search.join().ok()).flatten().for_each(|rank| best.add(rank));
            best
        });
        best.cut();
        best.ranks.sort_unstable();
        best.ranks.into_iter().map(|(.., at)| at).collect()
    }

    /// The best hits among the paths at `range`, which starts with a block.
    fn rank(&self, range: Range<usize>, text: &str, watch: &Watch) -> Vec<Rank> {
        let mut query = Query::new(text);
        let mut best = Best::default();
        let mut path = Vec::new();
        let mut start = range.start.checked_sub(1).and_then(|at| self.entries.get(at)).map_or(0, |entry| entry.end);
        let kept = self.entries.iter().skip(1).map(|next| usize::from(next.shared)).chain([0]);
        let entries = (0_u32..).zip(self.entries.iter().zip(kept));
        for (at, (entry, kept)) in entries.skip(range.start).take(range.len()) {
            // Once a block, for that is how often nothing is shared.
            if entry.shared == 0 && watch.is_stopped() {
                break;
            }
            path.truncate(usize::from(entry.shared));
            path.extend_from_slice(self.text.get(start as usize..entry.end as usize).unwrap_or_default());
            start = entry.end;
            if let Some(score) = query.score(&path, kept, entry) {
                best.add((Reverse(score), !entry.differs, path.len(), at));
            }
        }
        best.ranks
    }
}

/// The best of many hits, and some more.
#[derive(Default)]
struct Best {
    ranks: Vec<Rank>,
    /// Nothing worse than this is among the best.
    worst: Option<Rank>,
}

impl Best {
    fn add(&mut self, rank: Rank) {
        if self.worst.is_some_and(|worst| rank >= worst) {
            return;
        }
        self.ranks.push(rank);
        if self.ranks.len() >= 4 * MOST_HITS {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.ranks.len() > MOST_HITS {
            self.worst = Some(*self.ranks.select_nth_unstable(MOST_HITS).1);
            self.ranks.truncate(MOST_HITS);
        }
    }
}

/// A text to search for, split into its words.
struct Query {
    fuzzy: Vec<Box<dyn Word>>,
    /// Words that must match exactly, or are no ASCII.
    others: Vec<Atom>,
    matcher: Matcher,
    /// For paths that are more than ASCII.
    finder: Finder,
}

impl Query {
    fn new(text: &str) -> Self {
        let finder = Finder::new(text, true);
        let mut query = Self { fuzzy: Vec::new(), others: Vec::new(), matcher: finder.matcher.clone(), finder };
        for atom in &query.finder.pattern.atoms {
            match word::word(atom) {
                Some(word) => query.fuzzy.push(word),
                None => query.others.push(atom.clone()),
            }
        }
        query
    }

    /// How well the next path matches; `None` when it does not. The one after it shares `kept` bytes.
    fn score(&mut self, path: &[u8], kept: usize, entry: &Entry) -> Option<u32> {
        for word in &mut self.fuzzy {
            word.keep(usize::from(entry.shared));
        }
        if !entry.plain {
            return self.finder.score(str::from_utf8(path).ok()?);
        }
        let mut score = 0;
        for word in &mut self.fuzzy {
            score += word.score(path, kept)?;
        }
        for atom in &self.others {
            score += u32::from(atom.score(Utf32Str::Ascii(path), &mut self.matcher)?);
        }
        Some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{FileDrift, FileRow};
    use crate::model::ImagePath;
    use crate::tui::fixture;

    #[test]
    fn a_search_that_nobody_waits_for_stops() {
        let paths = Paths::new(&fixture::report());
        let watch = Watch::default();
        assert!(!paths.search("usr", &watch).is_empty());
        watch.stop();
        assert!(paths.search("usr", &watch).is_empty());
    }

    #[test]
    fn among_equal_matches_what_differs_comes_first() {
        let report = fixture::report();
        let paths = Paths::new(&report);
        let found = |text: &str| -> Vec<String> {
            paths
                .search(text, &Watch::default())
                .iter()
                .map(|at| report.files.rows[*at as usize].path.to_string())
                .collect()
        };
        assert_eq!(found("usr/bin/")[..3], ["/usr/bin/sort", "/usr/bin/openssl", "/usr/bin/true"]);
        assert!(found("no such path").is_empty());
        assert_eq!(found("漢").len(), 1);
    }

    /// Many paths, so that both cores and the cut to the best have a part in it.
    #[test]
    fn the_best_are_those_that_the_general_matcher_would_choose() {
        let row = |at: usize| FileRow {
            path: ImagePath::parse(format!("usr/lib/{}/Module{}/{at:05}_test.py", at / 2000, at / 40).as_bytes())
                .unwrap(),
            left: None,
            right: None,
            drift: None,
        };
        let mut rows: Vec<FileRow> = (0..12_000).map(row).collect();
        rows.sort_by(|left, right| left.path.cmp(&right.path));
        let report = DriftReport { files: FileDrift { rows, ..FileDrift::default() }, ..fixture::empty() };
        let paths = Paths::new(&report);
        for text in ["lib", "mod11", "usr py", "'test 3/ !4", "^usr 5_test.py$", "M77", "libtestpy"] {
            let mut finder = Finder::new(text, true);
            let mut expected: Vec<Rank> = (0_u32..)
                .zip(&report.files.rows)
                .filter_map(|(at, row)| {
                    let path = row.path.as_str().unwrap();
                    Some((Reverse(finder.score(path)?), true, path.len(), at))
                })
                .collect();
            expected.sort_unstable();
            expected.truncate(MOST_HITS);
            let expected: Vec<u32> = expected.into_iter().map(|(.., at)| at).collect();
            assert!(!expected.is_empty(), "{text}");
            assert_eq!(paths.search(text, &Watch::default()), expected, "{text}");
        }
    }
}
