//! One path on both sides: why it differs, its metadata, and what `contents` says.

use ratatui::text::Span;

use super::contents::Comparison;
use super::lines::Sight;
use super::tree::Below;
use crate::compare::{Drift, DriftReport, FileRow, Fold, PackageRow};
use crate::model::text::{visible, visible_bytes};
use crate::model::{Explanation, FileAt, Kind, Side};
use crate::tui::Jump;
use crate::tui::document::{Field, Row, field, list, table, two_sides};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, explanation_role};
use crate::tui::views::rows::layer_row;

/// What the rows are made from.
pub struct Page<'a> {
    pub report: &'a DriftReport,
    pub width: u16,
    pub theme: Theme,
    pub sight: Sight,
}

impl Page<'_> {
    /// Everything about one path.
    #[must_use]
    pub fn file(&self, file: &FileRow, comparison: &Comparison) -> Vec<Row> {
        let is_directory = file.sides().any(|file| file.entry.kind == Kind::Directory);
        if self.report.alone {
            return self.alone(file, comparison);
        }
        let mut rows = match &file.drift {
            Some(drift) => self.why(file, drift),
            None => vec![Row::styled(
                if is_directory { "the directory itself is the same on both sides" } else { "the same on both sides" },
                Role::Muted,
                self.theme,
            )],
        };
        if file.drift.is_none() {
            rows.extend(self.owners(file));
        }
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

    /// A path of one image on its own.
    fn alone(&self, file: &FileRow, comparison: &Comparison) -> Vec<Row> {
        let mut rows = self.owners(file);
        if let Some(at) = &file.right {
            rows.push(layer_row(self.report, Side::Right, at.layer, self.width, self.theme));
            rows.extend(list(&FIELDS, at, self.theme));
        }
        rows.extend(self.contents(comparison));
        rows
    }

    /// The packages that say they own the path.
    fn owners(&self, file: &FileRow) -> Vec<Row> {
        let owns = |package: &PackageRow| {
            let files = package.either().map(|package| package.files.as_slice()).unwrap_or_default();
            files.binary_search_by(|owned| owned.path.cmp(&file.path)).is_ok()
        };
        let owners = (0..).zip(&self.report.packages).filter(|(_, package)| owns(package));
        let row = |(at, package): (usize, &PackageRow)| {
            let package = package.either()?;
            let label = format!("{} {}", package.label(), package.version);
            Some(self.field("package", &label).to(Jump::Package(at)))
        };
        owners.filter_map(row).collect()
    }

    /// Everything about a directory: first what differs below it, then the directory itself.
    #[must_use]
    pub fn directory(&self, file: Option<&FileRow>, below: &Below) -> Vec<Row> {
        let mut rows = if self.report.alone { self.holds(below) } else { self.below(below) };
        if let Some(file) = file {
            rows.push(Row::default());
            rows.extend(self.file(file, &Comparison::None));
        }
        rows
    }

    /// What differs below a directory.
    fn below(&self, below: &Below) -> Vec<Row> {
        let total: u32 = below.differing();
        let mut rows = vec![Row::heading(
            format!("{} at and below it", text::plural(total as usize, "difference", "differences")),
            self.theme,
        )];
        for explanation in Explanation::ALARMING_FIRST {
            let count = below.count(explanation);
            if count > 0 {
                let style = self.style(explanation_role(explanation));
                rows.push(Row::new(vec![
                    Span::styled(format!("{} {:<13}", explanation.sign(), explanation.as_str()), style),
                    Span::styled(text::pad_left(&text::count(count), 8), style),
                    Span::styled(format!(" {}", paint::bar(count.into(), total.into(), 12)), style),
                ]));
            }
        }
        let (left, right) = (text::bytes(below.left_size), text::bytes(below.right_size));
        rows.push(two_sides("size", &left, &right, self.width, self.theme));
        rows
    }

    /// How much there is below a directory of one image.
    fn holds(&self, below: &Below) -> Vec<Row> {
        vec![self.field("holds", &text::bytes(below.right_size))]
    }

    fn why(&self, file: &FileRow, drift: &Drift) -> Vec<Row> {
        let role = self.style(explanation_role(drift.explanation));
        let mut rows = vec![
            Row::new(vec![
                Span::styled(format!("{} {}", drift.explanation.sign(), drift.explanation), role),
                Span::styled(format!("  {}  ", drift.change.as_str()), self.style(Role::Strong)),
                Span::raw(visible(&drift.detail).into_owned()),
            ])
            .wrapped(2),
        ];
        let meaning = drift.explanation.meaning();
        if !meaning.starts_with(drift.detail.as_ref()) {
            rows.push(Row::styled(format!("  {meaning}"), Role::Muted, self.theme).wrapped(2));
        }
        if let Some(owner) = &drift.owner {
            let row = self.field("package", owner);
            rows.push(match self.package(owner, file) {
                Some(at) => row.to(Jump::Package(at)),
                None => row,
            });
        }
        let fold = self.report.files.position(&file.path).and_then(|at| self.report.files.fold_of(at));
        if let Some(fold) = fold {
            rows.push(self.field("part of", &format!("{}; {}", fold.name, Fold::DETAIL)).wrapped(13));
        }
        if let Some(rule) = drift.rule_label() {
            rows.push(self.field("rule", &rule));
        }
        if let Some(proof) = drift.proof {
            rows.push(self.field("proof", proof.as_str()));
        }
        if let Some(evidence) = &drift.evidence {
            rows.push(self.field("differs in", evidence).wrapped(13));
        }
        // The digests of both sides stand in the table below.
        let record = drift.hashes.as_deref().map(|hashes| hashes.record(true)).unwrap_or_default();
        if !record.is_empty() {
            rows.push(self.field("record", &record));
        }
        if let Some(fix) = &drift.fix {
            rows.push(self.field("fix", fix));
        }
        rows
    }

    fn field(&self, label: &str, value: &str) -> Row {
        field(label, value, self.theme)
    }

    /// The package of this label that owns the file; several can share a label.
    fn package(&self, label: &str, file: &FileRow) -> Option<usize> {
        let row = self.report.files.position(&file.path)?;
        let mut named = (0..)
            .zip(&self.report.packages)
            .filter(|(_, package)| package.either().is_some_and(|either| either.label() == label))
            .peekable();
        let first = named.peek().map(|(at, _)| *at);
        named.find(|(_, package)| package.files.contains(&row)).map(|(at, _)| at).or(first)
    }

    /// The rows that differ, which come before the contents, and the others, which come after.
    fn metadata(&self, file: &FileRow) -> (Vec<Row>, Vec<Row>) {
        let rows = table(&FIELDS, file.left.as_ref(), file.right.as_ref(), self.width, self.theme);
        let (differing, equal): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(differs, _)| *differs);
        let rows = |part: Vec<(bool, Row)>| part.into_iter().map(|(_, row)| row).collect();
        (rows(differing), rows(equal))
    }
}

/// The metadata of one path.
const FIELDS: [Field<FileAt>; 9] = [
    ("kind", |file| file.entry.kind.as_str().to_owned()),
    ("mode", |file| mode(file.entry.mode)),
    ("owner", |file| format!("{}:{}", file.entry.uid, file.entry.gid)),
    ("size", |file| if file.entry.content.is_some() { text::bytes(file.entry.size) } else { String::new() }),
    ("mtime", |file| text::date(file.entry.mtime)),
    ("sha256", |file| file.entry.sha256().map(|digest| digest.short()).unwrap_or_default()),
    ("link", |file| file.entry.link.as_deref().map(visible_bytes).unwrap_or_default()),
    ("device", |file| file.entry.device.map(|(major, minor)| format!("{major}, {minor}")).unwrap_or_default()),
    ("xattrs", |file| {
        let names =
            file.entry.xattrs.iter().map(|(name, value)| format!("{} ({} bytes)", visible_bytes(name), value.len()));
        names.collect::<Vec<_>>().join(", ")
    }),
];

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
