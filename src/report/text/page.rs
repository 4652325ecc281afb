//! Rows and sections on a page of so many lines.

use std::io;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::ReportOptions;
use crate::report::figures::count;

/// What a line says by its colour. Never the only carrier: the words say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Title,
    Good,
    Notable,
    Bad,
}

impl Paint {
    /// The SGR parameters of ECMA-48.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Title => Some("1"),
            Self::Good => Some("32"),
            Self::Notable => Some("33"),
            Self::Bad => Some("1;31"),
        }
    }
}

/// One row of columns.
#[derive(Debug)]
pub(super) struct Row {
    cells: Vec<String>,
    paint: Paint,
    covers: usize,
}

impl Row {
    /// Cells whose text is already safe to show.
    pub(super) fn new<const N: usize>(cells: [String; N]) -> Self {
        Self { cells: cells.into(), paint: Paint::Plain, covers: 1 }
    }

    /// How many things it stands for in "and N more".
    pub(super) fn covering(self, covers: usize) -> Self {
        Self { covers, ..self }
    }

    pub(super) fn painted(self, paint: Paint) -> Self {
        Self { paint, ..self }
    }
}

/// Rows under a title.
pub(super) struct Section {
    pub title: String,
    pub rows: Vec<Row>,
    /// Lines it gets in each round of sharing them out.
    pub weight: usize,
}

impl Section {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Where lines go.
pub(super) struct Page<'a> {
    options: ReportOptions<'a>,
    out: &'a mut dyn io::Write,
}

impl<'a> Page<'a> {
    /// Without a known width a line still ends somewhere: labels of a hundred kilobytes exist.
    const LONGEST: usize = 240;

    pub(super) fn new(options: ReportOptions<'a>, out: &'a mut dyn io::Write) -> Self {
        let width = if options.width == 0 && !options.all { Self::LONGEST } else { options.width };
        Self { options: ReportOptions { width, ..options }, out }
    }

    pub(super) fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        let text = cut(text.trim_end(), self.options.width);
        match paint.code().filter(|_| self.options.color && !text.is_empty()) {
            Some(code) => writeln!(self.out, "\x1b[{code}m{text}\x1b[0m"),
            None => writeln!(self.out, "{text}"),
        }
    }

    /// Rows with their columns aligned.
    pub(super) fn rows<'r>(&mut self, rows: impl IntoIterator<Item = &'r Row> + Clone) -> io::Result<()> {
        self.indented(rows, "")
    }

    /// Each section's title and rows, shared out so that all take at most `lines`, with an empty line before each where
    /// there is room for that; `None` is without a limit.
    pub(super) fn sections(&mut self, sections: &[Section], lines: Option<usize>) -> io::Result<()> {
        let needed: usize = sections.iter().map(|section| 2 + section.rows.len()).sum();
        let is_airy = lines.is_none_or(|lines| needed <= lines);
        let shares = lines.map(|lines| shares(sections, lines.saturating_sub(sections.len())));
        for (at, section) in sections.iter().enumerate() {
            if is_airy {
                self.line(Paint::Plain, "")?;
            }
            let share = shares.as_ref().map_or(usize::MAX, |shares| shares.get(at).copied().unwrap_or_default());
            self.section(section, share)?;
        }
        Ok(())
    }

    /// A section of which neither rows nor columns are cut; nothing at all without rows.
    pub(super) fn uncut(&mut self, section: &Section) -> io::Result<()> {
        if section.is_empty() {
            return Ok(());
        }
        let mut page = Page { options: ReportOptions { width: 0, ..self.options }, out: &mut *self.out };
        page.line(Paint::Plain, "")?;
        page.section(section, usize::MAX)
    }

    fn section(&mut self, section: &Section, share: usize) -> io::Result<()> {
        // A list cut short needs a line to say so.
        let shown = if section.rows.len() > share { share.saturating_sub(1) } else { section.rows.len() };
        let (rows, rest) = section.rows.split_at_checked(shown).unwrap_or((&section.rows, &[]));
        self.line(Paint::Title, &section.title)?;
        self.indented(rows, "  ")?;
        if !rest.is_empty() {
            let more = count(rest.iter().map(|row| row.covers).sum());
            self.line(Paint::Plain, &format!("  ... and {more} more: see --all or --format json"))?;
        }
        Ok(())
    }

    fn indented<'r>(&mut self, rows: impl IntoIterator<Item = &'r Row> + Clone, indent: &str) -> io::Result<()> {
        let widths = widths(rows.clone());
        for row in rows {
            let mut line = indent.to_owned();
            for (at, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
                if *width == 0 {
                    continue;
                }
                line.push_str(cell);
                if at + 1 < row.cells.len() {
                    line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
                }
            }
            self.line(row.paint, &line)?;
        }
        Ok(())
    }
}

/// The widest a column is made for the sake of one long cell; longer ones push their own row only.
const WIDEST: usize = 48;

fn widths<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        for (at, cell) in row.cells.iter().enumerate() {
            if widths.len() <= at {
                widths.push(0);
            }
            if let Some(width) = widths.get_mut(at) {
                *width = cell.width().min(WIDEST).max(*width);
            }
        }
    }
    widths
}

/// Shares `lines` out in rounds by weight, in order, until every section has what it needs or nothing is left.
fn shares(sections: &[Section], mut lines: usize) -> Vec<usize> {
    let mut shares = vec![0; sections.len()];
    loop {
        let before = lines;
        for (share, section) in shares.iter_mut().zip(sections) {
            let more = section.weight.min(section.rows.len() - *share).min(lines);
            *share += more;
            lines -= more;
        }
        if lines == 0 || lines == before {
            return shares;
        }
    }
}

/// At most `width` columns; 0 is without a limit.
pub(super) fn cut(text: &str, width: usize) -> String {
    if width == 0 || text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut columns = 0;
    for character in text.chars() {
        columns += character.width().unwrap_or(0);
        if columns + 3 > width {
            break;
        }
        kept.push(character);
    }
    kept.push_str("...");
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(rows: usize, weight: usize) -> Section {
        let rows = (0..rows).map(|at| Row::new([at.to_string()])).collect();
        Section { title: "title".into(), rows, weight }
    }

    #[test]
    fn lines_go_to_the_heavy_first_and_none_is_wasted() {
        assert_eq!(shares(&[section(50, 2), section(50, 1), section(1, 1)], 10), [6, 3, 1]);
        assert_eq!(shares(&[section(2, 2), section(3, 1)], 10), [2, 3]);
        assert_eq!(shares(&[section(5, 2), section(5, 1)], 0), [0, 0]);
    }

    #[test]
    fn sections_stand_apart_where_there_is_room() {
        let printed = |lines| {
            let mut out = Vec::new();
            let sections = [section(1, 1), section(1, 1)];
            Page::new(ReportOptions::default(), &mut out).sections(&sections, lines).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(Some(6)), "\ntitle\n  0\n\ntitle\n  0\n");
        assert_eq!(printed(Some(5)), "title\n  0\ntitle\n  0\n");
        assert_eq!(printed(None), printed(Some(6)));
    }

    #[test]
    fn a_list_cut_short_says_by_how_much() {
        let mut out = Vec::new();
        Page::new(ReportOptions::default(), &mut out).section(&section(1200, 1), 3).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "title\n  0\n  1\n  ... and 1,198 more: see --all or --format json\n");
    }

    #[test]
    fn rows_are_cut_to_columns_not_to_characters() {
        assert_eq!(cut("漢字漢字漢字", 9), "漢字漢...");
        assert_eq!(cut("plain", 5), "plain");
        assert_eq!(cut("plain", 0), "plain");
    }

    #[test]
    fn columns_line_up_and_an_outlier_moves_only_its_own_row() {
        let mut out = Vec::new();
        let long = "x".repeat(60);
        let rows = [["a", "1"], [&long, "2"], ["ccc", "3"]].map(|[a, b]| Row::new([a.into(), b.into()]));
        Page::new(ReportOptions::default(), &mut out).rows(&rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        let columns: Vec<_> = text.lines().map(|line| line.len() - 1).collect();
        assert_eq!(columns, [50, 62, 50]);
    }
}
