//! The two values of a key: which words of them differ, and a list item by item.

use std::time::{Duration, Instant};

use ratatui::style::Style;
use ratatui::text::Span;
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, capture_diff_slices_deadline};

use crate::compare::ConfigChange;
use crate::model::text::visible;
use crate::tui::document::{Row, lines};
use crate::tui::theme::{Role, Theme};

/// A longer value is shown without its differences: what is compared here is compared between two frames.
const LONGEST: usize = 64 * 1024;
/// How long the search for a small difference may take.
const PATIENCE: Duration = Duration::from_millis(20);

/// The rows of both values.
pub(super) fn rows(change: &ConfigChange, theme: Theme) -> Vec<Row> {
    let [left, right] =
        words(change, theme).unwrap_or_else(|| [&change.left, &change.right].map(|value| plain(value.as_deref())));
    let mut rows = Vec::new();
    for (name, value, role) in [("left", left, Role::Left), ("right", right, Role::Right)] {
        rows.push(Row::default());
        rows.push(Row::styled(name, role, theme));
        rows.extend(value);
    }
    rows.extend(items(change, theme));
    rows
}

fn plain(value: Option<&str>) -> Vec<Row> {
    lines(value.unwrap_or("(not set)"))
}

/// Both values with the words lit that differ; `None` when a side has none, or no word stayed.
fn words(change: &ConfigChange, theme: Theme) -> Option<[Vec<Row>; 2]> {
    let (left, right) = (change.left.as_deref()?, change.right.as_deref()?);
    if left.contains('\n') || right.contains('\n') || left.len().max(right.len()) > LONGEST {
        return None;
    }
    let (old, new) = (split(left), split(right));
    let ops = diff(&old, &new);
    let is_word = |token: &&str| token.chars().any(char::is_alphanumeric);
    let stayed = |op: &DiffOp| {
        op.tag() == DiffTag::Equal && old.get(op.old_range()).is_some_and(|same| same.iter().any(is_word))
    };
    if !ops.iter().any(stayed) {
        return None;
    }
    let lit = |tokens: &[&str], role: Role, range: fn(&DiffOp) -> std::ops::Range<usize>| {
        let span = |op: &DiffOp| {
            let text = tokens.get(range(op)).unwrap_or_default().concat();
            let style = if op.tag() == DiffTag::Equal { Style::new() } else { theme.style(role) };
            Span::styled(visible(&text).into_owned(), style)
        };
        vec![Row::new(ops.iter().map(span).filter(|span| !span.content.is_empty()).collect()).wrapped(2)]
    };
    Some([lit(&old, Role::LeftWord, DiffOp::old_range), lit(&new, Role::RightWord, DiffOp::new_range)])
}

/// Words, and between them every separator on its own.
fn split(value: &str) -> Vec<&str> {
    let is_separator = |character: char| character.is_whitespace() || ",;:=[]{}\"".contains(character);
    let mut tokens = Vec::new();
    for piece in value.split_inclusive(is_separator) {
        let end =
            piece.char_indices().next_back().filter(|(_, last)| is_separator(*last)).map_or(piece.len(), |(at, _)| at);
        tokens.extend([piece.get(..end), piece.get(end..)].into_iter().flatten().filter(|token| !token.is_empty()));
    }
    tokens
}

/// A list item by item, each with its sign; nothing when neither value is a list of several.
fn items(change: &ConfigChange, theme: Theme) -> Vec<Row> {
    let list = |value: &Option<String>| value.as_deref().map_or_else(|| Some(Vec::new()), list);
    let (Some(left), Some(right)) = (list(&change.left), list(&change.right)) else { return Vec::new() };
    if left.len().max(right.len()) < 2 {
        return Vec::new();
    }
    let mut rows = vec![Row::default(), Row::heading("item by item", theme)];
    for op in diff(&left, &right) {
        for item in op.iter_changes(&left, &right) {
            let (sign, style) = match item.tag() {
                ChangeTag::Equal => (' ', Style::new()),
                ChangeTag::Delete => ('-', theme.style(Role::Left)),
                ChangeTag::Insert => ('+', theme.style(Role::Right)),
            };
            rows.push(Row::new(vec![Span::styled(format!("{sign} {}", visible(&item.value())), style)]).wrapped(4));
        }
    }
    rows
}

/// The items of a JSON list or of a search path.
fn list(value: &str) -> Option<Vec<String>> {
    if value.len() > LONGEST {
        return None;
    }
    if value.starts_with('[') {
        return serde_json::from_str(value).ok();
    }
    (value.starts_with('/') && value.contains(':')).then(|| value.split(':').map(str::to_owned).collect())
}

fn diff<T: Eq + std::hash::Hash + Ord>(left: &[T], right: &[T]) -> Vec<DiffOp> {
    capture_diff_slices_deadline(Algorithm::Myers, left, right, Some(Instant::now() + PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::document::Document;
    use crate::tui::theme::Colours;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    /// The rows on screen, and the letters that are lit.
    fn shown(left: Option<&str>, right: Option<&str>) -> (String, String) {
        let theme = Theme::new(Colours::Indexed);
        let change = ConfigChange {
            key: "env.PATH".into(),
            left: left.map(Into::into),
            right: right.map(Into::into),
            runtime: true,
            hidden: None,
        };
        let area = Rect::new(0, 0, 60, 24);
        let mut document = Document::default();
        document.show(0, 0, area, |_| rows(&change, theme));
        let mut buffer = Buffer::empty(area);
        document.draw(&mut buffer, false, theme);
        let lines = (0..area.height)
            .map(|y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned());
        let text = lines.collect::<Vec<_>>().join("\n");
        let is_lit = |role| {
            let style = theme.style(role);
            move |cell: &&Cell| Some(cell.fg) == style.fg && cell.modifier == style.add_modifier
        };
        let (left, right) = (is_lit(Role::LeftWord), is_lit(Role::RightWord));
        let lit = buffer.content.iter().filter(|cell| left(cell) || right(cell)).map(Cell::symbol).collect();
        (text, lit)
    }

    #[test]
    fn only_what_differs_of_a_command_is_lit_and_its_list_is_told_item_by_item() {
        let (text, lit) = shown(Some(r#"["python3","app.py"]"#), Some(r#"["python3","app.py","x.toml"]"#));
        assert_eq!(lit, r#","x.toml""#);
        assert!(text.contains("item by item\n  python3\n  app.py\n+ x.toml"), "{text}");
        let (text, lit) = shown(Some("/usr/bin:/bin"), Some("/opt/bin:/usr/bin:/bin"));
        assert_eq!(lit, "/opt/bin:");
        assert!(text.contains("+ /opt/bin\n  /usr/bin\n  /bin"), "{text}");
    }

    #[test]
    fn values_without_a_word_in_common_are_not_lit_and_hostile_ones_are_inert() {
        assert_eq!(shown(Some("1.4.0"), Some("1.5.0")).1, "");
        assert_eq!(shown(None, Some("1")).1, "");
        let (text, _) = shown(Some("a \u{1b}[31m"), Some("a \u{202e}b"));
        assert!(text.contains("a \\x1b[31m") && text.contains("a \\u{202e}b"), "{text}");
        assert!(shown(Some("[1,{}"), Some("[[")).0.contains("[1,{}"));
        let lines = shown(Some("one\ntwo"), Some("one\nthree")).0;
        assert!(lines.contains("one\ntwo"), "{lines}");
    }
}
