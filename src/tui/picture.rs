//! A frame as an SVG picture: real cells, real colours, no terminal needed.

use std::fmt::{self, Write as _};

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const CELL_WIDTH: f32 = 8.4;
const CELL_HEIGHT: f32 = 18.0;
const MARGIN: f32 = 12.0;
const FONTS: &str = "'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,monospace";

/// The colours of a terminal where nothing says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    pub background: &'static str,
    pub foreground: &'static str,
}

pub const DARK: Paper = Paper { background: "#16191f", foreground: "#d4d8de" };
pub const LIGHT: Paper = Paper { background: "#fbfbf8", foreground: "#24292f" };

/// Draws `buffer` as SVG, as a terminal with this paper would show it.
#[must_use]
pub fn svg(buffer: &Buffer, paper: Paper) -> String {
    let mut picture = String::new();
    // Writing to a String cannot fail.
    let _ = write_svg(buffer, paper, &mut picture);
    picture
}

fn write_svg(buffer: &Buffer, paper: Paper, out: &mut String) -> fmt::Result {
    let area = buffer.area;
    let width = f32::from(area.width).mul_add(CELL_WIDTH, 2.0 * MARGIN);
    let height = f32::from(area.height).mul_add(CELL_HEIGHT, 2.0 * MARGIN);
    writeln!(out, r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}">"#)?;
    writeln!(out, r#"<rect width="100%" height="100%" rx="8" fill="{}"/>"#, paper.background)?;
    writeln!(out, r#"<g font-family="{FONTS}" font-size="14" xml:space="preserve">"#)?;
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            x += write_run(buffer, paper, (x, y), out)?.max(1);
        }
    }
    writeln!(out, "</g>\n</svg>")
}

/// Writes the cells from `x` on that look alike; how many columns they take.
fn write_run(buffer: &Buffer, paper: Paper, (x, y): (u16, u16), out: &mut String) -> Result<u16, fmt::Error> {
    let Some(first) = buffer.cell((x, y)) else { return Ok(1) };
    let mut text = String::new();
    let mut columns = 0;
    while let Some(cell) = buffer.cell((x + columns, y)).filter(|cell| look(cell) == look(first)) {
        let symbol = cell.symbol();
        let wide = u16::try_from(UnicodeWidthStr::width(symbol)).unwrap_or(1).max(1);
        // A wide character in a font of another width would push the rest of its run along.
        if wide > 1 && columns > 0 {
            break;
        }
        text.push_str(symbol);
        columns += wide;
        if wide > 1 || x + columns >= buffer.area.right() {
            break;
        }
    }
    let (foreground, background, modifier) = look(first);
    let (mut fill, mut back) = (hex(foreground, paper.foreground), hex(background, paper.background));
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fill, &mut back);
    }
    let left = f32::from(x - buffer.area.x).mul_add(CELL_WIDTH, MARGIN);
    let top = f32::from(y - buffer.area.y).mul_add(CELL_HEIGHT, MARGIN);
    let width = f32::from(columns) * CELL_WIDTH;
    if back != paper.background {
        writeln!(out, r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{CELL_HEIGHT}" fill="{back}"/>"#)?;
    }
    if !text.trim().is_empty() {
        let weight = if modifier.contains(Modifier::BOLD) { r#" font-weight="bold""# } else { "" };
        let underline = if modifier.contains(Modifier::UNDERLINED) { r#" text-decoration="underline""# } else { "" };
        let faint = if modifier.contains(Modifier::DIM) { r#" opacity="0.6""# } else { "" };
        let base = top + CELL_HEIGHT * 0.75;
        writeln!(
            out,
            r#"<text x="{left:.1}" y="{base:.1}" textLength="{width:.1}" lengthAdjust="spacingAndGlyphs" fill="{fill}"{weight}{underline}{faint}>{}</text>"#,
            escape(&text)
        )?;
    }
    Ok(columns)
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}

/// The colour as `#rrggbb`, the sixteen as xterm paints them.
fn hex(colour: Color, reset: &str) -> String {
    const SIXTEEN: [&str; 16] = [
        "#000000", "#cd3131", "#0dbc79", "#e5a50a", "#2472c8", "#bc3fbc", "#11a8cd", "#c5c8c6", "#6a737d", "#f14c4c",
        "#23d18b", "#f5f543", "#5ba4f5", "#d670d6", "#29b8db", "#ffffff",
    ];
    let index = match colour {
        Color::Reset => return reset.to_owned(),
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).copied().unwrap_or(reset).to_owned(),
        16..=231 => {
            let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
            let cube = index - 16;
            format!("#{:02x}{:02x}{:02x}", step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn text_is_escaped_and_colours_are_kept() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "<a&b>", Style::new().fg(Color::Indexed(75)).bg(Color::Indexed(24)));
        buffer.set_string(5, 0, "漢", Style::new().add_modifier(Modifier::BOLD));
        let picture = svg(&buffer, DARK);
        assert!(picture.contains("&lt;a&amp;b&gt;"), "{picture}");
        assert!(picture.contains(r##"fill="#5fafff""##) && picture.contains(r##"fill="#005f87""##), "{picture}");
        assert!(picture.contains(r#"font-weight="bold""#), "{picture}");
        assert!(picture.contains("漢"));
    }
}
