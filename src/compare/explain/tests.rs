//! Each explanation on images made for it, and for each calm one a pair where something real hides behind it.

mod generated;
mod noise;
mod user_rules;

use super::super::{Drift, DriftReport, compare};
use crate::model::{Explanation, HistoryEntry, PackageMove, Proof, Verdict};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::{TestImage, sha256};

fn report(left: &TestImage, right: &TestImage) -> DriftReport {
    compare(&left.snapshot(), &right.snapshot(), Rules::built_in())
}

fn drift<'r>(report: &'r DriftReport, path: &str) -> &'r Drift {
    let row = report.files.rows.iter().find(|row| row.path.as_str() == Some(path));
    row.and_then(|row| row.drift.as_ref()).unwrap_or_else(|| panic!("{path} does not differ"))
}

fn explanation(report: &DriftReport, path: &str) -> Explanation {
    drift(report, path).explanation
}

/// One deb, one wheel and an app file.
fn image() -> TestImage {
    let mut image = TestImage::new();
    image
        .deb("libfoo", "1.0-1", &[("usr/lib/libfoo.so", b"foo 1"), ("usr/share/foo/data", b"data")])
        .wheel("flask", "3.0.0", &[("flask/app.py", b"app"), ("flask/cli.py", b"cli")])
        .write("app/main.py", b"print()");
    image
}

/// The same image, with a change.
fn changed(change: impl FnOnce(&mut TestImage)) -> DriftReport {
    let (left, mut right) = (image(), image());
    change(&mut right);
    report(&left, &right)
}

#[test]
fn time_alone_is_mtime_and_leaves_the_content_equal() {
    let report = changed(|image| {
        image.mtime("usr/lib/libfoo.so", 5);
    });
    assert_eq!(explanation(&report, "usr/lib/libfoo.so"), Explanation::Mtime);
    assert_eq!(report.verdict, Verdict::ContentEquivalent);
    assert!(report.is_proven());
    assert_eq!(report.left.content_digest, report.right.content_digest);
}

#[test]
fn bytes_behind_an_unmoved_package_are_the_loudest_alarm() {
    let report = changed(|image| {
        image.write("usr/lib/libfoo.so", b"evil").write(&TestImage::site("flask/app.py"), b"evil");
    });
    for path in ["usr/lib/libfoo.so", &TestImage::site("flask/app.py")] {
        assert_eq!(explanation(&report, path), Explanation::SameVersion, "{path}");
        assert!(drift(&report, path).detail.contains("right image's file does not match"), "{path}");
    }
    assert_eq!(report.verdict, Verdict::Drifted);
    assert_eq!(report.alarms(), 2);
    let owned: Vec<usize> = report.packages.iter().map(|row| row.files.len()).collect();
    assert_eq!(owned.iter().sum::<usize>(), 2);
}

#[test]
fn dpkgs_own_record_of_an_unmoved_package_is_watched_too() {
    let report = changed(|image| {
        image.write("var/lib/dpkg/info/libfoo.md5sums", b"");
    });
    assert_eq!(explanation(&report, "var/lib/dpkg/info/libfoo.md5sums"), Explanation::SameVersion);
}

#[test]
fn privileges_gained_are_never_metadata() {
    let report = changed(|image| {
        image.mode("usr/lib/libfoo.so", 0o4755).xattr("usr/share/foo/data", "security.capability", b"\x01");
        image.mode("app/main.py", 0o4755);
    });
    assert_eq!(explanation(&report, "usr/lib/libfoo.so"), Explanation::SameVersion);
    assert_eq!(&*drift(&report, "usr/lib/libfoo.so").detail, "setuid gained");
    assert_eq!(&*drift(&report, "usr/share/foo/data").detail, "file capability gained");
    assert_eq!(explanation(&report, "app/main.py"), Explanation::Unexplained);
    let report = changed(|image| {
        image.mode("app/main.py", 0o600);
    });
    assert_eq!(explanation(&report, "app/main.py"), Explanation::Metadata);
    assert_eq!(&*drift(&report, "app/main.py").detail, "mode 0644 → 0600");
    assert_eq!(report.verdict, Verdict::DependencyEquivalent);
}

#[test]
fn a_moved_package_explains_only_what_matches_its_record() {
    let left = image();
    let mut right = TestImage::new();
    right
        .deb("libfoo", "1.0-2", &[("usr/lib/libfoo.so", b"foo 2"), ("usr/share/foo/data", b"data 2")])
        .deb("new", "1", &[("usr/bin/new", b"new")])
        .wheel("flask", "2.0.0", &[("flask/app.py", b"older")])
        .write("app/main.py", b"print()")
        .write("usr/share/foo/data", b"patched by hand");
    let report = report(&left, &right);
    let moved = drift(&report, "usr/lib/libfoo.so");
    assert_eq!((moved.explanation, moved.proof), (Explanation::Package, Some(Proof::Hash)));
    assert_eq!(&*moved.detail, "upgraded 1.0-1 → 1.0-2");
    let patched = drift(&report, "usr/share/foo/data");
    assert_eq!(patched.explanation, Explanation::Unexplained);
    assert!(patched.detail.starts_with("modified after install in the right image"), "{}", patched.detail);
    assert_eq!(explanation(&report, "usr/bin/new"), Explanation::Package);
    assert_eq!(explanation(&report, "var/lib/dpkg/info/libfoo.md5sums"), Explanation::Package);
    assert_eq!(explanation(&report, "var/lib/dpkg/status"), Explanation::Generated);
    assert_eq!(explanation(&report, &TestImage::site("flask/cli.py")), Explanation::Package);
    assert_eq!(report.moved(Some(PackageMove::Downgraded)), 1);
    assert_eq!(report.moved(Some(PackageMove::Upgraded)), 1);
    assert!(report.headline().starts_with("drifted, 1 unexplained, 0 alarms"), "{}", report.headline());
}

#[test]
fn deleted_and_edited_owned_files_are_unexplained_not_alarms() {
    let (mut left, mut right) = (image(), image());
    left.conffile("conf", "1", "etc/conf", b"shipped").write("usr/share/foo/data", b"override 1");
    right.conffile("conf", "1", "etc/conf", b"shipped").write("etc/conf", b"edited");
    right.write("usr/share/foo/data", b"override 2").remove("usr/lib/libfoo.so");
    let report = report(&left, &right);
    assert_eq!(&*drift(&report, "etc/conf").detail, "edited conffile");
    assert!(drift(&report, "usr/share/foo/data").detail.starts_with("overridden in both images"));
    assert_eq!(&*drift(&report, "usr/lib/libfoo.so").detail, "absent, although deb:libfoo lists it");
    assert_eq!((report.unexplained(), report.alarms()), (3, 0));
}

#[test]
fn compiled_python_of_an_equal_source_is_bytecode_and_another_opcode_is_not() {
    let cache = TestImage::site("flask/__pycache__/app.cpython-311.pyc");
    let (mut left, mut right) = (image(), image());
    left.pyc(&cache, 1_700_000_000, 3, b"code");
    right.pyc(&cache, 1_700_000_999, 3, b"code").mtime(&TestImage::site("flask/app.py"), 1_700_000_999);
    let same = report(&left, &right);
    assert_eq!(explanation(&same, &cache), Explanation::Bytecode);
    assert_eq!(same.left.content_digest, same.right.content_digest);
    let times = "the source's time in bytes 8 to 11 2023-11-14 22:13:20 → 2023-11-14 22:29:59";
    assert_eq!(drift(&same, &cache).evidence.as_deref(), Some(times));
    right.pyc(&cache, 1_700_000_000, 3, b"evil");
    let opcode = report(&left, &right);
    assert_eq!(explanation(&opcode, &cache), Explanation::SameVersion);
    assert_eq!(drift(&opcode, &cache).owner.as_deref(), Some("pypi:flask"));
    left.pyc(&cache, 1_700_000_000, 3, b"code").write(&TestImage::site("flask/app.py"), b"APP");
    right.pyc(&cache, 1_700_000_999, 3, b"code");
    assert_eq!(explanation(&report(&left, &right), &cache), Explanation::Noise);
}

#[test]
fn compiled_python_follows_the_package_of_its_source_only_when_its_header_names_it() {
    let cache = "usr/share/foo/__pycache__/m.cpython-311.pyc";
    let at_version = |version: &str, source: &[u8], code: &[u8]| {
        let mut image = TestImage::new();
        image.deb("foo", version, &[("usr/share/foo/m.py", source)]).pyc(cache, 1_700_000_000, source.len(), code);
        image
    };
    let code = TestImage::code(&[], "");
    let (left, mut right) =
        (at_version("1", b"one", &code), at_version("2", b"three", &TestImage::code(&["three"], "")));
    let moved = report(&left, &right);
    assert_eq!((explanation(&moved, cache), drift(&moved, cache).proof), (Explanation::Package, Some(Proof::Header)));
    right.pyc(cache, 1_700_000_000, 99, &code);
    assert_eq!(explanation(&report(&left, &right), cache), Explanation::Unexplained);
}

#[test]
fn a_mask_says_what_it_hides_and_findings_which_layer_made_it() {
    let log = |time: &str| format!("{time} install foo:amd64 <none> 1\n");
    let (mut left, mut right) = (image(), image());
    left.write("var/log/dpkg.log", log("2026-11-20 07:41:00").as_bytes());
    right.write("var/log/dpkg.log", log("2026-11-21 07:43:12").as_bytes());
    let report = report(&left, &right);
    let times = "first time 2026-11-20 07:41:00 → 2026-11-21 07:43:12";
    assert_eq!(drift(&report, "var/log/dpkg.log").evidence.as_deref(), Some(times));
    let finding = report.findings.iter().find(|finding| finding.check == "nondeterministic").unwrap();
    assert_eq!(finding.layers, [0]);
    let causes = report.causes();
    assert_eq!((causes[0].layers.as_slice(), causes[0].evidence), (&[0][..], Some(times)));
}

#[test]
fn noise_by_path_is_likely_and_never_an_executable() {
    let report = changed(|image| {
        image.write("var/cache/ldconfig/aux-cache", b"x").write("tmp/run.sh", b"#!/bin/sh").mode("tmp/run.sh", 0o755);
    });
    let noise = drift(&report, "var/cache/ldconfig/aux-cache");
    assert_eq!((noise.explanation, noise.proof), (Explanation::Noise, Some(Proof::Path)));
    assert!(noise.fix.is_some());
    assert_eq!(explanation(&report, "tmp/run.sh"), Explanation::Unexplained);
    assert_eq!(explanation(&report, "tmp"), Explanation::Unexplained);
    assert_eq!(explanation(&report, "var/cache/ldconfig"), Explanation::Noise);
    assert!(!report.is_proven());
}

#[test]
fn a_path_rule_speaks_of_bytes_and_not_of_who_may_write_them() {
    let cache = "var/cache/ldconfig/aux-cache";
    let (mut left, mut right) = (image(), image());
    left.write(cache, b"1");
    right.write(cache, b"2");
    assert_eq!(explanation(&report(&left, &right), cache), Explanation::Noise);
    right.mode(cache, 0o666);
    assert_eq!(explanation(&report(&left, &right), cache), Explanation::Unexplained);
}

#[test]
fn what_the_image_runs_is_no_noise_wherever_it_stands() {
    let running = |argument: &str| {
        let with = |code: &[u8]| {
            let mut image = image();
            image.write("tmp/app", code);
            image.config.runtime.entrypoint = vec!["python3".to_owned(), argument.to_owned()];
            image
        };
        report(&with(b"one"), &with(b"other"))
    };
    assert_eq!(explanation(&running("/app/main.py"), "tmp/app"), Explanation::Noise);
    let run = running("/tmp/app");
    assert_eq!(explanation(&run, "tmp/app"), Explanation::Unexplained);
    assert_ne!(run.left.content_digest, run.right.content_digest);
}

#[test]
fn what_a_mask_hides_in_a_package_that_moved_is_put_down_to_the_move() {
    let path = "usr/lib/foo/data.gz";
    // `gzip` of "hello", at this time.
    let packed = |time: u8| {
        let header = [0x1f, 0x8b, 8, 0, time, 0xf1, 0x53, 0x65, 2, 3];
        let rest = b"\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\0\0\0";
        [&header[..], rest].concat()
    };
    let with = |version: &str, time| {
        let mut image = TestImage::new();
        image.deb("libfoo", version, &[(path, &packed(time))]);
        image
    };
    let report = report(&with("1.0-1", 1), &with("1.0-2", 2));
    let found = drift(&report, path);
    assert_eq!((found.explanation, found.proof), (Explanation::Noise, Some(Proof::Mask)));
    assert_eq!(&*found.detail, "its package moved: deb:libfoo upgraded 1.0-1 → 1.0-2");
    assert_eq!(found.fix, None, "no Dockerfile can help it");
    let cause = report.causes().into_iter().find(|cause| cause.rule == "gzip").unwrap();
    assert_eq!((cause.detail, cause.fix), (&*found.detail, None));
}

#[test]
fn a_time_in_a_header_that_switches_code_on_is_no_noise() {
    let (source, cache) = ("app/m.py", "app/__pycache__/m.cpython-311.pyc");
    let with = |time| {
        let mut image = TestImage::new();
        image.write(source, b"code").mtime(source, 1_700_000_000).pyc(cache, time, 4, b"other code");
        image
    };
    let ignored = with(1_600_000_000);
    assert_eq!(explanation(&report(&ignored, &with(1_500_000_000)), cache), Explanation::Bytecode);
    let rounded = report(&with(1_700_000_000), &with(1_699_999_999));
    assert_eq!(explanation(&rounded, cache), Explanation::Bytecode, "a time that was rounded up");
    let switched = report(&ignored, &with(1_700_000_000));
    assert_eq!(explanation(&switched, cache), Explanation::Unexplained);
    assert!(drift(&switched, cache).detail.contains("Python runs that one"));
}

#[test]
fn a_key_is_noise_only_where_the_build_made_it() {
    let path = "etc/ssh/ssh_host_ed25519_key.pub";
    let built_by = |instruction: &str| {
        let with = |key: &str| {
            let mut image = TestImage::new();
            image.write(path, format!("ssh-ed25519 {key} root@build\n").as_bytes());
            let row = HistoryEntry { created_by: Some(instruction.to_owned()), ..HistoryEntry::default() };
            image.config.history.push(row);
            image.config.diff_ids.push(sha256(b"layer"));
            image
        };
        let report = report(&with("AAAAC3NzaC1lZDI1"), &with("AAAAC3NzaC1lZDI2"));
        (explanation(&report, path), drift(&report, path).proof)
    };
    let proven = (Explanation::Noise, Some(Proof::Mask));
    assert_eq!(built_by("RUN /bin/sh -c ssh-keygen -A # buildkit"), proven);
    assert_eq!(built_by("COPY keys /etc/ssh # buildkit"), (Explanation::Unexplained, None));
    // What moved it there could have brought another.
    let likely = (Explanation::Noise, Some(Proof::Path));
    for command in ["./setup.sh", "mv /tmp/key /etc/ssh/", "apt-get install -y curl"] {
        assert_eq!(built_by(&format!("RUN /bin/sh -c {command} # buildkit")), likely, "{command}");
    }
}

#[test]
fn a_key_is_proven_where_the_package_that_makes_it_arrived() {
    let path = "etc/ssh/ssh_host_ed25519_key.pub";
    let with = |key: &str, is_in_base: bool| {
        let (mut base, mut own) = (image(), TestImage::new());
        base.deb("openssh-server", "1", &[("usr/sbin/sshd", b"sshd")]);
        let layer = if is_in_base { &mut base } else { &mut own };
        layer.write(path, format!("ssh-ed25519 {key} root@build\n").as_bytes());
        base.under(own)
    };
    for (is_in_base, proof) in [(true, Proof::Mask), (false, Proof::Path)] {
        let (left, right) = (with("AAAAC3NzaC1lZDI1", is_in_base), with("AAAAC3NzaC1lZDI2", is_in_base));
        assert_eq!(drift(&compare(&left, &right, Rules::built_in()), path).proof, Some(proof));
    }
}

#[test]
fn a_caches_own_symlinks_are_noise_and_those_that_lead_out_of_it_are_not() {
    let report = changed(|image| {
        image.write("root/.cache/uv/archive-v0/LQb0R3/demo.txt", b"x");
        image.symlink("root/.cache/uv/sdists-v9/cOcE7/demo", "/root/.cache/uv/archive-v0/LQb0R3");
        image.symlink("root/.cache/uv/sdists-v9/cOcE7/other", "/app");
    });
    assert_eq!(explanation(&report, "root/.cache/uv/sdists-v9/cOcE7/demo"), Explanation::Noise);
    assert_eq!(explanation(&report, "root/.cache/uv/sdists-v9/cOcE7/other"), Explanation::Unexplained);
    let clean = changed(|image| {
        image.write("root/.cache/uv/archive-v0/LQb0R3/demo.txt", b"x");
        image.symlink("root/.cache/uv/sdists-v9/cOcE7/demo", "/root/.cache/uv/archive-v0/LQb0R3");
    });
    assert_eq!(clean.left.content_digest, clean.right.content_digest);
}

#[test]
fn what_a_cache_is_linked_from_is_code_and_no_noise() {
    let cache = "root/.cache/uv/archive-v0/LQb0R3/demo.txt";
    let with = |code: &[u8], link: Option<(&str, &str)>| {
        let mut image = image();
        image.write(cache, code);
        if let Some((path, target)) = link {
            image.symlink(path, target);
        }
        image
    };
    let file = Some(("app/demo.txt", "/root/.cache/uv/archive-v0/LQb0R3/demo.txt"));
    let directory = Some(("app/lib", "/root/.cache/uv/archive-v0/LQb0R3"));
    let own = Some(("root/.cache/uv/sdists-v9/demo.txt", "/root/.cache/uv/archive-v0/LQb0R3/demo.txt"));
    for (link, expected) in [
        (file, Explanation::Unexplained),
        (directory, Explanation::Unexplained),
        (own, Explanation::Noise),
        (None, Explanation::Noise),
    ] {
        let report = report(&with(b"1", link), &with(b"2", link));
        assert_eq!(explanation(&report, cache), expected, "{link:?}");
        let is_same = report.left.content_digest == report.right.content_digest;
        assert_eq!(is_same, expected == Explanation::Noise, "{link:?}");
    }
    let report = report(&with(b"1", file), &with(b"2", file));
    assert_eq!(
        &*drift(&report, cache).detail,
        "no package lists it; a symlink from elsewhere leads there: /app/demo.txt"
    );
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const PLANTED: &str = "-----BEGIN CERTIFICATE-----\nEVIL\n-----END CERTIFICATE-----\n";
const TRUSTED: &str = "-----BEGIN TRUSTED CERTIFICATE-----\nEVIL\n-----END TRUSTED CERTIFICATE-----\n";
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

#[test]
fn a_bundle_is_generated_by_moved_certificates_and_a_planted_one_is_seen() {
    let with = |version: &str, certificate: &str, bundle: &str| {
        let mut image = image();
        image.deb("ca-certificates", version, &[("usr/share/ca-certificates/a.crt", certificate.as_bytes())]);
        image.write(BUNDLE, bundle.as_bytes()).write("etc/ca-certificates.conf", b"a.crt\n");
        image
    };
    let left = with("1", CERTIFICATE, CERTIFICATE);
    let newer = CERTIFICATE.replace("MIIB", "MIIC");
    let moved = report(&left, &with("2", &newer, &newer));
    assert_eq!(
        (explanation(&moved, BUNDLE), drift(&moved, BUNDLE).proof),
        (Explanation::Generated, Some(Proof::Derived))
    );
    let mut linked = with("2", &newer, &newer);
    linked.write("etc/evil.pem", PLANTED.as_bytes()).symlink(BUNDLE, "/etc/evil.pem");
    let mut script = with("2", &newer, "#!/bin/sh\n");
    script.mode(BUNDLE, 0o755);
    for right in [
        with("2", &newer, &format!("{newer}{PLANTED}")),
        with("2", &newer, &format!("{newer}{TRUSTED}")),
        with("1", CERTIFICATE, &format!("{CERTIFICATE}{PLANTED}")),
        with("2", &newer, ""),
        linked,
        script,
    ] {
        assert_eq!(explanation(&report(&left, &right), BUNDLE), Explanation::Unexplained);
    }
}

#[test]
fn a_log_with_an_extra_line_is_neither_noise_nor_generated() {
    let log = "var/log/dpkg.log";
    let line = |date: &str, what: &str| format!("{date} 07:52:11 {what}\n");
    let mut left = image();
    left.write(log, line("2026-10-01", "install libfoo:amd64 <none> 1.0-1").as_bytes());
    let mut right = image();
    right.write(log, line("2026-11-01", "install libfoo:amd64 <none> 1.0-1").as_bytes());
    assert_eq!(drift(&report(&left, &right), log).proof, Some(Proof::Mask));
    let extra = line("2026-11-01", "install backdoor:amd64 <none> 1.0");
    right.write(log, format!("{}{extra}", line("2026-11-01", "install libfoo:amd64 <none> 1.0-1")).as_bytes());
    assert_eq!(explanation(&report(&left, &right), log), Explanation::Unexplained);
    right.deb("libbar", "1", &[("usr/lib/libbar.so", b"bar")]);
    let moved = report(&left, &right);
    assert_eq!(explanation(&moved, log), Explanation::Unexplained);
    assert!(drift(&moved, log).detail.contains("backdoor"), "{}", drift(&moved, log).detail);
    right.write(log, line("2026-11-01", "install libbar:amd64 <none> 1").as_bytes());
    left.remove(log);
    assert_eq!(explanation(&report(&left, &right), log), Explanation::Generated);
}

#[test]
fn another_command_with_equal_files_is_not_content_equivalent() {
    let report = changed(|image| image.config.runtime.cmd = vec!["sh".to_owned()]);
    assert_eq!(report.verdict, Verdict::DependencyEquivalent);
    let report = changed(|_| {});
    assert_eq!(report.verdict, Verdict::Identical);
}

#[test]
fn every_differing_path_is_counted_once_on_both_tables() {
    let report = changed(|image| {
        image
            .write("app/main.py", b"other")
            .mtime("usr/lib/libfoo.so", 9)
            .directory("srv/empty")
            .remove("usr/share/foo/data");
        image.deb("libbar", "1", &[("usr/lib/libbar.so", b"bar")]);
    });
    let summary = report.files.summary;
    let by_change = summary.added + summary.removed + summary.content + summary.metadata + summary.mtime_only;
    let by_explanation: usize =
        Explanation::ALARMING_FIRST.iter().map(|explanation| report.files.by_explanation.get(*explanation)).sum();
    let drifting = report.files.rows.iter().filter(|row| row.drift.is_some()).count();
    assert_eq!((by_change, by_explanation), (drifting, drifting));
}

#[test]
fn a_deletion_names_the_layer_and_a_broken_derivation_says_so() {
    let (mut left, right) = (image(), image());
    left.write("var/lib/dpkg/arch", b"i386");
    let report = report(&left, &right);
    let detail = &*drift(&report, "var/lib/dpkg/arch").detail;
    assert_eq!(detail, "no package that moved accounts for i386");
}

#[test]
fn nothing_without_a_hash_rides_along_with_a_distribution_that_moved() {
    let left = image();
    let mut right = TestImage::new();
    right.deb("libfoo", "1.0-1", &[("usr/lib/libfoo.so", b"foo 1"), ("usr/share/foo/data", b"data")]);
    right.wheel("flask", "3.1.0", &[("flask/app.py", b"newer")]).write("app/main.py", b"print()");
    let planted = TestImage::site("flask-3.1.0.dist-info/evil.py");
    let cache = TestImage::site("flask/__pycache__/app.cpython-311.pyc");
    right.write(&planted, b"import os").pyc(&cache, 1_700_000_000, 5, &TestImage::code(&["newer"], ""));
    let moved = report(&left, &right);
    assert_eq!(explanation(&moved, &TestImage::site("flask/app.py")), Explanation::Package);
    assert_eq!(explanation(&moved, &planted), Explanation::Unexplained);
    let detail = "beside the metadata of pypi:flask, whose RECORD does not name it";
    assert_eq!(&*drift(&moved, &planted).detail, detail);
    assert_eq!(explanation(&moved, &cache), Explanation::Package);
    right.mode(&cache, 0o4755);
    assert_eq!(explanation(&report(&left, &right), &cache), Explanation::Unexplained);
}

#[test]
fn a_rewritten_script_is_an_alarm_even_when_an_installer_moved() {
    let script = |body: &str| format!("#!/usr/bin/python3\nimport sys\nfrom flask.cli import {body}\n").into_bytes();
    let with = |pip: &str, body: &[u8]| {
        let mut image = TestImage::new();
        let entry_points: &[u8] = b"[console_scripts]\nflask = flask.cli:main\n";
        let entry_points = ("flask-3.0.0.dist-info/entry_points.txt", entry_points);
        image.wheel("flask", "3.0.0", &[("../../../bin/flask", body), entry_points]).wheel("pip", pip, &[]);
        // The test image writes what RECORD names where it is written; the file stands in /usr/bin.
        image.remove(&TestImage::site("../../../bin/flask")).write("usr/bin/flask", body).mode("usr/bin/flask", 0o755);
        image
    };
    let left = with("23.0", &script("main\nsys.exit(main())"));
    let other_function = report(&left, &with("24.0", &script("run\nsys.exit(run())")));
    assert_eq!(explanation(&other_function, "usr/bin/flask"), Explanation::Generated);
    let evil = report(&left, &with("24.0", &script("main\nimport os; os.system('evil')")));
    assert_eq!(explanation(&evil, "usr/bin/flask"), Explanation::SameVersion);
}

#[test]
fn a_privilege_is_no_noise_and_a_new_file_in_dpkgs_record_is_an_alarm() {
    let report = changed(|image| {
        image.write("tmp/x", b"x").mode("tmp/x", 0o4644);
        image.write("var/lib/dpkg/info/libfoo.postinst", b"#!/bin/sh");
    });
    assert_eq!(explanation(&report, "tmp/x"), Explanation::Unexplained);
    assert_eq!(explanation(&report, "var/lib/dpkg/info/libfoo.postinst"), Explanation::SameVersion);
}

mod bytecode;
mod same_version;
mod vouching;
