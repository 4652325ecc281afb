//! One export of one or two images: read while it streams, its layers handed on, its documents bound to each image.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use super::blobs::EngineBlobs;
use super::client::{Client, Transfer};
use super::recall::Tree;
use super::{EngineError, Located};
use crate::archive::{Limits, TarError};
use crate::model::{Digest, Progress};
use crate::oci::{DockerRow, Platform, read_config, read_docker_manifest};
use crate::source::bridge::ChunkReader;
use crate::source::docker_archive;
use crate::source::documents::{Request, blob_name};
use crate::source::store::{Passed, Store};
use crate::source::stream::{Held, Streamed};
use crate::source::{Blobs, Choice, Host, OpenImage, OpenOptions, SourceError};

/// An archive of the engine that has passed by.
pub(super) struct Export {
    streamed: Arc<Streamed>,
    taken: Vec<Digest>,
}

impl Export {
    /// Has `images`, all of one engine, exported and hands their layers to `host`.
    pub(super) fn read(
        images: &[&Located],
        options: &OpenOptions<'_>,
        host: &mut dyn Host,
    ) -> Result<Self, SourceError> {
        let Some(first) = images.first() else { return Err(SourceError::Stopped) };
        host.expect(images.iter().map(|image| image.size).sum());
        let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
        let platform = images.iter().all(|image| image.platform == first.platform).then_some(&first.platform);
        let mut note = Note { host, taken: Vec::new() };
        let progress = note.progress();
        let names: Vec<&str> = images.iter().map(|image| image.name.as_str()).collect();
        let wanted = Wanted { client: &first.client, ids: &ids, platform, name: &names.join(" and ") };
        let streamed = wanted.stream(&first.called(), options.limits, &mut note, &progress)?;
        Ok(Self { streamed: Arc::new(streamed), taken: note.taken })
    }

    /// The layers that were read.
    pub(super) fn taken(&self) -> impl Iterator<Item = Digest> + '_ {
        self.taken.iter().copied()
    }

    /// The image that stood at `position` in the request.
    pub(super) fn image(
        &self,
        position: usize,
        image: &Located,
        options: &OpenOptions<'_>,
        host: &dyn Host,
    ) -> Result<OpenImage, SourceError> {
        let called = image.called();
        let blobs = EngineBlobs::new(image, options, host.progress());
        let store = Box::new(Stored { streamed: Arc::clone(&self.streamed), blobs });
        let request = |choice| Request {
            file: &called,
            store: store.as_ref(),
            choice,
            // The engine has chosen by it already.
            platform: None,
            verify: options.verify,
            format_is_chosen: false,
        };
        let tree = Tree::read(image.id, &|digest| store.document(&blob_name(&digest)).ok().flatten());
        let choice = Choice::Index(row_of(&request(None), image, &tree, position)?);
        let request = request(Some(&choice));
        let mut documents = docker_archive::read(&request)?;
        let mut layers = request.bind(&documents)?;
        tree.keep(host);
        host.keep(documents.config_digest, &documents.config_json);
        if tree.manifests.is_empty() {
            // A graph driver has no manifest: the one in the archive was made for it, as were the blobs.
            documents.manifest_digest = None;
            for layer in &mut layers {
                layer.digest = None;
            }
        }
        if !tree.configs.contains(&documents.config_digest) {
            let (at, called, sent) = (&image.client.at, image.id, documents.config_digest);
            documents.warnings.push(format!("{at} calls the image {called}, but the config that it sent is {sent}"));
        }
        let opened = documents.open_image(image.source(), layers, store)?;
        Ok(OpenImage { name: image.full_name(), ..opened })
    }
}

/// The position in `manifest.json` of the image: by the digest of its config, which is the image's ID or is named by the
/// manifest that is; else, should an exporter have rewritten the config, by its layers, and of several that have them by
/// the order of the request.
fn row_of(request: &Request<'_>, image: &Located, tree: &Tree, position: usize) -> Result<usize, SourceError> {
    let absent = || {
        let answer = format!("its archive does not hold {}", image.id);
        SourceError::from(EngineError::Refused { at: image.client.at.clone(), doing: "export the image", answer })
    };
    let bytes = request.store.document(docker_archive::MANIFEST)?.ok_or_else(absent)?;
    let rows = read_docker_manifest(&bytes).map_err(|error| request.broken(error))?;
    let has_config = |row: &DockerRow| {
        docker_archive::config_digest(&row.config).is_some_and(|digest| tree.configs.contains(&digest))
    };
    let mut by_config = Vec::new();
    let mut by_layers = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(bytes) = request.store.document(&row.config)? else { continue };
        let is_same = read_config(&row.config, &bytes).is_ok_and(|config| config.diff_ids == image.diff_ids);
        by_config.extend(has_config(row).then_some(at));
        by_layers.extend(is_same.then_some(at));
    }
    // An index leads to a config for each platform.
    let both = by_config.iter().find(|at| by_layers.contains(at));
    let in_order = by_layers.iter().find(|at| **at == position);
    both.or_else(|| by_config.first()).or(in_order).or_else(|| by_layers.first()).copied().ok_or_else(absent)
}

/// What is to be exported.
pub(super) struct Wanted<'a> {
    pub(super) client: &'a Client,
    pub(super) ids: &'a [String],
    pub(super) platform: Option<&'a Platform>,
    /// What messages call it.
    pub(super) name: &'a str,
}

impl Wanted<'_> {
    /// Reads the archive to its end; that it is whole is sure then.
    pub(super) fn stream(
        &self,
        called: &Path,
        limits: &Limits,
        host: &mut dyn Host,
        progress: &Arc<Progress>,
    ) -> Result<Streamed, SourceError> {
        let (reader, transfer) = self.start(progress)?;
        let streamed = Streamed::read(called, Box::new(reader), limits, host)
            .map_err(|error| self.told(error, &transfer, progress))?;
        let is_whole = streamed.is_terminated() && streamed.size(docker_archive::MANIFEST)?.is_some();
        if is_whole { Ok(streamed) } else { Err(self.cut(&transfer, "the export ended early")) }
    }

    /// Asks for the archive.
    pub(super) fn start(&self, progress: &Arc<Progress>) -> Result<(ChunkReader, Arc<Transfer>), SourceError> {
        self.client.export(self.ids, self.platform, Arc::clone(progress)).map_err(|error| {
            let at = self.client.at.clone();
            EngineError::Refused { at, doing: "export the image", answer: error.to_string() }.into()
        })
    }

    /// What a failure to read the archive really is: the engine's, if it stopped sending.
    pub(super) fn told(&self, error: SourceError, transfer: &Transfer, progress: &Progress) -> SourceError {
        if progress.is_cancelled() {
            return SourceError::Stopped;
        }
        match transfer.failure() {
            Some(why) if transfer.bytes() == 0 => {
                let at = self.client.at.clone();
                EngineError::Refused { at, doing: "export the image", answer: why }.into()
            }
            Some(why) => self.cut(transfer, &why),
            None if is_early_end(&error) => self.cut(transfer, "the export ended early"),
            None => error,
        }
    }

    fn cut(&self, transfer: &Transfer, why: &str) -> SourceError {
        let (at, name, bytes) = (self.client.at.clone(), self.name.to_owned(), transfer.bytes());
        EngineError::Cut { at, name, bytes, why: why.to_owned() }.into()
    }
}

/// Whether the archive stopped in the middle, as it does when the connection is closed in good order.
fn is_early_end(error: &SourceError) -> bool {
    matches!(error, SourceError::Tar { error: TarError::Io(error), .. } if error.kind() == ErrorKind::UnexpectedEof)
}

/// Notes which layers were taken.
struct Note<'a> {
    host: &'a mut dyn Host,
    taken: Vec<Digest>,
}

impl Host for Note<'_> {
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        let taken = self.host.take(blob)?;
        self.taken.extend(taken);
        Ok(taken)
    }

    fn progress(&self) -> Arc<Progress> {
        self.host.progress()
    }
}

/// The documents of an archive that has passed by, and the way to have its blobs once more.
struct Stored {
    streamed: Arc<Streamed>,
    blobs: EngineBlobs,
}

impl Store for Stored {
    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        document(&self.streamed, name)
    }

    fn size(&self, name: &str) -> Result<Option<u64>, SourceError> {
        self.streamed.size(name)
    }

    fn passed(&self, name: &str) -> Result<Option<Passed>, SourceError> {
        self.streamed.passed(name)
    }

    fn into_blobs(self: Box<Self>, layers: &[String]) -> Result<Box<dyn Blobs>, SourceError> {
        self.blobs.are_called(layers);
        Ok(Box::new(self.blobs))
    }
}

/// A document that has passed by; what looked like a layer is none.
pub(super) fn document(streamed: &Streamed, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
    Ok(match streamed.held(name)? {
        Held::Bytes(bytes) => Some(bytes),
        Held::Nothing | Held::Passed(_) => None,
    })
}
