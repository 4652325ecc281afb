//! Whether the base moved, and whose layers brought the drift.

use ratatui::text::Span;

use crate::compare::{DriftReport, Share};
use crate::model::text::visible;
use crate::model::{Confidence, Explanation, Verdict};
use crate::tui::document::Row;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

pub(super) fn rows(report: &DriftReport, theme: Theme) -> Vec<Row> {
    if report.verdict == Verdict::Identical {
        return Vec::new();
    }
    let mut sentence = visible(&report.base.sentence).into_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut rows = vec![Row::heading("Base", theme), Row::new(vec![Span::raw(format!("{sentence}."))]).wrapped(2)];
    let Some(split) = &report.base.split else {
        let words = "What it brought is not known: it is not told, on both sides, which layers are its own.";
        rows.push(Row::styled(words, Role::Muted, theme).wrapped(2));
        return rows;
    };
    let likely = if split.confidence == Confidence::Low { "Likely " } else { "" };
    for (name, share) in [("the base brought", &split.base), ("the app's own layers", &split.app)] {
        let (words, read) = told(share);
        rows.push(
            Row::new(vec![
                Span::styled(text::pad(&format!("{likely}{name}"), 22 + likely.len()), theme.style(Role::Muted)),
                Span::raw(words),
                Span::styled(read, theme.style(Role::Strong)),
            ])
            .wrapped(2),
        );
    }
    rows
}

fn told(share: &Share) -> (String, String) {
    let words = format!(
        "{}, {}",
        text::plural(share.packages, "package", "packages"),
        text::plural(share.paths(), "path", "paths")
    );
    let kinds = [Explanation::SameVersion, Explanation::Unexplained];
    let read = kinds.into_iter().filter(|kind| share.files.get(*kind) > 0);
    let read = read.map(|kind| format!(", {} {}", text::count(share.files.get(kind) as u64), kind.as_str()));
    (words, read.collect())
}
