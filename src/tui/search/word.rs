//! Scores one fuzzy word against many paths in byte order. The scores are those of `nucleo_matcher`, whose way of
//! weighing letters, gaps and boundaries this follows; but neighbours in byte order share most of their path, and what
//! was found out about the shared part is not found out again, which makes it several times as fast.

use std::cmp::max;

use nucleo_matcher::pattern::{Atom, AtomKind};

/// Weights of `nucleo_matcher`.
const MATCH: u16 = 16;
const BOUNDARY: u16 = 8;
const AFTER_SLASH: u16 = 9;
const CAMEL: u16 = 5;
const CONSECUTIVE: u16 = 4;
const GAP_START: u16 = 3;
const GAP_EXTENSION: u16 = 1;
const FIRST_LETTER: u16 = 2;

/// A word that is matched letter by letter, gaps allowed.
pub(super) trait Word {
    /// The next path has only so many bytes in common with the one before.
    fn keep(&mut self, shared: usize);

    /// How well a path of ASCII letters matches; `None` when it does not. The next path has no more than `kept` bytes
    /// in common with it.
    fn score(&mut self, path: &[u8], kept: usize) -> Option<u32>;
}

/// The fast scorer for `atom`; `None` where the general one must do.
pub(super) fn word(atom: &Atom) -> Option<Box<dyn Word>> {
    let text = atom.needle_text().to_string();
    if atom.kind != AtomKind::Fuzzy || atom.negative || !text.is_ascii() {
        return None;
    }
    match text.len() {
        1..=8 => Some(Box::new(Fuzzy::<8>::new(text.as_bytes()))),
        9..=16 => Some(Box::new(Fuzzy::<16>::new(text.as_bytes()))),
        17..=32 => Some(Box::new(Fuzzy::<32>::new(text.as_bytes()))),
        33..=64 => Some(Box::new(Fuzzy::<64>::new(text.as_bytes()))),
        _ => None,
    }
}

/// A word of up to `N` letters, and what is known of the last path.
struct Fuzzy<const N: usize> {
    letters: Vec<u8>,
    /// For each byte, at which places of the word it stands, a bit each.
    places: Box<[u64; 256]>,
    /// How many letters were found in order after so many bytes of the path.
    found: Vec<u8>,
    /// The bytes of the path that stand in the word, in order.
    columns: Vec<Column<N>>,
    /// Up to where in the path `columns` hold.
    scored: usize,
}

/// The best matches that end at one byte of the path, or before it.
#[derive(Clone, Copy)]
struct Column<const N: usize> {
    at: usize,
    /// The score of the word's letters up to each one when that one is matched here; 0 when it is not.
    ends: [u16; N],
    /// The bonus that the next letter gets when it follows at once.
    run: [u16; N],
    /// As `ends`, for matches that ended before, less the penalty of the gap since.
    gap: [u16; N],
    /// The best score of the whole word so far.
    best: u16,
}

impl<const N: usize> Fuzzy<N> {
    fn new(letters: &[u8]) -> Self {
        let any_case = !letters.iter().any(u8::is_ascii_uppercase);
        let mut places = Box::new([0; 256]);
        for (at, letter) in letters.iter().enumerate() {
            places[usize::from(*letter)] |= 1 << at;
            if any_case {
                places[usize::from(letter.to_ascii_uppercase())] |= 1 << at;
            }
        }
        Self { letters: letters.to_vec(), places, found: vec![0], columns: Vec::new(), scored: 0 }
    }

    /// Whether all letters are there, in order.
    fn matches(&mut self, path: &[u8]) -> bool {
        let mut found = self.found.last().copied().unwrap_or_default();
        for byte in path.iter().skip(self.found.len() - 1) {
            // Once all are found the bit is one that no letter has.
            found += u8::from(u128::from(self.places[usize::from(*byte)]) >> found & 1 == 1);
            self.found.push(found);
        }
        usize::from(found) == self.letters.len()
    }

    /// The first letter from which on the rest of the word is found in `tail`. Those before need not be looked for there:
    /// no match of the whole word could follow.
    fn first_within(&self, tail: &[u8]) -> usize {
        let mut first = self.letters.len();
        for byte in tail.iter().rev() {
            let before = first.saturating_sub(1);
            if self.places[usize::from(*byte)] >> before & 1 == 1 {
                first = before;
            }
        }
        first
    }

    /// The column of the byte at `at`, whose places in the word are `places`.
    fn column(&self, path: &[u8], at: usize, places: u64) -> Column<N> {
        let before = at.checked_sub(1).and_then(|before| path.get(before)).copied();
        let bonus = bonus(before, path.get(at).copied().unwrap_or_default());
        let mut column = match self.columns.last() {
            Some(last) => last.moved(at),
            None => Column { at, ends: [0; N], run: [0; N], gap: [0; N], best: 0 },
        };
        let (ends, run, gap) = (column.ends, column.run, column.gap);
        for ((gap, end), before) in column.gap.iter_mut().zip(ends).zip(gap) {
            *gap = max(end.saturating_sub(GAP_START), before.saturating_sub(GAP_EXTENSION));
        }
        column.ends = [0; N];
        // The letter after the last one found may be found here.
        let reached = self.found.get(at).copied().unwrap_or_default();
        let mut places = places & (u64::MAX >> (63 - reached.min(63)));
        while places != 0 {
            let place = places.trailing_zeros() as usize;
            places &= places - 1;
            let (score, next) = match place.checked_sub(1) {
                None => (bonus * FIRST_LETTER, bonus),
                Some(before) => follow(ends[before], run[before], gap[before], bonus),
            };
            column.ends[place] = score + MATCH;
            column.run[place] = next;
        }
        column.best = max(column.best, column.ends[self.letters.len() - 1]);
        column
    }
}

impl<const N: usize> Word for Fuzzy<N> {
    fn keep(&mut self, shared: usize) {
        self.found.truncate(shared + 1);
        self.scored = self.scored.min(shared);
    }

    fn score(&mut self, path: &[u8], kept: usize) -> Option<u32> {
        if !self.matches(path) {
            return None;
        }
        while self.columns.last().is_some_and(|column| column.at >= self.scored) {
            self.columns.pop();
        }
        // What the next path has not in common with this one is looked at for this path alone.
        let own = kept.max(self.scored);
        let first = self.first_within(path.get(own..).unwrap_or_default());
        for (at, byte) in path.iter().enumerate().skip(self.scored) {
            let mut places = self.places[usize::from(*byte)];
            if at >= own {
                places &= u64::MAX.checked_shl(u32::try_from(first).unwrap_or(u32::MAX)).unwrap_or_default();
            }
            if places != 0 {
                let column = self.column(path, at, places);
                self.columns.push(column);
            }
        }
        self.scored = path.len();
        self.columns.last().map(|column| u32::from(column.best))
    }
}

impl<const N: usize> Column<N> {
    /// The same as seen from the byte before `at`, when no byte between them stands in the word.
    fn moved(&self, at: usize) -> Self {
        let mut moved = Self { at, ..*self };
        let Some(between) = at.checked_sub(self.at + 2) else { return moved };
        let more = u16::try_from(between).unwrap_or(u16::MAX);
        for (gap, end) in moved.gap.iter_mut().zip(self.ends) {
            *gap = max(end.saturating_sub(GAP_START), gap.saturating_sub(GAP_EXTENSION)).saturating_sub(more);
        }
        moved.ends = [0; N];
        moved
    }
}

/// The score of a letter after a match of those before it that ended at the byte before (`end`, whose bonus was `run`;
/// 0 when none did) or earlier (`gap`), and the bonus for the letter after it.
fn follow(end: u16, run: u16, gap: u16, bonus: u16) -> (u16, u16) {
    let mut run = max(run, CONSECUTIVE);
    if bonus >= BOUNDARY {
        run = max(run, bonus);
    }
    let (at_once, later) = (end + max(run, bonus), gap + bonus);
    if end > 0 && at_once > later { (at_once, run) } else { (later, bonus) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Sign,
    Slash,
    Lower,
    Upper,
    Digit,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        b'/' => Class::Slash,
        byte if byte.is_ascii_whitespace() => Class::Blank,
        _ => Class::Sign,
    }
}

/// What a letter counts more for standing where a part of the path begins.
fn bonus(before: Option<u8>, byte: u8) -> u16 {
    let before = before.map_or(Class::Slash, class);
    match (before, class(byte)) {
        (Class::Slash, Class::Lower | Class::Upper | Class::Digit) => AFTER_SLASH,
        (Class::Blank | Class::Sign, Class::Lower | Class::Upper | Class::Digit) | (_, Class::Blank | Class::Sign) => {
            BOUNDARY
        }
        (Class::Lower, Class::Upper) | (Class::Lower | Class::Upper, Class::Digit) => CAMEL,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use nucleo_matcher::pattern::{CaseMatching, Normalization};
    use nucleo_matcher::{Config, Matcher, Utf32Str};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// One letter is left out: for it the matcher takes the first good place for the best.
        #[test]
        fn scores_are_those_of_the_general_matcher(
            mut paths in prop::collection::vec("[a-cA-B0-1/._ -]{1,30}", 1..20),
            text in "[a-cA-B0/.-]{2,20}",
        ) {
            paths.sort_unstable();
            let atom = Atom::new(&text, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy, false);
            let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
            let mut word = word(&atom).unwrap();
            let common = |one: &str, other: &str| one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let mut before = String::new();
            for (at, path) in paths.iter().enumerate() {
                word.keep(common(path, &before));
                let kept = paths.get(at + 1).map_or(0, |next| common(path, next));
                let expected = atom.score(Utf32Str::Ascii(path.as_bytes()), &mut matcher).map(u32::from);
                prop_assert_eq!(word.score(path.as_bytes(), kept), expected, "{} in {}", text, path);
                before.clone_from(path);
            }
        }
    }

    #[test]
    fn the_longest_words_are_scored_too() {
        let path = "usr/local/lib/python3.11/site-packages/torch/distributed/elastic/agent/server/api.py";
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        for length in [8, 9, 16, 17, 32, 33, 63, 64] {
            let atom = Atom::new(&path[..length], CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy, false);
            let expected = atom.score(Utf32Str::Ascii(path.as_bytes()), &mut matcher).map(u32::from);
            assert_eq!(word(&atom).unwrap().score(path.as_bytes(), 0), expected, "{length}");
        }
    }
}
