//! Two digests of one base image, for the person who is to merge the newer one: what it brings, and which layers of an
//! app stand in its way.

mod answer;
mod libraries;
mod pins;
mod standing;
mod touched;

use super::DriftReport;
use crate::image::LayerIndex;
use crate::model::{ImageFacts, Package};
use crate::snapshot::Snapshot;

pub use self::answer::{Answer, Reply};
pub use self::libraries::{Library, LibraryState, Linked, to_read};
pub use self::pins::{Held, Hold};
pub use self::standing::Standing;
pub use self::touched::{Action, Touched};

/// Bytes of an instruction that a row shows.
const MAX_SHOWN: usize = 4 << 10;

/// What a reviewer of a bump is told. The left image of `drift` is the old base, the right one the new.
pub struct BumpReport<'a> {
    pub drift: &'a DriftReport,
    pub app: Option<AppReport>,
    pub answer: Answer,
}

/// What the app's own layers have to do with what the base changed.
pub struct AppReport {
    pub facts: ImageFacts,
    pub standing: Standing,
    /// Files that the bump changes and the app wrote over or deleted, in order of path.
    pub files: Vec<Touched>,
    /// Packages that moved in the base and that the app holds or brings itself.
    pub held: Vec<Held>,
    /// Libraries of the base that the app's own files ask for and that moved or are gone; those that are gone first.
    pub libraries: Vec<Library>,
    /// What could not be looked into.
    pub warnings: Vec<String>,
}

/// An app, and what was read of its own files.
pub struct App<'a> {
    pub snapshot: &'a Snapshot,
    pub standing: Standing,
    pub linked: &'a [Linked],
    pub warnings: Vec<String>,
}

/// Judges a bump of the old one of `bases` to the new one; `drift` is how they differ.
#[must_use]
pub fn bump<'a>(bases: [&Snapshot; 2], drift: &'a DriftReport, app: Option<App<'_>>) -> BumpReport<'a> {
    let app = app.map(|App { snapshot, standing, linked, warnings }| {
        let (mut files, mut held, mut libraries) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(from) = standing.layers {
            let own = Own { app: snapshot, from };
            files = touched::files(&own, drift);
            held = pins::held(&own, drift);
            libraries = libraries::libraries(&own, linked, bases, drift);
        }
        AppReport { facts: snapshot.facts.clone(), standing, files, held, libraries, warnings }
    });
    BumpReport { answer: Answer::of(drift, app.as_ref()), drift, app }
}

/// Which layers of `app` are its own, by what `old` and `new` are and by what it says itself.
#[must_use]
pub fn standing(app: &Snapshot, old: &Snapshot, new: &Snapshot) -> Standing {
    Standing::of(&app.facts, &old.facts, &new.facts)
}

/// An app's own layers: those from `from` on.
struct Own<'a> {
    app: &'a Snapshot,
    from: usize,
}

impl<'a> Own<'a> {
    /// Each with its position in the image.
    fn layers(&self) -> impl Iterator<Item = (usize, &'a LayerIndex)> + use<'a> {
        self.app.image.layers.iter().map(AsRef::as_ref).enumerate().skip(self.from)
    }

    fn has(&self, layer: u32) -> bool {
        layer as usize >= self.from
    }

    /// What made a layer, as far as a row of a list shows it: there are thousands of rows, and an instruction may have
    /// megabytes.
    fn instruction(&self, layer: usize) -> Option<String> {
        let text = self.whole_instruction(layer)?;
        let end = text.floor_char_boundary(MAX_SHOWN);
        let dots = if end < text.len() { "..." } else { "" };
        Some(format!("{}{dots}", text.get(..end)?))
    }

    fn whole_instruction(&self, layer: usize) -> Option<&'a str> {
        self.app.facts.layers.get(layer)?.created_by.as_deref()
    }

    /// The packages that its own layers brought, in the version they have now.
    fn packages(&self) -> impl Iterator<Item = &'a Package> + use<'a, '_> {
        self.app.packages.iter().map(AsRef::as_ref).filter(|package| self.has(package.layer))
    }
}

#[cfg(test)]
mod tests;
