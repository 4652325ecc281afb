//! What stands over the view: its keys, its mouse, what comes of it.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::Explorer;
use crate::compare::review::Subject;
use crate::model::Side;
use crate::tui::app::Effect;
use crate::tui::keys::Action;
use crate::tui::overlay::export::Exporting;
use crate::tui::overlay::{
    Choice, Chosen, Entered, ExportDialog, Menu, MenuKind, MenuList, Overlay, Palette, Picked, Purpose,
};
use crate::tui::setup::Setup;
use crate::tui::subject;
use crate::tui::views::{Context, Mouse};
use crate::tui::worker::Task;

impl Explorer {
    /// Lets what stands over the view have the key; it is put back unless it closes.
    pub(super) fn overlay_key(&mut self, overlay: Overlay, key: KeyEvent, setup: &Setup) -> Vec<Effect> {
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

    pub(super) fn overlay_mouse(&mut self, overlay: Overlay, mouse: Mouse, setup: &Setup) -> Vec<Effect> {
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
            (Exporting::Preview, _) => self.preview(),
            (Exporting::Write(path, overwrite), Some(request)) => {
                let work = self.work(Task::Write(request, path, overwrite));
                self.errands.writing = self.errands.newest;
                vec![work]
            }
            _ => Vec::new(),
        }
    }

    /// The choices of a kind as they stand; `None` when there is nothing to choose.
    fn menu(&mut self, kind: MenuKind, setup: &Setup) -> Option<Menu> {
        let menu = match kind {
            MenuKind::Filter | MenuKind::Sort => {
                let context = Context::new(&self.report, &self.review, setup);
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

    pub(super) fn open_menu(&mut self, kind: MenuKind, setup: &Setup) {
        match self.menu(kind, setup) {
            Some(menu) => self.overlay = Some(Overlay::Menu(kind, MenuList::new(menu.first()))),
            None => self.message = Some("there is nothing to choose here".to_owned()),
        }
    }

    pub(super) fn draw_overlay(
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
}
