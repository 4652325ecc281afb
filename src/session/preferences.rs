//! The user's file of preferences, where the platform keeps such files.

use std::path::PathBuf;
use std::{env, fs, io};

use etcetera::BaseStrategy as _;

use crate::error::Failure;
use crate::tui::preferences::{self, Preferences};

/// Where the file is looked for: `$IMGDRIFT_CONFIG`, else `imgdrift/config.toml` in the folder for configuration.
#[must_use]
pub(super) fn path() -> Option<PathBuf> {
    if let Some(path) = env::var_os("IMGDRIFT_CONFIG") {
        return Some(path.into());
    }
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("imgdrift").join("config.toml"))
}

/// Reads the file; where there is none, everything is as the program comes.
///
/// # Errors
/// When it cannot be read, or says what cannot be.
pub(super) fn read() -> Result<Preferences, Failure> {
    let path = path();
    let text = match path.as_ref().map(fs::read_to_string) {
        Some(Ok(text)) => text,
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
            let path = path.unwrap_or_default();
            return Err(Failure::new(format!("cannot read {}: {error}", path.display())));
        }
        Some(Err(_)) | None => String::new(),
    };
    Preferences::read(&text, |name| env::var(name).ok()).map_err(|error| {
        let place = path.filter(|_| !text.is_empty()).map(|path| format!("{}: ", path.display())).unwrap_or_default();
        Failure::new(format!("{place}{error}; `imgdrift config` prints what can be set"))
    })
}

/// A file that changes nothing, with where it belongs: what can be set, and how.
pub(super) fn defaults() -> String {
    let place = path().map_or_else(|| "imgdrift/config.toml".to_owned(), |path| path.display().to_string());
    format!("# {place}\n#\n{}", preferences::defaults())
}
