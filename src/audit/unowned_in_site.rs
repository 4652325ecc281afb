//! Files in Python's site directories that no distribution's RECORD and no package's list names.
//!
//! Told for each module or package directory, so that an app copied into a site directory is one line. Bytecode follows
//! its source; what installers and environments are known to leave is not told. Loudest is what an interpreter runs at
//! its start without being asked: `.pth` files with code, `sitecustomize` and `usercustomize` (Python's `site` module).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Audited, Check};
use crate::image::Node;
use crate::model::text::visible;
use crate::model::{Finding, ImagePath, Kind, Package, Role, Severity};
use crate::packages::python_key;
use crate::packages::site::{PathFile, expected_names, path_file, site_directories, site_entry};
use crate::packages::source_of;

pub(super) const CHECK: Check = Check { name: "unowned-in-site", run };

/// More groups of one site directory than these are one finding.
const FEW: usize = 12;

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let sites: Vec<_> = site_directories(audited.tree).map(|node| &node.path).collect();
    if sites.is_empty() {
        return Vec::new();
    }
    let known = Known::new(audited);
    let mut findings: Vec<Finding> =
        sites.into_iter().flat_map(|path| Site::new(audited, path, &known).findings(&known)).collect();
    findings.extend(beside_the_library(audited, &known));
    findings
}

/// What packages list in site directories, found in one pass: an image can have any number of them.
struct Known<'a> {
    files: HashSet<&'a ImagePath>,
    /// A package that lists files at such a path directly in a site directory, or below it.
    holders: HashMap<&'a [u8], &'a Package>,
    /// The distributions of each site directory that no deb brought.
    distributions: HashMap<&'a ImagePath, Vec<&'a Package>>,
}

impl<'a> Known<'a> {
    fn new(audited: &Audited<'a>) -> Self {
        let (mut files, mut holders) = (HashSet::new(), HashMap::new());
        for owned in audited.owned.iter().filter(|owned| owned.file.role != Role::Unlisted) {
            let path = &owned.file.path;
            let entry = site_entry(path);
            if entry.is_some() || is_customisation(path.file_name()) {
                files.insert(path);
            }
            holders.extend(entry.map(|entry| (entry, owned.package.as_ref())));
        }
        let mut distributions: HashMap<&ImagePath, Vec<&Package>> = HashMap::new();
        for package in audited.packages.iter().filter(|package| package.owner.is_none()) {
            if let Some(location) = &package.location {
                distributions.entry(location).or_default().push(package);
            }
        }
        Self { files, holders, distributions }
    }

    /// Whether a list names the file, or the source that it is compiled from.
    fn lists(&self, path: &ImagePath) -> bool {
        self.files.contains(path) || source_of(path).is_some_and(|source| self.files.contains(&source))
    }

    fn holder(&self, site: &ImagePath, name: &[u8]) -> Option<&'a Package> {
        self.holders.get(site.join(name).ok()?.as_bytes()).copied()
    }
}

/// One site directory.
struct Site<'a> {
    path: &'a ImagePath,
    /// What stands there and nobody lists, by the name directly in the site directory.
    groups: BTreeMap<&'a [u8], Group<'a>>,
    /// Whether conda made the environment: its own records, which are not read, may own anything.
    is_conda: bool,
}

/// What stands under one name.
#[derive(Default)]
struct Group<'a> {
    /// What can be imported.
    code: Vec<&'a ImagePath>,
    rest: Vec<&'a ImagePath>,
    /// The file that the name stands for, where it is one.
    file: Option<&'a Node>,
}

/// A group that no interpreter reads at its start.
struct Module<'a> {
    name: &'a [u8],
    group: &'a Group<'a>,
    told: Told,
}

/// What is told of a group.
struct Told {
    severity: Severity,
    message: String,
    fix: &'static str,
}

impl<'a> Site<'a> {
    fn new(audited: &Audited<'a>, path: &'a ImagePath, known: &Known<'a>) -> Self {
        let tree = audited.tree;
        let depth = path.as_bytes().len() + 1;
        let mut groups: BTreeMap<&[u8], Group<'_>> = BTreeMap::new();
        for node in tree.under(path).filter(|node| node.file.entry.kind != Kind::Directory) {
            // What is compiled from a module stands with it, though in the site directory's own `__pycache__`.
            let source = source_of(&node.path).and_then(|source| tree.get(&source)).unwrap_or(node);
            let entry = site_entry(&source.path).and_then(|entry| entry.get(depth..));
            if let Some(name) = entry.filter(|_| !known.lists(&node.path)) {
                groups.entry(name).or_default().add(node, depth + name.len());
            }
        }
        let mut site = Self { path, groups, is_conda: is_conda(audited, path) };
        let here = known.distributions.get(path).into_iter().flatten();
        site.leave_out_what_is_expected(&here.filter_map(|package| expected_names(package, tree)).flatten().collect());
        site
    }

    /// What installers and environments leave without listing it; `expected` are names of distributions without lists.
    fn leave_out_what_is_expected(&mut self, expected: &HashSet<String>) {
        let is_virtualenv = self.groups.get(b"_virtualenv.pth".as_slice()).is_some_and(Group::is_harmless_path_file);
        self.groups.retain(|name, group| {
            let is_listless = expected.contains(&python_key(&String::from_utf8_lossy(stem(name))));
            let is_readme = group.file.is_some_and(|node| !node.file.entry.is_executable())
                && [b"README".as_slice(), b"README.txt"].contains(name);
            let is_environment = is_virtualenv && [b"_virtualenv.py".as_slice(), b"_virtualenv.pth"].contains(name);
            !(is_listless || is_readme || is_environment)
        });
    }

    fn findings(&self, known: &Known<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut modules: BTreeMap<Severity, Vec<Module<'_>>> = BTreeMap::new();
        for (name, group) in &self.groups {
            if let Some(told) = Self::startup(name, group) {
                findings.push(self.finding(name, group, told));
            } else {
                let told = self.told(group, name, known.holder(self.path, name));
                modules.entry(told.severity).or_default().push(Module { name, group, told });
            }
        }
        for (severity, modules) in modules {
            if modules.len() > FEW {
                let message = format!(
                    "{} names here are nobody's: no RECORD and no package's list has them, so that nothing tells their \
                     version or their bytes",
                    modules.len()
                );
                let subject = format!("{}/", self.path.to_absolute());
                let paths = modules.iter().flat_map(|module| module.group.paths());
                findings.push(Finding::new(CHECK.name, severity, subject, message).fix(INSTALL).at(paths));
            } else {
                let all = modules.into_iter().map(|Module { name, group, told }| self.finding(name, group, told));
                findings.extend(all);
            }
        }
        findings
    }

    fn finding(&self, name: &[u8], group: &Group<'_>, told: Told) -> Finding {
        let subject = self.path.join(name).map_or_else(|_| self.path.to_absolute(), |path| path.to_absolute());
        let slash = if group.file.is_some() { "" } else { "/" };
        let finding = Finding::new(CHECK.name, told.severity, format!("{subject}{slash}"), told.message);
        finding.fix(told.fix).at(group.paths())
    }

    /// What an interpreter runs or reads at its start.
    fn startup(name: &[u8], group: &Group<'_>) -> Option<Told> {
        if is_customisation(name) {
            return Some(customisation());
        }
        let file = group.file.filter(|_| name.ends_with(b".pth"))?;
        let fix = "install what needs it as a wheel, whose RECORD lists it, or set PYTHONPATH";
        let (severity, message) = match path_file(file) {
            PathFile::Runs(line) => (
                Severity::Warning,
                format!(
                    "every Python that starts here runs code out of it, and no distribution brought it: {}",
                    visible(&line.chars().take(80).collect::<String>())
                ),
            ),
            PathFile::Adds => (
                Severity::Info,
                "adds directories to import from, and no distribution brought it: easy_install, setup.py develop or a \
                 build step wrote it"
                    .to_owned(),
            ),
            PathFile::Unread => (
                Severity::Warning,
                "every Python that starts here reads it, no distribution brought it, and what it does was not read"
                    .to_owned(),
            ),
        };
        Some(Told { severity, message, fix })
    }

    fn told(&self, group: &Group<'_>, name: &[u8], holder: Option<&Package>) -> Told {
        // No import statement can name what starts so.
        let is_left_over = name.starts_with(b"~");
        let is_calm = group.code.is_empty() || self.is_conda || is_left_over;
        let severity = if is_calm { Severity::Info } else { Severity::Warning };
        let message = match holder {
            _ if is_left_over => "left by a pip that was interrupted while it replaced a distribution".to_owned(),
            Some(holder) => format!(
                "extra: {} lists files here and not these, so they came after it was installed and nothing tells their \
                 bytes",
                holder.label()
            ),
            None if self.is_conda => {
                "no distribution lists them; conda's own records, which are not read, may".to_owned()
            }
            None if is_metadata(name) => "metadata of a distribution that is not installed".to_owned(),
            None if group.code.is_empty() => "no distribution and no package brought them".to_owned(),
            None => {
                "Python can import it, yet no distribution and no package brought it: nothing tells its version or \
                     its bytes"
                    .to_owned()
            }
        };
        let fix = if group.code.is_empty() { "delete it in the RUN that leaves it" } else { INSTALL };
        Told { severity, message, fix }
    }
}

const INSTALL: &str = "install it as a wheel, or copy it to a directory of its own outside the site directory";

impl<'a> Group<'a> {
    fn add(&mut self, node: &'a Node, name_end: usize) {
        let is_the_name = node.path.as_bytes().len() == name_end;
        self.file = self.file.or(is_the_name.then_some(node));
        if is_importable(node) { self.code.push(&node.path) } else { self.rest.push(&node.path) }
    }

    /// What can be imported first.
    fn paths(&self) -> impl Iterator<Item = &'a ImagePath> {
        self.code.iter().chain(&self.rest).copied()
    }

    fn is_harmless_path_file(&self) -> bool {
        self.file.is_some_and(|file| path_file(file) == PathFile::Adds)
    }
}

/// `sitecustomize` and `usercustomize` beside the standard library: outside of site directories, yet imported likewise.
fn beside_the_library(audited: &Audited<'_>, known: &Known<'_>) -> Vec<Finding> {
    let nodes = audited.tree.nodes().iter().filter(|node| {
        let parent = node.path.parent();
        is_customisation(node.path.file_name())
            && parent.is_some_and(|parent| parent.file_name().starts_with(b"python3"))
            && !known.lists(&node.path)
    });
    nodes
        .map(|node| {
            let Told { severity, message, fix } = customisation();
            Finding::new(CHECK.name, severity, node.path.to_absolute(), message).fix(fix).at([&node.path])
        })
        .collect()
}

fn customisation() -> Told {
    Told {
        severity: Severity::Warning,
        message: "every Python that starts here imports it unasked, and no package brought it".to_owned(),
        fix: "call what it does from the app itself",
    }
}

fn is_customisation(name: &[u8]) -> bool {
    matches!(stem(name), b"sitecustomize" | b"usercustomize")
}

/// Whether `import` finds it: source, an extension, compiled code without source, or a link to what may be any of these.
fn is_importable(node: &Node) -> bool {
    let path = node.path.as_bytes();
    let is_cached = node.path.parent().is_some_and(|parent| parent.file_name() == b"__pycache__");
    path.ends_with(b".py")
        || path.ends_with(b".so")
        || (path.ends_with(b".pyc") && !is_cached)
        || node.file.entry.kind == Kind::Symlink
}

/// `x` of `x.py`, of `x.cpython-311-x86_64-linux-gnu.so` and of `x`.
fn stem(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'.').next().unwrap_or(name)
}

fn is_metadata(name: &[u8]) -> bool {
    name.ends_with(b".dist-info") || name.ends_with(b".egg-info")
}

/// Whether the environment around a site directory (`PREFIX/lib/python3.X/site-packages`) is conda's.
fn is_conda(audited: &Audited<'_>, site: &ImagePath) -> bool {
    let prefix = site.parent().and_then(|python| python.parent()).and_then(|lib| lib.parent());
    prefix.and_then(|prefix| prefix.join(b"conda-meta").ok()).is_some_and(|meta| audited.tree.get(&meta).is_some())
}
