//! What stands around every view: the verdict and what is compared, the tabs, the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::keymap::Bound;
use super::paint;
use super::setup::Setup;
use super::text;
use super::theme::{Role, Theme, signs, verdict_role};
use super::views::{VIEWS, ViewEntry};
use crate::compare::DriftReport;
use crate::model::text::visible;

/// The verdict, what qualifies it, what is compared, and that there are warnings.
pub fn header(report: &DriftReport, area: Rect, buffer: &mut Buffer, theme: Theme) {
    if report.alone {
        return header_alone(report, area, buffer, theme);
    }
    let verdict = report.verdict;
    let qualifiers = qualifiers(report, usize::from(area.width) * 2 / 5);
    let alarming = report.alarms() + report.unexplained() > 0;
    let mut spans = vec![
        Span::styled(format!(" {verdict} "), theme.style(verdict_role(report.verdict, alarming))),
        Span::styled(format!(" {qualifiers} "), theme.style(if alarming { Role::Unexplained } else { Role::Strong })),
    ];
    if !report.warnings.is_empty() {
        let words = format!(" ! {} ", text::plural(report.warnings.len(), "warning", "warnings"));
        spans.push(Span::styled(words, theme.style(Role::Warning)));
    }
    let line = Line::from(spans);
    let room = usize::from(area.width).saturating_sub(line.width() + 1);
    paint::put(buffer, area, 0, &line);
    let (left, right) = (visible(&report.left.reference), visible(&report.right.reference));
    let room = room.saturating_sub(4);
    if room >= 12 {
        // A short reference leaves its room to the other one.
        let left = text::reference(&left, (room / 2).max(room.saturating_sub(text::width(&right))));
        let right = text::reference(&right, room.saturating_sub(text::width(&left)));
        let line = Line::from(vec![
            Span::styled(left, theme.style(Role::Left)),
            Span::styled(format!(" {} ", signs::ARROW), theme.style(Role::Muted)),
            Span::styled(format!("{right} "), theme.style(Role::Right)),
        ]);
        paint::put_right(buffer, area, 0, &line);
    }
}

/// What qualifies the verdict, as far as `room` columns go: what is compared needs room too.
fn qualifiers(report: &DriftReport, room: usize) -> String {
    let mut shown = String::new();
    for part in report.qualifiers() {
        let longer = if shown.is_empty() { part } else { format!("{shown}, {part}") };
        if !shown.is_empty() && text::width(&longer) > room {
            break;
        }
        shown = longer;
    }
    shown
}

/// Which image is looked at, and that there are warnings.
fn header_alone(report: &DriftReport, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let warnings = match report.warnings.len() {
        0 => String::new(),
        some => format!("! {} ", text::plural(some, "warning", "warnings")),
    };
    let room = usize::from(area.width).saturating_sub(2 + text::width(&warnings));
    let reference = text::reference(&visible(&report.right.reference), room);
    paint::put(buffer, area, 0, &Line::styled(format!(" {reference}"), theme.style(Role::Strong)));
    paint::put_right(buffer, area, 0, &Line::styled(warnings, theme.style(Role::Warning)));
}

/// How much of the tabs there is room for, the most first.
#[derive(Debug, Clone, Copy)]
enum Tabs {
    Counted,
    Titled,
    /// Without the blanks between them.
    Close,
    /// Only the current one has its title.
    Numbered,
}

impl Tabs {
    fn labels(self, report: &DriftReport, current: usize) -> Vec<String> {
        let label = |(at, view): (usize, &ViewEntry)| {
            let (number, title) = (at + 1, view.title);
            let count = (view.count)(report);
            match self {
                Self::Counted if !count.is_empty() => format!(" {number} {title} {count} "),
                Self::Counted | Self::Titled => format!(" {number} {title} "),
                Self::Close => format!(" {number} {title}"),
                Self::Numbered if at == current => format!(" {number} {title} "),
                Self::Numbered => format!(" {number} "),
            }
        };
        VIEWS.iter().enumerate().map(label).collect()
    }

    fn gap(self) -> u16 {
        u16::from(matches!(self, Self::Counted | Self::Titled))
    }

    /// As much as fits into `columns`.
    fn fitting(report: &DriftReport, current: usize, columns: u16) -> Self {
        let fits = |tabs: &Self| {
            let width = |label: &String| text::width(label) + usize::from(tabs.gap());
            tabs.labels(report, current).iter().map(width).sum::<usize>() <= usize::from(columns)
        };
        [Self::Counted, Self::Titled, Self::Close].into_iter().find(fits).unwrap_or(Self::Numbered)
    }
}

/// The views with their numbers and counts, as far as there is room; where each stands.
pub fn tabs(report: &DriftReport, current: usize, area: Rect, buffer: &mut Buffer, theme: Theme) -> Vec<Rect> {
    let tabs = Tabs::fitting(report, current, area.width);
    let mut x = area.x;
    let mut places = Vec::with_capacity(VIEWS.len());
    for (at, label) in tabs.labels(report, current).into_iter().enumerate() {
        let role = if at == current { Role::TabActive } else { Role::Tab };
        let width = u16::try_from(text::width(&label)).unwrap_or(u16::MAX).min(area.right().saturating_sub(x));
        let place = Rect { x, width, ..area };
        paint::put(buffer, place, 0, &Line::styled(label, theme.style(role)));
        places.push(place);
        x = (x + width + tabs.gap()).min(area.right());
    }
    places
}

/// The keys of a view, and on the right those of every view.
pub fn keys(view: usize, marked: usize, area: Rect, buffer: &mut Buffer, setup: &Setup) {
    let global = hints(&setup.keys.global(view), usize::from(area.width), setup.theme);
    let right = u16::try_from(global.width() + 1).unwrap_or(u16::MAX).min(area.width);
    paint::put_right(buffer, area, 0, &global);
    let room = Rect { width: area.width - right, ..area };
    let mut line = Line::default();
    if marked > 0 {
        line.push_span(Span::styled(format!(" * {marked} marked "), setup.theme.style(Role::Mark)));
    }
    let rest = usize::from(room.width).saturating_sub(line.width());
    line.extend(hints(setup.keys.view(view), rest, setup.theme).spans);
    paint::put(buffer, room, 0, &line);
}

/// The keys that fit into `room` columns, none of them in part.
fn hints(bindings: &[Bound], room: usize, theme: Theme) -> Line<'static> {
    let mut line = Line::default();
    for bound in bindings.iter().filter(|bound| !bound.keys.is_empty()) {
        let Some(hint) = bound.binding.hint else { continue };
        let (key, hint) = (format!(" {bound} "), format!("{hint} "));
        if line.width() + text::width(&key) + text::width(&hint) > room {
            break;
        }
        line.push_span(Span::styled(key, theme.style(Role::Key)));
        line.push_span(Span::styled(hint, theme.style(Role::Muted)));
    }
    line
}
