//! Warnings about one layer or image, as many as a person may read.

/// A list that stops growing: an image may give rise to millions of warnings.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<String>,
    left_out: u64,
}

impl Warnings {
    const MOST: usize = 100;

    /// Adds one; the text is only made when there is room.
    pub(super) fn add(&mut self, text: impl FnOnce() -> String) {
        if self.list.len() < Self::MOST {
            self.list.push(text());
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// All of them, and how many more there would be.
    pub(super) fn into_list(mut self) -> Vec<String> {
        if self.left_out > 0 {
            self.list.push(format!("... and {} more warnings of this kind or another", self.left_out));
        }
        self.list
    }
}
