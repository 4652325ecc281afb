//! All changed paths as one bar: a piece for each explanation, made of its letter, so that it reads without colour.

use ratatui::style::Modifier;
use ratatui::text::Span;

use crate::compare::ByExplanation;
use crate::model::Explanation;
use crate::tui::document::Row;
use crate::tui::theme::{Theme, explanation_role};

/// The bar; `None` when nothing changed.
#[must_use]
pub(super) fn row(counts: &ByExplanation, width: u16, theme: Theme) -> Option<Row> {
    let pieces = pieces(counts, usize::from(width));
    let span = |(explanation, columns): (Explanation, usize)| {
        let style = theme.style(explanation_role(explanation)).add_modifier(Modifier::REVERSED);
        Span::styled(explanation.sign().to_string().repeat(columns), style)
    };
    (!pieces.is_empty()).then(|| Row::new(pieces.into_iter().map(span).collect()))
}

/// How many columns each explanation gets: one at least, the rest by their part.
fn pieces(counts: &ByExplanation, width: usize) -> Vec<(Explanation, usize)> {
    let present = Explanation::ALARMING_FIRST.map(|one| (one, counts.get(one))).into_iter().filter(|(_, n)| *n > 0);
    let present: Vec<(Explanation, usize)> = present.collect();
    let total: u128 = present.iter().map(|(_, count)| *count as u128).sum();
    let spare = width.saturating_sub(present.len());
    // Laid end to end and rounded there, the parts fill the width exactly.
    let end = |before: u128| usize::try_from(before * (spare as u128) / total.max(1)).unwrap_or(spare);
    let mut before = 0;
    let columns = present.into_iter().map(|(explanation, count)| {
        let start = end(before);
        before += count as u128;
        (explanation, 1 + end(before) - start)
    });
    columns.take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explanation_shows_and_the_bar_fills_its_width() {
        let mut counts = ByExplanation::default();
        assert_eq!(pieces(&counts, 40), []);
        counts.count(Explanation::SameVersion);
        for _ in 0..9_999 {
            counts.count(Explanation::Mtime);
        }
        for _ in 0..5_000 {
            counts.count(Explanation::Package);
        }
        for width in [3, 4, 17, 78, 300] {
            let pieces = pieces(&counts, width);
            let shown: Vec<Explanation> = pieces.iter().map(|(one, _)| *one).collect();
            assert_eq!(shown, [Explanation::SameVersion, Explanation::Package, Explanation::Mtime]);
            assert_eq!(pieces.iter().map(|(_, columns)| columns).sum::<usize>(), width);
            assert_eq!(pieces[0].1, 1);
        }
        assert_eq!(pieces(&counts, 0), []);
        assert_eq!(pieces(&counts, 2).len(), 2);
    }
}
