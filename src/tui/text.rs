//! Widths, cutting and the way numbers are written. Everything here takes text that is already safe to show.

use std::borrow::Cow;

use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::signs::ELLIPSIS;
use crate::model::text::{instruction as as_written, visible};

/// Columns of `text` on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` in at most `columns` columns, an ellipsis at its end when it was longer.
#[must_use]
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}{ELLIPSIS}", head(text, columns - 1)))
}

/// A path in at most `columns` columns: the file name stays, the middle goes.
#[must_use]
pub fn cut_path(path: &str, columns: usize) -> Cow<'_, str> {
    if width(path) <= columns {
        return Cow::Borrowed(path);
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let rest = columns.saturating_sub(width(name) + 2);
    if rest < 2 || name.len() == path.len() {
        return middle(path, columns);
    }
    Cow::Owned(format!("{}{ELLIPSIS}/{name}", head(path, rest)))
}

/// `text` in at most `columns` columns, the middle gone: for names whose end matters as much as their start.
#[must_use]
pub fn middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns < 4 {
        return cut(text, columns);
    }
    let end = (columns - 1) / 2;
    Cow::Owned(format!("{}{ELLIPSIS}{}", head(text, columns - 1 - end), tail(text, end)))
}

/// Two texts in at most `columns` columns together: a short one leaves its room to the other.
#[must_use]
pub fn share(left: &str, right: &str, columns: usize) -> (String, String) {
    let half = columns / 2;
    let left_room = half.max(columns.saturating_sub(width(right)));
    let left = middle(left, left_room).into_owned();
    let right = middle(right, columns.saturating_sub(width(&left))).into_owned();
    (left, right)
}

/// `text` in at most `columns` columns, its start gone: the end of a reference has its name and tag.
#[must_use]
pub fn end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{ELLIPSIS}{}", tail(text, columns - 1)))
}

/// A reference in at most `columns` columns: a digest in it is shortened first, then the start goes.
#[must_use]
pub fn reference(text: &str, columns: usize) -> String {
    let short = match text.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", head(digest, 12)),
        None => text.to_owned(),
    };
    end(&short, columns).into_owned()
}

/// The instruction as a Dockerfile has it, without what the builder puts around it; safe to show.
#[must_use]
pub fn instruction(created_by: Option<&str>) -> String {
    created_by.map_or_else(|| "(no history)".to_owned(), as_written)
}

/// `line` without its first `columns` columns; of a wide character cut in two, a blank is left.
#[must_use]
pub fn skip(line: &Line<'static>, columns: usize) -> Line<'static> {
    let mut left = columns;
    let mut spans = Vec::with_capacity(line.spans.len());
    for span in &line.spans {
        let whole = width(&span.content);
        if left >= whole {
            left -= whole;
            continue;
        }
        let rest = tail(&span.content, whole - left);
        let blank = if width(rest) < whole - left { " " } else { "" };
        spans.push(Span::styled(format!("{blank}{rest}"), span.style));
        left = 0;
    }
    Line::from(spans).style(line.style)
}

/// The longest start of `text` in at most `columns` columns.
#[must_use]
pub fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += UnicodeWidthChar::width(character).unwrap_or_default();
        if used > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The longest end of `text` in at most `columns` columns.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices().rev() {
        used += UnicodeWidthChar::width(character).unwrap_or_default();
        if used > columns {
            return text.get(at + character.len_utf8()..).unwrap_or_default();
        }
    }
    text
}

/// `text` in exactly `columns` columns, blanks after it.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(&text))))
}

/// `text` in exactly `columns` columns, blanks before it.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(&text))))
}

/// `1,234,567`.
#[must_use]
pub fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 files`, `1 file`.
#[must_use]
pub fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// Bytes in decimal units, as engines print them: `1.2 MB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut tenths = u128::from(number) * 10 / 1000;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"EB");
    if tenths >= 1000 { format!("{} {name}", tenths / 10) } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

/// A signed difference of sizes: `+1.2 MB`, `-300 B`, `=` when there is none.
#[must_use]
pub fn delta(left: u64, right: u64) -> String {
    match right.cmp(&left) {
        std::cmp::Ordering::Greater => format!("+{}", bytes(right - left)),
        std::cmp::Ordering::Less => format!("-{}", bytes(left - right)),
        std::cmp::Ordering::Equal => "=".to_owned(),
    }
}

/// Whole seconds since the epoch as a date in UTC.
#[must_use]
pub fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s"), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A value of the configuration: times to the second, the rest as it is, safe to show.
#[must_use]
pub fn config(key: &str, value: Option<&str>) -> String {
    match value {
        None => "(not set)".to_owned(),
        Some(time) if key == "created" => created(time),
        Some(value) => visible(value).into_owned(),
    }
}

/// An RFC 3339 time as the config has it, to the second.
#[must_use]
pub fn created(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => visible(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_path_keeps_its_file_name() {
        assert_eq!(cut_path("/usr/lib/python3/dist-packages/numpy/core.py", 24), "/usr/lib/python…/core.py");
        assert_eq!(cut_path("/short", 24), "/short");
        for columns in 0..50 {
            let text = cut_path("/usr/lib/漢字漢字漢字/x86_64-linux-gnu/libcrypto.so.3", columns);
            assert!(width(&text) <= columns, "{text} in {columns}");
        }
    }

    #[test]
    fn wide_characters_never_break_a_column() {
        for columns in 0..12 {
            assert_eq!(width(&pad("漢字漢字é", columns)), columns);
            assert_eq!(width(&pad_left("漢字漢字é", columns)), columns);
            assert!(width(&middle("漢字漢字漢字", columns)) <= columns);
        }
    }

    #[test]
    fn the_start_of_a_line_can_be_skipped_across_spans_and_wide_characters() {
        let line = Line::from(vec![Span::raw("ab"), Span::raw("漢字"), Span::raw("c")]);
        let shown: Vec<String> = (0..8).map(|columns| skip(&line, columns).to_string()).collect();
        assert_eq!(shown, ["ab漢字c", "b漢字c", "漢字c", " 字c", "字c", " c", "c", ""]);
    }

    #[test]
    fn a_cut_reference_keeps_its_tag_or_the_start_of_its_digest() {
        assert_eq!(reference("registry.example/team/shop:1.3.0", 16), "…team/shop:1.3.0");
        let pinned = format!("shop@sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(reference(&pinned, 40), "shop@0123456789ab");
    }

    #[test]
    fn two_texts_share_their_room() {
        assert_eq!(share("1.0", "a long version", 17), ("1.0".to_owned(), "a long version".to_owned()));
        let (left, right) = share("a long version", "another long one", 14);
        assert_eq!((width(&left), width(&right)), (7, 7));
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(1_234_567_u64), "1,234,567");
        assert_eq!(count(123_u64), "123");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_234_000), "1.2 MB");
        assert_eq!(bytes(234_000_000), "234 MB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(delta(10, 4), "-6 B");
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(created("2024-05-01T10:00:00.123456789Z"), "2024-05-01 10:00:00");
    }
}
