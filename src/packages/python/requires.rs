//! `Requires-Dist` (PEP 508): the names of what a distribution needs here, by what its marker says.

use crate::model::{ImagePath, Requirement};

use super::marker;
use super::metadata::normalised;

/// What the lines require of a distribution in `location`, by normalised name. What only an extra needs is left out, and
/// what a marker asks for on another platform or interpreter; a marker that is not understood is taken to hold.
pub(super) fn requirements(lines: &[String], location: &ImagePath) -> Vec<Requirement> {
    let python = interpreter(location);
    let required = lines.iter().filter_map(|line| {
        let (what, marker) = line.split_once(';').unwrap_or((line, ""));
        let is_name = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        let name = what.trim_start().split(|character| !is_name(character)).next().unwrap_or_default();
        (!name.is_empty() && is_asked(marker, python)).then(|| vec![normalised(name).into()])
    });
    required.collect()
}

/// Of those lines the ones that name one version: `numpy==1.26.4`, `numpy (===1.26.4)`; key and version.
pub(super) fn exact(lines: &[String], location: &ImagePath) -> Vec<(String, String)> {
    let python = interpreter(location);
    let pinned = lines.iter().filter_map(|line| {
        let (what, marker) = line.split_once(';').unwrap_or((line, ""));
        let (name, version) = what.split_once("==")?;
        let name = name.split(['[', '(']).next().unwrap_or_default().trim();
        let version = version.trim_start_matches('=').trim_matches(|c: char| c.is_whitespace() || c == ')');
        let is_one = !name.is_empty() && !version.is_empty() && !name.contains(['<', '>', '!', '~', ',', ' ']);
        (is_one && !version.contains(',') && is_asked(marker, python)).then(|| (normalised(name), version.to_owned()))
    });
    pinned.collect()
}

/// Major and minor version, by the directory that a site directory is in: `python3.11`.
pub(super) fn interpreter(location: &ImagePath) -> Option<(u32, u32)> {
    let mut names = location.components().filter_map(|name| std::str::from_utf8(name).ok());
    names.find_map(|name| version(name.strip_prefix("python")?))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether a marker asks for it here; one that is not understood is taken to hold.
fn is_asked(marker: &str, python: Option<(u32, u32)>) -> bool {
    marker::holds(marker, python).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::path;
    use super::*;

    fn names(lines: &[&str]) -> Vec<String> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let site = path("usr/local/lib/python3.11/site-packages");
        requirements(&lines, &site).iter().map(|any| any.join("|")).collect()
    }

    #[test]
    fn what_is_needed_here_is_required_and_nothing_else() {
        // Lines of the METADATA of click 8.1, Flask 3.0, requests 2.31, SQLAlchemy 2.0 and jupyter-client 8.
        assert_eq!(
            names(&[
                "colorama ; platform_system == \"Windows\"",
                "importlib-metadata ; python_version < \"3.8\"",
                "Jinja2>=3.1.2",
                "charset-normalizer (<4,>=2)",
                "PySocks (!=1.5.7,>=1.5.6) ; extra == 'socks'",
                "typing_extensions>=4.6.0",
                "greenlet!=0.4.17; platform_machine == \"aarch64\" or (platform_machine == \"ppc64le\")",
                "mypy>=0.910; python_version >= \"3\" and extra == \"mypy\"",
                "coverage[toml]>=7 ; (python_version < '3.12' and extra == 'test')",
                "tzdata; sys_platform != 'win32'",
            ]),
            ["jinja2", "charset-normalizer", "typing-extensions", "greenlet", "tzdata"]
        );
    }

    #[test]
    fn one_version_only_is_what_two_equal_signs_say() {
        let lines = [
            "numpy==1.26.4",
            "Foo.Bar[extra] (===2.0)",
            "x>=1,==1.*",
            "y ==3 ; extra == 'test'",
            "z==1 ; python_version >= \"3.8\"",
            "odd==",
            "==1",
            "a (<4,==2)",
        ];
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let site = path("usr/local/lib/python3.11/site-packages");
        let told: Vec<_> = exact(&lines, &site).into_iter().map(|(key, version)| format!("{key} {version}")).collect();
        assert_eq!(told, ["numpy 1.26.4", "foo-bar 2.0", "z 1", "a 2"]);
    }

    #[test]
    fn odd_lines_require_nothing_or_their_name() {
        assert_eq!(
            names(&["", ";", " (>=1)", "é", "a;", "b ; python_version ~~ nonsense", "c ; '=' \""]),
            ["a", "b", "c"]
        );
    }
}
