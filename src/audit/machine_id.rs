//! A machine-id baked into the image: every container of it has the same identity.

use super::{Audited, Check};
use crate::model::{Finding, Severity};
use crate::nondeterminism::mask;

pub(super) const CHECK: Check = Check { name: "machine-id", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let ids = audited.tree.nodes().iter().filter_map(|node| {
        // The mask holds only where 32 digits stand; an empty file or "uninitialized" is as it should be.
        let masked = node.file.entry.content.as_ref()?.masked.as_deref()?;
        let mask = mask::named(masked.mask).filter(|mask| mask.name == "machine-id")?;
        Some((node, mask))
    });
    ids.map(|(node, mask)| {
        Finding::new(CHECK.name, Severity::Warning, node.path.to_absolute(), mask.cause).fix(mask.fix).at([&node.path])
    })
    .collect()
}
