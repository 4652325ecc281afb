//! Layer blobs as they come from a registry, taken up again where a connection broke.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use reqwest::Response;
use tokio::time::sleep;

use super::client::{Client, PAUSES, patiently};
use super::{RegistryError, waited};
use crate::model::{Digest, Progress};
use crate::source::bridge::reader;
use crate::source::{Blob, Blobs, SourceError};

/// Bytes after which earlier breaks of the connection count no more.
const FORGIVEN: u64 = 32 << 20;

/// The layers of one image, from the bottom.
pub(super) struct Layers {
    client: Arc<Client>,
    progress: Arc<Progress>,
    from_bottom: Vec<Layer>,
}

/// A layer's blob as the manifest names it.
#[derive(Clone, Copy)]
pub(super) struct Layer {
    pub(super) digest: Digest,
    pub(super) size: Option<u64>,
}

impl Layers {
    pub(super) fn new(client: Arc<Client>, progress: Arc<Progress>, from_bottom: Vec<Layer>) -> Self {
        Self { client, progress, from_bottom }
    }
}

impl Blobs for Layers {
    fn open(&self, layer: usize) -> Result<Blob, SourceError> {
        let Some(layer) = self.from_bottom.get(layer).copied() else { return Err(SourceError::Stopped) };
        // The first answer is waited for here, where an error is told with the way out.
        let (body, _) = waited(patiently(async || self.client.blob(layer.digest, 0).await), &self.progress)?;
        let client = Arc::clone(&self.client);
        let download = Download { client, layer, at: 0, skip: 0, body: Some(body), breaks: 0, unbroken: 0 };
        let chunks = stream::try_unfold(download, |mut download| async move {
            let broken = |error| io::Error::new(ErrorKind::ConnectionAborted, SourceError::from(error));
            let chunk = download.next().await.map_err(broken)?;
            Ok(chunk.map(|chunk| (chunk, download)))
        });
        let failed = |error| SourceError::Read { file: self.client.name.wanted().into(), error };
        Ok(Blob::Stream(Box::new(reader(chunks, Arc::clone(&self.progress)).map_err(failed)?)))
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// A blob on its way.
struct Download {
    client: Arc<Client>,
    layer: Layer,
    /// Bytes handed on.
    at: u64,
    /// Bytes still to come that were handed on before: not every server can start in the middle.
    skip: u64,
    body: Option<Response>,
    /// Breaks of the connection, and bytes since the last one.
    breaks: usize,
    unbroken: u64,
}

impl Download {
    /// The next bytes; `None` at the end of the blob.
    async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        loop {
            let error = match self.chunk().await {
                Err(error) if error.is_passing() => error,
                done => return done,
            };
            self.body = None;
            self.unbroken = 0;
            let Some(pause) = PAUSES.get(self.breaks) else {
                return Err(RegistryError::Interrupted {
                    host: self.client.name.host().to_owned(),
                    digest: self.layer.digest,
                    had: self.at,
                    reason: error.reason(),
                });
            };
            self.breaks += 1;
            sleep(*pause).await;
        }
    }

    /// The next bytes of the connection at hand, or of a new one.
    async fn chunk(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let mut body = if let Some(body) = self.body.take() {
            body
        } else {
            let (body, start) = self.client.blob(self.layer.digest, self.at).await?;
            self.skip = self.at.saturating_sub(start);
            body
        };
        loop {
            let chunk = match body.chunk().await {
                Ok(chunk) => chunk,
                // Nothing more is wanted of it.
                Err(_) if self.layer.size == Some(self.at) => None,
                Err(error) => return Err(self.client.failed(&error)),
            };
            let Some(mut chunk) = chunk else { return self.end() };
            let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
            self.skip -= known as u64;
            let new = chunk.split_off(known);
            if !new.is_empty() {
                self.body = Some(body);
                return self.took(new).map(Some);
            }
        }
    }

    fn took(&mut self, new: Bytes) -> Result<Bytes, RegistryError> {
        self.at += new.len() as u64;
        self.unbroken += new.len() as u64;
        if self.unbroken > FORGIVEN {
            self.breaks = 0;
        }
        match self.layer.size {
            Some(expected) if self.at > expected => {
                let (host, digest) = (self.client.name.host().to_owned(), self.layer.digest);
                Err(RegistryError::Length { host, digest, expected })
            }
            _ => Ok(new),
        }
    }

    /// The end of a body, if it is the blob's.
    fn end(&self) -> Result<Option<Bytes>, RegistryError> {
        match self.layer.size {
            Some(size) if self.at < size => Err(self.client.broken("the blob ends too early")),
            _ => Ok(None),
        }
    }
}
