//! Packages whose record was changed after they arrived.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "record-touched", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let touched = audited.packages.iter().filter_map(|package| Some((package, package.touched.as_ref()?)));
    touched
        .filter(|(_, touched)| touched.lost.is_none())
        .map(|(package, touched)| {
            let message = format!(
                "layer {} wrote this record, although {} arrived in layer {}: what it says of files proves nothing",
                touched.layer,
                package.label(),
                package.layer
            );
            Finding::new(CHECK.name, Severity::Alarm, audited.subject(package), message)
                .fix("find the build step that writes it; if there is none, treat the image as tampered with")
                .of(package)
                .at([&touched.path])
        })
        .collect()
}
