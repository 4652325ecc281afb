//! Images without a manifest digest: nothing ties them to what a registry serves.

use super::{Audited, Check};
use crate::model::{Finding, Severity};

pub(super) const CHECK: Check = Check { name: "manifest-unknown", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    if audited.facts.manifest_digest.is_some() {
        return Vec::new();
    }
    let message = "the digest of its manifest is not known: nothing ties the image to what a registry serves";
    let finding = Finding::new(CHECK.name, Severity::Info, "manifest", message);
    vec![finding.fix("compare registry or OCI references instead of saved archives")]
}
