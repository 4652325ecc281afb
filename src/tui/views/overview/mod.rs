//! The answer on one screen: the verdict in words, what to look at first, both identities, what moved.

mod alone;
mod bar;
mod base;
mod checklist;
mod first;
mod growth;
mod identity;
mod page;

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::first::First;
use self::page::Page;
use super::packages::{growth as grown, urgency};
use super::{Context, Mouse, Request, View, ViewEntry};
use crate::compare::DriftReport;
use crate::tui::document::Document;
use crate::tui::keys::{Action, Binding, ch, key, row};
use crate::tui::paint;
use crate::tui::theme::{Role, signs};

pub const VIEW: ViewEntry = ViewEntry {
    title: "Overview",
    keys: KEYS,
    make: |report| Box::new(Overview::new(report)),
    count: |_| String::new(),
    accepts: |_| false,
};

const KEYS: &[Binding] = &[
    row(Action::Open, "open", &[key(KeyCode::Enter)], "go to what the selected row names", Some("go there")),
    row(Action::Left, "left", &[ch('h'), key(KeyCode::Left)], "the left column", None),
    row(Action::Right, "right", &[ch('l'), key(KeyCode::Right)], "the right column", None),
];

/// From this width on there are two columns.
const TWO_COLUMNS: u16 = 100;

/// The overview. What needs reading is found once; the lines are laid out per width.
struct Overview {
    first: First,
    /// Packages that moved, what deserves a look first.
    moved: Vec<usize>,
    columns: [Document; 2],
    focus: usize,
    two: bool,
}

impl Overview {
    fn new(report: &DriftReport) -> Self {
        let mut moved: Vec<usize> = (0..report.packages.len())
            .filter(|at| report.packages.get(*at).is_some_and(|row| row.change.is_some()))
            .collect();
        moved.sort_by_key(|at| report.packages.get(*at).map(|row| (urgency(row.change), Reverse(grown(row)))));
        Self {
            first: First::of(report),
            moved,
            columns: [Document::default(), Document::default()],
            // The column with the things to look at.
            focus: 1,
            two: false,
        }
    }

    fn focused(&mut self) -> &mut Document {
        let [left, right] = &mut self.columns;
        if self.two && self.focus == 1 { right } else { left }
    }
}

impl View for Overview {
    fn act(&mut self, action: Action, _context: &Context<'_>) -> Vec<Request> {
        match action {
            Action::Open => return self.focused().jump().map(Request::Jump).into_iter().collect(),
            Action::Left => self.focus = 0,
            Action::Right => self.focus = 1,
            motion => {
                self.focused().act(motion);
            }
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: Mouse, _context: &Context<'_>) -> Vec<Request> {
        let (Mouse::Click(at) | Mouse::Wheel(at, _) | Mouse::Drag(at)) = mouse;
        let Some(column) = self.columns.iter().position(|column| column.contains(at)) else { return Vec::new() };
        let Some(document) = self.columns.get_mut(column) else { return Vec::new() };
        match mouse {
            Mouse::Wheel(_, rows) => document.wheel(rows),
            Mouse::Drag(_) => {}
            Mouse::Click(_) => {
                self.focus = column;
                return document.click(at).map(Request::Jump).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, context: &Context<'_>) {
        let (report, theme) = (context.report.as_ref(), context.theme);
        let page = Page { report, theme, first: &self.first, moved: &self.moved };
        self.two = area.width >= TWO_COLUMNS;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let [first, second] = &mut self.columns;
        if self.two {
            let width = (inner.width - 3) * 11 / 20;
            let left = Rect { width, ..inner };
            let right = Rect { x: left.right() + 3, width: inner.width - width - 3, ..inner };
            let between = Rect { x: left.right() + 1, width: 1, ..inner };
            for row in 0..area.height {
                paint::put(buffer, between, row, &Line::styled(signs::VERTICAL, theme.style(Role::Line)));
            }
            first.show(0, 1, left, |width| page.left(width));
            second.show(0, 1, right, |width| page.right(width));
        } else {
            first.show(0, 0, inner, |width| page.whole(width));
            second.show(0, 0, Rect::ZERO, |_| Vec::new());
        }
        let focus = if self.two { self.focus } else { 0 };
        first.draw(buffer, focus == 0, theme);
        second.draw(buffer, focus == 1, theme);
    }
}
