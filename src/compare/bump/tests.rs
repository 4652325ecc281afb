use super::*;
use crate::compare::compare;
use crate::model::{BaseEvidence, BaseImage, Confidence, EvidenceKind, HistoryEntry, ImagePath, Side};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::TestImage;

const LIB: &str = "usr/lib/x86_64-linux-gnu";

/// A base with a library that the bump moves, one that it drops, a tool and a Python distribution.
fn base(new: bool) -> TestImage {
    let mut image = TestImage::new();
    let version = if new { "2" } else { "1" };
    let text = version.as_bytes();
    image.deb("libssl3", version, &[(&format!("{LIB}/libssl.so.3"), text), ("usr/share/doc/libssl3/copyright", text)]);
    image.deb("tool", version, &[("usr/bin/tool", text), ("usr/share/doc/tool/copyright", text)]);
    image.deb("still", "1", &[("usr/bin/still", b"1"), (&format!("{LIB}/libstill.so.1"), b"1")]);
    if !new {
        image.deb("libold1", "1", &[(&format!("{LIB}/libold.so.1"), b"1")]);
    }
    image.wheel("setuptools", if new { "66.0" } else { "65.5.1" }, &[("setuptools/x.py", text)]);
    image
}

/// An app on the old base whose one layer this instruction made.
fn app_by(instruction: &str, change: impl FnOnce(&mut TestImage)) -> Snapshot {
    let mut app = base(false);
    app.config.history = ["FROM", instruction]
        .map(|text| HistoryEntry { created_by: Some(text.to_owned()), ..HistoryEntry::default() })
        .to_vec();
    change(&mut app);
    app.built_on(&base(false))
}

fn path(text: &str) -> ImagePath {
    ImagePath::parse(text.as_bytes()).unwrap()
}

fn judged(app: &Snapshot, linked: &[Linked]) -> (AppReport, Answer) {
    let (old, new) = (base(false).snapshot(), base(true).snapshot());
    let drift = compare(&old, &new, Rules::built_in());
    let standing = standing(app, &old, &new);
    let report = bump([&old, &new], &drift, Some(App { snapshot: app, standing, linked, warnings: Vec::new() }));
    (report.app.unwrap(), report.answer)
}

#[test]
fn an_app_stands_on_the_base_whose_layers_are_its_first() {
    let (old, new) = (base(false).snapshot(), base(true).snapshot());
    let on = |app: &Snapshot| {
        let Standing { on, layers, evidence } = standing(app, &old, &new);
        (on, layers, evidence)
    };
    let app = app_by("COPY . /app", |app| {
        app.write("app/x", b"x");
    });
    assert_eq!(on(&app), (Some(Side::Left), Some(1), "it stands on the old base: same diffIDs".to_owned()));
    let mut rebuilt = base(true);
    let rebuilt = rebuilt.write("app/x", b"x").built_on(&base(true));
    assert_eq!((on(&rebuilt).0, on(&rebuilt).1), (Some(Side::Right), Some(1)));
    let (none, layers, said) = on(&TestImage::new().write("app/x", b"x").snapshot());
    assert_eq!((none, layers), (None, None));
    assert!(said.contains("nothing tells"), "{said}");
    let mut labelled = TestImage::new().write("app/x", b"x").snapshot();
    labelled.facts.base = Some(BaseImage {
        name: Some("debian:12".to_owned()),
        digest: None,
        layers: Some(1),
        layers_confidence: Some(Confidence::Low),
        pinned: None,
        evidence: vec![BaseEvidence {
            layers: Some(1),
            ..BaseEvidence::new(EvidenceKind::History, Confidence::Low, "the history changes hands")
        }],
        confidence: Confidence::Medium,
        contradictions: Vec::new(),
    });
    let (none, layers, said) = on(&labelled);
    assert_eq!((none, layers), (None, Some(1)));
    assert!(said.ends_with("of debian:12 (low confidence: the history changes hands)"), "{said}");
}

#[test]
fn files_that_the_app_wrote_or_deleted_are_told_where_the_bump_changes_them() {
    let app = app_by("RUN sed -i s/1/x/ /usr/bin/tool /usr/bin/still && rm -r /usr/share/doc/tool", |app| {
        app.write("usr/bin/tool", b"x").write("usr/bin/still", b"x").remove("usr/share/doc/tool/copyright");
    });
    let (report, answer) = judged(&app, &[]);
    let told: Vec<_> = report
        .files
        .iter()
        .map(|row| (row.path.to_string(), row.action.as_str(), row.layer, row.owner.as_deref()))
        .collect();
    let expected = [
        ("/usr/bin/tool".to_owned(), "overwrote", 1, Some("deb:tool")),
        ("/usr/share/doc/tool/copyright".to_owned(), "deleted", 1, Some("deb:tool")),
    ];
    assert_eq!(told, expected, "what the bump leaves alone is not told");
    assert!(report.files[0].instruction.as_deref().unwrap().starts_with("RUN sed"));
    assert_eq!(answer.reply, Reply::Look);
}

#[test]
fn a_whole_directory_that_the_app_deleted_is_one_row() {
    let mut own = TestImage::new();
    own.write("usr/share/.wh.doc", b"");
    let app = base(false).under(own);
    let (report, _) = judged(&app, &[]);
    let told: Vec<_> = report.files.iter().map(|row| (row.path.to_string(), row.covers)).collect();
    assert_eq!(told, [("/usr/share/doc".to_owned(), 2)]);
}

#[test]
fn packages_are_held_in_every_way_there_is() {
    let app = app_by("RUN apt-get install -y libssl3=1 && pip install setuptools==65.5.1", |app| {
        let status = "Package: tool\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 1\n\n\
                      Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.5\n";
        app.write("var/lib/dpkg/status", status.as_bytes());
        app.write("etc/apt/preferences.d/ssl", b"Package: libssl3 still\nPin: version 1*\nPin-Priority: 1001\n");
        app.wheel("app", "1.0", &[("app/x.py", b"x")]);
        let metadata = b"Name: app\nVersion: 1.0\nRequires-Dist: setuptools (==65.5.1)\nRequires-Dist: six==1.0\n\n";
        app.write(&TestImage::site("app-1.0.dist-info/METADATA"), metadata);
    });
    let (report, answer) = judged(&app, &[]);
    let told: Vec<_> = report
        .held
        .iter()
        .map(|held| format!("{} {} {}", held.package, held.how.as_str(), held.wanted.as_deref().unwrap_or("-")))
        .collect();
    let expected = [
        "deb:libssl3 pin 1",
        "deb:libssl3 preference version 1* at 1001",
        "deb:libssl3 installed 1.5",
        "deb:tool hold 1",
        "pypi:setuptools pin 65.5.1",
        "pypi:setuptools requirement 65.5.1",
    ];
    assert_eq!(told, expected, "`still` does not move, and `six` is not in the base");
    assert_eq!((report.held[0].old.as_deref(), report.held[0].new.as_deref()), (Some("1"), Some("2")));
    assert_eq!(report.held[5].by.as_deref(), Some("pypi:app 1.0"));
    assert_eq!(answer.reply, Reply::Look);
    assert!(answer.reasons.contains(&"3 packages are kept or brought by the app".to_owned()), "{:?}", answer.reasons);
}

#[test]
fn a_security_upload_that_the_app_keeps_away_is_said_as_such() {
    let changelog =
        b"tool (2) bookworm-security; urgency=high\n\n  * CVE-2024-12345\n\n -- A <a@b.c>  Mon, 01 Jan 2024\n";
    let mut newer = base(true);
    newer.write("usr/share/doc/tool/changelog", changelog);
    let (old, new) = (base(false).snapshot(), newer.snapshot());
    let drift = compare(&old, &new, Rules::built_in());
    let app = app_by("RUN apt-get install -y tool=1 libssl3=1", |app| {
        app.write("app/x", b"x");
    });
    let standing = standing(&app, &old, &new);
    let app = App { snapshot: &app, standing, linked: &[], warnings: Vec::new() };
    let reasons = bump([&old, &new], &drift, Some(app)).answer.reasons;
    let expected =
        ["1 package with security fixes is kept or brought by the app", "1 package is kept or brought by the app"];
    assert!(reasons.ends_with(&expected.map(str::to_owned)), "{reasons:?}");
}

#[test]
fn an_instruction_of_megabytes_is_looked_into_and_not_repeated_in_every_row() {
    let instruction = format!("RUN apt-get install -y libssl3=1 {}", "é".repeat(1 << 20));
    let app = app_by(&instruction, |app| {
        app.write(&format!("{LIB}/libssl.so.3"), b"the app's");
    });
    let (report, _) = judged(&app, &[]);
    let shown: Vec<&String> = report.held.iter().filter_map(|held| held.instruction.as_ref()).collect();
    assert!(!shown.is_empty() && shown.iter().all(|text| text.len() < 5_000 && text.ends_with("é...")));
}

#[test]
fn what_could_not_be_looked_into_is_no_yes() {
    let (old, new) = (base(false).snapshot(), base(true).snapshot());
    let drift = compare(&old, &new, Rules::built_in());
    let app = app_by("RUN pip install x", |app| {
        app.write("app/x.so", b"elf");
    });
    let reply = |warnings: Vec<String>| {
        let standing = standing(&app, &old, &new);
        bump([&old, &new], &drift, Some(App { snapshot: &app, standing, linked: &[], warnings })).answer
    };
    let words = "not all that the app is linked to could be looked into".to_owned();
    assert!(!reply(Vec::new()).reasons.contains(&words));
    let blind = reply(vec!["layer 1: a snapshot has no contents".to_owned()]);
    assert!(blind.reply >= Reply::Look && blind.reasons.contains(&words), "{:?}", blind.reasons);
}

#[test]
fn libraries_that_moved_or_are_gone_are_named_with_who_asks_for_them() {
    let app = app_by("RUN pip install x", |app| {
        app.write("opt/x/_x.cpython-311-x86_64-linux-gnu.so", b"elf");
        app.write("opt/x/libbundled.so.9", b"elf").write("opt/x/notes.so.txt", b"text");
        app.write(&format!("{LIB}/libssl.so.9"), b"the app's");
    });
    let (nodes, warnings) = to_read(&app, 1);
    let names: Vec<_> = nodes.iter().map(|node| node.path.to_string()).collect();
    let library = format!("/{LIB}/libssl.so.9");
    assert_eq!(names, ["/opt/x/_x.cpython-311-x86_64-linux-gnu.so", "/opt/x/libbundled.so.9", &library]);
    assert!(warnings.is_empty());
    let linked = |path_of: &str, needed: &[&str]| Linked {
        path: path(path_of),
        needed: needed.iter().map(|name| (*name).to_owned()).collect(),
    };
    let all = ["libssl.so.3", "libold.so.1", "libstill.so.1", "libbundled.so.9", "libssl.so.9", "nowhere.so", "../x"];
    let (report, answer) = judged(&app, &[linked("opt/x/a.so", &all), linked("opt/x/b.so", &["libssl.so.3"])]);
    let told: Vec<_> = report
        .libraries
        .iter()
        .map(|library| {
            (library.state.as_str(), library.soname.as_str(), library.package.as_deref(), library.users.len())
        })
        .collect();
    let expected = [("gone", "libold.so.1", Some("deb:libold1"), 1), ("moved", "libssl.so.3", Some("deb:libssl3"), 2)];
    assert_eq!(told, expected);
    let old = base(false).snapshot();
    let drift = compare(&old, &old, Rules::built_in());
    let of_another = base(true).write("opt/x.so", b"elf").snapshot();
    let standing = Standing { on: None, layers: Some(1), evidence: String::new() };
    let linked = [linked("opt/x.so", &["libssl.so.3"])];
    let app = App { snapshot: &of_another, standing, linked: &linked, warnings: Vec::new() };
    let same = bump([&old, &old], &drift, Some(app)).app.unwrap().libraries;
    assert_eq!(same, [], "the app's base differs, but the bump changes nothing");
    assert_eq!(answer.reply, Reply::No);
    assert!(answer.reasons[0].contains("1 library that the app is linked to is gone"), "{:?}", answer.reasons);
}

#[test]
fn the_same_base_may_be_merged_and_a_removed_package_is_looked_at() {
    let (old, new) = (base(false).snapshot(), base(true).snapshot());
    let drift = compare(&old, &old, Rules::built_in());
    let answer = bump([&old, &old], &drift, None).answer;
    assert_eq!((answer.reply, answer.reasons.join("")), (Reply::Yes, "it is the same image".to_owned()));
    let drift = compare(&old, &new, Rules::built_in());
    let answer = bump([&old, &new], &drift, None).answer;
    assert_eq!((answer.reply, answer.reasons[0].as_str()), (Reply::Look, "1 package is gone"));
}
