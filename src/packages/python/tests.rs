use super::super::testing::{image, layered, path};
use super::super::{catalog, wants};
use super::*;
use crate::model::{Digest, OwnedFile, RecordedHash, Role};

fn read(image: &Image) -> (Vec<Package>, Vec<String>) {
    let mut warnings = Vec::new();
    let packages = catalog(image, &mut warnings);
    (packages.into_iter().filter(|package| package.ecosystem == Ecosystem::Pypi).collect(), warnings)
}

/// `NAME VERSION LOCATION` of each distribution.
fn listed(files: &[(&str, &str)]) -> Vec<String> {
    let row = |package: &Package| {
        format!(
            "{} {} {}",
            package.name,
            package.version,
            package.location.as_ref().map_or(String::new(), ToString::to_string)
        )
    };
    read(&image(files)).0.iter().map(row).collect()
}

fn file<'a>(package: &'a Package, at: &str) -> &'a OwnedFile {
    package.files.iter().find(|file| file.path == path(at)).unwrap_or_else(|| panic!("{at} in {:?}", package.files))
}

const FLASK: &str = "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.3\nSummary: A simple framework\n\nName: no\n";

/// From Flask 3.1.3 as pip 23.2.1 installed it, shortened.
const FLASK_RECORD: &str = "../../../bin/flask,sha256=IKATYhd4a-rR_5UlQI1uNO2lb_EBIMpeEYIlfgx_44c,231\r
flask-3.1.3.dist-info/INSTALLER,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4\r
flask-3.1.3.dist-info/METADATA,sha256=qmdg7W9UVwRHTXBzPkpjp_FIHjdpc-3IlqE9AqciTHw,3167\r
flask-3.1.3.dist-info/RECORD,,\r
flask/__init__.py,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4\r
flask/__pycache__/__init__.cpython-311.pyc,,\r
";

#[test]
fn a_wheel_owns_its_record_and_what_lies_beside_it() {
    let (packages, warnings) = read(&image(&[
        ("usr/local/lib/python3.11/site-packages/flask-3.1.3.dist-info/METADATA", FLASK),
        ("usr/local/lib/python3.11/site-packages/flask-3.1.3.dist-info/RECORD", FLASK_RECORD),
        ("usr/local/lib/python3.11/site-packages/flask-3.1.3.dist-info/INSTALLER", "pip\n"),
        ("usr/local/lib/python3.11/site-packages/flask-3.1.3.dist-info/REQUESTED", ""),
        (
            "usr/local/lib/python3.11/site-packages/flask-3.1.3.dist-info/entry_points.txt",
            "[console_scripts]\nflask=flask.cli:main\n",
        ),
        ("usr/local/lib/python3.11/site-packages/flask/__init__.py", "1234"),
        ("usr/local/bin/flask", "#!/usr/local/bin/python\n"),
    ]));
    assert!(warnings.is_empty(), "{warnings:?}");
    let [flask] = packages.as_slice() else { panic!("{packages:?}") };
    assert_eq!((flask.name.as_str(), flask.key.as_str(), flask.version.as_str()), ("Flask", "flask", "3.1.3"));
    assert_eq!(flask.location, Some(path("usr/local/lib/python3.11/site-packages")));
    assert_eq!((flask.installer.as_deref(), flask.automatic), (Some("pip"), Some(false)));
    assert_eq!((flask.owner.as_deref(), flask.origin.as_deref()), (None, None));
    assert_eq!(flask.summary.as_deref(), Some("A simple framework"));
    assert_eq!(flask.files.len(), 8, "{:?}", flask.files);
    assert!(flask.files.is_sorted_by(|a, b| a.path < b.path));
    let site = |name: &str| format!("usr/local/lib/python3.11/site-packages/{name}");
    let init = file(flask, &site("flask/__init__.py"));
    let digest = Digest::from_hex("ceebae7b8927a3227e5303cf5e0f1f7b34bb542ad7250ac03fbcde36ec2f1508").unwrap();
    assert_eq!((init.recorded, init.role), (RecordedHash::Sha256(digest), Role::Plain));
    assert_eq!(file(flask, "usr/local/bin/flask").role, Role::Script);
    assert_eq!(file(flask, &site("flask-3.1.3.dist-info/REQUESTED")).role, Role::InstallerNote);
    assert_eq!(file(flask, &site("flask-3.1.3.dist-info/RECORD")).role, Role::InstallerNote);
    assert_eq!(file(flask, &site("flask-3.1.3.dist-info/METADATA")).role, Role::Plain);
    assert_eq!(file(flask, &site("flask/__pycache__/__init__.cpython-311.pyc")).recorded, RecordedHash::None);
    let present = [
        FLASK,
        FLASK_RECORD,
        "pip\n",
        "[console_scripts]\nflask=flask.cli:main\n",
        "1234",
        "#!/usr/local/bin/python\n",
    ];
    assert_eq!(flask.size, present.iter().map(|text| text.len() as u64).sum::<u64>());
}

#[test]
fn every_form_of_installation_is_found_in_every_environment() {
    let metadata = |name: &str| format!("Name: {name}\nVersion: 1.0\n");
    let (dist, info, file, egg) = (metadata("dist"), metadata("info"), metadata("file"), metadata("egg"));
    assert_eq!(
        listed(&[
            ("app/lib/dist-1.0.dist-info/METADATA", &dist),
            ("opt/venv/lib/python3.11/site-packages/dist-1.0.dist-info/METADATA", &dist),
            ("usr/lib/python3/dist-packages/info-1.0.egg-info/PKG-INFO", &info),
            ("usr/lib/python3/dist-packages/file-1.0.egg-info", &file),
            ("usr/lib/python3/dist-packages/egg-1.0-py3.11.egg/EGG-INFO/PKG-INFO", &egg),
            ("usr/lib/python3/dist-packages/zip-2.0-py3.11.egg", "PK"),
        ]),
        [
            "dist 1.0 /app/lib",
            "dist 1.0 /opt/venv/lib/python3.11/site-packages",
            "egg 1.0 /usr/lib/python3/dist-packages",
            "file 1.0 /usr/lib/python3/dist-packages",
            "info 1.0 /usr/lib/python3/dist-packages",
            "zip 2.0 /usr/lib/python3/dist-packages",
        ]
    );
}

#[test]
fn bundled_copies_caches_and_build_leftovers_are_not_installed() {
    let text = "Name: x\nVersion: 1.0\n";
    assert_eq!(
        listed(&[
            ("usr/lib/python3/dist-packages/setuptools/_vendor/x-1.0.dist-info/METADATA", text),
            ("usr/lib/python3/dist-packages/pkg_resources/tests/data/x-1.0.egg/EGG-INFO/PKG-INFO", text),
            ("usr/share/poetry/_vendor/x-1.0.dist-info/METADATA", text),
            ("root/.cache/uv/archive-v0/abc/x-1.0.dist-info/METADATA", text),
            ("app/x.egg-info/PKG-INFO", text),
            ("app/x.egg-info/SOURCES.txt", "setup.py\n"),
            ("usr/lib/python3.11/test/data/x-1.0.egg", "PK"),
            ("site-packages/torn.dist-info/WHEEL", ""),
        ]),
        [""; 0]
    );
}

#[test]
fn an_egg_link_is_an_editable_install_of_its_sources() {
    let (packages, warnings) = read(&image(&[
        ("app/src/My_App.egg-info/PKG-INFO", "Name: My-App\nVersion: 0.3\n"),
        ("app/src/My_App.egg-info/SOURCES.txt", "setup.py\n"),
        ("app/src/other.egg-info/PKG-INFO", "Name: other\nVersion: 9\n"),
        ("app/src/other.egg-info/SOURCES.txt", "setup.py\n"),
        ("usr/lib/python3.9/site-packages/My-App.egg-link", "/app/src\n."),
        ("usr/lib/python3.9/site-packages/gone.egg-link", "/nowhere\n."),
    ]));
    let rows: Vec<_> = packages
        .iter()
        .map(|package| (package.name.as_str(), package.version.as_str(), package.origin.as_deref()))
        .collect();
    assert_eq!(rows, [("gone", "", Some("editable")), ("My-App", "0.3", Some("editable"))]);
    assert_eq!(packages[1].location, Some(path("usr/lib/python3.9/site-packages")));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn direct_urls_tell_the_origin_and_broken_ones_are_told() {
    let (packages, warnings) = read(&image(&[
        ("site-packages/a.dist-info/METADATA", "Name: a\nVersion: 1\n"),
        ("site-packages/a.dist-info/direct_url.json", r#"{"url": "file:///a", "dir_info": {"editable": true}}"#),
        ("site-packages/b.dist-info/METADATA", "Name: b\nVersion: 1\n"),
        ("site-packages/b.dist-info/direct_url.json", "{"),
    ]));
    assert_eq!((packages[0].origin.as_deref(), packages[1].origin.as_deref()), (Some("editable"), None));
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("/site-packages/b.dist-info/direct_url.json"),
        "{warnings:?}"
    );
}

#[test]
fn a_distribution_that_a_deb_owns_says_so() {
    // From Debian 12's python3-pip, whose RECORD lists scripts that the package does not ship.
    let (packages, _) = read(&image(&[
        ("var/lib/dpkg/status", "Package: python3-pip\nVersion: 23.0.1+dfsg-1\nArchitecture: all\n"),
        ("var/lib/dpkg/info/python3-pip.list", "/.\n/usr/lib/python3/dist-packages/pip-23.0.1.dist-info/METADATA\n"),
        ("usr/lib/python3/dist-packages/pip-23.0.1.dist-info/METADATA", "Name: pip\nVersion: 23.0.1\n"),
        (
            "usr/lib/python3/dist-packages/pip-23.0.1.dist-info/RECORD",
            "../scripts/pip3,sha256=x,1\npip/__init__.py,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4\n",
        ),
        ("usr/local/lib/python3.11/dist-packages/pip-24.0.dist-info/METADATA", "Name: pip\nVersion: 24.0\n"),
    ]));
    let owners: Vec<_> = packages.iter().map(|package| (package.version.as_str(), package.owner.as_deref())).collect();
    assert_eq!(owners, [("23.0.1", Some("deb:python3-pip")), ("24.0", None)]);
    let init = file(&packages[0], "usr/lib/python3/dist-packages/pip/__init__.py");
    assert_eq!(init.recorded, RecordedHash::None, "dpkg's hashes count: Debian strips what RECORD was written for");
}

#[test]
fn a_distribution_that_is_told_twice_is_listed_once() {
    // Both are in Debian 12's python3-cryptography 38.0.4-3.
    let rows = [
        (
            "usr/lib/python3/dist-packages/cryptography-38.0.4.dist-info/METADATA",
            "Name: cryptography\nVersion: 38.0.4\n",
        ),
        ("usr/lib/python3/dist-packages/cryptography.egg-info/PKG-INFO", "Name: cryptography\nVersion: 38.0.4\n"),
        ("usr/lib/python3/dist-packages/cryptography-39.0.dist-info/METADATA", "Name: cryptography\nVersion: 39.0\n"),
    ];
    let (packages, _) = read(&image(&rows));
    let versions: Vec<_> = packages.iter().map(|package| (package.version.as_str(), package.files.len())).collect();
    assert_eq!(versions, [("38.0.4", 2), ("39.0", 1)]);
    assert_eq!(packages[0].size, (rows[0].1.len() + rows[1].1.len()) as u64);
}

#[test]
fn rows_that_disagree_and_rows_that_climb_prove_nothing() {
    // The first two rows are from numpy 1.26.4's RECORD, which lists this file twice.
    let record = "n/conv_template.cpython-311.pyc,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4
n/conv_template.cpython-311.pyc,,
n/a.py,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4
n/a.py,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4
../../etc/passwd,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4
";
    let (packages, warnings) = read(&image(&[
        ("site-packages/numpy-1.26.4.dist-info/METADATA", "Name: numpy\nVersion: 1.26.4\n"),
        ("site-packages/numpy-1.26.4.dist-info/RECORD", record),
    ]));
    assert_eq!(file(&packages[0], "site-packages/n/conv_template.cpython-311.pyc").recorded, RecordedHash::None);
    assert_ne!(file(&packages[0], "site-packages/n/a.py").recorded, RecordedHash::None);
    assert_eq!(packages[0].files.len(), 4);
    assert_eq!(
        warnings,
        [
            "/site-packages/numpy-1.26.4.dist-info lists files that cannot be its own: the name \"../../etc/passwd\" climbs with \"..\""
        ]
    );
}

#[test]
fn installed_files_of_an_egg_info_are_relative_to_it() {
    let (packages, _) = read(&image(&[
        ("usr/lib/python3.9/site-packages/docopt-0.6.2.egg-info/PKG-INFO", "Name: docopt\nVersion: 0.6.2\n"),
        (
            "usr/lib/python3.9/site-packages/docopt-0.6.2.egg-info/installed-files.txt",
            "../docopt.py\nPKG-INFO\n../../../../bin/d\n",
        ),
        (
            "usr/lib/python3.9/site-packages/docopt-0.6.2.egg-info/entry_points.txt",
            "[other]\ny = z\n[gui_scripts]\nd = docopt:main\n",
        ),
    ]));
    assert_eq!(file(&packages[0], "usr/lib/python3.9/site-packages/docopt.py").role, Role::Plain);
    assert_eq!(file(&packages[0], "usr/bin/d").role, Role::Script);
    assert_eq!(packages[0].files.len(), 5);
}

#[test]
fn commands_that_name_the_interpreter_are_scripts_too() {
    let (packages, _) = read(&image(&[
        ("v/lib/python3.11/site-packages/pip-24.dist-info/METADATA", "Name: pip\nVersion: 24\n"),
        (
            "v/lib/python3.11/site-packages/pip-24.dist-info/entry_points.txt",
            "[console_scripts]\npip = x\neasy_install = x\n",
        ),
        (
            "v/lib/python3.11/site-packages/pip-24.dist-info/RECORD",
            "../../../bin/pip3.11,,\n../../../bin/easy_install-3.11,,\n../../../bin/pipx,,\npip/bin,,\npip/pip,,\n",
        ),
    ]));
    let scripts: Vec<_> =
        packages[0].files.iter().filter(|file| file.role == Role::Script).map(|file| file.path.to_string()).collect();
    assert_eq!(scripts, ["/v/bin/easy_install-3.11", "/v/bin/pip3.11"]);
}

#[test]
fn what_pip_was_not_asked_for_came_as_a_dependency() {
    let (packages, _) = read(&image(&[
        ("new/site-packages/a.dist-info/METADATA", "Name: a\nVersion: 1\n"),
        ("new/site-packages/a.dist-info/INSTALLER", "pip\n"),
        ("new/site-packages/b.dist-info/METADATA", "Name: b\nVersion: 1\n"),
        ("new/site-packages/b.dist-info/REQUESTED", ""),
        ("new/site-packages/c.dist-info/METADATA", "Name: c\nVersion: 1\n"),
        ("new/site-packages/c.dist-info/INSTALLER", "uv"),
        ("old/site-packages/a.dist-info/METADATA", "Name: a\nVersion: 1\n"),
        ("old/site-packages/a.dist-info/INSTALLER", "pip\n"),
    ]));
    let automatic: Vec<_> = packages.iter().map(|package| package.automatic).collect();
    assert_eq!(automatic, [Some(true), Some(false), None, None]);
}

#[test]
fn metadata_that_does_not_say_leaves_the_file_name() {
    let (packages, warnings) = read(&layered(&[
        &[("site-packages/gone-1.0.dist-info/METADATA", "")],
        &[
            ("site-packages/odd_name-2.0.dist-info/METADATA", "Summary: x\n"),
            ("site-packages/odd_name-2.0.dist-info/RECORD", "\"\u{0},,,,\n,,\n\""),
        ],
    ]));
    let rows: Vec<_> =
        packages.iter().map(|package| (package.key.as_str(), package.version.as_str(), package.layer)).collect();
    assert_eq!(rows, [("gone", "1.0", 0), ("odd-name", "2.0", 1)]);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
}

#[test]
fn files_of_a_linked_store_are_read_through_their_links() {
    assert_eq!(
        listed(&[
            ("site-packages/x-1.0.dist-info/METADATA", "-> /store/abc"),
            ("store/x-1.0.dist-info/METADATA", "Name: x\nVersion: 1.0\n"),
            ("store/abc", "-> x-1.0.dist-info/METADATA"),
            ("site-packages/loop.dist-info/METADATA", "-> METADATA"),
        ])
        .first()
        .map(String::as_str),
        Some("x 1.0 /site-packages")
    );
}

#[test]
fn only_what_is_read_is_kept() {
    for wanted in [
        "a/x.dist-info/METADATA",
        "a/x.dist-info/RECORD",
        "a/x.dist-info/direct_url.json",
        "a/x.egg-info/PKG-INFO",
        "a/x.egg-info/entry_points.txt",
        "a/x.egg/EGG-INFO/PKG-INFO",
        "a/x.egg-info",
        "a/x.egg-link",
        "a/site-packages/x.pth",
        "a/x.egg-info/top_level.txt",
    ] {
        assert!(wants(&path(wanted)), "{wanted}");
    }
    for unwanted in [
        "a/METADATA",
        "a/x.dist-info/REQUESTED",
        "a/x.dist-info/LICENSE",
        "a/PKG-INFO",
        "a/x.egg",
        "a/x.pth",
        "METADATA",
    ] {
        assert!(!wants(&path(unwanted)), "{unwanted}");
    }
}
