//! Every way in which an image can be known in part: what is answered, and what a gate does with it.

use std::path::Path;

use super::cache;
use super::formats::fixture::{Pack, Tiny};
use sha2::Digest as _;

type Files<'a> = Vec<(&'a str, String)>;

/// An archive of an image whose layers hold these files.
fn archive(folder: &Path, name: &str, layers: &[Files<'_>]) -> String {
    let packed = layers.iter().map(|files| {
        let mut pack = Pack::new();
        for (path, text) in files {
            match text.strip_prefix("-> ") {
                Some(target) => pack.link(path, target, tar::EntryType::Symlink),
                None if text == "=> " => pack.link(path, "no/such/file", tar::EntryType::Link),
                None => pack.file(path, text.as_bytes()),
            }
        }
        pack.finish()
    });
    write(folder, name, packed.collect())
}

fn write(folder: &Path, name: &str, layers: Vec<Vec<u8>>) -> String {
    let image = Tiny::of_layers(layers);
    let path = folder.join(format!("{name}.tar"));
    std::fs::write(&path, super::formats::fixture::legacy(&[(&image, serde_json::json!([format!("{name}:1")]))]))
        .unwrap();
    path.display().to_string()
}

fn deb(name: &str, version: &str) -> String {
    format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n")
}

/// What an image of Debian has, with `program` as the bytes of the one program.
fn debian(program: &str) -> Files<'static> {
    let md5 = md5_hex(program);
    vec![
        ("etc/os-release", "PRETTY_NAME=\"Debian\"\n".to_owned()),
        ("var/lib/dpkg/status", deb("a", "1")),
        ("var/lib/dpkg/info/a.list", "/.\n/usr/bin/a\n".to_owned()),
        ("var/lib/dpkg/info/a.md5sums", format!("{md5}  usr/bin/a\n")),
        ("usr/bin/a", program.to_owned()),
    ]
}

fn md5_hex(text: &str) -> String {
    imgdrift::model::Md5(md5::Md5::digest(text.as_bytes()).into()).to_string()
}

fn with(mut files: Files<'static>, more: &[(&'static str, &str)]) -> Files<'static> {
    files.extend(more.iter().map(|(path, text)| (*path, (*text).to_owned())));
    files
}

/// The first line, and the exit codes of `--fail-on drifted` and of `--fail-on dependency-equivalent`.
fn answer(left: &str, right: &str, more: &[&str]) -> (String, [i32; 2]) {
    let run = |gate: &[&str]| cache::run(cache::folder(), &[&[left, right], more, gate].concat());
    let plain = run(&[]);
    let text = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.status.success(), "{}", String::from_utf8_lossy(&plain.stderr));
    let code = |word: &str| run(&["--fail-on", word]).status.code().unwrap();
    (text.lines().next().unwrap_or_default().to_owned(), ["drifted", "dependency-equivalent"].map(code))
}

/// One way to be incomplete: its name, both images, what the first line starts with.
struct Case {
    name: &'static str,
    left: String,
    right: String,
    more: &'static [&'static str],
    line: &'static str,
}

fn case(folder: &Path, name: &'static str, left: &[Files<'_>], right: &[Files<'_>], line: &'static str) -> Case {
    let made = |side: &str, layers: &[Files<'_>]| archive(folder, &format!("{name}-{side}").replace(' ', "-"), layers);
    Case { name, left: made("left", left), right: made("right", right), more: &[], line }
}

/// Databases that nothing reads, in images whose packages differ.
fn unread(folder: &Path) -> Vec<Case> {
    let of = |name, path, line| {
        let image = |text: &str| [vec![(path, text.to_owned()), ("usr/lib/x.so", format!("elf {text}"))]];
        case(folder, name, &image("P:x 1"), &image("P:x 2"), line)
    };
    let node = |version: &str| [with(debian("a"), &[("app/node_modules/x/package.json", version)])];
    vec![
        of(
            "apk",
            "lib/apk/db/installed",
            "unknown: apk's database /lib/apk/db/installed is not read (both); 2 paths differ",
        ),
        of("rpm", "var/lib/rpm/rpmdb.sqlite", "unknown: rpm's database /var/lib/rpm/rpmdb.sqlite is not read (both)"),
        of(
            "rpm of distroless",
            "var/lib/rpmmanifest/container-manifest-2",
            "unknown: rpm's database /var/lib/rpmmanifest",
        ),
        of(
            "conda",
            "opt/conda/conda-meta/x-1-0.json",
            "unknown: conda's database /opt/conda/conda-meta/x-1-0.json is not read",
        ),
        of(
            "chisel",
            "var/lib/chisel/manifest.wall",
            "unknown: chisel's manifest /var/lib/chisel/manifest.wall is not read",
        ),
        of("nix", "nix/store/0123-x/bin/x", "unknown: Nix's store /nix/store/0123-x is not read (both)"),
        case(
            folder,
            "npm",
            &node("1"),
            &node("2"),
            "unknown: npm's database /app/node_modules/x/package.json is not read (both); 1 path differs",
        ),
    ]
}

/// dpkg's database gone, in part or whole, or elsewhere.
fn lost(folder: &Path) -> Vec<Case> {
    let above = |name, upper, line| case(folder, name, &[debian("a")], &[debian("a"), upper], line);
    let none: Files<'static> = Vec::new();
    let deleted = "unknown: dpkg's database of a lower layer was deleted: it lists 1 package (right)";
    let other = vec![("var/lib/dpkg/status", deb("b", "1")), ("usr/bin/a", "b".to_owned())];
    let linked = |text: &str| {
        let status = deb("a", text);
        [with(Vec::new(), &[("var/lib/dpkg", "-> ../../opt/dpkg"), ("opt/dpkg/status", &status), ("x", text)])]
    };
    let slim = |text: &str| [with(Vec::new(), &[("etc/os-release", "ID=debian\n"), ("usr/lib/x.so", text)])];
    vec![
        above("database deleted above", with(none.clone(), &[("var/lib/.wh.dpkg", ""), ("usr/bin/a", "b")]), deleted),
        above("database emptied above", with(none, &[("var/lib/dpkg/status", ""), ("usr/bin/a", "b")]), deleted),
        above("a record deleted above", other, "unknown: packages that a lower layer's dpkg lists are in no database"),
        case(
            folder,
            "no database at all",
            &slim("1"),
            &slim("2"),
            "unknown: no database of the system's packages was found",
        ),
        case(
            folder,
            "dpkg behind a link",
            &linked("1"),
            &linked("2"),
            "unknown: dpkg's database /opt/dpkg/status is not read: it stands behind a link (both)",
        ),
    ]
}

/// Records and entries that cannot be read, and digests that are not checked.
fn broken(folder: &Path) -> Vec<Case> {
    let nameless = |text: &str| [with(debian("a"), &[("var/lib/dpkg/status.d/x", "Version: 1\n"), ("app/x", text)])];
    let unversioned = |text: &str| {
        let metadata = ("opt/site-packages/x-1.dist-info/METADATA", "Name: x\n");
        [with(debian("a"), &[metadata, ("opt/site-packages/x.py", text)])]
    };
    let above = |name, file, line| case(folder, name, &[debian("a")], &[debian("a"), with(Vec::new(), &[file])], line);
    let unchecked = case(folder, "--no-verify", &[debian("a")], &[debian("b")], "unknown: digests were not checked");
    vec![
        case(
            folder,
            "a record without a name",
            &nameless("1"),
            &nameless("2"),
            "unknown: dpkg's database has records that name no package: 1 (both)",
        ),
        case(
            folder,
            "metadata without a version",
            &unversioned("1"),
            &unversioned("2"),
            "unknown: metadata of Python's distributions lacks a name or a version: 1 (both)",
        ),
        above("a hardlink to nothing", ("usr/bin/b", "=> "), "unknown: hardlinks that lead to no file are left out"),
        above("a whiteout without a name", ("usr/bin/.wh.", ""), "unknown: whiteouts that name no file"),
        Case { more: &["--no-verify"], ..unchecked },
    ]
}

/// What is whole, and gaps that could speak of nothing that differs.
fn calm(folder: &Path) -> Vec<Case> {
    let node = |text: &str| [with(debian("a"), &[("app/node_modules/x/package.json", "1"), ("app/x", text)])];
    let changed = with(Vec::new(), &[("usr/bin/a", "b")]);
    let apk = || vec![("lib/apk/db/installed", "P:x".to_owned()), ("usr/lib/x.so", "elf".to_owned())];
    vec![
        case(
            folder,
            "npm with equal packages",
            &node("1"),
            &node("2"),
            "dependency-equivalent, 1 unexplained, 0 alarms: the same packages",
        ),
        case(folder, "whole", &[debian("a")], &[debian("a"), changed], "drifted, 0 unexplained, 1 alarm"),
        case(folder, "apk with equal files", &[apk()], &[apk(), Vec::new()], "content-equivalent, proven: "),
    ]
}

/// Run with `--nocapture` it prints the table of the closing note.
#[test]
fn every_way_to_be_incomplete_is_told_first_and_fails_every_gate() {
    let folder = tempfile::tempdir().unwrap();
    println!("| way | first line | --fail-on drifted | --fail-on dependency-equivalent |\n|---|---|---|---|");
    for Case { name, left, right, more, line } in
        [unread, lost, broken, calm].iter().flat_map(|cases| cases(folder.path()))
    {
        let (found, codes) = answer(&left, &right, more);
        println!("| {name} | {found} | {} | {} |", codes[0], codes[1]);
        assert!(found.starts_with(line), "{name}: {found}");
        let expected = match found.split([',', ':']).next().unwrap() {
            "unknown" | "drifted" => [1, 1],
            "dependency-equivalent" => [0, 1],
            _ => [0, 0],
        };
        assert_eq!(codes, expected, "{name}");
        let is_unknown = found.starts_with("unknown");
        for format in ["text", "markdown"].into_iter().filter(|_| is_unknown) {
            let of = |words: &[&str]| {
                let output = cache::run(cache::folder(), &[words, more, &["--format", format]].concat());
                String::from_utf8(output.stdout).unwrap()
            };
            let reports = [of(&[&left, &right]), of(&["bump", &left, &right])];
            for never in ["the same packages", ", proven", "faithful", "no package moved"] {
                assert!(
                    !reports.iter().any(|report| report.contains(never)),
                    "{name}: {never}: {}",
                    reports.join("\n")
                );
            }
        }
    }
}

#[test]
fn an_image_read_whole_has_no_gap_and_a_snapshot_keeps_those_of_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = cache::run(cache::folder(), &[arguments, &["--format", "json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let whole = archive(folder.path(), "whole", &[debian("a")]);
    assert_eq!(json(&["inspect", &whole])["completeness"], serde_json::json!([]));
    let digest = json(&["digest", &whole]);
    assert_eq!(
        (&digest["content_incomplete"], &digest["dependencies_incomplete"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );

    let broken = with(debian("a"), &[("lib/apk/db/installed", "P:x"), ("usr/bin/b", "=> ")]);
    let broken = archive(folder.path(), "broken", &[broken]);
    let digest = json(&["digest", &broken]);
    assert_eq!(digest["content_incomplete"], serde_json::json!(["entries"]));
    assert_eq!(digest["dependencies_incomplete"], serde_json::json!(["database", "entries"]));
    let snapshot = folder.path().join("broken.snapshot").display().to_string();
    assert!(cache::run(cache::folder(), &["snapshot", &broken, "-o", &snapshot]).status.success());
    assert_eq!(json(&["digest", &snapshot]), digest);
    let gaps = &json(&["inspect", &broken])["completeness"];
    assert_eq!(&json(&["inspect", &broken, "--no-cache"])["completeness"], gaps);
    assert_eq!(&json(&["inspect", &snapshot])["completeness"], gaps);
    assert_eq!(gaps.as_array().unwrap().len(), 2);
    // One and the same image is identical, whatever was not read of it.
    let same = json(&[&broken, &broken]);
    assert_eq!((&same["verdict"], &same["completeness"][0]["decides"]), (&"identical".into(), &false.into()));
}
