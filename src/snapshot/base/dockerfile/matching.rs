//! Whether an image's history ends in a Dockerfile's instructions, and so where the base's layers end.
//!
//! The classic builder and `BuildKit` write one row for each instruction. buildah may write one for all, and a squashed
//! build none: what cannot be told is told as such.

use super::{Build, Instruction};
use crate::model::{HistoryEntry, ImageConfig};
use crate::oci::created_by;
use crate::snapshot::base::layers_below;

/// How a history compares with a Dockerfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// It ends in the Dockerfile's instructions; so many layers lie below them.
    Layers(usize),
    /// It ends in others.
    No,
    /// It does not tell.
    Unknown,
}

impl Build {
    /// Holds the instructions against an image's history.
    #[must_use]
    pub fn matched(&self, config: &ImageConfig) -> Matched {
        let rows = &config.history;
        let written = self.written(config);
        // Every history ends in nothing.
        if written.is_empty() {
            return Matched::Unknown;
        }
        let is_of_buildah = |row: &HistoryEntry| row.comment.as_ref().is_some_and(|comment| comment.contains("FROM "));
        // kaniko writes only the rows that have a layer.
        let is_of_kaniko = |row: &HistoryEntry| row.author.as_deref() == Some("kaniko");
        let leaves_out = |row: &HistoryEntry| is_of_buildah(row) || is_of_kaniko(row);
        let is_squashed = rows
            .last()
            .is_some_and(|row| row.comment.as_ref().is_some_and(|comment| comment.starts_with("merge sha256:")));
        let Some(below) = rows.len().checked_sub(written.len()) else {
            return if rows.is_empty() || rows.iter().any(leaves_out) { Matched::Unknown } else { Matched::No };
        };
        let pairs = rows.iter().skip(below).zip(written);
        match layers_below(config, below) {
            None => Matched::Unknown,
            Some(layers) if pairs.clone().all(|(row, instruction)| is_made_by(row, instruction)) => {
                Matched::Layers(layers)
            }
            Some(_) if is_squashed || rows.iter().any(leaves_out) => Matched::Unknown,
            Some(_) => Matched::No,
        }
    }

    /// The instructions that a history has rows of: `BuildKit` writes none for ONBUILD.
    pub(super) fn written(&self, config: &ImageConfig) -> Vec<&Instruction> {
        let is_buildkit = |row: &HistoryEntry| row.comment.as_ref().is_some_and(|text| text.starts_with("buildkit."));
        let leaves_out = config.history.last().is_some_and(is_buildkit);
        let all = self.instructions.iter();
        all.filter(|instruction| !(leaves_out && instruction.keyword == "ONBUILD")).collect()
    }
}

fn is_made_by(row: &HistoryEntry, instruction: &Instruction) -> bool {
    let created_by = row.created_by.as_deref().unwrap_or_default();
    // What names no instruction is a command that was run.
    if created_by::instruction(row, None).keyword.unwrap_or("RUN") != instruction.keyword {
        return false;
    }
    let text = without_flags(&instruction.text);
    // What has variables in it is written anew by the builder, with their values.
    match instruction.keyword.as_str() {
        "RUN" => text.contains("<<") || text.starts_with('[') || dense(created_by).contains(&dense(text)),
        _ if text.contains('$') => true,
        "COPY" | "ADD" => {
            let words = || created_by.split_whitespace().map(|word| word.trim_end_matches('/'));
            destination(text).is_none_or(|path| words().any(|word| word == path))
        }
        "WORKDIR" | "USER" => created_by.contains(text.trim()),
        // Go writes some signs of JSON as escapes.
        "CMD" | "ENTRYPOINT" if text.starts_with('[') && !text.contains(['\\', '&', '<', '>']) => {
            dense(created_by).contains(&dense(text))
        }
        // Ports, labels and variables are written in forms of each builder's own.
        _ => true,
    }
}

/// Where files are copied to, if that is told absolute and without a list's quotes.
fn destination(text: &str) -> Option<&str> {
    let last = text.split_whitespace().last()?;
    let path = last.trim_end_matches('/');
    (path.starts_with('/') && !text.contains("<<")).then_some(path)
}

fn without_flags(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

/// Without any white space, which continued lines lose, and the commas of a list, which builders leave out.
fn dense(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace() && *character != ',').collect()
}
