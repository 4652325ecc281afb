//! Whether the base moved, and what of the drift it brought; the rest is the doing of the app's own layers.

use std::collections::HashSet;
use std::sync::Arc;

use super::{ByExplanation, DriftReport, FileDrift, FileRow, PackageRow};
use crate::image;
use crate::model::{
    BaseEvidence, BaseImage, Confidence, EvidenceKind, Explanation, FileAt, ImageFacts, ImagePath, LayerFacts,
};
use crate::snapshot::{Snapshot, base};

/// How the bases of both images relate, and the drift split between them and what was built upon them.
pub struct BaseDrift {
    pub relation: BaseRelation,
    /// The relation in one sentence, without capital and full stop.
    pub sentence: String,
    /// `None` where it is not known, for one of the sides, which layers are the base's.
    pub split: Option<Split>,
}

/// How the bases of both images relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseRelation {
    Same,
    Moved,
    /// The left image is the lowest part of the right one.
    LeftIsBase,
    /// The right image is the lowest part of the left one.
    RightIsBase,
    Unknown,
}

impl BaseRelation {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Moved => "moved",
            Self::LeftIsBase => "left-is-base",
            Self::RightIsBase => "right-is-base",
            Self::Unknown => "unknown",
        }
    }
}

/// Whose layers brought a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// On each side that has it, it comes from a layer of the base.
    Base,
    /// One of the app's own layers wrote or deleted it on one side at least.
    App,
}

impl Origin {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::App => "app",
        }
    }
}

/// The drift by whose layers brought it.
pub struct Split {
    /// How sure it is where the bases end: of both sides the less sure one.
    pub confidence: Confidence,
    pub base: Share,
    pub app: Share,
    /// How many layers are the base's, left and right.
    boundaries: [usize; 2],
    /// Paths of one side only that the other side's base has, too: its app's layers deleted them.
    dropped: HashSet<ImagePath>,
}

/// What one origin brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Packages that moved.
    pub packages: usize,
    /// Differing paths.
    pub files: ByExplanation,
}

impl Share {
    /// Differing paths; without those of which only the time differs, which are many and say nothing.
    #[must_use]
    pub fn paths(&self) -> usize {
        let told = Explanation::ALARMING_FIRST.iter().filter(|explanation| **explanation != Explanation::Mtime);
        told.map(|explanation| self.files.get(*explanation)).sum()
    }
}

impl Split {
    /// Whose layers brought what differs in a path.
    #[must_use]
    pub fn of_file(&self, row: &FileRow) -> Origin {
        if self.dropped.contains(&row.path) { Origin::App } else { self.of([&row.left, &row.right]) }
    }

    fn of(&self, sides: [&Option<FileAt>; 2]) -> Origin {
        self.of_layers(sides.map(|side| side.as_ref().map(|file| file.layer)))
    }

    fn of_layers(&self, layers: [Option<u32>; 2]) -> Origin {
        let mut sides = layers.into_iter().zip(self.boundaries);
        let is_base = sides.all(|(layer, boundary)| layer.is_none_or(|layer| (layer as usize) < boundary));
        if is_base { Origin::Base } else { Origin::App }
    }

    fn of_package(&self, row: &PackageRow, files: &FileDrift) -> Origin {
        let layers = [&row.left, &row.right].map(|side| side.as_ref().map(|package| package.layer));
        let is_dropped = layers.iter().flatten().count() == 1 && {
            let mut rows = row.files.iter().filter_map(|at| files.rows.get(*at as usize));
            rows.any(|file| self.dropped.contains(&file.path))
        };
        if is_dropped { Origin::App } else { self.of_layers(layers) }
    }
}

impl DriftReport {
    /// Whose layers brought the change of a package; `None` where the bases' ends are not known or it did not move.
    #[must_use]
    pub fn origin_of_package(&self, row: &PackageRow) -> Option<Origin> {
        row.change?;
        Some(self.base.split.as_ref()?.of_package(row, &self.files))
    }

    /// Whose layers brought the difference of a path; `None` where the bases' ends are not known or it does not differ.
    #[must_use]
    pub fn origin_of_file(&self, row: &FileRow) -> Option<Origin> {
        row.drift.as_ref()?;
        Some(self.base.split.as_ref()?.of_file(row))
    }
}

/// The facts of both images, their bases weighed once more with what each image says of the other.
pub(super) fn facts(left: &ImageFacts, right: &ImageFacts) -> (ImageFacts, ImageFacts) {
    (beside(left, right), beside(right, left))
}

fn beside(facts: &ImageFacts, other: &ImageFacts) -> ImageFacts {
    let mut facts = facts.clone();
    if let Some(evidence) = of_the_other(&facts.layers, other) {
        let mut all = facts.base.take().map(|base| base.evidence).unwrap_or_default();
        all.push(evidence);
        facts.base = base::weigh(all);
    }
    facts
}

/// What the other image's layers say of the base of the one with these layers.
fn of_the_other(layers: &[LayerFacts], other: &ImageFacts) -> Option<BaseEvidence> {
    let shared = shared(layers, &other.layers);
    if shared == 0 || layers.len() == shared {
        return None;
    }
    if shared < other.layers.len() {
        let words = match shared {
            1 => "the lowest layer is the other image's too: they have an ancestor in common".to_owned(),
            _ => format!("the lowest {shared} layers are the other image's too: they have an ancestor in common"),
        };
        return Some(BaseEvidence::new(EvidenceKind::SharedLayers, Confidence::Low, words));
    }
    let words = match shared {
        1 => "the other image's one layer is the lowest of this one".to_owned(),
        _ => format!("the other image's {shared} layers are the lowest of this one"),
    };
    Some(BaseEvidence {
        name: Some(other.name.clone().unwrap_or_else(|| other.reference.clone())),
        digest: other.manifest_digest.map(|digest| digest.to_string()),
        layers: Some(shared),
        digests: digests(other),
        passes_on: of_labels(other).and_then(|labels| labels.digest.clone()),
        ..BaseEvidence::new(EvidenceKind::OtherImage, Confidence::High, words)
    })
}

/// Every digest that an image goes by; none where it came out of an index whose digest is not known.
fn digests(image: &ImageFacts) -> Vec<String> {
    let index = image.name.as_deref().and_then(base::digest_of).map(str::to_owned);
    let manifest = image.manifest_digest.map(|digest| digest.to_string());
    match (manifest, index) {
        (Some(manifest), Some(index)) => vec![manifest, image.config_digest.to_string(), index],
        _ => Vec::new(),
    }
}

fn of_labels(image: &ImageFacts) -> Option<&BaseEvidence> {
    image.base.as_ref()?.evidence.iter().find(|evidence| evidence.kind == EvidenceKind::Labels)
}

/// How many layers, from the bottom, are the same.
fn shared(left: &[LayerFacts], right: &[LayerFacts]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left.diff_id == right.diff_id).count()
}

/// How the bases relate and what they brought. `images` are the snapshots that the facts are of.
pub(super) fn drift(
    facts: [&ImageFacts; 2],
    images: [&Snapshot; 2],
    packages: &[PackageRow],
    files: &FileDrift,
) -> BaseDrift {
    let (relation, sentence) = relate(facts);
    let split = boundaries(relation, facts).map(|(boundaries, confidence)| {
        let dropped = dropped(boundaries, images, files);
        let mut split = Split { confidence, base: Share::default(), app: Share::default(), boundaries, dropped };
        count(&mut split, packages, files);
        split
    });
    BaseDrift { relation, sentence, split }
}

/// The same of facts alone, as fixtures have them: what the app's layers deleted is not looked for.
#[cfg(test)]
pub(crate) fn drift_of(facts: [&ImageFacts; 2], packages: &[PackageRow], files: &FileDrift) -> BaseDrift {
    let (relation, sentence) = relate(facts);
    let split = boundaries(relation, facts).map(|(boundaries, confidence)| {
        let dropped = HashSet::new();
        let mut split = Split { confidence, base: Share::default(), app: Share::default(), boundaries, dropped };
        count(&mut split, packages, files);
        split
    });
    BaseDrift { relation, sentence, split }
}

fn count(split: &mut Split, packages: &[PackageRow], files: &FileDrift) {
    let [mut base, mut app] = [Share::default(); 2];
    for row in packages.iter().filter(|row| row.change.is_some()) {
        match split.of_package(row, files) {
            Origin::Base => base.packages += 1,
            Origin::App => app.packages += 1,
        }
    }
    for row in &files.rows {
        let Some(drift) = &row.drift else { continue };
        match split.of_file(row) {
            Origin::Base => base.files.count(drift.explanation),
            Origin::App => app.files.count(drift.explanation),
        }
    }
    (split.base, split.app) = (base, app);
}

/// Where the base ends on each side. An image that is the other's base is all base.
fn boundaries(relation: BaseRelation, facts: [&ImageFacts; 2]) -> Option<([usize; 2], Confidence)> {
    let known = facts.map(|facts| {
        let base = facts.base.as_ref()?;
        base.layers.zip(base.layers_confidence)
    });
    let [left, right] = facts;
    let whole = |facts: &ImageFacts| Some((facts.layers.len(), Confidence::High));
    let [left, right] = match (relation, known) {
        (BaseRelation::LeftIsBase, [_, base]) => [whole(left), base],
        (BaseRelation::RightIsBase, [base, _]) => [base, whole(right)],
        (_, known) => known,
    };
    let ((left, of_left), (right, of_right)) = left.zip(right)?;
    Some(([left, right], of_left.min(of_right)))
}

/// The paths of one side's base that the other side's base has too and the other image has not.
fn dropped([left, right]: [usize; 2], images: [&Snapshot; 2], files: &FileDrift) -> HashSet<ImagePath> {
    let alone = |row: &FileRow| match (&row.left, &row.right) {
        (Some(file), None) if (file.layer as usize) < left => Some(1),
        (None, Some(file)) if (file.layer as usize) < right => Some(0),
        _ => None,
    };
    let mut candidates: [Vec<&ImagePath>; 2] = Default::default();
    for row in &files.rows {
        if let Some(missing) = alone(row).and_then(|side: usize| candidates.get_mut(side)) {
            missing.push(&row.path);
        }
    }
    let mut dropped = HashSet::new();
    for ((paths, image), boundary) in candidates.into_iter().zip(images).zip([left, right]) {
        let layers = &image.image.layers;
        // An image that is all base deleted nothing.
        if paths.is_empty() || boundary >= layers.len() {
            continue;
        }
        let base = image::squash(layers.iter().take(boundary).map(Arc::clone).collect());
        dropped.extend(paths.into_iter().filter(|path| base.tree.get(path).is_some()).cloned());
    }
    dropped
}

fn relate([left, right]: [&ImageFacts; 2]) -> (BaseRelation, String) {
    let stands_on = |facts: &ImageFacts| {
        let base = facts.base.as_ref()?;
        base.evidence.iter().find(|evidence| evidence.kind == EvidenceKind::OtherImage)?.layers
    };
    let whole = |layers: usize| {
        if layers == 1 { "its lowest layer is".to_owned() } else { format!("its {layers} lowest layers are") }
    };
    if let Some(layers) = stands_on(right) {
        return (
            BaseRelation::LeftIsBase,
            format!("the right image stands on the left one: {} all of it", whole(layers)),
        );
    }
    if let Some(layers) = stands_on(left) {
        return (
            BaseRelation::RightIsBase,
            format!("the left image stands on the right one: {} all of it", whole(layers)),
        );
    }
    let bases = [left, right].map(|facts| facts.base.as_ref());
    let relation = relation([left, right], bases);
    let names = bases.map(|base| base.and_then(brief));
    (relation.0, sentence(relation, names))
}

/// How two bases relate, and whether that is but likely.
fn relation([left, right]: [&ImageFacts; 2], bases: [Option<&BaseImage>; 2]) -> (BaseRelation, bool) {
    let of_scratch = |base: Option<&BaseImage>| base.is_some_and(|base| base.layers == Some(0));
    let [of_left, of_right] = bases;
    let same_layers = shared(&left.layers, &right.layers);
    // Whatever the bases are, they are not the same.
    if same_layers == 0
        && bases.iter().all(|base| base.is_some_and(|base| base.is_identified() || base.layers.is_some()))
        && !of_scratch(of_left)
        && !of_scratch(of_right)
    {
        return (BaseRelation::Moved, false);
    }
    let (Some(of_left), Some(of_right)) = (of_left, of_right) else { return (BaseRelation::Unknown, false) };
    let unsure = [of_left, of_right].iter().any(|base| base.layers_confidence == Some(Confidence::Low));
    match (of_left.layers, of_right.layers) {
        (Some(left), Some(right)) if left == right && left <= same_layers => return (BaseRelation::Same, unsure),
        (Some(_), Some(_)) => return (BaseRelation::Moved, unsure),
        _ => {}
    }
    match (&of_left.digest, &of_right.digest) {
        (Some(left), Some(right)) if left == right => (BaseRelation::Same, false),
        // One kind may name the index and another the manifest within it.
        (Some(_), Some(_)) if told_by(of_left) == told_by(of_right) => (BaseRelation::Moved, false),
        _ => (BaseRelation::Unknown, false),
    }
}

/// The kind of evidence that the digest comes from.
fn told_by(base: &BaseImage) -> Option<EvidenceKind> {
    base.evidence.iter().find(|evidence| evidence.digest == base.digest).map(|evidence| evidence.kind)
}

fn sentence((relation, unsure): (BaseRelation, bool), [left, right]: [Option<String>; 2]) -> String {
    let seems = |sure: &str, unsure_words: &str| if unsure { unsure_words.to_owned() } else { sure.to_owned() };
    let unnamed = |name: Option<String>| name.unwrap_or_else(|| "an image whose name is not known".to_owned());
    match (relation, left, right) {
        (BaseRelation::Same, left, right) => {
            let words = seems("the base is the same", "the base seems to be the same");
            right.or(left).map_or(words.clone(), |name| format!("{words}: {name}"))
        }
        (BaseRelation::Moved, None, None) => {
            format!("{}; the name is not known on either side", seems("the base moved", "the base seems to have moved"))
        }
        (BaseRelation::Moved, Some(left), Some(right)) if left == right => {
            format!(
                "{}: {left} on both sides, of other layers",
                seems("the base moved", "the base seems to have moved")
            )
        }
        (BaseRelation::Moved, left, right) => {
            let words = seems("the base moved", "the base seems to have moved");
            format!("{words} from {} to {}", unnamed(left), unnamed(right))
        }
        (_, Some(left), Some(right)) if left == right => {
            format!("whether the base moved is not known: {left} on both sides, without its digest")
        }
        (_, None, None) => "whether the base moved is not known: neither image tells what it was built from".to_owned(),
        (_, left, right) => {
            format!(
                "whether the base moved is not known: {} on the left, {} on the right",
                unnamed(left),
                unnamed(right)
            )
        }
    }
}

/// The base's name with the start of its digest.
fn brief(base: &BaseImage) -> Option<String> {
    let short = |digest: &str| digest.get(..digest.len().min("sha256:".len() + 12)).unwrap_or(digest).to_owned();
    match (&base.name, &base.digest) {
        (Some(name), Some(digest)) if !name.contains('@') => Some(format!("{name}@{}", short(digest))),
        (Some(name), _) => Some(name.clone()),
        (None, digest) => digest.as_deref().map(short),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;
    use crate::nondeterminism::Rules;
    use crate::snapshot::testing::TestImage;

    fn base(version: &str) -> TestImage {
        let mut base = TestImage::new();
        base.deb("foo", version, &[("usr/bin/foo", version.as_bytes())]).deb("bar", "1", &[("usr/bin/bar", b"bar")]);
        base.write("etc/gone", b"in both bases");
        base
    }

    fn app(code: &[u8]) -> TestImage {
        let mut app = TestImage::new();
        app.wheel("flask", if code == b"1" { "1" } else { "2" }, &[("flask.py", code)]).write("app/main", code);
        app
    }

    fn origins(report: &DriftReport) -> Vec<(String, &'static str)> {
        let rows = report.files.rows.iter().filter(|row| row.either().is_some_and(|file| file.entry.content.is_some()));
        rows.filter_map(|row| Some((row.path.to_string(), report.origin_of_file(row)?.as_str()))).collect()
    }

    #[test]
    fn drift_is_put_down_to_the_base_or_to_the_app() {
        let (mut old, mut new) = (base("1"), base("2"));
        old.write("usr/old", b"only in the old base");
        new.write("usr/new", b"only in the new base");
        let mut above = app(b"2");
        // Deleted by the app's layer on the right, though both bases have it; written over by it, though the base moved too.
        above.write("etc/.wh.gone", b"").write("usr/bin/bar", b"patched");
        let report = compare(&app(b"1").snapshot_on(&old), &above.snapshot_on(&new), Rules::built_in());
        assert_eq!(report.base.relation, BaseRelation::Moved);
        assert_eq!(report.base.sentence, "the base moved: base on both sides, of other layers");
        let origins = origins(&report);
        let of = |path: &str| origins.iter().find(|(known, _)| known == path).map(|(_, origin)| *origin);
        for (path, expected) in [
            ("/usr/bin/foo", "base"),
            ("/usr/old", "base"),
            ("/usr/new", "base"),
            ("/etc/gone", "app"),
            ("/usr/bin/bar", "app"),
            ("/app/main", "app"),
        ] {
            assert_eq!(of(path), Some(expected), "{path}: {origins:?}");
        }
        let split = report.base.split.as_ref().unwrap();
        assert_eq!((split.base.packages, split.app.packages), (1, 1));
        assert_eq!(split.confidence, Confidence::Medium);
        let differing: usize = Explanation::ALARMING_FIRST.iter().map(|of| report.files.by_explanation.get(*of)).sum();
        let of_both = |of: Explanation| split.base.files.get(of) + split.app.files.get(of);
        assert_eq!(Explanation::ALARMING_FIRST.into_iter().map(of_both).sum::<usize>(), differing);
    }

    #[test]
    fn an_equal_base_brings_nothing_and_an_unknown_one_is_not_guessed() {
        let report = compare(&app(b"1").snapshot_on(&base("1")), &app(b"2").snapshot_on(&base("1")), Rules::built_in());
        assert_eq!(report.base.relation, BaseRelation::Same);
        assert_eq!(report.base.sentence, "the base is the same: base");
        assert_eq!(report.base.split.as_ref().unwrap().base, Share::default());
        let report = compare(&app(b"1").snapshot(), &app(b"2").snapshot_on(&base("1")), Rules::built_in());
        assert_eq!(report.base.relation, BaseRelation::Unknown);
        assert!(report.base.split.is_none() && origins(&report).is_empty());
    }

    #[test]
    fn an_image_that_is_the_other_ones_lowest_part_is_its_base() {
        let report = compare(&base("1").snapshot(), &app(b"1").snapshot_on(&base("1")), Rules::built_in());
        assert_eq!(report.base.relation, BaseRelation::LeftIsBase);
        assert_eq!(report.base.sentence, "the right image stands on the left one: its lowest layer is all of it");
        assert!(origins(&report).iter().all(|(_, origin)| *origin == "app"));
        assert!(report.findings.iter().all(|finding| finding.check != "base-contradiction"));
        let report = compare(&app(b"1").snapshot_on(&base("1")), &base("1").snapshot(), Rules::built_in());
        assert_eq!(report.base.relation, BaseRelation::RightIsBase);
    }
}
