//! imgdrift explains every difference between two container images.
//!
//! Two references go in, a report comes out: [`session`] opens both with [`source`], indexes every layer once with
//! [`image`], makes a [`snapshot`] of each side and hands both to [`compare`]; [`report`] writes what that found, [`tui`]
//! shows it. A module uses only what stands below it; `tests/suite/architecture.rs` holds that.
//!
//! | floor | module | holds |
//! |---|---|---|
//! | 7 | [`cli`] [`settings`] [`session`] [`error`] [`demo`] | the command line, both sides wired together, failures as a user reads them |
//! | 6 | [`tui`] [`report`] | the explorer; text, markdown and JSON |
//! | 5 | [`compare`] | packages, files, layers, configuration; the explanation of each path; the verdict |
//! | 4 | [`snapshot`] [`audit`] | one image as the comparison needs it, and its digests; findings about one image |
//! | 3 | [`packages`] | dpkg and Python packages and the order of their versions |
//! | 2 | [`source`] [`image`] | where images come from; layers indexed, squashed, read again |
//! | 1 | [`oci`] [`archive`] [`nondeterminism`] | documents; compression and tar; masks and path rules |
//! | 0 | [`model`] | the words they all share |

pub mod archive;
pub mod audit;
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
