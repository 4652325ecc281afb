//! Scripted sessions, frames of every view, and a storm of random events.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::app::App;
use super::event::{Closed, Event, World};
use super::fixture::{self, FixtureContents};
use super::theme::{Colours, Theme};
use super::worker::{self, Job};

/// A scripted session: work is done at once, and its answer is the next event.
struct Script {
    events: VecDeque<Event>,
    frames: Vec<Buffer>,
    cancelled: bool,
}

impl World for Script {
    fn next(&mut self, _timeout: Duration) -> Result<Option<Event>, Closed> {
        self.events.pop_front().map(Some).ok_or(Closed)
    }

    fn work(&mut self, job: Job) {
        self.events.push_front(Event::Answer(worker::answer(&job, &FixtureContents)));
    }

    fn cancel(&mut self) {
        self.cancelled = true;
    }

    fn screenshot(&mut self, frame: &Buffer) {
        self.frames.push(frame.clone());
    }
}

/// `"2 j Enter /ssl Esc"`: words are keys by name, or their characters typed one by one.
fn keys(script: &str) -> impl Iterator<Item = Event> + '_ {
    script.split_whitespace().flat_map(|word| {
        let named = match word {
            "Enter" => Some(KeyCode::Enter),
            "Esc" => Some(KeyCode::Esc),
            "Tab" => Some(KeyCode::Tab),
            "Down" => Some(KeyCode::Down),
            "End" => Some(KeyCode::End),
            _ => None,
        };
        match named {
            Some(code) => vec![Event::Key(KeyEvent::from(code))],
            None => word.chars().map(|typed| Event::Key(KeyEvent::from(KeyCode::Char(typed)))).collect(),
        }
    })
}

/// The frame after `script` on a terminal of this size.
fn frame(width: u16, height: u16, colours: Colours, script: &str) -> Buffer {
    let mut app = App::new(fixture::report(), Theme::new(colours));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let events = keys(script).chain([Event::Screenshot]).collect();
    let mut world = Script { events, frames: Vec::new(), cancelled: false };
    super::terminal::drive(&mut terminal, &mut app, &mut world).unwrap();
    world.frames.pop().unwrap()
}

fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let lines = (area.top()..area.bottom()).map(|y| {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol)).unwrap().max(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the frames as pictures where a person can look at them: `IMGDRIFT_PICTURES=DIR cargo test`.
fn picture(name: &str, buffer: &Buffer) {
    if let Some(directory) = std::env::var_os("IMGDRIFT_PICTURES") {
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.svg")), super::picture::svg(buffer))
            .unwrap();
    }
}

const VIEWS: [(&str, &str); 10] = [
    ("overview", "1"),
    ("packages", "2"),
    ("packages_grouped", "2 a g"),
    ("packages_detail", "2 /ssl Enter Enter"),
    ("files", "3"),
    ("files_text", "3 /settings Enter Enter"),
    ("files_hex", "3 /usr/bin/sort Enter"),
    ("files_search", "3 /lib"),
    ("layers", "4 j"),
    ("help", "3 ?"),
];

#[test]
fn every_view_at_both_sizes() {
    for (name, script) in VIEWS {
        for (width, height) in [(80, 24), (140, 45)] {
            let name = format!("{name}_{width}x{height}");
            let dark = frame(width, height, Colours::Indexed, script);
            picture(&name, &dark);
            insta::assert_snapshot!(name.clone(), text(&dark));
            let plain = frame(width, height, Colours::None, script);
            assert_eq!(text(&plain), text(&dark), "colour changes no character of {name}");
            let painted = |cell: &ratatui::buffer::Cell| {
                cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
            };
            assert!(!plain.content.iter().any(painted), "{name} has no colours under NO_COLOR");
        }
    }
}
