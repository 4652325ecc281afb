//! Path rules: they name, for a path, what makes it vary or what it is derived from. `assets/rules.toml` holds those
//! that ship with the program; a user's own files are asked before them.

mod file;

use std::iter;
use std::sync::{Arc, LazyLock};

use globset::Candidate;
use serde::Deserialize;

pub use self::file::{MAX_BYTES, RuleFile, RulesError};
use self::file::{Paths, Table};
use crate::model::{ImagePath, RuleFileUse};

/// All rules that paths are held against.
#[derive(Debug, Clone)]
pub struct Rules {
    /// In the order in which they are asked; the last one ships with the program.
    files: Vec<Arc<RuleFile>>,
}

/// What every rule has.
#[derive(Debug)]
pub struct About {
    pub name: Arc<str>,
    pub cause: Arc<str>,
    /// The file that holds it, as the user named it; `None` for a rule that ships with the program.
    pub file: Option<Arc<str>>,
    /// Where in that file it starts, from 1.
    pub line: usize,
    /// Its globs, as written.
    pub paths: Vec<String>,
    /// Whether it holds for files that may be executed too.
    pub executable: bool,
}

/// A path that varies from build to build, or that a user does not want to hear of.
#[derive(Debug)]
pub struct Noise {
    pub about: About,
    pub fix: Option<Arc<str>>,
    /// Whether each build makes other bytes, not only a build with other tools.
    pub each_build: bool,
    /// The content digest's format that first left these paths out; `None` for a user's rule, which changes no digest.
    pub since: Option<u32>,
    /// What is there must look so; of a rule without it the path alone speaks.
    pub looks: Option<Looks>,
    /// Whether it is an `[[ignore]]`.
    pub is_ignore: bool,
}

/// What a tool leaves at a path, so that something else at this path is no noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// A file without bytes.
    Empty,
    /// A directory, and no file.
    Directory,
    /// The number of a process.
    Number,
    /// A Debian package whose name and version are those of an installed one.
    Deb,
    /// A copy of accounts whose rows name the same numbers as the accounts themselves.
    FormerAccounts,
    /// INSTALLER with a word, REQUESTED without any: files of an installed distribution.
    InstallerNote,
    /// What vim writes when it exits.
    Viminfo,
    /// What an engine hides behind a mount of its own: nothing, a host's name, the addresses of the host itself.
    MountedOver,
    /// The index over the write-ahead log of the `SQLite` database beside it.
    WalIndex,
    /// A name of hexadecimal digits, as a store names what it holds by its hash.
    NamedByHash,
    /// A git object that its name is the hash of.
    GitObject,
    /// Beside the mark of an extension that `RubyGems` compiled.
    BesideBuiltGem,
}

/// A path that is derived from inputs.
#[derive(Debug)]
pub struct Generated {
    pub about: About,
    pub inputs: Inputs,
    /// The check that the file must pass to be explained.
    pub proof: Option<Prover>,
}

/// What a generated file is derived from; one of them must have moved.
#[derive(Debug)]
pub struct Inputs {
    /// `deb` for any package of the ecosystem, `deb:NAME` for one.
    pub packages: Vec<String>,
    /// The globs, as written.
    pub paths: Vec<String>,
    set: Paths,
}

/// A check that a generated file is what its inputs make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prover {
    /// Every library of the cache is there, and was there or is proven.
    LibraryCache,
    /// The certificates of the bundle are those that are enabled.
    PemBundle,
    /// A link to an enabled certificate.
    CertificateLink,
    /// The list of certificates differs by what the package ships.
    CertificateList,
    /// The certificates of a Java key store are those that are enabled.
    JavaTruststore,
    /// A symlink into or out of `/etc/alternatives` that leads where dpkg's database of alternatives wants it.
    Alternative,
    /// A group of alternatives that differs by what packages that moved register.
    AlternativesDatabase,
    /// A link that enables a unit as its `[Install]` section and its package's script want it.
    InitLink,
    /// A note about a unit that its package's script enables.
    ServiceState,
    /// Stanzas that differ are those of packages that moved.
    DpkgStatus,
    /// Rows that differ name packages that moved.
    DpkgList,
    /// Stanzas that differ are those of packages that came or went.
    ExtendedStates,
    /// Every line that differs is about a package that moved, at a version it had.
    DpkgLog,
    /// As [`Prover::DpkgLog`], for apt's history.
    AptHistory,
    /// Questions that differ belong to packages that moved; no answer differs.
    Debconf,
    /// Rows that differ name files and packages that moved.
    UcfState,
    /// A mark without content.
    Empty,
    /// The file that pam-auth-update makes of its profiles.
    PamCommon,
    /// What pam-auth-update notes of its profiles.
    PamState,
    /// Shells that packages ship.
    Shells,
    /// A time zone that is there, by both its names.
    Timezone,
    /// A copy of a file that a package ships.
    Template,
    /// The package's sample but for the addresses it listens on.
    PostgresqlSample,
    /// Catalogs that are there.
    Catalog,
    /// Modules that are there.
    ModuleCache,
    /// Names and modules of character sets; what its tables hold is only likely.
    GconvCache,
}

impl Default for Rules {
    /// Those that ship with the program.
    fn default() -> Self {
        Self::built_in().clone()
    }
}

impl Rules {
    /// The rules that ship with the program.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "part of the program's own text; a test reads it")]
            let file = RuleFile::parse(None, include_str!("../../../assets/rules.toml")).expect("the rules are valid");
            Rules { files: vec![Arc::new(file)] }
        });
        &BUILT_IN
    }

    /// A user's files in the order in which they are asked, and then the rules that ship with the program.
    #[must_use]
    pub fn with(files: Vec<RuleFile>) -> Self {
        let files = files.into_iter().map(Arc::new);
        Self { files: files.chain(Self::built_in().files.iter().cloned()).collect() }
    }

    /// These rules with one more of the user's files, which is asked first.
    #[must_use]
    pub fn after(&self, file: RuleFile) -> Self {
        Self { files: iter::once(Arc::new(file)).chain(self.files.iter().cloned()).collect() }
    }

    /// The noise rules for `path`, in the order in which they are asked.
    pub fn noise(&self, path: &ImagePath) -> impl Iterator<Item = &Noise> {
        self.files.iter().flat_map(|file| file.noise.of(path))
    }

    /// The rules for what `path` is derived from, in the order in which they are asked.
    pub fn generated(&self, path: &ImagePath) -> impl Iterator<Item = &Generated> {
        self.files.iter().flat_map(|file| file.generated.of(path))
    }

    /// All noise rules.
    pub fn all_noise(&self) -> impl Iterator<Item = &Noise> {
        self.files.iter().flat_map(|file| &file.noise.rules)
    }

    /// All rules for derived files.
    pub fn all_generated(&self) -> impl Iterator<Item = &Generated> {
        self.files.iter().flat_map(|file| &file.generated.rules)
    }

    /// The user's own rules that name none of `paths`: they have outlived what they were written for.
    pub fn idle<'p>(&self, paths: impl Iterator<Item = &'p ImagePath>) -> Vec<&About> {
        let mut idle: Vec<(&RuleFile, Vec<&About>)> = self.users().map(|file| (file, file.all().collect())).collect();
        for path in paths {
            if idle.iter().all(|(_, rules)| rules.is_empty()) {
                break;
            }
            for (file, rules) in &mut idle {
                let named = file.noise.of(path).map(|rule| &rule.about);
                for about in named.chain(file.generated.of(path).map(|rule| &rule.about)) {
                    rules.retain(|rule| !std::ptr::eq(*rule, about));
                }
            }
        }
        idle.into_iter().flat_map(|(_, rules)| rules).collect()
    }

    /// The user's files, with how many of `explained` rest on each: for every path that a user's rule explains, the file
    /// of that rule.
    pub fn uses<'p>(&self, explained: impl Iterator<Item = &'p str>) -> Vec<RuleFileUse> {
        let name = |file: &RuleFile| file.name.clone();
        let of = |file: &RuleFile| name(file).map(|file_name| RuleFileUse::new(file_name, file.all().count()));
        let mut uses: Vec<RuleFileUse> = self.users().filter_map(of).collect();
        for file in explained {
            if let Some(used) = uses.iter_mut().find(|used| &*used.file == file) {
                used.paths += 1;
            }
        }
        uses
    }

    fn users(&self) -> impl Iterator<Item = &RuleFile> {
        self.files.iter().map(|file| &**file).filter(|file| file.name.is_some())
    }
}

impl About {
    /// Whether it is one of the user's own.
    #[must_use]
    pub fn is_users(&self) -> bool {
        self.file.is_some()
    }
}

impl RuleFile {
    /// What is common to all of its rules.
    fn all(&self) -> impl Iterator<Item = &About> {
        let noise = self.noise.rules.iter().map(|rule| &rule.about);
        noise.chain(self.generated.rules.iter().map(|rule| &rule.about))
    }
}

impl<R> Table<R> {
    /// The rules that name `path`, in the order of the file.
    fn of(&self, path: &ImagePath) -> impl Iterator<Item = &R> {
        let mut rules = self.paths.matches(path);
        let mut next = 0;
        rules.sort_unstable();
        rules.dedup();
        iter::from_fn(move || {
            let rule = rules.get(next).and_then(|rule| self.rules.get(*rule));
            next += 1;
            rule
        })
    }
}

impl Paths {
    /// Which rules have a glob that names `path`, in no order; one can stand there twice.
    fn matches(&self, path: &ImagePath) -> Vec<usize> {
        if self.set.is_empty() {
            return Vec::new();
        }
        let globs = self.set.matches_candidate(&Candidate::from_bytes(path.as_bytes()));
        globs.into_iter().filter_map(|glob| self.rule_of.get(glob).copied()).collect()
    }
}

impl Inputs {
    /// Whether `path` is one of the input paths.
    #[must_use]
    pub fn has_path(&self, path: &ImagePath) -> bool {
        !self.set.matches(path).is_empty()
    }

    /// Whether any path is an input.
    #[must_use]
    pub fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }
}

#[cfg(test)]
mod tests;
