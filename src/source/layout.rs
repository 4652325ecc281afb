//! The OCI image layout, in a directory or an archive: `index.json` leads through indexes to manifests, and they to
//! configs and layers, all of them blobs named by their digest (image spec, image-layout.md).

use std::collections::{BTreeSet, HashSet};

use super::detect::not_image;
use super::documents::{Documents, Layer, Request, blob_name, platform_of};
use super::error::Candidate;
use super::reference::named;
use super::{Choice, SourceError, attestations, beside};
use crate::archive::sha256;
use crate::model::{Digest, Variant};
use crate::oci::{
    Descriptor, DocumentError, Index, Manifest, ManifestOrIndex, Platform, media_type, read_config, read_index,
    read_manifest_or_index,
};

pub(super) const INDEX: &str = "index.json";

/// Indexes within indexes that are followed; docker writes one within `index.json`.
const MAX_DEPTH: u32 = 4;

/// Manifests of one image looked at; official images have some twenty.
const MAX_MANIFESTS: usize = 256;

/// Reads the documents of the image that `request` chooses.
pub(super) fn read(request: &Request<'_>) -> Result<Documents, SourceError> {
    let (index, digest) = top(request)?;
    let entries = choose(request, &index)?;
    let manifests = expand(request, &entries)?;
    let indexes =
        entries.iter().map(|entry| entry.digest).filter(|entry| manifests.iter().all(|found| found.digest != *entry));
    let (descriptor, warning) = pick_platform(request, &manifests)?;
    let manifest = read_manifest(request, descriptor)?.ok_or_else(|| absent_manifest(request, descriptor))?;
    if let Some(kind) = manifest.artifact_type() {
        return Err(SourceError::Artifact { file: request.file.to_owned(), kind: kind.to_owned() });
    }
    let what = format!("config {}", manifest.config.digest);
    let bytes = request.blob(&what, &manifest.config)?.ok_or_else(|| request.absent("manifest", &what))?;
    let config = read_config(&what, &bytes).map_err(|error| request.broken(error))?;
    request.check_platform(&config)?;
    Ok(Documents {
        manifest_digest: Some(descriptor.digest),
        config_digest: manifest.config.digest,
        config,
        config_json: bytes,
        variants: variants(&manifests),
        indexes: indexes.chain([digest]).collect(),
        annotations: manifest.annotations,
        attestations: attestations::of(request, &index, descriptor.digest),
        layers: manifest.layers.into_iter().map(layer).collect(),
        warnings: warning.into_iter().collect(),
        gaps: beside::rows(request, manifest.config.digest)?.into_iter().collect(),
    })
}

/// A manifest found by its config.
pub(super) struct Found {
    pub(super) digest: Digest,
    pub(super) manifest: Manifest,
    pub(super) attestations: Vec<Vec<u8>>,
}

/// What the layout holds for a name and a platform.
#[derive(Default)]
pub(super) struct Offered {
    /// The image with the config looked for.
    pub(super) found: Option<Found>,
    /// The config of another one.
    pub(super) other: Option<Digest>,
    /// Whether these are the images of that name; else they are all images of the layout.
    pub(super) is_by_name: bool,
}

/// The images for `platform` with one of `names`, or, where none has such a name, all of them. What is not there or is
/// no image is left aside.
pub(super) fn offered(
    request: &Request<'_>,
    names: &[String],
    platform: &Platform,
    config: Digest,
) -> Result<Offered, SourceError> {
    let (index, _) = top(request)?;
    let entries = images(&index);
    let candidates = candidates(&entries);
    let by_name: BTreeSet<usize> = names.iter().flat_map(|name| named(name, &candidates)).collect();
    let is_meant = |at: &usize| by_name.is_empty() || by_name.contains(at);
    let meant: Vec<Descriptor> =
        (0..).zip(&entries).filter(|(at, _)| is_meant(at)).map(|(_, entry)| entry.descriptor.clone()).collect();
    let mut offered = Offered { is_by_name: !by_name.is_empty(), ..Offered::default() };
    for descriptor in expand(request, &meant)? {
        let Some(manifest) = read_manifest(request, &descriptor)? else { continue };
        let holds_config =
            manifest.config.data.is_some() || request.store.size(&blob_name(&manifest.config.digest))?.is_some();
        if manifest.artifact_type().is_some() || !holds_config {
            continue;
        }
        if manifest.config.digest == config {
            let attestations = attestations::of(request, &index, descriptor.digest);
            offered.found = Some(Found { digest: descriptor.digest, manifest, attestations });
        } else if platform_of_manifest(request, &descriptor, true)?.satisfies(platform) {
            offered.other = Some(manifest.config.digest);
        }
    }
    Ok(offered)
}

/// The layout's own index, and its digest.
fn top(request: &Request<'_>) -> Result<(Index, Digest), SourceError> {
    let bytes = request.store.document(INDEX)?.ok_or_else(|| request.absent("format", INDEX))?;
    let index = read_index(INDEX, &bytes).map_err(|error| request.broken(error))?;
    Ok((index, sha256(&bytes)))
}

/// One image of `index.json`.
struct Entry {
    descriptor: Descriptor,
    names: Vec<String>,
}

impl Entry {
    fn new(descriptor: &Descriptor) -> Self {
        Self { names: descriptor.names().map(str::to_owned).collect(), descriptor: descriptor.clone() }
    }
}

/// The images of `index.json`, each once: docker lists one again for each of its tags.
fn images(index: &Index) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for descriptor in index.manifests.iter().filter(|descriptor| descriptor.is_image()) {
        match entries.iter_mut().find(|entry| entry.descriptor.digest == descriptor.digest) {
            Some(entry) => entry.names.extend(descriptor.names().map(str::to_owned)),
            None => entries.push(Entry::new(descriptor)),
        }
    }
    entries
}

/// The entries that are meant: one image, or one image's variants for several platforms. What is not there or is no
/// image is meant only when its name is asked for: reading it says what it is instead.
fn choose(request: &Request<'_>, index: &Index) -> Result<Vec<Descriptor>, SourceError> {
    let (entries, aside) = usable(request, images(index))?;
    let candidates = candidates(&entries);
    let chosen = match (request.chosen(&candidates), request.choice) {
        (Err(error), Some(Choice::Name(name))) => {
            let others = index.manifests.iter().filter(|descriptor| !descriptor.is_image()).map(Entry::new);
            return others
                .chain(aside)
                .find(|entry| entry.names.iter().any(|known| known == name))
                .map_or(Err(error), |entry| Ok(vec![entry.descriptor]));
        }
        (chosen, _) => chosen?,
    };
    let meant: Vec<&Entry> = chosen.iter().filter_map(|at| entries.get(*at)).collect();
    if meant.len() > 1 && !are_variants(&meant, request.choice) {
        return Err(request.several(&candidates, &chosen));
    }
    Ok(meant.into_iter().map(|entry| entry.descriptor.clone()).collect())
}

/// The entries that can be read as an image, and the others. Of a registry only what is asked for is fetched, and one
/// entry alone is no choice.
fn usable(request: &Request<'_>, entries: Vec<Entry>) -> Result<(Vec<Entry>, Vec<Entry>), SourceError> {
    if entries.len() < 2 || request.store.is_remote() {
        return Ok((entries, Vec::new()));
    }
    let (mut usable, mut aside) = (Vec::new(), Vec::new());
    for entry in entries {
        let to = if is_usable(request, &entry.descriptor)? { &mut usable } else { &mut aside };
        to.push(entry);
    }
    // Should nothing be usable, whatever is asked for says why.
    Ok(if usable.is_empty() { (aside, usable) } else { (usable, aside) })
}

fn is_usable(request: &Request<'_>, descriptor: &Descriptor) -> Result<bool, SourceError> {
    let what = format!("manifest {}", descriptor.digest);
    let Some(bytes) = request.blob(&what, descriptor)? else { return Ok(false) };
    // What is broken is told as such when it is chosen.
    Ok(match read_manifest_or_index(&what, &bytes) {
        Ok(ManifestOrIndex::Manifest(manifest)) => manifest.artifact_type().is_none(),
        _ => true,
    })
}

fn candidates(entries: &[Entry]) -> Vec<Candidate> {
    let candidate = |(index, entry): (usize, &Entry)| Candidate {
        index,
        names: entry.names.clone(),
        id: entry.descriptor.digest.short(),
        platform: entry.descriptor.platform.as_ref().map(Platform::to_string),
    };
    entries.iter().enumerate().map(candidate).collect()
}

/// Whether these are one image for several platforms: each says which, no two the same, all under one name.
fn are_variants(entries: &[&Entry], choice: Option<&Choice>) -> bool {
    let platforms: HashSet<String> =
        entries.iter().filter_map(|entry| entry.descriptor.platform.as_ref()).map(Platform::to_string).collect();
    let same_name = choice.is_some() || entries.windows(2).all(|pair| matches!(pair, [a, b] if a.names == b.names));
    platforms.len() == entries.len() && same_name
}

/// The manifests behind `entries`, each once, in order.
fn expand(request: &Request<'_>, entries: &[Descriptor]) -> Result<Vec<Descriptor>, SourceError> {
    let mut manifests = Vec::new();
    let mut seen = HashSet::new();
    for entry in entries {
        expand_one(request, entry, MAX_DEPTH, &mut seen, &mut manifests)?;
    }
    Ok(manifests)
}

fn expand_one(
    request: &Request<'_>,
    descriptor: &Descriptor,
    depth: u32,
    seen: &mut HashSet<Digest>,
    manifests: &mut Vec<Descriptor>,
) -> Result<(), SourceError> {
    if !seen.insert(descriptor.digest) {
        return Ok(());
    }
    if manifests.len() >= MAX_MANIFESTS || depth == 0 {
        let found = format!("its index lists more than {MAX_MANIFESTS} images or is nested deeper than {MAX_DEPTH}");
        return Err(not_image(request.file, &found, None));
    }
    match read_nested(request, descriptor)? {
        Some(index) => {
            for inner in index.manifests.iter().filter(|inner| inner.is_image()) {
                expand_one(request, inner, depth - 1, seen, manifests)?;
            }
        }
        None => manifests.push(descriptor.clone()),
    }
    Ok(())
}

/// The index that `descriptor` names; `None` when it names a manifest, or what is not there.
fn read_nested(request: &Request<'_>, descriptor: &Descriptor) -> Result<Option<Index>, SourceError> {
    if matches!(descriptor.media_type.as_str(), media_type::OCI_MANIFEST | media_type::DOCKER_MANIFEST) {
        return Ok(None);
    }
    let what = format!("index {}", descriptor.digest);
    let Some(bytes) = request.blob(&what, descriptor)? else { return Ok(None) };
    match read_manifest_or_index(&what, &bytes).map_err(|error| request.broken(error))? {
        ManifestOrIndex::Index(index) => Ok(Some(index)),
        ManifestOrIndex::Manifest(_) if descriptor.media_type.is_empty() => Ok(None),
        ManifestOrIndex::Manifest(_) => Err(mislabelled(request, what, "a manifest")),
    }
}

fn read_manifest(request: &Request<'_>, descriptor: &Descriptor) -> Result<Option<Manifest>, SourceError> {
    let what = format!("manifest {}", descriptor.digest);
    let Some(bytes) = request.blob(&what, descriptor)? else { return Ok(None) };
    match read_manifest_or_index(&what, &bytes).map_err(|error| request.broken(error))? {
        ManifestOrIndex::Manifest(manifest) => Ok(Some(*manifest)),
        ManifestOrIndex::Index(_) => Err(mislabelled(request, what, "an index")),
    }
}

/// A descriptor's media type must be true of manifests and indexes: readers that believe it and readers that look
/// would see two different images.
fn mislabelled(request: &Request<'_>, document: String, found: &str) -> SourceError {
    request.broken(DocumentError::Kind { document, found: format!("{found}, against its media type") })
}

fn absent_manifest(request: &Request<'_>, descriptor: &Descriptor) -> SourceError {
    request.absent("index", &format!("manifest {}", descriptor.digest))
}

/// The manifest for the platform asked for; else for this machine's, else the first, with a warning when there was a
/// choice. Manifests that are not there count only when they are asked for: docker lists all platforms and saves one.
fn pick_platform<'a>(
    request: &Request<'_>,
    manifests: &'a [Descriptor],
) -> Result<(&'a Descriptor, Option<String>), SourceError> {
    let Some(first) = manifests.first() else {
        return Err(not_image(request.file, "its index lists no image", None));
    };
    let mut present = Vec::new();
    for manifest in manifests {
        if manifest.data.is_some() || request.store.size(&blob_name(&manifest.digest))?.is_some() {
            present.push((manifest, platform_of_manifest(request, manifest, manifests.len() > 1)?));
        }
    }
    let for_platform = |wanted: &Platform| present.iter().find(|(_, have)| have.satisfies(wanted)).map(|(it, _)| *it);
    match (request.platform, present.as_slice()) {
        (None, []) => Err(absent_manifest(request, first)),
        // Whether it is for the platform asked for, its config tells.
        (_, [(only, _)]) if manifests.len() == 1 => Ok((*only, None)),
        (Some(wanted), _) => for_platform(wanted)
            .map(|found| (found, None))
            .map_or_else(|| Err(no_such_platform(request, wanted, manifests, &present)), Ok),
        (None, [(only, _)]) => Ok((*only, None)),
        (None, several @ [(one, _), ..]) => {
            let for_host = for_platform(&Platform::host());
            let taken = for_host.unwrap_or(*one);
            // What every client does there without a word.
            if for_host.is_some() && request.store.is_remote() {
                return Ok((taken, None));
            }
            let name = |manifest: &Descriptor| {
                several.iter().find(|(it, _)| it.digest == manifest.digest).map(|(_, have)| have.to_string())
            };
            let all: Vec<String> = several.iter().map(|(_, have)| have.to_string()).collect();
            let warning = format!(
                "the index holds {}: {} was taken; --platform picks another",
                all.join(", "),
                name(taken).unwrap_or_default()
            );
            Ok((taken, Some(warning)))
        }
    }
}

/// What an index offers, when it says for which platforms.
fn variants(manifests: &[Descriptor]) -> Vec<Variant> {
    let variant = |descriptor: &Descriptor| {
        Some(Variant { platform: descriptor.platform.as_ref()?.to_string(), digest: descriptor.digest })
    };
    manifests.iter().filter_map(variant).collect()
}

/// A manifest's platform by its descriptor, else, if it is needed, by its config.
fn platform_of_manifest(request: &Request<'_>, descriptor: &Descriptor, needed: bool) -> Result<Platform, SourceError> {
    if let Some(platform) = descriptor.platform.as_ref().filter(|platform| !platform.architecture.is_empty()) {
        return Ok(platform.clone());
    }
    if !needed {
        return Ok(Platform::default());
    }
    let Some(manifest) = read_manifest(request, descriptor)? else { return Ok(Platform::default()) };
    let what = format!("config {}", manifest.config.digest);
    let Some(bytes) = request.blob(&what, &manifest.config)? else { return Ok(Platform::default()) };
    Ok(read_config(&what, &bytes).map(|config| platform_of(&config)).unwrap_or_default())
}

/// The error that no manifest is for `wanted`, or that the one that is was left out.
fn no_such_platform(
    request: &Request<'_>,
    wanted: &Platform,
    manifests: &[Descriptor],
    present: &[(&Descriptor, Platform)],
) -> SourceError {
    let is_wanted =
        |manifest: &&Descriptor| manifest.platform.as_ref().is_some_and(|platform| platform.satisfies(wanted));
    match manifests.iter().find(is_wanted) {
        Some(listed) => absent_manifest(request, listed),
        None => SourceError::NoSuchPlatform {
            file: request.file.to_owned(),
            wanted: wanted.to_string(),
            found: present.iter().map(|(_, platform)| platform.to_string()).collect(),
        },
    }
}

fn layer(descriptor: Descriptor) -> Layer {
    Layer {
        name: blob_name(&descriptor.digest),
        called: format!("layer {}", descriptor.digest),
        digest: Some(descriptor.digest),
        size: descriptor.size,
        urls: descriptor.urls,
    }
}
