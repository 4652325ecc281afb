//! What is on screen. Events come in, the state changes, effects go out; nothing here waits or does I/O.
//!
//! ```text
//! ┌ drifted  2 unexplained, 1 alarm      shop:1.3 → shop:1.4 ┐  verdict, qualifiers, what is compared
//! │ 1 Overview   2 Packages 21   3 Files 1,204   4 Layers 3  │  tabs, with how much differs
//! │                                                          │
//! │ the current view                                         │
//! │                                                          │
//! └ a all  / search  Enter detail           ? help  q quit   ┘  keys, the search line, or a message
//! ```

use std::sync::Arc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Jump;
use super::event::Event;
use super::help::Help;
use super::keys::{self, Action, GLOBAL};
use super::loading::Screen;
use super::paint;
use super::search::Typed;
use super::text;
use super::theme::{Role, Theme, signs, verdict_role};
use super::views::{Context, Mouse, VIEWS, View};
use super::worker::Job;
use crate::compare::DriftReport;
use crate::model::text::visible;

/// The smallest terminal that can show anything useful.
const SMALLEST: (u16, u16) = (40, 10);

/// What the state asks of the world.
pub enum Effect {
    /// Leave the explorer.
    Quit,
    /// Ask the workers to stop making the report.
    Cancel,
    /// Leave, because the report could not be made.
    Fail(String),
    Work(Job),
}

/// What a view asks of the explorer.
pub enum Request {
    Jump(Jump),
    /// A line for the reader until the next key.
    Say(String),
    Work(Job),
}

/// The whole interface.
pub struct App {
    theme: Theme,
    stage: Stage,
}

enum Stage {
    Loading(Screen),
    Exploring(Box<Explorer>),
}

/// The interface once there is a report.
pub struct Explorer {
    report: Arc<DriftReport>,
    views: Vec<Box<dyn View>>,
    current: usize,
    /// Views that a jump left, for the way back.
    trail: Vec<usize>,
    help: Option<Help>,
    message: Option<String>,
    /// Where each tab was drawn.
    tabs: Vec<Rect>,
}

impl App {
    /// Starts with the loading screen.
    #[must_use]
    pub fn loading(screen: Screen, theme: Theme) -> Self {
        Self { theme, stage: Stage::Loading(screen) }
    }

    /// Starts with the report at hand.
    #[must_use]
    pub fn new(report: Arc<DriftReport>, theme: Theme) -> Self {
        Self { theme, stage: Stage::Exploring(Box::new(Explorer::new(report))) }
    }

    /// Whether frames change without an event.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self.stage, Stage::Loading(_))
    }

    /// Takes in what happened.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Terminate => return self.quit(),
            Event::Key(key) if is_ctrl_c(key) => return self.quit(),
            Event::Ready(Ok(explorer)) => {
                self.stage = Stage::Exploring(explorer);
                return Vec::new();
            }
            Event::Ready(Err(message)) => return vec![Effect::Fail(message)],
            _ => {}
        }
        match &mut self.stage {
            Stage::Exploring(explorer) => explorer.update(event, self.theme),
            Stage::Loading(_) => match event {
                Event::Key(KeyEvent { code: KeyCode::Char('q') | KeyCode::Esc, .. }) => self.quit(),
                _ => Vec::new(),
            },
        }
    }

    /// Draws the frame.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if let Some(cursor) = self.render(area, frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    }

    /// Draws into `buffer`; where the text cursor is, while something is typed.
    pub fn render(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            let words = format!("imgdrift needs {} x {}", SMALLEST.0, SMALLEST.1);
            paint::put(buffer, area, area.height / 2, &Line::raw(words));
            return None;
        }
        match &mut self.stage {
            Stage::Loading(screen) => {
                screen.draw(area, buffer, self.theme);
                None
            }
            Stage::Exploring(explorer) => explorer.draw(area, buffer, self.theme),
        }
    }

    fn quit(&self) -> Vec<Effect> {
        match self.stage {
            Stage::Loading(_) => vec![Effect::Cancel, Effect::Quit],
            Stage::Exploring(_) => vec![Effect::Quit],
        }
    }
}

fn is_ctrl_c(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

impl Explorer {
    /// Makes the views; takes a moment for large reports, so not on the thread that draws.
    #[must_use]
    pub fn new(report: Arc<DriftReport>) -> Self {
        let views = VIEWS.iter().map(|view| (view.make)(&report)).collect();
        Self { report, views, current: 0, trail: Vec::new(), help: None, message: None, tabs: Vec::new() }
    }

    fn update(&mut self, event: Event, theme: Theme) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.key(key, theme),
            Event::Mouse(mouse) => self.mouse(mouse, theme),
            Event::Answer(answer) => {
                let context = Context { report: &self.report, theme };
                let requests: Vec<Request> =
                    self.views.iter_mut().flat_map(|view| view.answer(&answer, &context)).collect();
                self.grant(requests, theme)
            }
            _ => Vec::new(),
        }
    }

    fn key(&mut self, key: KeyEvent, theme: Theme) -> Vec<Effect> {
        self.message = None;
        let own = VIEWS.get(self.current).map(|view| view.keys).unwrap_or_default();
        if let Some(help) = &mut self.help {
            if !help.act(keys::find(&[], key)) {
                self.help = None;
            }
            return Vec::new();
        }
        if let Some(search) = self.view().and_then(|view| view.search()).filter(|search| search.is_typing()) {
            return match search.key(key) {
                Typed::Changed => self.ask(theme, |view, context| view.searched(context)),
                Typed::Motion(action) => self.ask(theme, |view, context| view.act(action, context)),
                Typed::Done => self.ask(theme, |view, context| view.search_done(context)),
                Typed::Nothing => Vec::new(),
            };
        }
        keys::find(own, key).map(|action| self.act(action, theme)).unwrap_or_default()
    }

    fn act(&mut self, action: Action, theme: Theme) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Help => self.help = Some(Help::default()),
            Action::NextView => return self.switch((self.current + 1) % VIEWS.len(), theme),
            Action::PreviousView => return self.switch((self.current + VIEWS.len() - 1) % VIEWS.len(), theme),
            Action::View(at) if at < VIEWS.len() => return self.switch(at, theme),
            Action::Search => {
                if let Some(search) = self.view().and_then(|view| view.search()) {
                    search.open();
                }
            }
            Action::Back => {
                let context = Context { report: &self.report, theme };
                match self.views.get_mut(self.current).and_then(|view| view.leave(&context)) {
                    Some(requests) => return self.grant(requests, theme),
                    None => self.current = self.trail.pop().unwrap_or(self.current),
                }
            }
            other => return self.ask(theme, |view, context| view.act(other, context)),
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: MouseEvent, theme: Theme) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        let mouse = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Mouse::Click(at),
            MouseEventKind::ScrollDown => Mouse::Wheel(at, 3),
            MouseEventKind::ScrollUp => Mouse::Wheel(at, -3),
            _ => return Vec::new(),
        };
        if let Some(help) = &mut self.help {
            match mouse {
                Mouse::Wheel(_, rows) => help.wheel(rows),
                Mouse::Click(_) => self.help = None,
            }
            return Vec::new();
        }
        if let (Mouse::Click(_), Some(tab)) = (mouse, self.tabs.iter().position(|tab| tab.contains(at))) {
            return self.switch(tab, theme);
        }
        self.message = None;
        self.ask(theme, |view, context| view.mouse(mouse, context))
    }

    fn view(&mut self) -> Option<&mut Box<dyn View>> {
        self.views.get_mut(self.current)
    }

    fn switch(&mut self, view: usize, theme: Theme) -> Vec<Effect> {
        self.current = view;
        self.trail.clear();
        self.ask(theme, |view, context| view.shown(context))
    }

    /// Lets the current view act and grants what it asks for.
    fn ask(&mut self, theme: Theme, act: impl FnOnce(&mut dyn View, &Context<'_>) -> Vec<Request>) -> Vec<Effect> {
        let context = Context { report: &self.report, theme };
        let requests = self.views.get_mut(self.current).map(|view| act(view.as_mut(), &context)).unwrap_or_default();
        self.grant(requests, theme)
    }

    fn grant(&mut self, requests: Vec<Request>, theme: Theme) -> Vec<Effect> {
        let mut effects = Vec::new();
        for request in requests {
            match request {
                Request::Work(job) => effects.push(Effect::Work(job)),
                Request::Say(message) => self.message = Some(message),
                Request::Jump(jump) => {
                    if let Some(target) = VIEWS.iter().position(|view| (view.accepts)(jump)) {
                        if target != self.current {
                            self.trail.push(self.current);
                        }
                        self.current = target;
                        // A view that is jumped to shows what it was asked for and does not jump on.
                        let context = Context { report: &self.report, theme };
                        let more = self.views.get_mut(target).map(|view| view.go(jump, &context)).unwrap_or_default();
                        effects.extend(more.into_iter().filter_map(|request| match request {
                            Request::Work(job) => Some(Effect::Work(job)),
                            Request::Jump(_) | Request::Say(_) => None,
                        }));
                    }
                }
            }
        }
        effects
    }

    fn draw(&mut self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let row = |at: u16| Rect { y: area.y + at, height: 1, ..area };
        header(&self.report, row(0), buffer, theme);
        self.tabs = tabs(&self.report, self.current, row(1), buffer, theme);
        let gap = u16::from(area.height >= 20);
        let body = Rect { y: area.y + 2 + gap, height: area.height.saturating_sub(3 + gap), ..area };
        let context = Context { report: &self.report, theme };
        if let Some(view) = self.views.get_mut(self.current) {
            view.draw(body, buffer, &context);
        }
        let cursor = self.footer(row(area.height - 1), buffer, theme);
        if let (Some(help), Some(view)) = (&mut self.help, VIEWS.get(self.current)) {
            help.draw(area, buffer, view, theme);
            return None;
        }
        cursor
    }

    fn footer(&mut self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        if let Some(search) = self.view().and_then(|view| view.search()).filter(|search| search.is_typing()) {
            let line = Line::from(vec![
                Span::styled(" / ", theme.style(Role::Key)),
                Span::raw(visible(search.text()).into_owned()),
            ]);
            paint::put(buffer, area, 0, &line);
            let column = u16::try_from(search.cursor() + 3).unwrap_or(u16::MAX);
            return Some(Position::new(area.x + column.min(area.width.saturating_sub(1)), area.y));
        }
        if let Some(message) = &self.message {
            let line = Line::styled(format!(" {}", visible(message)), theme.style(Role::Warning));
            paint::put(buffer, area, 0, &line);
            return None;
        }
        let global = hints(GLOBAL, usize::from(area.width), theme);
        let right = u16::try_from(global.width() + 1).unwrap_or(u16::MAX).min(area.width);
        paint::put_right(buffer, area, 0, &global);
        if let Some(view) = VIEWS.get(self.current) {
            let room = Rect { width: area.width - right, ..area };
            paint::put(buffer, room, 0, &hints(view.keys, usize::from(room.width), theme));
        }
        None
    }
}

/// The keys that fit into `room` columns, none of them in part.
fn hints(bindings: &[keys::Binding], room: usize, theme: Theme) -> Line<'static> {
    let mut line = Line::default();
    for binding in bindings {
        let Some(hint) = binding.hint else { continue };
        let (key, hint) = (format!(" {} ", binding.first_key()), format!("{hint} "));
        if line.width() + text::width(&key) + text::width(&hint) > room {
            break;
        }
        line.push_span(Span::styled(key, theme.style(Role::Key)));
        line.push_span(Span::styled(hint, theme.style(Role::Muted)));
    }
    line
}

/// The verdict, what qualifies it, what is compared, and that there are warnings.
fn header(report: &DriftReport, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let headline = report.headline();
    let (verdict, qualifiers) = headline.split_once(", ").unwrap_or((&headline, ""));
    let alarming = report.alarms() + report.unexplained() > 0;
    let mut spans = vec![
        Span::styled(format!(" {verdict} "), theme.style(verdict_role(report.verdict, alarming))),
        Span::styled(format!(" {qualifiers} "), theme.style(if alarming { Role::Unexplained } else { Role::Strong })),
    ];
    if !report.warnings.is_empty() {
        let words = format!(" ! {} ", text::plural(report.warnings.len(), "warning", "warnings"));
        spans.push(Span::styled(words, theme.style(Role::Warning)));
    }
    let line = Line::from(spans);
    let room = usize::from(area.width).saturating_sub(line.width() + 1);
    paint::put(buffer, area, 0, &line);
    let (left, right) = (visible(&report.left.reference), visible(&report.right.reference));
    let room = room.saturating_sub(4);
    if room >= 12 {
        // A short reference leaves its room to the other one.
        let left = text::reference(&left, (room / 2).max(room.saturating_sub(text::width(&right))));
        let right = text::reference(&right, room.saturating_sub(text::width(&left)));
        let line = Line::from(vec![
            Span::styled(left, theme.style(Role::Left)),
            Span::styled(format!(" {} ", signs::ARROW), theme.style(Role::Muted)),
            Span::styled(format!("{right} "), theme.style(Role::Right)),
        ]);
        paint::put_right(buffer, area, 0, &line);
    }
}

fn tabs(report: &DriftReport, current: usize, area: Rect, buffer: &mut Buffer, theme: Theme) -> Vec<Rect> {
    let mut x = area.x;
    let mut places = Vec::with_capacity(VIEWS.len());
    for (at, view) in VIEWS.iter().enumerate() {
        let role = if at == current { Role::TabActive } else { Role::Tab };
        let count = (view.count)(report);
        let words = if count.is_empty() { String::new() } else { format!(" {count}") };
        let label = format!(" {} {}{words} ", at + 1, view.title);
        let width = u16::try_from(text::width(&label)).unwrap_or(u16::MAX).min(area.right().saturating_sub(x));
        let place = Rect { x, width, ..area };
        paint::put(buffer, place, 0, &Line::styled(label, theme.style(role)));
        places.push(place);
        x = (x + width + 1).min(area.right());
    }
    places
}
