//! Images of the local engines.
//!
//! What an image is, the engine says before anything is exported; what is known already is never exported. The rest
//! comes as one archive, read while it streams, with nothing written to disk.

mod blobs;
mod client;
mod endpoint;
mod error;
mod export;
mod names;
mod recall;

use std::path::PathBuf;
use std::sync::Arc;

use super::{Engine, Host, OpenImage, OpenOptions, SourceError};
use crate::model::{Digest, Progress};
use crate::oci::Platform;

use client::Client;
use error::program;

pub(super) use error::address;
use export::Export;

pub use error::{Attempt, EngineAt, EngineError, Obstacle};

/// The engines that were connected to, each once.
#[derive(Default)]
pub(super) struct Engines(Vec<(Engine, Arc<Client>)>);

/// An image that an engine has.
pub(super) struct Located {
    client: Arc<Client>,
    /// As typed.
    name: String,
    /// Digest of the config, or, in docker's containerd store, of the manifest or index.
    id: Digest,
    /// The layers, from the bottom.
    diff_ids: Vec<Digest>,
    platform: Platform,
    /// Bytes of all layers.
    size: u64,
    tags: Vec<String>,
}

impl Engines {
    /// Finds the image that `engine` calls `name`.
    pub(super) fn locate(
        &mut self,
        engine: Engine,
        name: &str,
        options: &OpenOptions<'_>,
        progress: &Progress,
    ) -> Result<Located, SourceError> {
        let wanted: Option<Platform> = options.platform.map(str::parse).transpose()?;
        names::check(name)?;
        let client = self.client(engine, progress)?;
        let located = names::locate(&client, name, wanted.as_ref(), progress)?;
        match wanted {
            Some(wanted) if !located.platform.satisfies(&wanted) => {
                Err(no_such_platform(name, client.at.engine, &wanted, &located.platform))
            }
            _ => Ok(located),
        }
    }

    fn client(&mut self, engine: Engine, progress: &Progress) -> Result<Arc<Client>, SourceError> {
        if let Some((_, client)) = self.0.iter().find(|(known, _)| *known == engine) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(Client::connect(engine, progress)?);
        self.0.push((engine, Arc::clone(&client)));
        Ok(client)
    }
}

impl Located {
    /// Whether both images are in one engine, so that one export can hold both.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.client.at == other.client.at
    }

    /// What messages call the image.
    fn called(&self) -> PathBuf {
        called(self.client.at.engine, &self.name)
    }

    /// What reports call the source.
    fn source(&self) -> &'static str {
        program(self.client.at.engine)
    }

    /// The tag that was meant, else the first: what says more than the user typed.
    fn full_name(&self) -> Option<String> {
        let meant = self.tags.iter().find(|tag| {
            let registry = [self.name.as_str(), &format!("{}:latest", self.name)]
                .into_iter()
                .find_map(|name| tag.strip_suffix(name));
            registry.is_some_and(|registry| registry.is_empty() || registry.ends_with('/'))
        });
        meant.or_else(|| self.tags.first()).cloned()
    }
}

/// What messages call an engine's image: the reference that names it.
fn called(engine: Engine, name: &str) -> PathBuf {
    PathBuf::from(format!("{}:{name}", program(engine)))
}

fn no_such_platform(name: &str, engine: Engine, wanted: &Platform, have: &Platform) -> SourceError {
    let (file, wanted, found) = (called(engine, name), wanted.to_string(), vec![have.to_string()]);
    SourceError::NoSuchPlatform { file, wanted, found }
}

/// Reads one image.
pub(super) fn open(image: &Located, options: &OpenOptions<'_>, host: &mut dyn Host) -> Result<OpenImage, SourceError> {
    match recall::recall(image, options, host) {
        Some(known) => Ok(known),
        None => Export::read(&[image], options, host)?.image(0, image, options, host),
    }
}

/// Reads two images of one engine; what both need is exported once.
pub(super) fn open_both(
    images: [&Located; 2],
    options: &OpenOptions<'_>,
    hosts: [&mut dyn Host; 2],
) -> [Result<OpenImage, SourceError>; 2] {
    let ([left, right], [left_host, right_host]) = (images, hosts);
    match (recall::recall(left, options, left_host), recall::recall(right, options, right_host)) {
        (None, None) => {}
        (left_known, right_known) => {
            let or_exported =
                |known: Option<OpenImage>, image, host| known.map_or_else(|| open(image, options, host), Ok);
            return [or_exported(left_known, left, left_host), or_exported(right_known, right, right_host)];
        }
    }
    let both = [left, right];
    let asked = if left.id == right.id { &both[..1] } else { &both[..] };
    right_host.expect(0);
    let export = match Export::read(asked, options, left_host) {
        Ok(export) => export,
        // One export has one failure; it is told of the left image, which the caller looks at first.
        Err(error) => return [Err(error), Err(SourceError::Stopped)],
    };
    for diff_id in export.taken().filter(|diff_id| right.diff_ids.contains(diff_id)) {
        right_host.taken(diff_id);
    }
    [export.image(0, left, options, left_host), export.image(asked.len() - 1, right, options, right_host)]
}
