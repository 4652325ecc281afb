//! Styles by role, never by colour: a view says what a cell means, the theme says how that looks.
//!
//! The palettes keep to blue, orange and grey, which the common colour-blindnesses tell apart, and every role that
//! matters also has a text sign ([`signs`] and the words of the model), so that colour is never the only carrier.

mod colour;
mod palette;
mod roles;

use ratatui::style::{Color, Modifier, Style};

pub use self::colour::{ColourError, Colours, parse_colour};
pub use self::palette::Palette;
pub use self::roles::{delta_role, explanation_role, move_role, relation_role, severity_role, verdict_role};

/// The characters that are not ASCII, in one place.
pub mod signs {
    pub const ARROW: &str = "→";
    pub const OPEN: &str = "▾";
    pub const CLOSED: &str = "▸";
    pub const ELLIPSIS: &str = "…";
    pub const POINTER: &str = "›";
    pub const HORIZONTAL: &str = "─";
    pub const VERTICAL: &str = "│";
    /// From one eighth of a cell to a full one.
    pub const BAR: [&str; 8] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
    pub const DIFFERS: &str = "≠";
    /// A blank that must be seen: in a text, or of a gauge the part that is not filled.
    pub const BLANK: &str = "·";

    /// What stands in for each of them, and for the corners of a popup, where the font has ASCII only. One column each,
    /// so that a whole frame can be rewritten.
    pub const ASCII: &[(&str, &str)] = &[
        (ARROW, ">"),
        (OPEN, "v"),
        (CLOSED, ">"),
        (ELLIPSIS, "~"),
        (POINTER, ">"),
        (HORIZONTAL, "-"),
        (VERTICAL, "|"),
        ("▏", "."),
        ("▎", ":"),
        ("▍", ":"),
        ("▌", "="),
        ("▋", "="),
        ("▊", "#"),
        ("▉", "#"),
        ("█", "#"),
        (DIFFERS, "!"),
        (BLANK, "."),
        ("╭", "+"),
        ("╮", "+"),
        ("╰", "+"),
        ("╯", "+"),
        ("\u{a0}", " "),
    ];
}

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Text,
    Strong,
    Muted,
    Heading,
    /// Lines between panes.
    Line,
    /// Only or formerly on the left: removed.
    Left,
    /// Only or newly on the right: added.
    Right,
    /// The words of a changed line that differ.
    LeftWord,
    RightWord,
    /// A changed line apart from those words.
    LeftLine,
    RightLine,
    /// What a piece of source code is.
    Comment,
    String,
    Constant,
    Keyword,
    Name,
    /// Must be read first.
    Alarm,
    Unexplained,
    /// Worth a look.
    Notice,
    /// Accounted for.
    Explained,
    /// Accounted for and boring.
    Quiet,
    /// The selected row of the focused pane.
    Selected,
    /// The selected row of the other pane.
    SelectedElsewhere,
    /// A letter that the search matched.
    Match,
    /// A key in the footer and the help.
    Key,
    TabActive,
    Tab,
    /// The verdict's word, by how bad it is.
    VerdictGood,
    VerdictMiddling,
    VerdictBad,
    /// A failure of the program or a warning about the images.
    Warning,
    /// The filled part of a gauge or bar.
    Gauge,
    /// The sign of a row that the reviewer marked.
    Mark,
}

/// How a user's file changes one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Override {
    pub role: Role,
    pub style: Style,
}

/// What each role looks like.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    palette: Palette,
    colours: Colours,
    /// Of the user's file, which is read once and lasts as long as the program.
    overrides: &'static [Override],
    ascii: bool,
}

impl Theme {
    /// The dark palette, with so many colours.
    #[must_use]
    pub fn new(colours: Colours) -> Self {
        Self { palette: Palette::Dark, colours, overrides: &[], ascii: false }
    }

    /// As the terminal says: `NO_COLOR` (no-color.org: set and not empty), `COLORTERM`, `TERM`, and `COLORFGBG` for a
    /// light background.
    #[must_use]
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let light = var("COLORFGBG").is_some_and(|value| matches!(value.rsplit(';').next(), Some("7" | "15")));
        let palette = if light { Palette::Light } else { Palette::Dark };
        Self { palette, ..Self::new(Colours::from_vars(var)) }
    }

    #[must_use]
    pub fn with_palette(self, palette: Palette) -> Self {
        Self { palette, ..self }
    }

    /// With ASCII in place of lines, bars and arrows.
    #[must_use]
    pub fn with_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    #[must_use]
    pub fn with_overrides(self, overrides: &'static [Override]) -> Self {
        Self { overrides, ..self }
    }

    #[must_use]
    pub fn is_ascii(self) -> bool {
        self.ascii
    }

    #[must_use]
    pub fn colours(self) -> Colours {
        self.colours
    }

    /// The style of `role`.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let style = Style::new().add_modifier(modifiers(role));
        let style = match self.colours {
            Colours::None => style.add_modifier(colourless(role)),
            Colours::Sixteen => painted(style, self.palette.sixteen(role)),
            Colours::Indexed | Colours::True => {
                let (foreground, background) = self.palette.indexed(role);
                let exact = self.palette.exact_background(role).filter(|_| self.colours == Colours::True);
                painted(style, (foreground.map(Color::Indexed), exact.or(background.map(Color::Indexed))))
            }
        };
        match self.overrides.iter().find(|changed| changed.role == role) {
            Some(changed) => style.patch(self.colours.reduce(changed.style)),
            None => style,
        }
    }
}

fn painted(style: Style, (foreground, background): (Option<Color>, Option<Color>)) -> Style {
    let style = foreground.map_or(style, |colour| style.fg(colour));
    background.map_or(style, |colour| style.bg(colour))
}

fn modifiers(role: Role) -> Modifier {
    match role {
        Role::Strong
        | Role::Heading
        | Role::Alarm
        | Role::Unexplained
        | Role::TabActive
        | Role::VerdictGood
        | Role::VerdictMiddling
        | Role::VerdictBad
        | Role::LeftWord
        | Role::RightWord
        | Role::Mark => Modifier::BOLD,
        Role::Match => Modifier::BOLD.union(Modifier::UNDERLINED),
        _ => Modifier::empty(),
    }
}

/// What must stand out even without a colour.
fn colourless(role: Role) -> Modifier {
    match role {
        Role::Selected | Role::TabActive | Role::VerdictGood | Role::VerdictMiddling | Role::VerdictBad => {
            Modifier::REVERSED
        }
        Role::SelectedElsewhere | Role::LeftWord | Role::RightWord => Modifier::UNDERLINED,
        Role::Muted | Role::Quiet | Role::Line | Role::Tab => Modifier::DIM,
        Role::Key | Role::Warning => Modifier::BOLD,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: [Role; 7] =
        [Role::Alarm, Role::Left, Role::Right, Role::Selected, Role::VerdictBad, Role::Match, Role::Mark];

    #[test]
    fn without_colours_no_role_paints_and_the_selection_still_shows() {
        for palette in Palette::ALL {
            let theme = Theme::new(Colours::None).with_palette(palette);
            for role in SOME {
                assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None), "{role:?}");
            }
            assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn left_and_right_never_look_alike_and_an_alarm_stands_out() {
        for (palette, colours) in Palette::ALL
            .iter()
            .flat_map(|palette| [Colours::Sixteen, Colours::Indexed, Colours::True].map(|colours| (*palette, colours)))
        {
            let theme = Theme::new(colours).with_palette(palette);
            assert_ne!(theme.style(Role::Left), theme.style(Role::Right), "{palette:?} {colours:?}");
            assert_ne!(theme.style(Role::Alarm), theme.style(Role::Text), "{palette:?} {colours:?}");
            assert_ne!(theme.style(Role::Selected).bg, None, "{palette:?} {colours:?}");
        }
    }

    #[test]
    fn a_users_colour_is_brought_down_to_what_the_terminal_has() {
        let role = Role::Alarm;
        let mine: &'static [Override] =
            Box::leak(Box::new([Override { role, style: Style::new().fg(Color::Rgb(255, 0, 0)) }]));
        let shown = |colours| Theme::new(colours).with_overrides(mine).style(role).fg;
        assert_eq!(shown(Colours::True), Some(Color::Rgb(255, 0, 0)));
        assert_eq!(shown(Colours::Indexed), Some(Color::Indexed(196)));
        assert_eq!(shown(Colours::Sixteen), Some(Color::LightRed));
        assert_eq!(shown(Colours::None), None);
    }

    #[test]
    fn every_sign_has_an_ascii_one_of_the_same_width() {
        for sign in [signs::ARROW, signs::OPEN, signs::CLOSED, signs::ELLIPSIS, signs::POINTER, signs::HORIZONTAL]
            .into_iter()
            .chain([signs::VERTICAL, signs::DIFFERS, signs::BLANK])
            .chain(signs::BAR)
        {
            let (_, ascii) = signs::ASCII.iter().find(|(one, _)| *one == sign).unwrap();
            assert!(ascii.is_ascii() && ascii.len() == 1, "{sign}");
        }
    }
}
