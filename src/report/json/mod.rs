//! The JSON contract, written: the program's types turned into those of [`schema`], in a fixed order.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::{Format, ReportOptions};
use crate::compare::review::Subject;
use crate::compare::variants::{self, VariantRow};
use crate::compare::{self, BaseDrift, ByExplanation, DriftReport, FileRow, Origin, PackageRow, Share};
use crate::model::hashes::{Bytes, Record};
use crate::model::{self, Explanation, FileAt, FileOf, ImageFacts, PackageMove, SearchResult, text};

mod bump;
mod catalogue;
mod checklist;
mod inert;
mod locks;
mod schema;

use self::checklist::Checklist;

pub(super) const FORMAT: Format = Format {
    name: "json",
    extension: "json",
    write: write_report,
    bump: bump::write_bump,
    inspection: write_inspection,
    search: write_search,
    catalogue: catalogue::write_catalogue,
    digests: write_digests,
};

const TOOL: schema::Tool = schema::Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

fn write_report(report: &DriftReport, options: &ReportOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write(
        &schema::Report {
            schema: schema::SCHEMA,
            verdict: report.verdict.as_str(),
            headline: report.headline(),
            proven: report.verdict != model::Verdict::Unknown && report.is_proven(),
            tool: TOOL,
            counts: counts(report),
            left: side(&report.left, &report.left_checklist),
            right: side(&report.right, &report.right_checklist),
            index: variants::rows(report).iter().map(variant).collect(),
            base_drift: base_drift(&report.base),
            packages: told(&report.packages, Subject::Package, options)
                .filter_map(|row| package_change(report, row))
                .collect(),
            files: files(report, options),
            locks: report.locks.iter().filter(|_| !options.only_marked).filter_map(locks::drift).collect(),
            findings: told(&report.findings, Subject::Finding, options).map(finding).collect(),
            config: told(&report.config, Subject::Config, options).map(config_change).collect(),
            warnings: &report.warnings,
            completeness: report.completeness.iter().map(gap).collect(),
            rule_files: rule_files(&report.rule_files),
            review: options.review.map(|review| marked(review.marked(report))),
        },
        out,
    )
}

fn write_inspection(
    inspection: &model::Inspection,
    options: &ReportOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let tells = !options.only_marked;
    write(
        &schema::Inspection {
            schema: schema::SCHEMA,
            tool: TOOL,
            image: image(&inspection.facts),
            packages: inspection.packages.iter().filter(|_| tells).map(|row| package(row)).collect(),
            files: inspection.files.as_ref().map(|files| files.iter().map(file).collect()),
            locks: inspection.locks.iter().filter(|_| tells).map(|file| locks::file(file)).collect(),
            findings: inspection.findings.iter().filter(|_| tells).map(finding).collect(),
            checklist: Checklist::of(&inspection.checklist),
            warnings: &inspection.warnings,
            completeness: inspection.gaps.iter().map(gap_of_one).collect(),
            rule_files: rule_files(&inspection.rule_files),
            review: options.review.map(|_| marked(inspection.marked.clone())),
        },
        out,
    )
}

fn write_search(search: &SearchResult, _options: &ReportOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write(
        &schema::Search {
            schema: schema::SCHEMA,
            tool: TOOL,
            query: &search.query,
            packages: search.packages.iter().map(|row| package(row)).collect(),
            found: search.files.iter().map(found).collect(),
        },
        out,
    )
}

fn write_digests(facts: &ImageFacts, gaps: &[model::Gap], out: &mut dyn io::Write) -> io::Result<()> {
    write(
        &schema::Digests {
            image: facts.image_digest.to_string(),
            content: facts.content_digest.to_string(),
            dependencies: facts.dependencies_digest.to_string(),
            content_incomplete: kinds(&facts.content_lacks),
            dependencies_incomplete: kinds(&facts.dependencies_lack),
            completeness: gaps.iter().map(gap_of_one).collect(),
            formats: schema::DigestFormats {
                content: ImageFacts::CONTENT_FORMAT,
                dependencies: ImageFacts::DEPENDENCIES_FORMAT,
            },
        },
        out,
    )
}

/// One pretty-printed object and a newline.
fn write(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, inert::Formatter::default()))?;
    writeln!(out)
}

fn gap(model::SideGap { side, gap, decides }: &model::SideGap) -> schema::Gap<'_> {
    schema::Gap { side: Some(side.as_str()), decides: Some(*decides), ..gap_of_one(gap) }
}

/// Of an image that is not compared.
fn gap_of_one(gap: &model::Gap) -> schema::Gap<'_> {
    schema::Gap { side: None, what: gap.what.as_str(), why: &gap.why, paths: &gap.paths, decides: None }
}

fn kinds(kinds: &[model::GapKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

fn counts(report: &DriftReport) -> schema::Counts {
    let moved = |how| report.moved(Some(how));
    schema::Counts {
        unexplained: report.files.by_explanation.get(Explanation::Unexplained),
        alarms: report.alarms(),
        unproven: unproven(report.unproven),
        packages: schema::PackageCounts {
            added: moved(PackageMove::Added),
            removed: moved(PackageMove::Removed),
            upgraded: moved(PackageMove::Upgraded),
            downgraded: moved(PackageMove::Downgraded),
            rebuilt: moved(PackageMove::Rebuilt),
        },
    }
}

fn unproven(unproven: compare::Unproven) -> schema::Unproven {
    let compare::Unproven { path, own_rules, header, nothing } = unproven;
    schema::Unproven { path, own_rules, header, nothing }
}

fn image(facts: &ImageFacts) -> schema::Image<'_> {
    schema::Image {
        reference: &facts.reference,
        source: facts.source,
        name: facts.name.as_deref(),
        recorded: facts.recording.as_ref(),
        image_digest: facts.image_digest.to_string(),
        config_digest: facts.config_digest.to_string(),
        manifest_digest: facts.manifest_digest.map(|digest| digest.to_string()),
        content_digest: facts.is_read.then(|| facts.content_digest.to_string()),
        dependencies_digest: facts.is_read.then(|| facts.dependencies_digest.to_string()),
        content_incomplete: kinds(&facts.content_lacks),
        dependencies_incomplete: kinds(&facts.dependencies_lack),
        platform: &facts.platform,
        created: facts.created.as_deref(),
        distro: facts.distro.as_deref(),
        size: facts.is_read.then_some(facts.size),
        download_size: facts.download_size,
        base: facts.base.as_ref().map(base),
        layers: facts.layers.iter().map(layer).collect(),
        layers_unread: facts.layers_unread,
        package_count: facts.is_read.then_some(facts.package_count),
        file_count: facts.is_read.then_some(facts.file_count),
        checklist: None,
    }
}

/// One image of two.
fn side<'a>(facts: &'a ImageFacts, checklist: &'a model::Checklist) -> schema::Image<'a> {
    schema::Image { checklist: Some(Checklist::of(checklist)), ..image(facts) }
}

fn variant<'a>(row: &VariantRow<'a>) -> schema::Variant<'a> {
    let digest = |digest: Option<model::Digest>| digest.map(|digest| digest.to_string());
    schema::Variant { platform: row.platform, left: digest(row.left), right: digest(row.right) }
}

fn base(base: &model::BaseImage) -> schema::Base<'_> {
    schema::Base {
        name: base.name.as_deref(),
        digest: base.digest.as_deref(),
        layers: base.layers,
        pinned: base.pinned,
        layers_confidence: base.layers_confidence.map(model::Confidence::as_str),
        evidence: base.words().collect(),
        confidence: base.confidence.as_str(),
        contradictions: &base.contradictions,
    }
}

fn layer(layer: &model::LayerFacts) -> schema::Layer<'_> {
    schema::Layer {
        index: layer.index,
        diff_id: layer.diff_id.to_string(),
        digest: layer.digest.map(|digest| digest.to_string()),
        size: layer.size,
        created_by: layer.created_by.as_deref(),
        shared: layer.shared,
        entries: layer.entries,
    }
}

fn base_drift(base: &BaseDrift) -> schema::BaseDrift<'_> {
    let share = |share: &Share| schema::Share {
        packages: share.packages,
        paths: share.paths(),
        by_explanation: by_explanation(&share.files),
    };
    schema::BaseDrift {
        relation: base.relation.as_str(),
        sentence: &base.sentence,
        split: base.split.as_ref().map(|split| schema::Split {
            confidence: split.confidence.as_str(),
            base: share(&split.base),
            app: share(&split.app),
        }),
    }
}

/// The row of a package that moved; `None` for one that did not.
fn package_change<'a>(report: &DriftReport, row: &'a PackageRow) -> Option<schema::PackageChange<'a>> {
    let (change, either) = (row.change?, row.either()?);
    let schema::Package { ecosystem, name, arch, location, owner, .. } = package(either);
    Some(schema::PackageChange {
        ecosystem,
        name,
        arch,
        location,
        owner,
        change: change.as_str(),
        left: row.left.as_deref().map(package_side),
        right: row.right.as_deref().map(package_side),
        layer: either.layer,
        brought_by: report.origin_of_package(row).map(Origin::as_str),
        cves: row.fixes.as_ref().map(|fixes| fixes.cves.as_slice()),
        changelog: row.fixes.as_ref().map(|fixes| schema::ChangelogRead {
            path: fixes.path.to_absolute(),
            security: fixes.security,
            reverted: fixes.reverted,
            reaches_back: fixes.reaches_back,
        }),
    })
}

fn package(package: &model::Package) -> schema::Package<'_> {
    schema::Package {
        ecosystem: package.ecosystem.as_str(),
        name: &package.name,
        arch: package.arch.as_deref(),
        location: package.location.as_ref().map(model::ImagePath::to_absolute),
        owner: package.owner.as_deref(),
        side: package_side(package),
    }
}

fn package_side(package: &model::Package) -> schema::PackageSide<'_> {
    let source = package.source.as_ref();
    schema::PackageSide {
        version: &package.version,
        source: source.map(|source| schema::Source { name: &source.name, version: &source.version }),
        size: package.size,
        layer: package.layer,
        automatic: package.automatic,
        state: package.state.as_deref(),
        installer: package.installer.as_deref(),
        origin: package.origin.as_deref(),
    }
}

/// The rows that `options` asks for.
fn told<'a, T>(
    rows: &'a [T],
    subject: fn(usize) -> Subject,
    options: &'a ReportOptions<'_>,
) -> impl Iterator<Item = &'a T> {
    rows.iter().enumerate().filter(move |(at, _)| options.tells(subject(*at))).map(|(_, row)| row)
}

fn marked(marked: Vec<model::Marked>) -> Vec<schema::Marked> {
    let row = |model::Marked { kind, name, what: _, note }| schema::Marked { kind, name, note };
    marked.into_iter().map(row).collect()
}

fn files<'a>(report: &'a DriftReport, options: &ReportOptions<'_>) -> schema::Files<'a> {
    let files = &report.files;
    let compare::FileSummary { added, removed, content, metadata, mtime_only } = files.summary;
    schema::Files {
        summary: schema::Summary { added, removed, content, metadata, mtime_only },
        by_explanation: by_explanation(&files.by_explanation),
        changes: (0..)
            .zip(&files.rows)
            .filter(|(at, _)| options.tells(Subject::File(*at)))
            .filter_map(|(at, row)| file_change(report, at, row, options.all || options.only_marked))
            .collect(),
    }
}

fn rule_files(files: &[model::RuleFileUse]) -> Vec<schema::RuleFile<'_>> {
    files.iter().map(|used| schema::RuleFile { file: &used.file, rules: used.rules, paths: used.paths }).collect()
}

fn by_explanation(counts: &ByExplanation) -> BTreeMap<&'static str, usize> {
    let all = Explanation::ALARMING_FIRST.into_iter();
    all.map(|explanation| (explanation.as_str(), counts.get(explanation))).collect()
}

/// The row of a path that differs in more than its time, or with `all` in anything.
fn file_change<'a>(report: &'a DriftReport, at: u32, row: &'a FileRow, all: bool) -> Option<schema::FileChange<'a>> {
    let drift = row.drift.as_ref().filter(|drift| all || drift.explanation != Explanation::Mtime)?;
    Some(schema::FileChange {
        path: row.path.to_absolute(),
        change: drift.change.as_str(),
        explanation: drift.explanation.as_str(),
        detail: &drift.detail,
        owner: drift.owner.as_deref(),
        rule: drift.rule.as_deref(),
        rule_file: drift.rule.as_ref().map(|_| drift.rule_file.as_deref().unwrap_or(model::RuleFileUse::BUILT_IN)),
        proof: drift.proof.map(model::Proof::as_str),
        alarm: drift.alarm.as_deref(),
        fold: report.files.fold_of(at).map(|fold| fold.name.as_str()),
        evidence: drift.evidence.as_deref(),
        fix: drift.fix.as_deref(),
        brought_by: report.origin_of_file(row).map(Origin::as_str),
        hashes: drift.hashes.as_deref().map(hashes),
        left: row.left.as_ref().map(file_side),
        right: row.right.as_ref().map(file_side),
    })
}

fn hashes(hashes: &model::Hashes) -> schema::Hashes {
    let record = |record: &Record| schema::Record {
        list: record.list,
        algorithm: record.recorded.algorithm(),
        recorded: record.recorded.hex(),
        found: record.matches().map(|_| record.found.hex()),
        matches: record.matches(),
    };
    let bytes = |bytes: &Bytes| schema::Bytes {
        sha256: bytes.sha256.map(|digest| digest.hex()),
        record: bytes.record.as_ref().map(record),
    };
    schema::Hashes { left: hashes.left.as_ref().map(bytes), right: hashes.right.as_ref().map(bytes) }
}

fn file_side(file: &FileAt) -> schema::FileSide {
    let entry = &file.entry;
    schema::FileSide {
        kind: entry.kind.as_str(),
        mode: format!("{:04o}", entry.mode),
        uid: entry.uid,
        gid: entry.gid,
        size: entry.size,
        sha256: entry.sha256().map(|digest| digest.hex()),
        link: entry.link.as_deref().map(readable),
        device: entry.device,
        xattrs: entry.xattrs.iter().map(|(name, value)| (readable(name), model::digest::hex(value))).collect(),
        layer: file.layer,
        mtime: entry.mtime,
    }
}

fn file(row: &FileOf) -> schema::File<'_> {
    schema::File { path: row.path.to_absolute(), owner: row.owner.as_deref(), side: file_side(&row.file) }
}

fn found(row: &model::Found) -> schema::Found<'_> {
    schema::Found {
        file: schema::File { path: row.path.to_absolute(), owner: row.owner.as_deref(), side: file_side(&row.file) },
        instruction: row.instruction.as_deref(),
    }
}

fn finding(finding: &model::Finding) -> schema::Finding<'_> {
    schema::Finding {
        side: finding.side.as_str(),
        drift: finding.drift.map(model::FindingDrift::as_str),
        check: finding.check,
        severity: finding.severity.as_str(),
        subject: &finding.subject,
        message: &finding.message,
        fix: finding.fix.as_deref(),
        package: finding.package.as_ref().map(|package| package.label()),
        count: finding.count,
        paths: finding.paths.iter().map(model::ImagePath::to_absolute).collect(),
        layers: &finding.layers,
        hashes: finding
            .paths
            .iter()
            .zip(&finding.hashes)
            .map(|(path, known)| schema::HashesOf { path: path.to_absolute(), hashes: hashes(known) })
            .collect(),
    }
}

fn config_change(change: &compare::ConfigChange) -> schema::ConfigChange<'_> {
    schema::ConfigChange {
        key: &change.key,
        left: change.left.as_deref(),
        right: change.right.as_deref(),
        runtime: change.runtime,
        secret: change.hidden.map(|differs| schema::Secret { hidden: true, differs }),
    }
}

/// Bytes as they are where they are UTF-8, else escaped, as [`model::ImagePath::to_absolute`] does it.
fn readable(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| text::visible_bytes(bytes), str::to_owned)
}

#[cfg(test)]
mod tests;
