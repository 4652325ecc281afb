//! What a reader asks for by name: marks, notes, exports, files saved and opened elsewhere.

use std::sync::Arc;

use super::Explorer;
use crate::compare::FileRow;
use crate::compare::review::Subject;
use crate::model::text::{visible, visible_bytes};
use crate::model::{Kind, Side};
use crate::tui::app::Effect;
use crate::tui::keys::Action;
use crate::tui::overlay::{ExportDialog, MenuKind, Overlay, Prompt, Purpose};
use crate::tui::setup::Setup;
use crate::tui::worker::{Job, Task};

impl Explorer {
    fn file(&self, row: u32) -> Option<&FileRow> {
        self.report.files.rows.get(row as usize)
    }

    /// The sides on which a path is a regular file.
    pub(super) fn versions(&self, row: u32) -> Vec<Side> {
        let Some(row) = self.file(row) else { return Vec::new() };
        let sides = [(Side::Right, &row.right), (Side::Left, &row.left)];
        // Of one image on its own both sides are the same.
        let sides = sides.into_iter().take(if self.report.alone { 1 } else { 2 });
        let is_file =
            |file: &Option<crate::model::FileAt>| file.as_ref().is_some_and(|file| file.entry.kind == Kind::File);
        sides.filter(|(_, file)| is_file(file)).map(|(side, _)| side).collect()
    }

    pub(super) fn mark(&mut self, setup: &Setup) -> Vec<Effect> {
        let Some(subject) = self.subject(setup) else {
            self.message = Some("there is no row to mark here".to_owned());
            return Vec::new();
        };
        self.review.toggle(subject);
        // Marking several rows is one key each.
        self.ask(setup, |view, context| view.act(Action::Down, context))
    }

    pub(super) fn note(&mut self, setup: &Setup) {
        let Some(subject) = self.subject(setup) else {
            self.message = Some("there is no row to write a note to here".to_owned());
            return;
        };
        let name = subject.describe(&self.report).map(|described| visible(&described.name).into_owned());
        let text = self.review.note(subject).unwrap_or_default().to_owned();
        let prompt = Prompt::new(format!("Note to {}", name.unwrap_or_default()), text);
        self.overlay = Some(Overlay::Prompt(Purpose::Note(subject), prompt));
    }

    pub(super) fn export(&mut self, setup: &Setup) -> Vec<Effect> {
        let name = if self.report.alone { "image" } else { "drift" };
        let dialog = ExportDialog::new(name, setup.formats.clone(), self.review.clone());
        let preview = dialog.request().map(Task::Preview);
        self.overlay = Some(Overlay::Export(Box::new(dialog)));
        preview.map(|task| self.work(task)).into_iter().collect()
    }

    pub(super) fn save(&mut self, setup: &Setup) -> Vec<Effect> {
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

    pub(super) fn ask_where(&mut self, row: u32, side: Side) {
        let name = self.file(row).map(|row| visible_bytes(row.path.file_name())).unwrap_or_default();
        let prompt = Prompt::new(format!("Save the {} version as", side.as_str()), name.replace('/', "_"));
        self.overlay = Some(Overlay::Prompt(Purpose::Save(row, side), prompt));
    }

    pub(super) fn outside(&mut self, setup: &Setup) -> Vec<Effect> {
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

    pub(super) fn work(&mut self, task: Task) -> Effect {
        self.ticket += 1;
        Effect::Work(Job { ticket: self.ticket, report: Arc::clone(&self.report), task, watch: Arc::default() })
    }
}
