//! What the user says of the base, held against each image: `--base REF` and `--dockerfile PATH`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::store::Store;
use super::{cache, options, recorded};
use crate::error::Failure;
use crate::image::Cache;
use crate::model::{BaseEvidence, Digest, Progress, Side};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::snapshot::base::dockerfile::{Dockerfile, MAX_BYTES};
use crate::snapshot::base::{self, Named};
use crate::source::{self, Host, Reference, SourceError};

/// Adds what the settings say of the base to what the images tell themselves.
pub(super) fn tell(images: &mut [&mut Snapshot], settings: &Settings, progress: &Arc<Progress>) -> Result<(), Failure> {
    let named = settings.base.as_deref().map(|text| named(text, settings, progress)).transpose()?;
    let dockerfile = settings.dockerfile.as_deref().map(|path| Ok::<_, Failure>((path, read(path)?))).transpose()?;
    if named.is_none() && dockerfile.is_none() {
        return Ok(());
    }
    for image in images {
        if let Some((path, dockerfile)) = &dockerfile {
            image.told_by_dockerfile(&path.display().to_string(), dockerfile);
        }
        let secrets = image.secrets;
        let mut said: Vec<BaseEvidence> = Vec::new();
        said.extend(named.iter().map(|named| base::named_says(named, &image.config.diff_ids)));
        said.extend(
            dockerfile.iter().map(|(path, dockerfile)| {
                base::dockerfile_says(&path.display().to_string(), dockerfile, &image.config)
            }),
        );
        let told = image.facts.base.take().map(|base| base.evidence).unwrap_or_default();
        let said = said.into_iter().map(|evidence| secrets.evidence(evidence));
        image.facts.base = base::weigh(said.chain(told).collect());
    }
    Ok(())
}

/// The image that is said to be the base. Its documents are read, its layers are not.
fn named(text: &str, settings: &Settings, progress: &Arc<Progress>) -> Result<Named, Failure> {
    let failed = |error: &SourceError| Failure::opening(text, error);
    let reference = Reference::parse(text).map_err(|error| failed(&error))?;
    let image = if let Some(path) = recorded::file(&reference) {
        recorded::open(Side::Left, &reference, path, settings, &Store::new(None))?.image
    } else {
        let mut host = DocumentsOnly { progress: Arc::clone(progress), cache: cache::wanted(settings) };
        source::open(&reference, &options(settings), &mut host).map_err(|error| failed(&error))?
    };
    Ok(Named {
        reference: text.to_owned(),
        name: image.name,
        manifest_digest: image.manifest_digest,
        other_digests: (!image.indexes.is_empty()).then(|| [&[image.config_digest], &*image.indexes].concat()),
        passes_on: image.config.labels.get(base::DIGEST_KEY).cloned(),
        diff_ids: image.config.diff_ids,
    })
}

fn read(path: &Path) -> Result<Dockerfile, Failure> {
    let failed = |what: &dyn std::fmt::Display| {
        Failure::new(format!("cannot read the Dockerfile {}: {what}", path.display()))
            .with_hint("--dockerfile wants the file that the image was built with.")
    };
    let mut text = String::new();
    // One byte more than it may have, so that the parser refuses it.
    let most = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
    File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)).map_err(|error| failed(&error))?;
    Dockerfile::parse(&text).map_err(|error| failed(&error))
}

/// Wants no layer: those that a stream brings pass by unread.
struct DocumentsOnly {
    progress: Arc<Progress>,
    cache: Option<Cache>,
}

impl Host for DocumentsOnly {
    fn take(&mut self, blob: &mut (dyn Read + Send)) -> Result<Option<Digest>, SourceError> {
        // Whoever streams tells of what fails.
        let _ = io::copy(blob, &mut io::sink());
        Ok(None)
    }

    fn knows(&self, _diff_id: Digest) -> bool {
        true
    }

    fn recall(&self, digest: Digest) -> Option<Vec<u8>> {
        self.cache.as_ref()?.document(digest)
    }

    fn keep(&self, digest: Digest, document: &[u8]) {
        if let Some(cache) = &self.cache {
            // Next time it is asked for again.
            let _ = cache.keep_document(digest, document);
        }
    }

    fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}
