//! What varies from build to build: masks that prove two contents equal, and path rules that name a cause.

pub mod mask;
pub mod rules;

pub use mask::{MASKS, Mask, mask_for};
pub use rules::{Generated, Inputs, Noise, Prover, Rules, RulesError};
