//! The interface once there is a report: the views, what stands over them, and the way from a key to what it does.

mod errands;
mod over;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Jump;
use super::app::Effect;
use super::chrome;
use super::event::Event;
use super::keys::Action;
use super::overlay::{Help, MenuKind, Overlay, Palette};
use super::paint;
use super::search::Typed;
use super::setup::Setup;
use super::theme::Role;
use super::views::{Context, Mouse, Request, VIEWS, View};
use super::worker::{Answer, Found};
use crate::compare::DriftReport;
use crate::compare::review::{Review, Subject};
use crate::model::text::visible;

/// The views of one report and what the reviewer made of it.
pub struct Explorer {
    report: Arc<DriftReport>,
    views: Vec<Box<dyn View>>,
    current: usize,
    /// Where jumps came from, for the way back: the view, and what was selected there.
    trail: Vec<(usize, Option<Subject>)>,
    overlay: Option<Overlay>,
    review: Review,
    message: Option<String>,
    /// Where each tab was drawn.
    tabs: Vec<Rect>,
    errands: Errands,
}

/// The tickets of the newest questions of each kind; a view counts its own.
#[derive(Debug, Default)]
struct Errands {
    newest: u64,
    preview: u64,
    /// Of the export that the open dialog asked for.
    writing: u64,
    opening: u64,
}

impl Explorer {
    /// Whether the view in front shows how far slow work is.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.views.get(self.current).is_some_and(|view| view.is_waiting())
    }

    /// Makes the views; takes a moment for large reports, so not on the thread that draws.
    #[must_use]
    pub fn new(report: Arc<DriftReport>) -> Self {
        let views = VIEWS.iter().map(|view| (view.make)(&report)).collect();
        Self {
            report,
            views,
            current: 0,
            trail: Vec::new(),
            overlay: None,
            review: Review::default(),
            message: None,
            tabs: Vec::new(),
            errands: Errands::default(),
        }
    }

    /// Takes in what happened.
    pub fn update(&mut self, event: Event, setup: &Setup) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.key(key, setup),
            Event::Mouse(mouse) => self.mouse(mouse, setup),
            Event::Answer(answer) => self.answer(&answer, setup),
            Event::Said(words) => {
                self.message = Some(words);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn key(&mut self, key: KeyEvent, setup: &Setup) -> Vec<Effect> {
        self.message = None;
        if let Some(overlay) = self.overlay.take() {
            return self.overlay_key(overlay, key, setup);
        }
        if let Some(search) = self.view().and_then(|view| view.search()).filter(|search| search.is_typing()) {
            return match search.key(key) {
                Typed::Changed => self.ask(setup, |view, context| view.searched(context)),
                Typed::Motion(action) => self.ask(setup, |view, context| view.act(action, context)),
                Typed::Done => self.ask(setup, |view, context| view.search_done(context)),
                Typed::Nothing => Vec::new(),
            };
        }
        setup.keys.find(self.current, key).map(|action| self.act(action, setup)).unwrap_or_default()
    }

    fn act(&mut self, action: Action, setup: &Setup) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Help => self.overlay = Some(Overlay::Help(Help::default())),
            Action::Palette => self.overlay = Some(Overlay::Palette(Palette::new(self.current, setup))),
            Action::Export => return self.export(setup),
            Action::Copy => self.open_menu(MenuKind::Copy, setup),
            Action::Save => return self.save(setup),
            Action::Outside => return self.outside(setup),
            Action::Mark => return self.mark(setup),
            Action::Note => self.note(setup),
            Action::Filter | Action::Sort => {
                let kind = if action == Action::Filter { MenuKind::Filter } else { MenuKind::Sort };
                self.open_menu(kind, setup);
            }
            Action::NextView => return self.switch((self.current + 1) % VIEWS.len(), setup),
            Action::PreviousView => return self.switch((self.current + VIEWS.len() - 1) % VIEWS.len(), setup),
            Action::View(at) if at < VIEWS.len() => return self.switch(at, setup),
            Action::Search => {
                if let Some(view) = self.view()
                    && let Some(search) = view.search()
                {
                    search.open();
                    view.search_opened();
                }
            }
            Action::Back => {
                let context = Context::new(&self.report, &self.review, setup);
                match self.views.get_mut(self.current).and_then(|view| view.leave(&context)) {
                    Some(requests) => return self.grant(requests, setup),
                    None => return self.go_back(setup),
                }
            }
            other => return self.ask(setup, |view, context| view.act(other, context)),
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: MouseEvent, setup: &Setup) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        let mouse = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Mouse::Click(at),
            MouseEventKind::Drag(MouseButton::Left) => Mouse::Drag(at),
            MouseEventKind::ScrollDown => Mouse::Wheel(at, 3),
            MouseEventKind::ScrollUp => Mouse::Wheel(at, -3),
            _ => return Vec::new(),
        };
        if let Some(overlay) = self.overlay.take() {
            return self.overlay_mouse(overlay, mouse, setup);
        }
        if let (Mouse::Click(_), Some(tab)) = (mouse, self.tabs.iter().position(|tab| tab.contains(at))) {
            return self.switch(tab, setup);
        }
        self.message = None;
        self.ask(setup, |view, context| view.mouse(mouse, context))
    }

    fn subject(&self, setup: &Setup) -> Option<Subject> {
        let context = Context::new(&self.report, &self.review, setup);
        self.views.get(self.current).and_then(|view| view.subject(&context))
    }

    fn answer(&mut self, answer: &Answer, setup: &Setup) -> Vec<Effect> {
        match &answer.found {
            Found::Preview(preview) if self.errands.preview == answer.ticket => {
                if let Some(Overlay::Export(dialog)) = &mut self.overlay {
                    dialog.show(preview.clone());
                }
            }
            Found::Written(written) => return self.written(written, answer.ticket),
            // Who went on to something else meanwhile is not interrupted.
            Found::Extracted(Ok(versions)) if self.errands.opening == answer.ticket && self.overlay.is_none() => {
                self.message = None;
                return vec![Effect::Outside(Arc::clone(versions))];
            }
            Found::Extracted(Err(words)) => self.message = Some(words.clone()),
            _ => {}
        }
        let context = Context::new(&self.report, &self.review, setup);
        let requests: Vec<Request> = self.views.iter_mut().flat_map(|view| view.answer(answer, &context)).collect();
        self.grant(requests, setup)
    }

    fn view(&mut self) -> Option<&mut Box<dyn View>> {
        self.views.get_mut(self.current)
    }

    fn switch(&mut self, view: usize, setup: &Setup) -> Vec<Effect> {
        self.current = view;
        self.trail.clear();
        self.ask(setup, |view, context| view.shown(context))
    }

    /// Lets the current view act and grants what it asks for.
    fn ask(&mut self, setup: &Setup, act: impl FnOnce(&mut dyn View, &Context<'_>) -> Vec<Request>) -> Vec<Effect> {
        let context = Context::new(&self.report, &self.review, setup);
        let requests = self.views.get_mut(self.current).map(|view| act(view.as_mut(), &context)).unwrap_or_default();
        self.grant(requests, setup)
    }

    fn grant(&mut self, requests: Vec<Request>, setup: &Setup) -> Vec<Effect> {
        let mut effects = Vec::new();
        for request in requests {
            match request {
                Request::Work(job) => effects.push(Effect::Work(job)),
                Request::Say(message) => self.message = Some(message),
                Request::Jump(jump) => effects.extend(self.jump(jump, setup)),
            }
        }
        effects
    }

    fn jump(&mut self, jump: Jump, setup: &Setup) -> Vec<Effect> {
        let Some(target) = VIEWS.iter().position(|view| (view.accepts)(jump)) else { return Vec::new() };
        self.trail.push((self.current, self.subject(setup)));
        self.show(target, jump, setup)
    }

    /// Shows in a view what a jump leads to.
    fn show(&mut self, view: usize, jump: Jump, setup: &Setup) -> Vec<Effect> {
        self.current = view;
        // A view that is jumped to shows what it was asked for and does not jump on.
        let context = Context::new(&self.report, &self.review, setup);
        let more = self.views.get_mut(view).map(|view| view.go(jump, &context)).unwrap_or_default();
        let work = more.into_iter().filter_map(|request| match request {
            Request::Work(job) => Some(Effect::Work(job)),
            Request::Jump(_) | Request::Say(_) => None,
        });
        work.collect()
    }

    /// To where the last jump came from, and to what was selected there.
    fn go_back(&mut self, setup: &Setup) -> Vec<Effect> {
        let Some((view, subject)) = self.trail.pop() else { return Vec::new() };
        self.current = view;
        match subject.filter(|subject| self.subject(setup) != Some(*subject)) {
            Some(Subject::File(row)) => self.show(view, Jump::File(row), setup),
            Some(Subject::Package(at)) => self.show(view, Jump::Package(at), setup),
            Some(Subject::Finding(at)) => self.show(view, Jump::Finding(at), setup),
            Some(Subject::Config(at)) => self.show(view, Jump::Config(at), setup),
            Some(Subject::Layer(_) | Subject::History(_)) | None => {
                self.ask(setup, |view, context| view.shown(context))
            }
        }
    }

    /// Draws into `area`; where the text cursor is, while something is typed.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, setup: &Setup) -> Option<Position> {
        let theme = setup.theme;
        let row = |at: u16| Rect { y: area.y + at, height: 1, ..area };
        chrome::header(&self.report, row(0), buffer, theme);
        self.tabs = chrome::tabs(&self.report, self.current, row(1), buffer, theme);
        let gap = u16::from(area.height >= 20);
        let body = Rect { y: area.y + 2 + gap, height: area.height.saturating_sub(3 + gap), ..area };
        let context = Context::new(&self.report, &self.review, setup);
        if let Some(view) = self.views.get_mut(self.current) {
            view.draw(body, buffer, &context);
        }
        let cursor = self.footer(row(area.height - 1), buffer, setup);
        let Some(overlay) = self.overlay.take() else { return cursor };
        let (overlay, cursor) = self.draw_overlay(overlay, area, buffer, setup);
        self.overlay = Some(overlay);
        cursor
    }

    fn footer(&mut self, area: Rect, buffer: &mut Buffer, setup: &Setup) -> Option<Position> {
        let theme = setup.theme;
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
        chrome::keys(self.current, self.review.len(), area, buffer, setup);
        None
    }
}
