//! Images in registries, without any engine.

use super::{Host, OpenImage, OpenOptions, SourceError};

/// Opens the image that `name` leads to.
pub(super) fn open(name: &str, options: &OpenOptions<'_>, host: &mut dyn Host) -> Result<OpenImage, SourceError> {
    let _ = (name, options, host);
    Err(SourceError::Stopped)
}
