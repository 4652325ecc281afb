//! What a person wants in a log: the verdict first, then what must be read, in about forty lines however large the drift.

use std::io;

use super::figures::{bytes, change, count, plural};
use super::{Format, ReportOptions, outline};
use crate::compare::{Cause, ConfigChange, DriftReport, LayerRow};
use crate::model::text::{instruction, visible};
use crate::model::{
    BaseImage, Digest, Explanation, Finding, FindingDrift, Gap, GapKind, ImageFacts, LayerFacts, Marked, PackageMove,
    Recording, RuleFileUse, Severity, Side, Verdict,
};
use page::{Page, Paint, Row, Section, cut};

mod bump;
mod catalogue;
mod checklist;
mod locks;
mod one;
mod page;

pub(super) const FORMAT: Format = Format {
    name: "text",
    extension: "txt",
    write: write_report,
    bump: bump::write_bump,
    inspection: one::write_inspection,
    search: one::write_search,
    catalogue: catalogue::write_catalogue,
    digests: one::write_digests,
};

/// Lines of a report, however large the drift, unless everything is asked for.
const LINES: usize = 40;

fn write_report(report: &DriftReport, options: &ReportOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(*options, out);
    let head = head(report);
    let sections: Vec<_> = sections(report, options).into_iter().filter(|section| !section.is_empty()).collect();
    let digests = digests(report, options.all);
    // The headline, what it means, and an empty line.
    let incomplete = of_both(report);
    let spent = 3 + head.len() + incomplete.rows.len() + digests.len() + usize::from(!sections.is_empty());
    let review = review(&outline::marked(report, options.review));

    page.line(verdict_paint(report.verdict), &report.first_line())?;
    if let Some(fairness) = outline::fairness(report) {
        page.line(Paint::Plain, &visible(&fairness))?;
    }
    page.line(Paint::Plain, "")?;
    page.rows(&head)?;
    page.uncut(&incomplete)?;
    page.uncut(&review)?;
    page.sections(&sections, (!options.all).then(|| LINES.saturating_sub(spent)))?;
    if !(sections.is_empty() && review.is_empty()) {
        page.line(Paint::Plain, "")?;
    }
    page.rows(&digests)
}

/// What is not known of both images.
fn of_both(report: &DriftReport) -> Section {
    let side = |side: Side| if report.alone { String::new() } else { side.as_str().to_owned() };
    completeness(&mut report.completeness.iter().map(|gap| (&gap.gap, side(gap.side), gap.decides)))
}

/// What is not known of an image: each gap with the side that has it, and whether it could change the answer.
fn completeness(gaps: &mut dyn Iterator<Item = (&Gap, String, bool)>) -> Section {
    let row = |(gap, side, decides): (&Gap, String, bool)| {
        let paths = visible(&outline::places(gap)).into_owned();
        let paint = if decides { Paint::Bad } else { Paint::Plain };
        Row::new([side, gap.what.as_str().to_owned(), visible(&gap.why).into_owned(), paths]).painted(paint)
    };
    let rows: Vec<Row> = gaps.map(row).collect();
    Section { title: format!("not known: {}", plural(rows.len(), "gap")), rows, weight: 1 }
}

/// Both images, and what differs as a whole.
fn head(report: &DriftReport) -> Vec<Row> {
    let (left, right) = (&report.left, &report.right);
    let mut rows = vec![Row::new(["left".into(), identity(left)]), Row::new(["right".into(), identity(right)])];
    if !right.is_read {
        return rows;
    }
    rows.push(Row::new(["size".into(), format!("{}, {}", bytes(right.size), change(left.size, right.size))]));
    rows.extend(bases(report));
    let paths = match outline::differing(report) {
        0 => "none differs".to_owned(),
        1 => format!("1 differs: {}", outline::explanations(report)),
        differing => format!("{} differ: {}", count(differing), outline::explanations(report)),
    };
    rows.push(Row::new(["paths".into(), paths]));
    rows.extend(report.rule_files.iter().map(|used| rule_file(used, "explaining")));
    rows
}

/// A user's own file of rules: what it explains is no absence of a difference.
fn rule_file(used: &RuleFileUse, what: &str) -> Row {
    Row::new(["rules".into(), visible(&format!("{}: {}", used.file, outline::rule_file(used, what))).into_owned()])
}

fn identity(facts: &ImageFacts) -> String {
    let mut about = vec![facts.source.to_owned(), facts.platform.clone()];
    about.extend(facts.created.as_ref().map(|created| format!("created {created}")));
    about.extend(facts.recording.as_ref().map(recorded));
    let layers = layers_read(facts);
    let contents = if facts.is_read {
        vec![bytes(facts.size), layers, plural(facts.package_count, "package"), plural(facts.file_count, "path")]
    } else {
        vec![layers, "not read".to_owned()]
    };
    visible(&format!("{} ({}): {}", facts.reference, about.join(", "), contents.join(", "))).into_owned()
}

/// When a snapshot was recorded, and from what.
fn recorded(recording: &Recording) -> String {
    format!("recorded {} from {} in {}", recording.at, recording.reference, recording.source)
}

/// How many layers, and how many of them were not read because an index of them was at hand.
fn layers_read(facts: &ImageFacts) -> String {
    let layers = plural(facts.layers.len(), "layer");
    match facts.layers_unread {
        0 => layers,
        unread => format!("{layers} ({} known from before)", count(unread)),
    }
}

/// Whether the base moved, what each side stands on, and whose layers brought the drift.
fn bases(report: &DriftReport) -> Vec<Row> {
    if report.verdict == Verdict::Identical {
        return report
            .right
            .base
            .iter()
            .map(|base| Row::new(["base".into(), self::base(base, &report.right)]))
            .collect();
    }
    let mut rows = vec![Row::new(["base".into(), visible(&report.base.sentence).into_owned()])];
    let told = |facts: &ImageFacts| facts.base.as_ref().map(|base| self::base(base, facts));
    let (left, right) = (told(&report.left), told(&report.right));
    if left == right {
        rows.extend(right.map(|both| Row::new([String::new(), both])));
    } else {
        let sides = [("left", left), ("right", right)];
        rows.extend(sides.map(|(side, told)| {
            Row::new([String::new(), format!("{side}: {}", told.unwrap_or_else(|| "not known".to_owned()))])
        }));
    }
    rows.push(Row::new(["split".into(), outline::split(&report.base)]));
    rows
}

/// One image's base: which, what of the image it is, and what says so first.
fn base(base: &BaseImage, facts: &ImageFacts) -> String {
    let name = base.reference().unwrap_or_else(|| "an unknown image".to_owned());
    let words: Vec<&str> = base.words().collect();
    let more = match words.len() {
        0 | 1 => String::new(),
        all => format!(", and {} more", count(all - 1)),
    };
    let first = words.first().copied().unwrap_or_default();
    visible(&format!("{name}: {}; evidence: {first}{more}", outline::about_base(base, facts.layers.len()))).into_owned()
}

fn arrow(left: Option<&str>, right: Option<&str>) -> String {
    format!("{} -> {}", left.unwrap_or("none"), right.unwrap_or("none"))
}

/// In the order that they share the lines in: what must be read first has the most.
fn sections(report: &DriftReport, options: &ReportOptions<'_>) -> Vec<Section> {
    let all = options.all;
    if options.only_marked {
        return Vec::new();
    }
    let mut sections =
        vec![to_read(report, options.strict, !all), packages(report, !all), causes(report), config(report, all)];
    sections.push(locks::drift(report, all));
    if all {
        sections.push(other_paths(report));
        sections.push(layers(report));
    }
    sections.push(drift_findings(report, all));
    sections.push(checklist::differing(report));
    sections.push(warnings(&report.warnings));
    sections
}

/// What the reviewer marked, with the notes.
fn review(marked: &[Marked]) -> Section {
    let rows: Vec<Row> = marked
        .iter()
        .map(|marked| {
            let Marked { kind, name, what, note } = marked;
            Row::new([
                (*kind).to_owned(),
                visible(name).into_owned(),
                visible(what).into_owned(),
                visible(note).into_owned(),
            ])
        })
        .collect();
    Section { title: format!("marked by the reviewer: {}", plural(rows.len(), "row")), rows, weight: 1 }
}

/// Alarms, then what nothing explains; `strict` adds what nothing proves.
fn to_read(report: &DriftReport, strict: bool, folded: bool) -> Section {
    let mut lines = outline::files(report, &[Explanation::SameVersion, Explanation::Unexplained], folded);
    let mut title =
        format!("read these: {}, {} unexplained", plural(report.alarms(), "alarm"), count(report.unexplained()));
    if strict {
        lines.extend(outline::unproven(report));
        title = format!("{title}, {} unproven", count(report.unproven.count()));
    }
    let hashes = outline::hashes_of_files(&lines, !folded);
    let rows = lines.iter().zip(hashes).flat_map(|(line, hashes)| {
        let empty = String::new;
        let hashes = hashes.map(|words| Row::new([empty(), empty(), empty(), words]).covering(0));
        std::iter::once(file_row(line)).chain(hashes)
    });
    Section { title, rows: rows.collect(), weight: 2 }
}

fn other_paths(report: &DriftReport) -> Section {
    let [_, _, others @ ..] = Explanation::ALARMING_FIRST;
    let lines = outline::files(report, &others, false);
    let title = format!("explained: {}", plural(lines.len(), "path"));
    Section { title, rows: lines.iter().map(file_row).collect(), weight: 1 }
}

fn file_row(line: &outline::FileLine<'_>) -> Row {
    let drift = line.drift;
    let mut about = Vec::new();
    if line.is_folded {
        about.push(plural(line.covers, "path"));
    }
    about.extend(drift.owner.as_deref().map(str::to_owned));
    about.extend((!line.detail.is_empty()).then(|| line.detail.to_owned()));
    let paint = match drift.explanation {
        Explanation::SameVersion => Paint::Bad,
        Explanation::Unexplained => Paint::Notable,
        _ => Paint::Plain,
    };
    let about = visible(&about.join(", ")).into_owned();
    Row::new([drift.explanation.to_string(), drift.change.to_string(), line.path.clone(), about])
        .covering(line.covers)
        .painted(paint)
}

fn packages(report: &DriftReport, grouped: bool) -> Section {
    let rows = outline::packages(report, grouped).into_iter().map(|line| package_row(&line, grouped)).collect();
    let title = format!("packages: {}", outline::moves(report));
    Section { title, rows, weight: 2 }
}

fn package_row(line: &outline::PackageLine<'_>, short: bool) -> Row {
    /// Names of one source, and ids of one move, that are written out.
    const NAMES: usize = 3;
    const CVES: usize = 3;
    let shown = if short { NAMES.min(line.names.len()) } else { line.names.len() };
    let mut names = line.names.get(..shown).unwrap_or_default().join(", ");
    if shown < line.names.len() {
        names = format!("{names}, {} more", count(line.names.len() - shown));
    }
    let paint = match line.change {
        PackageMove::Downgraded => Paint::Bad,
        PackageMove::Rebuilt | PackageMove::Removed => Paint::Notable,
        PackageMove::Added | PackageMove::Upgraded => Paint::Good,
    };
    let versions = match (&line.left, &line.right) {
        (Some(left), Some(right)) => arrow(Some(left), Some(right)),
        (left, right) => left.as_ref().or(right.as_ref()).cloned().unwrap_or_default(),
    };
    let change = format!("{} {}", line.change.sign(), line.change);
    let names = visible(&names).into_owned();
    let fixes = line.fixes.words(if short { CVES } else { usize::MAX });
    let fixes = visible(&fixes).into_owned();
    Row::new([change, line.ecosystem.to_string(), names, visible(&versions).into_owned(), fixes])
        .covering(line.names.len())
        .painted(paint)
}

fn causes(report: &DriftReport) -> Section {
    let row = |cause: Cause<'_>| {
        let mut about = cause.detail.to_owned();
        if about.is_empty() {
            about = cause.paths.first().map(ToString::to_string).unwrap_or_default();
        }
        about = format!("{about}; {}", outline::evidence(&cause));
        if let Some(fix) = cause.fix {
            about = format!("{about}; fix: {fix}");
        }
        let proof = match cause.proof {
            // Nothing is called proven over what was not read.
            Some(proof) if proof.is_certain() && report.verdict != Verdict::Unknown => "proven",
            Some(_) => "likely",
            None => "",
        };
        Row::new([
            count(cause.paths.len()),
            cause.explanation.to_string(),
            proof.to_owned(),
            visible(&cause.label()).into_owned(),
            visible(&about).into_owned(),
        ])
    };
    Section {
        title: "noise and generated files, by cause".to_owned(),
        rows: report.causes().into_iter().map(row).collect(),
        weight: 1,
    }
}

fn config(report: &DriftReport, all: bool) -> Section {
    /// Columns of one value, so that a long one leaves room for what it became; 0 is without a limit.
    const VALUE: usize = 80;
    let limit = if all { 0 } else { VALUE };
    let row = |change: &ConfigChange| {
        let paint = if change.runtime { Paint::Notable } else { Paint::Plain };
        let value = |side: &Option<String>| side.as_deref().map(|value| cut(&visible(value), limit));
        let values = arrow(value(&change.left).as_deref(), value(&change.right).as_deref());
        Row::new([visible(&change.key).into_owned(), values]).painted(paint)
    };
    Section {
        title: format!("configuration: {}", plural(report.config.len(), "change")),
        rows: outline::config(report).into_iter().map(row).collect(),
        weight: 1,
    }
}

fn layers(report: &DriftReport) -> Section {
    let row = |row: &LayerRow| {
        let left = row.left.and_then(|at| report.left.layers.get(at));
        let right = row.right.and_then(|at| report.right.layers.get(at));
        let relation = row.relation.as_str();
        let index = |layer: Option<&LayerFacts>| layer.map_or_else(|| "-".to_owned(), |layer| layer.index.to_string());
        let either = right.or(left);
        let created_by = either.and_then(|layer| layer.created_by.as_deref()).unwrap_or_default();
        Row::new([
            relation.to_owned(),
            index(left),
            index(right),
            either.map_or_else(String::new, |layer| bytes(layer.size)),
            instruction(created_by),
        ])
    };
    Section { title: "layers".to_owned(), rows: report.layers.iter().map(row).collect(), weight: 1 }
}

/// What the audits of both images found; the rest of the findings stands in the other sections.
fn drift_findings(report: &DriftReport, all: bool) -> Section {
    let lines = outline::drift_findings(&report.findings, !all);
    Section {
        title: format!("findings: {}", outline::finding_counts(&report.findings)),
        rows: finding_rows(&lines, all),
        weight: 1,
    }
}

/// What the audit of one image found.
fn findings(findings: &[Finding], all: bool) -> Section {
    let lines = outline::findings(findings, !all);
    Section { title: format!("findings: {}", count(findings.len())), rows: finding_rows(&lines, all), weight: 1 }
}

/// Each finding, and below it what is known of its files' bytes.
fn finding_rows(lines: &[outline::FindingLine<'_>], all: bool) -> Vec<Row> {
    let hashes = |line: &outline::FindingLine<'_>| {
        let files = outline::hashes(line, all).into_iter();
        let empty = String::new;
        files
            .map(move |(path, words)| Row::new([empty(), empty(), empty(), path, words]).covering(0))
            .collect::<Vec<_>>()
    };
    lines.iter().flat_map(|line| std::iter::once(finding_row(line)).chain(hashes(line))).collect()
}

fn finding_row(line: &outline::FindingLine<'_>) -> Row {
    let finding = line.finding;
    let paint = match (finding.severity, finding.drift) {
        (Severity::Info, _) | (_, Some(FindingDrift::Gone)) => Paint::Plain,
        (Severity::Alarm, _) => Paint::Bad,
        (Severity::Warning, _) => Paint::Notable,
    };
    let mut message = finding.message.clone();
    if finding.count > 1 {
        message = format!("{}: {message}", plural(finding.count, "file"));
    }
    if let Some(fix) = &finding.fix {
        message = format!("{message}; fix: {fix}");
    }
    let drift = finding.drift.map_or_else(String::new, |drift| format!("{} {}", drift.sign(), drift.as_str()));
    Row::new([
        drift,
        finding.severity.as_str().to_owned(),
        finding.check.to_owned(),
        visible(&line.subject).into_owned(),
        visible(&message).into_owned(),
    ])
    .covering(line.covers)
    .painted(paint)
}

fn warnings(warnings: &[String]) -> Section {
    let row = |warning: &String| Row::new([visible(warning).into_owned()]).painted(Paint::Notable);
    Section {
        title: format!("warnings: {}", count(warnings.len())),
        rows: warnings.iter().map(row).collect(),
        weight: 1,
    }
}

/// The three digests of both sides; short where they differ, since `digest` and json have them in full.
fn digests(report: &DriftReport, in_full: bool) -> Vec<Row> {
    let row = |name: &str, left: (Digest, &[GapKind]), right: (Digest, &[GapKind])| {
        let marked = |(digest, lacks): (Digest, &[GapKind]), in_full: bool| {
            outline::marked_digest(if in_full { digest.to_string() } else { digest.short() }, lacks)
        };
        let shown = if left == right {
            format!("{} on both sides", marked(left, true))
        } else {
            format!("{} -> {}", marked(left, in_full), marked(right, in_full))
        };
        Row::new([name.to_owned(), shown])
    };
    let (left, right) = (&report.left, &report.right);
    let image = row("image digest", (left.image_digest, &[]), (right.image_digest, &[]));
    if !right.is_read {
        return vec![image];
    }
    vec![
        image,
        row("content digest", (left.content_digest, &left.content_lacks), (right.content_digest, &right.content_lacks)),
        row(
            "dependencies digest",
            (left.dependencies_digest, &left.dependencies_lack),
            (right.dependencies_digest, &right.dependencies_lack),
        ),
    ]
}

fn verdict_paint(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Identical | Verdict::ContentEquivalent => Paint::Good,
        Verdict::DependencyEquivalent => Paint::Notable,
        Verdict::Drifted | Verdict::Unknown => Paint::Bad,
    }
}

#[cfg(test)]
mod tests;
