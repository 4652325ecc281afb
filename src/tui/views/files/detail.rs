//! One path on both sides: why it differs, its metadata, how its contents differ.

use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::Span;

use super::tree::Node;
use crate::compare::{Drift, DriftReport, FileRow};
use crate::model::text::{visible, visible_bytes};
use crate::model::{Explanation, FileAt, Kind, Side};
use crate::tui::Jump;
use crate::tui::diff::{ContentDiff, DiffLine, HexRow, LineKind};
use crate::tui::document::{Field, Row, table, two_sides};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, explanation_role, signs};
use crate::tui::views::{layer_row, overview::letter};

/// From this width on, the bytes of both sides stand beside each other.
const HEX_BESIDE: u16 = 58;

/// How far the comparison of the contents is.
#[derive(Debug)]
pub enum Comparison {
    /// There is nothing to compare.
    None,
    Waiting,
    Done(Arc<ContentDiff>),
    Failed(String),
}

impl Comparison {
    /// A number that is another one in every state.
    #[must_use]
    pub fn revision(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Waiting => 1,
            Self::Done(_) => 2,
            Self::Failed(_) => 3,
        }
    }
}

/// What the rows are made from.
pub struct Page<'a> {
    pub report: &'a DriftReport,
    pub width: u16,
    pub theme: Theme,
}

impl Page<'_> {
    /// Everything about one path.
    #[must_use]
    pub fn file(&self, file: &FileRow, comparison: &Comparison) -> Vec<Row> {
        let is_directory =
            [&file.left, &file.right].into_iter().flatten().any(|file| file.entry.kind == Kind::Directory);
        let mut rows = match &file.drift {
            Some(drift) => self.why(file, drift),
            None => vec![Row::new(vec![Span::styled(
                if is_directory { "the directory itself is the same on both sides" } else { "the same on both sides" },
                self.style(Role::Muted),
            )])],
        };
        let (differing, equal) = self.metadata(file);
        rows.extend(differing);
        for (side, at) in [(Side::Left, &file.left), (Side::Right, &file.right)] {
            if let Some(at) = at {
                rows.push(layer_row(self.report, side, at.layer, self.width, self.theme));
            }
        }
        rows.extend(self.contents(comparison));
        if !equal.is_empty() {
            rows.push(Row::default());
            rows.extend(equal);
        }
        rows
    }

    /// Everything about a directory: first what differs below it, then the directory itself.
    #[must_use]
    pub fn directory(&self, file: Option<&FileRow>, node: &Node) -> Vec<Row> {
        let mut rows = self.below(node);
        if let Some(file) = file {
            rows.push(Row::default());
            rows.extend(self.file(file, &Comparison::None));
        }
        rows
    }

    /// What differs below a directory.
    fn below(&self, node: &Node) -> Vec<Row> {
        let total: u32 = node.differs.iter().sum();
        let mut rows = vec![Row::heading(
            format!("{} at and below it", text::plural(total as usize, "difference", "differences")),
            self.theme,
        )];
        for explanation in Explanation::ALARMING_FIRST {
            let count = node.count(explanation);
            if count > 0 {
                let style = self.style(explanation_role(explanation));
                rows.push(Row::new(vec![
                    Span::styled(format!("{} {:<13}", letter(explanation), explanation.as_str()), style),
                    Span::styled(text::pad_left(&text::count(count), 8), style),
                    Span::styled(format!(" {}", paint::bar(count.into(), total.into(), 12)), style),
                ]));
            }
        }
        let (left, right) = (text::bytes(node.left_size), text::bytes(node.right_size));
        rows.push(two_sides("size", &left, &right, self.width, self.theme));
        rows
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    fn why(&self, file: &FileRow, drift: &Drift) -> Vec<Row> {
        let role = self.style(explanation_role(drift.explanation));
        let mut rows = vec![
            Row::new(vec![
                Span::styled(format!("{} {}", letter(drift.explanation), drift.explanation), role),
                Span::styled(format!("  {}  ", drift.change.as_str()), self.style(Role::Strong)),
                Span::raw(visible(&drift.detail).into_owned()),
            ])
            .wrapped(2),
        ];
        let meaning = drift.explanation.meaning();
        if !meaning.starts_with(drift.detail.as_ref()) {
            rows.push(Row::new(vec![Span::styled(format!("  {meaning}"), self.style(Role::Muted))]).wrapped(2));
        }
        if let Some(owner) = &drift.owner {
            let row = self.field("package", owner);
            rows.push(match self.package(owner, file) {
                Some(at) => row.to(Jump::Package(at)),
                None => row,
            });
        }
        if let Some(rule) = &drift.rule {
            rows.push(self.field("rule", rule));
        }
        if let Some(proof) = drift.proof {
            rows.push(self.field("proof", proof.as_str()));
        }
        if let Some(fix) = &drift.fix {
            rows.push(self.field("fix", fix));
        }
        rows
    }

    fn field(&self, label: &str, value: &str) -> Row {
        Row::new(vec![
            Span::styled(text::pad(label, 13), self.style(Role::Muted)),
            Span::raw(visible(value).into_owned()),
        ])
        .wrapped(13)
    }

    /// The package of this label that owns the file; several can share a label.
    fn package(&self, label: &str, file: &FileRow) -> Option<usize> {
        let row = self.report.files.rows.binary_search_by(|row| row.path.cmp(&file.path)).ok()?;
        let row = u32::try_from(row).ok()?;
        let mut named = (0..)
            .zip(&self.report.packages)
            .filter(|(_, package)| package.either().is_some_and(|either| either.label() == label))
            .peekable();
        let first = named.peek().map(|(at, _)| *at);
        named.find(|(_, package)| package.files.contains(&row)).map(|(at, _)| at).or(first)
    }

    /// The rows that differ, which come before the contents, and the others, which come after.
    fn metadata(&self, file: &FileRow) -> (Vec<Row>, Vec<Row>) {
        let fields: [Field<FileAt>; 9] = [
            ("kind", |file| file.entry.kind.as_str().to_owned()),
            ("mode", |file| mode(file.entry.mode)),
            ("owner", |file| format!("{}:{}", file.entry.uid, file.entry.gid)),
            ("size", |file| if file.entry.content.is_some() { text::bytes(file.entry.size) } else { String::new() }),
            ("mtime", |file| text::date(file.entry.mtime)),
            ("sha256", |file| file.entry.sha256().map(|digest| digest.short()).unwrap_or_default()),
            ("link", |file| file.entry.link.as_deref().map(visible_bytes).unwrap_or_default()),
            ("device", |file| file.entry.device.map(|(major, minor)| format!("{major}, {minor}")).unwrap_or_default()),
            ("xattrs", |file| {
                let names = file
                    .entry
                    .xattrs
                    .iter()
                    .map(|(name, value)| format!("{} ({} bytes)", visible_bytes(name), value.len()));
                names.collect::<Vec<_>>().join(", ")
            }),
        ];
        let rows = table(&fields, file.left.as_ref(), file.right.as_ref(), self.width, self.theme);
        let (differing, equal): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(differs, _)| *differs);
        let rows = |part: Vec<(bool, Row)>| part.into_iter().map(|(_, row)| row).collect();
        (rows(differing), rows(equal))
    }

    fn contents(&self, comparison: &Comparison) -> Vec<Row> {
        let muted = self.style(Role::Muted);
        let said =
            |words: String, style: Style| vec![Row::default(), Row::new(vec![Span::styled(words, style)]).wrapped(0)];
        match comparison {
            Comparison::None => Vec::new(),
            Comparison::Waiting => said("reading the contents …".to_owned(), muted),
            Comparison::Failed(message) => {
                said(format!("the contents cannot be shown: {}", visible(message)), self.style(Role::Warning))
            }
            Comparison::Done(diff) => match diff.as_ref() {
                ContentDiff::Same { whole: true } => said("the contents are equal".to_owned(), muted),
                ContentDiff::Same { whole: false } => {
                    said("equal as far as was read; they differ further on".to_owned(), muted)
                }
                ContentDiff::Text { lines, cut } => self.text(lines, *cut),
                ContentDiff::Binary { first, rows } => self.hex(*first, rows),
            },
        }
    }

    fn text(&self, lines: &[DiffLine], cut: bool) -> Vec<Row> {
        let count = |kind: LineKind| lines.iter().filter(|line| line.kind == kind).count() as u64;
        let mut rows = vec![
            Row::default(),
            Row::new(vec![
                Span::styled("Contents", self.style(Role::Heading)),
                Span::styled(format!("  -{}", text::count(count(LineKind::Left))), self.style(Role::Left)),
                Span::styled(format!(" +{} lines", text::count(count(LineKind::Right))), self.style(Role::Right)),
            ]),
        ];
        let widest = lines.iter().filter_map(|line| line.left.max(line.right)).max().unwrap_or_default();
        let digits = widest.to_string().len().max(2);
        rows.extend(lines.iter().map(|line| self.diff_line(line, digits)));
        if cut {
            rows.push(Row::new(vec![Span::styled("the rest is left out", self.style(Role::Muted))]));
        }
        rows
    }

    fn diff_line(&self, line: &DiffLine, digits: usize) -> Row {
        let (sign, plain, differs) = match line.kind {
            LineKind::Gap => {
                return Row::new(vec![Span::styled(
                    signs::HORIZONTAL.repeat(usize::from(self.width)),
                    self.style(Role::Line),
                )]);
            }
            LineKind::Same => (' ', self.style(Role::Muted), self.style(Role::Muted)),
            LineKind::Left => ('-', self.style(Role::Left), self.style(Role::LeftWord)),
            LineKind::Right => ('+', self.style(Role::Right), self.style(Role::RightWord)),
        };
        let number = line.right.or(line.left).map(|number| number.to_string()).unwrap_or_default();
        let mut spans = vec![
            Span::styled(text::pad_left(&number, digits), self.style(Role::Line)),
            Span::styled(format!(" {sign} "), plain),
        ];
        // A line that differs as a whole needs no word picked out.
        let picked = line.pieces.iter().any(|(differs, _)| !differs);
        spans.extend(
            line.pieces
                .iter()
                .map(|(marked, piece)| Span::styled(piece.clone(), if *marked && picked { differs } else { plain })),
        );
        Row::new(spans)
    }

    fn hex(&self, first: usize, rows: &[HexRow]) -> Vec<Row> {
        let mut shown = vec![
            Row::default(),
            Row::new(vec![
                Span::styled("Contents", self.style(Role::Heading)),
                Span::styled(
                    format!("  first difference at byte {} ({first:#x})", text::count(first as u64)),
                    self.style(Role::Muted),
                ),
            ]),
        ];
        for row in rows {
            if self.width >= HEX_BESIDE {
                let mut spans = vec![Span::styled(format!("{:06x} ", row.offset), self.style(Role::Line))];
                spans.extend(self.bytes(&row.left, &row.right, Role::Left, Role::LeftWord));
                spans.push(Span::styled(format!("{} ", signs::VERTICAL), self.style(Role::Line)));
                spans.extend(self.bytes(&row.right, &row.left, Role::Right, Role::RightWord));
                shown.push(Row::new(spans));
            } else if row.left == row.right {
                shown.push(self.hex_line(' ', row, &row.left, &row.right, (Role::Muted, Role::Muted)));
            } else {
                shown.push(self.hex_line('-', row, &row.left, &row.right, (Role::Left, Role::LeftWord)));
                shown.push(self.hex_line('+', row, &row.right, &row.left, (Role::Right, Role::RightWord)));
            }
        }
        shown
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

    /// Eight bytes, those that differ picked out.
    fn bytes(&self, own: &[u8], other: &[u8], side: Role, word: Role) -> Vec<Span<'static>> {
        let mut spans = Vec::with_capacity(17);
        for at in 0..8 {
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
}

/// `0755 rwxr-xr-x`, with `s` and `t` as `ls -l` writes them.
fn mode(mode: u32) -> String {
    let mut text = format!("{mode:04o} ");
    for (shift, special, mark) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 == 0 { '-' } else { 'r' });
        text.push(if bits & 2 == 0 { '-' } else { 'w' });
        text.push(match (mode & special == 0, bits & 1 == 0) {
            (true, true) => '-',
            (true, false) => 'x',
            (false, true) => mark.to_ascii_uppercase(),
            (false, false) => mark,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_ls_writes_them() {
        assert_eq!(mode(0o755), "0755 rwxr-xr-x");
        assert_eq!(mode(0o4755), "4755 rwsr-xr-x");
        assert_eq!(mode(0o1777), "1777 rwxrwxrwt");
        assert_eq!(mode(0o2640), "2640 rw-r-S---");
    }
}
