//! An interpreter of Python that was built from source, as the official images have it under `/usr/local`: its programs,
//! library, headers and standard library. What is installed into it and what it runs at its start is none of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use super::{Candidate, FileDrift, FileRow, is_foldable};
use crate::image::Tree;
use crate::model::{ImagePath, Kind};
use crate::snapshot::Snapshot;

/// The names of the standard library's modules.
static MODULES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../../assets/python-modules.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// The interpreters that both images have under one directory, in two versions.
pub(super) fn candidates(files: &FileDrift, left: &Snapshot, right: &Snapshot) -> Vec<Candidate> {
    let (lefts, rights) = (interpreters(&left.image.tree), interpreters(&right.image.tree));
    let both = lefts.into_iter().filter_map(|(root, old)| Some((rights.get(&root)?.clone(), root, old)));
    both.filter_map(|(new, root, old)| {
        let versions = [version(left, &old), version(right, &new)];
        moved(files, &root, [&old, &new], &versions).then(|| {
            let [from, to] = versions;
            let name = format!("Python {from} → {to} under {}, built from source", root.to_absolute());
            let holds = move |path: &[&str], row: &FileRow| {
                let is_directory = row.sides().all(|side| side.entry.kind == Kind::Directory);
                // As a link it would lead to what somebody else put there.
                let is_of_build = path.last() != Some(&"site-packages") || is_directory;
                is_of_build && [&old, &new].iter().any(|series| holds(path, series))
            };
            Candidate { name, root, holds: Box::new(holds) }
        })
    })
    .collect()
}

/// The newest `3.N` whose standard library lies under each directory.
fn interpreters(tree: &Tree) -> BTreeMap<ImagePath, String> {
    let mut found: BTreeMap<ImagePath, u32> = BTreeMap::new();
    for node in tree.nodes().iter().filter(|node| node.file.entry.kind == Kind::File) {
        if node.path.file_name() != b"os.py" {
            continue;
        }
        let library = node.path.parent();
        let minor = library.as_ref().and_then(|library| {
            std::str::from_utf8(library.file_name()).ok()?.strip_prefix("python3.")?.parse::<u32>().ok()
        });
        let root = library.and_then(|library| library.parent()).filter(|lib| lib.file_name() == b"lib");
        if let (Some(minor), Some(root)) = (minor, root.and_then(|lib| lib.parent())) {
            let newest = found.entry(root).or_default();
            *newest = minor.max(*newest);
        }
    }
    found.into_iter().map(|(root, minor)| (root, format!("3.{minor}"))).collect()
}

/// The version in full, where the image's environment tells it as the official images do.
fn version(image: &Snapshot, series: &str) -> String {
    let told = image.config.runtime.env.iter().rev().find(|(name, _)| name == "PYTHON_VERSION");
    let told = told.map(|(_, version)| version.as_str());
    let is_of_it = |version: &&str| version.strip_prefix(series).is_some_and(|rest| rest.starts_with('.'));
    told.filter(is_of_it).unwrap_or(series).to_owned()
}

/// Whether the interpreter itself is another one, which no package owns, of another version as far as that is known.
fn moved(files: &FileDrift, root: &ImagePath, series: [&str; 2], versions: &[String; 2]) -> bool {
    let differs = |path: String| {
        let path = ImagePath::parse(format!("{root}/{path}").as_bytes()).ok();
        let row = path.and_then(|path| files.rows.get(files.position(&path)? as usize));
        row.and_then(|row| row.drift.as_ref()).is_some_and(is_foldable)
    };
    let is_other =
        |series: &str| differs(format!("bin/python{series}")) || differs(format!("lib/libpython{series}.so.1.0"));
    // Every release has another number in this header.
    let is_release = || differs(format!("include/python{}/patchlevel.h", series[1]));
    series.iter().any(|series| is_other(series)) && (versions[0] != versions[1] || is_release())
}

/// Whether every build of the series has this path.
fn holds(path: &[&str], series: &str) -> bool {
    let name = format!("python{series}");
    match path {
        ["bin", program] => is_program(program, series),
        ["lib", file] if file.starts_with("libpython3") => file.contains(".so") || ends_as(file, "a"),
        ["lib", "pkgconfig", file] => file.starts_with("python") && ends_as(file, "pc"),
        ["share", "man", "man1", page] => page.starts_with("python") && ends_as(page, "1"),
        ["include" | "lib", headers] => *headers == name,
        ["include", headers, rest @ ..] => {
            *headers == name
                && rest.last().is_some_and(|file| {
                    ends_as(file, "h") || matches!(rest, ["cpython" | "internal"]) || *file == "mimalloc"
                })
        }
        ["lib", library, rest @ ..] => *library == name && is_of_library(rest, series),
        _ => false,
    }
}

fn ends_as(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

fn is_program(program: &str, series: &str) -> bool {
    let bare = program.strip_suffix(series).map_or(program, |program| program.trim_end_matches('-'));
    let versioned = format!("python{series}-config");
    let debugger = format!("python{series}-gdb.py");
    matches!(
        bare,
        "python" | "python3" | "python3-config" | "python-config" | "idle" | "idle3" | "pydoc" | "pydoc3" | "2to3"
    ) || program == versioned
        || program == debugger
}

/// Whether it is of the standard library, below `lib/python3.N`.
fn is_of_library(path: &[&str], series: &str) -> bool {
    // The directory, and the note that every installation puts there.
    if matches!(path, ["site-packages"] | ["site-packages", "README.txt"]) {
        return true;
    }
    // What an interpreter runs before anything that it is asked to (`site`), and what people put into its library.
    let starts = |name: &&str| matches!(*name, "sitecustomize.py" | "usercustomize.py") || ends_as(name, "pth");
    if path.iter().any(|name| starts(name) || matches!(*name, "site-packages" | "dist-packages")) {
        return false;
    }
    match path {
        ["LICENSE.txt" | "__pycache__" | "lib-dynload"] => true,
        [file] if is_build_data(file) => true,
        [config, rest @ ..] if config.starts_with(&format!("config-{series}")) => is_build_file(rest),
        [name] => MODULES.contains(name.strip_suffix(".py").unwrap_or(name)),
        ["__pycache__", file] => {
            compiled_from(file, series).is_some_and(|module| MODULES.contains(module) || is_build_data(module))
        }
        ["lib-dynload", file] => {
            let module = file.split('.').next().unwrap_or_default();
            ends_as(file, "so") && (MODULES.contains(module) || module.starts_with("_test"))
        }
        [package, ..] => MODULES.contains(package),
        [] => false,
    }
}

/// What a build notes of itself.
fn is_build_data(name: &str) -> bool {
    name.starts_with("_sysconfigdata_") || name.starts_with("_sysconfig_vars_")
}

fn is_build_file(path: &[&str]) -> bool {
    match path {
        [] | ["__pycache__"] => true,
        ["__pycache__", file] => file.starts_with("python-config.cpython-"),
        [file] => {
            matches!(
                *file,
                "Makefile" | "config.c" | "config.c.in" | "install-sh" | "makesetup" | "python-config.py" | "python.o"
            ) || file.starts_with("Setup")
                || file.starts_with("libpython3") && ends_as(file, "a")
        }
        _ => false,
    }
}

/// The module that a compiled file is of: `json.cpython-312.opt-1.pyc`.
fn compiled_from<'a>(file: &'a str, series: &str) -> Option<&'a str> {
    let (module, tag) = file.strip_suffix(".pyc")?.split_once(".cpython-")?;
    (tag.split('.').next()? == series.replace('.', "")).then_some(module)
}
