//! Path rules: `assets/rules.toml` names, for a path, what makes it vary or what it is derived from.

use std::sync::{Arc, LazyLock};

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use crate::model::ImagePath;

/// A set of rules, ready to be asked about paths.
pub struct Rules {
    noise: Vec<Noise>,
    noise_paths: GlobSet,
    noise_of: Vec<usize>,
    generated: Vec<Generated>,
    generated_paths: GlobSet,
    generated_of: Vec<usize>,
}

/// A path that varies from build to build.
pub struct Noise {
    pub name: Arc<str>,
    pub cause: Arc<str>,
    pub fix: Arc<str>,
    /// Whether each build makes other bytes, not only a build with other tools.
    pub each_build: bool,
    /// The content digest's format that first left these paths out.
    pub since: u32,
}

/// A path that is derived from inputs.
pub struct Generated {
    pub name: Arc<str>,
    pub cause: Arc<str>,
    pub inputs: Inputs,
    /// The check that the file must pass to be explained.
    pub proof: Option<Prover>,
}

/// What a generated file is derived from; one of them must have moved.
pub struct Inputs {
    /// `deb` for any package of the ecosystem, `deb:NAME` for one.
    pub packages: Vec<String>,
    paths: GlobSet,
}

/// A check that a generated file is what its inputs make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prover {
    /// Every certificate of the bundle stands in one of the input files.
    PemBundle,
    /// A symlink that leads to a file of a package that moved.
    Link,
    /// A symlink into or out of `/etc/alternatives` that leads to a file of a package that moved.
    Alternative,
    /// Every line that differs names a package that moved.
    DpkgLog,
}

/// What is wrong with a rules file.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("not valid TOML for rules: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("rule {rule:?}: {source}")]
    Glob { rule: String, source: globset::Error },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    noise: Vec<NoiseRow>,
    #[serde(default)]
    generated: Vec<GeneratedRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseRow {
    name: String,
    paths: Vec<String>,
    cause: String,
    fix: String,
    #[serde(default = "each_build")]
    each_build: bool,
    since: u32,
}

fn each_build() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratedRow {
    name: String,
    paths: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    inputs: Vec<String>,
    proof: Option<Prover>,
    cause: String,
}

impl Rules {
    /// The rules that ship with the program.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "part of the program's own text; a test reads it")]
            Rules::parse(include_str!("../../assets/rules.toml")).expect("the built-in rules are valid")
        });
        &BUILT_IN
    }

    /// Reads rules from TOML text in the form of `assets/rules.toml`.
    ///
    /// # Errors
    /// When the text is not TOML of that form or a path is not a glob.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text)?;
        let (noise_paths, noise_of) = globs(file.noise.iter().map(|row| (row.name.as_str(), row.paths.as_slice())))?;
        let (generated_paths, generated_of) =
            globs(file.generated.iter().map(|row| (row.name.as_str(), row.paths.as_slice())))?;
        let noise = file
            .noise
            .into_iter()
            .map(|row| Noise {
                name: row.name.into(),
                cause: row.cause.into(),
                fix: row.fix.into(),
                each_build: row.each_build,
                since: row.since,
            })
            .collect();
        let generated = file.generated.into_iter().map(GeneratedRow::build).collect::<Result<_, _>>()?;
        Ok(Self { noise, noise_paths, noise_of, generated, generated_paths, generated_of })
    }

    /// The first noise rule for `path`.
    #[must_use]
    pub fn noise(&self, path: &ImagePath) -> Option<&Noise> {
        let first = with_candidate(path, |candidate| self.noise_paths.matches_candidate(candidate).into_iter().min())?;
        self.noise.get(*self.noise_of.get(first)?)
    }

    /// The rules for what `path` is derived from, in the order of the file.
    pub fn generated(&self, path: &ImagePath) -> impl Iterator<Item = &Generated> {
        let mut rules: Vec<usize> = with_candidate(path, |candidate| self.generated_paths.matches_candidate(candidate))
            .into_iter()
            .filter_map(|glob| self.generated_of.get(glob).copied())
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules.into_iter().filter_map(|rule| self.generated.get(rule))
    }
}

impl GeneratedRow {
    fn build(self) -> Result<Generated, RulesError> {
        let (paths, _) = globs(std::iter::once((self.name.as_str(), self.inputs.as_slice())))?;
        let inputs = Inputs { packages: self.packages, paths };
        Ok(Generated { name: self.name.into(), cause: self.cause.into(), inputs, proof: self.proof })
    }
}

impl Inputs {
    /// Whether `path` is one of the input paths.
    #[must_use]
    pub fn has_path(&self, path: &ImagePath) -> bool {
        !self.paths.is_empty() && with_candidate(path, |candidate| self.paths.is_match_candidate(candidate))
    }

    /// Whether any path is an input.
    #[must_use]
    pub fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }
}

/// All globs of all rules in one set, and for each glob the rule it belongs to.
fn globs<'a>(rules: impl Iterator<Item = (&'a str, &'a [String])>) -> Result<(GlobSet, Vec<usize>), RulesError> {
    let mut set = GlobSetBuilder::new();
    let mut owners = Vec::new();
    let glob_error = |rule: &str| {
        let rule = rule.to_owned();
        move |source| RulesError::Glob { rule, source }
    };
    let mut last = "";
    for (at, (rule, paths)) in rules.enumerate() {
        last = rule;
        for path in paths {
            let glob = GlobBuilder::new(path.trim_start_matches('/'))
                .literal_separator(true)
                .build()
                .map_err(glob_error(rule))?;
            set.add(glob);
            owners.push(at);
        }
    }
    Ok((set.build().map_err(glob_error(last))?, owners))
}

fn with_candidate<T>(path: &ImagePath, ask: impl FnOnce(&Candidate<'_>) -> T) -> T {
    ask(&Candidate::from_bytes(path.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text.as_bytes()).unwrap()
    }

    fn noise(text: &str) -> Option<&'static str> {
        Rules::built_in().noise(&path(text)).map(|rule| &*rule.name)
    }

    #[test]
    fn known_paths_find_their_rule() {
        assert_eq!(noise("/var/cache/ldconfig/aux-cache"), Some("ldconfig-aux-cache"));
        assert_eq!(noise("/var/cache/apt/pkgcache.bin"), Some("apt-cache"));
        assert_eq!(noise("/usr/lib/python3/dist-packages/flask-3.0.0.dist-info/REQUESTED"), Some("installer-notes"));
        assert_eq!(noise("/var/cache/apt/deeper/pkgcache.bin"), None);
        assert_eq!(noise("/etc/passwd"), None);
        let rules: Vec<_> = Rules::built_in().generated(&path("/etc/ssl/certs/ca-certificates.crt")).collect();
        assert_eq!(rules.first().map(|rule| &*rule.name), Some("ca-bundle"));
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
            ("/home/node/.npm/_logs/2026-11-21T17_04_58_000Z-debug-0.log", "npm-cache"),
            ("/var/lib/gems/3.1.0/extensions/x86_64-linux/3.1.0/json-2.6/mkmf.log", "gem-build-log"),
            ("/srv/app/.git/objects/1f/0a9ea3b0f4a37f1cb5e5bd5c1f1ab3a2f4e1d1", "git-objects"),
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
    fn a_typo_in_a_rules_file_is_named() {
        let unknown = Rules::parse("[[noise]]\nnmae = \"x\"\n").err().unwrap().to_string();
        assert!(unknown.contains("nmae"), "{unknown}");
        let glob = "[[noise]]\nname = \"broken\"\npaths = [\"/a[\"]\ncause = \"\"\nfix = \"\"\nsince = 1\n";
        assert!(Rules::parse(glob).err().unwrap().to_string().contains("broken"));
    }
}
