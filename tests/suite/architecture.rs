//! Holds the shape of the code: which module may use which, how long a file may be, and that nothing is left undone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules a module may use; an arrow points only downwards. The binary and the modules that wire everything
/// together may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("tui", &["compare", "model"]),
    ("report", &["compare", "model"]),
    ("compare", &["snapshot", "audit", "packages", "image", "nondeterminism", "model"]),
    ("snapshot", &["audit", "packages", "image", "oci", "nondeterminism", "model"]),
    ("audit", &["packages", "image", "nondeterminism", "model"]),
    ("packages", &["image", "model"]),
    ("source", &["oci", "archive", "model"]),
    ("image", &["oci", "archive", "nondeterminism", "model"]),
    ("oci", &["model"]),
    ("archive", &["model"]),
    ("nondeterminism", &["model"]),
    ("model", &[]),
];

/// May use every module; nothing below may use them.
const TOP: &[&str] = &["main", "lib", "cli", "settings", "session", "error", "demo"];

/// Lines of a source file, its tests left out.
const LONGEST_FILE: usize = 600;

struct Source {
    /// Relative to `src`.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The module on the floor plan that the file belongs to: `report` for `report/json/mod.rs`.
    fn module(&self) -> String {
        let first = self.path.components().next().unwrap().as_os_str().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    }

    /// Without line comments and without what stands below `#[cfg(test)] mod tests {`.
    fn code(&self) -> String {
        let is_tests =
            self.path.iter().any(|part| ["tests", "tests.rs", "fixture.rs"].iter().any(|name| part == *name));
        let end = if is_tests { 0 } else { self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len()) };
        let lines = self.text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let (mut found, mut folders) = (Vec::new(), vec![src.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(&src).unwrap().to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The crate's modules that a piece of code names: after `crate::`, also inside `crate::{a, b::c}`.
fn modules_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, root) in code.match_indices("crate::") {
        let is_whole_word =
            !code[..at].ends_with(|character: char| character.is_alphanumeric() || matches!(character, '_' | '$'));
        let rest = &code[at + root.len()..];
        match rest.strip_prefix('{') {
            _ if !is_whole_word => {}
            Some(group) => used.extend(names_of_group(group)),
            None => used.extend(first_name(rest)),
        }
    }
    used
}

/// The first name of each member of a use group, up to the brace that closes it.
fn names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                members.push(&group[start..at]);
                break;
            }
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.into_iter().filter_map(|member| first_name(member.trim_start())).collect()
}

fn first_name(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The arrows of `sources` that are not on the plan, each as `file: from -> to`.
fn forbidden_arrows(sources: &[Source]) -> Vec<String> {
    let plan: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut forbidden = Vec::new();
    for source in sources {
        let from = source.module();
        if TOP.contains(&from.as_str()) {
            continue;
        }
        let Some(allowed) = plan.get(from.as_str()) else {
            forbidden.push(format!("{}: module {from} has no floor", source.path.display()));
            continue;
        };
        // Tests and fixtures are held to the same arrows: a test that needs more belongs to `tests`.
        let named = modules_used(&source.text);
        let known = |module: &String| plan.contains_key(module.as_str()) || TOP.contains(&module.as_str());
        for to in named.into_iter().filter(known) {
            if to != from && !allowed.contains(&to.as_str()) {
                forbidden.push(format!("{}: {from} -> {to}", source.path.display()));
            }
        }
    }
    forbidden
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let forbidden = forbidden_arrows(&sources());
    assert!(forbidden.is_empty(), "arrows that are not on the plan:\n{}", forbidden.join("\n"));
}

#[test]
fn the_check_of_arrows_sees_every_way_to_write_one() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.to_owned() };
    for text in [
        "use crate::session::x;",
        "use crate::{model::A, image::{B, C}};",
        "use crate::{\n    model,\n    image,\n};",
        "fn f() -> crate::image::Image {}",
        "#[cfg(test)]\nmod tests {\n    use crate::image::Image;\n}",
        "pub(in crate::report) use crate::source;",
    ] {
        assert_eq!(forbidden_arrows(&[source("report/json/mod.rs", text)]).len(), 1, "{text}");
    }
    let fine = "use crate::{compare::{self, image}, model}; use crate::report::escape; use super::image; mycrate::tui;";
    assert_eq!(forbidden_arrows(&[source("report/text.rs", fine)]), Vec::<String>::new());
    assert_eq!(forbidden_arrows(&[source("newcomer.rs", "")]).len(), 1, "a module without a floor");
}

#[test]
fn every_module_on_the_plan_is_declared_by_the_library() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for source in sources() {
        let module = source.module();
        let declared = library.contains(&format!("pub mod {module};"));
        assert!(declared || ["lib", "main"].contains(&module.as_str()), "{module} is not in src/lib.rs");
    }
}

#[test]
fn every_file_of_the_suite_runs() {
    let suite = root().join("tests/suite");
    let list = fs::read_to_string(suite.join("mod.rs")).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(&suite).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name != "mod" && (path.is_dir() || path.extension().is_some_and(|extension| extension == "rs")) {
            files += 1;
            assert!(
                list.lines().any(|line| line == format!("mod {name};")),
                "{name} is not listed in tests/suite/mod.rs"
            );
        }
    }
    assert!(files > 0);
}

#[test]
fn no_source_file_has_grown_too_long() {
    let long: Vec<_> = sources()
        .iter()
        .map(|source| (source.code().trim_end().lines().count(), source.path.display().to_string()))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "more than {LONGEST_FILE} lines without tests: {long:?}");
}

#[test]
fn nothing_is_left_undone() {
    let marks = ["todo!", "unimplemented!", "dbg!", "TODO", "FIXME"];
    let mut left = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                left.push(format!("{}:{}: {}", source.path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(left.is_empty(), "left undone:\n{}", left.join("\n"));
}
