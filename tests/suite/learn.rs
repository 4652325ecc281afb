//! `imgdrift learn` on two builds of one Dockerfile: what it learns, what it leaves to a person, what it refuses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::pack::{self, Entry};
use super::rules::{failure, run, text};

/// One build: everything in it that varies holds `build`, and `random` is in names.
struct Rebuild<'a> {
    build: &'a str,
    random: &'a str,
    /// The version of the one package.
    version: &'a str,
    /// The instruction that made the app.
    instruction: &'a str,
    /// A file of the app that does not vary.
    main: &'a str,
}

const FIRST: Rebuild<'_> =
    Rebuild { build: "1", random: "3f2a9c81", version: "1.0", instruction: "RUN make app", main: "print()" };
const SECOND: Rebuild<'_> = Rebuild { build: "2", random: "77d01be4", ..FIRST };

impl Rebuild<'_> {
    fn write(&self, path: &Path) {
        let Self { build, random, version, instruction, main } = self;
        let plain = |path: &str, text: &str| (path.to_owned(), text.to_owned(), 0o644);
        let mut made = vec![
            plain("app/main.py", main),
            plain("app/about.txt", &format!("built 2026-11-2{build} by make")),
            plain("app/store.db", &format!("SQLite format 3\0{build}")),
            plain(&format!("app/work-{random}.json"), "{}"),
            plain("etc/app/key.pem", &format!("-----BEGIN PRIVATE KEY-----\n{build}\n-----END PRIVATE KEY-----\n")),
            plain("usr/lib/foo", build),
            // Told from a forgery by what was installed, where something was.
            plain("var/log/dpkg.log", &format!("2026-11-21 07:41:00 install ghost:amd64 <none> {build}\n")),
        ];
        made.push(("app/shared.txt".to_owned(), build.to_string(), if *build == "1" { 0o644 } else { 0o666 }));
        made.extend((0..5).map(|at| plain(&format!("app/cache/{at}.bin"), &format!("\0{build}{at}"))));
        made.push(("app/bin/tool".to_owned(), format!("\x7fELF{build}"), 0o755));
        made.push(("app/bin/grants".to_owned(), format!("\x7fELF{build}"), 0o4755));
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for (path, text, mode) in &made {
            entries.push(Entry { path, bytes: text.as_bytes(), mode: *mode, link: None });
        }
        let current = format!("work-{random}.json");
        entries.push(Entry { path: "app/current", bytes: b"", mode: 0o777, link: Some(&current) });
        let status = format!(
            "Package: foo\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nMaintainer: a\nDescription: b\n\n"
        );
        let dpkg =
            pack::files(&[("var/lib/dpkg/status", &status), ("var/lib/dpkg/info/foo.list", "/.\n/usr/lib/foo\n")]);
        let copied = pack::files(&[("srv/config.ini", build)]);
        let layers =
            [("RUN apt-get install foo", &dpkg[..]), ("COPY config.ini /srv/", &copied), (*instruction, &entries)];
        fs::write(path, pack::image(&layers)).unwrap();
    }
}

fn builds(second: &Rebuild<'_>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    FIRST.write(&folder.path().join("1.tar"));
    second.write(&folder.path().join("2.tar"));
    folder
}

const LEARN: [&str; 5] = ["learn", "1.tar", "2.tar", "-o", "learnt.toml"];

fn report(folder: &Path) -> Value {
    let output = run(folder, &["1.tar", "2.tar", "--rules", "learnt.toml", "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

/// The paths that a person has to read.
fn to_read(report: &Value) -> Vec<&str> {
    let changes = report["files"]["changes"].as_array().unwrap().iter();
    let unexplained =
        changes.filter(|row| ["unexplained", "same-version"].contains(&row["explanation"].as_str().unwrap()));
    unexplained.map(|row| row["path"].as_str().unwrap()).collect()
}

const NOT_LEARNT: [(&str, &str); 6] = [
    ("/app/bin/grants", "it grants privileges"),
    ("/app/current", "a link or a device"),
    ("/app/shared.txt", "its mode or owner differs too"),
    ("/etc/app/key.pem", "a private key that the build made"),
    ("/srv/config.ini", "copied in: the two builds had other sources"),
    ("/usr/lib/foo", "an alarm: its package did not move"),
];

#[test]
fn what_two_builds_differ_in_becomes_rules_and_the_rest_is_named() {
    let folder = builds(&SECOND);
    let here = folder.path();
    let output = run(here, &LEARN);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(said.contains("not learnt, look at them: 6 paths"), "{said}");
    let written = fs::read_to_string(here.join("learnt.toml")).unwrap();
    for (path, why) in NOT_LEARNT {
        assert!(said.contains(&format!("{path}: {why}")) && written.contains(&format!("#   {path}: {why}")), "{said}");
    }
    for line in [
        "paths = [\"/app/cache/*\"]",
        "paths = [\"/app/work-*.json\"]",
        "paths = [\"/app/store.db\"]",
        "cause = \"a SQLite database filled by the build: times and the order of its pages\"",
        "cause = \"a text that holds the time of the build\"",
        "# Made by: make app",
        "executable = true",
    ] {
        assert!(written.lines().any(|written| written == line), "{line} is not in\n{written}");
    }
    assert!(!written.contains("\"/app/*") && !written.contains("grants\""), "{written}");
    let after = report(here);
    assert_eq!(to_read(&after), NOT_LEARNT.map(|(path, _)| path));
    let warnings = after["warnings"].to_string();
    assert!(!warnings.contains("names no path"), "{warnings}");
    // The next build has other names and other bytes at the same places.
    Rebuild { build: "3", random: "0b5c77aa", ..FIRST }.write(&here.join("2.tar"));
    assert_eq!(to_read(&report(here)), NOT_LEARNT.map(|(path, _)| path));
    // What did not vary is no noise when it changes.
    Rebuild { main: "print(1)", ..SECOND }.write(&here.join("2.tar"));
    assert!(to_read(&report(here)).contains(&"/app/main.py"));
}

#[test]
fn an_existing_file_is_replaced_only_when_asked_to_and_has_no_say_then() {
    let folder = builds(&SECOND);
    let here = folder.path();
    fs::write(here.join("imgdrift.toml"), "[[ignore]]\npaths=['/app/**']\nreason='mine'\n").unwrap();
    let learn = ["learn", "1.tar", "2.tar", "-o", "imgdrift.toml"];
    let refused = failure(here, &learn);
    assert!(refused.contains("imgdrift.toml is there already\n--overwrite replaces it"), "{refused}");
    assert!(fs::read_to_string(here.join("imgdrift.toml")).unwrap().contains("mine"));
    assert!(run(here, &[&learn[..], &["--overwrite"]].concat()).status.success());
    assert!(fs::read_to_string(here.join("imgdrift.toml")).unwrap().contains("/app/store.db"));
    // What other rules explain is not learnt again.
    let more = ["learn", "1.tar", "2.tar", "-o", "more.toml"];
    let said = text(&run(here, &more).stdout);
    assert!(said.starts_with("more.toml: 0 rules for 0 paths\n"), "{said}");
    assert!(run(here, &["1.tar", "2.tar", "--rules", "more.toml"]).status.success());
}

#[test]
fn two_images_of_other_inputs_are_refused_unless_it_is_forced() {
    let ran = "not builds of one Dockerfile: only one of them ran \"make";
    for (second, told, refuted) in [
        (Rebuild { version: "1.1", ..SECOND }, "not the same inputs: 1 package moved", true),
        (Rebuild { instruction: "RUN make all", ..SECOND }, ran, false),
    ] {
        let folder = builds(&second);
        let refused = failure(folder.path(), &LEARN);
        assert!(refused.contains(told) && refused.contains("--force learns all the same"), "{refused}");
        assert!(!folder.path().join("learnt.toml").exists());
        let forced = run(folder.path(), &[&LEARN[..], &["--force"]].concat());
        assert!(forced.status.success(), "{}", text(&forced.stderr));
        let written = fs::read_to_string(folder.path().join("learnt.toml")).unwrap();
        assert!(written.contains("\"/srv/config.ini\"") && !written.contains("\"/usr/lib/foo\""), "{written}");
        // A log whose lines no package accounts for stays one that a person reads, where packages moved.
        let contradicted = written.contains("#   /var/log/dpkg.log: a check outweighs any rule: ");
        assert_eq!((contradicted, written.contains("\"/var/log/dpkg.log\"")), (refuted, !refuted), "{written}");
    }
}

#[test]
fn two_equal_images_teach_nothing() {
    let folder = builds(&FIRST);
    let said = text(&run(folder.path(), &LEARN).stdout);
    assert!(said.starts_with("learnt.toml: 0 rules for 0 paths\nbefore: identical\n"), "{said}");
}
