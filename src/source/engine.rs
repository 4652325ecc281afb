//! Images of the local engines.

use super::{Engine, Host, OpenImage, OpenOptions, SourceError};

/// Opens the image that `engine` calls `name`.
pub(super) fn open(
    engine: Engine,
    name: &str,
    options: &OpenOptions<'_>,
    host: &mut dyn Host,
) -> Result<OpenImage, SourceError> {
    let _ = (engine, name, options, host);
    Err(SourceError::Stopped)
}

/// Opens two images of one engine; what both need is exported once.
pub(super) fn open_both(
    engine: Engine,
    names: [&str; 2],
    options: &OpenOptions<'_>,
    hosts: [&mut dyn Host; 2],
) -> [Result<OpenImage, SourceError>; 2] {
    let ([left, right], [left_host, right_host]) = (names, hosts);
    [open(engine, left, options, left_host), open(engine, right, options, right_host)]
}
