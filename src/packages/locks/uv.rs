//! `uv.lock`. It names every dependency of every extra, group and platform, and the graph that tells which is needed when.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::Deserialize;

use super::shared::{Artifact, named, origin_of_url, toml, vcs, without_credentials};
use super::{Format, Parsed};
use crate::model::{LockEntry, LockOrigin};

pub(super) const FORMAT: Format =
    Format { name: "uv.lock", wants: |_, name| name == b"uv.lock", parse, remedy: "uv lock" };

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: String,
    /// Not of a project whose version is computed.
    version: Option<String>,
    source: Source,
    #[serde(default)]
    resolution_markers: Vec<String>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Dependency>>,
    sdist: Option<Artifact>,
    #[serde(default)]
    wheels: Vec<Artifact>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Source {
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Only where the file has several of that name.
    version: Option<String>,
    #[serde(default)]
    extra: Vec<String>,
    marker: Option<String>,
}

impl Source {
    /// The project itself, or a member of its workspace: where what is needed begins.
    fn is_project(&self) -> bool {
        self.r#virtual.is_some() || self.editable.is_some()
    }

    fn origin(&self) -> LockOrigin {
        match self {
            _ if self.is_project() => LockOrigin::Project,
            Self { git: Some(git), .. } => {
                // The fragment is the commit; the query what was asked for.
                let (url, commit) = git.split_once('#').unwrap_or((git, ""));
                vcs(
                    &format!("git+{}", url.split('?').next().unwrap_or_default()),
                    Some(commit).filter(|c| !c.is_empty()),
                )
            }
            Self { url: Some(url), .. } => LockOrigin::Url(without_credentials(url)),
            Self { path: Some(path), .. } => origin_of_url(path),
            Self { directory: Some(path), .. } => LockOrigin::Path(path.clone()),
            _ => LockOrigin::Index,
        }
    }
}

fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let document: Document = toml(text)?;
    let needs = needs(&document.package);
    let entries = document.package.into_iter().enumerate().map(|(at, package)| entry(package, needs.get(&at)));
    Ok(Some(Parsed::complete(entries.collect())))
}

fn entry(package: Package, need: Option<&Need>) -> LockEntry {
    let mut entry = LockEntry { version: package.version, origin: package.source.origin(), ..named(&package.name) };
    for artifact in package.sdist.into_iter().chain(package.wheels) {
        artifact.list(&mut entry);
    }
    match need {
        Some(need) => {
            entry.marker.clone_from(&need.marker);
            entry.only_for.clone_from(&need.only_for);
        }
        None => entry.only_for = Some("something that is not told".to_owned()),
    }
    if let ([marker], None) = (package.resolution_markers.as_slice(), &entry.marker) {
        entry.marker = Some(marker.clone());
    }
    entry
}

/// Under which marker, and for which extra or group, a package is needed.
#[derive(Clone, Default)]
struct Need {
    marker: Option<String>,
    only_for: Option<String>,
}

/// What each package is needed for, by position, found by following the graph from the project: what is always needed
/// first, then what extras and groups ask for, so that the first answer is the one that asks for most.
fn needs(packages: &[Package]) -> HashMap<usize, Need> {
    let mut graph = Graph { by_name: HashMap::new(), packages, needs: HashMap::new(), seen: BTreeSet::new() };
    for (at, package) in packages.iter().enumerate() {
        graph.by_name.entry(package.name.as_str()).or_default().push(at);
    }
    let projects: Vec<usize> =
        (0..).zip(packages).filter(|(_, package)| package.source.is_project()).map(|(at, _)| at).collect();
    for at in &projects {
        graph.needs.insert(*at, Need::default());
    }
    let of_projects = || projects.iter().filter_map(|at| packages.get(*at));
    let always = of_projects().flat_map(|package| &package.dependencies).map(|dependency| (None, dependency));
    graph.follow(always.collect());
    let sometimes = of_projects().flat_map(|package| {
        let extras = package.optional_dependencies.iter().map(|(name, list)| (format!("extra {name}"), list));
        let groups = package.dev_dependencies.iter().map(|(name, list)| (format!("group {name}"), list));
        extras.chain(groups)
    });
    let sometimes =
        sometimes.flat_map(|(only_for, list)| list.iter().map(move |dependency| (Some(only_for.clone()), dependency)));
    graph.follow(sometimes.collect());
    graph.needs
}

struct Graph<'a> {
    packages: &'a [Package],
    by_name: HashMap<&'a str, Vec<usize>>,
    needs: HashMap<usize, Need>,
    /// Packages whose own dependencies were followed (extra empty), or those of one of their extras; and whether under a
    /// marker: what is needed under one may turn out to be needed always.
    seen: BTreeSet<(usize, &'a str, bool)>,
}

impl<'a> Graph<'a> {
    /// Those that no marker stands before first: breadth-first within each of the two.
    fn follow(&mut self, first: Vec<(Option<String>, &'a Dependency)>) {
        let needed = |(only_for, dependency): (_, &'a Dependency)| {
            (Need { marker: dependency.marker.clone(), only_for }, dependency)
        };
        let is_always = |(need, _): &(Need, &Dependency)| need.marker.is_none();
        let (mut always, mut sometimes): (VecDeque<_>, VecDeque<_>) =
            first.into_iter().map(needed).partition(is_always);
        while let Some((need, dependency)) = always.pop_front().or_else(|| sometimes.pop_front()) {
            let (further_always, further_sometimes): (Vec<_>, Vec<_>) =
                self.visit(&need, dependency).into_iter().partition(is_always);
            always.extend(further_always);
            sometimes.extend(further_sometimes);
        }
    }

    /// Notes the need, and returns what follows from it.
    fn visit(&mut self, need: &Need, dependency: &'a Dependency) -> Vec<(Need, &'a Dependency)> {
        let mut further = Vec::new();
        for at in self.by_name.get(dependency.name.as_str()).cloned().unwrap_or_default() {
            let Some(package) = self.packages.get(at) else { continue };
            if dependency.version.is_some() && dependency.version != package.version {
                continue;
            }
            self.needs.entry(at).or_insert_with(|| need.clone());
            let extras =
                dependency.extra.iter().map(|extra| (extra.as_str(), package.optional_dependencies.get(extra)));
            for (extra, list) in extras.chain([("", Some(&package.dependencies))]) {
                if !self.seen.insert((at, extra, need.marker.is_some())) {
                    continue;
                }
                further.extend(list.into_iter().flatten().map(|next| {
                    // One marker is enough to say that it is not always needed.
                    let marker = next.marker.clone().or_else(|| need.marker.clone());
                    (Need { marker, only_for: need.only_for.clone() }, next)
                }));
            }
        }
        further
    }
}
