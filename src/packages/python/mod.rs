//! Python distributions: wheels, eggs and editable installs, in every site directory of the image.

mod arrivals;
pub(super) mod bytecode;
mod direct_url;
mod files;
mod find;
mod gaps;
mod marker;
mod metadata;
mod record;
mod requires;
pub mod site;
mod version;

use std::collections::HashSet;

use crate::image::{Image, Node, Tree};
use crate::model::{Ecosystem, ImagePath, Package, RecordedHash};

use super::places::Places;
use super::written::Written;
use super::{Cataloger, MAX_FILES, MAX_PACKAGES, Owners, size_of};
use arrivals::Arrivals;
pub(super) use direct_url::without_credentials;
use files::{files, first_line, read};
use find::{Form, Found, find};
use metadata::{Metadata, from_file_name, metadata, normalised};
use requires::{exact, requirements};

pub(super) const CATALOGER: Cataloger = Cataloger {
    ecosystem: Ecosystem::Pypi,
    wants: find::wants,
    run,
    gaps: gaps::gaps,
    compare: version::compare,
    parts: version::parts,
};

fn run(image: &Image, owners: &Owners<'_>, warnings: &mut Vec<String>) -> Vec<Package> {
    let mut places = Places::new(&image.tree);
    let mut packages: Vec<Package> = Vec::new();
    let mut room = MAX_FILES;
    let arrivals = Arrivals::new(image, find::is_marker);
    let written = Written::new(image, is_record);
    for found in find(&image.tree) {
        if room == 0 || packages.len() == MAX_PACKAGES {
            warnings.push("there are more Python files than on any real system; the rest was not read".to_owned());
            break;
        }
        let mut files = files(&image.tree, &mut places, &found, room, warnings);
        room = room.saturating_sub(files.len());
        let owner = owners.label(&found.marker.path);
        if owner.is_some() {
            // Distributors strip and patch what RECORD was written for; their own record has the hashes.
            for file in &mut files {
                file.recorded = RecordedHash::None;
            }
        }
        let layer = arrivals.of(&found.marker.path).unwrap_or(found.marker.file.layer);
        let records: Vec<&Node> =
            files.iter().filter(|file| is_record(&file.path)).filter_map(|file| image.tree.get(&file.path)).collect();
        let touched = written.touched(&records, layer);
        packages.push(Package { owner, files, layer, touched, ..described(&image.tree, &found, warnings) });
    }
    mark_automatic(&mut packages);
    merge(&mut packages);
    for package in &mut packages {
        package.size = size_of(&image.tree, &package.files);
    }
    packages
}

/// Whether what a distribution's files are, and their hashes, are read from the file at `path`.
fn is_record(path: &ImagePath) -> bool {
    let bytes = path.as_bytes();
    bytes.ends_with(b".dist-info/RECORD") || bytes.ends_with(b".egg-info/installed-files.txt")
}

/// The key that a distribution of this name is matched by.
#[must_use]
pub fn python_key(name: &str) -> String {
    normalised(name)
}

/// Major and minor version of the interpreter that reads the site directory `location`, where its path tells.
#[must_use]
pub fn interpreter(location: &ImagePath) -> Option<(u32, u32)> {
    requires::interpreter(location)
}

/// Whether a marker (PEP 508) holds for an interpreter on Linux; `None` where the image does not tell.
#[must_use]
pub fn marker_holds(marker: &str, python: Option<(u32, u32)>) -> Option<bool> {
    marker::holds(marker, python)
}

/// What a distribution requires in one version only: keys and versions, as its METADATA in `tree` says (PEP 440, `==` and
/// `===`). What only an extra or another platform needs is left out.
#[must_use]
pub fn exact_requirements(package: &Package, tree: &Tree) -> Vec<(String, String)> {
    let Some(location) = package.location.as_ref().filter(|_| package.ecosystem == Ecosystem::Pypi) else {
        return Vec::new();
    };
    let is_metadata = |path: &ImagePath| path.as_bytes().ends_with(b".dist-info/METADATA");
    let file = package.files.iter().find(|file| is_metadata(&file.path));
    let text = file.and_then(|file| tree.get(&file.path)).and_then(|node| node.bytes.as_deref());
    text.map(|text| exact(&metadata(text).requires, location)).unwrap_or_default()
}

/// What a RECORD, or a part of one, says of a distribution's files: where each stands in `tree`, its hash and its size.
/// A row whose path leads out of the image is left out.
pub fn recorded_rows<'a>(
    text: &'a [u8],
    package: &'a Package,
    tree: &'a Tree,
) -> impl Iterator<Item = (ImagePath, RecordedHash, Option<u64>)> + 'a {
    let mut places = Places::new(tree);
    let site = package.location.clone().unwrap_or_else(ImagePath::root);
    record::rows(text).filter_map(move |row| {
        let path = record::relative_to(&site, &row.path).ok()?;
        Some((places.stand(path), row.recorded, row.size))
    })
}

/// Makes one of what is told twice: Debian's python3-cryptography ships a `.dist-info` and an `.egg-info` of the same
/// version in one place. What the first one, by path, says of itself stays.
fn merge(packages: &mut Vec<Package>) {
    packages.sort_by(|a, b| identity(a).cmp(&identity(b)));
    packages.dedup_by(|second, first| {
        let is_same = identity(first) == identity(second);
        if is_same {
            first.files.append(&mut second.files);
        }
        is_same
    });
    for package in packages {
        package.files.sort_by(|a, b| a.path.cmp(&b.path));
        package.files.dedup_by(|second, first| first.path == second.path);
    }
}

fn identity(package: &Package) -> (Option<&ImagePath>, &str, &str) {
    (package.location.as_ref(), &package.key, &package.version)
}

/// What the distribution says of itself.
fn described(tree: &Tree, found: &Found<'_>, warnings: &mut Vec<String>) -> Package {
    let Metadata { name, version, summary, requires, links, home_page } = core_metadata(found, warnings);
    let (file_name, file_version) = from_file_name(found.home.file_name());
    let name = name.unwrap_or(file_name);
    let is_requested = found.home.join(b"REQUESTED").is_ok_and(|path| tree.get(&path).is_some());
    Package {
        ecosystem: Ecosystem::Pypi,
        key: normalised(&name),
        name,
        version: version.unwrap_or(file_version),
        arch: None,
        location: Some(found.location.clone()),
        owner: None,
        source: None,
        size: 0,
        automatic: is_requested.then_some(false),
        state: None,
        installer: first_line(tree, found, b"INSTALLER"),
        origin: origin(tree, found, warnings),
        summary,
        link: metadata::link(&links).map(str::to_owned).or(home_page),
        requires: requirements(&requires, &found.location),
        provides: Vec::new(),
        replaces: Vec::new(),
        touched: None,
        files: Vec::new(),
        layer: 0,
    }
}

fn core_metadata(found: &Found<'_>, warnings: &mut Vec<String>) -> Metadata {
    let bytes = found.metadata.and_then(|node| node.bytes.as_deref());
    if bytes.is_none() && found.form != Form::ZippedEgg {
        warnings.push(format!("the metadata of {} was not read; name and version are its file name's", found.home));
    }
    let read = metadata(bytes.unwrap_or_default());
    if bytes.is_some() && (read.name.is_none() || read.version.is_none()) {
        warnings.push(format!("the metadata of {} lacks a name or a version", found.home));
    }
    read
}

fn origin(tree: &Tree, found: &Found<'_>, warnings: &mut Vec<String>) -> Option<String> {
    if found.form == Form::EggLink {
        return Some("editable".to_owned());
    }
    match direct_url::origin(read(tree, found, b"direct_url.json")?) {
        Ok(origin) => Some(origin),
        Err(error) => {
            warnings.push(format!("{}/direct_url.json cannot be read: {error}", found.home));
            None
        }
    }
}

/// pip marks what was asked for with REQUESTED, so the rest came as dependencies; but only since pip 20.2, so a site
/// directory without any mark tells nothing.
fn mark_automatic(packages: &mut [Package]) {
    let marked: HashSet<Option<ImagePath>> =
        packages.iter().filter(|package| package.automatic.is_some()).map(|package| package.location.clone()).collect();
    for package in packages {
        let by_pip = package.installer.as_deref() == Some("pip");
        if package.automatic.is_none() && by_pip && marked.contains(&package.location) {
            package.automatic = Some(true);
        }
    }
}

#[cfg(test)]
mod tests;
