//! Layers of both sides, aligned by sequence and never by position.

use std::collections::HashSet;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{LayerRelation, LayerRow};
use crate::model::text::without_build_arguments;
use crate::model::{Digest, LayerFacts};

/// Marks on each side the layers that the other side has too.
pub(super) fn mark_shared(left: &mut [LayerFacts], right: &mut [LayerFacts]) {
    let ids = |layers: &[LayerFacts]| layers.iter().map(|layer| layer.diff_id).collect::<HashSet<Digest>>();
    let (left_ids, right_ids) = (ids(left), ids(right));
    for layer in left {
        layer.shared = right_ids.contains(&layer.diff_id);
    }
    for layer in right {
        layer.shared = left_ids.contains(&layer.diff_id);
    }
}

/// Aligns by diffID first, then what lies between by instruction.
pub(super) fn rows(left: &[LayerFacts], right: &[LayerFacts]) -> Vec<LayerRow> {
    let ids = |layers: &[LayerFacts]| layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>();
    let mut rows = Vec::with_capacity(left.len().max(right.len()));
    for op in capture_diff_slices(Algorithm::Lcs, &ids(left), &ids(right)) {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            rows.extend(old.zip(new).map(|(left, right)| row(Some(left), Some(right), LayerRelation::Shared)));
        } else {
            let gap = (left.get(old.clone()), right.get(new.clone()));
            if let (Some(left_gap), Some(right_gap)) = gap {
                by_instruction(left_gap, right_gap, &mut rows);
            }
        }
    }
    rows
}

fn by_instruction(left: &[LayerFacts], right: &[LayerFacts], rows: &mut Vec<LayerRow>) {
    let keys =
        |layers: &[LayerFacts]| layers.iter().map(|layer| instruction(layer.created_by.as_deref())).collect::<Vec<_>>();
    let first = |layers: &[LayerFacts]| layers.first().map_or(0, |layer| layer.index);
    let (left_first, right_first) = (first(left), first(right));
    for op in capture_diff_slices(Algorithm::Lcs, &keys(left), &keys(right)) {
        let left = op.old_range().map(|at| left_first + at);
        let right = op.new_range().map(|at| right_first + at);
        if let DiffOp::Equal { .. } = op {
            rows.extend(left.zip(right).map(|(left, right)| row(Some(left), Some(right), LayerRelation::Rebuilt)));
        } else {
            rows.extend(left.map(|at| row(Some(at), None, LayerRelation::LeftOnly)));
            rows.extend(right.map(|at| row(None, Some(at), LayerRelation::RightOnly)));
        }
    }
}

fn row(left: Option<usize>, right: Option<usize>, relation: LayerRelation) -> LayerRow {
    LayerRow { left, right, relation }
}

/// An instruction without what two builds of it differ in: the builder's frame around it and hashes of copied files.
pub(super) fn instruction(created_by: Option<&str>) -> String {
    let text = created_by.unwrap_or_default().trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
    let text = text.strip_prefix("RUN ").unwrap_or(text);
    let text = without_build_arguments(text);
    let text = text.strip_prefix("/bin/sh -c ").unwrap_or(text).trim_start();
    let text = text.strip_prefix("#(nop) ").unwrap_or(text).trim_start();
    let words = text.split_whitespace().map(|word| match word.split_once(':') {
        Some((kind @ ("file" | "dir" | "multi"), hash)) if hash.len() >= 64 => kind,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(index: usize, id: u8, created_by: &str) -> LayerFacts {
        LayerFacts {
            index,
            diff_id: Digest([id; 32]),
            digest: None,
            size: 0,
            created_by: Some(created_by.to_owned()),
            shared: false,
            entries: 0,
        }
    }

    #[test]
    fn an_inserted_layer_does_not_shift_the_rest() {
        let left = [layer(0, 1, "ADD"), layer(1, 2, "RUN a"), layer(2, 3, "RUN b")];
        let right = [layer(0, 1, "ADD"), layer(1, 9, "RUN new"), layer(2, 8, "RUN a"), layer(3, 3, "RUN b")];
        let rows = rows(&left, &right);
        assert_eq!(
            rows,
            [
                row(Some(0), Some(0), LayerRelation::Shared),
                row(None, Some(1), LayerRelation::RightOnly),
                row(Some(1), Some(2), LayerRelation::Rebuilt),
                row(Some(2), Some(3), LayerRelation::Shared),
            ]
        );
    }

    #[test]
    fn both_builders_words_for_one_instruction_are_the_same() {
        let hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(instruction(Some(&format!("/bin/sh -c #(nop) COPY file:{hash} in /app/ "))), "COPY file in /app/");
        assert_eq!(
            instruction(Some("RUN /bin/sh -c apt-get update # buildkit")),
            instruction(Some("/bin/sh -c apt-get update"))
        );
        // Classic and BuildKit rows of one Dockerfile built with another argument.
        assert_eq!(
            instruction(Some("|2 VERSION=1.4.0 WORDS=two words /bin/sh -c pip install app")),
            instruction(Some("RUN |1 VERSION=1.5.0 /bin/sh -c pip install app # buildkit"))
        );
        assert_eq!(instruction(Some("|1 A=b python -m x")), "|1 A=b python -m x");
    }
}
