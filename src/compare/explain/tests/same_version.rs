//! The loudest alarm must not cry wolf: each way in which files of a package that did not move differ without anybody
//! having touched them, or by the app's own doing; and what an alarm tells.

use super::*;

/// Alarms, and how the given paths are explained.
fn explained(report: &DriftReport, paths: &[&str]) -> (usize, Vec<Explanation>) {
    (report.alarms(), paths.iter().map(|path| explanation(report, path)).collect())
}

#[test]
fn an_alarm_tells_both_hashes_and_what_is_recorded() {
    let app = TestImage::site("flask/app.py");
    let report = changed(|image| {
        image.write("usr/lib/libfoo.so", b"evil").write(&app, b"evil").mode("usr/share/foo/data", 0o4755);
    });
    let words = |path: &str| drift(&report, path).hashes.as_ref().unwrap().words(false);
    assert!(words("usr/lib/libfoo.so").contains("md5sums says "), "{}", words("usr/lib/libfoo.so"));
    assert!(words("usr/lib/libfoo.so").contains(": left matches, right has "));
    assert!(words(&app).contains("RECORD says "));
    assert!(words("usr/share/foo/data").contains(" on both sides; "), "a mode that gained is not of other bytes");
    let turned = |target: &str| {
        let mut image = image();
        image.deb("links", "1", &[("usr/lib/libfoo.so.1", b"")]).symlink("usr/lib/libfoo.so.1", target);
        image.write("var/lib/dpkg/info/links.md5sums", b"");
        image
    };
    let report_of_link = super::report(&turned("libfoo.so"), &turned("/tmp/evil.so"));
    let link = drift(&report_of_link, "usr/lib/libfoo.so.1");
    assert_eq!(link.explanation, Explanation::SameVersion);
    assert_eq!(&*link.detail, "the link led to libfoo.so, now to /tmp/evil.so");
    let finding = report.findings.iter().find(|finding| finding.check == "same-version").unwrap();
    let told: Vec<String> = finding.hashes.iter().map(|hashes| hashes.words(false)).collect();
    assert_eq!(told, ["usr/lib/libfoo.so", "usr/share/foo/data"].map(words));
}

#[test]
fn a_finding_of_both_images_tells_the_bytes_of_both() {
    let (mut left, mut right) = (image(), image());
    left.write("usr/lib/libfoo.so", b"by hand");
    right.write("usr/lib/libfoo.so", b"by another hand");
    let report = report(&left, &right);
    let finding = report.findings.iter().find(|finding| finding.check == "dpkg-mismatch").unwrap();
    assert!(finding.hashes[0].left.is_some() && finding.hashes[0].right.is_some());
}

#[test]
fn a_slimmed_image_has_lost_files_and_is_not_tampered_with() {
    let (mut left, mut right) = (TestImage::new(), TestImage::new());
    let docs: [(&str, &[u8]); 2] = [("usr/bin/x", b"x"), ("usr/share/doc/x/changelog.Debian.gz", b"log")];
    left.deb("x", "1", &docs);
    right.deb("x", "1", &docs).remove(docs[1].0);
    assert_eq!(explained(&report(&left, &right), &[docs[1].0]), (0, vec![Explanation::Unexplained]));
}

#[test]
fn an_apps_own_override_is_no_alarm_and_neither_is_what_is_compiled_from_it() {
    let cache = TestImage::site("flask/__pycache__/app.cpython-311.pyc");
    let source = TestImage::site("flask/app.py");
    let (mut left, mut right) = (image(), image());
    left.write(&source, b"own 1").pyc(&cache, 1_700_000_000, 5, b"code 1");
    right.write(&source, b"own 2").pyc(&cache, 1_700_000_000, 5, b"code 2");
    let overridden = report(&left, &right);
    assert_eq!(explained(&overridden, &[&source, &cache]), (0, vec![Explanation::Unexplained; 2]));
    // Behind a source that is the same on both sides other code is an alarm, whoever wrote the source.
    right.write(&source, b"own 1");
    assert_eq!(explained(&report(&left, &right), &[&cache]), (1, vec![Explanation::SameVersion]));
    // And so it is behind a source that only one side overrides.
    left.write(&source, b"app");
    right.write(&source, b"own 2");
    assert_eq!(explained(&report(&left, &right), &[&cache]), (2, vec![Explanation::SameVersion]));
}

/// `flask` of Flask 3.0.0 as pip 23.0.1 and pip 25.2 write it.
const PIP_23: &[u8] = b"#!/usr/bin/python3\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom flask.cli import main\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n";
const PIP_25: &[u8] = b"#!/usr/bin/python3\nimport sys\nfrom flask.cli import main\nif __name__ == '__main__':\n    if sys.argv[0].endswith('.exe'):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(main())\n";

#[test]
fn two_versions_of_pip_write_scripts_in_other_words_and_requested_where_asked() {
    let with = |script: &[u8], requested: bool| {
        let entry_points: &[u8] = b"[console_scripts]\nflask = flask.cli:main\n";
        let mut files: Vec<(&str, &[u8])> =
            vec![("../../../bin/flask", script), ("flask-3.0.0.dist-info/entry_points.txt", entry_points)];
        files.extend(requested.then_some(("flask-3.0.0.dist-info/REQUESTED", b"".as_slice())));
        let mut image = TestImage::new();
        image.wheel("flask", "3.0.0", &files).remove(&TestImage::site("../../../bin/flask"));
        image.write("usr/bin/flask", script).mode("usr/bin/flask", 0o755);
        image
    };
    let report = report(&with(PIP_23, false), &with(PIP_25, true));
    let (record, requested) =
        (TestImage::site("flask-3.0.0.dist-info/RECORD"), TestImage::site("flask-3.0.0.dist-info/REQUESTED"));
    let expected = vec![Explanation::Generated, Explanation::Noise, Explanation::Noise];
    assert_eq!(explained(&report, &["usr/bin/flask", &record, &requested]), (0, expected));
}

#[test]
fn a_merged_usr_moves_files_and_changes_none() {
    let (mut left, mut right) = (TestImage::new(), TestImage::new());
    left.deb("coreutils", "1", &[("bin/ls", b"elf")]);
    right.deb("coreutils", "1", &[("bin/ls", b"elf")]).remove("bin/ls");
    right.symlink("bin", "usr/bin").write("usr/bin/ls", b"elf");
    assert_eq!(report(&left, &right).alarms(), 0);
    let untouched = right.snapshot().findings(crate::model::Side::Left, Rules::built_in());
    assert!(
        untouched.iter().all(|finding| !["dpkg-mismatch", "files-missing"].contains(&finding.check)),
        "{untouched:?}"
    );
    let mut evil = right.clone();
    evil.write("usr/bin/ls", b"evil");
    assert_eq!(explained(&report(&right, &evil), &["usr/bin/ls"]), (1, vec![Explanation::SameVersion]));
}

#[test]
fn a_diverted_file_is_looked_for_where_dpkg_put_it() {
    let diverted = |image: &mut TestImage| {
        image
            .deb("foo-ng", "1", &[("usr/share/foo/data", b"other data")])
            .write("usr/share/foo/data.distrib", b"data")
            .write("var/lib/dpkg/diversions", b"/usr/share/foo/data\n/usr/share/foo/data.distrib\nfoo-ng\n");
    };
    let report = changed(diverted);
    let paths = ["usr/share/foo/data", "usr/share/foo/data.distrib"];
    assert_eq!(explained(&report, &paths), (0, vec![Explanation::Package, Explanation::Unexplained]));
    assert!(report.findings.iter().all(|finding| finding.check != "dpkg-mismatch"));
    let (mut left, mut right) = (image(), image());
    diverted(&mut left);
    diverted(&mut right);
    right.write("usr/share/foo/data.distrib", b"evil");
    let evil = super::report(&left, &right);
    assert_eq!(explained(&evil, &["usr/share/foo/data.distrib"]), (1, vec![Explanation::SameVersion]));
}

#[test]
fn an_alternative_that_another_package_provides_is_no_alarm() {
    let with = |vim: bool| {
        let mut image = TestImage::new();
        image.deb("nano", "1", &[("usr/bin/nano", b"nano")]).symlink("usr/bin/editor", "/etc/alternatives/editor");
        if vim {
            image.deb("vim", "1", &[("usr/bin/vim", b"vim")]);
        }
        image.symlink("etc/alternatives/editor", if vim { "/usr/bin/vim" } else { "/usr/bin/nano" });
        let choices = if vim { "/usr/bin/nano\n40\n/usr/bin/vim\n50\n" } else { "/usr/bin/nano\n40\n" };
        let group = format!("auto\n/usr/bin/editor\n\n{choices}\n");
        image.write("var/lib/dpkg/alternatives/editor", group.as_bytes());
        image
    };
    let report = report(&with(false), &with(true));
    assert_eq!(explained(&report, &["etc/alternatives/editor"]), (0, vec![Explanation::Generated]));
}

#[test]
fn a_record_differs_in_rows_of_noise_alone_or_is_not_explained() {
    let log = "var/log/dpkg.log";
    let line = |date: &str| format!("{date} 07:52:11 startup archives unpack\n").into_bytes();
    // A wheel that lists a log: the simplest file that a mask proves noise.
    let with = |date: &str, more: &[(&str, &[u8])]| {
        let written = "../../../../var/log/dpkg.log";
        let log_bytes = line(date);
        let mut files = vec![(written, log_bytes.as_slice())];
        files.extend(more);
        let mut image = TestImage::new();
        image.wheel("built", "1.0", &files).remove(&TestImage::site(written)).write(log, &line(date));
        image
    };
    let record = TestImage::site("built-1.0.dist-info/RECORD");
    let left = with("2026-10-01", &[]);
    let noisy = report(&left, &with("2026-11-01", &[]));
    let found = drift(&noisy, &record);
    assert_eq!((found.explanation, found.proof), (Explanation::Generated, Some(Proof::Hash)));
    assert_eq!(&*found.detail, "lists the hashes of 1 file that differ as noise, and differs in nothing else");
    assert_eq!(noisy.alarms(), 0);

    let mut lying = with("2026-11-01", &[]);
    lying.write(log, &line("2026-12-01"));
    assert_ne!(explanation(&report(&left, &lying), &record), Explanation::Generated, "it does not name these bytes");
    let more = with("2026-11-01", &[("built/evil.py", b"evil")]);
    assert_ne!(explanation(&report(&left, &more), &record), Explanation::Generated, "a row more");
    let (one, other) = (with("2026-10-01", &[("built/a.py", b"a")]), with("2026-11-01", &[("built/a.py", b"b")]));
    let real = report(&one, &other);
    assert_ne!(explanation(&real, &record), Explanation::Generated, "a row of a file that really differs");
    assert_eq!(explanation(&real, &TestImage::site("built/a.py")), Explanation::SameVersion);
}
