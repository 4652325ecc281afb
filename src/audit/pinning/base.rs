//! What the image was built from: by digests, or by names that move.

use super::steps::{cut, named};
use super::{Build, Item, Judged};
use crate::model::{Answer, BuildSource, Severity};

pub(super) const PINNED: Item = Item {
    name: "base-pinned",
    check: "base-unpinned",
    asks: "FROM names its image by digest",
    // The check `base-unpinned` says it.
    severity: None,
    subject: "base image",
    why: "the tag names another image tomorrow",
    fix: "FROM name:tag@sha256:...",
    judge: pinned,
};

pub(super) const TAG: Item = Item {
    name: "base-latest",
    check: "base-latest",
    asks: "FROM does not name the tag latest",
    severity: Some(Severity::Warning),
    subject: "base image",
    why: "the tag moves to other major versions without a word",
    fix: "FROM name:VERSION@sha256:...",
    judge: tag,
};

pub(super) const INPUTS: Item = Item {
    name: "inputs-unpinned",
    check: "inputs-unpinned",
    asks: "every image that the build took from is named by digest",
    severity: Some(Severity::Info),
    subject: "build inputs",
    why: "what is copied from them is other tomorrow",
    fix: "name digests in every FROM and COPY --from=IMAGE@sha256:...",
    judge: inputs,
};

fn pinned<'a>(build: &Build<'a>) -> Judged<'a> {
    let Some(base) = build.facts.base.as_ref().filter(|base| base.is_identified()) else {
        return Judged::new(Answer::Unknown, "the image does not tell what it was built from");
    };
    let name = cut(&base.reference().unwrap_or_default());
    let judged = match (base.pinned, &base.digest) {
        _ if base.name.as_deref() == Some("scratch") => {
            return Judged::new(Answer::NotApplicable, "built from scratch");
        }
        (Some(true), _) => Judged::new(Answer::Yes, name),
        (Some(false), _) => Judged::new(Answer::No, format!("built from {name} by a tag")),
        (None, Some(_)) => Judged::new(Answer::Unknown, format!("{name}; whether FROM named the digest is not told")),
        (None, None) => Judged::new(Answer::Unknown, format!("{name}; by which digest is not told")),
    };
    match base.words().next() {
        Some(words) => judged.by(words, None),
        None => judged,
    }
}

fn tag<'a>(build: &Build<'a>) -> Judged<'a> {
    let Some(name) = build.facts.base.as_ref().and_then(|base| base.name.as_deref()) else {
        return Judged::new(Answer::Unknown, "the image does not tell the name of its base");
    };
    let shown = cut(name);
    let bare = name.split('@').next().unwrap_or_default();
    let last = bare.rsplit('/').next().unwrap_or_default();
    let is_pinned = build.facts.base.as_ref().and_then(|base| base.pinned) == Some(true);
    match last.rsplit_once(':').map(|(_, tag)| tag) {
        _ if bare == "scratch" => Judged::new(Answer::NotApplicable, "built from scratch"),
        Some("latest") => Judged::new(Answer::No, format!("built from {shown}")),
        Some(_) => Judged::new(Answer::Yes, shown),
        None if is_pinned => Judged::new(Answer::Yes, format!("{shown}, by digest alone")),
        // Evidence such as annotations leaves the tag out.
        None => Judged::new(Answer::Unknown, format!("{shown}, by which tag is not told")),
    }
}

fn inputs<'a>(build: &Build<'a>) -> Judged<'a> {
    let inputs = &build.told.inputs;
    if inputs.is_empty() {
        let words = "neither a Dockerfile nor a provenance tells them";
        return Judged::new(Answer::Unknown, words);
    }
    let of = |pinned: Option<bool>| -> Vec<&str> {
        let matching = inputs.iter().filter(|input: &&BuildSource| input.pinned == pinned);
        matching.map(|input| input.name.as_str()).collect()
    };
    let (moving, untold) = (of(Some(false)), of(None));
    match (moving.is_empty(), untold.is_empty()) {
        (false, _) => Judged::new(Answer::No, format!("by a tag: {}", named(&moving))),
        (true, false) => Judged::new(Answer::Unknown, format!("not told of {}", named(&untold))),
        (true, true) => Judged::new(Answer::Yes, format!("all of {}", inputs.len())),
    }
}
