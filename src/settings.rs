//! What the command line asks of the reading of images.

use crate::archive::Limits;
use crate::cli::SourceArgs;

/// How images are read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `os/arch[/variant]`, to pick from an index.
    pub platform: Option<String>,
    /// Whether digests are left unchecked.
    pub no_verify: bool,
    pub limits: Limits,
}

impl From<SourceArgs> for Settings {
    fn from(args: SourceArgs) -> Self {
        // There is no cache yet, so `--no-cache` is what always happens.
        Self { platform: args.platform, no_verify: args.no_verify, limits: Limits::default() }
    }
}
