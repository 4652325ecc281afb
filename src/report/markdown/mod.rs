//! What a reviewer wants in a pull request: the verdict, the packages that moved, the files to read, noise with its
//! causes, and the rest folded away.

use std::io;

use super::figures::{bytes, change, count, plural};
use super::{Format, ReportOptions, outline};
use crate::compare::{Cause, ConfigChange, DriftReport, LayerRow, Share};
use crate::model::text::instruction;
use crate::model::{
    BaseImage, Confidence, Digest, Explanation, Finding, FindingDrift, Gap, GapKind, ImageFacts, LayerFacts, Marked,
    PackageMove, RuleFileUse, Verdict,
};
use page::{Page, Row, head};

mod bump;
mod catalogue;
mod checklist;
mod locks;
mod one;
mod page;

pub(super) const FORMAT: Format = Format {
    name: "markdown",
    extension: "md",
    write: write_report,
    bump: bump::write_bump,
    inspection: one::write_inspection,
    search: one::write_search,
    catalogue: catalogue::write_catalogue,
    digests: one::write_digests,
};

/// Bytes that each list may take of [`page::LIMIT`]; the list of all paths has what the others leave.
mod share {
    pub(super) const COMPLETENESS: usize = 4_000;
    pub(super) const TO_READ: usize = 12_000;
    pub(super) const PACKAGES: usize = 14_000;
    pub(super) const CAUSES: usize = 7_000;
    pub(super) const CONFIG: usize = 5_000;
    pub(super) const LOCKS: usize = 5_000;
    pub(super) const FINDINGS: usize = 3_000;
    pub(super) const CHECKLIST: usize = 6_000;
    pub(super) const WARNINGS: usize = 2_000;
    pub(super) const LAYERS: usize = 4_000;
    /// Kept for what follows the list of all paths.
    pub(super) const FOOTER: usize = 1_000;
}

fn write_report(report: &DriftReport, options: &ReportOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(options.all);
    let headline = page.prose(&report.headline());
    page.paragraph(&format!("## imgdrift: {headline}"));
    page.paragraph(&capitalised(report.meaning()));
    if let Some(fairness) = outline::fairness(report) {
        page.paragraph(&capitalised(&page.prose(&fairness)));
    }
    of_both(&mut page, report);
    images(&mut page, report);
    review(&mut page, &outline::marked(report, options.review), "drift");
    if !options.only_marked {
        packages(&mut page, report);
        to_read(&mut page, report, options.strict);
        causes(&mut page, report);
        config(&mut page, report, ["left", "right"]);
        locks::drift(&mut page, report);
        tail(&mut page, report);
    }
    digests(&mut page, report);
    out.write_all(page.finish().as_bytes())
}

/// What the reviewer marked, with the notes: nothing of it is cut, however short the page is kept.
fn review(page: &mut Page, marked: &[Marked], about: &str) {
    let whole = Page::new(true);
    let rows: Vec<Row> = marked
        .iter()
        .map(|marked| {
            let Marked { kind, name, what, note } = marked;
            Row::of_table([(*kind).to_owned(), whole.code(name), whole.prose(what), whole.prose(note)])
        })
        .collect();
    let heading = format!("### Marked by the reviewer: {}", plural(rows.len(), "row"));
    page.list(&heading, &head(["what", "name", about, "note"]), &rows, usize::MAX);
}

/// A clause as a sentence.
fn capitalised(clause: &str) -> String {
    let mut characters = clause.chars();
    characters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}

/// Both images side by side.
fn images(page: &mut Page, report: &DriftReport) {
    let (left, right) = (&report.left, &report.right);
    let both =
        |name: &str, say: &dyn Fn(&ImageFacts) -> String| Row::of_table([name.to_owned(), say(left), say(right)]);
    let mut rows = vec![
        both("image", &|facts| format!("{} ({})", page.code(&facts.reference), facts.source)),
        both("platform", &|facts| page.code(&facts.platform)),
        both("created", &|facts| page.code(facts.created.as_deref().unwrap_or_default())),
    ];
    if left.base.is_some() || right.base.is_some() {
        let say = |facts: &ImageFacts, say: fn(&Page, &BaseImage, &ImageFacts) -> String| {
            facts.base.as_ref().map_or_else(String::new, |base| say(page, base, facts))
        };
        rows.push(both("base", &|facts| say(facts, base)));
        rows.push(both("base told by", &|facts| say(facts, told_by)));
    }
    rows.push(both("layers", &|facts| match facts.layers_unread {
        0 => count(facts.layers.len()),
        unread => format!("{} ({} known from before)", count(facts.layers.len()), count(unread)),
    }));
    rows.push(both("packages", &|facts| count(facts.package_count)));
    rows.push(both("paths", &|facts| count(facts.file_count)));
    let growth = format!("{} ({})", bytes(right.size), change(left.size, right.size));
    rows.push(Row::of_table(["size".to_owned(), bytes(left.size), growth]));
    let differing = match outline::differing(report) {
        0 => "No path differs.".to_owned(),
        1 => format!("1 path differs: {}.", outline::explanations(report)),
        many => format!("{} paths differ: {}.", count(many), outline::explanations(report)),
    };
    page.list(&differing, &head(["", "left", "right"]), &rows, usize::MAX);
    rule_files(page, &report.rule_files, "explaining");
    if report.verdict != Verdict::Identical {
        base_sentence(page, report);
        split(page, report);
    }
}

/// The user's own files of rules: what they explain is no absence of a difference.
fn rule_files(page: &mut Page, files: &[RuleFileUse], what: &str) {
    for used in files {
        let file = page.code(&used.file);
        page.paragraph(&format!("{file}: {}.", outline::rule_file(used, what)));
    }
}

/// The names in the sentence are an image's or a server's words: they stand apart from ours.
fn base_sentence(page: &mut Page, report: &DriftReport) {
    let sentence = report.base.sentence.as_str();
    let words = match sentence.split_once(": ") {
        Some((ours, theirs)) => format!("{}: {}", capitalised(ours).trim_end_matches('.'), page.prose(theirs)),
        None => capitalised(&page.prose(sentence)),
    };
    page.paragraph(&words);
}

/// What the base brought, and what the app's own layers did.
fn split(page: &mut Page, report: &DriftReport) {
    let Some(split) = &report.base.split else {
        page.paragraph(&format!("What the base brought is {}.", outline::split(&report.base)));
        return;
    };
    let row = |name: &str, share: &Share| {
        let of = |explanation| count(share.files.get(explanation));
        Row::of_table([
            name.to_owned(),
            count(share.packages),
            count(share.paths()),
            of(Explanation::SameVersion),
            of(Explanation::Unexplained),
        ])
    };
    let rows = [row("the base", &split.base), row("the app's own layers", &split.app)];
    let columns = head(["brought by", "packages", "paths", "same-version", "unexplained"]);
    let likely = if split.confidence == Confidence::Low { ", likely" } else { "" };
    page.list(&format!("Whose layers brought it{likely}:"), &columns, &rows, usize::MAX);
}

fn base(page: &Page, base: &BaseImage, facts: &ImageFacts) -> String {
    let mut shown = base.name.as_deref().map_or_else(|| "unknown".to_owned(), |name| page.code(name));
    if let Some(digest) = &base.digest {
        shown = format!("{shown} at {}", page.code(digest));
    }
    format!("{shown}: {}", outline::about_base(base, facts.layers.len()))
}

/// All evidence, strongest first.
fn told_by(page: &Page, base: &BaseImage, _facts: &ImageFacts) -> String {
    base.words().map(|words| page.prose(words)).collect::<Vec<_>>().join("; ")
}

fn packages(page: &mut Page, report: &DriftReport) {
    let rows: Vec<_> = outline::packages(report, false).iter().map(|line| package_row(page, line)).collect();
    let heading = format!("### Packages: {}", outline::moves(report));
    page.list(&heading, &head(["", "package", "change", "version", "fixes named"]), &rows, share::PACKAGES);
}

fn package_row(page: &Page, line: &outline::PackageLine<'_>) -> Row {
    /// Ids of one move that are written out.
    const CVES: usize = 8;
    let bold = |text: &str| format!("**{text}**");
    let version = |side: &Option<String>| side.as_deref().map(|version| page.code(version));
    let versions = match (version(&line.left), version(&line.right)) {
        (Some(left), Some(right)) => format!("{left} → {right}"),
        (left, right) => left.or(right).unwrap_or_default(),
    };
    let names = page.code(&line.names.join(", "));
    let change = format!("{} {}", line.change.sign(), line.change);
    let ecosystem = line.ecosystem.to_string();
    let fixes = page.prose(&line.fixes.words(if page.all() { usize::MAX } else { CVES }));
    // What looks wrong stands out.
    Row::of_table(match line.change {
        PackageMove::Downgraded => [ecosystem, bold(&names), bold(&change), bold(&versions), fixes],
        _ => [ecosystem, names, change, versions, fixes],
    })
}

/// What is not known of both images.
fn of_both(page: &mut Page, report: &DriftReport) {
    let gaps = report.completeness.iter().map(|gap| (&gap.gap, gap.side.as_str(), gap.decides));
    completeness(page, &gaps.collect::<Vec<_>>());
}

/// What is not known of an image: each gap with the side that has it; bold where it could change the answer.
fn completeness(page: &mut Page, gaps: &[(&Gap, &str, bool)]) {
    let row = |(gap, side, decides): &(&Gap, &str, bool)| {
        let why = page.prose(&gap.why);
        let why = if *decides { format!("**{why}**") } else { why };
        Row::of_table([(*side).to_owned(), gap.what.as_str().to_owned(), why, page.code(&outline::places(gap))])
    };
    let rows: Vec<_> = gaps.iter().map(row).collect();
    let heading = format!("### Not known: {}", plural(rows.len(), "gap"));
    page.list(&heading, &head(["side", "what", "why", "where"]), &rows, share::COMPLETENESS);
}

/// Alarms, then what nothing explains; `strict` adds what nothing proves.
fn to_read(page: &mut Page, report: &DriftReport, strict: bool) {
    let row = |(line, hashes): (&outline::FileLine<'_>, Option<String>)| {
        let drift = line.drift;
        let mut about = vec![page.code(&line.path)];
        about.extend(line.is_folded.then(|| plural(line.covers, "path")));
        about.extend(drift.owner.as_ref().map(|owner| page.code(owner)));
        about.extend((!line.detail.is_empty()).then(|| page.prose(line.detail)));
        about.extend(hashes.map(|words| page.prose(&words)));
        Row::of_list(&format!("**{}**, {}: {}", drift.explanation, drift.change, about.join(", ")))
            .covering(line.covers)
    };
    let mut lines = outline::files(report, &[Explanation::SameVersion, Explanation::Unexplained], !page.all());
    if strict {
        lines.extend(outline::unproven(report));
    }
    let hashes = outline::hashes_of_files(&lines, page.all());
    let rows: Vec<_> = lines.iter().zip(hashes).map(row).collect();
    let alarms = plural(report.alarms(), "alarm");
    let unproven = if strict { format!(", {} unproven", count(report.unproven.count())) } else { String::new() };
    let heading = format!("### Read these: {alarms}, {} unexplained{unproven}", count(report.unexplained()));
    page.list(&heading, "", &rows, share::TO_READ);
}

fn causes(page: &mut Page, report: &DriftReport) {
    let row = |cause: Cause<'_>| {
        let proof = match cause.proof {
            // Nothing is called proven over what was not read.
            Some(proof) if proof.is_certain() && report.verdict != Verdict::Unknown => ", proven",
            Some(_) => ", likely",
            None => "",
        };
        let about = match (cause.detail, cause.paths.first()) {
            ("", Some(example)) => page.code(&example.to_string()),
            (detail, _) => page.prose(detail),
        };
        let fix = page.code(cause.fix.unwrap_or_default());
        Row::of_table([
            count(cause.paths.len()),
            format!("{}{proof}", cause.explanation),
            page.code(&cause.label()),
            format!("{about}; {}", page.prose(&outline::evidence(&cause))),
            fix,
        ])
    };
    let rows: Vec<_> = report.causes().into_iter().map(row).collect();
    let columns = head(["paths", "explanation", "rule", "cause", "fix"]);
    page.list("### Noise and generated files, by cause", &columns, &rows, share::CAUSES);
}

fn config(page: &mut Page, report: &DriftReport, [left, right]: [&str; 2]) {
    let value = |side: &Option<String>| side.as_deref().map_or_else(|| "none".to_owned(), |value| page.code(value));
    let row = |change: &ConfigChange| {
        let effect = if change.runtime { "yes" } else { "" };
        Row::of_table([page.code(&change.key), value(&change.left), value(&change.right), effect.to_owned()])
    };
    let rows: Vec<_> = outline::config(report).into_iter().map(row).collect();
    let heading = format!("### Configuration: {}", plural(rows.len(), "change"));
    page.list(&heading, &head(["key", left, right, "changes how it runs"]), &rows, share::CONFIG);
}

/// Everything that a reviewer may want to look up, folded away.
fn tail(page: &mut Page, report: &DriftReport) {
    page.paragraph("<details><summary>Findings, layers, and the paths that are explained</summary>");
    drift_findings(page, report);
    checklist::differing(page, report);
    warnings(page, &report.warnings, "####");
    layers(page, report);
    explained(page, report);
    page.paragraph("</details>");
}

/// What the audits of both images found; the rest of the findings stands in the other sections.
fn drift_findings(page: &mut Page, report: &DriftReport) {
    let lines = outline::drift_findings(&report.findings, !page.all());
    let heading = format!("#### Findings: {}", outline::finding_counts(&report.findings));
    finding_list(page, &heading, &lines);
}

/// What the audit of one image found.
fn findings(page: &mut Page, findings: &[Finding]) {
    let lines = outline::findings(findings, !page.all());
    finding_list(page, &format!("### Findings: {}", count(findings.len())), &lines);
}

fn finding_list(page: &mut Page, heading: &str, lines: &[outline::FindingLine<'_>]) {
    let row = |line: &outline::FindingLine<'_>| {
        let finding = line.finding;
        let mut message = page.prose(&finding.message);
        if finding.count > 1 {
            message = format!("{}: {message}", plural(finding.count, "file"));
        }
        Row::of_table([
            finding.drift.map_or("", FindingDrift::as_str).to_owned(),
            finding.severity.as_str().to_owned(),
            finding.check.to_owned(),
            page.code(&line.subject),
            message,
            page.code(finding.fix.as_deref().unwrap_or_default()),
        ])
        .covering(line.covers)
    };
    let hashes = |line: &outline::FindingLine<'_>| {
        let files = outline::hashes(line, page.all()).into_iter();
        let cells = |(path, words): (String, String)| {
            let empty = String::new;
            Row::of_table([empty(), empty(), empty(), page.code(&path), page.prose(&words), empty()]).covering(0)
        };
        files.map(cells).collect::<Vec<_>>()
    };
    let rows: Vec<_> = lines.iter().flat_map(|line| std::iter::once(row(line)).chain(hashes(line))).collect();
    page.list(heading, &head(["", "", "check", "subject", "finding", "fix"]), &rows, share::FINDINGS);
}

fn warnings(page: &mut Page, warnings: &[String], level: &str) {
    let rows: Vec<_> = warnings.iter().map(|warning| Row::of_list(&page.code(warning))).collect();
    page.list(&format!("{level} Warnings: {}", count(rows.len())), "", &rows, share::WARNINGS);
}

fn layers(page: &mut Page, report: &DriftReport) {
    let row = |row: &LayerRow| {
        let left = row.left.and_then(|at| report.left.layers.get(at));
        let right = row.right.and_then(|at| report.right.layers.get(at));
        let relation = row.relation.as_str();
        let index = |layer: Option<&LayerFacts>| layer.map_or_else(String::new, |layer| layer.index.to_string());
        let either = right.or(left);
        let size = either.map_or_else(String::new, |layer| bytes(layer.size));
        let instruction =
            page.code(&instruction(either.and_then(|layer| layer.created_by.as_deref()).unwrap_or_default()));
        Row::of_table([relation.to_owned(), index(left), index(right), size, instruction])
    };
    let rows: Vec<_> = report.layers.iter().map(row).collect();
    page.list("#### Layers", &head(["", "left", "right", "size", "instruction"]), &rows, share::LAYERS);
}

/// The paths that need no reading; those of which only the time differs on request.
fn explained(page: &mut Page, report: &DriftReport) {
    let [_, _, others @ .., mtime] = Explanation::ALARMING_FIRST;
    let mut lines = outline::calm(report, &others, page.all());
    if page.all() {
        lines.extend(outline::files(report, &[mtime], false));
    }
    let row = |line: &outline::FileLine<'_>| {
        Row::of_table([
            line.drift.explanation.to_string(),
            line.drift.change.to_string(),
            page.code(&line.path),
            page.code(line.drift.owner.as_deref().unwrap_or_default()),
            if line.is_folded {
                format!("{}, {}", plural(line.covers, "path"), page.prose(line.detail))
            } else {
                page.prose(line.detail)
            },
        ])
        .covering(line.covers)
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let paths = lines.iter().map(|line| line.covers).sum();
    let heading = format!("#### Explained: {}", plural(paths, "path"));
    let room = page.room().saturating_sub(share::FOOTER);
    page.list(&heading, &head(["explanation", "change", "path", "owner", "detail"]), &rows, room);
}

fn content_digest(facts: &ImageFacts) -> (Digest, &[GapKind]) {
    (facts.content_digest, &facts.content_lacks)
}

fn dependencies_digest(facts: &ImageFacts) -> (Digest, &[GapKind]) {
    (facts.dependencies_digest, &facts.dependencies_lack)
}

/// What makes the report checkable, and by what it was made.
fn digests(page: &mut Page, report: &DriftReport) {
    let row = |name: &str, left: (Digest, &[GapKind]), right: (Digest, &[GapKind])| {
        let marked =
            |(digest, lacks): (Digest, &[GapKind])| page.code(&outline::marked_digest(digest.to_string(), lacks));
        let right = if left == right { "the same".to_owned() } else { marked(right) };
        Row::of_table([name.to_owned(), marked(left), right])
    };
    let (left, right) = (&report.left, &report.right);
    let mut rows = vec![row("image", (left.image_digest, &[]), (right.image_digest, &[]))];
    if right.is_read {
        rows.push(row("content", content_digest(left), content_digest(right)));
        rows.push(row("dependencies", dependencies_digest(left), dependencies_digest(right)));
    }
    let made_by = concat!("Made by ", env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), ". The digests:");
    page.list(made_by, &head(["digest", "left", "right"]), &rows, usize::MAX);
}

#[cfg(test)]
mod tests;
