//! Compiled Python: what is its source's stays calm, however it was written; what brings other names, or is switched on by
//! a time, is told.

use super::*;

const SOURCE: &str = "usr/lib/app/m.py";
const CACHE: &str = "usr/lib/app/__pycache__/m.cpython-311.pyc";
const TEXT: &[u8] = b"import os\nos.getcwd('a')\n";
const NOW: u64 = 1_700_000_000;
const BEFORE: u64 = 1_600_000_000;

/// The source as it was at a time, and code with these names and a header of another time.
fn with(time: u64, header: u64, names: &[&str]) -> TestImage {
    let mut image = TestImage::new();
    image.write(SOURCE, TEXT).mtime(SOURCE, time);
    image.pyc(CACHE, header, TEXT.len(), &TestImage::code(names, "a"));
    image
}

/// The file with another flags word.
fn flagged(flags: u8, names: &[&str]) -> TestImage {
    let mut image = with(NOW, NOW, names);
    let header = [0xa7, 0x0d, 0x0d, 0x0a, flags, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    image.write(CACHE, &[&header[..], &TestImage::code(names, "a")].concat());
    image
}

const ITS_OWN: &[&str] = &["os", "getcwd"];
const FOREIGN: &[&str] = &["os", "system"];

fn found(left: &TestImage, right: &TestImage, path: &str) -> (Explanation, Option<Proof>, usize) {
    let report = report(left, right);
    (explanation(&report, path), drift(&report, path).proof, report.alarms())
}

#[test]
fn a_name_that_the_source_does_not_have_is_an_alarm() {
    let moved = |names: &[&str], constant: &str| {
        let at_version = |version: &str, text: &[u8], code: &[u8]| {
            let mut image = TestImage::new();
            image.deb("foo", version, &[(SOURCE, text)]).pyc(CACHE, NOW, text.len(), code);
            image
        };
        let left = at_version("1", b"import os", &TestImage::code(&["os"], "a"));
        let right = at_version("2", TEXT, &TestImage::code(names, constant));
        found(&left, &right, CACHE)
    };
    assert_eq!(moved(ITS_OWN, "a"), (Explanation::Package, Some(Proof::Header), 0));
    assert_eq!(moved(FOREIGN, "a"), (Explanation::Unexplained, None, 1));
    // A constant may be folded, so that it is no claim: never more than likely.
    assert_eq!(moved(ITS_OWN, "evil"), (Explanation::Package, Some(Proof::Header), 0));
    // A comment or a string of the source is no use of a name.
    assert_eq!(moved(&["os", "a"], "a"), (Explanation::Unexplained, None, 1));
}

#[test]
fn code_that_python_does_not_run_is_no_alarm() {
    let left = with(NOW, NOW, ITS_OWN);
    assert_eq!(found(&left, &with(NOW, NOW, FOREIGN), CACHE), (Explanation::Unexplained, None, 1));
    assert_eq!(found(&left, &with(NOW, BEFORE, FOREIGN), CACHE), (Explanation::Unexplained, None, 0));
}

#[test]
fn a_header_by_time_or_by_hash_of_equal_code_is_bytecode() {
    let timed = with(NOW, NOW, ITS_OWN);
    for flags in [1, 3] {
        let hashed = flagged(flags, ITS_OWN);
        assert_eq!(found(&timed, &hashed, CACHE), (Explanation::Bytecode, Some(Proof::Mask), 0));
        assert_eq!(found(&hashed, &timed, CACHE), (Explanation::Bytecode, Some(Proof::Mask), 0));
    }
    let report = report(&timed, &flagged(1, ITS_OWN));
    assert_eq!(drift(&report, CACHE).evidence.as_deref(), Some("what names the source time → hash, unchecked"));
    assert_eq!(report.left.content_digest, report.right.content_digest);
}

#[test]
fn a_flag_that_makes_foreign_code_run_is_an_alarm() {
    let dormant = with(NOW, BEFORE, FOREIGN);
    for flags in [1, 3] {
        assert_eq!(found(&dormant, &flagged(flags, FOREIGN), CACHE), (Explanation::Unexplained, None, 1));
    }
    // It ran before, and may not run any more.
    assert_eq!(found(&with(NOW, NOW, FOREIGN), &flagged(3, FOREIGN), CACHE), (Explanation::Unexplained, None, 0));
    assert_eq!(found(&dormant, &flagged(2, FOREIGN), CACHE), (Explanation::Unexplained, None, 0));
    assert_eq!(found(&flagged(1, FOREIGN), &dormant, CACHE), (Explanation::Unexplained, None, 0));
}

#[test]
fn a_time_of_the_source_that_switches_foreign_code_on_is_an_alarm() {
    let dormant = with(BEFORE, NOW, FOREIGN);
    let (active, stale) = (with(NOW, NOW, FOREIGN), with(BEFORE + 9, NOW, FOREIGN));
    assert_eq!(found(&dormant, &active, SOURCE), (Explanation::Unexplained, None, 1));
    assert!(drift(&report(&dormant, &active), SOURCE).alarm.as_deref().unwrap().contains(CACHE));
    assert_eq!(found(&active, &dormant, SOURCE), (Explanation::Unexplained, None, 0));
    assert_eq!(found(&dormant, &stale, SOURCE), (Explanation::Mtime, None, 0));
    // The source that the dormant code waits for comes with a package.
    let mut arrives = active.clone();
    arrives.deb("foo", "1", &[(SOURCE, TEXT)]);
    let mut waits = active;
    waits.remove(SOURCE);
    assert_eq!(report(&waits, &arrives).alarms(), 1);
}

#[test]
fn a_time_of_the_source_that_makes_its_own_code_stale_is_one_finding() {
    let (fresh, stale) = (with(NOW, NOW, ITS_OWN), with(NOW + 9, NOW, ITS_OWN));
    let report = report(&fresh, &stale);
    assert_eq!((explanation(&report, SOURCE), report.alarms()), (Explanation::Mtime, 0));
    let finding = report.findings.iter().find(|finding| finding.check == "stale-bytecode").unwrap();
    assert_eq!((finding.subject.as_str(), finding.count), ("1 compiled files stale", 1));
    assert_eq!(report.verdict, Verdict::ContentEquivalent);
    let back = super::report(&stale, &fresh);
    assert!(back.findings.iter().all(|finding| finding.check != "stale-bytecode"));
    assert_eq!(explanation(&back, SOURCE), Explanation::Mtime);
}

#[test]
fn bytecode_on_one_side_is_bytecode_beside_an_equal_source_that_has_its_names() {
    let without = || {
        let mut image = with(NOW, NOW, &[]);
        image.remove(CACHE);
        image
    };
    let calm = (Explanation::Bytecode, Some(Proof::Header), 0);
    assert_eq!(found(&without(), &with(NOW, NOW, ITS_OWN), CACHE), calm);
    assert_eq!(found(&with(NOW, BEFORE, ITS_OWN), &without(), CACHE), calm);
    assert_eq!(found(&without(), &flagged(1, ITS_OWN), CACHE), calm);
    assert_eq!(found(&without(), &with(NOW, NOW, FOREIGN), CACHE), (Explanation::Unexplained, None, 1));
    assert_eq!(found(&without(), &with(NOW, BEFORE, FOREIGN), CACHE), (Explanation::Unexplained, None, 0));
    let mut other_source = without();
    other_source.write(SOURCE, b"import os\nos.getcwd('b')\n");
    assert_eq!(found(&other_source, &with(NOW, NOW, ITS_OWN), CACHE).0, Explanation::Unexplained);
    let mut executable = with(NOW, NOW, ITS_OWN);
    executable.mode(CACHE, 0o755);
    assert_eq!(found(&without(), &executable, CACHE).0, Explanation::Unexplained);
}

#[test]
fn another_versions_code_or_code_without_a_source_is_never_explained() {
    let without = || {
        let mut image = with(NOW, NOW, &[]);
        image.remove(CACHE);
        image
    };
    for path in [
        "usr/lib/app/__pycache__/m.cpython-312.pyc",
        "usr/lib/app/__pycache__/m.pyc",
        "usr/lib/app/__pycache__/n.cpython-311.pyc",
        "usr/lib/app/m.pyc",
        "app/n.pyc",
    ] {
        let mut image = without();
        image.pyc(path, NOW, TEXT.len(), &TestImage::code(ITS_OWN, "a"));
        assert_eq!(found(&without(), &image, path).0, Explanation::Unexplained, "{path}");
    }
    let mut unreadable = without();
    unreadable.pyc(CACHE, NOW, TEXT.len(), b"no code");
    assert_eq!(found(&without(), &unreadable, CACHE).0, Explanation::Unexplained);
}

#[test]
fn a_source_that_goes_leaves_no_foreign_code_in_its_place_unnoticed() {
    let place = "usr/lib/app/m.pyc";
    let with = |names: &[&str]| {
        let mut image = with(NOW, NOW, ITS_OWN);
        image.remove(CACHE).pyc(place, NOW, TEXT.len(), &TestImage::code(names, "a"));
        image
    };
    let gone = |image: &TestImage| {
        let mut image = image.clone();
        image.remove(SOURCE);
        image
    };
    let foreign = with(FOREIGN);
    assert_eq!(found(&foreign, &gone(&foreign), SOURCE), (Explanation::Unexplained, None, 1));
}

#[test]
fn code_that_a_later_layer_brings_is_no_packages() {
    let at_version = |version: &str, text: &[u8]| {
        let mut image = TestImage::new();
        image.deb("foo", version, &[(SOURCE, text)]);
        image
    };
    let compiled = |image: &TestImage, names: &[&str]| {
        let mut image = image.clone();
        image.pyc(CACHE, NOW, TEXT.len(), &TestImage::code(names, "a"));
        image
    };
    let left = at_version("1", b"import os").snapshot();
    let right = at_version("2", TEXT);
    let together = compare(&left, &compiled(&right, ITS_OWN).snapshot(), Rules::built_in());
    assert_eq!(explanation(&together, CACHE), Explanation::Package);
    let later = compare(&left, &compiled(&right, ITS_OWN).built_on(&right), Rules::built_in());
    assert_eq!((explanation(&later, CACHE), later.alarms()), (Explanation::Unexplained, 0));
}
