//! What may vouch for a file of a package that moved, and each way around it: images of several layers, as builds make them.

use super::*;
use crate::model::Finding;

/// A base with `old`, on which a layer installs it anew, and a last layer that does what `last` does to it.
fn report_of(last: impl FnOnce(&mut TestImage)) -> DriftReport {
    let (base, installed) = (base(), installed());
    let mut right = TestImage::new();
    last(&mut right);
    compare(&base.snapshot(), &TestImage::layered(&[&base, &installed, &right]), Rules::built_in())
}

fn base() -> TestImage {
    let mut base = TestImage::new();
    base.deb("openssl", "3.0.1", &[("usr/bin/openssl", b"one"), ("usr/share/openssl/doc", b"doc")]);
    base.deb("findutils", "4.9.0-4", &[("usr/bin/find", b"find")]).write("etc/passwd", b"root:x:0:0::/root:/bin/sh\n");
    base.wheel("requests", "2.28.0", &[("requests/api.py", b"one")]).wheel(
        "click",
        "8.1.0",
        &[("click/core.py", b"core")],
    );
    base
}

/// What an upgrade of both in one layer leaves.
fn installed() -> TestImage {
    let mut layer = base();
    layer.deb("openssl", "3.0.2", &[("usr/bin/openssl", b"two"), ("usr/share/openssl/doc", b"doc")]);
    layer.forget(&[
        "usr/bin/find",
        "etc/passwd",
        "var/lib/dpkg/info/findutils.list",
        "var/lib/dpkg/info/findutils.md5sums",
    ]);
    layer.forget_wheel("click", "8.1.0", &["click/core.py"]).forget_wheel("requests", "2.28.0", &["requests/api.py"]);
    layer.wheel("requests", "2.31.0", &[("requests/api.py", b"two")]);
    let old = TestImage::site("requests-2.28.0.dist-info");
    let (directory, name) = old.rsplit_once('/').unwrap();
    layer.write(&format!("{directory}/.wh.{name}"), b"");
    layer
}

/// dpkg's list and sums with one more file.
fn claim(layer: &mut TestImage, package: &str, files: &[(&str, &[u8])]) {
    let mut whole = installed();
    let all: Vec<(&str, &[u8])> = [("usr/bin/openssl", b"two".as_slice()), ("usr/share/openssl/doc", b"doc")]
        .into_iter()
        .chain(files.iter().copied())
        .collect();
    whole.deb(package, "3.0.2", &all);
    for name in ["list", "md5sums"] {
        let path = format!("var/lib/dpkg/info/{package}.{name}");
        layer.write(&path, whole.bytes(&path));
    }
    for (path, bytes) in files {
        layer.write(path, bytes);
    }
}

fn calm(report: &DriftReport, path: &str) -> bool {
    let drift = drift(report, path);
    !matches!(drift.explanation, Explanation::Unexplained | Explanation::SameVersion) && drift.alarm.is_none()
}

#[test]
fn an_upgrade_in_one_layer_is_proven_by_its_record() {
    let report = report_of(|_| {});
    let row = |path: &str| (drift(&report, path).explanation, drift(&report, path).proof);
    assert_eq!(row("usr/bin/openssl"), (Explanation::Package, Some(Proof::Hash)));
    assert_eq!(row("var/lib/dpkg/info/openssl.md5sums"), (Explanation::Package, Some(Proof::Arrival)));
    assert_eq!(row(&TestImage::site("requests/api.py")), (Explanation::Package, Some(Proof::Hash)));
    assert_eq!(row(&TestImage::site("requests-2.31.0.dist-info/RECORD")), (Explanation::Package, Some(Proof::Arrival)));
    assert_eq!((report.unexplained(), report.alarms()), (0, 0), "{:?}", report.headline());
}

#[test]
fn a_list_touched_after_its_package_arrived_vouches_for_nothing() {
    let report = report_of(|layer| {
        claim(layer, "openssl", &[("usr/lib/evil.so", b"evil"), ("etc/cron.d/x", b"* * * * * root sh\n")]);
    });
    for path in ["usr/lib/evil.so", "etc/cron.d/x", "usr/bin/openssl"] {
        assert_eq!(explanation(&report, path), Explanation::Unexplained, "{path}");
    }
    let list = drift(&report, "var/lib/dpkg/info/openssl.list");
    assert_eq!(list.alarm.as_deref(), Some("written by layer 2, although deb:openssl arrived in layer 1"));
    assert_eq!(report.verdict, Verdict::Drifted);
}

#[test]
fn a_record_rewritten_with_its_bytes_is_caught_by_its_layer() {
    let report = report_of(|layer| {
        layer.write("usr/bin/openssl", b"evil");
        let mut whole = installed();
        whole.deb("openssl", "3.0.2", &[("usr/bin/openssl", b"evil"), ("usr/share/openssl/doc", b"doc")]);
        layer.write("var/lib/dpkg/info/openssl.md5sums", whole.bytes("var/lib/dpkg/info/openssl.md5sums"));
    });
    assert!(!calm(&report, "usr/bin/openssl"));
    let api = TestImage::site("requests/api.py");
    let report = report_of(|layer| {
        layer.wheel("requests", "2.31.0", &[("requests/api.py", b"evil")]);
        layer.forget(&[&TestImage::site("requests-2.31.0.dist-info/METADATA")]);
    });
    assert!(!calm(&report, &api));
    assert!(!calm(&report, &TestImage::site("requests-2.31.0.dist-info/RECORD")));
}

#[test]
fn equal_bytes_that_a_later_layer_wrote_again_are_no_modification() {
    let report = report_of(|layer| {
        let whole = installed();
        for path in
            ["usr/bin/openssl", "var/lib/dpkg/info/openssl.list", &TestImage::site("requests-2.31.0.dist-info/RECORD")]
        {
            layer.write(path, whole.bytes(path)).mtime(path, 1_700_000_009);
        }
    });
    for path in
        ["usr/bin/openssl", "var/lib/dpkg/info/openssl.list", &TestImage::site("requests-2.31.0.dist-info/RECORD")]
    {
        assert!(calm(&report, path), "{path}");
    }
    assert_eq!((report.unexplained(), report.alarms()), (0, 0));
}

#[test]
fn a_package_that_a_database_alone_moves_brings_nothing() {
    let report = report_of(|layer| {
        let mut whole = installed();
        whole.deb("findutils", "4.9.0-4+b1", &[("usr/bin/find", b"evil")]);
        for path in ["usr/bin/find", "var/lib/dpkg/status", "var/lib/dpkg/info/findutils.md5sums"] {
            layer.write(path, whole.bytes(path));
        }
    });
    assert!(!calm(&report, "usr/bin/find"));
}

#[test]
fn a_conffiles_hash_that_changed_after_its_package_arrived_proves_nothing() {
    let with = |version: &str, shipped: &[u8], now: &[u8]| {
        let mut image = TestImage::new();
        image.conffile("pam", version, "etc/pam.d/other", shipped).write("etc/pam.d/other", now);
        image
    };
    let left = with("1", b"one", b"one");
    let installed = with("2", b"two", b"two");
    let mut evil = with("2", b"evil", b"evil");
    evil.forget(&["var/lib/dpkg/info/pam.list"]);
    let report = compare(&left.snapshot(), &TestImage::layered(&[&left, &installed, &evil]), Rules::built_in());
    assert_eq!(explanation(&report, "etc/pam.d/other"), Explanation::Unexplained);
    let honest = compare(&left.snapshot(), &TestImage::layered(&[&left, &installed]), Rules::built_in());
    assert_eq!(explanation(&honest, "etc/pam.d/other"), Explanation::Package);
}

#[test]
fn a_file_without_a_hash_is_no_ones_where_its_package_has_hashes() {
    let mut left = TestImage::new();
    left.deb("x", "1", &[("usr/bin/x", b"1"), ("usr/bin/y", b"1")]);
    let mut right = TestImage::new();
    right.deb("x", "2", &[("usr/bin/x", b"2"), ("usr/bin/y", b"2")]);
    let sums = String::from_utf8(right.bytes("var/lib/dpkg/info/x.md5sums").to_vec()).unwrap();
    let kept: Vec<&str> = sums.split_inclusive('\n').filter(|line| !line.ends_with("usr/bin/y\n")).collect();
    right.write("var/lib/dpkg/info/x.md5sums", kept.concat().as_bytes());
    let report = report(&left, &right);
    assert_eq!(explanation(&report, "usr/bin/x"), Explanation::Package);
    assert_eq!(explanation(&report, "usr/bin/y"), Explanation::Unexplained);
    let lost: Vec<&Finding> = report.findings.iter().filter(|finding| finding.check == "hashes-lost").collect();
    assert_eq!(lost[0].paths.len(), 1);
    right.remove("var/lib/dpkg/info/x.md5sums");
    let report = super::report(&left, &right);
    assert_eq!(explanation(&report, "usr/bin/x"), Explanation::Unexplained, "no hashes where the left side had them");
}

#[test]
fn a_package_that_never_had_hashes_is_unproven_and_owns_nothing_that_is_an_administrators() {
    let with = |version: &str, bytes: &[u8]| {
        let mut image = TestImage::new();
        image.deb(
            "vendor",
            version,
            &[("opt/vendor/run", bytes), ("etc/cron.d/vendor", bytes), ("usr/local/bin/v", bytes)],
        );
        image.remove("var/lib/dpkg/info/vendor.md5sums");
        image
    };
    let report = report(&with("1", b"1"), &with("2", b"2"));
    let row = drift(&report, "opt/vendor/run");
    assert_eq!((row.explanation, row.proof), (Explanation::Package, None));
    for path in ["etc/cron.d/vendor", "usr/local/bin/v"] {
        assert_eq!(explanation(&report, path), Explanation::Unexplained, "{path}");
    }
}

#[test]
fn a_wheel_owns_nothing_outside_its_prefix() {
    let mut left = TestImage::new();
    left.wheel("x", "1", &[("x.py", b"1")]);
    let mut right = TestImage::new();
    right.wheel("x", "2", &[("x.py", b"2"), ("../../../../etc/cron.d/x", b"evil"), ("../../../bin/x", b"script")]);
    for (written, path) in [("../../../../etc/cron.d/x", "etc/cron.d/x"), ("../../../bin/x", "usr/bin/x")] {
        let bytes = right.bytes(&TestImage::site(written)).to_vec();
        right.remove(&TestImage::site(written)).write(path, &bytes);
    }
    let report = report(&left, &right);
    assert_eq!(explanation(&report, "usr/bin/x"), Explanation::Package);
    assert_eq!(explanation(&report, "etc/cron.d/x"), Explanation::Unexplained);
}

#[test]
fn an_unmoved_owner_comes_before_one_that_moved() {
    // A package that is new claims a program of one that did not move.
    let report = report_of(|layer| {
        let mut whole = installed();
        whole.deb("findutils-doc", "1", &[("usr/bin/find", b"evil")]);
        for path in [
            "usr/bin/find",
            "var/lib/dpkg/status",
            "var/lib/dpkg/info/findutils-doc.list",
            "var/lib/dpkg/info/findutils-doc.md5sums",
        ] {
            layer.write(path, whole.bytes(path));
        }
    });
    assert_eq!(explanation(&report, "usr/bin/find"), Explanation::SameVersion);
    assert_eq!(drift(&report, "usr/bin/find").owner.as_deref(), Some("deb:findutils"));
    // Two that both listed it before: the bytes are those of the one that moved, which recorded them.
    let both = |version: &str, bytes: &[u8]| {
        let mut image = TestImage::new();
        image.wheel("a", "1", &[("tests/x.py", b"a"), ("a.py", b"a")]).wheel("b", version, &[("tests/x.py", bytes)]);
        image
    };
    let report = super::report(&both("1", b"b1"), &both("2", b"b2"));
    let shared = TestImage::site("tests/x.py");
    assert_eq!((explanation(&report, &shared), report.alarms()), (Explanation::Package, 0));
    assert_eq!(drift(&report, &shared).owner.as_deref(), Some("pypi:b"));
    let twice = report.findings.iter().find(|finding| finding.check == "claimed-twice").unwrap();
    assert_eq!(twice.subject, format!("/{shared}"));
}

#[test]
fn dpkg_gives_files_to_packages_that_replace_their_owner() {
    let with = |taker: Option<&str>, fields: &str| {
        let mut image = TestImage::new();
        let old: &[(&str, &[u8])] = &[("usr/bin/old", b"old"), ("usr/bin/shared", b"1")];
        image.deb("old", "1", if taker.is_some() { &old[..1] } else { old });
        if taker.is_some() {
            image.deb_with("taker", "1", fields, &[("usr/bin/shared", b"2")]);
            // The sums keep the row; the list lost it.
            let mut whole = TestImage::new();
            whole.deb("old", "1", old);
            image.write("var/lib/dpkg/info/old.md5sums", whole.bytes("var/lib/dpkg/info/old.md5sums"));
        }
        image
    };
    let taken = report(&with(None, ""), &with(Some("taker"), "Replaces: old (<< 2)\n"));
    assert_eq!(explanation(&taken, "usr/bin/shared"), Explanation::Package);
    let list = drift(&taken, "var/lib/dpkg/info/old.list");
    assert_eq!((list.explanation, list.proof), (Explanation::Generated, Some(Proof::Derived)));
    assert_eq!(taken.alarms(), 0);
    let stolen = report(&with(None, ""), &with(Some("taker"), ""));
    assert_eq!(explanation(&stolen, "usr/bin/shared"), Explanation::SameVersion);
    assert_eq!(explanation(&stolen, "var/lib/dpkg/info/old.list"), Explanation::SameVersion);
}

#[test]
fn a_link_ends_in_a_file_of_its_package_or_of_one_that_belongs_to_it() {
    let with = |version: &str, target: &str, fields: &str| {
        let mut image = TestImage::new();
        image.deb("libz1", version, &[("usr/lib/libz.so.1.2", version.as_bytes())]);
        image.deb_with("libz-dev", version, fields, &[("usr/lib/libz.so", b"")]).symlink("usr/lib/libz.so", target);
        let list = "var/lib/dpkg/info/libz-dev.md5sums";
        image.write(list, b"d41d8cd98f00b204e9800998ecf8427e  usr/include/zlib.h\n").write("usr/include/zlib.h", b"");
        image
            .write("var/lib/dpkg/info/libz-dev.list", b"/.\n/usr/lib/libz.so\n/usr/include/zlib.h\n")
            .write("srv/evil.so", b"evil");
        image
    };
    let needs = "Depends: libz1 (= 1)\n";
    let left = with("1", "libz.so.1.2", needs);
    let of = |right: TestImage| explanation(&report(&left, &right), "usr/lib/libz.so");
    let mut absolute = with("2", "/usr/lib/libz.so.1.2", needs);
    assert_eq!(of(absolute.clone()), Explanation::Package);
    absolute.write("usr/lib/libz.so.1.2", b"evil");
    assert_eq!(of(absolute), Explanation::Unexplained, "the file does not match its hash");
    assert_eq!(of(with("2", "/srv/evil.so", needs)), Explanation::Unexplained);
    assert_eq!(of(with("2", "/run/nowhere.so", needs)), Explanation::Unexplained);
    assert_eq!(of(with("2", "/usr/lib/libz.so.1.2", "")), Explanation::Unexplained, "of a package it does not need");
}

#[test]
fn a_directory_that_became_a_link_is_reported() {
    let mut left = TestImage::new();
    left.deb("x", "1", &[("usr/lib/x/a", b"1")]);
    let mut right = TestImage::new();
    right.deb("x", "2", &[("usr/lib/x/a", b"2")]).remove("usr/lib/x/a").symlink("usr/lib/x", "/opt/x");
    assert_eq!(explanation(&report(&left, &right), "usr/lib/x"), Explanation::Unexplained);
}

#[test]
fn devices_and_new_setuid_programs_are_no_packages_word() {
    let mut left = TestImage::new();
    left.deb("x", "1", &[("usr/bin/x", b"1")]);
    let mut right = TestImage::new();
    right.deb("x", "2", &[("usr/bin/x", b"2"), ("usr/bin/su", b"su"), ("dev/kmem", b"")]).mode("usr/bin/su", 0o4755);
    right.kind("dev/kmem", tar::EntryType::Fifo);
    let report = report(&left, &right);
    assert_eq!(explanation(&report, "usr/bin/su"), Explanation::Unexplained);
    assert_eq!(drift(&report, "usr/bin/su").alarm.as_deref(), Some("setuid"));
    assert_eq!(explanation(&report, "dev/kmem"), Explanation::Unexplained);
    // Both versions have it.
    left.deb("s", "1", &[("usr/bin/su", b"1")]).mode("usr/bin/su", 0o4755);
    right.deb("s", "2", &[("usr/bin/su", b"2")]).mode("usr/bin/su", 0o4755);
    assert_eq!(explanation(&super::report(&left, &right), "usr/bin/su"), Explanation::Package);
}

#[test]
fn code_that_changed_at_an_equal_version_is_an_alarm_however_the_version_is_written() {
    let with = |version: &str, bytes: &[u8]| {
        let mut image = TestImage::new();
        image.wheel("x", version, &[("x.py", bytes)]);
        image
    };
    let x = TestImage::site("x.py");
    let respelled = report(&with("8.5.1", b"1"), &with("8.5.1.0", b"2"));
    assert_eq!(explanation(&respelled, &x), Explanation::SameVersion);
    let of = |left: Option<&str>, right: Option<&str>| {
        let side = |url: Option<&str>, bytes: &[u8]| {
            let mut image = TestImage::new();
            let direct = url.unwrap_or_default().as_bytes().to_vec();
            let mut files: Vec<(&str, &[u8])> = vec![("x.py", bytes)];
            files.extend(url.map(|_| ("x-1.dist-info/direct_url.json", direct.as_slice())));
            image.wheel("x", "1", &files);
            image
        };
        explanation(&report(&side(left, b"1"), &side(right, b"2")), &x)
    };
    let (local, elsewhere) = (r#"{"url": "file:///app", "dir_info": {}}"#, r#"{"url": "file:///srv", "dir_info": {}}"#);
    assert_eq!(of(Some(local), Some(local)), Explanation::Package, "rebuilt from one local directory");
    assert_eq!(of(None, Some(local)), Explanation::SameVersion);
    let commit =
        |id: &str| format!(r#"{{"url": "https://x.org/x", "vcs_info": {{"vcs": "git", "commit_id": "{id}"}}}}"#);
    assert_eq!(of(Some(&commit("a")), Some(&commit("b"))), Explanation::Package, "another commit");
    assert_ne!(of(Some(local), Some(elsewhere)), Explanation::Package);
}

#[test]
fn a_maintainer_script_is_its_packages_only_from_the_layer_that_brought_it() {
    let script = "var/lib/dpkg/info/openssl.postinst";
    let installs = |layer: &mut TestImage| {
        layer.write(script, b"#!/bin/sh\ntwo\n").mode(script, 0o755);
    };
    let mut honest = installed();
    installs(&mut honest);
    let base = base();
    let report = compare(&base.snapshot(), &TestImage::layered(&[&base, &honest]), Rules::built_in());
    let row = drift(&report, script);
    assert_eq!((row.explanation, row.proof), (Explanation::Package, Some(Proof::Arrival)));
    assert!(row.detail.ends_with("runs as root at install"), "{}", row.detail);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.check == "maintainer-scripts" && finding.severity == crate::model::Severity::Info)
    );
    let report = report_of(installs);
    assert_eq!(explanation(&report, script), Explanation::Unexplained);
    assert!(drift(&report, script).alarm.is_some());
}

#[test]
fn a_list_that_only_lost_rows_still_vouches_for_what_it_names_but_not_for_what_is_gone() {
    let report = report_of(|layer| {
        layer
            .write("var/lib/dpkg/info/openssl.list", b"/.\n/usr/bin/openssl\n")
            .write("usr/share/openssl/.wh.doc", b"");
    });
    assert_eq!(explanation(&report, "usr/bin/openssl"), Explanation::Package);
    assert_eq!(explanation(&report, "usr/share/openssl/doc"), Explanation::Unexplained);
    assert!(drift(&report, "var/lib/dpkg/info/openssl.list").alarm.is_some());
}

#[test]
fn a_touched_record_is_found_in_one_image_too() {
    let mut evil = TestImage::new();
    claim(&mut evil, "openssl", &[("usr/lib/evil.so", b"evil")]);
    let image = TestImage::layered(&[&installed(), &evil]);
    let findings = image.findings(crate::model::Side::Right, Rules::built_in());
    let touched: Vec<&Finding> = findings.iter().filter(|finding| finding.check == "record-touched").collect();
    assert_eq!(touched.len(), 1);
    assert!(touched[0].message.starts_with("layer 1 wrote this record"), "{}", touched[0].message);
}
