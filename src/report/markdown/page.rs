//! A page of at most so many bytes, and lists that say what they leave out.

use crate::model::markdown as escape;
use crate::report::figures::count;

/// What a page may hold: GitHub takes comments of up to 65,536 characters, and a workflow may add words of its own.
pub(super) const LIMIT: usize = 60_000;

/// The longest text from an image, in characters, unless everything is asked for.
const TEXT: usize = 200;

/// Markdown as it grows. With `all` nothing is cut.
pub(super) struct Page {
    text: String,
    all: bool,
}

impl Page {
    pub(super) fn new(all: bool) -> Self {
        Self { text: String::new(), all }
    }

    /// Whether nothing shall be left out.
    pub(super) fn all(&self) -> bool {
        self.all
    }

    /// Bytes that are left of the page.
    pub(super) fn room(&self) -> usize {
        LIMIT.saturating_sub(self.text.len())
    }

    /// The whole page, ending in one line break.
    pub(super) fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text
    }

    /// Text from an image in a code span.
    pub(super) fn code(&self, text: &str) -> String {
        escape::code(text, self.longest())
    }

    /// Text that may hold words of an image.
    pub(super) fn prose(&self, text: &str) -> String {
        escape::prose(text, self.longest())
    }

    fn longest(&self) -> usize {
        if self.all { usize::MAX } else { TEXT }
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// A heading, a table's head or nothing, and as many rows as fit into `share` bytes; nothing at all without rows.
    pub(super) fn list(&mut self, heading: &str, head: &str, rows: &[Row], share: usize) {
        /// What the heading, the head and the last sentence may take.
        const FRAME: usize = 400;
        if rows.is_empty() {
            return;
        }
        self.paragraph(heading);
        self.text.push_str(head);
        let end = self.text.len().saturating_add(share.saturating_sub(FRAME));
        let mut rows = rows.iter().peekable();
        while let Some(row) = rows.next_if(|row| self.all || self.text.len() + row.text.len() <= end) {
            self.text.push_str(&row.text);
        }
        self.text.push('\n');
        let left_out: usize = rows.map(|row| row.covers).sum();
        if left_out > 0 {
            self.paragraph(&format!(
                "*... and {} more, left out here: see `--all` or `--format json`.*",
                count(left_out)
            ));
        }
    }
}

/// One row of a table or list, its line break included.
pub(super) struct Row {
    text: String,
    /// How many things it stands for, where rows are left out.
    covers: usize,
}

impl Row {
    pub(super) fn of_table<const N: usize>(cells: [String; N]) -> Self {
        Self { text: escape::row(cells), covers: 1 }
    }

    pub(super) fn of_list(text: &str) -> Self {
        Self { text: format!("- {text}\n"), covers: 1 }
    }

    pub(super) fn covering(self, covers: usize) -> Self {
        Self { covers, ..self }
    }
}

/// The head of a table with these columns.
pub(super) fn head<const N: usize>(columns: [&str; N]) -> String {
    escape::row(columns.map(str::to_owned)) + &escape::row([(); N].map(|()| "---".to_owned()))
}
