//! Reports made by hand for the tests of this module: an ordinary month of drift, a rebuild, and drifts that are huge or
//! hostile. Versions and paths follow Debian 12's point releases.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Format, ReportOptions};
use crate::compare::bump::{
    Action, Answer, AppReport, BumpReport, Held, Hold, Library, LibraryState, Reply, Standing, Touched,
};
use crate::compare::{
    ConfigChange, Drift, DriftReport, FileDrift, FileRow, HistoryRow, LayerRelation, LayerRow, LockRow, PackageRow,
    Unproven, drift_of, lock_rows,
};
use crate::model::hashes::{Bytes, Record};
use crate::model::{
    self, BaseEvidence, BaseImage, Catalogue, Change, Checklist, ChecklistItem, Confidence, Content, Digest, Ecosystem,
    Evidence, EvidenceKind, Explanation, FileAt, FileEntry, FileOf, Finding, FindingDrift, Fixes, Form, Found, Hashes,
    HistoryEntry, ImageFacts, ImagePath, Inspection, Kind, KnownRule, LayerFacts, LockEntry, LockFile, LockHash, Md5,
    MissingRule, Package, PackageMove, Proof, RecordedHash, RuleFileUse, RuleKind, SearchResult, Severity, Side,
    SourcePackage, Verdict,
};

/// An app image a month apart: packages moved, one alarm, a few files that nothing explains, noise.
pub(crate) fn drifted() -> DriftReport {
    let packages = vec![
        fixing(
            deb("libc6", "2.36-9+deb12u4", "2.36-9+deb12u7", "glibc", PackageMove::Upgraded),
            &["CVE-2024-2961", "CVE-2024-33599", "CVE-2024-33600", "CVE-2024-33601", "CVE-2024-33602"],
            true,
        ),
        deb("libc-bin", "2.36-9+deb12u4", "2.36-9+deb12u7", "glibc", PackageMove::Upgraded),
        fixing(
            deb("libssl3", "3.0.13-1~deb12u1", "3.0.11-1~deb12u2", "openssl", PackageMove::Downgraded),
            &["CVE-2023-5678"],
            false,
        ),
        fixing(deb("less", "590-2", "590-2+b1", "less", PackageMove::Rebuilt), &[], false),
        deb("bash", "5.2.15-2", "5.2.15-2", "bash", None),
        one_sided(package(Ecosystem::Deb, "libexpat1", "2.5.0-1", "expat", 1), PackageMove::Added),
        one_sided(package(Ecosystem::Deb, "wget", "1.21.3-1", "wget", 1), PackageMove::Removed),
        pypi("Flask", "3.0.0", "3.0.3", PackageMove::Upgraded),
        pypi("numpy", "1.26.4", "1.26.4", None),
    ];
    let files = [
        changed("app/requirements.txt", Change::Content, Explanation::Unexplained, ""),
        changed("etc/apt/sources.list", Change::Content, Explanation::Unexplained, "edited conffile"),
        added_directory("opt/tool"),
        added("opt/tool/run", Explanation::Unexplained),
        added("opt/tool/tool.conf", Explanation::Unexplained),
        recorded(owned(
            "usr/bin/bash",
            Change::Content,
            Explanation::SameVersion,
            "content differs, bash did not move",
            "deb:bash",
        )),
        owned("usr/lib/x86_64-linux-gnu/libc.so.6", Change::Content, Explanation::Package, "", "deb:libc6"),
        changed("usr/local/app/run.sh", Change::Metadata, Explanation::Metadata, "mode 0644 -> 0755"),
        noise(
            "usr/local/lib/python3.11/__pycache__/a.cpython-311.pyc",
            Explanation::Bytecode,
            "pyc-header",
            Proof::Mask,
        ),
        noise(
            "usr/local/lib/python3.11/__pycache__/b.cpython-311.pyc",
            Explanation::Bytecode,
            "pyc-header",
            Proof::Mask,
        ),
        noise("var/cache/ldconfig/aux-cache", Explanation::Noise, "ldconfig-aux-cache", Proof::Path),
        noise("var/log/apt/history.log", Explanation::Noise, "apt-log", Proof::Mask),
        noise("var/lib/dpkg/status", Explanation::Generated, "dpkg-state", Proof::Path),
        changed("usr/share/doc/x", Change::Mtime, Explanation::Mtime, ""),
    ];
    let left = facts("app-2024-05.tar", "docker-archive", "old", 431_284_224);
    let right = facts("app-2024-06.tar", "docker-archive", "new", 433_000_000);
    let files = file_drift(files);
    DriftReport {
        verdict: Verdict::Drifted,
        unproven: Unproven::of(&files),
        base: drift_of([&left, &right], &packages, &files),
        left,
        right,
        packages,
        files,
        locks: locks("/app/requirements.txt", "numpy"),
        layers: layer_rows(),
        unchanged_config: Vec::new(),
        config: vec![
            config("env.PYTHON_VERSION", Some("3.11.8"), Some("3.11.9"), true),
            config("labels.org.opencontainers.image.revision", Some("4f2a"), Some("91bc"), false),
            config("created", Some("2024-05-14T01:28:21Z"), Some("2024-06-13T01:12:40Z"), false),
        ],
        history: vec![HistoryRow {
            left: Some(HistoryEntry {
                created_by: Some("RUN pip install -r requirements.txt".into()),
                ..Default::default()
            }),
            right: Some(HistoryEntry {
                created_by: Some("RUN pip install -r requirements.txt".into()),
                ..Default::default()
            }),
            same: true,
        }],
        findings: vec![Finding {
            side: Side::Right,
            drift: Some(FindingDrift::New),
            ..Finding::new(
                "base-unpinned",
                Severity::Warning,
                "debian:12-slim",
                "the base is named by a tag that moves",
            )
            .fix("FROM debian:12-slim@sha256:...")
        }],
        left_checklist: checklist(model::Answer::Yes),
        right_checklist: checklist(model::Answer::No),
        warnings: vec!["right: layer 3: duplicate entry /etc/hosts, the last one stays".into()],
        completeness: Vec::new(),
        rule_files: Vec::new(),
        alone: false,
    }
}

/// One item that is answered so, and two that every image answers alike.
fn checklist(apt: model::Answer) -> Checklist {
    use model::Answer::{Unknown, Yes};
    let item = |name, asks, answer, words: &str| ChecklistItem {
        name,
        check: name,
        asks,
        answer,
        words: words.to_owned(),
        evidence: Vec::new(),
        fix: None,
    };
    let pinned = ChecklistItem {
        evidence: vec![Evidence { text: "apt-get install -y curl".to_owned(), layer: Some(2) }],
        fix: Some("apt-get install PACKAGE=VERSION"),
        ..item("apt-unpinned", "apt installs named versions", apt, "without a version: curl")
    };
    Checklist {
        judged: "3 instructions above the base's 2 layers".to_owned(),
        items: vec![
            item("time-zone-unset", "the time zone is set", Yes, "TZ=Etc/UTC"),
            pinned,
            item("download-unchecked", "every download is checked", Unknown, "ADD of a URL"),
        ],
    }
}

/// The same Dockerfile built twice: only noise.
pub(crate) fn rebuild() -> DriftReport {
    let mut report = drifted();
    report.verdict = Verdict::ContentEquivalent;
    report.packages = vec![deb("bash", "5.2.15-2", "5.2.15-2", "bash", None), pypi("numpy", "1.26.4", "1.26.4", None)];
    report.files = file_drift([
        noise("usr/lib/python3/a.pyc", Explanation::Bytecode, "pyc-header", Proof::Mask),
        noise("var/cache/ldconfig/aux-cache", Explanation::Noise, "ldconfig-aux-cache", Proof::Path),
        changed("usr/share/doc/x", Change::Mtime, Explanation::Mtime, ""),
    ]);
    report.unproven = Unproven::of(&report.files);
    report.base = drift_of([&report.left, &report.right], &report.packages, &report.files);
    report.right.content_digest = report.left.content_digest;
    report.right.dependencies_digest = report.left.dependencies_digest;
    report.right.size = report.left.size;
    report.config.retain(|change| change.key == "created");
    report.locks.clear();
    report.findings.clear();
    report.left_checklist = report.right_checklist.clone();
    report.warnings.clear();
    report
}

/// `scale` of everything, with long names.
pub(crate) fn huge(scale: usize) -> DriftReport {
    let mut report = drifted();
    let name = "a-name-that-is-rather-long-and-makes-rows-long";
    for at in 0..scale {
        let how = [PackageMove::Upgraded, PackageMove::Downgraded, PackageMove::Rebuilt][at % 3];
        let package = format!("{name}-{at:05}");
        report.packages.push(deb(&package, &format!("1.{at}"), &format!("2.{at}"), &package, how));
        report.config.push(config(&format!("env.{name}{at}"), Some(name), None, true));
        report.warnings.push(format!("left: {name} {at}"));
        report.findings.extend(report.findings.first().cloned());
        let layer = report.left.layers[0].clone();
        report.left.layers.push(layer.clone());
        report.right.layers.push(layer);
        let last = report.left.layers.len() - 1;
        report.layers.push(LayerRow { left: Some(last), right: Some(last), relation: LayerRelation::Rebuilt });
    }
    let mut rows: Vec<_> = std::mem::take(&mut report.files.rows);
    for at in 0..scale {
        for explanation in Explanation::ALARMING_FIRST {
            let mut row = changed(&format!("srv/{name}/{explanation}/{at:05}"), Change::Content, explanation, name);
            if let Some(drift) = &mut row.drift {
                drift.rule = Some(format!("rule-{at}").into());
            }
            rows.push(row);
        }
    }
    report.files = file_drift(rows);
    report
}

/// Every text that an image provides, replaced by `text`.
pub(crate) fn hostile(text: &str) -> DriftReport {
    let mut report = drifted();
    let name = text.to_owned();
    let shared: Arc<str> = text.into();
    for facts in [&mut report.left, &mut report.right] {
        facts.reference.clone_from(&name);
        facts.platform.clone_from(&name);
        facts.created = Some(name.clone());
        facts.distro = Some(name.clone());
        facts.base = Some(BaseImage {
            name: Some(name.clone()),
            digest: Some(name.clone()),
            layers: Some(1),
            layers_confidence: Some(Confidence::Low),
            pinned: None,
            evidence: vec![base_evidence(&name)],
            confidence: Confidence::Low,
            contradictions: vec![name.clone()],
        });
        for layer in &mut facts.layers {
            layer.created_by = Some(name.clone());
        }
    }
    for row in &mut report.packages {
        if let Some(fixes) = &mut row.fixes {
            fixes.cves = vec![name.clone(); 100];
        }
        for side in [&mut row.left, &mut row.right].into_iter().flatten() {
            let package = Arc::make_mut(side);
            package.name.clone_from(&name);
            package.version.clone_from(&name);
            package.arch = Some(name.clone());
            package.location = ImagePath::parse(text.replace("..", "").as_bytes()).ok();
            package.owner = Some(name.clone());
            package.source = Some(SourcePackage { name: name.clone(), version: name.clone() });
        }
    }
    for (at, row) in report.files.rows.iter_mut().enumerate() {
        row.path = ImagePath::parse(format!("{at:02}{}", text.replace("..", "")).as_bytes()).unwrap();
        if let Some(drift) = &mut row.drift {
            drift.detail = text.into();
            drift.owner = Some(Arc::clone(&shared));
            drift.rule_file = Some(Arc::clone(&shared));
        }
    }
    for change in &mut report.config {
        change.key.clone_from(&name);
        change.left = Some(name.clone());
        change.right = None;
    }
    for finding in &mut report.findings {
        finding.subject.clone_from(&name);
        finding.message.clone_from(&name);
        finding.fix = Some(name.clone());
    }
    report.locks = locks(text, text);
    report.rule_files = vec![RuleFileUse::new(shared, 1)];
    report.warnings = vec![name];
    report
}

/// A bump by that drift, with an app of which `text` is part of every name.
pub(crate) fn bump<'a>(drift: &'a DriftReport, text: &str) -> BumpReport<'a> {
    let name = text.to_owned();
    let of_app = |word: &str| path(&format!("{word}{}", text.replace("..", "")));
    let app = AppReport {
        facts: drift.left.clone(),
        standing: Standing {
            on: Some(Side::Left),
            layers: Some(1),
            evidence: format!("it stands on the old base{name}"),
        },
        files: vec![Touched {
            path: of_app("etc/apt/sources.list"),
            action: Action::Overwrote,
            covers: 1,
            change: Change::Content,
            owner: Some(format!("deb:base-files{name}")),
            layer: 2,
            instruction: Some(format!("RUN sed -i s/a/b/ /etc/apt/sources.list{name}")),
        }],
        held: vec![Held {
            package: format!("deb:libssl3{name}"),
            how: Hold::Pin,
            wanted: Some(format!("3.0.13-1{name}")),
            old: Some("3.0.13-1~deb12u1".to_owned()),
            new: Some("3.0.11-1~deb12u2".to_owned()),
            by: Some(format!("/etc/apt/preferences{name}")),
            layer: Some(1),
            instruction: Some(format!("RUN apt-get install libssl3=3.0.13-1{name}")),
        }],
        libraries: vec![Library {
            soname: format!("libssl.so.3{name}"),
            path: of_app("usr/lib/libssl.so.3"),
            state: LibraryState::Gone,
            package: Some(format!("deb:libssl3{name}")),
            old: Some("3.0.13-1~deb12u1".to_owned()),
            new: None,
            users: vec![of_app("app/a.so"), of_app("app/b.so")],
        }],
        warnings: vec![format!("layer 1: its libraries were not all looked into{name}")],
    };
    let answer = Answer {
        reply: Reply::No,
        reasons: vec![format!("1 library that the app is linked to is gone{name}"), "1 package is gone".to_owned()],
    };
    BumpReport { drift, app: Some(app), answer }
}

/// What `format` makes of [`bump`].
pub(crate) fn printed_bump(format: &Format, drift: &DriftReport, text: &str, options: &ReportOptions<'_>) -> String {
    let mut out = Vec::new();
    (format.bump)(&bump(drift, text), options, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

/// A lock file on both sides, of `path` and with entries of such names: one moved, one has other hashes than before.
fn locks(path: &str, name: &str) -> Vec<LockRow> {
    let entry = |name: &str, version: &str, hash: &str| LockEntry {
        name: name.to_owned(),
        key: name.to_lowercase(),
        version: Some(version.to_owned()),
        hashes: vec![LockHash { file: None, hash: format!("sha256:{hash}") }],
        ..LockEntry::default()
    };
    let file = |entries| {
        Arc::new(LockFile {
            path: ImagePath::parse(path.replace("..", "").as_bytes()).unwrap_or_else(|_| ImagePath::root()),
            format: "requirements",
            entries,
            complete: true,
            needs_hashes: true,
            remedy: "",
            includes: Vec::new(),
        })
    };
    let second = format!("{name}-financial");
    let left = file(vec![entry(name, "1.26.4", "2a02aba9"), entry(&second, "1.0.0", "bae534c9")]);
    let right = file(vec![entry(name, "1.26.4", "ffa75af2"), entry(&second, "1.1.0", "17c92c4b")]);
    lock_rows(&[left], &[right])
}

/// One image: two packages and, with `files`, three paths.
pub(crate) fn inspection(files: bool) -> Inspection {
    let report = drifted();
    let of = |row: &FileRow| {
        let file = row.right.clone()?;
        Some(FileOf { path: row.path.clone(), file, owner: row.drift.as_ref().and_then(|drift| drift.owner.clone()) })
    };
    Inspection {
        packages: report.packages.iter().filter_map(|row| row.right.clone()).collect(),
        files: files.then(|| report.files.rows.iter().filter_map(of).collect()),
        locks: report.locks.iter().filter_map(|row| row.right.clone()).collect(),
        findings: report.findings.into_iter().map(|finding| Finding { drift: None, ..finding }).collect(),
        checklist: report.right_checklist,
        warnings: report.warnings,
        gaps: Vec::new(),
        rule_files: report.rule_files,
        marked: Vec::new(),
        facts: report.right,
    }
}

/// A rule of each kind.
pub(crate) fn catalogue() -> Catalogue {
    let rule = |kind: RuleKind| KnownRule {
        name: kind.as_str().into(),
        file: (kind == RuleKind::Ignore).then(|| "imgdrift.toml".into()),
        kind,
        covers: vec!["/app/*".to_owned(), "/srv/a|b".to_owned()],
        inputs: if kind == RuleKind::Generated { vec!["deb:foo".to_owned()] } else { Vec::new() },
        proven: kind == RuleKind::Mask,
        cause: "written anew".into(),
        fix: (kind == RuleKind::Path).then(|| "delete it".into()),
    };
    let missing = vec![MissingRule { what: "x".to_owned(), why: "y".to_owned() }];
    Catalogue { rules: RuleKind::ALL.map(rule).into(), missing }
}

/// What `--find /usr/bin/bash` finds.
pub(crate) fn search() -> SearchResult {
    let report = drifted();
    SearchResult {
        query: "/usr/bin/bash".into(),
        packages: report
            .packages
            .iter()
            .filter(|row| row.change.is_none())
            .filter_map(|row| row.right.clone())
            .take(1)
            .collect(),
        files: vec![Found {
            path: path("usr/bin/bash"),
            file: regular("bash", 0o755),
            owner: Some("deb:bash".into()),
            instruction: Some("RUN apt-get update && apt-get install -y bash".into()),
        }],
    }
}

fn digest(seed: &str) -> Digest {
    Digest(Sha256::digest(seed).into())
}

pub(super) fn path(text: &str) -> ImagePath {
    ImagePath::parse(text.as_bytes()).unwrap()
}

fn facts(reference: &str, source: &'static str, seed: &str, size: u64) -> ImageFacts {
    let layer = |index, created_by: &str, seed: &str, shared| LayerFacts {
        index,
        diff_id: digest(seed),
        digest: None,
        size: size / 3,
        created_by: Some(created_by.to_owned()),
        shared,
        entries: 3000 + index,
    };
    ImageFacts {
        reference: reference.to_owned(),
        source,
        name: None,
        recording: None,
        is_read: true,
        variants: Vec::new(),
        image_digest: digest(&format!("{seed} image")),
        config_digest: digest(&format!("{seed} image")),
        manifest_digest: None,
        content_digest: digest(&format!("{seed} content")),
        dependencies_digest: digest(&format!("{seed} dependencies")),
        content_lacks: Vec::new(),
        dependencies_lack: Vec::new(),
        platform: "linux/amd64".into(),
        created: Some(if seed == "old" { "2024-05-14T01:28:21Z" } else { "2024-06-13T01:12:40Z" }.into()),
        size,
        download_size: None,
        distro: Some("Debian GNU/Linux 12 (bookworm)".into()),
        base: Some(BaseImage {
            name: Some("debian:12-slim".into()),
            digest: None,
            layers: Some(1),
            layers_confidence: Some(Confidence::Low),
            pinned: Some(false),
            evidence: vec![base_evidence("buildah's history comment: FROM debian:12-slim")],
            confidence: Confidence::Medium,
            contradictions: Vec::new(),
        }),
        layers: vec![
            layer(0, "ADD file:4f2 in / ", "base", true),
            layer(1, "RUN apt-get update && apt-get install -y bash", &format!("{seed} apt"), false),
            layer(2, "COPY . /app", &format!("{seed} app"), false),
        ],
        package_count: 8,
        file_count: 24_467,
        layers_unread: 0,
    }
}

fn base_evidence(words: &str) -> BaseEvidence {
    BaseEvidence::new(EvidenceKind::Provenance, Confidence::High, words)
}

fn layer_rows() -> Vec<LayerRow> {
    vec![
        LayerRow { left: Some(0), right: Some(0), relation: LayerRelation::Shared },
        LayerRow { left: Some(1), right: Some(1), relation: LayerRelation::Rebuilt },
        LayerRow { left: Some(2), right: None, relation: LayerRelation::LeftOnly },
        LayerRow { left: None, right: Some(2), relation: LayerRelation::RightOnly },
    ]
}

fn package(ecosystem: Ecosystem, name: &str, version: &str, source: &str, layer: u32) -> Package {
    Package {
        ecosystem,
        name: name.to_owned(),
        key: name.to_lowercase(),
        version: version.to_owned(),
        arch: (ecosystem == Ecosystem::Deb).then(|| "amd64".to_owned()),
        location: (ecosystem == Ecosystem::Pypi).then(|| path("usr/local/lib/python3.11/site-packages")),
        owner: None,
        source: (ecosystem == Ecosystem::Deb)
            .then(|| SourcePackage { name: source.to_owned(), version: version.to_owned() }),
        size: 1_200_000,
        automatic: Some(true),
        state: None,
        installer: (ecosystem == Ecosystem::Pypi).then(|| "pip".to_owned()),
        origin: None,
        summary: None,
        link: None,
        requires: Vec::new(),
        provides: Vec::new(),
        replaces: Vec::new(),
        touched: None,
        files: Vec::new(),
        layer,
    }
}

fn deb(name: &str, left: &str, right: &str, source: &str, change: impl Into<Option<PackageMove>>) -> PackageRow {
    PackageRow {
        left: Some(Arc::new(package(Ecosystem::Deb, name, left, source, 1))),
        right: Some(Arc::new(package(Ecosystem::Deb, name, right, source, 1))),
        change: change.into(),
        files: Vec::new(),
        fixes: None,
    }
}

/// With what its changelog tells.
fn fixing(row: PackageRow, cves: &[&str], security: bool) -> PackageRow {
    let fixes = Fixes {
        path: path("usr/share/doc/x/changelog.Debian.gz"),
        cves: cves.iter().map(|id| (*id).to_owned()).collect(),
        security,
        reverted: row.change == Some(PackageMove::Downgraded),
        reaches_back: true,
    };
    PackageRow { fixes: Some(fixes), ..row }
}

fn pypi(name: &str, left: &str, right: &str, change: impl Into<Option<PackageMove>>) -> PackageRow {
    PackageRow {
        left: Some(Arc::new(package(Ecosystem::Pypi, name, left, name, 2))),
        right: Some(Arc::new(package(Ecosystem::Pypi, name, right, name, 2))),
        change: change.into(),
        files: Vec::new(),
        fixes: None,
    }
}

fn one_sided(package: Package, change: PackageMove) -> PackageRow {
    let package = Some(Arc::new(package));
    let (left, right) = if change == PackageMove::Removed { (package, None) } else { (None, package) };
    PackageRow { left, right, change: Some(change), files: Vec::new(), fixes: None }
}

fn regular(seed: &str, mode: u32) -> FileAt {
    let content = Content { sha256: digest(seed), masked: None, md5: None, pyc: None, words: None, form: Form::Other };
    let entry = FileEntry {
        kind: Kind::File,
        mode,
        size: 1_000,
        mtime: 1_715_650_101,
        content: Some(content),
        ..FileEntry::implied_directory()
    };
    FileAt { entry: Arc::new(entry), layer: 2 }
}

fn drift(change: Change, explanation: Explanation, detail: &str) -> Drift {
    Drift {
        change,
        explanation,
        detail: detail.into(),
        owner: None,
        rule: None,
        rule_file: None,
        proof: None,
        alarm: None,
        evidence: None,
        hashes: None,
        fix: None,
    }
}

pub(super) fn changed(name: &str, change: Change, explanation: Explanation, detail: &str) -> FileRow {
    let mode = if change == Change::Metadata { 0o755 } else { 0o644 };
    let seed = if change == Change::Content { "new bytes" } else { "old bytes" };
    FileRow {
        path: path(name),
        left: (change != Change::Added).then(|| regular("old bytes", 0o644)),
        right: (change != Change::Removed).then(|| regular(seed, mode)),
        drift: Some(drift(change, explanation, detail)),
    }
}

/// With what dpkg recorded of the file, which the left image has and the right has not.
fn recorded(mut row: FileRow) -> FileRow {
    let md5 = |number| RecordedHash::Md5(Md5([number; 16]));
    let bytes = |side: &Option<FileAt>, found| {
        let sha256 = side.as_ref().and_then(|side| side.entry.sha256());
        let record = Record { list: "md5sums", recorded: md5(0x1a), found };
        Some(Bytes { sha256, record: Some(record) })
    };
    let hashes = Hashes { left: bytes(&row.left, md5(0x1a)), right: bytes(&row.right, md5(0x2b)) };
    if let Some(drift) = &mut row.drift {
        drift.hashes = Some(Box::new(hashes));
    }
    row
}

fn owned(name: &str, change: Change, explanation: Explanation, detail: &str, owner: &str) -> FileRow {
    let mut row = changed(name, change, explanation, detail);
    if let Some(drift) = &mut row.drift {
        drift.owner = Some(owner.into());
    }
    row
}

pub(super) fn added(name: &str, explanation: Explanation) -> FileRow {
    changed(name, Change::Added, explanation, "")
}

pub(super) fn added_directory(name: &str) -> FileRow {
    let directory = FileAt { entry: Arc::new(FileEntry::implied_directory()), layer: 2 };
    FileRow {
        path: path(name),
        left: None,
        right: Some(directory),
        drift: Some(drift(Change::Added, Explanation::Unexplained, "")),
    }
}

fn noise(name: &str, explanation: Explanation, rule: &str, proof: Proof) -> FileRow {
    let mut row = changed(name, Change::Content, explanation, "written at build time, with the time in it");
    if let Some(drift) = &mut row.drift {
        drift.rule = Some(rule.into());
        drift.proof = Some(proof);
        drift.fix = Some(format!("RUN ... && rm -f /{name}").into());
        drift.evidence = (proof == Proof::Mask).then(|| "time 2026-11-20 07:41:00 → 2026-11-21 07:43:12".into());
    }
    row
}

fn config(key: &str, left: Option<&str>, right: Option<&str>, runtime: bool) -> ConfigChange {
    ConfigChange {
        key: key.to_owned(),
        left: left.map(str::to_owned),
        right: right.map(str::to_owned),
        runtime,
        hidden: None,
    }
}

/// Sorted by path and counted as the comparison does it.
pub(super) fn file_drift(rows: impl IntoIterator<Item = FileRow>) -> FileDrift {
    let mut rows: Vec<FileRow> = rows.into_iter().collect();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let mut counted = FileDrift::default();
    for drift in rows.iter().filter_map(|row| row.drift.as_ref()) {
        counted.count(drift);
    }
    FileDrift { rows, ..counted }
}
