//! Which packages show.

use std::collections::BTreeSet;

use crate::compare::{DriftReport, PackageRow};
use crate::model::{Ecosystem, PackageMove};
use crate::tui::overlay::{Choice, Menu};
use crate::tui::text;

/// The choices a reader can make; together they let a package through or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Also packages that did not move.
    pub unmoved: bool,
    hidden_moves: Vec<PackageMove>,
    hidden_ecosystems: Vec<Ecosystem>,
    hidden_requested: bool,
    hidden_automatic: bool,
    /// Only those that this layer brought.
    layer: Option<u32>,
}

const MOVES: [PackageMove; 5] =
    [PackageMove::Downgraded, PackageMove::Removed, PackageMove::Added, PackageMove::Upgraded, PackageMove::Rebuilt];
const ECOSYSTEMS: [(Ecosystem, char); 2] = [(Ecosystem::Deb, 'd'), (Ecosystem::Pypi, 'p')];
/// The keys of the layers in the menu; those above are reached by moving.
const LAYER_KEYS: &str = "0123456789";

/// One row of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Unmoved,
    Move(PackageMove),
    Ecosystem(Ecosystem, char),
    Requested,
    Automatic,
    Layer(Option<u32>),
}

impl Filter {
    /// What shows at the start: what moved. With nothing moved, an empty table would say less than the whole one.
    #[must_use]
    pub fn usual(report: &DriftReport) -> Self {
        Self { unmoved: report.moved(None) == 0, ..Self::default() }
    }

    /// Whether a package shows.
    #[must_use]
    pub fn has(&self, row: &PackageRow) -> bool {
        let Some(package) = row.either() else { return false };
        let moved = match row.change {
            Some(change) => !self.hidden_moves.contains(&change),
            None => self.unmoved,
        };
        let installed = match package.automatic {
            Some(true) => !self.hidden_automatic,
            Some(false) => !self.hidden_requested,
            // Neither is known to be true of it.
            None => !self.hidden_automatic && !self.hidden_requested,
        };
        moved
            && installed
            && !self.hidden_ecosystems.contains(&package.ecosystem)
            && self.layer.is_none_or(|layer| layer == package.layer)
    }

    /// Lets this package through, and whatever else the reader had not hidden.
    pub fn widen(&mut self, row: &PackageRow) {
        if !self.has(row) {
            *self = Self { unmoved: self.unmoved || row.change.is_none(), ..Self::default() };
        }
    }

    /// What shows, for the head of the table.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = vec![if self.unmoved { "all packages" } else { "packages that moved" }.to_owned()];
        words.extend(self.hidden_moves.iter().map(|change| format!("not {change}")));
        words.extend(self.hidden_ecosystems.iter().map(|ecosystem| format!("not {ecosystem}")));
        if self.hidden_requested {
            words.push("only dependencies".to_owned());
        }
        if self.hidden_automatic {
            words.push("only on request".to_owned());
        }
        words.extend(self.layer.map(|layer| format!("layer #{layer}")));
        words.join(", ")
    }

    /// The choices as they stand, with how many packages each is about.
    #[must_use]
    pub fn menu(&self, report: &DriftReport) -> Menu {
        let choices = switches(report).into_iter().map(|switch| self.choice(switch, report)).collect();
        Menu { title: "Which packages", choices }
    }

    /// Takes the choice at this position of the menu.
    pub fn choose(&mut self, choice: usize, report: &DriftReport) {
        match switches(report).get(choice) {
            Some(Switch::Unmoved) => self.unmoved = !self.unmoved,
            Some(Switch::Move(change)) => toggle(&mut self.hidden_moves, *change),
            Some(Switch::Ecosystem(ecosystem, _)) => toggle(&mut self.hidden_ecosystems, *ecosystem),
            Some(Switch::Requested) => self.hidden_requested = !self.hidden_requested,
            Some(Switch::Automatic) => self.hidden_automatic = !self.hidden_automatic,
            Some(Switch::Layer(layer)) => self.layer = *layer,
            None => {}
        }
    }

    fn choice(&self, switch: Switch, report: &DriftReport) -> Choice {
        let count = |holds: &dyn Fn(&PackageRow) -> bool| {
            text::count(report.packages.iter().filter(|row| holds(row)).count() as u64)
        };
        let is = |row: &PackageRow, automatic| row.either().is_some_and(|package| package.automatic == Some(automatic));
        match switch {
            Switch::Unmoved => Choice::switch('a', "did not move", count(&|row| row.change.is_none()), self.unmoved),
            Switch::Move(change) => Choice::switch(
                change.sign(),
                change.as_str(),
                count(&|row| row.change == Some(change)),
                !self.hidden_moves.contains(&change),
            ),
            Switch::Ecosystem(ecosystem, key) => Choice::switch(
                key,
                ecosystem.as_str(),
                count(&|row| row.either().is_some_and(|package| package.ecosystem == ecosystem)),
                !self.hidden_ecosystems.contains(&ecosystem),
            ),
            Switch::Requested => {
                Choice::switch('r', "installed on request", count(&|row| is(row, false)), !self.hidden_requested)
            }
            Switch::Automatic => {
                Choice::switch('i', "installed as a dependency", count(&|row| is(row, true)), !self.hidden_automatic)
            }
            Switch::Layer(None) => Choice::pick('*', "of every layer", "", self.layer.is_none()),
            Switch::Layer(Some(layer)) => {
                let facts = report.right.layers.get(layer as usize);
                let made_by = text::instruction(facts.and_then(|layer| layer.created_by.as_deref()));
                let key = LAYER_KEYS.chars().nth(layer as usize).unwrap_or(' ');
                let label = format!("only of layer #{layer}");
                Choice::pick(key, label, text::cut(&made_by, 32), self.layer == Some(layer))
            }
        }
    }
}

/// What there is to choose in this report.
fn switches(report: &DriftReport) -> Vec<Switch> {
    let packages = || report.packages.iter().filter_map(PackageRow::either);
    let mut all = vec![Switch::Unmoved];
    all.extend(MOVES.map(Switch::Move));
    let ecosystems: BTreeSet<Ecosystem> = packages().map(|package| package.ecosystem).collect();
    if ecosystems.len() > 1 {
        all.extend(ECOSYSTEMS.map(|(ecosystem, key)| Switch::Ecosystem(ecosystem, key)));
    }
    all.extend([Switch::Requested, Switch::Automatic]);
    let layers: BTreeSet<u32> = packages().map(|package| package.layer).collect();
    if layers.len() > 1 {
        all.push(Switch::Layer(None));
        all.extend(layers.into_iter().map(|layer| Switch::Layer(Some(layer))));
    }
    all
}

fn toggle<T: PartialEq>(hidden: &mut Vec<T>, one: T) {
    match hidden.iter().position(|known| *known == one) {
        Some(at) => {
            hidden.remove(at);
        }
        None => hidden.push(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    fn shown(filter: &Filter) -> Vec<String> {
        let report = fixture::report();
        let rows = report.packages.iter().filter(|row| filter.has(row));
        rows.filter_map(PackageRow::either).map(|package| package.name.clone()).collect()
    }

    /// The filter after the choices with these keys.
    fn chosen(keys: &str) -> Filter {
        let report = fixture::report();
        let mut filter = Filter::default();
        for key in keys.chars() {
            let menu = filter.menu(&report);
            filter.choose(menu.choices.iter().position(|choice| choice.key == key).unwrap(), &report);
        }
        filter
    }

    #[test]
    fn each_choice_hides_what_it_names_and_shows_it_again() {
        let report = fixture::report();
        let all = shown(&Filter::default()).len();
        assert_eq!(all, report.moved(None));
        assert_eq!(shown(&chosen("^")).len(), all - report.moved(Some(PackageMove::Upgraded)));
        assert_eq!(chosen("^^"), Filter::default());
        assert_eq!(shown(&chosen("a")).len(), report.packages.len());
        let pypi = shown(&chosen("d"));
        assert!(pypi.contains(&"numpy".to_owned()) && !pypi.contains(&"openssl".to_owned()), "{pypi:?}");
        assert_eq!(chosen("d^").words(), "packages that moved, not upgraded, not deb");
    }

    #[test]
    fn no_two_choices_share_a_key() {
        let menu = Filter::default().menu(&fixture::report());
        let mut keys: Vec<char> = menu.choices.iter().map(|choice| choice.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), menu.choices.len());
    }

    #[test]
    fn a_package_that_is_jumped_to_shows() {
        let report = fixture::report();
        for row in &report.packages {
            let mut filter = chosen("^d");
            filter.widen(row);
            assert!(filter.has(row));
        }
    }
}
