//! What varies from build to build: masks that prove two contents equal, path rules that name a cause, and the anatomy
//! of formats in which it hides.

pub mod anatomy;
mod catalogue;
pub mod mask;
pub mod python;
pub mod rules;

pub use anatomy::dissect;
pub use catalogue::catalogue;
pub use mask::{HEAD, MASKS, Mask, mask_for};
pub use rules::{About, Generated, Inputs, Looks, Noise, Prover, RuleFile, Rules, RulesError};

use sha2::{Digest as _, Sha256};

use crate::model::Digest;

fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}
