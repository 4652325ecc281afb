//! Who the two images are, row by row, and whether they agree.

use ratatui::text::Span;

use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{BaseImage, Confidence, ImageFacts, Recording};
use crate::tui::document::{self, Field, Row, signed};
use crate::tui::text;
use crate::tui::theme::signs::DIFFERS;
use crate::tui::theme::{Role, Theme};

/// What stands where an image does not tell.
const UNKNOWN: &str = "unknown";

const FIELDS: [Field<ImageFacts>; 19] = [
    ("reference", |facts| visible(&facts.reference).into_owned()),
    ("source", source),
    ("recorded", recorded),
    ("image", |facts| facts.image_digest.short()),
    ("content", |facts| read(facts, || facts.content_digest.short())),
    ("packages", |facts| read(facts, || facts.dependencies_digest.short())),
    ("created", |facts| facts.created.as_deref().map(text::created).unwrap_or_default()),
    ("platform", |facts| visible(&facts.platform).into_owned()),
    ("distro", |facts| facts.distro.as_deref().map(visible).unwrap_or_default().into_owned()),
    ("base", |facts| of_base(facts, |base| base.name.clone()).unwrap_or_else(|| UNKNOWN.to_owned())),
    ("  digest", |facts| of_base(facts, |base| base.digest.clone()).unwrap_or_default()),
    ("  layers", |facts| of_base(facts, layers_of_base).unwrap_or_default()),
    ("  pinned", |facts| of_base(facts, pinned).unwrap_or_else(|| UNKNOWN.to_owned())),
    ("  told by", |facts| of_base(facts, |base| Some(base.words().collect::<Vec<_>>().join("; "))).unwrap_or_default()),
    ("  how sure", |facts| of_base(facts, |base| Some(base.confidence.as_str().to_owned())).unwrap_or_default()),
    ("size", |facts| read(facts, || text::bytes(facts.size))),
    ("installed", |facts| read(facts, || text::plural(facts.package_count, "package", "packages"))),
    ("paths", |facts| read(facts, || text::count(facts.file_count as u64))),
    ("layers", |facts| text::count(facts.layers.len() as u64)),
];

/// What is only known of an image whose layers were read.
fn read(facts: &ImageFacts, value: impl Fn() -> String) -> String {
    if facts.is_read { value() } else { "not read".to_owned() }
}

/// Where it was found, and by which name when the reference leaves some of it out.
fn source(facts: &ImageFacts) -> String {
    let name = facts.name.as_deref().map(|name| format!(" {}", visible(name))).unwrap_or_default();
    format!("{}{name}", facts.source)
}

/// When a snapshot was recorded, and from what.
fn recorded(facts: &ImageFacts) -> String {
    let recorded = |it: &Recording| format!("{} from {} {}", text::created(&it.at), it.source, visible(&it.reference));
    facts.recording.as_ref().map(recorded).unwrap_or_default()
}

/// A table of both images; each row says whether they agree.
#[must_use]
pub(super) fn rows(report: &DriftReport, width: u16, theme: Theme) -> Vec<Row> {
    let (left, right) = (&report.left, &report.right);
    let half = usize::from(width).saturating_sub(14) / 2 + 1;
    let mut rows = vec![Row::new(vec![
        Span::styled(text::pad("Images", 13), theme.style(Role::Heading)),
        Span::styled(text::pad("left", half), theme.style(Role::Left)),
        Span::styled("right", theme.style(Role::Right)),
    ])];
    let values = FIELDS.iter().map(|(label, value)| (*label, value(left), value(right)));
    for (label, left, right) in values.filter(|(_, left, right)| !(left.is_empty() && right.is_empty())) {
        let told = |value: String| if value.is_empty() { UNKNOWN.to_owned() } else { value };
        let (left, right) = (told(left), told(right));
        rows.push(signed(label, sign(&left, &right), &left, &right, width, theme));
    }
    rows
}

/// Who one image is.
pub(super) fn alone(image: &ImageFacts, theme: Theme) -> Vec<Row> {
    let mut rows = vec![Row::heading("The image", theme)];
    rows.extend(document::list(&FIELDS, image, theme));
    rows
}

/// Two things that are not known may be the same or not.
fn sign(left: &str, right: &str) -> &'static str {
    match (left, right) {
        (UNKNOWN, _) | (_, UNKNOWN) => "?",
        _ if left == right => "=",
        _ => DIFFERS,
    }
}

fn of_base(facts: &ImageFacts, value: impl Fn(&BaseImage) -> Option<String>) -> Option<String> {
    facts.base.as_ref().and_then(value).map(|text| visible(&text).into_owned())
}

/// "3", or "3 (likely)" where that is a rule of thumb.
fn layers_of_base(base: &BaseImage) -> Option<String> {
    let doubt = if base.layers_confidence == Some(Confidence::Low) { " (likely)" } else { "" };
    base.layers.map(|layers| format!("{layers}{doubt}"))
}

fn pinned(base: &BaseImage) -> Option<String> {
    base.pinned.map(|pinned| if pinned { "yes" } else { "no" }.to_owned())
}
