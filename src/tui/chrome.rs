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
    let headline = report.headline();
    let (verdict, qualifiers) = headline.split_once(", ").unwrap_or((&headline, ""));
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

/// The views with their numbers and counts; where each stands. Where that does not fit, the counts go first, then the
/// blanks, then the titles of the views that are not shown.
pub fn tabs(report: &DriftReport, current: usize, area: Rect, buffer: &mut Buffer, theme: Theme) -> Vec<Rect> {
    let count = |view: &ViewEntry| Some((view.count)(report)).filter(|count| !count.is_empty());
    let counted = |at: usize, view: &ViewEntry| match count(view) {
        Some(count) => format!(" {at} {} {count} ", view.title),
        None => format!(" {at} {} ", view.title),
    };
    let forms: [(&dyn Fn(usize, &ViewEntry) -> String, u16); 4] = [
        (&counted, 1),
        (&|at, view| format!(" {at} {} ", view.title), 1),
        (&|at, view| format!(" {at} {}", view.title), 0),
        (&|at, view| if at == current + 1 { format!(" {at} {} ", view.title) } else { format!(" {at} ") }, 0),
    ];
    let labels = |form: &dyn Fn(usize, &ViewEntry) -> String| -> Vec<String> {
        VIEWS.iter().enumerate().map(|(at, view)| form(at + 1, view)).collect()
    };
    let fits = |(form, gap): &(&dyn Fn(usize, &ViewEntry) -> String, u16)| {
        let width: usize = labels(form).iter().map(|label| text::width(label) + usize::from(*gap)).sum();
        width <= usize::from(area.width)
    };
    let [.., shortest] = forms;
    let (form, gap) = forms.into_iter().find(fits).unwrap_or(shortest);
    let mut x = area.x;
    let mut places = Vec::with_capacity(VIEWS.len());
    for (at, label) in labels(form).into_iter().enumerate() {
        let role = if at == current { Role::TabActive } else { Role::Tab };
        let width = u16::try_from(text::width(&label)).unwrap_or(u16::MAX).min(area.right().saturating_sub(x));
        let place = Rect { x, width, ..area };
        paint::put(buffer, place, 0, &Line::styled(label, theme.style(role)));
        places.push(place);
        x = (x + width + gap).min(area.right());
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
