//! The layers of an engine's image once more, for file contents that someone asks to see: each reading is an export that
//! ends where the layer does.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Located;
use super::client::Client;
use super::export::{Wanted, document};
use crate::archive::{Limits, TarKind};
use crate::model::{Digest, ImagePath, Progress};
use crate::oci::{Platform, read_docker_manifest};
use crate::source::table::symlink_target;
use crate::source::{Blob, Blobs, Host, OpenOptions, SourceError, docker_archive, stream};

/// Times an archive is streamed for one layer: docker links a layer that stands twice in an image to its other place,
/// which may have passed by already.
const MAX_PASSES: usize = 4;

/// An engine's image, to be exported again.
#[derive(Clone)]
pub(super) struct EngineBlobs {
    client: Arc<Client>,
    id: Digest,
    platform: Platform,
    name: String,
    called: PathBuf,
    limits: Limits,
    progress: Arc<Progress>,
    /// What the archive calls the layers, from the bottom; not known of an image that was never exported.
    layers: Arc<Mutex<Option<Vec<String>>>>,
}

impl EngineBlobs {
    pub(super) fn new(image: &Located, options: &OpenOptions<'_>, progress: Arc<Progress>) -> Self {
        Self {
            client: Arc::clone(&image.client),
            id: image.id,
            platform: image.platform.clone(),
            name: image.name.clone(),
            called: image.called(),
            limits: options.limits.clone(),
            progress,
            layers: Arc::default(),
        }
    }

    /// Says what the archive calls the layers.
    pub(super) fn are_called(&self, layers: &[String]) {
        *self.layers.lock().unwrap_or_else(PoisonError::into_inner) = Some(layers.to_vec());
    }

    fn name_of(&self, layer: usize) -> Result<Option<String>, SourceError> {
        let known = self.layers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(layers) = known {
            return Ok(layers.get(layer).cloned());
        }
        let layers = self.names()?;
        self.are_called(&layers);
        Ok(layers.get(layer).cloned())
    }

    /// The names of the layers, for which the whole archive must pass by.
    fn names(&self) -> Result<Vec<String>, SourceError> {
        let streamed = self.asking(|wanted| {
            let mut nobody = Nobody(Arc::clone(&self.progress));
            wanted.stream(&self.called, &self.limits, &mut nobody, &self.progress)
        })?;
        let bytes = document(&streamed, docker_archive::MANIFEST)?.unwrap_or_default();
        let rows =
            read_docker_manifest(&bytes).map_err(|error| SourceError::Document { file: self.called.clone(), error })?;
        Ok(rows.into_iter().next().map(|row| row.layers).unwrap_or_default())
    }

    fn asking<T>(&self, ask: impl FnOnce(&Wanted<'_>) -> T) -> T {
        let ids = [self.id.to_string()];
        ask(&Wanted { client: &self.client, ids: &ids, platform: Some(&self.platform), name: &self.name })
    }

    /// The layer's bytes, at the place in a new export where they begin.
    fn find(&self, layer: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let path = |name: &[u8]| ImagePath::parse(name).ok();
        let mut wanted = self.name_of(layer)?.and_then(|name| path(name.as_bytes()));
        for _ in 0..MAX_PASSES {
            let (reader, transfer) = self.asking(|wanted| wanted.start(&self.progress))?;
            let told = |error| self.asking(|wanted| wanted.told(error, &transfer, &self.progress));
            let mut entries = stream::entries(&self.called, Box::new(reader), &self.limits).map_err(told)?;
            loop {
                let entry = entries
                    .next_entry()
                    .map_err(|error| told(SourceError::Tar { file: self.called.clone(), error }))?;
                let Some(entry) = entry else { break };
                match (path(&entry.path), entry.kind) {
                    (here, _) if here.is_none() || here != wanted => {}
                    (_, TarKind::File) => return Ok(Box::new(entries)),
                    (Some(here), TarKind::Symlink) => wanted = symlink_target(&here, &entry.link),
                    (_, TarKind::Hardlink) => wanted = path(&entry.link),
                    _ => {}
                }
            }
        }
        let error =
            io::Error::new(io::ErrorKind::NotFound, format!("the engine's archive does not hold layer {layer}"));
        Err(SourceError::Read { file: self.called.clone(), error })
    }
}

impl Blobs for EngineBlobs {
    fn open(&self, layer: usize) -> Result<Blob, SourceError> {
        Ok(Blob::Stream(Box::new(Later { blobs: self.clone(), layer, reader: None })))
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// A layer that is asked for only when it is read: blobs are also opened to see what kind they are.
struct Later {
    blobs: EngineBlobs,
    layer: usize,
    reader: Option<Box<dyn Read + Send>>,
}

impl Read for Later {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(self.blobs.find(self.layer).map_err(|error| io::Error::other(error.to_string()))?),
        };
        reader.read(buffer)
    }
}

/// Has no use for layers.
struct Nobody(Arc<Progress>);

impl Host for Nobody {
    fn take(&mut self, _: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        Ok(None)
    }

    fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.0)
    }
}
