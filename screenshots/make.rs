//! Makes the pictures in this folder from the real program in a pseudo-terminal, on the demo images:
//!
//! ```text
//! cargo build --release --locked && cargo run --locked --example screenshots [PROGRAM [FOLDER]]
//! ```

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a script for developers: it stops where it fails")]

#[path = "../tests/suite/terminal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::path::Path;
use std::time::Duration;
use std::{env, fs, thread};

use imgdrift::tui::picture::{DARK, LIGHT, svg};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use terminal::Session;

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;

/// One picture of the demo.
struct Picture {
    name: &'static str,
    /// The keys that lead there from the start, typed one after the other.
    keys: &'static [&'static str],
    /// What the screen shows then.
    shows: &'static str,
    /// The user's file of preferences.
    preferences: &'static str,
}

const fn picture(name: &'static str, keys: &'static [&'static str], shows: &'static str) -> Picture {
    Picture { name, keys, shows, preferences: "" }
}

const PICTURES: &[Picture] = &[
    picture("overview", &[], "drifted"),
    // The first thing to look at is the alarm; its contents follow a moment later.
    picture("alarm", &["\r"], "gunzip_trace"),
    picture("packages", &["2"], "delta"),
    picture("files", &["3"], "usr"),
    picture("layers", &["4"], "instruction"),
    picture("config", &["5"], "configuration"),
    picture("findings", &["6"], "why it matters"),
    picture("palette", &["3", ":", "f", "i", "l"], "enter does it"),
    picture("export", &["2", "m", "m", "e"], "marked by the reviewer"),
    Picture {
        preferences: "theme = \"light\"\n",
        ..picture("light", &["3", "/", "p", "r", "i", "c", "e", "s", ".", "p", "y", "\r", "\r", "z"], "contents")
    },
];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = env::args().skip(1);
    let program = arguments.next().map_or_else(|| root.join("target/release/imgdrift"), Into::into);
    // It runs in another folder than this script.
    let program = fs::canonicalize(program).expect("the program is built").display().to_string();
    let folder = arguments.next().map_or_else(|| root.join("screenshots"), Into::into);
    for picture in PICTURES {
        let buffer = take(picture, &program);
        let file = folder.join(format!("{}.svg", picture.name));
        fs::write(file, svg(&buffer, if picture.preferences.is_empty() { DARK } else { LIGHT }))
            .expect("the folder can be written");
    }
}

fn take(picture: &Picture, program: &str) -> Buffer {
    let preferences = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(preferences.path(), picture.preferences).expect("the file can be written");
    let mut session = Session::at(program, &["demo"], (COLUMNS, ROWS), &env::temp_dir(), preferences.path());
    session.wait_for("drifted");
    for keys in picture.keys {
        session.keys(keys);
        // A person does not type the next key before the last one shows.
        thread::sleep(Duration::from_millis(150));
    }
    session.wait(picture.shows, |screen| screen.contents().to_lowercase().contains(picture.shows));
    // Contents are read beside the interface and may come a moment later.
    thread::sleep(Duration::from_millis(700));
    let buffer = session.with(buffer);
    session.keys("\x03");
    session.end();
    buffer
}

fn buffer(screen: &vt100::Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
        let (Some(from), Some(to)) = (screen.cell(y, x), buffer.cell_mut((x, y))) else { continue };
        if from.has_contents() {
            to.set_symbol(from.contents());
        }
        to.fg = color(from.fgcolor());
        to.bg = color(from.bgcolor());
        for (is_set, modifier) in [
            (from.bold(), Modifier::BOLD),
            (from.dim(), Modifier::DIM),
            (from.underline(), Modifier::UNDERLINED),
            (from.inverse(), Modifier::REVERSED),
        ] {
            to.modifier.set(modifier, is_set);
        }
    }
    buffer
}

fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
