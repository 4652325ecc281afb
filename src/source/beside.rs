//! Archives that are a docker-archive and an OCI layout in one, as docker 25 and `BuildKit` write them. Docker with its own
//! stores follows `manifest.json`, containerd `index.json`: only where both lead to one image is it clear which one runs.

use super::documents::{Documents, Request, platform_of};
use super::layout::{self, Found, INDEX, Offered};
use super::{SourceError, docker_archive};
use crate::archive::sha256;
use crate::model::text::visible;
use crate::model::{Digest, Gap, GapKind};
use crate::oci::{DockerRow, read_docker_manifest};

/// Looks up the image of `row` in the layout beside `manifest.json`, and takes its manifest's digest and annotations from
/// there. `is_only` says that no other row could be meant by an image of the layout without a name.
///
/// # Errors
/// When the layout leads to another image, unless the user says which of the two to follow.
pub(super) fn layout(
    request: &Request<'_>,
    row: &DockerRow,
    is_only: bool,
    documents: &mut Documents,
) -> Result<(), SourceError> {
    if request.store.size(INDEX)?.is_none() {
        return Ok(());
    }
    let platform = platform_of(&documents.config);
    let offered = match layout::offered(request, &row.repo_tags, &platform, documents.config_digest) {
        Ok(offered) => offered,
        Err(error) => {
            let why = format!(
                "the index.json beside manifest.json cannot be followed, as containerd would: {}",
                visible(&error.to_string())
            );
            documents.gaps.push(Gap::new(GapKind::Archive, why));
            return Ok(());
        }
    };
    let Offered { found, other, is_by_name } = offered;
    if let Some(index) = other.filter(|_| found.is_none() || is_by_name || is_only) {
        if !request.format_is_chosen {
            let (file, manifest) = (request.file.to_owned(), documents.config_digest);
            return Err(SourceError::TwoImages { file, manifest, index });
        }
        let why = format!("the index.json beside manifest.json leads to another image, with the config {index}");
        documents.gaps.push(Gap::new(GapKind::Archive, why));
    }
    if let Some(found) = found {
        take(found, documents);
    }
    Ok(())
}

/// Only as far as both agree: docker 25.0.0 wrote layouts whose manifests lack layers or order them wrongly (moby 47065,
/// 47150).
fn take(Found { digest, manifest, attestations }: Found, documents: &mut Documents) {
    let listed = manifest.layers.iter().map(|layer| Some(layer.digest));
    if listed.eq(documents.layers.iter().map(|layer| layer.digest)) {
        documents.manifest_digest = Some(digest);
        documents.annotations = manifest.annotations;
        documents.attestations = attestations;
    } else {
        let warning = format!("manifest {digest} lists other layers than manifest.json, which was followed");
        documents.warnings.push(warning);
    }
}

/// What is unclear of an image of the layout in an archive whose `manifest.json` does not list its config.
pub(super) fn rows(request: &Request<'_>, config: Digest) -> Result<Option<Gap>, SourceError> {
    if request.store.is_directory() || request.store.is_remote() {
        return Ok(None);
    }
    let Some(bytes) = request.store.document(docker_archive::MANIFEST)? else { return Ok(None) };
    let Ok(rows) = read_docker_manifest(&bytes) else { return Ok(None) };
    for row in &rows {
        if request.store.document(&row.config)?.is_some_and(|bytes| sha256(&bytes) == config) {
            return Ok(None);
        }
    }
    let why = "the manifest.json beside index.json leads to other images alone";
    Ok((!rows.is_empty()).then(|| Gap::new(GapKind::Archive, why)))
}
