//! Putting text into a buffer without ever leaving it, and the small pieces all views share.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::text;
use super::theme::{Role, Theme, signs};

/// Writes `line` at row `row` of `area`; what does not fit is cut, rows outside are dropped.
pub fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if row < area.height {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Writes `line` so that it ends at the right edge of row `row`.
pub fn put_right(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let width = u16::try_from(line.width()).unwrap_or(u16::MAX).min(area.width);
    let x = area.right().saturating_sub(width);
    put(buffer, Rect { x, width, ..area }, row, line);
}

/// Lays the selection's style over row `row`. Words without a colour and grey ones, which would not be read on it,
/// take the selection's.
pub fn select(buffer: &mut Buffer, area: Rect, row: u16, style: Style) {
    let area = area.intersection(buffer.area);
    if row >= area.height {
        return;
    }
    for x in area.left()..area.right() {
        if let Some(cell) = buffer.cell_mut((x, area.y + row)) {
            let faint = matches!(cell.fg, Color::Reset | Color::DarkGray | Color::Indexed(232..=250));
            let foreground = if faint { style.fg } else { None };
            cell.set_style(Style { fg: foreground, ..style });
        }
    }
}

/// Rewrites the signs of a whole frame that are not ASCII. Names from the images keep their letters.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if let Some((_, ascii)) = signs::ASCII.iter().find(|(sign, _)| *sign == cell.symbol()) {
            cell.set_symbol(ascii);
        }
    }
}

/// A horizontal line with a title in it.
pub fn rule(buffer: &mut Buffer, area: Rect, title: &str, right: &str, focused: bool, theme: Theme) {
    let line = theme.style(Role::Line);
    put(buffer, area, 0, &Line::styled(signs::HORIZONTAL.repeat(usize::from(area.width)), line));
    if area.width < 8 {
        return;
    }
    let role = if focused { Role::Heading } else { Role::Muted };
    let room = usize::from(area.width).saturating_sub(6 + text::width(right));
    let title = text::cut(title, room);
    if !title.is_empty() {
        let titled = Line::from(vec![
            Span::styled(signs::HORIZONTAL.repeat(2), line),
            Span::styled(format!(" {title} "), theme.style(role)),
        ]);
        put(buffer, area, 0, &titled);
    }
    if !right.is_empty() {
        put_right(buffer, area, 0, &Line::styled(format!(" {right} "), theme.style(Role::Muted)));
    }
}

/// A bar of `columns` columns of which `part` of `whole` is filled; anything above nothing shows at least a sliver.
#[must_use]
pub fn bar(part: u64, whole: u64, columns: usize) -> String {
    if part == 0 || whole == 0 || columns == 0 {
        return String::new();
    }
    let eighths = (u128::from(part.min(whole)) * (columns as u128) * 8 / u128::from(whole)).max(1);
    let full = usize::try_from(eighths / 8).unwrap_or(columns).min(columns);
    let mut text = "█".repeat(full);
    let rest = usize::try_from(eighths % 8).unwrap_or_default();
    if let Some(sliver) = rest.checked_sub(1).and_then(|at| signs::BAR.get(at)) {
        text.push_str(sliver);
    }
    text
}

/// `left → right` in at most `room` columns, both of them to be seen, each in its style.
#[must_use]
pub fn moved(left: &str, right: &str, room: usize, styles: (Style, Style), theme: Theme) -> Vec<Span<'static>> {
    let (left, right) = text::share(left, right, room.saturating_sub(3));
    let arrow = Span::styled(format!(" {} ", signs::ARROW), theme.style(Role::Muted));
    vec![Span::styled(left, styles.0), arrow, Span::styled(right, styles.1)]
}

/// `text` as spans, the characters at `hits` (by position) in the style of a match.
#[must_use]
pub fn lit(text: &str, hits: &[u32], style: Style, theme: Theme) -> Vec<Span<'static>> {
    if hits.is_empty() {
        return vec![Span::styled(text.to_owned(), style)];
    }
    let matched = style.patch(theme.style(Role::Match));
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut piece = String::new();
    let mut piece_is_hit = false;
    for (at, character) in text.chars().enumerate() {
        let hit = u32::try_from(at).is_ok_and(|at| hits.binary_search(&at).is_ok());
        if hit != piece_is_hit && !piece.is_empty() {
            spans.push(Span::styled(std::mem::take(&mut piece), if piece_is_hit { matched } else { style }));
        }
        piece_is_hit = hit;
        piece.push(character);
    }
    spans.push(Span::styled(piece, if piece_is_hit { matched } else { style }));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_outside_the_buffer() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
        for area in [Rect::new(0, 0, 9, 9), Rect::new(3, 1, 9, 9), Rect::new(9, 9, 3, 3), Rect::ZERO] {
            for row in 0..12 {
                put(&mut buffer, area, row, &Line::raw("漢字漢字"));
                put_right(&mut buffer, area, row, &Line::raw("漢字漢字"));
                select(&mut buffer, area, row, Style::new().bg(Color::Blue));
            }
        }
    }

    #[test]
    fn a_bar_shows_a_sliver_for_anything_and_never_overflows() {
        assert_eq!(bar(0, 100, 10), "");
        assert_eq!(bar(1, 1_000_000, 10), "▏");
        assert_eq!(bar(50, 100, 10), "█████");
        assert_eq!(bar(u64::MAX, 1, 10).chars().count(), 10);
    }

    #[test]
    fn matched_letters_are_lit() {
        let theme = Theme::new(crate::tui::theme::Colours::Indexed);
        let spans = lit("libssl3", &[3, 4], Style::new(), theme);
        let texts: Vec<&str> = spans.iter().map(|span| span.content.as_ref()).collect();
        assert_eq!(texts, ["lib", "ss", "l3"]);
        assert_eq!(spans[1].style, theme.style(Role::Match));
    }
}
