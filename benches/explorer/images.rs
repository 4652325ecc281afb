//! Two large images side by side, made up: Debian's directories, Python's packages with their compiled files, CUDA's
//! headers, and one directory with 30,000 siblings.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgdrift::compare::{
    BaseDrift, BaseRelation, ConfigChange, Drift, DriftReport, FileDrift, FileRow, LayerRelation, LayerRow, PackageRow,
    Unproven,
};
use imgdrift::model::{
    Change, Checklist, Content, Digest, Ecosystem, Explanation, FileAt, FileEntry, Form, ImageFacts, ImagePath, Kind,
    LayerFacts, OwnedFile, Package, PackageMove, RecordedHash, Role, Verdict,
};

/// Paths on each side.
pub(crate) const PATHS: usize = 250_000;
const PACKAGES: usize = 800;
const LAYERS: usize = 12;

const WORDS: [&str; 64] = [
    "core",
    "utils",
    "test",
    "config",
    "model",
    "tensor",
    "image",
    "http",
    "client",
    "server",
    "json",
    "parse",
    "async",
    "data",
    "stream",
    "crypto",
    "base",
    "common",
    "linear",
    "optim",
    "train",
    "graph",
    "kernel",
    "sparse",
    "random",
    "fft",
    "io",
    "text",
    "token",
    "audio",
    "video",
    "vision",
    "layer",
    "norm",
    "conv",
    "pool",
    "attention",
    "embed",
    "loss",
    "metric",
    "schema",
    "table",
    "index",
    "query",
    "cache",
    "store",
    "proxy",
    "route",
    "login",
    "session",
    "theme",
    "widget",
    "plot",
    "chart",
    "color",
    "font",
    "locale",
    "plugin",
    "hook",
    "event",
    "queue",
    "worker",
    "lock",
    "thread",
];

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.roll(WORDS.len())]
    }
}

/// Every path with whether it is a directory and which package owns it.
type Paths = BTreeMap<Vec<u8>, (bool, Option<usize>)>;

fn add(paths: &mut Paths, path: &str, owner: Option<usize>) {
    for (at, _) in path.match_indices('/') {
        paths.entry(path.as_bytes()[..at].to_vec()).or_insert((true, None));
    }
    paths.entry(path.as_bytes().to_vec()).or_insert((false, owner));
}

fn paths(dice: &mut Dice) -> Paths {
    let mut paths = Paths::new();
    for number in 0..30_000 {
        let name = format!("usr/share/icons/hicolor/scalable/actions/{}-{}-{number:05}.svg", dice.word(), dice.word());
        add(&mut paths, &name, Some(0));
    }
    for number in 0..15_000 {
        let name = format!(
            "usr/local/cuda-12.4/targets/x86_64-linux/include/{}/detail/{}_{}_{number}.cuh",
            dice.word(),
            dice.word(),
            dice.word()
        );
        add(&mut paths, &name, Some(1 + number % 20));
    }
    for package in 0..PACKAGES / 2 {
        add(&mut paths, &format!("usr/share/doc/{}/copyright", name(package)), Some(package));
        add(&mut paths, &format!("usr/share/doc/{}/changelog.Debian.gz", name(package)), Some(package));
        for suffix in ["list", "md5sums", "postinst"] {
            add(&mut paths, &format!("var/lib/dpkg/info/{}:amd64.{suffix}", name(package)), Some(package));
        }
        for _ in 0..30 {
            let name = format!("usr/lib/x86_64-linux-gnu/{}/lib{}-{}.so", name(package), dice.word(), dice.word());
            add(&mut paths, &name, Some(package));
        }
        for _ in 0..20 {
            let name = format!("usr/share/locale/{}/LC_MESSAGES/{}.mo", dice.word(), name(package));
            add(&mut paths, &name, Some(package));
        }
    }
    // Python's packages fill up the rest, some of them nested deep.
    while paths.len() < PATHS + PATHS / 100 {
        let package = PACKAGES / 2 + dice.roll(PACKAGES / 2);
        let mut directory = format!("usr/local/lib/python3.11/site-packages/{}", name(package));
        for _ in 0..dice.roll(7) {
            directory = format!("{directory}/{}", WORDS[dice.roll(12)]);
        }
        let module = format!("{}_{}", dice.word(), dice.word());
        add(&mut paths, &format!("{directory}/{module}.py"), Some(package));
        add(&mut paths, &format!("{directory}/__pycache__/{module}.cpython-311.pyc"), Some(package));
    }
    paths
}

fn name(package: usize) -> String {
    let dice = &mut Dice(package as u64 * 7919 + 1);
    let (first, second) = (dice.word(), dice.word());
    if package < PACKAGES / 2 { format!("lib{first}-{second}{package}") } else { format!("{first}_{second}{package}") }
}

fn side(directory: bool, seed: usize, moved: bool, mode: u32, layer: usize) -> FileAt {
    let digest = |seed: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Digest(bytes)
    };
    let entry = FileEntry {
        kind: if directory { Kind::Directory } else { Kind::File },
        mode,
        size: if directory { 0 } else { 100 + (seed as u64 * 7919) % 90_000 },
        mtime: 1_759_312_800 + i64::from(moved),
        content: (!directory).then(|| Content {
            sha256: digest(seed),
            masked: None,
            md5: None,
            pyc: None,
            words: None,
            form: Form::Other,
        }),
        ..FileEntry::implied_directory()
    };
    FileAt { entry: Arc::new(entry), layer: u32::try_from(layer).unwrap() }
}

/// About a tenth of the paths differ, for every reason there is.
fn drift(at: usize, directory: bool, owner: Option<&Arc<str>>, dice: &mut Dice) -> Option<Drift> {
    use Explanation as E;
    let (change, explanation) = match dice.roll(1000) {
        0..10 if !directory => (Change::Added, E::Package),
        10..20 if !directory => (Change::Removed, E::Package),
        20..40 if !directory => (Change::Content, E::Package),
        40..50 if !directory => (Change::Content, E::Bytecode),
        50..55 if !directory => (Change::Content, E::Noise),
        55..58 if !directory => (Change::Content, E::Generated),
        58..60 if !directory => (Change::Content, E::Unexplained),
        60..64 => (Change::Metadata, E::Metadata),
        64..104 => (Change::Mtime, E::Mtime),
        _ if at % 12_500 == 77 && !directory => (Change::Content, E::SameVersion),
        _ => return None,
    };
    let detail = if explanation == E::Mtime { "" } else { "what a reader is told of this path" };
    let owner = owner.cloned();
    Some(Drift {
        change,
        explanation,
        detail: detail.into(),
        owner,
        rule: None,
        rule_file: None,
        proof: None,
        alarm: None,
        evidence: None,
        hashes: None,
        fix: None,
    })
}

fn files(owners: &[Arc<str>]) -> (FileDrift, Vec<Option<usize>>) {
    let dice = &mut Dice(42);
    let mut files = FileDrift::default();
    let mut owned = Vec::new();
    for (at, (path, (directory, owner))) in paths(dice).into_iter().enumerate() {
        let drift = drift(at, directory, owner.and_then(|owner| owners.get(owner)), dice);
        let layer = owner.map_or(0, |owner| owner * LAYERS / PACKAGES);
        let (mut left, mut right) = (true, true);
        let (mut seed, mut moved, mut mode) = (at, false, if directory { 0o755 } else { 0o644 });
        if let Some(drift) = &drift {
            files.by_explanation.count(drift.explanation);
            files.alarms += usize::from(drift.is_alarm());
            let summary = &mut files.summary;
            let counter = match drift.change {
                Change::Added => &mut summary.added,
                Change::Removed => &mut summary.removed,
                Change::Content => &mut summary.content,
                Change::Metadata => &mut summary.metadata,
                Change::Mtime => &mut summary.mtime_only,
            };
            *counter += 1;
            left = drift.change != Change::Added;
            right = drift.change != Change::Removed;
            seed += usize::from(drift.change == Change::Content);
            moved = drift.change == Change::Mtime;
            mode ^= u32::from(drift.change == Change::Metadata);
        }
        let base = if directory { 0o755 } else { 0o644 };
        files.rows.push(FileRow {
            path: ImagePath::parse(&path).unwrap(),
            left: left.then(|| self::side(directory, at, false, base, layer)),
            right: right.then(|| self::side(directory, seed, moved, mode, layer)),
            drift,
        });
        owned.push(owner);
    }
    (files, owned)
}

fn packages(files: &FileDrift, owners: &[Option<usize>]) -> Vec<PackageRow> {
    let mut rows: Vec<(Vec<u32>, Vec<OwnedFile>)> = (0..PACKAGES).map(|_| (Vec::new(), Vec::new())).collect();
    for ((at, row), owner) in (0_u32..).zip(&files.rows).zip(owners) {
        if let Some((differing, all)) = owner.and_then(|owner| rows.get_mut(owner)) {
            all.push(OwnedFile { path: row.path.clone(), recorded: RecordedHash::None, role: Role::Plain });
            differing.extend(row.drift.as_ref().filter(|drift| drift.change != Change::Mtime).map(|_| at));
        }
    }
    let make = |at: usize, version: &str, files: &[OwnedFile]| {
        Arc::new(Package {
            ecosystem: if at < PACKAGES / 2 { Ecosystem::Deb } else { Ecosystem::Pypi },
            name: name(at),
            key: name(at),
            version: version.to_owned(),
            arch: None,
            location: None,
            owner: None,
            source: None,
            size: files.len() as u64 * 45_000,
            automatic: None,
            state: None,
            installer: None,
            origin: None,
            summary: Some("A package of the benchmark".to_owned()),
            link: None,
            requires: (at.saturating_sub(8)..at).map(|needed| vec![name(needed).into()]).collect(),
            provides: Vec::new(),
            replaces: Vec::new(),
            touched: None,
            files: files.to_vec(),
            layer: u32::try_from(at * LAYERS / PACKAGES).unwrap(),
        })
    };
    let rows = rows.into_iter().enumerate();
    rows.map(|(at, (files, all))| {
        let moved = at % 5 == 0;
        PackageRow {
            left: Some(make(at, "1.26.4-1", &all)),
            right: Some(make(at, if moved { "1.27.0-1" } else { "1.26.4-1" }, &all)),
            change: moved.then_some(PackageMove::Upgraded),
            files,
            fixes: None,
        }
    })
    .collect()
}

fn facts(reference: &str, seed: u8) -> ImageFacts {
    let layer = |index: usize| LayerFacts {
        index,
        diff_id: Digest([seed; 32]),
        digest: None,
        size: 300_000_000,
        created_by: Some(format!("RUN /bin/sh -c pip install -r requirements-{index}.txt # buildkit")),
        shared: false,
        entries: PATHS / LAYERS,
    };
    ImageFacts {
        reference: reference.to_owned(),
        source: "docker-archive",
        name: None,
        recording: None,
        is_read: true,
        variants: Vec::new(),
        image_digest: Digest([seed; 32]),
        config_digest: Digest([seed; 32]),
        manifest_digest: None,
        content_digest: Digest([seed; 32]),
        dependencies_digest: Digest([seed; 32]),
        content_lacks: Vec::new(),
        dependencies_lack: Vec::new(),
        platform: "linux/amd64".to_owned(),
        created: None,
        size: 9_000_000_000,
        download_size: None,
        distro: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        base: None,
        layers: (0..LAYERS).map(layer).collect(),
        package_count: PACKAGES,
        file_count: PATHS,
        layers_unread: 0,
    }
}

/// The two images, compared.
pub(crate) fn report() -> DriftReport {
    let owners: Vec<Arc<str>> = (0..PACKAGES)
        .map(|at| format!("{}:{}", if at < PACKAGES / 2 { "deb" } else { "pypi" }, name(at)).into())
        .collect();
    let (files, owned) = files(&owners);
    let packages = packages(&files, &owned);
    let change = |at: usize| ConfigChange {
        key: format!("env.VARIABLE_{at}"),
        left: Some("before".to_owned()),
        right: Some("after".to_owned()),
        runtime: true,
        hidden: None,
    };
    DriftReport {
        verdict: Verdict::Drifted,
        unproven: Unproven::default(),
        left: facts("registry.example/team/train:1.3", 1),
        right: facts("registry.example/team/train:1.4", 2),
        base: BaseDrift {
            relation: BaseRelation::Unknown,
            sentence: "whether the base moved is not known".to_owned(),
            split: None,
        },
        packages,
        files,
        locks: Vec::new(),
        layers: (0..LAYERS)
            .map(|at| LayerRow { left: Some(at), right: Some(at), relation: LayerRelation::Rebuilt })
            .collect(),
        config: (0..20).map(change).collect(),
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
