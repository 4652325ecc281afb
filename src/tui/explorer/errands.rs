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
use crate::tui::worker::{Job, Task, Unwritten};

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
        self.overlay = Some(Overlay::Export(Box::new(dialog)));
        self.preview()
    }

    /// Asks for what the open dialog would write.
    pub(super) fn preview(&mut self) -> Vec<Effect> {
        let Some(Overlay::Export(dialog)) = &self.overlay else { return Vec::new() };
        let Some(request) = dialog.request() else { return Vec::new() };
        let work = self.work(Task::Preview(request));
        self.errands.preview = self.errands.newest;
        vec![work]
    }

    /// A file was written, or could not be. Only the export that the open dialog asked for is the dialog's.
    pub(super) fn written(&mut self, written: &Result<String, Unwritten>, ticket: u64) -> Vec<Effect> {
        let asked = self.errands.writing == ticket;
        match (written, &mut self.overlay) {
            (Ok(words), Some(Overlay::Export(_))) if asked => {
                self.overlay = None;
                self.message = Some(words.clone());
            }
            (Err(unwritten), Some(Overlay::Export(dialog))) if asked => {
                dialog.complain(unwritten.words.clone(), unwritten.exists.clone());
                // The question before it may have been dropped for it.
                return self.preview();
            }
            (Ok(words), _) => self.message = Some(words.clone()),
            (Err(unwritten), _) => self.message = Some(unwritten.words.clone()),
        }
        Vec::new()
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
        let version = format!("Save the {} version as", side.as_str());
        let title = if self.report.alone { "Save the file as".to_owned() } else { version };
        let prompt = Prompt::new(title, name.replace('/', "_"));
        self.overlay = Some(Overlay::Prompt(Purpose::Save(row, side), prompt));
    }

    pub(super) fn outside(&mut self, setup: &Setup) -> Vec<Effect> {
        match self.subject(setup) {
            Some(Subject::File(row)) if !self.versions(row).is_empty() => {
                self.message = Some("reading the contents …".to_owned());
                let work = self.work(Task::Extract(row));
                self.errands.opening = self.errands.newest;
                vec![work]
            }
            _ => {
                self.message = Some("only a regular file can be opened elsewhere".to_owned());
                Vec::new()
            }
        }
    }

    pub(super) fn work(&mut self, task: Task) -> Effect {
        self.errands.newest += 1;
        Effect::Work(Job { ticket: self.errands.newest, report: Arc::clone(&self.report), task, watch: Arc::default() })
    }
}
