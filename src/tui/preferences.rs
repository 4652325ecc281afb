//! The user's own file: theme, keys, the diff tool.
//!
//! ```toml
//! theme = "light"                  # dark, light, high-contrast; as the terminal says where it is left out
//! ascii = true                     # no lines and arrows that a poor font lacks
//! diff-tool = "meld {left} {right}"
//!
//! [keys.global]                    # or of one view: overview, packages, files, layers, config, findings
//! quit = ["Q", "Ctrl-q"]
//!
//! [style.alarm]                    # any role of the theme
//! fg = "#ff5f00"
//! bold = true
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::style::{Modifier, Style};
use serde::Deserialize;

use super::keymap::{KeyMap, KeyMapError};
use super::keys::{Key, KeyError};
use super::outside::{Viewer, ViewerError};
use super::theme::{ColourError, Override, Palette, Role, Theme, parse_colour};

/// Theme, keys and programs, as the terminal and the user's file say.
#[derive(Debug, Clone)]
pub struct Preferences {
    pub theme: Theme,
    pub keys: KeyMap,
    pub viewer: Viewer,
}

/// What is wrong with the file, or with `$PAGER`.
#[derive(Debug, thiserror::Error)]
pub enum PreferencesError {
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("keys.{scope}.{action}: {error}")]
    Key { scope: String, action: String, error: KeyError },
    #[error("keys: {0}")]
    Keys(#[from] KeyMapError),
    #[error("style.{role}: {error}")]
    Colour { role: String, error: ColourError },
    #[error("{name}: {error}")]
    Viewer { name: &'static str, error: ViewerError },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    theme: Option<Palette>,
    ascii: bool,
    diff_tool: Option<String>,
    /// By view, then by action.
    keys: BTreeMap<String, BTreeMap<String, Keys>>,
    /// By role.
    style: BTreeMap<Role, StyleFile>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StyleFile {
    fg: Option<String>,
    bg: Option<String>,
    bold: Option<bool>,
    dim: Option<bool>,
    underline: Option<bool>,
    reverse: Option<bool>,
}

impl Preferences {
    /// Reads the file's text, empty where there is none; `var` looks into the environment.
    ///
    /// # Errors
    /// When it is not such a file, or two actions would share a key.
    pub fn read(text: &str, var: impl Fn(&str) -> Option<String>) -> Result<Self, PreferencesError> {
        let file: File = toml::from_str(text)?;
        let viewer = match &file.diff_tool {
            Some(command) => Viewer::diff(command).map_err(|error| ("diff-tool", error)),
            None => Viewer::pager(var("PAGER").as_deref()).map_err(|error| ("PAGER", error)),
        };
        let viewer = viewer.map_err(|(name, error)| PreferencesError::Viewer { name, error })?;
        let theme = Theme::from_vars(var);
        let theme = file.theme.map_or(theme, |palette| theme.with_palette(palette));
        let mut overrides = Vec::with_capacity(file.style.len());
        for (role, style) in &file.style {
            let style = style.read().map_err(|error| PreferencesError::Colour { role: format!("{role:?}"), error })?;
            overrides.push(Override { role: *role, style });
        }
        // Read once, needed until the end: a theme is handed about by value.
        let theme = theme.with_ascii(file.ascii).with_overrides(Vec::leak(overrides));
        Ok(Self { theme, keys: keys(file.keys)?, viewer })
    }
}

fn keys(file: BTreeMap<String, BTreeMap<String, Keys>>) -> Result<KeyMap, PreferencesError> {
    let mut map = KeyMap::default();
    for (scope, actions) in file {
        for (action, keys) in actions {
            let keys = match keys {
                Keys::One(key) => vec![key],
                Keys::Several(keys) => keys,
            };
            let keys: Result<Vec<Key>, KeyError> = keys.iter().map(|key| key.parse()).collect();
            let keys =
                keys.map_err(|error| PreferencesError::Key { scope: scope.clone(), action: action.clone(), error })?;
            map.rebind(&scope, &action, keys)?;
        }
    }
    map.check()?;
    Ok(map)
}

impl StyleFile {
    fn read(&self) -> Result<Style, ColourError> {
        let colour = |text: &Option<String>| text.as_deref().map(parse_colour).transpose();
        let mut style = Style { fg: colour(&self.fg)?, bg: colour(&self.bg)?, ..Style::new() };
        for (wanted, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ] {
            style = match wanted {
                Some(true) => style.add_modifier(modifier),
                Some(false) => style.remove_modifier(modifier),
                None => style,
            };
        }
        Ok(style)
    }
}

/// The file that says what holds without one: every action with its keys, by view.
#[must_use]
pub fn defaults() -> String {
    let mut text = String::from(
        "# theme = \"dark\"          # dark, light, high-contrast; as the terminal says where it is left out\n\
         # ascii = false           # no lines and arrows that a poor font lacks\n\
         # diff-tool = \"vimdiff\"   # for the key o, in place of $PAGER; {left} and {right} say where the files go\n",
    );
    for (scope, bindings) in KeyMap::default().all() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n[keys.{scope}]");
        for bound in bindings {
            let keys: Vec<String> = bound.keys.iter().map(|key| format!("{:?}", key.to_string())).collect();
            let row = format!("{} = [{}]", bound.binding.name, keys.join(", "));
            let _ = writeln!(text, "{row:<44} # {}", bound.binding.help);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent};
    use ratatui::style::Color;

    use super::*;
    use crate::tui::keys::Action;

    fn read(text: &str) -> Result<Preferences, String> {
        let var = |name: &str| (name == "COLORTERM").then(|| "truecolor".to_owned());
        Preferences::read(text, var).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let read = read(
            "theme = \"high-contrast\"\nascii = true\ndiff-tool = \"delta\"\n\
             [keys.files]\nsearch = \"i\"\nfilter = [\"Ctrl-f\", \"F2\"]\n[style.alarm]\nfg = \"#ff5f00\"\nbold = false\n",
        )
        .unwrap();
        assert!(read.theme.is_ascii());
        assert_eq!(read.theme.style(Role::Alarm).fg, Some(Color::Rgb(255, 95, 0)));
        assert_eq!(read.theme.style(Role::Muted).fg, Some(Color::Indexed(252)));
        assert_eq!(read.keys.find(2, KeyEvent::from(KeyCode::Char('i'))), Some(Action::Search));
        assert_eq!(read.keys.find(2, KeyEvent::from(KeyCode::F(2))), Some(Action::Filter));
        assert_eq!(read.keys.find(1, KeyEvent::from(KeyCode::Char('/'))), Some(Action::Search));
        assert_eq!(read.viewer, Viewer::Diff(vec!["delta".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, says) in [
            ("theme = \"pink\"", "unknown variant `pink`, expected one of `dark`, `light`, `high-contrast`"),
            ("colour = 1", "unknown field `colour`"),
            ("[keys.files]\nsearch = \"Hyper-x\"", "keys.files.search: \"Hyper-x\" is no key"),
            ("[keys.file]\nsearch = \"s\"", "\"file\" is no view"),
            ("[keys.files]\nseek = \"s\"", "\"seek\" is no action of files"),
            ("[keys.files]\nsearch = \"f\"", "files: f means both filter and search"),
            ("[style.alarm]\nfg = \"orangish\"", "\"orangish\" is no colour"),
            ("[style.panic]\nfg = \"red\"", "unknown variant `panic`"),
            ("diff-tool = \"'\"", "diff-tool: \"'\" is no command line"),
            ("ascii =", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn the_defaults_read_back_as_no_change() {
        let text = defaults();
        let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        let uncommented = lines.join("\n");
        for text in [text.as_str(), &uncommented] {
            let map = read(text).unwrap().keys;
            for ((scope, read), (_, default)) in map.all().zip(KeyMap::default().all()) {
                for (read, default) in read.iter().zip(default) {
                    assert_eq!(read.keys, default.keys, "{scope}.{}", default.binding.name);
                }
            }
        }
    }
}
