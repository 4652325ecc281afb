use super::*;

fn path(text: &str) -> ImagePath {
    ImagePath::parse(text.as_bytes()).unwrap()
}

fn noise(text: &str) -> Option<&'static str> {
    Rules::built_in().noise(&path(text)).next().map(|rule| &*rule.about.name)
}

fn user(text: &str) -> Result<RuleFile, RulesError> {
    RuleFile::of_user("imgdrift.toml", text)
}

const USER: &str = r#"
# Ours.
[[noise]]
name = "app-cache"
paths = ["/app/cache/**"]
cause = "the app fills its cache when it is built"

[[ignore]]
paths = ["/app/build-info.json"]
reason = "the build's number"

[[generated]]
name = "app-index"
paths = ["/app/index.db"]
inputs = ["/app/data/*"]
cause = "made from the data"
executable = true
"#;

#[test]
fn known_paths_find_their_rule() {
    assert_eq!(noise("/var/cache/ldconfig/aux-cache"), Some("ldconfig-aux-cache"));
    assert_eq!(noise("/var/cache/apt/pkgcache.bin"), Some("apt-cache"));
    assert_eq!(noise("/usr/lib/python3/dist-packages/flask-3.0.0.dist-info/REQUESTED"), Some("installer-notes"));
    assert_eq!(noise("/var/cache/apt/deeper/pkgcache.bin"), None);
    assert_eq!(noise("/etc/passwd"), None);
    let rules: Vec<_> = Rules::built_in().generated(&path("/etc/ssl/certs/ca-certificates.crt")).collect();
    assert_eq!(rules.first().map(|rule| &*rule.about.name), Some("ca-bundle"));
}

#[test]
fn leftovers_are_known_and_their_neighbours_are_not() {
    for (path, rule) in [
        ("/var/cache/debconf/passwords.dat", "debconf-passwords"),
        ("/tmp/hsperfdata_root/7", "temporary-files"),
        ("/var/lib/systemd/random-seed", "random-seed"),
        ("/root/.cache/pypoetry/cache/repositories/PyPI/_http/1/2", "downloads-of-other-installers"),
        ("/var/log/dnf.rpm.log", "dnf-logs"),
        ("/var/cache/libdnf5/fedora/repodata/repomd.xml", "dnf-cache"),
        ("/var/lib/dnf/history.sqlite", "dnf-history"),
        ("/srv/app/data.db-shm", "sqlite-shared-memory"),
        ("/opt/conda/pkgs/cache/497deca9.json", "conda-cache"),
        ("/root/miniconda3/pkgs/urls.txt", "conda-cache"),
        ("/root/.npm/_cacache/index-v5/1a/2b/3c", "npm-cache"),
        ("/home/node/.npm/_logs/2026-11-21T17_04_58_000Z-debug-0.log", "npm-logs"),
        ("/var/lib/gems/3.1.0/extensions/x86_64-linux/3.1.0/json-2.6/mkmf.log", "gem-build-log"),
        ("/srv/app/.git/objects/1f/0a9ea3b0f4a37f1cb5e5bd5c1f1ab3a2f4e1d1", "git-loose-objects"),
        ("/srv/shared.git/objects/pack/pack-0a9ea3b0.idx", "git-objects"),
        ("/srv/app/.git/logs/refs/remotes/origin/HEAD", "git-logs"),
        ("/home/app/.bash_history", "history-of-other-tools"),
    ] {
        assert_eq!(noise(path), Some(rule), "{path}");
    }
    // What is run, or says what is run, beside them.
    for path in [
        "/var/cache/debconf/config.dat",
        "/var/lib/systemd/random-seed.d/evil.conf",
        "/root/.cache/pypoetry/virtualenvs/app/lib/evil.py",
        "/var/log/dnf/evil.log",
        "/var/lib/dnf/modulefailsafe/evil.yaml",
        "/srv/app/data.db",
        "/srv/app/data.db-wal",
        "/opt/conda/pkgs/numpy-1.26.4/lib/python3.11/site-packages/numpy/__init__.py",
        "/opt/conda/pkgs/cache/evil.py",
        "/root/.npm/_npx/1a2b/node_modules/evil/index.js",
        "/var/lib/gems/3.1.0/extensions/x86_64-linux/3.1.0/json-2.6/json/ext/parser.so",
        "/srv/app/.git/hooks/post-checkout",
        "/srv/app/.git/config",
        "/srv/app/.git/HEAD",
        "/srv/app/.git/refs/heads/main",
        "/srv/app/.git/packed-refs",
        "/srv/app/.git/objects/info/alternates",
        "/srv/app/.git/modules/logs/evil",
        "/home/app/.bashrc",
    ] {
        assert_eq!(noise(path), None, "{path}");
    }
}

#[test]
fn inputs_are_paths_or_packages() {
    let rule = Rules::built_in().generated(&path("/etc/ld.so.cache")).next().unwrap();
    assert!(rule.inputs.has_path(&path("/usr/lib/x86_64-linux-gnu/libz.so.1.2.13")));
    assert!(!rule.inputs.has_path(&path("/usr/share/doc/libz.so/README")));
}

#[test]
fn what_ships_says_when_it_came_what_to_do_and_takes_in_no_executables() {
    for rule in Rules::built_in().all_noise() {
        assert!(rule.since.is_some() && rule.fix.is_some() && !rule.about.executable, "{}", rule.about.name);
        assert!(!rule.is_ignore && !rule.about.is_users());
    }
    assert!(Rules::built_in().all_generated().all(|rule| !rule.about.executable));
}

#[test]
fn a_users_rules_are_asked_first_and_say_where_they_stand() {
    let rules =
        Rules::with(vec![user(USER).unwrap(), user("[[noise]]\nname='tmp'\npaths=['/tmp/*']\ncause='x'").unwrap()]);
    let of = |text: &str| -> Vec<(String, usize)> {
        rules.noise(&path(text)).map(|rule| (rule.about.name.to_string(), rule.about.line)).collect()
    };
    assert_eq!(of("/app/cache/a/b"), [("app-cache".to_owned(), 3)]);
    assert_eq!(of("/app/build-info.json"), [("ignored".to_owned(), 8)]);
    let names: Vec<String> = of("/tmp/x").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["tmp", "temporary-files"]);
    let index = rules.generated(&path("/app/index.db")).next().unwrap();
    assert!(index.about.executable && index.about.file.as_deref() == Some("imgdrift.toml"));
}

#[test]
fn rules_that_name_no_path_are_idle() {
    let rules = Rules::with(vec![user(USER).unwrap()]);
    let idle = |paths: &[&str]| -> Vec<String> {
        let paths: Vec<ImagePath> = paths.iter().map(|text| path(text)).collect();
        rules.idle(paths.iter()).into_iter().map(|about| about.name.to_string()).collect()
    };
    assert_eq!(idle(&["/app/cache/x", "/etc/passwd"]), ["ignored", "app-index"]);
    assert_eq!(idle(&["/app/cache/x", "/app/index.db", "/app/build-info.json"]), [""; 0]);
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let long = "x".repeat(501);
    let many = format!("[[ignore]]\nreason='r'\npaths=[{}]", "'/a',".repeat(2_001));
    let braces = format!("[[ignore]]\nreason='r'\npaths=['{}']", "{".repeat(60));
    let large = "#".repeat(MAX_BYTES + 1);
    for (text, line, told) in [
        ("\n[[noise]]\nnmae = \"x\"\n", Some(3), "nmae"),
        ("[[noise]]\nname = \"x\"\n", Some(1), "missing field"),
        ("noise = 3", Some(1), "invalid type"),
        ("\n\n[[ignore]]\npaths=['/a[']\nreason='r'", Some(3), "\"/a[\" is no glob"),
        ("[[ignore]]\npaths=['/**']\nreason='r'", Some(1), "is every path"),
        ("[[ignore]]\npaths=[]\nreason='r'", Some(1), "names no path"),
        ("[[ignore]]\npaths=['/a']\nreason=''", Some(1), "is empty"),
        (&format!("[[ignore]]\npaths=['/a']\nreason='{long}'"), Some(1), "501 characters"),
        ("[[generated]]\nname='x'\npaths=['/a']\ncause='c'", Some(1), "names no input"),
        (&many, Some(1), "more than 2000 paths"),
        (&braces, Some(1), "50 braces"),
        (&large, None, "more than 1024 KiB"),
    ] {
        let error = user(text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.what.contains(told), "{error}");
    }
}

#[test]
fn globs_that_are_too_intricate_together_are_refused_and_none_takes_long() {
    let glob = |at: usize| format!("'/{at}/**/*[a-z]?{{a,b*,c?}}*/**/x*{at}',");
    let globs: String = (0..1_999).map(glob).collect();
    let found = user(&format!("[[ignore]]\nreason='r'\npaths=[{globs}]"));
    assert!(found.is_ok_and(|file| file.noise.of(&path("/7/a/zza/x7")).count() == 1));
}
