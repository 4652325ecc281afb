//! Styles by role, never by colour: a view says what a cell means, the theme says how that looks.
//!
//! The palette keeps to blue, orange and grey, which the common colour-blindnesses tell apart, and every role that
//! matters also has a text sign ([`signs`] and the words of the model), so that colour is never the only carrier.

use ratatui::style::{Color, Modifier, Style};

use crate::model::{Explanation, PackageMove, Verdict};

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
}

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// `NO_COLOR`, or a dumb terminal: bold, dim, underline and reverse only.
    None,
    Sixteen,
    Indexed,
}

/// What each role looks like.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    colours: Colours,
}

impl Theme {
    #[must_use]
    pub fn new(colours: Colours) -> Self {
        Self { colours }
    }

    /// After `NO_COLOR` (no-color.org: set and not empty), `COLORTERM` and `TERM`.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        let no_color = var("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self::new(if no_color || term == "dumb" {
            Colours::None
        } else if var("COLORTERM").is_some_and(|value| !value.is_empty()) || term.contains("256color") {
            Colours::Indexed
        } else if matches!(term.as_str(), "linux" | "ansi" | "vt100" | "vt220") {
            Colours::Sixteen
        } else {
            Colours::Indexed
        })
    }

    /// The style of `role`.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let (indexed, sixteen) = match role {
            Role::Text | Role::Strong => (None, None),
            Role::Muted | Role::Quiet | Role::Tab => (Some(245), Some(Color::DarkGray)),
            Role::Line => (Some(240), Some(Color::DarkGray)),
            Role::Heading => (Some(110), Some(Color::Cyan)),
            Role::Left | Role::LeftWord | Role::Warning => (Some(215), Some(Color::Yellow)),
            Role::Right | Role::RightWord => (Some(75), Some(Color::LightBlue)),
            Role::Alarm => (Some(209), Some(Color::LightRed)),
            Role::Unexplained => (Some(221), Some(Color::LightYellow)),
            Role::Notice => (Some(180), Some(Color::Yellow)),
            Role::Explained | Role::Gauge => (Some(74), Some(Color::Cyan)),
            Role::Match => (Some(229), Some(Color::LightYellow)),
            Role::Key => (Some(153), Some(Color::Cyan)),
            Role::TabActive => (Some(231), Some(Color::White)),
            Role::Selected | Role::SelectedElsewhere | Role::VerdictGood | Role::VerdictMiddling | Role::VerdictBad => {
                (Some(255), Some(Color::White))
            }
        };
        let style = Style::new().add_modifier(modifiers(role));
        match self.colours {
            Colours::None => style.add_modifier(colourless(role)),
            Colours::Sixteen => painted(style, sixteen, sixteen_background(role)),
            Colours::Indexed => {
                painted(style, indexed.map(Color::Indexed), indexed_background(role).map(Color::Indexed))
            }
        }
    }
}

fn painted(style: Style, foreground: Option<Color>, background: Option<Color>) -> Style {
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
        | Role::RightWord => Modifier::BOLD,
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

fn indexed_background(role: Role) -> Option<u8> {
    match role {
        Role::Selected | Role::TabActive | Role::VerdictGood | Role::RightWord => Some(24),
        Role::SelectedElsewhere => Some(238),
        Role::VerdictMiddling | Role::LeftWord => Some(94),
        Role::VerdictBad => Some(130),
        _ => None,
    }
}

fn sixteen_background(role: Role) -> Option<Color> {
    match role {
        Role::Selected | Role::TabActive | Role::VerdictGood | Role::RightWord => Some(Color::Blue),
        Role::SelectedElsewhere => Some(Color::DarkGray),
        Role::VerdictMiddling | Role::LeftWord => Some(Color::Magenta),
        Role::VerdictBad => Some(Color::Red),
        _ => None,
    }
}

/// The role of an explanation.
#[must_use]
pub fn explanation_role(explanation: Explanation) -> Role {
    match explanation {
        Explanation::SameVersion => Role::Alarm,
        Explanation::Unexplained => Role::Unexplained,
        Explanation::Metadata => Role::Notice,
        Explanation::Package => Role::Explained,
        Explanation::Generated | Explanation::Noise | Explanation::Bytecode | Explanation::Mtime => Role::Quiet,
    }
}

/// The role of a package's move.
#[must_use]
pub fn move_role(change: PackageMove) -> Role {
    match change {
        PackageMove::Added => Role::Right,
        PackageMove::Removed => Role::Left,
        PackageMove::Upgraded => Role::Explained,
        PackageMove::Downgraded => Role::Alarm,
        PackageMove::Rebuilt => Role::Notice,
    }
}

/// The role of the verdict's badge.
#[must_use]
pub fn verdict_role(verdict: Verdict, alarming: bool) -> Role {
    match verdict {
        Verdict::Identical | Verdict::ContentEquivalent => Role::VerdictGood,
        Verdict::Drifted if alarming => Role::VerdictBad,
        Verdict::DependencyEquivalent | Verdict::Drifted => Role::VerdictMiddling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(vars: &[(&str, &str)]) -> Colours {
        let find = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Theme::from_vars(find).colours
    }

    #[test]
    fn the_terminal_and_no_color_choose_the_palette() {
        assert_eq!(colours(&[("TERM", "xterm-256color")]), Colours::Indexed);
        assert_eq!(colours(&[("TERM", "linux")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "linux"), ("COLORTERM", "truecolor")]), Colours::Indexed);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Colours::None);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Colours::Indexed);
    }

    #[test]
    fn without_colours_no_role_paints_and_the_selection_still_shows() {
        let theme = Theme::new(Colours::None);
        for role in [Role::Alarm, Role::Left, Role::Right, Role::Selected, Role::VerdictBad, Role::Match] {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None), "{role:?}");
        }
        assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
    }
}
