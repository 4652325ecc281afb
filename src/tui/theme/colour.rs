//! How many colours a terminal has, and how a colour is brought down to them.

use ratatui::style::{Color, Style};

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// `NO_COLOR`, or a dumb terminal: bold, dim, underline and reverse only.
    None,
    Sixteen,
    /// 256.
    Indexed,
    /// 24 bits.
    True,
}

/// A text that names no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour; colours are written #rrggbb, 0 to 255, or by name, such as \"light-blue\"")]
pub struct ColourError(String);

/// Reads `#rrggbb`, an index, or a name.
///
/// # Errors
/// When it is none of them.
pub fn parse_colour(text: &str) -> Result<Color, ColourError> {
    text.parse().map_err(|_| ColourError(text.to_owned()))
}

impl Colours {
    /// After `NO_COLOR` (no-color.org: set and not empty), `COLORTERM` and `TERM`.
    #[must_use]
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        let colorterm = var("COLORTERM").unwrap_or_default();
        if var("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Self::None
        } else if matches!(colorterm.as_str(), "truecolor" | "24bit") {
            Self::True
        } else if colorterm.is_empty() && matches!(term.as_str(), "linux" | "ansi" | "vt100" | "vt220") {
            Self::Sixteen
        } else {
            Self::Indexed
        }
    }

    /// `style` with no colour that the terminal has not.
    #[must_use]
    pub fn reduce(self, style: Style) -> Style {
        let reduce = |colour: Option<Color>| colour.and_then(|colour| self.nearest(colour));
        Style { fg: reduce(style.fg), bg: reduce(style.bg), ..style }
    }

    fn nearest(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::None, _) => None,
            (Self::True, colour) | (Self::Indexed, colour @ Color::Indexed(_)) => Some(colour),
            (Self::Indexed, Color::Rgb(red, green, blue)) => Some(Color::Indexed(cube(red, green, blue))),
            (Self::Sixteen, Color::Rgb(red, green, blue)) => Some(ansi(red, green, blue)),
            (Self::Sixteen, Color::Indexed(index)) => {
                let (red, green, blue) = rgb(index);
                Some(ansi(red, green, blue))
            }
            (Self::Indexed | Self::Sixteen, named) => Some(named),
        }
    }
}

/// The six levels of xterm's colour cube, which fills the indexes 16 to 231.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The index of the cube's nearest colour.
fn cube(red: u8, green: u8, blue: u8) -> u8 {
    let level = |value: u8| {
        let nearest = (0_u8..).zip(LEVELS).min_by_key(|(_, level)| level.abs_diff(value));
        nearest.map_or(0, |(at, _)| at)
    };
    16 + 36 * level(red) + 6 * level(green) + level(blue)
}

/// The colour of an index, the first sixteen as xterm has them.
fn rgb(index: u8) -> (u8, u8, u8) {
    if let Some((_, colour)) = ANSI.get(usize::from(index)) {
        return *colour;
    }
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let level = |part: u8| LEVELS.get(usize::from(part % 6)).copied().unwrap_or_default();
    let at = index - 16;
    (level(at / 36), level(at / 6), level(at))
}

/// The sixteen colours, as xterm paints them.
const ANSI: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// The nearest of the sixteen.
fn ansi(red: u8, green: u8, blue: u8) -> Color {
    let distance = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
    let nearest = ANSI.iter().min_by_key(|(_, (r, g, b))| distance(*r, red) + distance(*g, green) + distance(*b, blue));
    nearest.map_or(Color::White, |(colour, _)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(vars: &[(&str, &str)]) -> Colours {
        Colours::from_vars(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_terminal_and_no_color_choose_how_many_colours_there_are() {
        assert_eq!(colours(&[("TERM", "xterm-256color")]), Colours::Indexed);
        assert_eq!(colours(&[("TERM", "linux")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "linux"), ("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(colours(&[("TERM", "linux"), ("COLORTERM", "yes")]), Colours::Indexed);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Colours::None);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Colours::Indexed);
        assert_eq!(colours(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]), Colours::None);
    }

    #[test]
    fn colours_are_brought_down_to_the_nearest() {
        assert_eq!(cube(255, 135, 0), 208);
        assert_eq!(rgb(208), (255, 135, 0));
        assert_eq!(rgb(255), (238, 238, 238));
        assert_eq!(Colours::Sixteen.nearest(Color::Indexed(15)), Some(Color::White));
        assert_eq!(Colours::Sixteen.nearest(Color::Rgb(10, 10, 10)), Some(Color::Black));
        assert_eq!(Colours::Indexed.nearest(Color::Yellow), Some(Color::Yellow));
    }

    #[test]
    fn colours_are_written_as_people_write_them() {
        assert_eq!(parse_colour("#ff8700"), Ok(Color::Rgb(255, 135, 0)));
        assert_eq!(parse_colour("208"), Ok(Color::Indexed(208)));
        assert_eq!(parse_colour("light-blue"), Ok(Color::LightBlue));
        assert!(parse_colour("orangish").is_err());
    }
}
