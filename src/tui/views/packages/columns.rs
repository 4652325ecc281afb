//! One row of the table: sign, name, ecosystem, both versions, the step between them, by how much it grew, its layer.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::arrange::{Arrangement, Column, Entry, Group};
use super::version::{self, Step};
use crate::compare::{DriftReport, PackageRow};
use crate::model::text::visible;
use crate::model::{Package, PackageMove};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, delta_role, move_role, signs};

/// How wide each column is, and where its head stands; 0 leaves a column out.
#[derive(Debug, Default, Clone)]
pub struct Columns {
    head: Rect,
    name: usize,
    ecosystem: usize,
    version: usize,
    step: usize,
    delta: usize,
    layer: usize,
    /// Of one image on its own: no left version, and the size in place of its difference.
    alone: bool,
}

/// Columns of the sign before the name.
const SIGN: usize = 3;

impl Columns {
    /// For a table in `area`, its head in the first row.
    #[must_use]
    pub fn new(area: Rect, alone: bool) -> Self {
        let width = usize::from(area.width);
        let delta = 10;
        let layer = if width >= 84 { 6 } else { 0 };
        let step = if width >= 70 && !alone { 10 } else { 0 };
        let ecosystem = if width >= 56 { 6 } else { 0 };
        let rest = width.saturating_sub(SIGN + delta + layer + step + ecosystem + 1);
        let version = (rest * 8 / 25).clamp(6, 28);
        let name = rest.saturating_sub(if alone { version + 1 } else { 2 * (version + 1) });
        let head = Rect { height: area.height.min(1), ..area };
        Self { head, name, ecosystem, version, step, delta, layer, alone }
    }

    /// The column whose head is at `at`.
    #[must_use]
    pub fn hit(&self, at: Position) -> Option<Column> {
        if !self.head.contains(at) {
            return None;
        }
        let mut end = SIGN;
        let columns = [
            (Column::Name, self.name),
            (Column::Ecosystem, self.ecosystem),
            (Column::Left, if self.alone { 0 } else { self.version + 1 }),
            (Column::Right, self.version + 1),
            (Column::Step, self.step),
            (if self.alone { Column::Size } else { Column::Delta }, self.delta),
            (Column::Layer, self.layer),
        ];
        columns.into_iter().find_map(|(column, width)| {
            end += width;
            (usize::from(at.x - self.head.x) < end).then_some(column)
        })
    }

    /// The heads of the columns, and over the names what shows and in which order.
    #[must_use]
    pub fn header(&self, arrangement: &Arrangement, theme: Theme) -> Line<'static> {
        let optional = |words: String, width: usize| if width > 0 { words } else { String::new() };
        let title = format!("{}{}", arrangement.filter.words(), arrangement.sort.words(self.alone));
        let versions = if self.alone {
            text::pad("version", self.version)
        } else {
            format!("{} {}", text::pad("left", self.version), text::pad("right", self.version))
        };
        let words = format!(
            "   {} {versions}{}{}{}",
            text::pad(&title, self.name + self.ecosystem),
            optional(text::pad(" step", self.step), self.step),
            text::pad_left(if self.alone { "size" } else { "delta" }, self.delta),
            optional(text::pad_left("layer", self.layer), self.layer),
        );
        Line::styled(words, theme.style(Role::Muted))
    }

    /// One row of the arrangement.
    #[must_use]
    pub fn entry(
        &self,
        entry: Entry,
        arrangement: &Arrangement,
        report: &DriftReport,
        theme: Theme,
    ) -> Option<Line<'static>> {
        match entry {
            Entry::Package { at, indent } => {
                let hits = arrangement.hits.get(&at).map(Vec::as_slice).unwrap_or_default();
                Some(self.package(report.packages.get(at)?, indent, hits, theme))
            }
            Entry::Group(at) => {
                let open = arrangement.is_open(at);
                arrangement.groups.get(at).map(|group| self.group(group, open, theme))
            }
        }
    }

    fn package(&self, row: &PackageRow, indent: bool, hits: &[u32], theme: Theme) -> Line<'static> {
        let Some(package) = row.either() else { return Line::default() };
        let lead = if indent { "  " } else { "" };
        let shown = visible(&package.name);
        let room = self.name.saturating_sub(lead.len());
        let name = text::middle(&shown, room);
        // In a cut name the positions no longer hold.
        let hits = if name == shown { hits } else { &[] };
        let blank = room.saturating_sub(text::width(&name));
        let mut spans = vec![Span::styled(format!(" {} {lead}", sign(row.change)), role(row.change, theme))];
        spans.extend(paint::lit(&name, hits, theme.style(Role::Text), theme));
        spans.push(Span::raw(" ".repeat(blank)));
        let ecosystem = text::pad(&format!(" {}", package.ecosystem), self.ecosystem);
        spans.push(Span::styled(ecosystem, theme.style(Role::Muted)));
        let version = |package: &Option<Arc<Package>>| package.as_ref().map(|package| package.version.clone());
        spans.extend(self.versions((version(&row.left).as_deref(), version(&row.right).as_deref()), theme));
        spans.push(self.step(row, theme));
        spans.push(self.delta(row.sizes(), theme));
        if self.layer > 0 {
            let layer = text::pad_left(&format!("#{}", package.layer), self.layer);
            spans.push(Span::styled(layer, theme.style(Role::Muted)));
        }
        Line::from(spans)
    }

    fn group(&self, group: &Group, open: bool, theme: Theme) -> Line<'static> {
        let fold = if open { signs::OPEN } else { signs::CLOSED };
        let name = format!("{fold} {} ({})", visible(&group.name), group.members.len());
        let ecosystem = text::pad(&format!(" {}", group.ecosystem), self.ecosystem);
        let mut spans = vec![
            Span::styled(format!(" {} ", sign(group.change)), role(group.change, theme)),
            Span::styled(text::pad(&text::middle(&name, self.name), self.name), theme.style(Role::Strong)),
            Span::styled(ecosystem, theme.style(Role::Muted)),
        ];
        spans.extend(self.versions((group.left.as_deref(), group.right.as_deref()), theme));
        spans.push(Span::raw(" ".repeat(self.step)));
        spans.push(self.delta((group.left_size, group.right_size), theme));
        Line::from(spans)
    }

    /// How big the step was; what deserves a look stands out.
    fn step(&self, row: &PackageRow, theme: Theme) -> Span<'static> {
        let Some(step) = Step::of(row) else { return Span::raw(" ".repeat(self.step)) };
        let role = match (row.change, step) {
            (Some(PackageMove::Downgraded), _) => Role::Alarm,
            (_, Step::Epoch | Step::Major) => Role::Notice,
            _ => Role::Muted,
        };
        Span::styled(text::pad(&format!(" {}", step.as_str()), self.step), theme.style(role))
    }

    /// Both versions, what they start with in grey and what differs in the side's colour.
    fn versions(&self, (left, right): (Option<&str>, Option<&str>), theme: Theme) -> Vec<Span<'static>> {
        let shown = |version: Option<&str>| version.map(|version| visible(version).into_owned());
        let (left, right) = (shown(left), shown(right));
        let same = left == right;
        let start = match (&left, &right) {
            (Some(left), Some(right)) => version::common_start(left, right),
            _ => 0,
        };
        let mut spans = Vec::new();
        for (version, role) in [(left, Role::Left), (right, Role::Right)].into_iter().skip(usize::from(self.alone)) {
            let version = version.unwrap_or_else(|| "-".to_owned());
            spans.push(Span::raw(" "));
            let shown = text::middle(&version, self.version).into_owned();
            let blank = " ".repeat(self.version.saturating_sub(text::width(&shown)));
            let muted = theme.style(Role::Muted);
            if same || version == "-" {
                spans.push(Span::styled(shown, muted));
            } else if let (true, Some((before, after))) = (shown == version, shown.split_at_checked(start)) {
                spans.push(Span::styled(before.to_owned(), muted));
                spans.push(Span::styled(after.to_owned(), theme.style(role)));
            } else {
                spans.push(Span::styled(shown, theme.style(role)));
            }
            spans.push(Span::raw(blank));
        }
        spans
    }

    fn delta(&self, (left, right): (u64, u64), theme: Theme) -> Span<'static> {
        if self.alone {
            return Span::styled(text::pad_left(&text::bytes(right), self.delta), theme.style(Role::Muted));
        }
        Span::styled(text::pad_left(&text::delta(left, right), self.delta), theme.style(delta_role(left, right)))
    }
}

fn sign(change: Option<PackageMove>) -> char {
    change.map_or(' ', PackageMove::sign)
}

fn role(change: Option<PackageMove>, theme: Theme) -> ratatui::style::Style {
    theme.style(change.map_or(Role::Muted, move_role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;
    use crate::tui::theme::Colours;

    #[test]
    fn a_click_on_a_head_finds_the_column_under_it() {
        let columns = Columns::new(Rect::new(5, 2, 100, 20), false);
        let theme = Theme::new(Colours::None);
        let head = columns.header(&Arrangement::default(), theme).to_string();
        for (word, column) in [
            ("left", Column::Left),
            ("right", Column::Right),
            ("step", Column::Step),
            ("delta", Column::Delta),
            ("layer", Column::Layer),
            ("packages", Column::Name),
        ] {
            let x = u16::try_from(head.find(word).unwrap()).unwrap();
            assert_eq!(columns.hit(Position::new(5 + x, 2)), Some(column), "{word}");
            assert_eq!(columns.hit(Position::new(5 + x, 3)), None);
        }
    }

    #[test]
    fn every_row_is_as_wide_as_the_head() {
        let report = fixture::report();
        let theme = Theme::new(Colours::None);
        let mut arrangement = Arrangement::default();
        arrangement.grouped = true;
        arrangement.update(&report, "");
        for (width, alone) in [(60, false), (80, false), (100, true), (160, false)] {
            let columns = Columns::new(Rect::new(0, 0, width, 1), alone);
            let head = columns.header(&arrangement, theme).width();
            for entry in &arrangement.entries {
                let line = columns.entry(*entry, &arrangement, &report, theme).unwrap();
                let short = matches!(entry, Entry::Group(_)) && columns.layer > 0;
                assert_eq!(line.width() + if short { columns.layer } else { 0 }, head, "{width}: {line}");
            }
        }
    }
}
