//! What the checklists for reproducible builds ask: of one image what it does not answer with "yes", of two what they
//! answer differently.

use ratatui::text::Span;

use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Answer, ChecklistItem};
use crate::tui::Jump;
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// The questions that one image answers with "no" or not at all; a "no" leads to its finding.
pub(super) fn open(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let checklist = &report.right_checklist;
    if checklist.items.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![heading(&checklist.summary(), width, theme)];
    for answer in [Answer::No, Answer::Unknown] {
        rows.extend(checklist.with(answer).map(|item| row(report, item, &item.words, width, theme)));
    }
    rows
}

/// The questions that two images answer differently.
pub(super) fn differing(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let pairs: Vec<_> = report.left_checklist.differing(&report.right_checklist).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![heading(&format!("{} answered differently", pairs.len()), width, theme)];
    rows.extend(pairs.into_iter().map(|(left, right)| {
        let words = format!("was {}; {}", left.answer.as_str(), right.words);
        row(report, right, &words, width, theme)
    }));
    rows
}

fn heading(words: &str, width: u16, theme: Theme) -> Row {
    const TITLE: &str = "Checklist";
    let room = usize::from(width).saturating_sub(TITLE.len());
    Row::new(vec![
        Span::styled(TITLE, theme.style(Role::Heading)),
        Span::styled(text::cut(&format!("  {words}"), room).into_owned(), theme.style(Role::Muted)),
    ])
}

fn row(report: &DriftReport, item: &ChecklistItem, words: &str, width: u16, theme: Theme) -> Row {
    const ANSWER: usize = 8;
    let room = usize::from(width).saturating_sub(2 + ANSWER + 2);
    let asks = text::cut(item.asks, room).into_owned();
    let rest = room.saturating_sub(text::width(&asks));
    let role = role(item.answer);
    let row = Row::new(vec![
        Span::styled(format!("{} {}", item.answer.sign(), text::pad(item.answer.as_str(), ANSWER)), theme.style(role)),
        Span::raw(asks),
        Span::raw("  "),
        Span::styled(text::cut(&visible(words), rest).into_owned(), theme.style(Role::Muted)),
    ]);
    match report.findings.iter().position(|finding| finding.check == item.check) {
        Some(at) if item.answer == Answer::No => row.to(Jump::Finding(at)),
        _ => row,
    }
}

fn role(answer: Answer) -> Role {
    match answer {
        Answer::No => Role::Notice,
        Answer::Unknown => Role::Muted,
        Answer::Yes => Role::Explained,
        Answer::NotApplicable => Role::Quiet,
    }
}
