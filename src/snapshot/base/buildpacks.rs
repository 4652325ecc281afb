//! The label `io.buildpacks.lifecycle.metadata` (buildpacks/spec, platform.md): the run image and its topmost layer.

use serde::Deserialize;

use super::names::digest_of;
use crate::model::{BaseEvidence, Confidence, Digest, EvidenceKind, ImageConfig};

const LABEL: &str = "io.buildpacks.lifecycle.metadata";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    run_image: Option<RunImage>,
    stack: Option<Stack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunImage {
    reference: Option<String>,
    top_layer: Option<String>,
    image: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stack {
    run_image: Option<Run>,
}

#[derive(Deserialize)]
struct Run {
    image: Option<String>,
}

pub(super) fn says(config: &ImageConfig) -> Option<BaseEvidence> {
    let metadata: Metadata = serde_json::from_str(config.labels.get(LABEL)?).ok()?;
    let run = metadata.run_image?;
    // The reference is the image's ID where the run image came from an engine, and names nothing then.
    let reference = run.reference.filter(|reference| digest_of(reference).is_some());
    let digest = reference.as_deref().and_then(digest_of).map(str::to_owned);
    let full_name = reference.filter(|reference| !reference.starts_with('@'));
    let stack = metadata.stack.and_then(|stack| stack.run_image).and_then(|image| image.image);
    let name = full_name.or(run.image).or(stack);
    let top = run.top_layer.as_deref().and_then(|layer| layer.strip_prefix("sha256:"));
    let top = top.and_then(|hex| Digest::from_hex(hex).ok());
    let layers = top.and_then(|top| config.diff_ids.iter().position(|layer| *layer == top)).map(|at| at + 1);
    if name.is_none() && digest.is_none() && layers.is_none() {
        return None;
    }
    let told = match (top, layers) {
        (Some(_), Some(_)) => "the run image and its topmost layer",
        _ => "the run image",
    };
    let words = format!("the label {LABEL}: {told}");
    let against = (top.is_some() && layers.is_none())
        .then(|| format!("the label {LABEL} names a topmost layer of the run image that the image does not have"));
    let said = BaseEvidence::new(EvidenceKind::Buildpacks, Confidence::High, words);
    Some(BaseEvidence { name, digest, layers, against, ..said })
}
