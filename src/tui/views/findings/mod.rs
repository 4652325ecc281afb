//! What is worth saying of each image on its own and of how they differ: by severity and check, new ones first.

pub mod arrange;
pub mod detail;
pub mod filter;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use self::arrange::{Arrangement, Entry, place};
use self::filter::Filter;
use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::DriftReport;
use crate::compare::review::Subject;
use crate::model::text::visible;
use crate::model::{Finding, FindingDrift, Severity};
use crate::tui::Jump;
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::overlay::{Menu, MenuKind};
use crate::tui::paint;
use crate::tui::panes::{Outcome, Panes};
use crate::tui::text;
use crate::tui::theme::{Role, Theme, severity_role, signs};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Findings",
    keys: KEYS,
    make: |report| Box::new(Findings::new(report)),
    count: |report| text::count(report.findings.len() as u64),
    accepts: |jump| matches!(jump, Jump::Finding(_)),
};

const KEYS: &[Binding] = &[
    row(
        Action::Open,
        "open",
        &[key(KeyCode::Enter)],
        "open or close the check; open the detail; in the detail: go to the file or package",
        Some("open"),
    ),
    row(Action::Filter, "filter", &[ch('f')], "which findings show, by severity, drift and side", Some("filter")),
    row(Action::FilterReset, "filter-reset", &[ch('F')], "show all findings", None),
    row(Action::FoldAll, "fold-all", &[ch('H')], "close all checks", None),
    row(Action::UnfoldAll, "unfold-all", &[ch('L')], "open all checks", None),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "open the check or the detail", None),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "close the check or the detail", None),
    row(Action::Zoom, "zoom", &[ch('z')], "give the pane with the keys all the room", None),
];

/// The view.
struct Findings {
    arrangement: Arrangement,
    panes: Panes,
}

impl Findings {
    fn new(report: &DriftReport) -> Self {
        let mut findings = Self { arrangement: Arrangement::default(), panes: Panes::default() };
        findings.arrangement.update(&report.findings);
        // The first finding, not its heading: that is what a reader came for.
        findings.panes.cursor.select(1);
        findings
    }

    fn len(&self) -> usize {
        self.arrangement.entries.len()
    }

    fn selected(&self) -> Option<Entry> {
        self.arrangement.entries.get(self.panes.cursor.selected()).copied()
    }

    /// Arranges anew and keeps what was selected, where it still shows.
    fn rearrange(&mut self, report: &DriftReport) {
        let before = self.selected();
        self.arrangement.update(&report.findings);
        let kept = before.and_then(|before| self.arrangement.position(before, &report.findings));
        self.panes.cursor.select(kept.unwrap_or_default());
    }

    fn open(&mut self, report: &DriftReport) {
        match self.selected() {
            Some(Entry::Heading(check, _)) => {
                self.arrangement.toggle(check);
                self.rearrange(report);
            }
            Some(Entry::Finding(_)) => self.panes.enter_detail(),
            None => {}
        }
    }

    /// One step in: a closed check opens, an open one leads to its first finding.
    fn right(&mut self, report: &DriftReport) {
        match self.selected() {
            Some(Entry::Heading(check, _)) if self.arrangement.is_open(check) => self.panes.cursor.step(1, self.len()),
            _ => self.open(report),
        }
    }

    /// One step out: from a finding to its check, which then closes.
    fn left(&mut self, report: &DriftReport) {
        match self.selected() {
            Some(Entry::Heading(check, _)) if self.arrangement.is_open(check) => self.arrangement.toggle(check),
            Some(Entry::Finding(at)) => {
                let check = report.findings.get(at).map(|finding| (finding.severity, finding.check));
                let heading = check.and_then(|check| self.arrangement.position(Entry::Heading(check, 0), &[]));
                self.panes.cursor.select(heading.unwrap_or_default());
            }
            _ => {}
        }
        self.rearrange(report);
    }

    fn finish(&mut self, outcome: Outcome, report: &DriftReport) -> Vec<Request> {
        match outcome {
            Outcome::Open => self.open(report),
            Outcome::Jump(jump) => return vec![Request::Jump(jump)],
            Outcome::Other(Action::Right) => self.right(report),
            Outcome::Other(Action::Left) => self.left(report),
            Outcome::Other(action @ (Action::FoldAll | Action::UnfoldAll)) => {
                self.arrangement.open_all(action == Action::UnfoldAll, &report.findings);
                self.rearrange(report);
            }
            Outcome::Other(Action::FilterReset) => {
                self.arrangement.filter = Filter::default();
                self.rearrange(report);
            }
            Outcome::Done | Outcome::Other(_) => {}
        }
        Vec::new()
    }
}

impl View for Findings {
    fn act(&mut self, action: Action, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.act(action, self.len());
        self.finish(outcome, context.report)
    }

    fn mouse(&mut self, mouse: Mouse, context: &Context<'_>) -> Vec<Request> {
        let outcome = self.panes.mouse(mouse, self.len());
        self.finish(outcome, context.report)
    }

    fn subject(&self, _context: &Context<'_>) -> Option<Subject> {
        match self.selected()? {
            Entry::Finding(at) => Some(Subject::Finding(at)),
            Entry::Heading(..) => None,
        }
    }

    fn menu(&self, kind: MenuKind, context: &Context<'_>) -> Option<Menu> {
        (kind == MenuKind::Filter).then(|| self.arrangement.filter.menu(context.report))
    }

    fn choose(&mut self, _kind: MenuKind, choice: usize, context: &Context<'_>) -> Vec<Request> {
        self.arrangement.filter.toggle(choice);
        self.rearrange(context.report);
        Vec::new()
    }

    fn go(&mut self, jump: Jump, context: &Context<'_>) -> Vec<Request> {
        while self.panes.leave() {}
        let findings = &context.report.findings;
        if let Jump::Finding(at) = jump
            && let Some(finding) = findings.get(at)
        {
            if !self.arrangement.filter.has(finding) {
                self.arrangement.filter = Filter::default();
            }
            let check = (finding.severity, finding.check);
            if !self.arrangement.is_open(check) {
                self.arrangement.toggle(check);
            }
            self.arrangement.update(findings);
            self.panes.cursor.reveal(self.arrangement.position(Entry::Finding(at), findings).unwrap_or_default());
        }
        Vec::new()
    }

    fn leave(&mut self, _context: &Context<'_>) -> Option<Vec<Request>> {
        self.panes.leave().then(Vec::new)
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        let areas = self.panes.split(area, 58, buffer, theme);
        if self.arrangement.entries.is_empty() {
            let none = report.findings.is_empty();
            let words = if none { " Nothing to say of either image." } else { " The filter hides all; F shows all." };
            paint::put(buffer, areas.list, 0, &Line::styled(words, theme.style(Role::Muted)));
        }
        for (row, at) in (0_u16..).zip(self.panes.rows(areas.list, self.len())) {
            let Some(entry) = self.arrangement.entries.get(at) else { continue };
            let marked = match *entry {
                Entry::Heading((severity, check), members) => {
                    let fold = if self.arrangement.is_open((severity, check)) { signs::OPEN } else { signs::CLOSED };
                    paint::put(buffer, areas.list, row, &heading(fold, severity, check, members, theme));
                    false
                }
                Entry::Finding(at) => {
                    if let Some(finding) = report.findings.get(at) {
                        paint::put(
                            buffer,
                            areas.list,
                            row,
                            &line(finding, report.alone, usize::from(areas.list.width), theme),
                        );
                    }
                    context.review.has(Subject::Finding(at))
                }
            };
            self.panes.mark(buffer, areas.list, row, at, marked, theme);
        }
        let finding = match self.selected() {
            Some(Entry::Finding(at)) => report.findings.get(at).map(|finding| (at, finding)),
            Some(Entry::Heading(..)) | None => None,
        };
        let title = finding.map_or("", |(_, finding)| finding.check);
        let subject = finding.map_or(usize::MAX, |(at, _)| at);
        self.panes.draw_detail(areas, buffer, theme, title, (subject, 0), |width| {
            finding.map(|(_, finding)| detail::finding(report, finding, width, theme)).unwrap_or_default()
        });
    }
}

fn heading(fold: &str, severity: Severity, check: &'static str, members: usize, theme: Theme) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!(" {fold} "), theme.style(Role::Muted)),
        Span::styled(text::pad(severity.as_str(), 8), theme.style(severity_role(severity))),
        Span::styled(check, theme.style(Role::Strong)),
        Span::styled(format!(" ({})", text::count(members as u64)), theme.style(Role::Muted)),
    ])
}

/// With `alone` there is one image, so that no row says which.
fn line(finding: &Finding, alone: bool, width: usize, theme: Theme) -> Line<'static> {
    let (sign, role) = match finding.drift {
        Some(drift @ FindingDrift::New) => (drift.sign(), severity_role(finding.severity)),
        Some(drift @ FindingDrift::Gone) => (drift.sign(), Role::Explained),
        Some(drift @ FindingDrift::Same) => (drift.sign(), Role::Muted),
        None => (' ', Role::Muted),
    };
    let room = width.saturating_sub(12);
    let columns = (room / 2).min(44);
    let subject = visible(&finding.subject);
    let subject = text::pad(&text::middle(&subject, columns), columns);
    let message = match finding.count {
        0 | 1 => finding.message.clone(),
        many => format!("{} files: {}", text::count(many as u64), finding.message),
    };
    let message = visible(&message).into_owned();
    Line::from(vec![
        Span::styled(format!("   {sign} "), theme.style(role)),
        Span::styled(
            text::pad(if alone { "" } else { place(finding) }, if alone { 0 } else { 6 }),
            theme.style(Role::Muted),
        ),
        Span::raw(subject),
        Span::styled(format!(" {}", text::cut(&message, room.saturating_sub(columns))), theme.style(Role::Muted)),
    ])
}
