use super::super::pairing::tests::deb;
use super::super::testing::{image, path};
use super::*;
use crate::model::{LockOrigin, OwnedFile, RecordedHash, Role};

/// Lock files of a project that requires click 8.1.7 always, zipp 3.17.0 before Python 3.10, tomli 2.0.1 for its extra
/// `cli` and iniconfig 2.0.0 for its group `dev`, as the tools wrote them on 2026-11-21: uv 0.13.9, Poetry 2.5.1, PDM
/// 2.12.4, pipenv 2026.10.3, pip-tools 7.6.2.
const UV: &str = include_str!("../../../tests/data/locks/uv-0.13.9.lock");
const UV_PYLOCK: &str = include_str!("../../../tests/data/locks/pylock-uv-0.13.9.toml");
const UV_EXPORT: &str = include_str!("../../../tests/data/locks/requirements-uv-0.13.9.txt");
const POETRY: &str = include_str!("../../../tests/data/locks/poetry-2.5.1.lock");
const PDM: &str = include_str!("../../../tests/data/locks/pdm-2.12.4.lock");
const PIPFILE: &str = include_str!("../../../tests/data/locks/Pipfile-pipenv-2026.10.3.lock");
const PIP_TOOLS: &str = include_str!("../../../tests/data/locks/requirements-pip-tools-7.6.2.txt");

/// A channel's URLs as `conda list --explicit --md5` and `--sha256` print them, after conda's manual, "Building identical
/// conda environments".
const EXPLICIT: &str = "\
# This file may be used to create an environment using:
# $ conda create --name <env> --file <this file>
# platform: linux-64
@EXPLICIT
https://conda.anaconda.org/conda-forge/linux-64/_libgcc_mutex-0.1-conda_forge.tar.bz2#d7c89558ba9fa0495403155b64376d81
https://conda.anaconda.org/conda-forge/noarch/tzdata-2024a-h0c530f3_0.conda#161081fc7cec0bfda0d86d7cb595f8d8
https://conda.anaconda.org/conda-forge/linux-64/libzlib-1.2.13-hd590300_5.conda#sha256:370c7c5893b737596fd6ca0d9190c9715d89d888b8c88537ae1ef168c25e82e4
https://conda.anaconda.org/conda-forge/noarch/ca-certificates-2024.2.2-hbcca054_0.conda
";

/// After the documented form of conda-lock 1, "Output formats", and CEP 37.
const CONDA_LOCK: &str = "\
version: 1
metadata:
  content_hash:
    linux-64: 2b5e3ed1ad2cf1f3b2bd1f26f3f1b2d1a2f2e6ab5d1c7d7c7f63f7c0e2a2b7f1
  channels:
  - url: conda-forge
    used_env_vars: []
  platforms:
  - linux-64
  - osx-arm64
  sources:
  - environment.yml
package:
- name: libzlib
  version: 1.2.13
  manager: conda
  platform: linux-64
  dependencies:
    libgcc-ng: '>=12'
  url: https://conda.anaconda.org/conda-forge/linux-64/libzlib-1.2.13-hd590300_5.conda
  hash:
    md5: f36c115f1ee199da648e0597ec2047ad
    sha256: 370c7c5893b737596fd6ca0d9190c9715d89d888b8c88537ae1ef168c25e82e4
  category: main
  optional: false
- name: libzlib
  version: 1.2.13
  manager: conda
  platform: osx-arm64
  dependencies: {}
  url: https://conda.anaconda.org/conda-forge/osx-arm64/libzlib-1.2.13-h53f4e23_5.conda
  hash:
    md5: 1a47f5236db2e06a320ffa0392f81bd8
    sha256: ab1c8aefa2d54322a63aaeeefe9cf877411851738616c4068e0dccc66b9c758a
  category: main
  optional: false
- name: requests
  version: 2.31.0
  manager: pip
  platform: linux-64
  dependencies: {}
  url: https://files.pythonhosted.org/packages/70/8e/requests-2.31.0-py3-none-any.whl
  hash:
    sha256: 58cd2187c01e70e6e26505bca751777aa9f2ee0b7f4300988b709f44e013003f
  category: dev
  optional: true
";

/// After conda's manual, "Creating an environment file manually".
const ENVIRONMENT: &str = "\
name: stats2
channels:
  - conda-forge
dependencies:
  - python=3.11
  - conda-forge::numpy==1.26.4
  - scipy=1.11.4=py311h64a7726_0
  - nodejs >=16
  - pip
  - pip:
      - Flask-Testing
      - flask==3.0.0
";

fn parsed(name: &str, text: &str) -> LockFile {
    parse(&path(name), text.as_bytes()).unwrap().unwrap()
}

/// One line for each entry: what it is, how many hashes it has, and when it is needed.
fn told(name: &str, text: &str) -> Vec<String> {
    let line = |entry: &LockEntry| {
        let condition = entry.condition().map_or(String::new(), |condition| format!(" [{condition}]"));
        format!("{} {} #{}{condition}", entry.label(), entry.wanted(), entry.hashes.len())
    };
    parsed(name, text).entries.iter().map(line).collect()
}

#[test]
fn what_real_tools_wrote_is_read() {
    assert_eq!(
        told("app/uv.lock", UV),
        [
            "pypi:click 8.1.7 #2",
            "pypi:colorama 0.4.6 #2 [sys_platform == 'win32']",
            "pypi:iniconfig 2.0.0 #2 [group dev]",
            "pypi:shop 1.0 from the project itself #0",
            "pypi:tomli 2.0.1 #2 [extra cli]",
            "pypi:zipp 3.17.0 #2 [python_full_version < '3.10']",
        ]
    );
    let exported = [
        "pypi:click 8.1.7 #2",
        "pypi:colorama 0.4.6 #2 [sys_platform == 'win32']",
        "pypi:iniconfig 2.0.0 #2",
        "pypi:zipp 3.17.0 #2 [python_full_version < '3.10']",
    ];
    assert_eq!(told("app/pylock.toml", UV_PYLOCK), exported);
    assert_eq!(told("app/requirements.txt", UV_EXPORT), exported);
    assert_eq!(
        told("app/poetry.lock", POETRY),
        [
            "pypi:click 8.1.7 #2",
            "pypi:colorama 0.4.6 #2 [platform_system == \"Windows\"]",
            "pypi:iniconfig 2.0.0 #2 [group dev]",
            "pypi:tomli 2.0.1 #2 [an extra; extra == \"cli\"]",
            "pypi:zipp 3.17.0 #2 [python_version == \"3.9\"]",
        ]
    );
    assert_eq!(
        told("app/pdm.lock", PDM),
        [
            "pypi:click 8.1.7 #2",
            "pypi:colorama 0.4.6 #2 [platform_system == \"Windows\"]",
            "pypi:iniconfig 2.0.0 #2 [group dev]",
            "pypi:tomli 2.0.1 #2 [group cli]",
            "pypi:zipp 3.17.0 #2 [python_version < \"3.10\"]",
        ]
    );
    assert_eq!(
        told("app/Pipfile.lock", PIPFILE),
        [
            "pypi:click 8.1.7 #2 [python_version >= '3.7']",
            "pypi:iniconfig 2.0.0 #2 [category develop; python_version >= '3.7']",
        ]
    );
    assert_eq!(told("app/requirements.txt", PIP_TOOLS), ["pypi:click 8.1.7 #2"]);
}

#[test]
fn the_same_files_have_the_same_hashes_in_every_format() {
    let click = |name: &str, text: &str| {
        let hashes = parsed(name, text).entries.into_iter().find(|entry| entry.key == "click").unwrap().hashes;
        let mut hashes: Vec<_> = hashes.into_iter().map(|hash| hash.hash).collect();
        hashes.sort();
        hashes
    };
    let expected = [
        "sha256:ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28",
        "sha256:ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de",
    ];
    for (name, text) in [
        ("uv.lock", UV),
        ("pylock.toml", UV_PYLOCK),
        ("requirements.txt", UV_EXPORT),
        ("requirements.txt", PIP_TOOLS),
        ("poetry.lock", POETRY),
        ("pdm.lock", PDM),
        ("Pipfile.lock", PIPFILE),
    ] {
        assert_eq!(click(name, text), expected, "{name}");
    }
}

#[test]
fn condas_files_are_read() {
    assert_eq!(
        told("app/conda-linux-64.lock", EXPLICIT),
        [
            "conda:_libgcc_mutex 0.1 #1",
            "conda:tzdata 2024a #1",
            "conda:libzlib 1.2.13 #1",
            "conda:ca-certificates 2024.2.2 #0"
        ]
    );
    assert_eq!(parsed("app/requirements.txt", EXPLICIT).format, "conda explicit", "told by its contents");
    assert_eq!(
        told("app/conda-lock.yml", CONDA_LOCK),
        [
            "conda:libzlib 1.2.13 #2",
            "conda:libzlib 1.2.13 #2 [platform osx-arm64]",
            "pypi:requests 2.31.0 #1 [group dev]",
        ]
    );
    assert_eq!(
        told("app/environment.yml", ENVIRONMENT),
        [
            "conda:python =3.11 #0",
            "conda:numpy 1.26.4 #0",
            "conda:scipy 1.11.4 #0",
            "conda:nodejs >=16 #0",
            "conda:pip any version #0",
            "pypi:Flask-Testing any version #0",
            "pypi:flask 3.0.0 #0",
        ]
    );
}

#[test]
fn every_form_of_a_requirement_is_understood() {
    let commit = "7921be1537eac1e97bc40179a57f0349c2aee67d";
    // The forms of pip's manual, "Requirements File Format" and "Requirement Specifiers".
    let text = format!(
        "\u{feff}-r other.txt
--index-url https://user:secret@host/simple
-c constraints.txt
# a comment, that goes on \\
requests [security] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"
SomeProject ~=1.4.2  # a comment
ruamel.yaml===0.17
urllib3 @ https://host/urllib3-2.0.zip#sha256=AB12
pip @ git+https://github.com/pypa/pip.git@{commit} ; os_name == 'posix'
git+ssh://git@host/x/y.git@main#egg=y
-e .
--editable=git+https://token@host/z.git@{commit}#egg=z&subdirectory=src
./vendored
https://host/wheels/Foo_Bar-1.2-py3-none-any.whl --hash=sha256:00ff
numpy==1.26.4 \\
    --hash=sha256:00aa \\
    --hash=sha256:00AA --config-settings=\"x=y\"
-rbase.txt
"
    );
    assert_eq!(
        told("app/requirements.txt", &text),
        [
            "pypi:requests >= 2.8.1, == 2.8.* #0 [python_version < \"2.7\"]".to_owned(),
            "pypi:SomeProject ~=1.4.2 #0".to_owned(),
            "pypi:ruamel.yaml 0.17 #0".to_owned(),
            "pypi:urllib3 https://host/urllib3-2.0.zip #1".to_owned(),
            format!("pypi:pip git+https://github.com/pypa/pip.git@{commit} #0 [os_name == 'posix']"),
            "pypi:y git+ssh://git@host/x/y.git@main #0".to_owned(),
            "pypi:. the project itself #0".to_owned(),
            format!("pypi:z git+https://host/z.git@{commit} #0"),
            "pypi:vendored ./vendored #0".to_owned(),
            "pypi:Foo_Bar 1.2 from https://host/wheels/Foo_Bar-1.2-py3-none-any.whl #1".to_owned(),
            "pypi:numpy 1.26.4 #1".to_owned(),
        ]
    );
    let file = parsed("app/requirements.txt", &text);
    assert_eq!(file.includes, ["other.txt", "constraints.txt", "base.txt"]);
    assert!(file.needs_hashes, "one hash switches checking on");
    let pinned: Vec<bool> = file.entries.iter().map(LockEntry::is_pinned).collect();
    assert_eq!(pinned, [false, false, true, true, true, false, true, true, true, true, true]);
}

#[test]
fn a_lock_tells_repositories_urls_and_paths_apart() {
    let commit = "7921be1537eac1e97bc40179a57f0349c2aee67d";
    let of =
        |name: &str, text: &str| parsed(name, text).entries.into_iter().map(|entry| entry.origin).collect::<Vec<_>>();
    let git = |url: &str| LockOrigin::Vcs { url: url.to_owned(), commit: Some(commit.to_owned()) };
    // The shapes of each tool's documentation of its sources.
    let uv = format!(
        "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = {{ git = \"https://host/a?rev=main#{commit}\" }}\n\
         [[package]]\nname = \"b\"\nversion = \"1\"\nsource = {{ url = \"https://u:p@host/b.zip\" }}\n\
         sdist = {{ hash = \"sha256:00\" }}\n\
         [[package]]\nname = \"c\"\nsource = {{ editable = \"libs/c\" }}\n"
    );
    assert_eq!(
        of("uv.lock", &uv),
        [git("git+https://host/a"), LockOrigin::Url("https://host/b.zip".to_owned()), LockOrigin::Project]
    );
    let poetry = format!(
        "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = []\n\
         [package.source]\ntype = \"git\"\nurl = \"https://host/a.git\"\nreference = \"main\"\nresolved_reference = \"{commit}\"\n\
         [[package]]\nname = \"b\"\nversion = \"1\"\n[package.source]\ntype = \"directory\"\nurl = \"libs/b\"\n"
    );
    assert_eq!(of("poetry.lock", &poetry), [git("git+https://host/a.git"), LockOrigin::Path("libs/b".to_owned())]);
    let pylock = format!(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nvcs = {{ type = \"git\", url = \"https://host/a\", commit-id = \"{commit}\" }}\n\
         [[packages]]\nname = \"b\"\ndirectory = {{ path = \".\", editable = true }}\n\
         [[packages]]\nname = \"c\"\narchive = {{ url = \"https://host/c.zip\" }}\n"
    );
    assert_eq!(
        of("pylock.dev.toml", &pylock),
        [git("git+https://host/a"), LockOrigin::Project, LockOrigin::Url("https://host/c.zip".to_owned())]
    );
    let pipfile = format!(
        "{{\"_meta\": {{}}, \"default\": {{\"a\": {{\"git\": \"https://host/a.git\", \"ref\": \"{commit}\"}}, \"b\": {{\"path\": \".\", \"editable\": true}}}}}}"
    );
    assert_eq!(of("Pipfile.lock", &pipfile), [git("git+https://host/a.git"), LockOrigin::Project]);
}

#[test]
fn older_forms_of_poetrys_file_are_read() {
    // Shapes of Poetry 1.1 (lock-version 1.1: categories, hashes apart) and 1.8 (lock-version 2.0: no groups).
    let old = "[[package]]\nname = \"pytest\"\nversion = \"7.0\"\ncategory = \"dev\"\noptional = false\n\
               [metadata.files]\npytest = [{file = \"pytest-7.0.tar.gz\", hash = \"sha256:00\"}]\n";
    assert_eq!(told("poetry.lock", old), ["pypi:pytest 7.0 #1 [group dev]"]);
    let newer = "[[package]]\nname = \"pytest\"\nversion = \"7.0\"\noptional = false\nfiles = [{file = \"x\", hash = \"sha256:00\"}]\n";
    assert_eq!(told("poetry.lock", newer), ["pypi:pytest 7.0 #1 [a group that is not told]"]);
}

#[test]
fn what_follows_from_what_is_needed_is_needed_too() {
    let dependency = |name: &str, more: &str| format!("{{ name = \"{name}\"{more} }}");
    let package = |name: &str, source: &str, depends: &[String]| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1\"\nsource = {{ {source} = \"x\" }}\ndependencies = [{}]\n",
            depends.join(", ")
        )
    };
    let index = "registry";
    let text = [
        package(
            "app",
            "virtual",
            &[dependency("a", ", marker = \"os_name == 'nt'\""), dependency("b", ", extra = [\"fast\"]")],
        ),
        "[package.dev-dependencies]\ndev = [{ name = \"d\" }, { name = \"c\" }]\n".to_owned(),
        package("a", index, &[dependency("c", "")]),
        package("b", index, &[dependency("c", ""), dependency("b", "")]),
        format!("[package.optional-dependencies]\nfast = [{}]\n", dependency("e", "")),
        package("c", index, &[]),
        package("d", index, &[]),
        package("e", index, &[]),
        package("f", index, &[]),
    ];
    let needs: Vec<String> = told("uv.lock", &text.concat()).into_iter().skip(1).collect();
    assert_eq!(
        needs,
        [
            "pypi:a 1 #0 [os_name == 'nt']",
            "pypi:b 1 #0",
            "pypi:c 1 #0",
            "pypi:d 1 #0 [group dev]",
            "pypi:e 1 #0",
            "pypi:f 1 #0 [something that is not told]",
        ]
    );
}

#[test]
fn only_names_that_installers_read_are_wanted() {
    for wanted in [
        "requirements.txt",
        "app/requirements-dev.txt",
        "app/dev-requirements.txt",
        "app/requirements/base.txt",
        "app/constraints.txt",
        "app/poetry.lock",
        "app/Pipfile.lock",
        "srv/uv.lock",
        "srv/pdm.lock",
        "srv/pylock.toml",
        "srv/pylock.prod.toml",
        "opt/conda-linux-64.lock",
        "opt/conda-lock.yml",
        "opt/environment.yaml",
    ] {
        assert!(wants(&path(wanted), 10), "{wanted}");
        assert!(!wants(&path(wanted), MAX_BYTES + 1), "{wanted}");
    }
    for other in [
        "requirements.in",
        "app/requirements.yml",
        "app/base.txt",
        "app/Cargo.lock",
        "app/pyproject.toml",
        "app/pylocker.toml",
        "usr/lib/python3/dist-packages/x/requirements.txt",
        "usr/local/lib/python3.11/site-packages/x.dist-info/requirements.txt",
        "app/node_modules/x/requirements.txt",
        "opt/conda/pkgs/x/info/requirements.txt",
    ] {
        assert!(!wants(&path(other), 10), "{other}");
    }
}

/// The lock files of an image, and what was odd about them.
fn locks_of(files: &[(&str, &str)], packages: &[Arc<Package>]) -> (Vec<Arc<LockFile>>, Vec<String>) {
    let mut warnings = Vec::new();
    (read(&image(files).tree, packages, &mut warnings), warnings)
}

#[test]
fn what_a_package_brought_is_not_the_projects() {
    let files = [("app/requirements.txt", "a==1\n"), ("usr/share/x/requirements.txt", "b==1\n")];
    let mut deb = deb("x", "1", "all");
    deb.files.push(OwnedFile { path: path(files[1].0), recorded: RecordedHash::None, role: Role::Plain });
    let (locks, warnings) = locks_of(&files, &[Arc::new(deb)]);
    assert_eq!(locks.iter().map(|file| file.path.to_string()).collect::<Vec<_>>(), ["/app/requirements.txt"]);
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_file_that_cannot_be_read_is_a_warning_with_its_name() {
    let (locks, warnings) = locks_of(&[("app/poetry.lock", "[[package]]\nname = 1"), ("app/uv.lock", UV)], &[]);
    assert_eq!(locks.len(), 1);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("/app/poetry.lock: not read as a lock file: "), "{warnings:?}");
}

#[test]
fn requirements_are_complete_when_all_that_they_take_in_is_hashed() {
    let complete = |files: &[(&str, &str)]| {
        let (locks, _) = locks_of(files, &[]);
        locks.iter().map(|file| (file.complete, file.needs_hashes)).collect::<Vec<_>>()
    };
    let hashed = "a==1 --hash=sha256:00\n";
    assert_eq!(complete(&[("requirements.txt", hashed)]), [(true, true)]);
    assert_eq!(complete(&[("requirements.txt", "a==1\n")]), [(false, false)]);
    assert_eq!(complete(&[("requirements.txt", "a==1\nb==1 --hash=sha256:00\n")]), [(false, true)]);
    let takes_in = "-r ../base/requirements.txt\nb==1 --hash=sha256:00\n";
    let base = ("base/requirements.txt", "a==1\n");
    assert_eq!(
        complete(&[("app/requirements.txt", takes_in), base]),
        [(false, true), (false, true)],
        "one hash switches checking on for the files that are taken in, too"
    );
    assert_eq!(complete(&[("app/requirements.txt", takes_in), ("base/requirements.txt", hashed)]), [(true, true); 2]);
    assert_eq!(complete(&[("app/requirements.txt", takes_in)]), [(false, true)], "who knows what it takes in");
    let circle = "-r requirements.txt\na==1 --hash=sha256:00\n";
    assert_eq!(complete(&[("requirements.txt", circle)]), [(true, true)]);
}

#[test]
fn damaged_files_break_nothing() {
    for (name, text) in [
        ("uv.lock", UV),
        ("pylock.toml", UV_PYLOCK),
        ("requirements.txt", UV_EXPORT),
        ("poetry.lock", POETRY),
        ("pdm.lock", PDM),
        ("Pipfile.lock", PIPFILE),
        ("conda-linux-64.lock", EXPLICIT),
        ("conda-lock.yml", CONDA_LOCK),
        ("environment.yml", ENVIRONMENT),
    ] {
        for end in 0..text.len() {
            if let Ok(Some(file)) = parse(&path(name), &text.as_bytes()[..end]) {
                assert!(file.entries.len() <= 7, "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    let fault = |name: &str, text: &[u8]| parse(&path(name), text).unwrap_err();
    assert_eq!(fault("requirements.txt", b"numpy==1\n\nwe need these:\n"), "line 3: no requirement as pip reads them");
    assert_eq!(fault("requirements.txt", b"numpy\xff"), "not UTF-8 after byte 5");
    assert!(fault("uv.lock", b"[[package]]\nname = 1\n").contains("invalid type"));
    assert!(fault("Pipfile.lock", b"{\"_meta\": {}, \"default\": 1}").starts_with("default: "));
    let many = (0..=MAX_ENTRIES).map(|at| format!("p{at}\n")).collect::<Vec<_>>().concat();
    assert!(fault("requirements.txt", many.as_bytes()).ends_with("the limit is 20000"));
    assert_eq!(parse(&path("environment.yml"), b"parameters:\n  x: 1\n").unwrap(), None, "something else of that name");
}

#[test]
fn nesting_and_references_without_end_are_refused() {
    let deep = |open: &str| open.repeat(100_000);
    assert!(parse(&path("conda-lock.yml"), deep("[").as_bytes()).is_err());
    assert!(parse(&path("conda-lock.yml"), deep("- ").as_bytes()).is_err());
    assert!(parse(&path("uv.lock"), format!("x = {}", deep("[")).as_bytes()).is_err());
    assert!(parse(&path("Pipfile.lock"), format!("{{\"_meta\": {}", deep("[")).as_bytes()).is_err());
    let tenfold = |at: usize| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 10].join(", "));
    let bomb: Vec<String> = (1..9).map(tenfold).collect();
    let bomb = format!("a0: &a0 [x, x, x]\n{}package: *a8\n", bomb.concat());
    assert!(parse(&path("conda-lock.yml"), bomb.as_bytes()).is_err());
}
