//! Lock files held against what is installed: what is told, and what is rightly not.

use crate::model::{Severity, Side};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::TestImage;

/// What the checks of lock files say of `image`.
fn told(image: &TestImage) -> Vec<String> {
    const CHECKS: [&str; 5] =
        ["lock-version", "lock-not-installed", "not-locked", "lock-hash-missing", "requirement-unpinned"];
    let findings = image.snapshot().findings(Side::Left, Rules::built_in());
    let ours = findings.iter().filter(|finding| CHECKS.contains(&finding.check));
    ours.map(|finding| format!("{} {}: {}", finding.check, finding.subject, finding.message)).collect()
}

/// An image with these distributions, and this text at `/app/requirements.txt`.
fn required(distributions: &[(&str, &str)], text: &str) -> TestImage {
    let mut image = TestImage::new();
    for (name, version) in distributions {
        image.wheel(name, version, &[]);
    }
    image.write("app/requirements.txt", text.as_bytes());
    image
}

const HASH: &str = "--hash=sha256:00";

#[test]
fn an_image_that_is_what_its_lock_says_has_no_finding() {
    let mut image = required(
        &[("Flask", "3.0.0"), ("torch", "2.1.0+cpu"), ("pip", "24.0"), ("setuptools", "70.0"), ("wheel", "0.43")],
        &format!("flask==3.0 {HASH}\ntorch==2.1.0 {HASH}\ncolorama==0.4 ; sys_platform == 'win32' {HASH}\n"),
    );
    assert_eq!(told(&image), [""; 0]);
    // What a deb ships, and the project itself, are nothing to be locked.
    let info = TestImage::site("six-1.16.dist-info/METADATA");
    image.deb("python3-six", "1.16-4", &[(&info, b"Metadata-Version: 2.1\nName: six\nVersion: 1.16\n")]);
    image.wheel("shop", "1.0", &[]);
    image.write(&TestImage::site("shop-1.0.dist-info/direct_url.json"), br#"{"url": "file:///app", "dir_info": {}}"#);
    assert_eq!(told(&image), [""; 0]);
}

#[test]
fn another_version_than_the_locked_one_is_told() {
    let lock = format!("flask==3.0.0 {HASH}\nclick==8.1.7 {HASH}\n");
    let image = required(&[("flask", "3.0.1"), ("click", "8.1.7")], &lock);
    assert_eq!(told(&image), ["lock-version pypi:flask: installed at 3.0.1, locked at 3.0.0 in /app/requirements.txt"]);
}

#[test]
fn one_copy_at_a_locked_version_is_enough() {
    let mut image =
        required(&[("flask", "3.0.1"), ("click", "8.1.7")], &format!("flask==3.0.0 {HASH}\nclick==8.1.7 {HASH}\n"));
    // A second project's file in the same image.
    image.write("srv/requirements.txt", format!("flask==3.0.1 {HASH}\nclick==8.1.7 {HASH}\n").as_bytes());
    assert_eq!(told(&image), [""; 0]);
}

#[test]
fn what_is_locked_and_not_installed_is_told_unless_it_may_be_left_out() {
    let lock = format!(
        "flask==3.0.0 {HASH}\nclick==8.1.7 {HASH}\ngone==1.0 {HASH}\n\
         zipp==3.17 ; python_version < '3' {HASH}\nodd==1 ; platform_machine == 's390x' {HASH}\n"
    );
    let image = required(&[("flask", "3.0.0"), ("click", "8.1.7")], &lock);
    assert_eq!(
        told(&image),
        ["lock-not-installed pypi:gone: locked at 1.0 in /app/requirements.txt, and not installed"]
    );
}

#[test]
fn what_no_lock_names_is_told_where_one_claims_to_be_complete() {
    let distributions = [("flask", "3.0.0"), ("gunicorn", "21.0")];
    let hashed = required(&distributions, &format!("flask==3.0.0 {HASH}\n"));
    assert_eq!(
        told(&hashed),
        [
            "not-locked pypi:gunicorn: installed at 21.0, which neither /app/requirements.txt nor another lock file names"
        ]
    );
    let plain = required(&distributions, "flask==3.0.0\n");
    assert_eq!(
        told(&plain),
        [
            "lock-hash-missing /app/requirements.txt: 1 of 1 entry (flask) without a hash: the version is pinned, but other \
             bytes under the same version would not be noticed"
        ]
    );
    let mut both = hashed.clone();
    both.write("app/requirements-prod.txt", format!("gunicorn==21.0 {HASH}\n").as_bytes());
    assert_eq!(told(&both), [""; 0], "several files count together");
}

#[test]
fn a_file_that_the_image_was_not_made_from_is_said_to_be_one() {
    let lock = format!("flask==3.0.0 {HASH}\na==1 {HASH}\nb==1 {HASH}\n");
    let image = required(&[("flask", "2.0"), ("other", "1")], &lock);
    assert_eq!(
        told(&image),
        [
            "lock-not-installed /app/requirements.txt: 1 of its 3 entries installed: the image was not made from it, so it \
             is not compared"
        ]
    );
}

#[test]
fn entries_without_hashes_weigh_by_what_the_file_promises() {
    let severity = |name: &str, text: &str| {
        let mut image = TestImage::new();
        image.write(name, text.as_bytes());
        let findings = image.snapshot().findings(Side::Left, Rules::built_in());
        findings.into_iter().find(|finding| finding.check == "lock-hash-missing").map(|finding| finding.severity)
    };
    assert_eq!(severity("app/requirements.txt", "a==1\n"), Some(Severity::Info));
    assert_eq!(severity("app/requirements.txt", &format!("a==1\nb==1 {HASH}\n")), Some(Severity::Warning));
    assert_eq!(severity("app/requirements.txt", "--require-hashes\na==1\n"), Some(Severity::Warning));
    assert_eq!(severity("app/requirements.txt", "a>=1\n"), None, "another check tells it");
    let poetry = "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = []\n";
    assert_eq!(severity("app/poetry.lock", poetry), Some(Severity::Warning));
    let wheel = |hashes: &str| {
        format!(
            "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [{{ url = \"https://h/a.whl\", hashes = {{ {hashes} }} }}]\n"
        )
    };
    assert_eq!(severity("app/pylock.toml", &wheel("")), Some(Severity::Warning));
    assert_eq!(severity("app/pylock.toml", &wheel("sha256 = \"00\"")), None);
    let git = format!("a @ git+https://host/a@{}\n", "0".repeat(40));
    assert_eq!(severity("app/requirements.txt", &git), None, "a commit is a hash");
}

#[test]
fn requirements_without_a_version_are_told_once_for_their_file() {
    let image = required(&[("flask", "3.0.0")], "flask>=2\nb @ git+https://host/b@main\nc==1 --hash=sha256:00\n");
    let loose: Vec<_> = told(&image).into_iter().filter(|line| line.starts_with("requirement-unpinned")).collect();
    assert_eq!(
        loose,
        [
            "requirement-unpinned /app/requirements.txt: 2 of 3 entries (flask, b) in no one version: the next build may \
             install another"
        ]
    );
}

#[test]
fn many_of_one_kind_are_one_finding() {
    let names: Vec<String> = (0..12).map(|at| format!("p{at:02}")).collect();
    let distributions: Vec<_> = names.iter().map(|name| (name.as_str(), "2")).collect();
    let lock: Vec<_> = names.iter().map(|name| format!("{name}==1 {HASH}\n")).collect();
    let image = required(&distributions, &lock.concat());
    assert_eq!(
        told(&image),
        [
            "lock-version /app/requirements.txt: 12 entries are installed at another version than locked: p00, p01, p02, \
             p03, p04 and 7 more"
        ]
    );
}

#[test]
fn condas_packages_are_said_not_to_be_compared() {
    let mut image = TestImage::new();
    image.write("opt/environment.yml", b"dependencies:\n- numpy==1.26.4\n- pip:\n  - flask==3.0.0\n");
    image.wheel("flask", "3.0.0", &[]);
    let told = told(&image);
    assert!(
        told.iter().any(|line| line.starts_with("lock-not-installed /opt/environment.yml: 1 of conda's packages")),
        "{told:?}"
    );
}

#[test]
fn a_poetry_file_that_tells_no_groups_calls_nothing_missing() {
    let package = |name: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1\"\noptional = false\nfiles = [{{file = \"x\", hash = \"sha256:00\"}}]\n"
        )
    };
    let mut image = TestImage::new();
    image.wheel("flask", "1", &[]).wheel("gunicorn", "1", &[]);
    image.write("app/poetry.lock", [package("flask"), package("pytest")].concat().as_bytes());
    assert_eq!(
        told(&image),
        ["not-locked pypi:gunicorn: installed at 1, which neither /app/poetry.lock nor another lock file names"]
    );
}

/// Installs a distribution in a virtual environment.
fn install(image: &mut TestImage, environment: &str, name: &str, version: &str) {
    let path = format!("{environment}/lib/python3.11/site-packages/{name}-{version}.dist-info/METADATA");
    image.write(&path, format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n").as_bytes());
}

#[test]
fn a_lock_is_held_against_the_environment_that_it_was_made_for() {
    let lock = format!("flask==3.0.0 {HASH}\nclick==8.1.7 {HASH}\nidna==3.7 {HASH}\n");
    // The system's own tools are at other versions, and nobody locked them.
    let mut image = required(&[("click", "7.0"), ("idna", "3.7"), ("ansible", "9.0")], &lock);
    install(&mut image, "app/.venv", "flask", "3.0.0");
    install(&mut image, "app/.venv", "click", "8.1.7");
    let missing = ["lock-not-installed pypi:idna: locked at 3.7 in /app/requirements.txt, and not installed"];
    assert_eq!(told(&image), missing, "what the system has is not seen from a virtual environment");
    image.write("app/.venv/pyvenv.cfg", b"home = /usr/bin\ninclude-system-site-packages = true\n");
    assert_eq!(told(&image), [""; 0], "but for one that was made so");
    image.write("app/.venv/pyvenv.cfg", b"home = /usr/bin\ninclude-system-site-packages = false\n");
    assert_eq!(told(&image), missing);
    install(&mut image, "app/.venv", "idna", "3.7");
    install(&mut image, "app/.venv", "gunicorn", "21.0");
    assert_eq!(
        told(&image),
        [
            "not-locked pypi:gunicorn: installed at 21.0, which neither /app/requirements.txt nor another lock file names"
        ]
    );
}

#[test]
fn what_one_file_calls_optional_is_not_missing_from_what_was_exported_from_it() {
    let mut image = required(&[("click", "8.1.7")], &format!("click==8.1.7 {HASH}\niniconfig==2.0.0 {HASH}\n"));
    assert_eq!(told(&image).len(), 1, "{:?}", told(&image));
    image.write("app/uv.lock", include_bytes!("../../../tests/data/locks/uv-0.13.9.lock"));
    assert_eq!(told(&image), [""; 0]);
}
