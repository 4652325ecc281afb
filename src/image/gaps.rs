//! What is not known of one layer or image, gathered by reason.

use std::collections::BTreeMap;

use crate::model::{Gap, GapKind, ImagePath};

/// Gaps, one for each reason, with the first paths that have it.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<(GapKind, &'static str), Vec<String>>);

impl Gaps {
    pub(super) fn add(&mut self, what: GapKind, why: &'static str, path: &ImagePath) {
        self.add_named(what, why, || path.to_absolute());
    }

    /// As [`Gaps::add`], for what is no path; the text is only made when there is room.
    pub(super) fn add_named(&mut self, what: GapKind, why: &'static str, name: impl FnOnce() -> String) {
        let paths = self.0.entry((what, why)).or_default();
        if paths.len() < Gap::MOST_PATHS {
            paths.push(name());
        }
    }

    pub(super) fn into_list(self) -> Vec<Gap> {
        self.0.into_iter().map(|((what, why), paths)| Gap::new(what, why).at(paths)).collect()
    }
}
