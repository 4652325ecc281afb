//! The interface once there is a report: the views, what stands over them, and the way from a key to what it does.

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
use super::overlay::export::Exporting;
use super::overlay::{
    Choice, Chosen, Entered, ExportDialog, Help, Menu, MenuKind, MenuList, Overlay, Palette, Picked, Prompt, Purpose,
};
use super::paint;
use super::search::Typed;
use super::setup::Setup;
use super::subject;
use super::theme::Role;
use super::views::{Context, Mouse, Request, VIEWS, View};
use super::worker::{Answer, Found, Job, Task};
use crate::compare::review::{Review, Subject};
use crate::compare::{DriftReport, FileRow};
use crate::model::text::{visible, visible_bytes};
use crate::model::{Kind, Side};

/// The views of one report and what the reviewer made of it.
pub struct Explorer {
    report: Arc<DriftReport>,
    views: Vec<Box<dyn View>>,
    current: usize,
    /// Views that a jump left, for the way back.
    trail: Vec<usize>,
    overlay: Option<Overlay>,
    review: Review,
    message: Option<String>,
    /// Where each tab was drawn.
    tabs: Vec<Rect>,
    /// Of the newest question of the explorer itself; a view counts its own.
    ticket: u64,
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
            ticket: 0,
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
                if let Some(search) = self.view().and_then(|view| view.search()) {
                    search.open();
                }
            }
            Action::Back => {
                let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
                match self.views.get_mut(self.current).and_then(|view| view.leave(&context)) {
                    Some(requests) => return self.grant(requests, setup),
                    None => self.current = self.trail.pop().unwrap_or(self.current),
                }
            }
            other => return self.ask(setup, |view, context| view.act(other, context)),
        }
        Vec::new()
    }

    /// Lets what stands over the view have the key; it is put back unless it closes.
    fn overlay_key(&mut self, overlay: Overlay, key: KeyEvent, setup: &Setup) -> Vec<Effect> {
        let action = setup.keys.find(self.current, key);
        match overlay {
            Overlay::Help(mut help) => {
                if help.act(action) {
                    self.overlay = Some(Overlay::Help(help));
                }
            }
            Overlay::Palette(mut palette) => {
                let picked = palette.key(key);
                return self.picked(palette, picked, setup);
            }
            Overlay::Menu(kind, mut list) => {
                let Some(menu) = self.menu(kind, setup) else { return Vec::new() };
                let again = match kind {
                    MenuKind::Filter => Action::Filter,
                    MenuKind::Sort => Action::Sort,
                    MenuKind::Copy => Action::Copy,
                    MenuKind::Save => Action::Save,
                };
                let chosen = list.key(key, action, again, &menu);
                return self.chosen(kind, list, chosen, setup);
            }
            Overlay::Prompt(purpose, mut prompt) => match prompt.key(key) {
                Entered::Nothing => self.overlay = Some(Overlay::Prompt(purpose, prompt)),
                Entered::Close => {}
                Entered::Text(text) => return self.entered(purpose, text.trim()),
            },
            Overlay::Export(mut dialog) => {
                let came_to = dialog.key(key);
                return self.exporting(dialog, came_to);
            }
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

    fn overlay_mouse(&mut self, overlay: Overlay, mouse: Mouse, setup: &Setup) -> Vec<Effect> {
        match (overlay, mouse) {
            (Overlay::Palette(mut palette), _) => {
                let picked = palette.mouse(mouse);
                return self.picked(palette, picked, setup);
            }
            (Overlay::Menu(kind, mut list), _) => {
                let Some(menu) = self.menu(kind, setup) else { return Vec::new() };
                let chosen = list.mouse(mouse, &menu);
                return self.chosen(kind, list, chosen, setup);
            }
            (Overlay::Help(mut help), Mouse::Wheel(_, rows)) => {
                help.wheel(rows);
                self.overlay = Some(Overlay::Help(help));
            }
            (Overlay::Export(mut dialog), Mouse::Wheel(_, rows)) => {
                dialog.wheel(rows);
                self.overlay = Some(Overlay::Export(dialog));
            }
            (Overlay::Help(_), Mouse::Click(_)) => {}
            // What is typed is not lost by a slip of the hand.
            (other, _) => self.overlay = Some(other),
        }
        Vec::new()
    }

    fn picked(&mut self, palette: Palette, picked: Picked, setup: &Setup) -> Vec<Effect> {
        match picked {
            Picked::Nothing => self.overlay = Some(Overlay::Palette(palette)),
            Picked::Close => {}
            Picked::Action(action) => return self.act(action, setup),
        }
        Vec::new()
    }

    fn chosen(&mut self, kind: MenuKind, list: MenuList, chosen: Chosen, setup: &Setup) -> Vec<Effect> {
        match chosen {
            Chosen::Close => return Vec::new(),
            Chosen::Nothing | Chosen::Choice(_, false) => self.overlay = Some(Overlay::Menu(kind, list)),
            Chosen::Choice(_, true) => {}
        }
        let Chosen::Choice(at, _) = chosen else { return Vec::new() };
        match kind {
            MenuKind::Filter | MenuKind::Sort => self.ask(setup, |view, context| view.choose(kind, at, context)),
            MenuKind::Copy => {
                let subject = self.subject(setup);
                match subject::copyables(&self.report, subject).into_iter().nth(at) {
                    Some(one) => {
                        self.message = Some(format!("copied the {}", one.label));
                        vec![Effect::Copy(one.text)]
                    }
                    None => Vec::new(),
                }
            }
            MenuKind::Save => {
                let Some(Subject::File(row)) = self.subject(setup) else { return Vec::new() };
                if let Some(side) = self.versions(row).get(at) {
                    self.ask_where(row, *side);
                }
                Vec::new()
            }
        }
    }

    fn entered(&mut self, purpose: Purpose, text: &str) -> Vec<Effect> {
        match purpose {
            Purpose::Note(subject) => {
                self.review.write(subject, text.to_owned());
                Vec::new()
            }
            Purpose::Save(..) if text.is_empty() => Vec::new(),
            Purpose::Save(row, side) => vec![self.work(Task::Save(row, side, text.into()))],
        }
    }

    fn exporting(&mut self, dialog: Box<ExportDialog>, came_to: Exporting) -> Vec<Effect> {
        let request = dialog.request();
        if came_to != Exporting::Close {
            self.overlay = Some(Overlay::Export(dialog));
        }
        match (came_to, request) {
            (Exporting::Preview, Some(request)) => vec![self.work(Task::Preview(request))],
            (Exporting::Write(path, overwrite), Some(request)) => {
                vec![self.work(Task::Write(request, path, overwrite))]
            }
            _ => Vec::new(),
        }
    }

    /// The choices of a kind as they stand; `None` when there is nothing to choose.
    fn menu(&mut self, kind: MenuKind, setup: &Setup) -> Option<Menu> {
        let menu = match kind {
            MenuKind::Filter | MenuKind::Sort => {
                let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
                self.views.get(self.current)?.menu(kind, &context)?
            }
            MenuKind::Copy => subject::menu(&subject::copyables(&self.report, self.subject(setup))),
            MenuKind::Save => {
                let Some(Subject::File(row)) = self.subject(setup) else { return None };
                let choice = |side: &Side| match side {
                    Side::Left => Choice::plain('a', "the left version", String::new()),
                    Side::Right => Choice::plain('b', "the right version", String::new()),
                };
                Menu { title: "Save a file", choices: self.versions(row).iter().map(choice).collect() }
            }
        };
        (!menu.choices.is_empty()).then_some(menu)
    }

    fn open_menu(&mut self, kind: MenuKind, setup: &Setup) {
        match self.menu(kind, setup) {
            Some(menu) => self.overlay = Some(Overlay::Menu(kind, MenuList::new(menu.first()))),
            None => self.message = Some("there is nothing to choose here".to_owned()),
        }
    }

    fn subject(&self, setup: &Setup) -> Option<Subject> {
        let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
        self.views.get(self.current).and_then(|view| view.subject(&context))
    }

    fn file(&self, row: u32) -> Option<&FileRow> {
        self.report.files.rows.get(row as usize)
    }

    /// The sides on which a path is a regular file.
    fn versions(&self, row: u32) -> Vec<Side> {
        let Some(row) = self.file(row) else { return Vec::new() };
        let sides = [(Side::Right, &row.right), (Side::Left, &row.left)];
        // Of one image on its own both sides are the same.
        let sides = sides.into_iter().take(if self.report.alone { 1 } else { 2 });
        let is_file =
            |file: &Option<crate::model::FileAt>| file.as_ref().is_some_and(|file| file.entry.kind == Kind::File);
        sides.filter(|(_, file)| is_file(file)).map(|(side, _)| side).collect()
    }

    fn mark(&mut self, setup: &Setup) -> Vec<Effect> {
        let Some(subject) = self.subject(setup) else {
            self.message = Some("there is no row to mark here".to_owned());
            return Vec::new();
        };
        self.review.toggle(subject);
        // Marking several rows is one key each.
        self.ask(setup, |view, context| view.act(Action::Down, context))
    }

    fn note(&mut self, setup: &Setup) {
        let Some(subject) = self.subject(setup) else {
            self.message = Some("there is no row to write a note to here".to_owned());
            return;
        };
        let name = subject.describe(&self.report).map(|described| visible(&described.name).into_owned());
        let text = self.review.note(subject).unwrap_or_default().to_owned();
        let prompt = Prompt::new(format!("Note to {}", name.unwrap_or_default()), text);
        self.overlay = Some(Overlay::Prompt(Purpose::Note(subject), prompt));
    }

    fn export(&mut self, setup: &Setup) -> Vec<Effect> {
        let name = if self.report.alone { "image" } else { "drift" };
        let dialog = ExportDialog::new(name, setup.formats.clone(), self.review.clone());
        let preview = dialog.request().map(Task::Preview);
        self.overlay = Some(Overlay::Export(Box::new(dialog)));
        preview.map(|task| self.work(task)).into_iter().collect()
    }

    fn save(&mut self, setup: &Setup) -> Vec<Effect> {
        let Some(Subject::File(row)) = self.subject(setup) else {
            self.message = Some("only a file can be saved; the Files view has them".to_owned());
            return Vec::new();
        };
        match self.versions(row).as_slice() {
            [] => self.message = Some("only a regular file can be saved".to_owned()),
            [only] => self.ask_where(row, *only),
            _ => self.open_menu(MenuKind::Save, setup),
        }
        Vec::new()
    }

    fn ask_where(&mut self, row: u32, side: Side) {
        let name = self.file(row).map(|row| visible_bytes(row.path.file_name())).unwrap_or_default();
        let prompt = Prompt::new(format!("Save the {} version as", side.as_str()), name.replace('/', "_"));
        self.overlay = Some(Overlay::Prompt(Purpose::Save(row, side), prompt));
    }

    fn outside(&mut self, setup: &Setup) -> Vec<Effect> {
        match self.subject(setup) {
            Some(Subject::File(row)) if !self.versions(row).is_empty() => {
                self.message = Some("reading the contents …".to_owned());
                vec![self.work(Task::Extract(row))]
            }
            _ => {
                self.message = Some("only a regular file can be opened elsewhere".to_owned());
                Vec::new()
            }
        }
    }

    fn work(&mut self, task: Task) -> Effect {
        self.ticket += 1;
        Effect::Work(Job { ticket: self.ticket, report: Arc::clone(&self.report), task, watch: Arc::default() })
    }

    fn answer(&mut self, answer: &Answer, setup: &Setup) -> Vec<Effect> {
        match &answer.found {
            Found::Preview(preview) if answer.ticket == self.ticket => {
                if let Some(Overlay::Export(dialog)) = &mut self.overlay {
                    dialog.show(preview.clone());
                }
            }
            Found::Written(Ok(words)) => {
                self.overlay = None;
                self.message = Some(words.clone());
            }
            Found::Written(Err(unwritten)) => match &mut self.overlay {
                Some(Overlay::Export(dialog)) => dialog.complain(unwritten.words.clone(), unwritten.exists.clone()),
                _ => self.message = Some(unwritten.words.clone()),
            },
            Found::Extracted(Ok(versions)) => {
                self.message = None;
                return vec![Effect::Outside(Arc::clone(versions))];
            }
            Found::Extracted(Err(words)) => self.message = Some(words.clone()),
            _ => {}
        }
        let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
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
        let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
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
        if target != self.current {
            self.trail.push(self.current);
        }
        self.current = target;
        // A view that is jumped to shows what it was asked for and does not jump on.
        let context = Context { report: &self.report, theme: setup.theme, review: &self.review };
        let more = self.views.get_mut(target).map(|view| view.go(jump, &context)).unwrap_or_default();
        let work = more.into_iter().filter_map(|request| match request {
            Request::Work(job) => Some(Effect::Work(job)),
            Request::Jump(_) | Request::Say(_) => None,
        });
        work.collect()
    }

    /// Draws into `area`; where the text cursor is, while something is typed.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, setup: &Setup) -> Option<Position> {
        let theme = setup.theme;
        let row = |at: u16| Rect { y: area.y + at, height: 1, ..area };
        chrome::header(&self.report, row(0), buffer, theme);
        self.tabs = chrome::tabs(&self.report, self.current, row(1), buffer, theme);
        let gap = u16::from(area.height >= 20);
        let body = Rect { y: area.y + 2 + gap, height: area.height.saturating_sub(3 + gap), ..area };
        let context = Context { report: &self.report, theme, review: &self.review };
        if let Some(view) = self.views.get_mut(self.current) {
            view.draw(body, buffer, &context);
        }
        let cursor = self.footer(row(area.height - 1), buffer, setup);
        let Some(overlay) = self.overlay.take() else { return cursor };
        let (overlay, cursor) = self.draw_overlay(overlay, area, buffer, setup);
        self.overlay = Some(overlay);
        cursor
    }

    fn draw_overlay(
        &mut self,
        mut overlay: Overlay,
        area: Rect,
        buffer: &mut Buffer,
        setup: &Setup,
    ) -> (Overlay, Option<Position>) {
        let cursor = match &mut overlay {
            Overlay::Help(help) => {
                help.draw(area, buffer, self.current, setup);
                None
            }
            Overlay::Palette(palette) => {
                palette.draw(area, buffer, setup);
                None
            }
            Overlay::Menu(kind, list) => {
                if let Some(menu) = self.menu(*kind, setup) {
                    list.draw(area, buffer, &menu, setup.theme);
                }
                None
            }
            Overlay::Prompt(_, prompt) => Some(prompt.draw(area, buffer, setup.theme)),
            Overlay::Export(dialog) => dialog.draw(area, buffer, setup),
        };
        (overlay, cursor)
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
