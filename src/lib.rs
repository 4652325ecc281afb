//! imgdrift explains every difference between two container images.
pub mod archive;
pub mod cli;
pub mod compare;
pub mod demo;
pub mod error;
pub mod image;
pub mod model;
pub mod nondeterminism;
pub mod oci;
pub mod packages;
pub mod report;
pub mod session;
pub mod settings;
pub mod snapshot;
pub mod source;
pub mod tui;
