//! Rules of the user's own, as the program reads, asks and tells of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{cache, pack};

const RULES: &str = r#"
[[noise]]
name = "app-cache"
paths = ["/app/cache/**"]
cause = "the app fills its cache when it is built"
fix = "rm -rf /app/cache in the same RUN"

[[ignore]]
paths = ["/app/build.json"]
reason = "the number of the build"

[[noise]]
name = "moved-away"
paths = ["/app/old-cache/**"]
cause = "of an older layout"
"#;

/// Runs the program in `folder`.
pub(super) fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
    command.args(arguments).current_dir(folder).env("IMGDRIFT_CACHE", cache::folder());
    command.output().expect("the program runs")
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What the program says when it fails.
pub(super) fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Two builds of one Dockerfile that differ in three files of the app.
fn builds() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, build) in [("1.tar", "1"), ("2.tar", "2")] {
        let files = [("app/cache/index", build), ("app/build.json", build), ("app/main.py", build)];
        fs::write(folder.path().join(name), pack::image(&[("RUN make", &pack::files(&files))])).unwrap();
    }
    folder
}

fn rule<'r>(report: &'r Value, path: &str) -> [&'r Value; 4] {
    let changes = report["files"]["changes"].as_array().unwrap();
    let row = changes.iter().find(|row| row["path"] == path).unwrap_or_else(|| panic!("{path} does not differ"));
    ["explanation", "rule", "rule_file", "proof"].map(|key| &row[key])
}

#[test]
fn rules_named_are_asked_and_every_report_says_how_much_rests_on_them() {
    let folder = builds();
    fs::write(folder.path().join("ours.toml"), RULES).unwrap();
    let arguments = ["1.tar", "2.tar", "--rules", "ours.toml"];
    let told = report(folder.path(), &arguments);
    assert_eq!(rule(&told, "/app/cache/index"), ["noise", "app-cache", "ours.toml", "path"]);
    assert_eq!(rule(&told, "/app/build.json"), ["noise", "ignored", "ours.toml", "path"]);
    assert_eq!(rule(&told, "/app/main.py"), [&json!("unexplained"), &Value::Null, &Value::Null, &Value::Null]);
    assert_eq!(told["rule_files"], json!([{"file": "ours.toml", "rules": 3, "paths": 2}]));
    let warnings = told["warnings"].to_string();
    assert!(warnings.contains("ours.toml:12: the rule \\\"moved-away\\\" names no path any more"), "{warnings}");
    for (format, words) in [
        ("text", "ours.toml: 3 rules of your own, explaining 2 paths"),
        ("markdown", "`ours.toml`: 3 rules of your own, explaining 2 paths."),
    ] {
        let output = text(&run(folder.path(), &[&arguments[..], &["--format", format]].concat()).stdout);
        assert!(output.contains(words) && output.contains("app-cache of ours.toml"), "{output}");
        assert!(output.lines().next().unwrap().contains("2 by your own rules"), "{output}");
    }
    let without = report(folder.path(), &["1.tar", "2.tar"]);
    assert_eq!((&without["counts"]["unexplained"], &without["rule_files"]), (&json!(3), &json!([])));
    assert_eq!(told["right"]["content_digest"], without["right"]["content_digest"]);
}

#[test]
fn the_projects_own_file_is_found_here_and_beside_the_dockerfile_and_can_be_left_alone() {
    let folder = builds();
    let here = folder.path();
    fs::create_dir(here.join("docker")).unwrap();
    fs::write(here.join("docker/Dockerfile"), "FROM scratch\nRUN make\n").unwrap();
    let rule_for = |path: &str, name: &str| format!("[[noise]]\nname='{name}'\npaths=['{path}']\ncause='ours'\n");
    fs::write(here.join("docker/imgdrift.toml"), rule_for("/app/main.py", "beside")).unwrap();
    fs::write(here.join("imgdrift.toml"), rule_for("/app/build.json", "here")).unwrap();
    let told = report(here, &["1.tar", "2.tar", "--dockerfile", "docker/Dockerfile"]);
    assert_eq!(rule(&told, "/app/main.py")[1..3], ["beside", "docker/imgdrift.toml"]);
    assert_eq!(rule(&told, "/app/build.json")[1..3], ["here", "imgdrift.toml"]);
    // One file is read once, however often it is named.
    let told = report(here, &["1.tar", "2.tar", "--rules", "./imgdrift.toml"]);
    assert_eq!(told["rule_files"], json!([{"file": "./imgdrift.toml", "rules": 1, "paths": 1}]));
    let told = report(here, &["1.tar", "2.tar", "--no-project-rules"]);
    assert_eq!(told["rule_files"], json!([]));
    let inspected = report(here, &["inspect", "1.tar"]);
    assert_eq!(inspected["rule_files"], json!([{"file": "imgdrift.toml", "rules": 1, "paths": 1}]));
    let findings = inspected["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|one| one["check"] == "varies-each-build" && one["subject"] == "here of imgdrift.toml")
    );
    // A digest is everybody's: no rule of one's own has a say in it.
    let digest = |folder: &Path| text(&run(folder, &["digest", here.join("1.tar").to_str().unwrap()]).stdout);
    assert_eq!(digest(here), digest(&here.join("docker")));
}

#[test]
fn a_file_that_holds_no_rules_is_refused_with_its_line_and_what_it_may_hold() {
    let folder = builds();
    let here = folder.path();
    let globs = |count: usize| format!("[[ignore]]\nreason='r'\npaths=[{}]\n", "'/a',".repeat(count));
    for (body, told) in [
        (RULES.replace("cause = \"of", "couse = \"of").into_bytes(), "rules.toml:15: unknown field `couse`"),
        (b"[[ignore]]\npaths=['/a[']\nreason='r'".to_vec(), "rules.toml:1: rule \"ignored\": the path \"/a[\""),
        (b"\n[[ignore]]\npaths=['/**']\nreason='r'".to_vec(), "rules.toml:2: rule \"ignored\": \"/**\" is every path"),
        (vec![b'#'; 10 << 20], "rules.toml: more than 1024 KiB"),
        (globs(100_000).into_bytes(), "rules.toml:1: more than 2000 paths"),
        (b"\xff\xfe\x00".to_vec(), "rules.toml:1: "),
    ] {
        fs::write(here.join("rules.toml"), body).unwrap();
        let failure = failure(here, &["1.tar", "2.tar", "--rules", "rules.toml"]);
        assert!(failure.contains(told) && failure.contains("[[ignore]] (paths, reason)"), "{failure}");
    }
    let missing = failure(here, &["inspect", "1.tar", "--rules", "nowhere.toml"]);
    assert!(missing.contains("cannot read the rules nowhere.toml"), "{missing}");
}

/// `assets/CATALOGUE.md` is what the program prints.
#[test]
fn the_catalogue_is_the_one_that_is_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/CATALOGUE.md");
    let arguments = ["rules", "--no-project-rules", "--format", "markdown"];
    let printed = text(&run(path.parent().unwrap(), &arguments).stdout);
    if std::env::var_os("IMGDRIFT_UPDATE").is_some() {
        fs::write(&path, printed).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written, printed, "the rules changed: IMGDRIFT_UPDATE=1 cargo test --locked catalogue");
}

#[test]
fn every_rule_is_listed_in_every_form_with_the_file_it_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("imgdrift.toml"), RULES).unwrap();
    let told = report(folder.path(), &["rules"]);
    let rules = told["rules"].as_array().unwrap();
    let ours: Vec<_> = rules.iter().filter(|rule| rule["rule_file"] == "imgdrift.toml").collect();
    assert_eq!(ours.iter().map(|rule| rule["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["path", "path", "ignore"]);
    for format in ["text", "markdown"] {
        let output = text(&run(folder.path(), &["rules", "--format", format]).stdout);
        for rule in rules {
            assert!(output.contains(rule["name"].as_str().unwrap()), "{}", rule["name"]);
        }
        assert!(output.contains("imgdrift.toml") && output.contains("Known to vary, and without a rule"));
    }
}
