//! Lock files: a line for each, and in the detail its entries, those first that changed.

use ratatui::text::{Line, Span};

use crate::compare::{LockChange, LockEntryRow, LockRow};
use crate::model::text::visible;
use crate::tui::document::{Row, field};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// A file with what became of it.
pub(super) fn line(row: &LockRow, alone: bool, width: usize, theme: Theme) -> Line<'static> {
    let (sign, role) = match row.change() {
        "added" => ('+', Role::Right),
        "removed" => ('-', Role::Left),
        "changed" => ('~', Role::Notice),
        _ => ('=', Role::Muted),
    };
    let about = if alone { entries(row) } else { row.summary() };
    let room = width.saturating_sub(text::width(&about) + 6);
    let place = visible(&row.place()).into_owned();
    Line::from(vec![
        Span::styled(format!(" {sign} "), theme.style(role)),
        Span::styled(text::pad(&text::middle(&place, room), room), theme.style(Role::Text)),
        Span::styled(format!("  {about}"), theme.style(Role::Muted)),
    ])
}

fn entries(row: &LockRow) -> String {
    text::plural(row.entries.len(), "entry", "entries")
}

/// What the file says, entry by entry.
pub(super) fn detail(row: &LockRow, alone: bool, theme: Theme) -> Vec<Row> {
    let Some(file) = row.either() else { return Vec::new() };
    let mut rows = vec![Row::styled(visible(&row.place()).into_owned(), Role::Strong, theme).wrapped(2)];
    rows.push(field("format", file.format, theme));
    rows.push(field("entries", &if alone { entries(row) } else { row.summary() }, theme));
    let claims = if file.complete { "everything that gets installed" } else { "what was asked for" };
    rows.push(field("names", claims, theme));
    let changed: Vec<_> = row.changes().filter(|_| row.change() == "changed").collect();
    if !changed.is_empty() {
        rows.push(Row::default());
        rows.push(Row::heading("Entries that differ", theme));
        rows.extend(changed.iter().flat_map(|(change, entry)| changed_entry(*change, entry, theme)));
    }
    rows.push(Row::default());
    let rest: Vec<_> = row.entries.iter().filter(|entry| entry.change.is_none() || changed.is_empty()).collect();
    if !rest.is_empty() {
        rows.push(Row::heading(if changed.is_empty() { "Entries" } else { "The same on both sides" }, theme));
        rows.extend(rest.into_iter().filter_map(|entry| plain_entry(entry, theme)));
    }
    rows
}

fn changed_entry(change: LockChange, row: &LockEntryRow, theme: Theme) -> Vec<Row> {
    let role = match change {
        loud if loud.is_loud() => Role::Alarm,
        LockChange::Downgraded | LockChange::Removed | LockChange::Moved => Role::Notice,
        _ => Role::Text,
    };
    let name = row.either().map(|entry| entry.name.as_str()).unwrap_or_default();
    let mut spans =
        vec![Span::styled(format!("{} {} {}", change.sign(), visible(name), change.as_str()), theme.style(role))];
    let shown = |side: &str| visible(side).into_owned();
    match row.sides() {
        [Some(left), Some(right)] if left == right => spans.push(Span::raw(format!("  {}", shown(&right)))),
        [left, right] => {
            let between = if left.is_some() && right.is_some() { " → " } else { "" };
            let side = |side: Option<String>, role| Span::styled(shown(&side.unwrap_or_default()), theme.style(role));
            spans.extend([Span::raw("  "), side(left, Role::Left), Span::raw(between), side(right, Role::Right)]);
        }
    }
    let mut rows = vec![Row::new(spans).wrapped(2)];
    if change == LockChange::Rehashed {
        let hash =
            |sign: &str, hash: &str, role| Row::styled(format!("  {sign} {}", visible(hash)), role, theme).wrapped(4);
        rows.extend(row.hashes_gone().map(|gone| hash("-", &gone.hash, Role::Left)));
        rows.extend(row.hashes_new().map(|new| hash("+", &new.hash, Role::Right)));
    }
    rows
}

fn plain_entry(row: &LockEntryRow, theme: Theme) -> Option<Row> {
    let entry = row.either()?;
    let hashes = if entry.lacks_hash() { ", no hash".to_owned() } else { String::new() };
    let condition = entry.condition().map_or_else(String::new, |condition| format!(", if {condition}"));
    let about = format!("  {}{hashes}{condition}", entry.wanted());
    Some(
        Row::new(vec![
            Span::raw(visible(&entry.name).into_owned()),
            Span::styled(visible(&about).into_owned(), theme.style(Role::Muted)),
        ])
        .wrapped(2),
    )
}
