//! The checklist's shape in the JSON contract.

use serde::Serialize;

use crate::model;

#[derive(Serialize)]
pub(super) struct Checklist<'a> {
    judged: &'a str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    check: &'a str,
    asks: &'a str,
    answer: model::Answer,
    words: &'a str,
    evidence: Vec<Evidence<'a>>,
    fix: Option<&'a str>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    text: &'a str,
    layer: Option<usize>,
}

impl<'a> Checklist<'a> {
    pub(super) fn of(checklist: &'a model::Checklist) -> Self {
        let evidence = |shows: &'a model::Evidence| Evidence { text: &shows.text, layer: shows.layer };
        let item = |item: &'a model::ChecklistItem| Item {
            name: item.name,
            check: item.check,
            asks: item.asks,
            answer: item.answer,
            words: &item.words,
            evidence: item.evidence.iter().map(evidence).collect(),
            fix: item.fix,
        };
        Self { judged: &checklist.judged, items: checklist.items.iter().map(item).collect() }
    }
}
