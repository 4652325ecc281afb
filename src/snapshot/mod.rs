//! One image as the comparison needs it.

pub mod base;
pub mod capture;
pub mod digests;
pub mod reached;
pub mod recorded;
mod steps;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use self::reached::Reached;
use crate::audit::{self, Audit};
use crate::image::{self, Image, LayerIndex};
use crate::model::{
    BuildSteps, Digest, FileEntry, Finding, Gap, ImageConfig, ImageFacts, ImagePath, LayerFacts, LockFile, Md5,
    Package, Recording, Secrets, Side, Variant, secret,
};
use crate::nondeterminism::Rules;
use crate::packages;

/// What an opened and indexed image consists of.
pub struct Parts {
    /// As the user typed it.
    pub reference: String,
    pub source: &'static str,
    pub name: Option<String>,
    pub recording: Option<Recording>,
    pub variants: Vec<Variant>,
    pub manifest_digest: Option<Digest>,
    pub config_digest: Digest,
    pub config: ImageConfig,
    pub annotations: BTreeMap<String, String>,
    /// In-toto statements as JSON.
    pub attestations: Vec<Vec<u8>>,
    /// From the bottom.
    pub layers: Vec<LayerPart>,
    /// Whether the layers' indexes are theirs, or empty ones.
    pub is_read: bool,
    pub layers_unread: usize,
    pub warnings: Vec<String>,
    /// What opening it could not read.
    pub gaps: Vec<Gap>,
    /// Whether what is said of it shows the secrets of its configuration.
    pub secrets: Secrets,
}

/// One layer of [`Parts`].
pub struct LayerPart {
    /// SHA-256 of the blob as stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// Bytes of the blob as stored.
    pub stored_size: Option<u64>,
    pub index: Arc<LayerIndex>,
}

/// One image: its facts, its configuration, its squashed file system and its packages.
pub struct Snapshot {
    pub facts: ImageFacts,
    /// With its secrets, which the comparison needs: what is shown of it goes through `secrets`.
    pub config: ImageConfig,
    pub secrets: Secrets,
    pub image: Image,
    pub packages: Vec<Arc<Package>>,
    /// In byte order of path.
    pub locks: Vec<Arc<LockFile>>,
    pub warnings: Vec<String>,
    /// What is not known of it, what matters most first; empty where its layers were not needed.
    pub gaps: Vec<Gap>,
    /// MD5 of file contents by their SHA-256, for contents whose MD5 was computed apart from the layer's pass.
    pub md5: HashMap<Digest, Md5>,
    /// How it was built, as far as that is told.
    pub steps: BuildSteps,
    /// What of it is at a path of the built-in noise rules and is no noise.
    pub reached: Reached,
}

impl Snapshot {
    /// Squashes the layers, finds the packages and computes the digests.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let indexes = parts.layers.iter().map(|layer| Arc::clone(&layer.index)).collect();
        let image = image::squash(indexes);
        let mut warnings = parts.warnings;
        let mut gaps = parts.gaps;
        let secrets = parts.secrets;
        for (at, layer) in image.layers.iter().enumerate() {
            warnings.extend(layer.warnings.iter().map(|warning| format!("layer {at}: {warning}")));
        }
        gaps.extend(image.layers.iter().flat_map(|layer| layer.gaps.iter().cloned()));
        warnings.extend(image.warnings.iter().cloned());
        let packages: Vec<_> = packages::catalog(&image, &mut warnings).into_iter().map(Arc::new).collect();
        gaps.extend(image.gaps.iter().cloned());
        gaps.extend(packages::gaps(&image, &packages));
        gaps.sort_unstable();
        gaps.dedup();
        let content_lacks = digests::lacking(&gaps, Gap::covers_content);
        let dependencies_lack = digests::lacking(&gaps, Gap::covers_dependencies);
        let locks = packages::locks::read(&image.tree, &packages, &mut warnings);
        let warnings = warnings.iter().map(|warning| secret::without_users(warning).into_owned()).collect();
        let distro = base::distro(&image.tree);
        let evidence = base::evidence(&base::Documents {
            annotations: &parts.annotations,
            config: &parts.config,
            attestations: &parts.attestations,
            distro: distro.as_deref(),
        });
        let evidence = evidence.into_iter().map(|evidence| secrets.evidence(evidence)).collect();
        let steps = secrets.steps(steps::told(&parts.config, &parts.attestations));
        let reached = Reached::new(&image.tree, &parts.config.runtime, &packages, Rules::built_in());
        let facts = ImageFacts {
            reference: secret::without_users(&parts.reference).into_owned(),
            source: parts.source,
            name: parts.name,
            recording: parts.recording,
            is_read: parts.is_read,
            variants: parts.variants,
            image_digest: parts.manifest_digest.unwrap_or(parts.config_digest),
            config_digest: parts.config_digest,
            manifest_digest: parts.manifest_digest,
            content_digest: digests::content(&image.tree, &reached, Rules::built_in(), &content_lacks),
            dependencies_digest: digests::dependencies(&packages, &dependencies_lack),
            content_lacks,
            dependencies_lack,
            platform: parts.config.platform(),
            created: parts.config.created.clone(),
            size: size(&image),
            download_size: parts.layers.iter().map(|layer| layer.digest.and(layer.stored_size)).sum(),
            distro,
            base: base::weigh(evidence),
            layers: layer_facts(&parts.layers, &parts.config, secrets),
            package_count: packages.len(),
            file_count: image.tree.nodes().len(),
            layers_unread: parts.layers_unread,
        };
        Self {
            facts,
            config: parts.config,
            secrets,
            image,
            packages,
            locks,
            warnings,
            gaps,
            md5: HashMap::new(),
            steps,
            reached,
        }
    }

    /// The MD5 of a file's content, where it is known.
    #[must_use]
    pub fn md5_of(&self, entry: &FileEntry) -> Option<Md5> {
        let content = entry.content.as_ref()?;
        content.md5.or_else(|| self.md5.get(&content.sha256).copied())
    }

    /// What is worth saying about this image on its own. Asked for last: MD5 sums may be added after [`Snapshot::new`].
    #[must_use]
    pub fn findings(&self, side: Side, rules: &Rules) -> Vec<Finding> {
        self.audit(&self.facts, side, rules).findings
    }

    /// What its audit comes to, by `facts` that may say more of the image than it tells itself.
    #[must_use]
    pub fn audit(&self, facts: &ImageFacts, side: Side, rules: &Rules) -> Audit {
        let Self { config, image, packages, locks, md5, steps, .. } = self;
        audit::audit(&audit::Image { facts, config, steps, tree: &image.tree, packages, locks, md5, rules }, side)
    }

    /// The captured text of the file that `path` leads to.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        let path = ImagePath::parse(path.as_bytes()).ok()?;
        std::str::from_utf8(self.image.tree.read(&path)?).ok()
    }
}

/// Bytes of all regular files, each inode once.
fn size(image: &Image) -> u64 {
    let mut seen = HashSet::new();
    let files = image.tree.nodes().iter().filter(|node| node.file.entry.content.is_some());
    files.filter(|node| seen.insert(Arc::as_ptr(&node.file.entry))).map(|node| node.file.entry.size).sum()
}

fn layer_facts(layers: &[LayerPart], config: &ImageConfig, secrets: Secrets) -> Vec<LayerFacts> {
    let history = config.layer_history();
    let created_by = |at| history.get(at).copied().flatten().and_then(|row| secrets.history(row).created_by);
    layers
        .iter()
        .enumerate()
        .map(|(index, layer)| LayerFacts {
            index,
            diff_id: layer.index.diff_id,
            digest: layer.digest,
            size: layer.index.size,
            created_by: created_by(index),
            shared: false,
            entries: layer.index.entries.len(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
