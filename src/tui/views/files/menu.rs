//! The menus of the tree: what shows, and in which order.

use super::filter::Filter;
use super::order::Order;
use super::tree::Node;
use crate::compare::DriftReport;
use crate::model::{Change, Explanation, Side};
use crate::tui::overlay::{Choice, Menu};
use crate::tui::text;

/// What varies from build to build, or follows from something else.
const NOISY: &[Explanation] = &[Explanation::Noise, Explanation::Bytecode, Explanation::Generated];

/// One choice of the filter's menu.
#[derive(Debug, Clone, Copy)]
enum Switch {
    /// By position in [`Filter::PRESETS`].
    Preset(usize),
    Noisy,
    Explanation(Explanation),
    Change(Change),
    /// Only this layer, or all.
    Layer(Option<(Side, u16)>),
}

/// All choices for the filter while `selected` is the selected path. The left layer comes last: one image on its own is
/// not offered it, and every other choice keeps its place.
fn switches(filter: Filter, selected: Option<&Node>) -> Vec<(char, Switch)> {
    let presets = (0..Filter::PRESETS.len()).map(Switch::Preset);
    let mut switches: Vec<(char, Switch)> = "cunta".chars().zip(presets).collect();
    switches.push(('h', Switch::Noisy));
    switches.extend(('1'..='8').zip(Explanation::ALARMING_FIRST.map(Switch::Explanation)));
    switches.extend(Filter::CHANGES.map(|change| (change.sign(), Switch::Change(change))));
    if filter.layer.is_some() {
        switches.push(('0', Switch::Layer(None)));
    }
    for (key, side) in [('r', Side::Right), ('l', Side::Left)] {
        let layer = selected.and_then(|node| node.layer(side)).map(|index| (side, index));
        switches.extend(layer.map(|layer| (key, Switch::Layer(Some(layer)))));
    }
    switches
}

/// What shows, as it stands.
#[must_use]
pub fn filter(filter: Filter, selected: Option<&Node>, report: &DriftReport) -> Menu {
    let choice = |(key, switch): (char, Switch)| match switch {
        Switch::Preset(at) => {
            let words = Filter::PRESETS.get(at).map_or("", |(words, _)| *words);
            Choice::pick(key, words, "", filter.preset() == Some(at))
        }
        Switch::Noisy => {
            let on = NOISY.iter().any(|one| filter.shows_explanation(*one));
            Choice::switch(key, "noise, bytecode and generated", "", on)
        }
        Switch::Explanation(explanation) => {
            let count = text::count(report.files.by_explanation.get(explanation) as u64);
            let label = format!("{} {explanation}", explanation.sign());
            Choice::switch(key, label, count, filter.shows_explanation(explanation))
        }
        Switch::Change(change) => {
            let summary = report.files.summary;
            let count = match change {
                Change::Added => summary.added,
                Change::Removed => summary.removed,
                Change::Content => summary.content,
                Change::Metadata => summary.metadata,
                Change::Mtime => summary.mtime_only,
            };
            Choice::switch(key, change.as_str(), text::count(count as u64), filter.shows_change(change))
        }
        Switch::Layer(Some((side, index))) => {
            let side_word = if report.alone { String::new() } else { format!(" {}", side.as_str()) };
            let words = format!("only layer #{index}{side_word}, as the selected path");
            Choice::pick(key, words, "", filter.layer == Some((side, index)))
        }
        Switch::Layer(None) => Choice::pick(key, "all layers", "", false),
    };
    let is_offered =
        |(_, switch): &(char, Switch)| !(report.alone && matches!(switch, Switch::Layer(Some((Side::Left, _)))));
    let switches = switches(filter, selected).into_iter().filter(is_offered);
    Menu { title: "Which paths", choices: switches.map(choice).collect() }
}

/// The filter once the choice at this position is taken.
#[must_use]
pub fn filtered(filter: Filter, selected: Option<&Node>, choice: usize) -> Filter {
    match switches(filter, selected).get(choice) {
        Some((_, Switch::Preset(at))) => filter.with_preset(*at),
        Some((_, Switch::Noisy)) => filter.toggle_explanations(NOISY),
        Some((_, Switch::Explanation(explanation))) => filter.toggle_explanations(&[*explanation]),
        Some((_, Switch::Change(change))) => filter.toggle_change(*change),
        Some((_, Switch::Layer(layer))) => filter.in_layer(*layer),
        None => filter,
    }
}

/// The orders, in the order of [`Order::ALL`].
#[must_use]
pub fn order(order: Order) -> Menu {
    let choice = |(key, one): (char, Order)| Choice::pick(key, one.words(), "", one == order);
    Menu { title: "Order in every directory", choices: "nudsc".chars().zip(Order::ALL).map(choice).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tui::fixture;
    use crate::tui::views::files::tree::Tree;

    #[test]
    fn every_sign_and_every_key_means_one_thing() {
        let signs: BTreeSet<char> = Explanation::ALARMING_FIRST.map(Explanation::sign).into();
        assert_eq!(signs.len(), Explanation::ALARMING_FIRST.len());
        let signs: BTreeSet<char> = Filter::CHANGES.into_iter().chain([Change::Mtime]).map(Change::sign).collect();
        assert_eq!(signs.len(), 5);
        let report = fixture::report();
        let tree = Tree::new(&report);
        let layered = Filter::of_layer(Side::Left, 1);
        let menu = filter(layered, tree.node(2), &report);
        let keys: BTreeSet<char> = menu.choices.iter().map(|choice| choice.key).collect();
        assert_eq!(keys.len(), menu.choices.len());
        assert!(menu.choices.iter().any(|choice| choice.label == "all layers"));
    }
}
