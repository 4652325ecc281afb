//! The dialog that writes the report: which form, which rows, which file, and what it will look like.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use tui_input::Input;

use super::popup;
use super::prompt;
use crate::compare::review::Review;
use crate::model::text::visible;
use crate::tui::paint;
use crate::tui::search::edit;
use crate::tui::setup::{ExportFormat, Setup};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// Which rows an export holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rows {
    /// Lists cut where a reader would stop, and no row where only the time differs.
    #[default]
    Readable,
    /// Every row.
    All,
    /// Only those that the reviewer marked.
    Marked,
}

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The format's name.
    pub format: &'static str,
    pub rows: Rows,
    pub review: Review,
}

/// The dialog, while it is open.
#[derive(Debug)]
pub struct ExportDialog {
    /// Of the file's name.
    stem: &'static str,
    formats: Vec<ExportFormat>,
    format: usize,
    rows: Rows,
    review: Review,
    path: Input,
    /// Whether the path is still the one that follows the format.
    named_after_format: bool,
    field: Field,
    /// The first lines of what would be written, safe to show, or why there are none; `None` while they are made.
    preview: Option<Result<Vec<String>, String>>,
    scroll: usize,
    /// What went wrong with the last try.
    complaint: Option<Complaint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Complaint {
    words: String,
    /// The file that Enter now overwrites.
    overwrites: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Format,
    Rows,
    Path,
}

/// What a key in the dialog came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exporting {
    Nothing,
    Close,
    /// Another form or other rows: the preview is to be made anew.
    Preview,
    /// To be written there; whether over a file that is there already.
    Write(PathBuf, bool),
}

const SIZE: (u16, u16) = (92, 34);
/// Rows of the fields above the preview.
const FIELDS: u16 = 4;
const LABEL: u16 = 8;

impl ExportDialog {
    /// Opens with the format that people paste most; with marks, what is marked is offered.
    #[must_use]
    pub fn new(stem: &'static str, formats: Vec<ExportFormat>, review: Review) -> Self {
        let format = formats.iter().position(|format| format.name == "markdown").unwrap_or_default();
        let rows = if review.is_empty() { Rows::Readable } else { Rows::Marked };
        let mut dialog = Self {
            stem,
            formats,
            format,
            rows,
            review,
            path: Input::default(),
            named_after_format: true,
            field: Field::Format,
            preview: None,
            scroll: 0,
            complaint: None,
        };
        dialog.name_after_format();
        dialog
    }

    /// What would be written; `None` when nothing can be.
    #[must_use]
    pub fn request(&self) -> Option<ExportRequest> {
        let format = self.formats.get(self.format)?.name;
        Some(ExportRequest { format, rows: self.rows, review: self.review.clone() })
    }

    /// Takes the preview.
    pub fn show(&mut self, preview: Result<Vec<String>, String>) {
        self.preview = Some(preview);
    }

    /// The file could not be written; with `overwrites` it is there already, and Enter overwrites it.
    pub fn complain(&mut self, words: String, overwrites: Option<PathBuf>) {
        self.complaint = Some(Complaint { words, overwrites });
    }

    pub fn key(&mut self, event: KeyEvent) -> Exporting {
        match (event.code, self.field) {
            (KeyCode::Esc, _) => return Exporting::Close,
            (KeyCode::Enter, _) => return self.write(),
            (KeyCode::Tab | KeyCode::Down, _) => self.field = self.field.next(),
            (KeyCode::BackTab | KeyCode::Up, _) => self.field = self.field.next().next(),
            (KeyCode::PageDown, _) => self.wheel(10),
            (KeyCode::PageUp, _) => self.wheel(-10),
            (KeyCode::Left | KeyCode::Char('h'), Field::Format | Field::Rows) => return self.change(-1),
            (KeyCode::Right | KeyCode::Char('l' | ' '), Field::Format | Field::Rows) => return self.change(1),
            (_, Field::Path) => {
                if let Some(changed) = edit(event).and_then(|request| self.path.handle(request)) {
                    self.named_after_format &= !changed.value;
                    self.complaint = None;
                }
            }
            _ => {}
        }
        Exporting::Nothing
    }

    pub fn wheel(&mut self, rows: isize) {
        let lines = self.preview.as_ref().and_then(|preview| preview.as_ref().ok()).map_or(0, Vec::len);
        self.scroll = self.scroll.saturating_add_signed(rows).min(lines.saturating_sub(1));
    }

    fn write(&mut self) -> Exporting {
        let typed = self.path.value().trim();
        if typed.is_empty() {
            self.complain("a file's name is needed".to_owned(), None);
            self.field = Field::Path;
            return Exporting::Nothing;
        }
        let path = PathBuf::from(typed);
        let overwrites = self.complaint.as_ref().is_some_and(|complaint| complaint.overwrites.as_ref() == Some(&path));
        Exporting::Write(path, overwrites)
    }

    fn change(&mut self, by: isize) -> Exporting {
        match self.field {
            Field::Format => {
                let len = self.formats.len().max(1);
                self.format = (self.format + len).wrapping_add_signed(by) % len;
                self.name_after_format();
            }
            Field::Rows => {
                let offered = self.offered();
                let at = offered.iter().position(|(rows, _)| *rows == self.rows).unwrap_or_default();
                let next = (at + offered.len()).wrapping_add_signed(by) % offered.len();
                self.rows = offered.get(next).map_or(self.rows, |(rows, _)| *rows);
            }
            Field::Path => {}
        }
        self.preview = None;
        self.scroll = 0;
        self.complaint = None;
        Exporting::Preview
    }

    fn name_after_format(&mut self) {
        if let (true, Some(format)) = (self.named_after_format, self.formats.get(self.format)) {
            self.path = Input::new(format!("{}.{}", self.stem, format.extension));
        }
    }

    fn offered(&self) -> Vec<(Rows, String)> {
        let mut offered =
            vec![(Rows::Readable, "what a reader needs".to_owned()), (Rows::All, "everything".to_owned())];
        if !self.review.is_empty() {
            offered.push((Rows::Marked, format!("only what is marked ({})", self.review.len())));
        }
        offered
    }

    /// Draws the dialog; where the text cursor is, while the path is typed.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, setup: &Setup) -> Option<Position> {
        let theme = setup.theme;
        let keys = "Tab field   Left Right change   Enter writes   Esc closes";
        let inner = popup::frame(area, buffer, "Write the report", keys, SIZE, theme);
        let names = self.formats.iter().map(|format| format.name.to_owned()).collect::<Vec<_>>();
        self.choices(buffer, inner, (0, Field::Format, "format"), (&names, self.format), theme);
        let offered = self.offered();
        let picked = offered.iter().position(|(rows, _)| *rows == self.rows).unwrap_or_default();
        let words: Vec<String> = offered.into_iter().map(|(_, words)| words).collect();
        self.choices(buffer, inner, (1, Field::Rows, "rows"), (&words, picked), theme);
        self.label(buffer, inner, (2, Field::Path, "file"), theme);
        let typed = Rect {
            x: inner.x + LABEL.min(inner.width),
            y: inner.y + 2.min(inner.height),
            width: inner.width.saturating_sub(LABEL),
            height: inner.height.saturating_sub(2).min(1),
        };
        let cursor = prompt::line(&self.path, typed, buffer, theme);
        self.preview(buffer, inner, theme);
        (self.field == Field::Path).then_some(cursor)
    }

    fn label(&self, buffer: &mut Buffer, area: Rect, (row, field, label): (u16, Field, &str), theme: Theme) {
        let role = if self.field == field { Role::Key } else { Role::Muted };
        paint::put(buffer, area, row, &Line::styled(text::pad(label, usize::from(LABEL)), theme.style(role)));
    }

    fn choices(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        label: (u16, Field, &str),
        (words, picked): (&[String], usize),
        theme: Theme,
    ) {
        self.label(buffer, area, label, theme);
        let mut line = Line::default();
        for (at, words) in words.iter().enumerate() {
            let (shown, role) =
                if at == picked { (format!("[{words}]"), Role::Strong) } else { (format!(" {words} "), Role::Muted) };
            line.push_span(Span::styled(shown, theme.style(role)));
            line.push_span(Span::raw(" "));
        }
        let (row, field, _) = label;
        let place = Rect { x: area.x + LABEL.min(area.width), width: area.width.saturating_sub(LABEL), ..area };
        paint::put(buffer, place, row, &line);
        if self.field == field {
            // The sign that Left and Right do something here.
            paint::put_right(buffer, area, row, &Line::styled("Left Right", theme.style(Role::Key)));
        }
    }

    fn preview(&self, buffer: &mut Buffer, inner: Rect, theme: Theme) {
        let title = Rect { y: inner.y + (FIELDS - 1).min(inner.height), height: inner.height.min(1), ..inner };
        match &self.complaint {
            Some(complaint) => {
                let way_out = if complaint.overwrites.is_some() { "; Enter again overwrites it" } else { "" };
                let words = format!("{}{way_out} ", visible(&complaint.words));
                paint::put(buffer, inner, FIELDS - 1, &Line::styled(words, theme.style(Role::Warning)));
            }
            None => paint::rule(buffer, title, "preview", "", false, theme),
        }
        let body = Rect { y: inner.y + FIELDS.min(inner.height), height: inner.height.saturating_sub(FIELDS), ..inner };
        let said = |words: &str| vec![words.to_owned()];
        let (lines, role) = match &self.preview {
            None => (said("making it …"), Role::Muted),
            Some(Err(message)) => (said(message), Role::Warning),
            Some(Ok(lines)) => {
                (lines.iter().skip(self.scroll).take(usize::from(body.height)).cloned().collect(), Role::Text)
            }
        };
        for (row, line) in (0_u16..).zip(lines) {
            paint::put(buffer, body, row, &Line::styled(line, theme.style(role)));
        }
    }
}

impl Field {
    fn next(self) -> Self {
        match self {
            Self::Format => Self::Rows,
            Self::Rows => Self::Path,
            Self::Path => Self::Format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::review::Subject;

    const FORMATS: [ExportFormat; 2] =
        [ExportFormat { name: "text", extension: "txt" }, ExportFormat { name: "markdown", extension: "md" }];

    fn press(dialog: &mut ExportDialog, codes: &[KeyCode]) -> Exporting {
        codes.iter().map(|code| dialog.key(KeyEvent::from(*code))).last().unwrap()
    }

    #[test]
    fn enter_at_once_writes_markdown_for_a_reader() {
        let mut dialog = ExportDialog::new("drift", FORMATS.to_vec(), Review::default());
        let request = dialog.request().unwrap();
        assert_eq!((request.format, request.rows), ("markdown", Rows::Readable));
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Exporting::Write("drift.md".into(), false));
    }

    #[test]
    fn the_name_follows_the_format_until_it_is_typed() {
        let mut dialog = ExportDialog::new("drift", FORMATS.to_vec(), Review::default());
        assert_eq!(press(&mut dialog, &[KeyCode::Right]), Exporting::Preview);
        assert_eq!(dialog.path.value(), "drift.txt");
        press(&mut dialog, &[KeyCode::Up, KeyCode::Backspace, KeyCode::Tab, KeyCode::Right]);
        assert_eq!((dialog.path.value(), dialog.request().unwrap().format), ("drift.tx", "markdown"));
    }

    #[test]
    fn marks_are_offered_and_come_first() {
        let mut review = Review::default();
        review.toggle(Subject::Package(0));
        let mut dialog = ExportDialog::new("drift", FORMATS.to_vec(), review);
        assert_eq!(dialog.request().unwrap().rows, Rows::Marked);
        press(&mut dialog, &[KeyCode::Tab, KeyCode::Right]);
        assert_eq!(dialog.request().unwrap().rows, Rows::Readable);
    }

    #[test]
    fn a_file_that_is_there_is_overwritten_only_on_a_second_enter() {
        let mut dialog = ExportDialog::new("drift", FORMATS.to_vec(), Review::default());
        dialog.complain("drift.md is there already".to_owned(), Some("drift.md".into()));
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Exporting::Write("drift.md".into(), true));
        press(&mut dialog, &[KeyCode::Up, KeyCode::Char('x')]);
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Exporting::Write("drift.mdx".into(), false));
    }

    #[test]
    fn a_name_is_needed() {
        let mut dialog = ExportDialog::new("drift", FORMATS.to_vec(), Review::default());
        let clear = KeyEvent::new(KeyCode::Char('u'), ratatui::crossterm::event::KeyModifiers::CONTROL);
        press(&mut dialog, &[KeyCode::Up]);
        dialog.key(clear);
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Exporting::Nothing);
        assert!(dialog.complaint.is_some());
    }
}
