//! How an image was built, as far as its history, its provenance and a Dockerfile tell.

use std::collections::BTreeMap;

use super::Snapshot;
use super::base::dockerfile::{Build, Dockerfile, Matched};
use super::base::provenance::{self, Told};
use crate::model::{BuildSteps, Command, ImageConfig};
use crate::oci::created_by;

/// What the image itself tells.
pub(super) fn told(config: &ImageConfig, attestations: &[Vec<u8>]) -> BuildSteps {
    let mut steps = BuildSteps {
        instructions: created_by::instructions(config),
        inputs: config.build_sources.clone(),
        ..BuildSteps::default()
    };
    let Some(Told { provenance, build }) = provenance::read(attestations) else { return steps };
    steps.inputs = provenance.sources;
    if let Some(build) = build {
        add(&mut steps, &build, config, "the Dockerfile in the provenance");
    }
    steps
}

impl Snapshot {
    /// Adds what a Dockerfile tells, unless the history shows that another one made the image.
    pub fn told_by_dockerfile(&mut self, path: &str, dockerfile: &Dockerfile) {
        let arguments = BTreeMap::new();
        let Some(build) = dockerfile.build(None, &arguments) else { return };
        if add(&mut self.steps, &build, &self.config, path) {
            self.steps.inputs = dockerfile.images(&arguments);
        }
        self.steps = self.secrets.steps(std::mem::take(&mut self.steps));
    }
}

/// Adds what a build's Dockerfile tells; whether it can be that of this image.
fn add(steps: &mut BuildSteps, build: &Build, config: &ImageConfig, by: &str) -> bool {
    let told = build.instructions(config);
    match build.matched(config) {
        Matched::No => return false,
        Matched::Unknown => {
            steps.instructions = told;
            steps.is_own_only = true;
        }
        Matched::Layers(_) => {
            for (row, line) in steps.instructions.iter_mut().rev().zip(told.into_iter().rev()) {
                row.flags = line.flags;
                row.tells_flags = true;
                if row.command == Command::Untold {
                    row.text = line.text;
                    row.command = line.command;
                }
            }
        }
    }
    steps.told_by = Some(by.to_owned());
    true
}
