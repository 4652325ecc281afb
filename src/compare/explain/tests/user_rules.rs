//! What a user's own rules explain, and what they never do.

use crate::compare::{Drift, DriftReport, compare};
use crate::model::{Explanation, Proof, Verdict};
use crate::nondeterminism::{RuleFile, Rules};
use crate::snapshot::testing::TestImage;

const RULES: &str = r#"
[[noise]]
name = "everything-below"
paths = ["/app/**", "/usr/**", "/etc/**", "/var/**"]
cause = "made anew"
fix = "delete it"

[[ignore]]
paths = ["/srv/build.json", "/srv/never"]
reason = "the number of the build"

[[noise]]
name = "plugins"
paths = ["/opt/plugins/*.so"]
cause = "linked anew"
executable = true

[[generated]]
name = "app-index"
paths = ["/opt/index"]
inputs = ["/opt/data/*"]
cause = "made from the data"
"#;

fn report(left: &TestImage, right: &TestImage) -> DriftReport {
    let rules = Rules::with(vec![RuleFile::of_user("imgdrift.toml", RULES).unwrap()]);
    compare(&left.snapshot(), &right.snapshot(), &rules)
}

fn drift<'r>(report: &'r DriftReport, path: &str) -> &'r Drift {
    let row = report.files.rows.iter().find(|row| row.path.as_str() == Some(path));
    row.and_then(|row| row.drift.as_ref()).unwrap_or_else(|| panic!("{path} does not differ"))
}

fn rule<'r>(report: &'r DriftReport, path: &str) -> (Explanation, Option<&'r str>, Option<&'r str>) {
    let drift = drift(report, path);
    (drift.explanation, drift.rule.as_deref(), drift.rule_file.as_deref())
}

#[test]
fn they_explain_what_nothing_else_does_and_say_from_which_file() {
    let mut left = TestImage::new();
    left.write("app/cache", b"1").write("srv/build.json", b"1").write("opt/index", b"1").write("opt/data/x", b"1");
    let mut right = left.clone();
    right.write("app/cache", b"2").write("srv/build.json", b"2").write("opt/index", b"2").write("opt/data/x", b"2");
    let drifted = report(&left, &right);
    let noise = |name| (Explanation::Noise, Some(name), Some("imgdrift.toml"));
    assert_eq!(rule(&drifted, "app/cache"), noise("everything-below"));
    assert_eq!(rule(&drifted, "srv/build.json"), noise("ignored"));
    assert_eq!(rule(&drifted, "opt/index"), (Explanation::Generated, Some("app-index"), Some("imgdrift.toml")));
    assert_eq!(rule(&drifted, "opt/data/x"), (Explanation::Unexplained, None, None));
    let cache = drift(&drifted, "app/cache");
    assert_eq!(
        (cache.proof, cache.fix.as_deref(), &*cache.detail),
        (Some(Proof::Path), Some("delete it"), "made anew")
    );
    assert_eq!(cache.rule_label().as_deref(), Some("everything-below of imgdrift.toml"));
    assert_eq!(drifted.by_user_rules(), 3);
    assert!(drifted.headline().ends_with("1 unexplained, 0 alarms, 3 by your own rules"), "{}", drifted.headline());
    let idle: Vec<&String> = drifted.warnings.iter().filter(|warning| warning.contains("names no path")).collect();
    assert_eq!(idle, ["imgdrift.toml:12: the rule \"plugins\" names no path any more: correct it or take it out"]);
    // Without its input it is not derived anew.
    right.write("opt/data/x", b"1");
    assert_eq!(rule(&report(&left, &right), "opt/index").0, Explanation::Unexplained);
}

#[test]
fn they_make_a_rebuild_equivalent_but_never_proven_and_change_no_digest() {
    let mut left = TestImage::new();
    left.write("app/cache", b"1");
    let mut right = left.clone();
    right.write("app/cache", b"2");
    let drifted = report(&left, &right);
    assert_eq!((drifted.verdict, drifted.is_proven()), (Verdict::ContentEquivalent, false));
    let plain = compare(&left.snapshot(), &right.snapshot(), Rules::built_in());
    assert_eq!(plain.verdict, Verdict::DependencyEquivalent);
    assert_eq!(drifted.right.content_digest, plain.right.content_digest);
    assert_ne!(drifted.left.content_digest, drifted.right.content_digest);
}

#[test]
fn they_silence_no_alarm_no_failed_hash_no_privilege_and_no_failed_proof() {
    let image = |bar: &str| {
        let mut image = TestImage::new();
        image
            .deb("foo", "1", &[("usr/lib/foo", b"foo"), ("usr/bin/foo", b"foo")])
            .deb("bar", bar, &[("usr/lib/bar", bar.as_bytes())])
            .conffile("conf", "1", "etc/conf", b"as shipped")
            .write("usr/share/ca-certificates/a.crt", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n")
            .write("etc/ssl/certs/ca-certificates.crt", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n")
            .write("app/tool", b"tool");
        image
    };
    let (left, mut right) = (image("1"), image("2"));
    right
        .write("usr/lib/foo", b"evil")
        .write("usr/lib/bar", b"evil")
        .write("etc/conf", b"edited")
        .write("usr/share/ca-certificates/a.crt", b"-----BEGIN CERTIFICATE-----\nBB\n-----END CERTIFICATE-----\n")
        .write("etc/ssl/certs/ca-certificates.crt", b"-----BEGIN CERTIFICATE-----\nEVIL\n-----END CERTIFICATE-----\n")
        .mode("usr/bin/foo", 0o4755)
        .mode("app/tool", 0o4755);
    let drifted = report(&left, &right);
    for (path, explanation, told) in [
        ("usr/lib/foo", Explanation::SameVersion, "does not match"),
        ("usr/bin/foo", Explanation::SameVersion, "setuid gained"),
        ("usr/lib/bar", Explanation::Unexplained, "modified after install"),
        ("etc/conf", Explanation::Unexplained, "edited conffile"),
        ("etc/ssl/certs/ca-certificates.crt", Explanation::Unexplained, "no list of certificates"),
        ("app/tool", Explanation::Unexplained, "setuid gained"),
    ] {
        let drift = drift(&drifted, path);
        assert_eq!((drift.explanation, &drift.rule), (explanation, &None), "{path}");
        assert!(drift.detail.contains(told), "{path}: {}", drift.detail);
    }
    assert_eq!(drifted.verdict, Verdict::Drifted);
}

#[test]
fn executables_are_taken_in_only_where_a_rule_says_so_and_links_never() {
    let mut left = TestImage::new();
    left.write("app/run", b"1").mode("app/run", 0o755).write("opt/plugins/a.so", b"1").mode("opt/plugins/a.so", 0o755);
    left.write("opt/plugins/b.so", b"1").mode("opt/plugins/b.so", 0o2755).symlink("app/current", "a");
    let mut right = left.clone();
    right.write("app/run", b"2").write("opt/plugins/a.so", b"2").write("opt/plugins/b.so", b"2");
    right.symlink("app/current", "b");
    let drifted = report(&left, &right);
    assert_eq!(rule(&drifted, "opt/plugins/a.so"), (Explanation::Noise, Some("plugins"), Some("imgdrift.toml")));
    for path in ["app/run", "opt/plugins/b.so", "app/current"] {
        assert_eq!(rule(&drifted, path), (Explanation::Unexplained, None, None), "{path}");
    }
}

#[test]
fn what_a_mask_proves_stays_proven() {
    let (mut left, mut right) = (TestImage::new(), TestImage::new());
    left.deb("dbus", "1", &[]).write("etc/machine-id", b"0123456789abcdef0123456789abcdef\n");
    right.deb("dbus", "1", &[]).write("etc/machine-id", b"fedcba9876543210fedcba9876543210\n");
    let drifted = report(&left, &right);
    assert_eq!(rule(&drifted, "etc/machine-id"), (Explanation::Noise, Some("machine-id"), None));
    assert_eq!(drift(&drifted, "etc/machine-id").proof, Some(Proof::Mask));
    assert_eq!(drifted.by_user_rules(), 0);
}
