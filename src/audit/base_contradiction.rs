//! Evidence of the base that cannot all be true.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "base-contradiction", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let contradictions = audited.facts.base.iter().flat_map(|base| &base.contradictions);
    let finding = |contradiction: &String| {
        Finding::new(CHECK.name, Severity::Warning, "base image", contradiction)
            .fix("find out which is right before the drift is put down to the base")
    };
    contradictions.map(finding).collect()
}
