//! The checklist put to images made for it; rows as docker 20.10's `BuildKit` writes them, unless a test says otherwise.

use crate::model::{Answer, BuildSource, Checklist, ChecklistItem, Digest, Finding, HistoryEntry, Severity, Side};
use crate::nondeterminism::Rules;
use crate::oci::created_by;
use crate::snapshot::Snapshot;
use crate::snapshot::base::dockerfile::Dockerfile;
use crate::snapshot::testing::TestImage;

const NO: Answer = Answer::No;
const UNKNOWN: Answer = Answer::Unknown;
const YES: Answer = Answer::Yes;
const NOT_APPLICABLE: Answer = Answer::NotApplicable;

/// An image of one layer that these rows made.
fn built(rows: &[&str]) -> TestImage {
    let mut image = TestImage::new();
    image.write("var/lib/dpkg/status", b"");
    let row = |created_by: &&str| HistoryEntry {
        created_by: Some((*created_by).to_owned()),
        empty_layer: true,
        ..HistoryEntry::default()
    };
    image.config.history = rows.iter().map(row).collect();
    if let Some(last) = image.config.history.last_mut() {
        last.empty_layer = false;
    }
    image
}

fn run(commands: &str) -> TestImage {
    built(&[&format!("RUN /bin/sh -c {commands} # buildkit")])
}

fn audited(image: &TestImage) -> (Checklist, Vec<Finding>) {
    let mut image = image.clone();
    image.config.diff_ids = vec![Digest([0; 32])];
    let snapshot = image.snapshot();
    let audit = snapshot.audit(&snapshot.facts, Side::Left, Rules::built_in());
    (audit.checklist, audit.findings)
}

fn item(image: &TestImage, name: &str) -> ChecklistItem {
    let (checklist, _) = audited(image);
    checklist.items.into_iter().find(|item| item.name == name).unwrap_or_else(|| panic!("no item {name}"))
}

/// The answer to one question for each text of a RUN.
fn answers(name: &str, expected: &[(&str, Answer)]) {
    for (commands, answer) in expected {
        let item = item(&run(commands), name);
        assert_eq!(item.answer, *answer, "{commands}: {}", item.words);
    }
}

#[test]
fn names_are_kebab_case_and_their_own() {
    let (Checklist { items, .. }, _) = audited(&run("true"));
    for (at, item) in items.iter().enumerate() {
        assert!(item.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", item.name);
        assert!(items[at + 1..].iter().all(|other| other.name != item.name && other.check != item.check));
    }
}

#[test]
fn apt_is_asked_for_versions() {
    answers(
        "apt-unpinned",
        &[
            ("apt-get update && apt-get install -y curl=7.88.1-10 ca-certificates=20230311", YES),
            ("apt-get update && apt-get install -y curl=7.88.1-10 ca-certificates", NO),
            ("apt install -y -t bookworm-backports git", NO),
            ("apt-get -o Dpkg::Use-Pty=0 install -y \"pkg=${VERSION}\"", YES),
            ("apt-get install -y $PACKAGES", UNKNOWN),
            ("apt-get install -y ./local.deb /tmp/other.deb", NOT_APPLICABLE),
            ("apt-get dist-upgrade -y", NO),
            ("apt-get remove -y curl && echo apt-get install x", NOT_APPLICABLE),
            ("make", NOT_APPLICABLE),
        ],
    );
    let item = item(&run("apt-get update && apt-get install -y a b c d e f g"), "apt-unpinned");
    assert_eq!(item.words, "without a version: a, b, c, d, e and 2 more");
    assert_eq!((item.evidence[0].text.as_str(), item.evidence[0].layer), ("apt-get install -y a b c d e f g", Some(0)));
}

#[test]
fn a_snapshot_of_the_archive_names_all_versions() {
    let mut image = run("apt-get update && apt-get install -y curl");
    let line = b"deb [check-valid-until=no] http://snapshot.debian.org/archive/debian/20251001T000000Z bookworm main\n";
    image.write("etc/apt/sources.list", line);
    assert_eq!(item(&image, "apt-unpinned").answer, YES);
    image.write("etc/apt/sources.list.d/x.sources", b"Types: deb\nURIs: http://deb.debian.org/debian\n");
    assert_eq!(item(&image, "apt-unpinned").answer, NO);
}

#[test]
fn update_and_install_belong_together() {
    answers(
        "apt-update-apart",
        &[
            ("apt-get update -qq && apt-get -y install a && apt-get -y install b", YES),
            ("set -eux; apt-get update; apt-get install a; rm -rf /var/lib/apt/lists/*", YES),
            ("apt-get install -y a", NO),
            ("apt-get update", NO),
            ("true", NOT_APPLICABLE),
        ],
    );
    let apart = built(&["RUN /bin/sh -c apt-get update # buildkit", "RUN /bin/sh -c apt-get install a # buildkit"]);
    let item = item(&apart, "apt-update-apart");
    assert!(item.answer == NO && item.words.starts_with("2 of 2: "), "{}", item.words);
}

#[test]
fn recommended_packages_are_left_out_by_an_option_or_by_the_configuration() {
    answers(
        "apt-recommends",
        &[
            ("apt-get install -y --no-install-recommends a", YES),
            ("apt-get -o APT::Install-Recommends=0 install a", YES),
            ("apt-get --option=APT::Install-Recommends=false install a", YES),
            ("apt-get install -o APT::Install-Recommends=1 a", NO),
            ("apt-get install a", NO),
        ],
    );
    let mut image = run("apt-get install a");
    image.write("etc/apt/apt.conf.d/99no", b"APT::Install-Recommends \"false\";\n");
    assert_eq!(item(&image, "apt-recommends").answer, YES);
}

#[test]
fn what_is_left_behind_is_seen_in_the_file_system() {
    let mut image = run("apt-get update && pip install x");
    assert_eq!((item(&image, "apt-lists-left").answer, item(&image, "pip-cache").answer), (YES, YES));
    image.write("var/lib/apt/lists/lock", b"").write("var/lib/apt/lists/deb_Packages", b"x");
    image.write("root/.cache/pip/http/a", b"x");
    let (_, findings) = audited(&image);
    for (check, path) in
        [("apt-lists-left", "/var/lib/apt/lists/deb_Packages"), ("pip-cache", "/root/.cache/pip/http/a")]
    {
        let found: Vec<_> = findings.iter().filter(|finding| finding.check == check).collect();
        assert_eq!((found.len(), found[0].count, found[0].paths[0].to_absolute().as_str()), (1, 1, path));
    }
}

#[test]
fn python_packages_are_asked_for_hashes() {
    answers(
        "pip-unhashed",
        &[
            ("pip install --no-cache-dir --require-hashes -r requirements.txt", YES),
            ("PIP_REQUIRE_HASHES=1 python3.11 -m pip install -r requirements.txt", YES),
            ("pip install -r pylock.toml", YES),
            ("pip3 install flask==3.0.0", NO),
            ("python -u -m pip install --upgrade pip", NO),
            ("pip install -r requirements.txt", UNKNOWN),
            ("pip install --no-deps ./app.whl", NOT_APPLICABLE),
            ("pip install .", NO),
            ("uv pip install --system flask", NO),
            ("uv sync --frozen --no-dev", YES),
            ("uv sync", UNKNOWN),
            ("poetry install --no-root", UNKNOWN),
            ("pipenv install --deploy --system", YES),
            ("conda install -y numpy=1.26", NO),
            ("pip --version && python -c 'print()'", NOT_APPLICABLE),
        ],
    );
    let mut image = run("pip install -r requirements.txt");
    image.config.runtime.env = vec![("PIP_REQUIRE_HASHES".to_owned(), "1".to_owned())];
    assert_eq!(item(&image, "pip-unhashed").answer, YES);
    let mut image = run("poetry install");
    image.write("app/poetry.lock", b"");
    assert_eq!(item(&image, "pip-unhashed").answer, YES);
}

#[test]
fn python_packages_are_asked_for_versions() {
    answers(
        "pip-unpinned",
        &[
            ("pip install flask==3.0.0 'gunicorn[gevent]==21.2.0'", YES),
            ("pip install flask>=3", NO),
            ("pip install -i https://pypi.org/simple flask", NO),
            ("pip install --require-hashes -r r.txt", YES),
            ("pip install -r r.txt", UNKNOWN),
            ("mamba install -c conda-forge python=3.11 numpy", NO),
            ("uv sync --locked", YES),
        ],
    );
}

#[test]
fn passwords_in_urls_are_not_repeated() {
    let image = run("pip install -i https://me:secret@pypi.example/simple flask && curl -O https://secret@h/a.tgz");
    let (checklist, findings) = audited(&image);
    let said = format!("{:?} {findings:?}", checklist.items);
    assert!(said.contains("https://…@pypi.example/simple"), "{said}");
    assert!(!said.contains("//me:") && !said.contains("secret@"), "{said}");
}

#[test]
fn a_requirements_file_in_the_image_is_read() {
    let of = |installed: &str, content: &str| {
        let mut image = run(&format!("pip install -r {installed}"));
        image.write("app/requirements.txt", content.as_bytes());
        ["pip-unhashed", "pip-unpinned"].map(|name| item(&image, name).answer)
    };
    let hash = "a".repeat(64);
    assert_eq!(of("requirements.txt", &format!("flask==3.0.0 --hash=sha256:{hash}\n")), [YES, YES]);
    assert_eq!(of("./requirements.txt", "flask==3.0.0\n"), [NO, YES]);
    assert_eq!(of("/app/requirements.txt", "flask==3.0.0\nclick>=8\n"), [NO, NO]);
    assert_eq!(of("/tmp/requirements.txt", "flask==3.0.0\n"), [UNKNOWN, UNKNOWN]);
    assert_eq!(of("base-requirements.txt", "flask==3.0.0\n"), [UNKNOWN, UNKNOWN]);
    assert_eq!(of("requirements.txt", "-r more.txt\nflask==3.0.0\n"), [NO, UNKNOWN]);
}

#[test]
fn downloads_are_asked_for_a_check_in_their_own_instruction() {
    answers(
        "download-unchecked",
        &[
            ("curl -fsSLo /x https://a/x && echo \"ab  /x\" | sha256sum -c -", YES),
            ("wget -q https://a/x && wget https://a/x.asc && gpg --batch --verify x.asc x", YES),
            ("curl -sSL https://a/install.sh | bash", NO),
            ("curl -sSL https://a/x.sh | sha256sum && curl https://a/x.sh | sudo -E bash -", NO),
            ("wget https://a/x.tgz && sha256sum x.tgz", NO),
            ("X=\"$(curl -s https://a/latest)\" && echo $X", NO),
            ("curl -f http://localhost:8080/health; curl --version", NOT_APPLICABLE),
            ("apt-get install -y curl wget", NOT_APPLICABLE),
        ],
    );
    let added = |row: &str| item(&built(&[row]), "download-unchecked").answer;
    assert_eq!(added("ADD https://a/x /x # buildkit"), UNKNOWN);
    assert_eq!(added("ADD a.txt /x # buildkit"), NOT_APPLICABLE);
    let commit = "https://github.com/a/b.git#7921be1537eac1e97bc40179a57f0349c2aee67d";
    assert_eq!(added(&format!("ADD {commit} /x # buildkit")), YES);
}

#[test]
fn what_only_a_dockerfile_tells_is_taken_from_it() {
    let image = built(&["ADD https://a/x /x # buildkit"]);
    let mut snapshot = image.snapshot();
    let answer = |snapshot: &Snapshot| {
        let checklist = snapshot.audit(&snapshot.facts, Side::Left, Rules::built_in()).checklist;
        checklist.items.into_iter().find(|item| item.name == "download-unchecked").map(|item| item.answer)
    };
    for (flags, expected) in [("--checksum=sha256:ab ", YES), ("", NO)] {
        snapshot.steps.instructions = vec![created_by::of_dockerfile("ADD", &format!("{flags}https://a/x /x"))];
        snapshot.steps.is_own_only = true;
        assert_eq!(answer(&snapshot), Some(expected));
    }
}

/// Rows of docker 20.10's `BuildKit`, which writes none for ONBUILD.
#[test]
fn a_dockerfile_tells_what_stands_behind_build_arguments() {
    let rows = [
        "ARG TOKEN",
        "RUN |1 TOKEN=s3cret word apt-get install -y less # buildkit",
        "USER 1000:1000",
        "ADD https://a/x /x # buildkit",
    ];
    let mut image = built(&rows);
    for row in &mut image.config.history {
        row.comment = Some("buildkit.dockerfile.v0".to_owned());
    }
    image.config.diff_ids = vec![Digest([0; 32])];
    let judged = |dockerfile: Option<&str>| {
        let mut snapshot = image.snapshot();
        if let Some(text) = dockerfile {
            snapshot.told_by_dockerfile("Dockerfile", &Dockerfile::parse(text).unwrap());
        }
        let checklist = snapshot.audit(&snapshot.facts, Side::Left, Rules::built_in()).checklist;
        let answer = |name: &str| checklist.items.iter().find(|item| item.name == name).unwrap().answer;
        ["apt-unpinned", "download-unchecked", "inputs-unpinned"].map(answer)
    };
    let text = "FROM golang:1 AS build\nFROM debian:12@sha256:ab\nARG TOKEN\nRUN [\"apt-get\", \"install\", \"-y\", \"less\"]\n\
        ONBUILD RUN true\nUSER 1000:1000\nADD --checksum=sha256:ab https://a/x /x\n";
    assert_eq!(judged(None), [UNKNOWN, UNKNOWN, UNKNOWN]);
    assert_eq!(judged(Some(text)), [NO, YES, NO]);
    // Another Dockerfile than the one that was built tells nothing.
    assert_eq!(judged(Some(&text.replace("USER", "WORKDIR"))), [UNKNOWN, UNKNOWN, UNKNOWN]);
    let pinned = text.replace("golang:1", "golang@sha256:cd");
    assert_eq!(judged(Some(&pinned))[2], YES);
}

#[test]
fn what_is_not_told_is_unknown() {
    let words = "RUN |1 TOKEN=s3cret apt-get install -y less # buildkit";
    for (rows, answer) in [
        (&[words][..], UNKNOWN),
        (&[""], UNKNOWN),
        (&["bazel build //:image"], NOT_APPLICABLE),
        (&["/bin/sh"], UNKNOWN),
    ] {
        let (checklist, _) = audited(&built(rows));
        let told = checklist.items.iter().find(|item| item.name == "apt-unpinned").unwrap();
        assert_eq!(told.answer, answer, "{rows:?}: {}", told.words);
        assert!(!format!("{checklist:?}").contains("s3cret"));
    }
    // A "yes" needs that everything is told, a "no" does not.
    let both =
        |commands: &str| item(&built(&[&format!("RUN /bin/sh -c {commands} # buildkit"), words]), "apt-unpinned");
    assert_eq!(both("apt-get install -y a=1").answer, UNKNOWN);
    assert_eq!(both("apt-get install -y a").answer, NO);
}

#[test]
fn only_the_apps_own_instructions_are_judged() {
    let row = |created_by: &str, comment: Option<&str>| HistoryEntry {
        created_by: Some(created_by.to_owned()),
        comment: comment.map(str::to_owned),
        ..HistoryEntry::default()
    };
    let mut base = TestImage::new();
    base.write("var/lib/apt/lists/of_base", b"x").write("var/lib/dpkg/status", b"");
    let mut own = TestImage::new();
    own.write("app/main.py", b"x");
    own.config.history =
        vec![row("/bin/sh -c apt-get install -y a", None), row("/bin/sh -c pip install b", Some("FROM base"))];
    let snapshot = base.under(own);
    let checklist = snapshot.audit(&snapshot.facts, Side::Left, Rules::built_in()).checklist;
    let answer = |name: &str| checklist.items.iter().find(|item| item.name == name).map(|item| item.answer);
    assert_eq!(checklist.judged, "1 instruction above the base's layer");
    assert_eq!((answer("apt-unpinned"), answer("apt-lists-left")), (Some(NOT_APPLICABLE), Some(YES)));
    assert_eq!(answer("pip-unhashed"), Some(NO));
}

#[test]
fn the_clock_is_told_from_a_chosen_time() {
    let at = |created: Option<&str>, rows: &[(&str, &str)], mtime: u64| {
        let mut image = built(&rows.iter().map(|(created_by, _)| *created_by).collect::<Vec<_>>());
        for (row, (_, created)) in image.config.history.iter_mut().zip(rows) {
            row.created = Some((*created).to_owned());
        }
        image.config.created = created.map(str::to_owned);
        image.write("app/x", b"x").mtime("app/x", mtime);
        let (checklist, _) = audited(&image);
        ["epoch-unset", "created-by-clock", "clock-leaks"]
            .map(|name| checklist.items.iter().find(|item| item.name == name).unwrap().answer)
    };
    // 2023-11-14T22:13:20Z is 1700000000, the time of every other file of the test's images.
    let (run, plain) =
        ("RUN |1 SOURCE_DATE_EPOCH=1700000000 /bin/sh -c true # buildkit", "RUN /bin/sh -c true # buildkit");
    let (epoch, clock) = ("2023-11-14T22:13:20Z", "2026-11-21T17:07:02.095078688Z");
    assert_eq!(at(Some(epoch), &[(run, epoch)], 1_700_000_000), [YES, YES, YES]);
    assert_eq!(at(Some(epoch), &[(run, epoch)], 1_700_000_001), [YES, YES, NO]);
    // docker 20.10 had the argument and did not apply it.
    assert_eq!(at(Some(clock), &[(run, clock)], 1_795_280_822), [NO, NO, NO]);
    assert_eq!(at(Some(clock), &[(plain, clock)], 1_795_280_822), [NO, NO, NO]);
    assert_eq!(at(Some(clock), &[(plain, clock)], 1_700_000_000), [NO, NO, YES]);
    assert_eq!(at(Some(epoch), &[(plain, epoch), (plain, epoch)], 1_700_000_000), [YES, YES, YES]);
    assert_eq!(at(Some(epoch), &[(plain, epoch)], 1_600_000_000)[..2], [UNKNOWN, UNKNOWN]);
    assert_eq!(at(Some("1980-01-01T00:00:01Z"), &[(plain, epoch)], 1_700_000_000), [NOT_APPLICABLE, YES, NO]);
    assert_eq!(at(None, &[], 1_700_000_000)[..2], [NOT_APPLICABLE, YES]);
}

#[test]
fn the_configuration_is_asked_for_zone_locale_and_user() {
    let image = |env: &[(&str, &str)], user: &str| {
        let mut image = run("true");
        image.config.runtime.env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        user.clone_into(&mut image.config.runtime.user);
        image
            .write("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
        image
    };
    let plain = image(&[], "");
    for name in ["time-zone-unset", "locale-unset", "runs-as-root"] {
        assert_eq!(item(&plain, name).answer, NO, "{name}");
    }
    let set = image(&[("TZ", "Etc/UTC"), ("LC_ALL", "C.UTF-8")], "1000:1000");
    for name in ["time-zone-unset", "locale-unset", "runs-as-root"] {
        assert_eq!(item(&set, name).answer, YES, "{name}");
    }
    for (user, answer) in [("0", NO), ("root", NO), ("toor", NO), ("app", YES), ("app:app", YES), ("else", UNKNOWN)] {
        assert_eq!(item(&image(&[], user), "runs-as-root").answer, answer, "{user}");
    }
    let mut zoned = plain;
    zoned.symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC").write("usr/share/zoneinfo/Etc/UTC", b"TZif");
    assert_eq!(item(&zoned, "time-zone-unset").answer, YES);
}

#[test]
fn inputs_are_asked_for_digests() {
    let with = |pinned: &[Option<bool>]| {
        let mut image = run("true");
        let source = |pinned: &Option<bool>| BuildSource { name: "golang:1".to_owned(), digest: None, pinned: *pinned };
        image.config.build_sources = pinned.iter().map(source).collect();
        item(&image, "inputs-unpinned").answer
    };
    assert_eq!((with(&[]), with(&[Some(true), None])), (UNKNOWN, UNKNOWN));
    assert_eq!((with(&[Some(true)]), with(&[Some(true), Some(false)])), (YES, NO));
}

#[test]
fn a_no_is_a_finding_with_a_subject_that_stays() {
    let of = |commands: &str| {
        let (_, findings) = audited(&run(commands));
        let found = findings.into_iter().find(|finding| finding.check == "apt-unpinned").unwrap();
        (found.severity, found.subject, found.fix.is_some())
    };
    let expected = (Severity::Warning, "apt-get install".to_owned(), true);
    assert_eq!((of("apt-get install a"), of("apt-get install b")), (expected.clone(), expected));
    let (checklist, findings) = audited(&run("apt-get install a"));
    for item in checklist.with(NO) {
        assert!(findings.iter().any(|finding| finding.check == item.check), "{}", item.name);
    }
}
