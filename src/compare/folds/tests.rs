//! What belongs to a tree that moved, and what somebody put into it.

use super::super::{DriftReport, compare};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::TestImage;

/// A part of the standard library, more than a few files.
const MODULES: [&str; 25] = [
    "os.py",
    "abc.py",
    "ast.py",
    "bdb.py",
    "cgi.py",
    "cmd.py",
    "csv.py",
    "dis.py",
    "enum.py",
    "glob.py",
    "gzip.py",
    "hmac.py",
    "json/__init__.py",
    "json/decoder.py",
    "encodings/utf_8.py",
    "asyncio/tasks.py",
    "__pycache__/os.cpython-SHORT.pyc",
    "lib-dynload/_json.cpython-SHORT-x86_64-linux-gnu.so",
    "config-SERIES-x86_64-linux-gnu/Makefile",
    "LICENSE.txt",
    "_sysconfigdata__linux_x86_64-linux-gnu.py",
    "site.py",
    "ssl.py",
    "this.py",
    "site-packages/README.txt",
];

/// An image with an interpreter built from source under `root`, and its version told as the official images tell it.
fn python(root: &str, version: &str) -> TestImage {
    let series = version.rsplit_once('.').unwrap().0;
    let mut image = TestImage::new();
    image.config.runtime.env.push(("PYTHON_VERSION".to_owned(), version.to_owned()));
    let fill = |path: &str| path.replace("SERIES", series).replace("SHORT", &series.replace('.', ""));
    for module in MODULES {
        image
            .write(&format!("{root}/lib/python{series}/{}", fill(module)), format!("{module} of {version}").as_bytes());
    }
    for path in [
        "bin/pythonSERIES",
        "lib/libpythonSERIES.so.1.0",
        "include/pythonSERIES/patchlevel.h",
        "share/man/man1/pythonSERIES.1",
        "lib/pkgconfig/python-SERIES.pc",
    ] {
        image.write(&format!("{root}/{}", fill(path)), format!("{path} of {version}").as_bytes());
    }
    image.symlink(&format!("{root}/bin/python3"), &format!("python{series}"));
    image
}

fn compared(left: &TestImage, right: &TestImage) -> DriftReport {
    compare(&left.snapshot(), &right.snapshot(), &Rules::default())
}

/// The unexplained paths that are lines of their own.
fn alone(report: &DriftReport) -> Vec<String> {
    let rows = (0_u32..).zip(&report.files.rows);
    let rows = rows.filter(|(at, row)| {
        let drift = row.drift.as_ref();
        drift.is_some_and(|drift| drift.explanation == crate::model::Explanation::Unexplained)
            && report.files.fold_of(*at).is_none()
    });
    rows.map(|(_, row)| row.path.to_string()).collect()
}

#[test]
fn an_interpreter_that_moved_is_one_line_with_its_name_and_proves_nothing() {
    for (from, to, words) in
        [("3.11.7", "3.12.1", "Python 3.11.7 → 3.12.1"), ("3.11.2", "3.11.7", "Python 3.11.2 → 3.11.7")]
    {
        for root in ["usr/local", "opt/python"] {
            let report = compared(&python(root, from), &python(root, to));
            let [fold] = report.files.folds.as_slice() else { panic!("{:?}", report.files.folds) };
            assert_eq!(fold.name, format!("{words} under /{root}, built from source"));
            assert_eq!((report.unexplained(), report.alarms()), (1, 0), "{:?}", alone(&report));
            assert_eq!(alone(&report), [""; 0]);
            let paths = report.files.by_explanation.get(crate::model::Explanation::Unexplained);
            assert_eq!(fold.rows.len(), paths, "each path stays unexplained");
            assert!(paths > MODULES.len());
            assert!(report.headline().contains("1 unexplained"), "{}", report.headline());
        }
    }
}

/// Whatever no build of an interpreter has is a line of its own, as is what Python runs at its start.
#[test]
fn what_is_planted_in_an_interpreter_that_moved_is_a_line_of_its_own() {
    for path in [
        "usr/local/lib/python3.12/sitecustomize.py",
        "usr/local/lib/python3.12/usercustomize.py",
        "usr/local/lib/python3.12/evil.py",
        "usr/local/lib/python3.12/evil.pth",
        "usr/local/lib/python3.12/json/evil.pth",
        "usr/local/lib/python3.12/site-packages/x.py",
        "usr/local/lib/python3.12/site-packages/x.pth",
        "usr/local/lib/python3.12/__pycache__/evil.cpython-312.pyc",
        "usr/local/lib/python3.12/lib-dynload/evil.cpython-312-x86_64-linux-gnu.so",
        "usr/local/lib/python3.12/config-3.12-x86_64-linux-gnu/evil",
        "usr/local/bin/evil",
        "usr/local/bin/python3-evil",
        "usr/local/lib/libevil.so",
        "usr/local/lib/python3.13/os2.py",
        "usr/local/include/python3.12/evil.py",
        "usr/local/etc/x",
        "usr/lib/python3.12/os.py",
        "usr/local/lib/pkgconfig/evil.pc",
    ] {
        let mut right = python("usr/local", "3.12.1");
        right.write(path, b"planted");
        let report = compared(&python("usr/local", "3.11.7"), &right);
        assert!(alone(&report).contains(&format!("/{path}")), "{path}: {:?}", alone(&report));
        assert_eq!(report.unexplained(), 1 + alone(&report).len());
    }
}

#[test]
fn what_gains_rights_or_leads_elsewhere_is_no_part_of_a_fold() {
    let left = python("usr/local", "3.11.7");
    let mut right = python("usr/local", "3.12.1");
    right.mode("usr/local/bin/python3.12", 0o4755);
    let report = compared(&left, &right);
    assert!(
        alone(&report).contains(&"/usr/local/bin/python3.12".to_owned()) || report.alarms() > 0,
        "{:?}",
        alone(&report)
    );
    let site = "usr/local/lib/python3.12/site-packages";
    let mut linked = python("usr/local", "3.12.1");
    linked.remove(&format!("{site}/README.txt")).symlink(site, "json");
    assert!(alone(&compared(&left, &linked)).contains(&format!("/{site}")));
    for target in ["/tmp/python", "../../tmp/python"] {
        let mut right = python("usr/local", "3.12.1");
        right.symlink("usr/local/bin/python3", target);
        assert!(alone(&compared(&left, &right)).contains(&"/usr/local/bin/python3".to_owned()), "{target}");
    }
}

#[test]
fn without_another_version_nothing_is_folded() {
    let left = python("usr/local", "3.11.7");
    // The same version, altered wherever it can be.
    let mut altered = left.clone();
    for module in MODULES.iter().filter(|module| !module.contains("SHORT") && !module.contains("SERIES")) {
        altered.write(&format!("usr/local/lib/python3.11/{module}"), b"altered");
    }
    altered.write("usr/local/bin/python3.11", b"altered");
    let report = compared(&left, &altered);
    assert!(report.files.folds.is_empty());
    assert!(report.unexplained() > MODULES.len() - 5);
    // A few files are read one by one, and so are those of an interpreter that only one image has.
    let mut few = left.clone();
    few.config.runtime.env = vec![("PYTHON_VERSION".to_owned(), "3.11.8".to_owned())];
    few.write("usr/local/bin/python3.11", b"3.11.8").write("usr/local/lib/python3.11/os.py", b"3.11.8");
    assert!(compared(&left, &few).files.folds.is_empty());
    assert!(compared(&TestImage::new(), &left).files.folds.is_empty());
}

fn cluster(root: &str, content: &str) -> TestImage {
    let mut image = TestImage::new();
    for path in [
        "PG_VERSION",
        "global/pg_control",
        "global/pg_filenode.map",
        "global/1262",
        "global/1262_fsm",
        "pg_wal/000000010000000000000001",
        "pg_xact/0000",
        "pg_multixact/members/0000",
        "pg_multixact/offsets/0000",
        "base/1/PG_VERSION",
        "base/1/pg_internal.init",
        "pg_logical/replorigin_checkpoint",
        "postmaster.opts",
    ] {
        image.write(&format!("{root}/{path}"), format!("{path} {content}").as_bytes());
    }
    for relation in 0..20 {
        image.write(&format!("{root}/base/1/{}", 1000 + relation), content.as_bytes());
    }
    image
}

#[test]
fn a_database_cluster_made_anew_is_one_line_and_its_settings_are_not_in_it() {
    for root in ["var/lib/postgresql/15/main", "var/lib/postgresql/data"] {
        let (left, mut right) = (cluster(root, "one"), cluster(root, "two"));
        let report = compared(&left, &right);
        assert_eq!((report.unexplained(), alone(&report)), (1, vec![]), "{root}");
        assert!(report.files.folds[0].name.contains(&format!("/{root}")));
        right.write(&format!("{root}/pg_hba.conf"), b"host all all all trust");
        right.write(&format!("{root}/postgresql.auto.conf"), b"archive_command = 'evil'");
        right.write(&format!("{root}/base/1/evil.sh"), b"x").mode(&format!("{root}/base/1/1000"), 0o755);
        right.symlink(&format!("{root}/pg_tblspc/1"), "1");
        let alone = alone(&compared(&left, &right));
        for name in ["pg_hba.conf", "postgresql.auto.conf", "base/1/evil.sh", "base/1/1000", "pg_tblspc/1"] {
            assert!(alone.contains(&format!("/{root}/{name}")), "{name}: {alone:?}");
        }
    }
    // Elsewhere it may be anybody's.
    assert!(compared(&cluster("srv/data", "one"), &cluster("srv/data", "two")).files.folds.is_empty());
}
