//! What varies from build to build: masks that prove two contents equal, path rules that name a cause, and the anatomy
//! of formats in which it hides.

pub mod anatomy;
pub mod mask;
pub mod rules;

pub use anatomy::dissect;
pub use mask::{MASKS, Mask, mask_for};
pub use rules::{Generated, Inputs, Noise, Prover, Rules, RulesError};
