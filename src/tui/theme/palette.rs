//! The palettes: a foreground and a background per role, in 256 and in 16 colours.

use ratatui::style::Color;

use super::Role;

/// A set of colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Palette {
    #[default]
    Dark,
    Light,
    HighContrast,
}

/// An index of xterm's 256 colours for the foreground, and one for the background.
type Indexed = (Option<u8>, Option<u8>);
type Sixteen = (Option<Color>, Option<Color>);

impl Palette {
    pub const ALL: [Self; 3] = [Self::Dark, Self::Light, Self::HighContrast];

    /// The colours of a role among 256.
    #[must_use]
    pub fn indexed(self, role: Role) -> Indexed {
        match self {
            Self::Dark => dark(role),
            Self::Light => light(role),
            Self::HighContrast => high_contrast(role),
        }
    }

    /// The background of a role for which 256 colours have none faint enough.
    #[must_use]
    pub fn exact_background(self, role: Role) -> Option<Color> {
        match (self, role) {
            (Self::Dark, Role::LeftLine) => Some(Color::Rgb(0x38, 0x28, 0x16)),
            (Self::Dark, Role::RightLine) => Some(Color::Rgb(0x12, 0x2a, 0x40)),
            _ => None,
        }
    }

    /// The colours of a role among 16.
    #[must_use]
    pub fn sixteen(self, role: Role) -> Sixteen {
        match self {
            Self::Dark => dark_sixteen(role),
            Self::Light => light_sixteen(role),
            Self::HighContrast => high_contrast_sixteen(role),
        }
    }
}

fn dark(role: Role) -> Indexed {
    let foreground = match role {
        Role::Text | Role::Strong => None,
        Role::Muted | Role::Quiet | Role::Tab => Some(245),
        Role::Comment => Some(248),
        Role::Line => Some(240),
        Role::Heading => Some(110),
        Role::Left | Role::LeftWord | Role::Warning => Some(215),
        Role::Right | Role::RightWord => Some(75),
        Role::Alarm => Some(209),
        Role::Unexplained => Some(221),
        Role::Notice => Some(180),
        Role::Explained | Role::Gauge => Some(74),
        Role::Match | Role::Mark => Some(229),
        Role::Key | Role::RightLine => Some(153),
        Role::String => Some(151),
        Role::Constant => Some(182),
        Role::Keyword => Some(117),
        Role::Name | Role::LeftLine => Some(223),
        Role::TabActive => Some(231),
        Role::Selected | Role::SelectedElsewhere | Role::VerdictGood | Role::VerdictMiddling | Role::VerdictBad => {
            Some(255)
        }
    };
    let background = match role {
        Role::Selected | Role::TabActive | Role::VerdictGood | Role::RightWord => Some(24),
        Role::SelectedElsewhere => Some(238),
        Role::VerdictMiddling | Role::LeftWord => Some(94),
        Role::VerdictBad => Some(130),
        Role::LeftLine | Role::RightLine => Some(236),
        _ => None,
    };
    (foreground, background)
}

fn light(role: Role) -> Indexed {
    match role {
        Role::Text | Role::Strong => (None, None),
        Role::LeftLine => (None, Some(230)),
        Role::RightLine => (None, Some(195)),
        Role::Muted | Role::Quiet | Role::Tab | Role::Comment => (Some(242), None),
        Role::String => (Some(22), None),
        Role::Constant => (Some(90), None),
        Role::Keyword => (Some(19), None),
        Role::Name => (Some(58), None),
        Role::Line => (Some(249), None),
        Role::Heading | Role::Key => (Some(24), None),
        Role::Left | Role::Warning | Role::Unexplained => (Some(130), None),
        Role::Right => (Some(25), None),
        Role::LeftWord => (Some(16), Some(223)),
        Role::RightWord | Role::Selected => (Some(16), Some(153)),
        Role::Alarm => (Some(160), None),
        Role::Notice => (Some(94), None),
        Role::Explained | Role::Gauge => (Some(31), None),
        Role::Match | Role::Mark => (Some(16), Some(229)),
        Role::SelectedElsewhere => (Some(16), Some(253)),
        Role::TabActive | Role::VerdictGood => (Some(231), Some(25)),
        Role::VerdictMiddling => (Some(16), Some(222)),
        Role::VerdictBad => (Some(231), Some(130)),
    }
}

fn high_contrast(role: Role) -> Indexed {
    match role {
        Role::Text | Role::Strong | Role::Name => (Some(231), None),
        Role::Muted | Role::Quiet | Role::Tab | Role::Line | Role::Comment => (Some(252), None),
        Role::Heading | Role::Key | Role::Keyword => (Some(159), None),
        Role::String => (Some(157), None),
        Role::Constant => (Some(219), None),
        Role::Left | Role::LeftLine | Role::Warning => (Some(214), None),
        Role::Right | Role::RightLine => (Some(87), None),
        Role::LeftWord | Role::Alarm | Role::VerdictBad => (Some(16), Some(214)),
        Role::RightWord | Role::VerdictGood => (Some(16), Some(87)),
        Role::Unexplained | Role::Notice => (Some(226), None),
        Role::Explained | Role::Gauge => (Some(123), None),
        Role::Match | Role::Mark | Role::VerdictMiddling => (Some(16), Some(226)),
        Role::Selected | Role::TabActive => (Some(16), Some(231)),
        Role::SelectedElsewhere => (Some(231), Some(240)),
    }
}

fn dark_sixteen(role: Role) -> Sixteen {
    let foreground = match role {
        Role::Text | Role::Strong | Role::Name => None,
        Role::Muted | Role::Quiet | Role::Tab | Role::Line | Role::Comment => Some(Color::DarkGray),
        Role::Heading | Role::Explained | Role::Gauge | Role::Key | Role::Keyword => Some(Color::Cyan),
        Role::String => Some(Color::Green),
        Role::Constant => Some(Color::Magenta),
        Role::Left | Role::LeftWord | Role::LeftLine | Role::Warning | Role::Notice => Some(Color::Yellow),
        Role::Right | Role::RightWord | Role::RightLine => Some(Color::LightBlue),
        Role::Alarm => Some(Color::LightRed),
        Role::Unexplained | Role::Match | Role::Mark => Some(Color::LightYellow),
        Role::TabActive
        | Role::Selected
        | Role::SelectedElsewhere
        | Role::VerdictGood
        | Role::VerdictMiddling
        | Role::VerdictBad => Some(Color::White),
    };
    let background = match role {
        Role::Selected | Role::TabActive | Role::VerdictGood | Role::RightWord => Some(Color::Blue),
        Role::SelectedElsewhere => Some(Color::DarkGray),
        Role::VerdictMiddling | Role::LeftWord => Some(Color::Magenta),
        Role::VerdictBad => Some(Color::Red),
        _ => None,
    };
    (foreground, background)
}

fn light_sixteen(role: Role) -> Sixteen {
    match role {
        Role::Text | Role::Strong | Role::Name => (None, None),
        Role::Muted | Role::Quiet | Role::Tab | Role::Line | Role::Comment => (Some(Color::DarkGray), None),
        Role::Heading | Role::Key | Role::Keyword | Role::Right | Role::RightLine | Role::Explained | Role::Gauge => {
            (Some(Color::Blue), None)
        }
        Role::String => (Some(Color::Green), None),
        Role::Constant => (Some(Color::Cyan), None),
        Role::Left | Role::LeftLine | Role::Warning | Role::Unexplained | Role::Notice => (Some(Color::Magenta), None),
        Role::Alarm => (Some(Color::Red), None),
        Role::LeftWord | Role::Match | Role::Mark | Role::VerdictMiddling => (Some(Color::Black), Some(Color::Yellow)),
        Role::RightWord | Role::Selected => (Some(Color::Black), Some(Color::Cyan)),
        Role::SelectedElsewhere => (Some(Color::Black), Some(Color::Gray)),
        Role::TabActive | Role::VerdictGood => (Some(Color::White), Some(Color::Blue)),
        Role::VerdictBad => (Some(Color::White), Some(Color::Red)),
    }
}

fn high_contrast_sixteen(role: Role) -> Sixteen {
    match role {
        Role::Text | Role::Strong | Role::Muted | Role::Quiet | Role::Tab | Role::Line | Role::Comment | Role::Name => {
            (Some(Color::White), None)
        }
        Role::Heading | Role::Key | Role::Keyword | Role::Explained | Role::Gauge | Role::Right | Role::RightLine => {
            (Some(Color::LightCyan), None)
        }
        Role::String => (Some(Color::LightGreen), None),
        Role::Constant => (Some(Color::LightMagenta), None),
        Role::Left | Role::LeftLine | Role::Warning | Role::Unexplained | Role::Notice => {
            (Some(Color::LightYellow), None)
        }
        Role::LeftWord | Role::Match | Role::Mark | Role::VerdictMiddling => {
            (Some(Color::Black), Some(Color::LightYellow))
        }
        Role::Alarm | Role::VerdictBad => (Some(Color::White), Some(Color::Red)),
        Role::RightWord | Role::VerdictGood => (Some(Color::Black), Some(Color::LightCyan)),
        Role::Selected | Role::TabActive => (Some(Color::Black), Some(Color::White)),
        Role::SelectedElsewhere => (Some(Color::White), Some(Color::DarkGray)),
    }
}
