//! What the command line asks of the reading of images.

use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::Limits;
use crate::cli::SourceArgs;
use crate::model::Secrets;
use crate::nondeterminism::Rules;

/// How images are read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `os/arch[/variant]`, to pick from an index.
    pub platform: Option<String>,
    /// Whether digests are left unchecked.
    pub no_verify: bool,
    /// Whether layers are left unread where an index of them is kept from before, and new indexes are kept.
    pub keeps: bool,
    /// Hosts (`HOST[:PORT]`) that may be spoken to without TLS.
    pub insecure_registries: Vec<String>,
    /// The image that the images are said to be built from.
    pub base: Option<String>,
    /// The Dockerfile that the images are said to be built from.
    pub dockerfile: Option<PathBuf>,
    pub limits: Limits,
    /// Whether reports show the secrets of configurations.
    pub secrets: Secrets,
    /// What paths are held against: those that ship with the program, and before them the user's own.
    pub rules: Arc<Rules>,
}

impl From<SourceArgs> for Settings {
    fn from(args: SourceArgs) -> Self {
        Self {
            platform: args.platform,
            no_verify: args.no_verify,
            keeps: !args.no_cache,
            insecure_registries: args.insecure_registries,
            base: args.base,
            dockerfile: args.dockerfile,
            limits: Limits::default(),
            secrets: if args.show_secrets { Secrets::Shown } else { Secrets::Hidden },
            rules: Arc::default(),
        }
    }
}
