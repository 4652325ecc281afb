//! Which findings show.

use crate::compare::DriftReport;
use crate::model::{Finding, FindingDrift, Severity};
use crate::tui::overlay::{Choice, Menu};
use crate::tui::text;

/// One switch: what it is called, and which findings it stands for.
struct Switch {
    key: char,
    label: &'static str,
    group: Group,
    is: fn(&Finding) -> bool,
}

/// Switches of one group add up; a finding shows when each group has one for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Severity,
    Drift,
    Side,
}

/// Those of severity first, so that a menu of them alone has the same positions.
const SWITCHES: &[Switch] = &[
    Switch { key: 'a', label: "alarms", group: Group::Severity, is: |found| found.severity == Severity::Alarm },
    Switch { key: 'w', label: "warnings", group: Group::Severity, is: |found| found.severity == Severity::Warning },
    Switch { key: 'i', label: "info", group: Group::Severity, is: |found| found.severity == Severity::Info },
    Switch { key: 'n', label: "+ new", group: Group::Drift, is: |found| found.drift == Some(FindingDrift::New) },
    Switch { key: 's', label: "= same", group: Group::Drift, is: |found| found.drift == Some(FindingDrift::Same) },
    Switch { key: 'g', label: "- gone", group: Group::Drift, is: |found| found.drift == Some(FindingDrift::Gone) },
    Switch { key: 'd', label: "of the drift itself", group: Group::Drift, is: |found| found.drift.is_none() },
    Switch {
        key: 'l',
        label: "in the left image",
        group: Group::Side,
        is: |found| matches!(found.drift, Some(FindingDrift::Same | FindingDrift::Gone)),
    },
    Switch {
        key: 'r',
        label: "in the right image",
        group: Group::Side,
        is: |found| found.drift != Some(FindingDrift::Gone),
    },
];

/// Which switches are on; at the start all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter([bool; SWITCHES.len()]);

impl Default for Filter {
    fn default() -> Self {
        Self([true; SWITCHES.len()])
    }
}

impl Filter {
    /// The switches with how many findings each stands for; of one image on its own, those of severity.
    #[must_use]
    pub fn menu(self, report: &DriftReport) -> Menu {
        let findings = &report.findings;
        let choice = |(switch, on): (&Switch, bool)| {
            let number = findings.iter().filter(|finding| (switch.is)(finding)).count();
            Choice::switch(switch.key, switch.label, text::count(number as u64), on)
        };
        let shown = SWITCHES.iter().zip(self.0).filter(|(switch, _)| !report.alone || switch.group == Group::Severity);
        Menu { title: "Which findings", choices: shown.map(choice).collect() }
    }

    /// Turns the switch at this position of the menu.
    pub fn toggle(&mut self, at: usize) {
        if let Some(on) = self.0.get_mut(at) {
            *on = !*on;
        }
    }

    /// Whether the finding shows.
    #[must_use]
    pub fn has(self, finding: &Finding) -> bool {
        let is_on = |group: Group| {
            SWITCHES.iter().zip(self.0).any(|(switch, on)| on && switch.group == group && (switch.is)(finding))
        };
        [Group::Severity, Group::Drift, Group::Side].into_iter().all(is_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_when_its_severity_drift_and_side_are_on() {
        let finding = |severity, drift| Finding { drift, ..Finding::new("x", severity, "", "") };
        let gone = finding(Severity::Info, Some(FindingDrift::Gone));
        let new = finding(Severity::Alarm, Some(FindingDrift::New));
        let drift = finding(Severity::Alarm, None);
        let without = |key: char| {
            let mut filter = Filter::default();
            filter.toggle(SWITCHES.iter().position(|switch| switch.key == key).unwrap());
            [&gone, &new, &drift].map(|finding| filter.has(finding))
        };
        assert_eq!([&gone, &new, &drift].map(|finding| Filter::default().has(finding)), [true; 3]);
        assert_eq!(without('a'), [true, false, false]);
        assert_eq!(without('i'), [false, true, true]);
        assert_eq!(without('d'), [true, true, false]);
        assert_eq!(without('l'), [false, true, true]);
        assert_eq!(without('r'), [true, false, false]);
    }
}
