//! Images in registries, without any engine: a repository is read as a layout whose blobs come over the network.

mod blob;
mod client;
mod credentials;
mod error;
mod name;
mod store;
mod token;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use super::documents::Request;
use super::{Host, OpenImage, OpenOptions, SourceError, bridge, layout};
use crate::model::Progress;
use crate::oci::Platform;

use client::Client;
use name::Name;
use store::Repository;

pub use error::{Login, RegistryError};

/// Opens the image that `name` leads to. Messages call it `file`. Only documents are fetched: index, manifest, config.
pub(super) fn open(
    file: &Path,
    name: &str,
    options: &OpenOptions<'_>,
    host: &mut dyn Host,
) -> Result<OpenImage, SourceError> {
    let name = Name::parse(name)?;
    let platform: Option<Platform> = options.platform.map(str::parse).transpose()?;
    let (credentials, is_insecure) = (credentials::find(&name)?, name.is_among(options.insecure_registries));
    let client = waited(Client::new(name, credentials, is_insecure), &host.progress())?;
    let client = Arc::new(client);
    let store = Repository::open(file.to_owned(), Arc::clone(&client), options, host)?;
    let resolved = client.name.resolved(store.digest());
    let request = Request {
        file,
        store: &store,
        choice: None,
        platform: platform.as_ref(),
        verify: options.verify,
        format_is_chosen: false,
    };
    let documents = layout::read(&request)?;
    let layers = request.bind(&documents)?;
    let image = documents.open_image("registry", layers, Box::new(store))?;
    Ok(OpenImage { name: Some(resolved), ..image })
}

/// Waits for `work`, unless someone asks to stop.
fn waited<T>(work: impl Future<Output = Result<T, RegistryError>>, progress: &Progress) -> Result<T, SourceError> {
    match bridge::wait(work, progress) {
        Ok(Some(done)) => done.map_err(SourceError::from),
        Ok(None) => Err(SourceError::Stopped),
        Err(error) => Err(RegistryError::Client { reason: error.to_string() }.into()),
    }
}
