//! A small report with every explanation, every kind of move, long names and a hostile one.

use std::io::Write;
use std::sync::Arc;

use crate::compare::{
    ConfigChange, Drift, DriftReport, FileDrift, FileRow, HistoryRow, LayerRelation, LayerRow, PackageRow, Unproven,
    drift_of, lock_rows,
};
use crate::model::hashes::{Bytes, Record};
use crate::model::{
    Anatomy, Answer, BaseEvidence, BaseImage, Change, Changelog, ChangelogEntry, Checklist, ChecklistItem, Confidence,
    Content, Digest, Ecosystem, Evidence, EvidenceKind, Explanation, FileAt, FileEntry, Finding, FindingDrift, Form,
    Hashes, HistoryEntry, ImageFacts, ImagePath, Kind, LayerFacts, LockEntry, LockFile, LockHash, Md5, OwnedFile,
    Package, PackageMove, Part, Proof, RecordedHash, Role, Severity, Side, SourcePackage, Verdict, Watch,
};
use crate::tui::overlay::export::ExportRequest;
use crate::tui::{Contents, ExportFormat, Exports, Services};

const LEFT_TIME: i64 = 1_759_312_800;
const RIGHT_TIME: i64 = 1_761_991_200;

pub(in crate::tui) fn digest(seed: u8) -> Digest {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::try_from((at * 37 + usize::from(seed) * 101) % 256).unwrap();
    }
    Digest(bytes)
}

/// The whole report.
pub(in crate::tui) fn report() -> Arc<DriftReport> {
    let mut files = FileDrift::default();
    for row in file_rows() {
        if let Some(drift) = &row.drift {
            files.count(drift);
        }
        files.rows.push(row);
    }
    let packages = package_rows(&files.rows);
    let left = facts("registry.example/team/shop:1.3.0", 1, "2025-10-01T10:00:00Z", 412_345_678);
    let right = facts("registry.example/team/shop:1.4.0", 2, "2025-11-01T10:00:00.123456Z", 424_690_000);
    Arc::new(DriftReport {
        verdict: Verdict::Drifted,
        unproven: Unproven::default(),
        base: drift_of([&left, &right], &packages, &files),
        left,
        right,
        packages,
        files,
        locks: lock_rows(&locks(Side::Left), &locks(Side::Right)),
        layers: layer_rows(),
        config: vec![
            config("created", Some("2025-10-01T10:00:00Z"), Some("2025-11-01T10:00:00.123456Z"), false),
            config("env.PYTHON_VERSION", Some("3.11.9"), Some("3.11.10"), true),
            config("labels.org.opencontainers.image.revision", Some("4f0c2d1"), Some("9e11ab7"), false),
            config("user", None, Some("1000:1000"), true),
        ],
        unchanged_config: [
            ("cmd", "[\"gunicorn\",\"shop:app\"]"),
            ("env.PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("platform", "linux/amd64"),
        ]
        .map(|(key, value)| config(key, Some(value), Some(value), true))
        .to_vec(),
        history: history_rows(),
        findings: findings(),
        left_checklist: checklist(Answer::Yes),
        right_checklist: checklist(Answer::No),
        warnings: vec!["right: layer 2: entry 17 has an unknown PAX key \"SCHILY.fflags\"".to_owned()],
        completeness: Vec::new(),
        rule_files: Vec::new(),
        alone: false,
    })
}

/// A file that dpkg vouches for on the left only.
fn hashes() -> Hashes {
    let recorded = RecordedHash::Md5(Md5([0x1a; 16]));
    let bytes = |number, found| {
        let record = Record { list: "md5sums", recorded, found };
        Some(Bytes { sha256: Some(digest(number)), record: Some(record) })
    };
    Hashes { left: bytes(1, recorded), right: bytes(2, RecordedHash::Md5(Md5([0x2b; 16]))) }
}

/// The lock files of one side: of the first one entry moved and one has other hashes, the second is the same.
fn locks(side: Side) -> Vec<Arc<LockFile>> {
    let entry = |name: &str, version: &str, hash: &str| LockEntry {
        name: name.to_owned(),
        key: name.to_owned(),
        version: Some(version.to_owned()),
        hashes: vec![LockHash { file: None, hash: format!("sha256:{}", hash.repeat(32)) }],
        ..LockEntry::default()
    };
    let (flask, hash) = if side == Side::Left { ("3.0.0", "a1") } else { ("3.0.3", "b2") };
    let win = LockEntry { marker: Some("os_name == 'nt'".to_owned()), ..entry("colorama", "0.4.6", "00") };
    let entries = vec![entry("flask", flask, hash), entry("numpy", "1.26.4", hash), win];
    let bare = LockEntry { hashes: Vec::new(), ..entry("pytest\u{1b}[31m", "8.0", "00") };
    let file = |path: &str, format, entries, complete| {
        let path = ImagePath::parse(path.as_bytes()).unwrap();
        let (remedy, includes) = ("", Vec::new());
        Arc::new(LockFile { path, format, entries, complete, needs_hashes: complete, remedy, includes })
    };
    vec![
        file("app/requirements-dev.txt", "requirements", vec![bare], false),
        file("app/requirements.txt", "requirements", entries, true),
    ]
}

fn findings() -> Vec<Finding> {
    let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
    let of = |drift, finding: Finding| {
        let side = if drift == Some(FindingDrift::Gone) { Side::Left } else { Side::Right };
        Finding { side, drift, ..finding }
    };
    let key = "a private key, by its place: everybody who can pull the image has it";
    let record = "the distribution's RECORD is gone: nothing tells which files it brought";
    vec![
        of(
            None,
            Finding::new(
                "same-version",
                Severity::Alarm,
                "deb:coreutils",
                "its version did not move, yet its files differ",
            )
            .at_hashes([(&path("usr/bin/sort"), hashes())]),
        ),
        of(
            Some(FindingDrift::New),
            Finding::new("private-key", Severity::Alarm, "/app/\u{1b}[31m/.ssh/id_rsa", key)
                .fix("RUN --mount=type=ssh instead of COPY; and replace the key")
                .at([&path("app/settings.toml"), &path("no/longer/there")]),
        ),
        of(Some(FindingDrift::New), Finding::new("record-missing", Severity::Warning, "pypi:numpy", record)),
        of(Some(FindingDrift::Same), Finding::new("record-missing", Severity::Warning, "pypi:protobuf", record)),
        of(Some(FindingDrift::Gone), Finding::new("record-missing", Severity::Warning, "pypi:Flask", record)),
        of(
            Some(FindingDrift::Same),
            Finding {
                count: 1204,
                ..Finding::new("varies-each-build", Severity::Info, "pyc-mtime", "compiled Python records a time")
            },
        ),
    ]
}

/// One item that is answered so, and two that both images answer alike.
fn checklist(apt: Answer) -> Checklist {
    let item = |name, asks, answer, words: &str| ChecklistItem {
        name,
        check: name,
        asks,
        answer,
        words: words.to_owned(),
        evidence: vec![Evidence { text: "apt-get install -y curl".to_owned(), layer: Some(1) }],
        fix: None,
    };
    Checklist {
        judged: "3 instructions above the base's layer".to_owned(),
        items: vec![
            item("apt-unpinned", "apt installs named versions", apt, "without a version: curl"),
            item("download-unchecked", "every download is checked", Answer::Unknown, "ADD of a URL"),
            item("time-zone-unset", "the time zone is set", Answer::Yes, "TZ=Etc/UTC"),
        ],
    }
}

/// The right image of [`report`] alone.
pub(in crate::tui) fn alone() -> DriftReport {
    let both = report();
    let mut files = FileDrift::default();
    for row in both.files.rows.iter().filter(|row| row.right.is_some()) {
        let (path, right) = (row.path.clone(), row.right.clone());
        files.rows.push(FileRow { path, left: right.clone(), right, drift: None });
    }
    let packages = both.packages.iter().filter_map(|row| row.right.clone()).map(|package| PackageRow {
        left: Some(package.clone()),
        right: Some(package),
        change: None,
        files: Vec::new(),
        fixes: None,
    });
    let config = both
        .config
        .iter()
        .chain(&both.unchanged_config)
        .map(|row| ConfigChange { left: row.right.clone(), ..row.clone() });
    let history = both.history.iter().filter_map(|row| row.right.clone());
    let layer = |at| LayerRow { left: Some(at), right: Some(at), relation: LayerRelation::Shared };
    DriftReport {
        verdict: Verdict::Identical,
        left: both.right.clone(),
        right: both.right.clone(),
        left_checklist: both.right_checklist.clone(),
        right_checklist: both.right_checklist.clone(),
        packages: packages.collect(),
        files,
        locks: lock_rows(&locks(Side::Right), &locks(Side::Right)),
        layers: (0..both.right.layers.len()).map(layer).collect(),
        unchanged_config: config.collect(),
        history: history
            .map(|entry| HistoryRow { left: Some(entry.clone()), right: Some(entry), same: true })
            .collect(),
        alone: true,
        ..empty()
    }
}

/// A report without a difference.
pub(in crate::tui) fn empty() -> DriftReport {
    let side = || facts("shop:1", 1, "2025-10-01T10:00:00Z", 0);
    let files = FileDrift::default();
    DriftReport {
        verdict: Verdict::Identical,
        unproven: Unproven::default(),
        base: drift_of([&side(), &side()], &[], &files),
        left: side(),
        right: side(),
        packages: Vec::new(),
        files,
        locks: Vec::new(),
        layers: Vec::new(),
        config: Vec::new(),
        unchanged_config: Vec::new(),
        history: Vec::new(),
        findings: Vec::new(),
        left_checklist: Checklist::default(),
        right_checklist: Checklist::default(),
        warnings: Vec::new(),
        completeness: Vec::new(),
        rule_files: Vec::new(),
        alone: false,
    }
}

/// The left side of `app/main.py`.
const MAIN_BEFORE: &str = r#"#!/usr/bin/python3
"""Adds up a shopping cart."""

import sys

TAX = 0.19
NAMES = {"apple": 1, "pear": 2}


def price(name):
    # The price of nothing is nothing.
    return NAMES.get(name, 0)


def total(cart):
    """What the whole cart costs, with tax."""
    total = 0
    for item in cart:
        total += item.price
    return total * (1 + TAX)


if __name__ == "__main__":
    print(total(sys.argv[1:]))
"#;

/// Two different contents for anything that differs; one file cannot be read.
pub(in crate::tui) struct FixtureContents;

impl Contents for FixtureContents {
    fn read(&self, side: Side, path: &ImagePath, limit: u64, _watch: &Watch) -> Result<Vec<u8>, String> {
        let name = path.as_str().unwrap_or_default();
        let content: Vec<u8> = match (name, side) {
            ("app/settings.toml", Side::Left) => {
                b"[server]\nport = 80\nhost = \"0.0.0.0\"\n\n[cache]\nttl = 300\n".to_vec()
            }
            ("app/settings.toml", Side::Right) => {
                b"[server]\nport = 8080\nhost = \"0.0.0.0\"\n\n[cache]\nttl = 300\nsize = \"2 GB\"\n".to_vec()
            }
            ("app/main.py", Side::Left) => MAIN_BEFORE.as_bytes().to_vec(),
            ("app/main.py", Side::Right) => MAIN_BEFORE
                .replace("#!/usr/bin/python3", "#!/usr/bin/env python3")
                .replace(
                    "    for item in cart:\n        total += item.price",
                    "    for item in cart:\n\ttotal += item.price * item.count",
                )
                .replace("import sys\n", "import logging\nimport sys\n")
                .trim_end()
                .into(),
            ("usr/local/lib/python3.11/abc.pyc", Side::Left) => {
                b"\xa7\r\r\n\0\0\0\0\x60\xfc\xdc\x68\0\x01\0\0\xe3".to_vec()
            }
            ("usr/local/lib/python3.11/abc.pyc", Side::Right) => {
                b"\xa7\r\r\n\0\0\0\0\xe0\xdc\x05\x69\0\x01\0\0\xe3".to_vec()
            }
            ("etc/shadow", _) => return Err("the layer no longer holds this file".to_owned()),
            (_, side) => {
                let mut bytes: Vec<u8> = (0..=255).collect();
                bytes[70] = if side == Side::Left { 1 } else { 2 };
                bytes
            }
        };
        Ok(content.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    fn copy(&self, side: Side, path: &ImagePath, out: &mut dyn Write) -> Result<u64, String> {
        let bytes = self.read(side, path, u64::MAX, &Watch::default())?;
        out.write_all(&bytes).map(|()| bytes.len() as u64).map_err(|error| error.to_string())
    }

    fn changelog(&self, package: &PackageRow) -> Result<Option<Changelog>, String> {
        let right = package.right.as_ref().ok_or("no right side")?;
        if right.name != "libssl3" {
            return Ok(None);
        }
        let entry = |version: &str, lines: &[&str], cves: &[&str]| ChangelogEntry {
            version: version.to_owned(),
            distribution: "bookworm-security".to_owned(),
            urgency: "medium".to_owned(),
            date: "Fri, 16 Aug 2024 17:46:02 +0200".to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            left_out: 0,
            cves: cves.iter().map(|id| (*id).to_owned()).collect(),
        };
        Ok(Some(Changelog {
            path: ImagePath::parse(b"usr/share/doc/libssl3/changelog.Debian.gz").unwrap(),
            entries: vec![
                entry(
                    "3.0.15-1~deb12u1",
                    &["* Import 3.0.15", "  - CVE-2024-5535 (\u{1b}[31mbuffer overread)"],
                    &["CVE-2024-5535"],
                ),
                entry("3.0.14-1~deb12u1", &["* Import 3.0.14"], &[]),
            ],
            left_out: 0,
            reaches_back: false,
            reverted: false,
            cves: vec!["CVE-2024-5535".to_owned()],
            security: true,
        }))
    }

    /// Knows compiled Python, roughly.
    fn dissect(&self, content: &[u8]) -> Option<Anatomy> {
        let header = content.strip_prefix(b"\xa7\r\r\n\0\0\0\0")?;
        let mtime = u32::from_le_bytes(*header.first_chunk()?);
        let fields = vec![
            Part::text("magic", "3495 (Python 3.11)"),
            Part::time("source mtime", mtime.into()),
            Part::text("source size", "256 bytes"),
        ];
        let format = "compiled Python 3.11".to_owned();
        Some(Anatomy { format, fields, complete: true, ..Anatomy::default() })
    }
}

/// Writes no more than what it was asked for.
struct FixtureExports;

impl Exports for FixtureExports {
    fn write(&self, report: &DriftReport, request: &ExportRequest) -> Result<Vec<u8>, String> {
        let marked = request.review.len();
        Ok(format!("{} as {}, {:?}, {marked} marked\n", report.headline(), request.format, request.rows).into_bytes())
    }
}

pub(in crate::tui) const FORMATS: [ExportFormat; 2] =
    [ExportFormat { name: "text", extension: "txt" }, ExportFormat { name: "markdown", extension: "md" }];

pub(in crate::tui) fn services() -> Services {
    Services { contents: Arc::new(FixtureContents), exports: Arc::new(FixtureExports) }
}

fn config(key: &str, left: Option<&str>, right: Option<&str>, runtime: bool) -> ConfigChange {
    ConfigChange { key: key.into(), left: left.map(Into::into), right: right.map(Into::into), runtime, hidden: None }
}

fn facts(reference: &str, seed: u8, created: &str, size: u64) -> ImageFacts {
    let made_by = [
        "/bin/sh -c #(nop) ADD file:7c3a2f in / ",
        "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 openssl && rm -rf /var/lib/apt/lists/* # buildkit",
        "COPY . /app # buildkit",
        "RUN /bin/sh -c pip install --no-cache-dir -r /app/requirements.txt # buildkit",
    ];
    let layers = (0_u8..)
        .zip(made_by)
        .map(|(index, made_by)| LayerFacts {
            index: usize::from(index),
            diff_id: digest(if index == 0 { 50 } else { 50 + seed * 10 + index }),
            digest: None,
            size: 80_000_000 / (u64::from(index) + 1) + u64::from(seed * index.min(1)) * 1_234_567,
            created_by: Some(made_by.to_owned()),
            shared: index == 0,
            entries: 9_000 / (usize::from(index) + 1) + usize::from(seed * index.min(1)) * 17,
        })
        .collect();
    ImageFacts {
        reference: reference.to_owned(),
        source: "docker-archive",
        name: None,
        recording: None,
        is_read: true,
        variants: Vec::new(),
        image_digest: digest(seed),
        config_digest: digest(seed + 2),
        manifest_digest: None,
        content_digest: digest(seed + 4),
        dependencies_digest: digest(seed + 6),
        content_lacks: Vec::new(),
        dependencies_lack: Vec::new(),
        platform: "linux/amd64".to_owned(),
        created: Some(created.to_owned()),
        size,
        download_size: None,
        distro: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        base: Some(BaseImage {
            name: Some("docker.io/library/python:3.11-slim".to_owned()),
            digest: None,
            layers: Some(1),
            layers_confidence: Some(Confidence::High),
            pinned: Some(false),
            evidence: vec![base_evidence("BuildKit's provenance (SLSA v1): python:3.11-slim")],
            confidence: Confidence::High,
            contradictions: Vec::new(),
        }),
        layers,
        package_count: 11 + usize::from(seed % 2),
        file_count: 40,
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
        LayerRow { left: Some(3), right: Some(3), relation: LayerRelation::Rebuilt },
    ]
}

fn history_rows() -> Vec<HistoryRow> {
    let entry = |by: &str| Some(HistoryEntry { created_by: Some(by.to_owned()), ..HistoryEntry::default() });
    vec![
        HistoryRow { left: entry("CMD [\"python3\"]"), right: entry("CMD [\"python3\"]"), same: true },
        HistoryRow {
            left: entry("ENV PYTHON_VERSION=3.11.9"),
            right: entry("ENV PYTHON_VERSION=3.11.10"),
            same: false,
        },
        HistoryRow { left: None, right: entry("USER 1000:1000"), same: false },
    ]
}

fn package(ecosystem: Ecosystem, name: &str, version: &str, source: Option<&str>, size: u64) -> Arc<Package> {
    let deb = ecosystem == Ecosystem::Deb;
    Arc::new(Package {
        ecosystem,
        name: name.to_owned(),
        key: name.to_lowercase(),
        version: version.to_owned(),
        arch: deb.then(|| "amd64".to_owned()),
        location: (!deb).then(|| ImagePath::parse(b"usr/local/lib/python3.11/site-packages").unwrap()),
        owner: None,
        source: source.map(|source| SourcePackage { name: source.to_owned(), version: version.to_owned() }),
        size,
        automatic: deb.then_some(name.starts_with("lib")),
        state: None,
        installer: (!deb).then(|| "pip".to_owned()),
        origin: None,
        summary: Some("A package in a fixture".to_owned()),
        link: None,
        requires: if name == "openssl" { vec![vec!["libssl3".into()]] } else { Vec::new() },
        provides: Vec::new(),
        replaces: Vec::new(),
        touched: None,
        files: vec![OwnedFile {
            path: ImagePath::parse(b"usr/bin/openssl").unwrap(),
            recorded: RecordedHash::None,
            role: Role::Plain,
        }],
        layer: if deb { 1 } else { 3 },
    })
}

fn package_rows(files: &[FileRow]) -> Vec<PackageRow> {
    use Ecosystem::{Deb, Pypi};
    type Spec<'a> = (Ecosystem, &'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<PackageMove>);
    let specs: [Spec<'_>; 14] = [
        (Deb, "base-files", Some("12.4+deb12u6"), Some("12.4+deb12u7"), None, Some(PackageMove::Upgraded)),
        (Deb, "bash", Some("5.2.15-2+b2"), Some("5.2.15-2+b7"), None, Some(PackageMove::Rebuilt)),
        (Deb, "ca-certificates", Some("20230311"), Some("20230311+deb12u1"), None, Some(PackageMove::Upgraded)),
        (Deb, "coreutils", Some("9.1-1"), Some("9.1-1"), None, None),
        (
            Deb,
            "libssl3",
            Some("3.0.13-1~deb12u1"),
            Some("3.0.15-1~deb12u1"),
            Some("openssl"),
            Some(PackageMove::Upgraded),
        ),
        (Deb, "libxml2", Some("2.9.14+dfsg-1.3~deb12u1"), None, None, Some(PackageMove::Removed)),
        (Deb, "openssl", Some("3.0.13-1~deb12u1"), Some("3.0.15-1~deb12u1"), None, Some(PackageMove::Upgraded)),
        (Deb, "x11proto-a-package-with-a-very-long-name-indeed", Some("2:2022.1-1"), Some("2:2022.1-1"), None, None),
        (Pypi, "evil\u{1b}[31m\u{202e}name", None, Some("0.1"), None, Some(PackageMove::Added)),
        (Pypi, "Flask", Some("2.3.3"), Some("3.0.3"), None, Some(PackageMove::Upgraded)),
        (Pypi, "numpy", Some("1.26.4"), Some("2.1.2"), None, Some(PackageMove::Upgraded)),
        (Pypi, "protobuf", Some("4.25.3"), Some("4.25.1"), None, Some(PackageMove::Downgraded)),
        (Pypi, "requests", Some("2.32.3"), Some("2.32.3"), None, None),
        (Pypi, "漢字-pkg", None, Some("1.0"), None, Some(PackageMove::Added)),
    ];
    (1_u64..)
        .zip(specs)
        .map(|(at, (ecosystem, name, left, right, source, change))| {
            let label = format!("{ecosystem}:{name}");
            let owned =
                |row: &FileRow| row.drift.as_ref().is_some_and(|drift| drift.owner.as_deref() == Some(label.as_str()));
            let make = |version, size| package(ecosystem, name, version, source, size);
            PackageRow {
                left: left.map(|version| make(version, at * 123_456)),
                right: right.map(|version| make(version, at * 130_000)),
                change,
                files: (0_u32..).zip(files).filter(|(_, row)| owned(row)).map(|(at, _)| at).collect(),
                fixes: None,
            }
        })
        .collect()
}

/// A file row in the making.
struct Spec {
    path: &'static [u8],
    /// `None`: absent on that side; else the seed of its content.
    left: Option<u8>,
    right: Option<u8>,
    directory: bool,
    drift: Option<(Change, Explanation, &'static str, Option<&'static str>)>,
}

fn file_rows() -> Vec<FileRow> {
    let mut rows: Vec<FileRow> = specs().iter().map(row).collect();
    rows.sort_by(|left, right| left.path.cmp(&right.path));
    rows
}

fn row(spec: &Spec) -> FileRow {
    let change = spec.drift.map(|drift| drift.0);
    let side = |seed: Option<u8>, right: bool| {
        seed.map(|seed| {
            let moved = right && (change == Some(Change::Mtime) || spec.left != spec.right);
            let mode = match (spec.directory, right && change == Some(Change::Metadata)) {
                (true, false) => 0o755,
                (true, true) => 0o700,
                (false, false) => 0o644,
                (false, true) => 0o640,
            };
            let size = if spec.directory { 0 } else { u64::from(seed) * 4_321 };
            FileAt {
                entry: Arc::new(FileEntry {
                    kind: if spec.directory { Kind::Directory } else { Kind::File },
                    mode,
                    size,
                    mtime: if moved { RIGHT_TIME } else { LEFT_TIME },
                    content: (!spec.directory).then(|| Content {
                        sha256: digest(seed),
                        masked: None,
                        md5: None,
                        pyc: None,
                        words: None,
                        form: Form::Other,
                    }),
                    ..FileEntry::implied_directory()
                }),
                layer: if spec.path.starts_with(b"app") { 2 } else { 1 },
            }
        })
    };
    FileRow {
        path: ImagePath::parse(spec.path).unwrap(),
        left: side(spec.left, false),
        right: side(spec.right, true),
        drift: spec.drift.map(|(change, explanation, detail, owner)| Drift {
            change,
            explanation,
            detail: detail.into(),
            owner: owner.map(Into::into),
            rule: (explanation == Explanation::Noise).then(|| "apt-log".into()),
            rule_file: None,
            proof: match explanation {
                Explanation::Package => Some(Proof::Hash),
                Explanation::Noise => Some(Proof::Path),
                Explanation::Bytecode => Some(Proof::Mask),
                _ => None,
            },
            alarm: None,
            evidence: None,
            fix: (explanation == Explanation::Noise).then(|| "rm -f /var/log/dpkg.log in the same RUN".into()),
            hashes: (explanation == Explanation::SameVersion).then(|| Box::new(hashes())),
        }),
    }
}

fn specs() -> Vec<Spec> {
    use Change::{Added, Content, Metadata, Mtime, Removed};
    use Explanation as E;
    let dir = |path: &'static [u8]| Spec { path, left: Some(0), right: Some(0), directory: true, drift: None };
    let old = |path: &'static [u8]| Spec { path, left: Some(7), right: Some(7), directory: false, drift: None };
    let differs = |path, explanation, detail, owner| Spec {
        path,
        left: Some(20),
        right: Some(33),
        directory: false,
        drift: Some((Content, explanation, detail, owner)),
    };
    let one = |path, right: bool, explanation, detail, owner| Spec {
        path,
        left: (!right).then_some(12),
        right: right.then_some(12),
        directory: false,
        drift: Some((if right { Added } else { Removed }, explanation, detail, owner)),
    };
    let same = |path, directory, change, explanation, detail| Spec {
        path,
        left: Some(9),
        right: Some(9),
        directory,
        drift: Some((change, explanation, detail, None)),
    };
    let py = Some("pypi:numpy");
    vec![
        dir(b"app"),
        differs(b"app/settings.toml", E::Unexplained, "no package, rule or mask accounts for it", None),
        differs(b"app/main.py", E::Unexplained, "no package, rule or mask accounts for it", None),
        Spec { left: None, ..same(b"app/static", true, Added, E::Unexplained, "no package accounts for it") },
        one(
            b"app/static/a-file-name-that-is-so-long-that-no-terminal-shows-it-whole-0123456789.min.js",
            true,
            E::Unexplained,
            "added",
            None,
        ),
        one(b"app/static/\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97.css", true, E::Unexplained, "added", None),
        one(b"app/static/\x1b[2J\xe2\x80\xaeevil\xff.sh", true, E::Unexplained, "added", None),
        dir(b"etc"),
        differs(b"etc/ld.so.cache", E::Generated, "derived from the libraries that moved", None),
        differs(b"etc/shadow", E::Unexplained, "edited by hand", None),
        same(b"etc/ssl", true, Metadata, E::Metadata, "mode 0755 to 0700"),
        old(b"etc/passwd"),
        old(b"etc/hostname"),
        dir(b"usr"),
        dir(b"usr/bin"),
        differs(b"usr/bin/openssl", E::Package, "matches the record of openssl 3.0.15", Some("deb:openssl")),
        differs(b"usr/bin/sort", E::SameVersion, "coreutils did not move, yet its bytes differ", Some("deb:coreutils")),
        old(b"usr/bin/true"),
        old(b"usr/bin-not"),
        dir(b"usr/lib"),
        dir(b"usr/lib/x86_64-linux-gnu"),
        differs(
            b"usr/lib/x86_64-linux-gnu/libssl.so.3",
            E::Package,
            "matches the record of libssl3",
            Some("deb:libssl3"),
        ),
        differs(
            b"usr/lib/x86_64-linux-gnu/libcrypto.so.3",
            E::Package,
            "matches the record of libssl3",
            Some("deb:libssl3"),
        ),
        one(
            b"usr/lib/x86_64-linux-gnu/libxml2.so.2.9.14",
            false,
            E::Package,
            "libxml2 was removed",
            Some("deb:libxml2"),
        ),
        same(b"usr/lib/os-release", false, Mtime, E::Mtime, "only the time differs"),
        dir(b"usr/local"),
        dir(b"usr/local/lib"),
        dir(b"usr/local/lib/python3.11"),
        dir(b"usr/local/lib/python3.11/site-packages"),
        dir(b"usr/local/lib/python3.11/site-packages/numpy"),
        differs(b"usr/local/lib/python3.11/site-packages/numpy/__init__.py", E::Package, "matches RECORD", py),
        differs(b"usr/local/lib/python3.11/site-packages/numpy/version.py", E::Package, "matches RECORD", py),
        one(b"usr/local/lib/python3.11/site-packages/numpy/_core.py", true, E::Package, "matches RECORD", py),
        differs(b"usr/local/lib/python3.11/abc.pyc", E::Bytecode, "only the time in its header differs", None),
        differs(b"usr/local/lib/python3.11/ast.pyc", E::Bytecode, "only the time in its header differs", None),
        same(b"var", true, Mtime, E::Mtime, "only the time differs"),
        dir(b"var/log"),
        differs(b"var/log/dpkg.log", E::Noise, "the package manager's log holds times", None),
        differs(b"var/log/alternatives.log", E::Noise, "the log holds times", None),
        same(b"var/log/btmp", false, Metadata, E::Metadata, "mode 0644 to 0640"),
        same(b"var/tmp", true, Mtime, E::Mtime, "only the time differs"),
    ]
}
