use std::fmt::Write as _;

use super::super::testing::{image, layered, of_bytes, path};
use super::super::{catalog, wants};
use super::*;
use crate::model::{Md5, OwnedFile, RecordedHash, Role, SourcePackage};

fn read(image: &Image) -> (Vec<Package>, Vec<String>) {
    let mut warnings = Vec::new();
    (catalog(image, &mut warnings), warnings)
}

fn file<'a>(package: &'a Package, at: &str) -> &'a OwnedFile {
    package.files.iter().find(|file| file.path == path(at)).unwrap_or_else(|| panic!("{at} in {:?}", package.files))
}

fn md5(hex: &str) -> RecordedHash {
    RecordedHash::Md5(Md5::from_hex(hex).unwrap())
}

/// From Debian 12 (bookworm): dash, which diverts `/bin/sh`, on a usr-merged system.
const DASH: &str = "Package: dash
Essential: yes
Status: install ok installed
Architecture: amd64
Version: 0.5.12-2
Description: POSIX-compliant shell
";

const SUMS: &str = "f17d4e9a0a0f6a6c7e9d5c3cd2fd7d7d  bin/dash
7409ae3f7b10e059ee70d9079c94b097  usr/share/doc/dash/copyright
";

#[test]
fn a_package_owns_its_files_where_they_stand() {
    let image = image(&[
        ("bin", "-> usr/bin"),
        ("usr/bin/dash", "12345"),
        ("usr/bin/sh", "-> dash"),
        ("usr/share/doc/dash/copyright", "123"),
        ("var/lib/dpkg/status", DASH),
        ("var/lib/dpkg/info/dash.list", "/.\n/bin\n/bin/dash\n/usr\n/usr/share/doc/dash/copyright\n/bin/sh\n"),
        ("var/lib/dpkg/info/dash.md5sums", SUMS),
        ("var/lib/dpkg/info/dash.postinst", "#!/bin/sh\n"),
        ("var/lib/dpkg/info/dash-static.list", "/.\n"),
    ]);
    let (packages, warnings) = read(&image);
    assert!(warnings.is_empty(), "{warnings:?}");
    let [dash] = packages.as_slice() else { panic!("{packages:?}") };
    assert_eq!((dash.name.as_str(), dash.version.as_str(), dash.arch.as_deref()), ("dash", "0.5.12-2", Some("amd64")));
    assert_eq!(dash.source, Some(SourcePackage { name: "dash".into(), version: "0.5.12-2".into() }));
    assert_eq!((dash.automatic, dash.state.as_deref()), (None, None));
    assert_eq!(dash.summary.as_deref(), Some("POSIX-compliant shell"));
    let owned: Vec<String> = dash.files.iter().map(|file| file.path.to_string()).collect();
    assert_eq!(
        owned,
        [
            "/bin",
            "/usr",
            "/usr/bin/dash",
            "/usr/bin/sh",
            "/usr/share/doc/dash/copyright",
            "/var/lib/dpkg/info/dash.list",
            "/var/lib/dpkg/info/dash.md5sums",
            "/var/lib/dpkg/info/dash.postinst"
        ]
    );
    assert_eq!(file(dash, "usr/bin/dash").recorded, md5("f17d4e9a0a0f6a6c7e9d5c3cd2fd7d7d"));
    assert_eq!(file(dash, "usr/bin/dash").role, Role::Plain);
    assert_eq!(file(dash, "var/lib/dpkg/info/dash.postinst").role, Role::Record);
    let records: usize = ["/.\n/bin\n/bin/dash\n/usr\n/usr/share/doc/dash/copyright\n/bin/sh\n", SUMS, "#!/bin/sh\n"]
        .iter()
        .map(|text| text.len())
        .sum();
    assert_eq!(dash.size, 8 + records as u64, "its regular files, no link or directory");
}

#[test]
fn a_diverted_file_stands_at_its_new_name_for_all_but_the_diverter() {
    let status = "Package: dash\nVersion: 1\n\nPackage: bash\nVersion: 1\n";
    let image = image(&[
        ("bin", "-> usr/bin"),
        ("usr/bin/sh", "-> dash"),
        ("usr/bin/sh.distrib", "-> bash"),
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n/etc/x\n/etc/x.local\n:\n/torn\n"),
        ("var/lib/dpkg/info/dash.list", "/bin/sh\n/etc/x\n"),
        ("var/lib/dpkg/info/bash.list", "/bin/sh\n"),
    ]);
    let (packages, _) = read(&image);
    let plain = |package: &Package| -> Vec<String> {
        package.files.iter().filter(|file| file.role == Role::Plain).map(|file| file.path.to_string()).collect()
    };
    assert_eq!(plain(&packages[0]), ["/etc/x.local", "/usr/bin/sh"], "a local diversion moves everyone's file");
    assert_eq!(plain(&packages[1]), ["/usr/bin/sh.distrib"]);
}

#[test]
fn conffiles_carry_the_hash_that_the_status_records() {
    // From Debian 12: md5sums of a package never name its conffiles.
    let status = "Package: debianutils\nVersion: 5.7-0.4\nArchitecture: amd64\nConffiles:\n /etc/shells fbe8c1a2d6a7a3f0a9b9be6a4f7a9e0c\n /etc/new newconffile\n /etc/old d41d8cd98f00b204e9800998ecf8427e obsolete\n";
    let image = image(&[
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/info/debianutils.list", "/etc/shells\n/etc/new\n"),
        ("etc/shells", "edited"),
    ]);
    let (packages, _) = read(&image);
    let shells = file(&packages[0], "etc/shells");
    assert_eq!((shells.role, shells.recorded), (Role::Conffile, md5("fbe8c1a2d6a7a3f0a9b9be6a4f7a9e0c")));
    assert_eq!(file(&packages[0], "etc/new").recorded, RecordedHash::None);
    assert_eq!(file(&packages[0], "etc/old").role, Role::Conffile);
}

#[test]
fn packages_of_two_architectures_have_lists_of_their_own() {
    let status = "Package: libc6\nMulti-Arch: same\nArchitecture: amd64\nVersion: 1\n\nPackage: libc6\nMulti-Arch: same\nArchitecture: i386\nVersion: 1\n";
    let image = image(&[
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/info/libc6:amd64.list", "/lib/x86_64-linux-gnu/libc.so.6\n"),
        ("var/lib/dpkg/info/libc6:i386.list", "/lib/i386-linux-gnu/libc.so.6\n"),
    ]);
    let (packages, warnings) = read(&image);
    assert!(warnings.is_empty(), "{warnings:?}");
    file(&packages[0], "lib/x86_64-linux-gnu/libc.so.6");
    file(&packages[1], "lib/i386-linux-gnu/libc.so.6");
    assert_eq!(packages[1].files.len(), 2);
}

#[test]
fn distroless_pieces_are_read_with_the_hashes_beside_them() {
    // From gcr.io/distroless/static-debian12: no Status field, no list of files.
    let image = image(&[
        (
            "var/lib/dpkg/status.d/tzdata",
            "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\nDescription: time zone and daylight-saving time data\n",
        ),
        (
            "var/lib/dpkg/status.d/tzdata.md5sums",
            "b3d8d1b7a8f9c1b2a3d4e5f60718293a  usr/share/zoneinfo/Zulu\nnot a sum\n",
        ),
        ("usr/share/zoneinfo/Zulu", "TZif"),
        ("var/lib/dpkg/status", "Package: base-files\nVersion: 12\nArchitecture: amd64\n"),
    ]);
    let (packages, warnings) = read(&image);
    assert_eq!(packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["base-files", "tzdata"]);
    assert_eq!(file(&packages[1], "usr/share/zoneinfo/Zulu").recorded, md5("b3d8d1b7a8f9c1b2a3d4e5f60718293a"));
    assert_eq!(file(&packages[1], "var/lib/dpkg/status.d/tzdata").role, Role::Record);
    assert_eq!(file(&packages[1], "var/lib/dpkg/status.d/tzdata.md5sums").role, Role::Record);
    assert_eq!(
        warnings,
        ["dpkg has packages without a list of files, so that nothing is known to be theirs: 1 (first: base-files)"]
    );
}

#[test]
fn removed_packages_are_left_out_and_held_ones_named() {
    let status = "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: b\nStatus: hold ok installed\nVersion: 2\n\nPackage: c\nStatus: install ok unpacked\nVersion: 3\n";
    let (packages, _) = read(&image(&[("var/lib/dpkg/status", status)]));
    let read: Vec<_> = packages.iter().map(|package| (package.name.as_str(), package.state.as_deref())).collect();
    assert_eq!(read, [("b", Some("hold")), ("c", Some("unpacked"))]);
}

#[test]
fn apt_tells_what_was_installed_as_a_dependency() {
    let status = "Package: a\nArchitecture: amd64\nVersion: 1\n\nPackage: b\nArchitecture: all\nVersion: 1\n\nPackage: c\nArchitecture: amd64\nVersion: 1\n";
    let marks = "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: c\nArchitecture: amd64\nAuto-Installed: 0\n";
    let (packages, _) = read(&image(&[("var/lib/dpkg/status", status), ("var/lib/apt/extended_states", marks)]));
    let automatic: Vec<_> = packages.iter().map(|package| package.automatic).collect();
    assert_eq!(automatic, [Some(true), Some(true), Some(false)]);
}

#[test]
fn a_package_belongs_to_the_layer_that_brought_its_version() {
    let status = |rows: &[(&str, &str)]| {
        rows.iter().fold(String::new(), |mut text, (name, version)| {
            let _ = writeln!(text, "Package: {name}\nVersion: {version}\n");
            text
        })
    };
    let base = status(&[("libc6", "1"), ("curl", "1"), ("nano", "1")]);
    let removed = status(&[("libc6", "1"), ("curl", "2")]);
    let last = status(&[("libc6", "1"), ("curl", "2"), ("nano", "1"), ("jq", "1")]);
    let piece = [("var/lib/dpkg/status.d/tz", "Package: tz\nVersion: 1\n")];
    let image = layered(&[
        &[("var/lib/dpkg/status", &base)],
        &piece,
        &[("var/lib/dpkg/status", &removed), ("app", "x")],
        &piece,
        &[("var/lib/dpkg/status", &last)],
    ]);
    let (packages, _) = read(&image);
    let layers: Vec<_> = packages.iter().map(|package| (package.name.as_str(), package.layer)).collect();
    assert_eq!(layers, [("libc6", 0), ("curl", 2), ("nano", 4), ("jq", 4), ("tz", 1)]);
}

#[test]
fn broken_databases_give_warnings_and_what_can_be_read() {
    let status = b"Version: 1\n\nPackage: ok\nVersion: 1\n\nPackage: \xff\nVersion: 1\n\nPackage: ok\nVersion: 2\n\nPackage: torn\nVers".to_vec();
    let list = [b"/ok\n/a/../../etc/passwd\n/\0\n/\xff\n/".to_vec(), vec![b'x'; 5000]].concat();
    let image = of_bytes(&[vec![
        ("var/lib/dpkg/status".into(), status),
        ("var/lib/dpkg/info/ok.list".into(), list),
        ("var/lib/dpkg/info/ok.md5sums".into(), b"short\n\xff\xff\n\\".to_vec()),
    ]]);
    let (packages, warnings) = read(&image);
    let names: Vec<_> = packages.iter().map(|package| (package.name.as_str(), package.version.as_str())).collect();
    assert_eq!(names, [("ok", "1"), ("\\xff", "1"), ("torn", "")]);
    let owned: Vec<_> = packages[0].files.iter().map(|file| file.path.to_string()).collect();
    assert_eq!(owned, ["/ok", "/var/lib/dpkg/info/ok.list", "/var/lib/dpkg/info/ok.md5sums", "/\\xff"]);
    assert_eq!(
        warnings,
        [
            "/var/lib/dpkg/status ends in the middle of a line; it may be truncated",
            "dpkg has stanzas that name no package: 1 (first: status)",
            "dpkg has packages without a version: 1 (first: torn)",
            "dpkg has packages that are listed again, of which the first is taken: 1 (first: ok)",
            "dpkg has packages without a list of files, so that nothing is known to be theirs: 2 (first: \\xff)",
        ]
    );
}

#[test]
fn only_what_is_read_is_kept() {
    for wanted in [
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/tzdata",
        "var/lib/dpkg/info/x.list",
        "var/lib/dpkg/info/x:amd64.md5sums",
        "var/lib/dpkg/diversions",
        "var/lib/apt/extended_states",
    ] {
        assert!(wants(&path(wanted)), "{wanted}");
    }
    for unwanted in [
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/info/x.postinst",
        "var/lib/dpkg/info/x.symbols",
        "etc/apt/sources.list",
        "x/var/lib/dpkg/status",
    ] {
        assert!(!wants(&path(unwanted)), "{unwanted}");
    }
}

#[test]
fn names_that_md5sum_escaped_are_read_as_they_are() {
    let status = "Package: systemd\nVersion: 1\n";
    let sums = "22369d5c587517e7ff963c164b878f55  lib/a\\x2db.slice\n\\22369d5c587517e7ff963c164b878f55  lib/c\\\\x2dd.slice\n";
    let image = image(&[("var/lib/dpkg/status", status), ("var/lib/dpkg/info/systemd.md5sums", sums)]);
    let (packages, _) = read(&image);
    file(&packages[0], "lib/a\\x2db.slice");
    file(&packages[0], "lib/c\\x2dd.slice");
}

#[test]
fn an_unread_database_is_told() {
    let mut image = image(&[("var/lib/dpkg/status", DASH)]);
    let nodes = image.tree.nodes().iter().cloned().map(|node| Node { bytes: None, ..node }).collect();
    image.tree = Tree::new(nodes);
    let (packages, warnings) = read(&image);
    assert!(packages.is_empty());
    assert_eq!(
        warnings,
        [format!("/var/lib/dpkg/status was not read ({} bytes); its packages are unknown", DASH.len())]
    );
}
