//! Where a history seems to change hands from the base's makers to the app's: rules of thumb, right for most images and
//! proof of nothing.

use super::layers_below;
use crate::model::{BaseEvidence, Command, Confidence, EvidenceKind, HistoryEntry, ImageConfig};
use crate::oci::created_by;

/// A place in the history where the app's rows may begin.
struct Boundary {
    /// The first row above it.
    row: usize,
    why: String,
}

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    let rows = &config.history;
    let evidence = |words: String| BaseEvidence::new(EvidenceKind::History, Confidence::Low, words);
    if rows.is_empty() {
        return None;
    }
    let Some(all) = layers_below(config, rows.len()) else {
        let (told, layers) = (rows.iter().filter(|row| !row.empty_layer).count(), config.diff_ids.len());
        return Some(evidence(format!(
            "the history tells of {told} layers where there are {layers}: it does not tell where the base ends"
        )));
    };
    let found = [builder_changes(rows), command_within(rows), root_file_system(rows)];
    let mut found: Vec<Boundary> = found.into_iter().flatten().collect();
    let highest = found.iter().map(|boundary| boundary.row).max()?;
    let layers = layers_below(config, highest)?;
    if layers == 0 || layers >= all {
        return None;
    }
    found.retain(|boundary| layers_below(config, boundary.row) == Some(layers));
    let why: Vec<String> = found.into_iter().map(|boundary| boundary.why).collect();
    let words = format!("the history seems to change hands above layer {}: {}", layers - 1, why.join("; "));
    Some(BaseEvidence { layers: Some(layers), ..evidence(words) })
}

/// Which program wrote a row, as far as it shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Builder {
    BuildKit,
    Classic,
    Imported,
    Debuerreotype,
    Other,
}

impl Builder {
    fn of(row: &HistoryEntry) -> Self {
        let (created_by, comment) =
            (row.created_by.as_deref().unwrap_or_default(), row.comment.as_deref().unwrap_or_default());
        if comment.starts_with("buildkit.") || created_by.ends_with("# buildkit") {
            Self::BuildKit
        } else if comment.starts_with("debuerreotype") || created_by.starts_with("# debian.sh") {
            Self::Debuerreotype
        } else if comment.starts_with("Imported from") || created_by.is_empty() {
            Self::Imported
        } else if is_of_classic(row) {
            Self::Classic
        } else {
            Self::Other
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::BuildKit => "BuildKit",
            Self::Classic => "the classic builder",
            Self::Imported => "docker import",
            Self::Debuerreotype => "debuerreotype",
            Self::Other => "another program",
        }
    }
}

/// Whether the classic builder wrote it, or one that writes as it does.
fn is_of_classic(row: &HistoryEntry) -> bool {
    let has_mark = row.created_by.as_ref().is_some_and(|text| text.starts_with('|') || text.contains("#(nop) "));
    has_mark || matches!(created_by::instruction(row, None).command, Command::Script(_))
}

/// The topmost row that another program wrote than the row below it.
fn builder_changes(rows: &[HistoryEntry]) -> Option<Boundary> {
    let builders: Vec<Builder> = rows.iter().map(Builder::of).collect();
    let at = builders.windows(2).rposition(|pair| matches!(pair, [below, above] if below != above))?;
    let [below, above] = builders.get(at..at + 2)? else { return None };
    Some(Boundary { row: at + 1, why: format!("{} below it, {} above", below.as_str(), above.as_str()) })
}

/// The topmost CMD or ENTRYPOINT with layers above it: what an image is to run is mostly said last.
fn command_within(rows: &[HistoryEntry]) -> Option<Boundary> {
    let is_command =
        |row: &HistoryEntry| matches!(created_by::instruction(row, None).keyword, Some("CMD" | "ENTRYPOINT"));
    let top = rows.iter().rposition(|row| !row.empty_layer)?;
    let command = rows.get(..top)?.iter().rposition(is_command)?;
    Some(Boundary { row: command + 1, why: "a CMD or ENTRYPOINT within the history ends an image".to_owned() })
}

/// The lowest row where it brings a whole root file system: below it there is nothing.
fn root_file_system(rows: &[HistoryEntry]) -> Option<Boundary> {
    let first = rows.first().filter(|row| !row.empty_layer)?;
    let created_by = first.created_by.as_deref().unwrap_or_default().trim_end();
    let is_added =
        created_by.contains("ADD ") && (created_by.ends_with(" in /") || created_by.ends_with(" / # buildkit"));
    let why = match Builder::of(first) {
        Builder::Imported => "the lowest layer was imported whole",
        Builder::Debuerreotype => "the lowest layer is a Debian root file system of debuerreotype",
        _ if is_added => "the lowest layer was added to / whole",
        _ => return None,
    };
    Some(Boundary { row: 1, why: why.to_owned() })
}
