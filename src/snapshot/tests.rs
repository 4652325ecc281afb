//! The audit's checks on images made for them: each finds what was done to the image, and an untouched one has nothing
//! to answer for.

use crate::audit;
use crate::model::{Finding, Severity, Side};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::TestImage;

mod checklist;
mod locks;

/// What pip 25 writes for `flask`.
const SCRIPT: &str =
    "#!/usr/bin/python3\nimport sys\nfrom flask.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n";

fn image() -> TestImage {
    let mut image = TestImage::new();
    image
        .deb("libfoo", "1.0-1", &[("usr/lib/libfoo.so", b"foo 1"), ("usr/share/doc/libfoo/copyright", b"MIT")])
        .conffile("foo-conf", "1.0-1", "etc/foo.conf", b"shipped")
        .wheel(
            "flask",
            "3.0.0",
            &[
                ("flask/app.py", b"app"),
                ("flask/tests/test_app.py", b"test"),
                ("flask-3.0.0.dist-info/entry_points.txt", b"[console_scripts]\nflask = flask.cli:main\n"),
                ("flask/bin/flask", SCRIPT.as_bytes()),
            ],
        )
        .write("etc/machine-id", b"")
        .write("app/main.py", b"print()");
    let runtime = &mut image.config.runtime;
    runtime.env = [("TZ", "Etc/UTC"), ("LANG", "C.UTF-8")].map(|(name, value)| (name.into(), value.into())).to_vec();
    "1000".clone_into(&mut runtime.user);
    image
}

fn findings(change: impl FnOnce(&mut TestImage)) -> Vec<Finding> {
    let mut image = image();
    change(&mut image);
    image.snapshot().findings(Side::Left, Rules::built_in())
}

/// Check, severity and subject of what is worse than what every test image has.
fn told(change: impl FnOnce(&mut TestImage)) -> Vec<(&'static str, Severity, String)> {
    let usual = ["base-unpinned", "manifest-unknown", "platform-unnamed", "clock-leaks"];
    let findings = findings(change).into_iter().filter(|finding| !usual.contains(&finding.check));
    findings.map(|finding| (finding.check, finding.severity, finding.subject)).collect()
}

fn one(check: &'static str, severity: Severity, subject: &str) -> Vec<(&'static str, Severity, String)> {
    vec![(check, severity, subject.to_owned())]
}

#[test]
fn an_untouched_image_has_nothing_to_answer_for() {
    assert_eq!(told(|_| {}), []);
}

#[test]
fn check_names_are_kebab_case_and_unique() {
    let names: Vec<&str> = audit::names().collect();
    for (at, check) in names.iter().enumerate() {
        assert!(check.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert!(!names[at + 1..].contains(check), "{check}");
    }
}

#[test]
fn files_that_are_not_what_was_installed_are_alarms() {
    let app = TestImage::site("flask/app.py");
    assert_eq!(
        told(|image| {
            image.write(&app, b"apP");
        }),
        one("record-mismatch", Severity::Alarm, &format!("/{app}"))
    );
    assert_eq!(
        told(|image| {
            image.write("usr/lib/libfoo.so", b"foo 2");
        }),
        one("dpkg-mismatch", Severity::Alarm, "/usr/lib/libfoo.so")
    );
    assert_eq!(
        told(|image| {
            image.directory("usr/lib/libfoo.so");
        }),
        one("dpkg-mismatch", Severity::Alarm, "/usr/lib/libfoo.so")
    );
}

#[test]
fn many_modified_files_of_one_package_are_one_finding() {
    let files: Vec<String> = (0..20).map(|at| format!("big/{at}.py")).collect();
    let rows: Vec<(&str, &[u8])> = files.iter().map(|file| (file.as_str(), b"x".as_slice())).collect();
    let found = findings(|image| {
        image.wheel("big", "1", &rows);
        for file in &files {
            image.write(&TestImage::site(file), b"y");
        }
    });
    let found: Vec<_> = found.iter().filter(|finding| finding.check == "record-mismatch").collect();
    assert_eq!((found.len(), found[0].subject.as_str(), found[0].count), (1, "pypi:big", 20));
    assert_eq!(found[0].package.as_ref().map(|package| package.key.as_str()), Some("big"));
}

#[test]
fn a_symlink_to_the_same_bytes_is_the_file() {
    let app = TestImage::site("flask/app.py");
    let link = |target: &'static [u8]| {
        let app = app.clone();
        told(move |image| {
            image.write("store/app.py", target).symlink(&app, "/store/app.py");
        })
    };
    assert_eq!(link(b"app"), []);
    assert_eq!(link(b"other"), one("record-mismatch", Severity::Alarm, &format!("/{app}")));
}

#[test]
fn what_installers_rewrite_is_no_alarm() {
    let script = &TestImage::site("flask/bin/flask");
    assert_eq!(
        told(|image| {
            image.write(script, SCRIPT.replace("/usr/bin/python3", "/opt/venv/bin/python").as_bytes());
        }),
        one("record-mismatch", Severity::Info, "pypi:flask")
    );
    assert_eq!(
        told(|image| {
            image.write(script, SCRIPT.replace("import sys", "import sys, evil").as_bytes());
        }),
        one("record-mismatch", Severity::Alarm, &format!("/{script}"))
    );
    assert_eq!(
        told(|image| {
            image.write("etc/foo.conf", b"edited");
        }),
        one("conffile-edited", Severity::Info, "deb:foo-conf")
    );
}

#[test]
fn a_file_that_two_distributions_ship_is_told_as_such() {
    let found = findings(|image| {
        image.wheel("one", "1", &[("tests/__init__.py", b"one")]).wheel("two", "1", &[("tests/__init__.py", b"two")]);
    });
    let found: Vec<_> = found.iter().filter(|finding| finding.check == "record-mismatch").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
    assert!(found[0].message.starts_with("pypi:one and pypi:two both ship it"), "{}", found[0].message);
    // Each of those that recorded other bytes is told of one that recorded these.
    let found = findings(|image| {
        for (name, bytes) in [("one", b"one"), ("two", b"two"), ("three", b"333"), ("four", b"333")] {
            image.wheel(name, "1", &[("tests/__init__.py", bytes)]);
        }
    });
    let found = found.iter().filter(|finding| finding.check == "record-mismatch");
    let told: Vec<_> = found.map(|finding| finding.message.split(" both").next().unwrap()).collect();
    assert_eq!(told, ["pypi:one and pypi:four", "pypi:two and pypi:four"]);
}

#[test]
fn missing_files_are_told_by_how_much_they_matter() {
    let gone = |path: &str| {
        told(|image| {
            image.remove(path);
        })
    };
    assert_eq!(gone("usr/lib/libfoo.so"), one("files-missing", Severity::Warning, "deb:libfoo"));
    assert_eq!(gone(&TestImage::site("flask/app.py")), one("files-missing", Severity::Warning, "pypi:flask"));
    assert_eq!(gone(&TestImage::site("flask/tests/test_app.py")), one("files-missing", Severity::Info, "pypi:flask"));
    assert_eq!(gone(&TestImage::site("flask/bin/flask")), one("files-missing", Severity::Info, "pypi:flask"));
    assert_eq!(
        gone("usr/share/doc/libfoo/copyright"),
        one("files-missing", Severity::Info, "documentation and translations")
    );
}

#[test]
fn records_without_hashes_are_told() {
    let info = TestImage::site("flask-3.0.0.dist-info/");
    let record = format!("{info}RECORD");
    assert_eq!(
        told(|image| {
            image.remove(&record);
        }),
        one("record-missing", Severity::Warning, "pypi:flask")
    );
    // numpy 1.26 has a second row without a hash for a compiled file; only the source must have one.
    let rows = "flask/app.py,,\nflask/__pycache__/app.cpython-311.pyc,,\nflask-3.0.0.dist-info/RECORD,,\nflask-3.0.0.dist-info/METADATA,sha256=x,1\n";
    let metadata = "other/x.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n";
    let found = findings(|image| {
        image.write(&record, format!("{rows}{metadata}").as_bytes()).write(&TestImage::site("other/x.py"), b"");
    });
    let found: Vec<_> = found.iter().filter(|finding| finding.check == "hash-missing").collect();
    let paths: Vec<String> = found.iter().flat_map(|finding| &finding.paths).map(ToString::to_string).collect();
    assert_eq!(paths, [format!("/{info}METADATA"), format!("/{}", TestImage::site("flask/app.py"))]);
    assert_eq!(
        told(|image| {
            image.remove("var/lib/dpkg/info/libfoo.md5sums");
        }),
        one("md5sums-missing", Severity::Warning, "deb:libfoo")
    );
}

#[test]
fn secrets_and_identities_are_told_and_empty_ones_are_not() {
    // The form of `ssh-keygen -t ed25519`; the digits are made up.
    let key =
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n-----END OPENSSH PRIVATE KEY-----\n";
    for path in ["etc/ssh/ssh_host_ed25519_key", "root/.ssh/id_rsa", "etc/ssl/private/site.key"] {
        let found = told(|image| {
            image.write(path, key);
        });
        assert_eq!(found, one("private-key", Severity::Alarm, &format!("/{path}")));
    }
    for harmless in ["etc/ssh/ssh_host_ed25519_key.pub", "root/.ssh/id_rsa.pub", "usr/share/doc/id_rsa"] {
        let found = told(|image| {
            image.write(harmless, b"ssh-ed25519 AAAA x\n");
        });
        assert_eq!(found, [], "{harmless}");
    }
    assert_eq!(
        told(|image| {
            image.write("root/.ssh/id_rsa", b"");
        }),
        []
    );
    assert_eq!(
        told(|image| {
            image.write("etc/machine-id", b"0123456789abcdef0123456789abcdef\n");
        }),
        one("machine-id", Severity::Warning, "/etc/machine-id")
    );
}

#[test]
fn what_varies_each_build_is_folded_by_cause() {
    let found = told(|image| {
        image
            .pyc("app/__pycache__/main.cpython-311.pyc", 1_700_000_000, 7, b"code")
            .pyc("app/__pycache__/more.cpython-311.pyc", 1_700_000_000, 7, b"code")
            .write("var/log/dpkg.log", b"2026-11-21 07:52:11 startup archives unpack\n")
            .write("var/cache/apt/pkgcache.bin", b"cache")
            .write(&TestImage::site("flask-3.0.0.dist-info/INSTALLER"), b"pip\n")
            .write("etc/hostname", b"builder\n");
    });
    let subjects: Vec<&str> = found.iter().map(|(_, _, subject)| subject.as_str()).collect();
    assert!(found.iter().all(|(check, severity, _)| (*check, *severity) == ("varies-each-build", Severity::Info)));
    assert_eq!(subjects, ["apt-cache", "log-dates", "pyc-code"]);
}

#[test]
fn conffiles_that_dpkg_removes_or_another_package_took_over_are_not_edited() {
    // The form of dpkg 1.21.22 after an upgrade to a package that removes the conffile; the name is made up.
    let going = told(|image| {
        image.flagged_conffile("old", "1", "etc/going", b"shipped", " remove-on-upgrade");
    });
    assert_eq!(going, []);
    let taken = told(|image| {
        image.flagged_conffile("old", "1", "etc/shared", b"before", " obsolete").conffile(
            "new",
            "1",
            "etc/shared",
            b"now",
        );
    });
    assert_eq!(taken, []);
    let edited = told(|image| {
        image.flagged_conffile("old", "1", "etc/alone", b"before", " obsolete").write("etc/alone", b"by hand");
    });
    assert_eq!(edited, one("conffile-edited", Severity::Info, "deb:old"));
}

#[test]
fn what_dpkg_was_told_to_exclude_is_not_lost() {
    let found = told(|image| {
        image.write("etc/dpkg/dpkg.cfg.d/docker", b"path-exclude /usr/lib/libfoo.so\n").remove("usr/lib/libfoo.so");
    });
    assert_eq!(found, one("files-missing", Severity::Info, "files that dpkg excludes"));
}

#[test]
fn a_mismatch_names_the_bytes_that_are_there_and_those_that_were_recorded() {
    let found = findings(|image| {
        image.write("usr/lib/libfoo.so", b"foo 2").write(&TestImage::site("flask/app.py"), b"apP");
    });
    let words = |check: &str| {
        let finding = found.iter().find(|finding| finding.check == check).unwrap();
        finding.hashes.iter().map(|hashes| hashes.words(false)).collect::<Vec<_>>()
    };
    // The md5 of "foo 1" and "foo 2", and the sha256 of "app" and "apP", by md5sum and sha256sum.
    assert_eq!(words("dpkg-mismatch"), ["sha256 50ebbc40f198; md5sums says 4ed5e9391954, it has 447aa057fb48"]);
    assert_eq!(words("record-mismatch"), ["sha256 f8fd3c87ae4e; RECORD says a172cedcae47, it has f8fd3c87ae4e"]);
}

#[test]
fn a_distroless_images_pieces_are_held_against_its_files() {
    // As distroless images have it: a stanza without a status, and the list of sums beside it.
    let with = |bytes: &[u8]| {
        told(|image| {
            image
                .write("var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
                // The md5 of "12.5".
                .write(
                    "var/lib/dpkg/status.d/base.md5sums",
                    b"cf3e481a44141cabd4e9d46cfbb1f899  usr/share/base/version\n",
                )
                .write("usr/share/base/version", bytes);
        })
    };
    assert_eq!(with(b"12.5"), []);
    assert_eq!(with(b"12.6"), one("dpkg-mismatch", Severity::Alarm, "/usr/share/base/version"));
}

mod site;
