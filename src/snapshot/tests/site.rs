//! `unowned-in-site` on images made for it: what nobody lists, by how much it matters, and what is known to be left.

use super::*;

/// What `unowned-in-site` says: severity, subject and how many files.
fn unowned(change: impl FnOnce(&mut TestImage)) -> Vec<(Severity, String, usize)> {
    let found = findings(change).into_iter().filter(|finding| finding.check == "unowned-in-site");
    found.map(|finding| (finding.severity, finding.subject, finding.count)).collect()
}

fn site(path: &str) -> String {
    format!("/{}", TestImage::site(path))
}

#[test]
fn an_extra_file_in_a_distributions_directory_is_told_with_its_name() {
    let found = findings(|image| {
        image.write(&TestImage::site("flask/evil.py"), b"x").write(&TestImage::site("flask/data.json"), b"{}");
    });
    let extra: Vec<_> = found.iter().filter(|finding| finding.check == "unowned-in-site").collect();
    assert_eq!((extra.len(), extra[0].count, extra[0].subject.as_str()), (1, 2, site("flask/").as_str()));
    assert!(extra[0].message.starts_with("extra: pypi:flask lists files here and not these"), "{}", extra[0].message);
    assert_eq!(extra[0].severity, Severity::Warning);
    assert_eq!(extra[0].paths[0].to_absolute(), site("flask/evil.py"), "what can be imported first");
    let data = unowned(|image| {
        image.write(&TestImage::site("flask/data.json"), b"{}");
    });
    assert_eq!(data, [(Severity::Info, site("flask/"), 1)]);
}

#[test]
fn a_file_beside_the_metadata_that_record_does_not_name_is_extra_and_an_installers_note_is_not() {
    let found = unowned(|image| {
        let info = TestImage::site("flask-3.0.0.dist-info");
        image.write(&format!("{info}/REQUESTED"), b"").write(&format!("{info}/uv_cache.json"), b"{}");
        image.write(&format!("{info}/INSTALLER"), b"pip\n").write(&format!("{info}/planted.py"), b"x");
    });
    assert_eq!(found, [(Severity::Warning, site("flask-3.0.0.dist-info/"), 1)]);
}

#[test]
fn bytecode_follows_its_source() {
    let cache = |name: &str| TestImage::site(&format!("flask/__pycache__/{name}.cpython-311.pyc"));
    let found = unowned(|image| {
        let optimised = TestImage::site("flask/__pycache__/app.cpython-311.opt-1.pyc");
        image.pyc(&cache("app"), 1, 3, b"code").pyc(&optimised, 1, 3, b"code");
    });
    assert_eq!(found, []);
    let sourceless = unowned(|image| {
        image.pyc(&TestImage::site("flask/evil.pyc"), 1, 3, b"code");
    });
    assert_eq!(sourceless, [(Severity::Warning, site("flask/"), 1)], "Python imports it without a source");
    let left_over = unowned(|image| {
        image.pyc(&cache("gone"), 1, 3, b"code");
    });
    assert_eq!(left_over, [(Severity::Info, site("flask/"), 1)], "Python imports no cache without its source");
}

#[test]
fn what_an_interpreter_runs_at_its_start_is_a_warning_even_where_it_adds_directories_only_a_note() {
    let runs = findings(|image| {
        image.write(&TestImage::site("evil.pth"), b"/app\nimport os; os.system('\x1b[31m')\n");
    });
    let runs: Vec<_> = runs.iter().filter(|finding| finding.check == "unowned-in-site").collect();
    assert_eq!((runs[0].severity, runs[0].subject.as_str()), (Severity::Warning, site("evil.pth").as_str()));
    assert!(runs[0].message.contains("import os; os.system('"), "{}", runs[0].message);
    assert!(!runs[0].message.contains('\x1b'));
    let adds = unowned(|image| {
        image.write(&TestImage::site("easy-install.pth"), b"/app\n");
    });
    assert_eq!(adds, [(Severity::Info, site("easy-install.pth"), 1)]);
    for name in ["sitecustomize.py", "usercustomize/__init__.py", "sitecustomize.cpython-311-x86_64-linux-gnu.so"] {
        let found = unowned(|image| {
            image.write(&TestImage::site(name), b"x");
        });
        assert_eq!(found[0].0, Severity::Warning, "{name}");
    }
    let beside = unowned(|image| {
        image.write("usr/local/lib/python3.12/sitecustomize.py", b"x").directory("usr/lib/python3/dist-packages");
    });
    assert_eq!(beside, [(Severity::Warning, "/usr/local/lib/python3.12/sitecustomize.py".to_owned(), 1)]);
    let owned = unowned(|image| {
        image.deb("libpython3.12-minimal", "1", &[("usr/local/lib/python3.12/sitecustomize.py", b"x")]);
        image.wheel("hook", "1", &[("hook.pth", b"import hook"), ("__editable__.app-1.pth", b"/app")]);
    });
    assert_eq!(owned, []);
}

#[test]
fn what_environments_and_installers_leave_is_known() {
    // What virtualenv 20 and `uv venv` write, CPython's own README, and what the files of an egg look like.
    let found = unowned(|image| {
        image
            .write(&TestImage::site("_virtualenv.pth"), b"import _virtualenv")
            .write(&TestImage::site("_virtualenv.py"), b"\"\"\"Patches that are applied at runtime\"\"\"\n")
            .pyc(&TestImage::site("__pycache__/_virtualenv.cpython-311.pyc"), 1, 3, b"code")
            .write(&TestImage::site("README.txt"), b"This directory exists so that 3rd party packages can be installed")
            .write(&TestImage::site("PyYAML-6.0.egg-info/PKG-INFO"), b"Name: PyYAML\nVersion: 6.0\n")
            .write(&TestImage::site("PyYAML-6.0.egg-info/top_level.txt"), b"_yaml\nyaml\n")
            .write(&TestImage::site("yaml/__init__.py"), b"x")
            .write(&TestImage::site("docopt-0.6.2.egg-info"), b"Name: docopt\nVersion: 0.6.2\n")
            .write(&TestImage::site("docopt.py"), b"x")
            .deb("python3-six", "1", &[(&TestImage::site("six.py"), b"x")]);
    });
    assert_eq!(found, []);
    let planted = unowned(|image| {
        image.write(&TestImage::site("_virtualenv.pth"), b"import _virtualenv, evil");
    });
    assert_eq!(planted, [(Severity::Warning, site("_virtualenv.pth"), 1)]);
}

#[test]
fn a_whole_app_in_a_site_directory_is_one_finding_and_many_are_folded() {
    let app = unowned(|image| {
        for name in ["__init__.py", "main.py", "static/logo.svg"] {
            image.write(&TestImage::site(&format!("app/{name}")), b"x");
        }
        image.write(&TestImage::site("~ip/x.py"), b"x");
    });
    assert_eq!(app, [(Severity::Warning, site("app/"), 3), (Severity::Info, site("~ip/"), 1)]);
    let many = unowned(|image| {
        for name in 0..30 {
            image.write(&TestImage::site(&format!("m{name}.py")), b"x");
        }
        image.write(&TestImage::site("evil.pth"), b"import m0");
    });
    assert_eq!(many, [(Severity::Warning, site("evil.pth"), 1), (Severity::Warning, site(""), 30)]);
}

#[test]
fn conda_may_own_what_no_record_lists() {
    let found = unowned(|image| {
        image.write("opt/conda/conda-meta/history", b"").write("opt/conda/lib/python3.11/site-packages/x/y.py", b"x");
    });
    assert_eq!(found, [(Severity::Info, "/opt/conda/lib/python3.11/site-packages/x/".to_owned(), 1)]);
}
