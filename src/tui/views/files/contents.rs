//! How the contents of one path differ: the decoded parts, then lines or bytes.

use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::Span;

use super::detail::Page;
use crate::model::text::visible;
use crate::model::{Side, Value, Watch};
use crate::tui::diff::decoded::{DecodedRow, Tally};
use crate::tui::diff::hex::{HEX_ROW, HexRow};
use crate::tui::diff::{Body, ContentDiff, Decoded, Decoding, HexDiff, TextDiff};
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::theme::signs::{DIFFERS, ELLIPSIS, VERTICAL};

/// From this width on, the bytes of both sides stand beside each other.
const HEX_BESIDE: u16 = 58;
/// From this width on, the decoded parts of both sides do.
const DECODED_BESIDE: usize = 50;
/// Names told in a sentence; more are a number.
const NAMED: usize = 3;

/// How far the comparison of the contents is.
#[derive(Debug)]
pub enum Comparison {
    /// There is nothing to compare.
    None,
    Waiting(Arc<Watch>),
    Done(Arc<ContentDiff>),
    Failed(String),
}

impl Comparison {
    /// The text that is shown, when it is one.
    #[must_use]
    pub fn text(&self) -> Option<&TextDiff> {
        match self {
            Self::Done(diff) => match &diff.body {
                Body::Text(diff) | Body::Unpacked(diff) => Some(diff),
                Body::Same { .. } | Body::Bytes(_) => None,
            },
            _ => None,
        }
    }

    /// A number that is another one whenever something else is to be shown.
    #[must_use]
    pub fn revision(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Done(_) => 1,
            Self::Failed(_) => 2,
            Self::Waiting(watch) => 3 + watch.bytes() / 100_000,
        }
    }
}

impl Page<'_> {
    /// The contents and how they differ.
    pub(super) fn contents(&self, comparison: &Comparison) -> Vec<Row> {
        match comparison {
            Comparison::None => Vec::new(),
            Comparison::Waiting(watch) => {
                let read = match watch.bytes() {
                    0 => String::new(),
                    bytes => format!(" {}", text::bytes(bytes)),
                };
                self.said(format!("reading the contents {ELLIPSIS}{read}"), Role::Muted)
            }
            Comparison::Failed(message) => {
                self.said(format!("the contents cannot be shown: {}", visible(message)), Role::Warning)
            }
            Comparison::Done(diff) => {
                let mut rows = self.decoding(&diff.decoded);
                rows.extend(match &diff.body {
                    Body::Same { whole: true } => self.said("the contents are equal", Role::Muted),
                    Body::Same { whole: false } => {
                        self.said("equal as far as was read; they differ further on", Role::Muted)
                    }
                    Body::Text(diff) => self.text("Contents", diff),
                    Body::Unpacked(diff) => self.text("Decompressed", diff),
                    Body::Bytes(diff) => self.hex(diff),
                });
                rows
            }
        }
    }

    /// A sentence after an empty row.
    fn said(&self, words: impl Into<String>, role: Role) -> Vec<Row> {
        vec![Row::default(), Row::styled(words, role, self.theme).wrapped(0)]
    }

    /// An empty row and a section's title with words beside it.
    pub(super) fn section(&self, title: &str, beside: impl IntoIterator<Item = Span<'static>>) -> Vec<Row> {
        let mut spans = vec![Span::styled(title.to_owned(), self.style(Role::Heading)), Span::raw("  ")];
        spans.extend(beside);
        vec![Row::default(), Row::new(spans).wrapped(2)]
    }

    fn decoding(&self, decoding: &Decoding) -> Vec<Row> {
        match decoding {
            Decoding::None => Vec::new(),
            Decoding::TooLong => self.said("too long to be taken apart", Role::Muted),
            Decoding::Done(decoded) => self.decoded(decoded),
        }
    }

    fn decoded(&self, decoded: &Decoded) -> Vec<Row> {
        let format = match (&decoded.left, &decoded.right) {
            (Some(left), Some(right)) if left != right => format!("{left} → {right}"),
            (Some(format), _) | (None, Some(format)) => format.clone(),
            (None, None) => String::new(),
        };
        let mut rows = self.section("Decoded", [Span::styled(format, self.style(Role::Strong))]);
        rows.push(Row::styled(sentence(decoded), Role::Muted, self.theme).wrapped(2));
        for tally in [&decoded.fields, &decoded.members] {
            let widest = tally.rows.iter().map(|row| text::width(&row.name)).max().unwrap_or_default();
            let label = widest.min(usize::from(self.width) * 2 / 5).max(8);
            for row in &tally.rows {
                rows.extend(self.part(row, label));
            }
            if tally.left_out > 0 {
                let words = format!("  and {} more", text::count(tally.left_out as u64));
                rows.push(Row::styled(words, Role::Muted, self.theme));
            }
        }
        rows
    }

    /// A part that differs: in one row, or in narrow panes below its name.
    fn part(&self, row: &DecodedRow, label: usize) -> Vec<Row> {
        let (left, right) = sides(row);
        let (left, right) = (left.unwrap_or_else(|| "-".to_owned()), right.unwrap_or_else(|| "-".to_owned()));
        let sign = Span::styled(format!("{DIFFERS} "), self.style(Role::Strong));
        let name =
            |columns: usize| Span::styled(text::middle(&row.name, columns).into_owned(), self.style(Role::Muted));
        let width = usize::from(self.width);
        let room = width.saturating_sub(label + 5);
        if width >= DECODED_BESIDE && text::width(&left) + text::width(&right) <= room {
            let half = (room / 2).max(text::width(&left)).min(room - text::width(&right));
            let blank = " ".repeat(label.saturating_sub(text::width(&row.name)) + 1);
            return vec![Row::new(vec![
                sign,
                name(label),
                Span::raw(blank),
                Span::styled(text::pad(&left, half), self.style(Role::Left)),
                Span::raw("  "),
                Span::styled(right, self.style(Role::Right)),
            ])];
        }
        let side = |sign: &str, value: String, role: Role| {
            Row::styled(format!("  {sign} {value}"), role, self.theme).wrapped(4)
        };
        vec![
            Row::new(vec![sign, name(width.saturating_sub(2))]),
            side("-", left, Role::Left),
            side("+", right, Role::Right),
        ]
    }

    fn hex(&self, diff: &HexDiff) -> Vec<Row> {
        let muted = |words: String| Span::styled(words, self.style(Role::Muted));
        let words = match (diff.only, diff.differing) {
            (Some(_), _) if self.report.alone => "the first bytes".to_owned(),
            (Some(side), _) => format!("only on the {}; the first bytes", side.as_str()),
            (None, Some(differing)) => format!("{}, {} in all", first(diff), text::count(differing as u64)),
            (None, None) => first(diff),
        };
        let mut rows = self.section("Contents", [muted(words)]);
        rows.extend(diff.rows.iter().flat_map(|row| self.hex_row(row, diff.only)));
        if diff.cut {
            rows.push(Row::new(vec![muted("the rest is left out".to_owned())]));
        }
        rows
    }

    fn hex_row(&self, row: &HexRow, only: Option<Side>) -> Vec<Row> {
        let alone = (Role::Text, Role::Text);
        match only {
            Some(Side::Left) => return vec![self.hex_line(' ', row, &row.left, &row.left, alone)],
            Some(Side::Right) => return vec![self.hex_line(' ', row, &row.right, &row.right, alone)],
            None => {}
        }
        if self.width >= HEX_BESIDE {
            let mut spans = vec![Span::styled(format!("{:06x} ", row.offset), self.style(Role::Line))];
            spans.extend(self.bytes(&row.left, &row.right, Role::Left, Role::LeftWord));
            spans.push(Span::styled(format!("{VERTICAL} "), self.style(Role::Line)));
            spans.extend(self.bytes(&row.right, &row.left, Role::Right, Role::RightWord));
            vec![Row::new(spans)]
        } else if row.left == row.right {
            vec![self.hex_line(' ', row, &row.left, &row.right, (Role::Muted, Role::Muted))]
        } else {
            vec![
                self.hex_line('-', row, &row.left, &row.right, (Role::Left, Role::LeftWord)),
                self.hex_line('+', row, &row.right, &row.left, (Role::Right, Role::RightWord)),
            ]
        }
    }

    fn hex_line(&self, sign: char, row: &HexRow, own: &[u8], other: &[u8], roles: (Role, Role)) -> Row {
        let mut spans = vec![
            Span::styled(format!("{sign} "), self.style(roles.0)),
            Span::styled(format!("{:06x} ", row.offset), self.style(Role::Line)),
        ];
        spans.extend(self.bytes(own, other, roles.0, roles.1));
        let characters = own.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' });
        spans.push(Span::styled(characters.collect::<String>(), self.style(Role::Muted)));
        Row::new(spans)
    }

    /// The bytes of a row, those that differ picked out.
    fn bytes(&self, own: &[u8], other: &[u8], side: Role, word: Role) -> Vec<Span<'static>> {
        let mut spans = Vec::with_capacity(2 * HEX_ROW + 1);
        for at in 0..HEX_ROW {
            let (byte, opposite) = (own.get(at), other.get(at));
            let style = match byte {
                _ if byte == opposite => self.style(Role::Muted),
                Some(_) if opposite.is_some() => self.style(word),
                _ => self.style(side),
            };
            spans.push(Span::styled(byte.map_or_else(|| "  ".to_owned(), |byte| format!("{byte:02x}")), style));
            spans.push(Span::raw(" "));
        }
        spans
    }

    pub(super) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }
}

/// `first difference at byte 70 (0x46)`.
fn first(diff: &HexDiff) -> String {
    format!("first difference at byte {} ({:#x})", text::count(diff.first as u64), diff.first)
}

/// `41 of 43 sections equal; .note.gnu.build-id and .rodata differ`.
fn sentence(decoded: &Decoded) -> String {
    let kinds = [(&decoded.fields, "fields"), (&decoded.members, decoded.noun)];
    let count = |(tally, noun): (&Tally, &str)| match tally.total {
        0 => None,
        total if decoded.is_one_sided() => Some(format!("{} {noun}", text::count(total as u64))),
        _ => Some(equal(tally, noun)),
    };
    let mut clauses = vec![kinds.into_iter().filter_map(count).collect::<Vec<_>>().join(", ")];
    if !decoded.is_one_sided() {
        clauses.extend(what_differs(decoded));
        if decoded.reordered {
            clauses.push("their order differs".to_owned());
        }
        if decoded.is_equal() {
            clauses.push("what differs lies elsewhere".to_owned());
        }
    }
    if !decoded.complete {
        clauses.push("the rest could not be taken apart".to_owned());
    }
    clauses.join("; ")
}

fn what_differs(decoded: &Decoded) -> Option<String> {
    let differing = decoded.fields.differing() + decoded.members.differing();
    if (1..=NAMED).contains(&differing) {
        let names = decoded.fields.rows.iter().chain(&decoded.members.rows).map(|row| row.name.as_str());
        let verb = if differing == 1 { "differs" } else { "differ" };
        return Some(format!("{} {verb}", listed(&names.collect::<Vec<_>>())));
    }
    (decoded.only_times > 0).then(|| {
        let times = text::count(decoded.only_times as u64);
        format!("{times} of {} differ in nothing but their time", text::count(differing as u64))
    })
}

fn equal(tally: &Tally, noun: &str) -> String {
    let total = text::count(tally.total as u64);
    match tally.equal {
        0 => format!("none of {total} {noun} equal"),
        equal if equal == tally.total => format!("all {total} {noun} equal"),
        equal => format!("{} of {total} {noun} equal", text::count(equal as u64)),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// What tells the sides of a part apart; all of it where only one side has the part.
fn sides(row: &DecodedRow) -> (Option<String>, Option<String>) {
    if let (
        Some(Value::Member { size, seal, access, time }),
        Some(Value::Member { size: other_size, seal: other_seal, access: other_access, time: other_time }),
    ) = (&row.left, &row.right)
    {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut facet = |own: String, other: String| {
            if own != other {
                left.push(own);
                right.push(other);
            }
        };
        facet(bytes(*size), bytes(*other_size));
        if size == other_size {
            facet(seal.clone(), other_seal.clone());
        }
        facet(access.clone(), other_access.clone());
        facet(moment(*time), moment(*other_time));
        return (Some(left.join(", ")), Some(right.join(", ")));
    }
    if let (Some(Value::Bytes { size, .. }), Some(Value::Bytes { size: other, .. })) = (&row.left, &row.right)
        && size != other
    {
        return (Some(bytes(*size)), Some(bytes(*other)));
    }
    (row.left.as_ref().map(whole), row.right.as_ref().map(whole))
}

fn whole(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Time(seconds) => text::date(*seconds),
        Value::Bytes { size, sha256 } => format!("{}, {}", bytes(*size), text::head(&sha256.hex(), 8)),
        Value::Member { size, time, .. } => format!("{}, {}", bytes(*size), moment(*time)),
    }
}

fn bytes(size: u64) -> String {
    format!("{} B", text::count(size))
}

fn moment(time: Option<i64>) -> String {
    time.map_or_else(|| "no time".to_owned(), text::date)
}
