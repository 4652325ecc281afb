//! Makes the pictures in this folder from the real program in a pseudo-terminal, on the demo images:
//!
//! ```text
//! cargo build --release --locked && cargo run --locked --example screenshots
//! ```

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a script for developers: it stops where it fails")]

#[path = "../tests/suite/terminal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::path::Path;
use std::time::Duration;
use std::{env, fs, thread};

use imgdrift::tui::picture;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use terminal::Session;

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;

/// File name, the keys that lead there from the start, and what the screen shows then.
const PICTURES: &[(&str, &str, &str)] = &[
    ("overview", "", "drifted"),
    // The first thing to look at is the alarm; its contents follow a moment later.
    ("alarm", "\r", "GUNZIP_TRACE"),
    ("packages", "2", "delta"),
    ("files", "3", "usr"),
    ("layers", "4", "Instruction"),
];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let program = env::args()
        .nth(1)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/imgdrift").display().to_string());
    for (name, keys, shows) in PICTURES {
        let mut session = Session::start(&program, &["demo"], COLUMNS, ROWS);
        session.wait_for("drifted");
        session.keys(keys);
        session.wait(shows, |screen| screen.contents().to_lowercase().contains(&shows.to_lowercase()));
        // Contents are read beside the interface and may come a moment later.
        thread::sleep(Duration::from_millis(500));
        let buffer = session.with(buffer);
        fs::write(folder.join(format!("{name}.svg")), picture::svg(&buffer)).expect("the folder can be written");
        session.keys("q");
        session.end();
    }
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
