//! What is worth saying of each image on its own, and how that differs.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Context, Mouse, View, ViewEntry};
use crate::compare::review::Subject;
use crate::model::Finding;
use crate::model::text::visible;
use crate::tui::Jump;
use crate::tui::document::{Row, lines};
use crate::tui::explorer::Request;
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, severity_role};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Findings",
    keys: KEYS,
    make: |_| Box::new(Findings::default()),
    count: |report| text::count(report.findings.len() as u64),
    accepts: |jump| matches!(jump, Jump::Finding(_)),
};

const KEYS: &[Binding] = &[
    row(Action::Open, "open", &[key(KeyCode::Enter)], "open the detail", Some("detail")),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the detail", None),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "leave the detail", None),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", Some("zoom")),
];

/// The view.
#[derive(Default)]
struct Findings {
    panes: Panes,
}

impl Findings {
    fn finish(&mut self, outcome: Outcome) -> Vec<Request> {
        match outcome {
            Outcome::Open | Outcome::Other(Action::Right) => self.panes.enter_detail(),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Done | Outcome::Other(_) => {}
        }
        Vec::new()
    }
}

impl View for Findings {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, context.report.findings.len());
        self.finish(outcome)
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, context.report.findings.len());
        self.finish(outcome)
    }

    fn subject(&self, context: &Context<'_>) -> Option<Subject> {
        let at = self.panes.cursor.selected();
        (at < context.report.findings.len()).then_some(Subject::Finding(at))
    }

    fn go(&mut self, jump: Jump, _context: &Context<'_>) -> Vec<Request> {
        while self.panes.leave() {}
        if let Jump::Finding(at) = jump {
            self.panes.cursor.reveal(at);
        }
        Vec::new()
    }

    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        self.panes.leave().then(Vec::new)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let theme = context.theme;
        let findings = &context.report.findings;
        let areas = self.panes.split(area, 58, buffer, theme);
        if findings.is_empty() {
            let words = " Nothing to say of either image.";
            paint::put(buffer, areas.list, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        for (row, at) in (0_u16..).zip(self.panes.rows(areas.list, findings.len())) {
            if let Some(finding) = findings.get(at) {
                paint::put(buffer, areas.list, row, &line(finding, theme));
            }
            let marked = context.review.has(Subject::Finding(at));
            self.panes.mark(buffer, areas.list, row, at, marked, theme);
        }
        let at = self.panes.cursor.selected();
        let finding = findings.get(at);
        let title = finding.map_or("", |finding| finding.check);
        self.panes.draw_detail(areas, buffer, theme, title, (at, 0), |_| {
            finding.map(|finding| detail(finding, theme)).unwrap_or_default()
        });
    }
}

fn line(finding: &Finding, theme: Theme) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!(" {:<8}", finding.severity.as_str()), theme.style(severity_role(finding.severity))),
        Span::styled(format!("{:<6}", finding.side.as_str()), theme.style(Role::Muted)),
        Span::raw(format!("{}: {}", visible(&finding.subject), visible(&finding.message))),
    ])
}

fn detail(finding: &Finding, theme: Theme) -> Vec<Row> {
    let mut rows = lines(&finding.subject);
    rows.push(Row::default());
    rows.extend(lines(&finding.message));
    if let Some(fix) = &finding.fix {
        rows.push(Row::default());
        rows.push(Row::heading("What the Dockerfile can do", theme));
        rows.extend(lines(fix));
    }
    rows
}
