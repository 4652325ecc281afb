//! Packages that dpkg did not finish with.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "dpkg-state", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let odd = audited.packages.iter().filter_map(|package| Some((package, package.state.as_deref()?)));
    odd.map(|(package, state)| {
        let (severity, message, fix) = match state {
            "hold" => (
                Severity::Info,
                "it is on hold: upgrades, security fixes too, pass it by".to_owned(),
                "apt-mark unhold it once the reason is gone",
            ),
            _ => (
                Severity::Warning,
                format!("dpkg left it in the state {state:?}: its scripts failed or were cut short"),
                "dpkg --configure -a in the RUN that installs it, and let the RUN fail when that fails",
            ),
        };
        Finding::new(CHECK.name, severity, audited.subject(package), message).fix(fix).of(package)
    })
    .collect()
}
