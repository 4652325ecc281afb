//! Debian packages: dpkg's database, and the pieces of it that distroless images keep.

mod arrivals;
mod deb822;
mod files;
mod status;
mod version;

use std::collections::{HashMap, HashSet};

use crate::image::{Image, Node, Tree};
use crate::model::{Ecosystem, ImagePath, Kind, Package};

use super::{Cataloger, MAX_PACKAGES, Owners, size_of, to_text};
use arrivals::arrivals;
use deb822::stanzas;
use files::FileLists;
use status::{Id, Record, records};

pub(super) const CATALOGER: Cataloger =
    Cataloger { ecosystem: Ecosystem::Deb, wants, run, compare: version::compare, parts: version::parts };

const ADMIN: &[u8] = b"var/lib/dpkg/";
const STATUS: &[u8] = b"var/lib/dpkg/status";
const STATUS_D: &[u8] = b"var/lib/dpkg/status.d";
const INFO: &[u8] = b"var/lib/dpkg/info";
const DIVERSIONS: &[u8] = b"var/lib/dpkg/diversions";
const EXTENDED_STATES: &[u8] = b"var/lib/apt/extended_states";

fn wants(path: &ImagePath) -> bool {
    let path = path.as_bytes();
    let Some(rest) = path.strip_prefix(ADMIN) else { return path == EXTENDED_STATES };
    match rest.strip_prefix(b"info/") {
        Some(name) => name.ends_with(b".list") || name.ends_with(b".md5sums"),
        None => matches!(rest, b"status" | b"diversions") || rest.starts_with(b"status.d/"),
    }
}

/// Whether `path` is a stanza of a distroless image, not one of the lists of hashes beside them.
fn is_piece(path: &[u8]) -> bool {
    let name = path.strip_prefix(STATUS_D).and_then(|rest| rest.strip_prefix(b"/"));
    name.is_some_and(|name| !name.contains(&b'/') && !name.ends_with(b".md5sums"))
}

/// One of the paths above, which all are within a path's limits.
fn at(path: &[u8]) -> ImagePath {
    ImagePath::parse(path).unwrap_or_else(|_| ImagePath::root())
}

fn run(image: &Image, _owners: &Owners<'_>, warnings: &mut Vec<String>) -> Vec<Package> {
    let databases = databases(&image.tree);
    if databases.is_empty() {
        return Vec::new();
    }
    let arrivals = arrivals(image);
    let automatic = Automatic::read(&image.tree);
    let mut lists = FileLists::new(&image.tree);
    let mut packages = Vec::new();
    let mut seen: HashSet<Id<'_>> = HashSet::new();
    let mut unlisted = Tally::default();
    for database in databases {
        for record in readable(database, warnings) {
            if packages.len() == MAX_PACKAGES {
                warnings.push(format!("dpkg lists more than {MAX_PACKAGES} packages; the rest was not read"));
                return packages;
            }
            if !seen.insert(record.id()) {
                warnings.push(format!("dpkg lists {} twice; the first is taken", to_text(record.name)));
                continue;
            }
            let listed = lists.of(&record, database);
            if !listed.has_list {
                unlisted.add(record.name);
            }
            packages.push(Package {
                size: size_of(&image.tree, &listed.files),
                files: listed.files,
                layer: arrivals.get(&record.id()).copied().unwrap_or(database.file.layer),
                automatic: automatic.of(&record),
                ..described(&record)
            });
        }
    }
    unlisted.warn("have no list of files, so nothing is known to be theirs", warnings);
    packages
}

/// The whole database first: where both kinds exist, it is what dpkg itself would read.
fn databases(tree: &Tree) -> Vec<&Node> {
    let pieces = tree.get(&at(STATUS_D)).into_iter().flat_map(|directory| tree.children(&directory.path));
    let pieces = pieces.filter(|node| is_piece(node.path.as_bytes()));
    tree.resolve(&at(STATUS)).into_iter().chain(pieces).collect()
}

/// The installed packages of a database, with a warning for what cannot be one.
fn readable<'a>(node: &'a Node, warnings: &mut Vec<String>) -> Vec<Record<'a>> {
    if node.file.entry.kind != Kind::File {
        warnings.push(format!("{} is not a file; Debian packages are unknown", node.path));
        return Vec::new();
    }
    let Some(database) = node.bytes.as_deref() else {
        let size = node.file.entry.size;
        warnings.push(format!("{} was not read ({size} bytes); its packages are unknown", node.path));
        return Vec::new();
    };
    if !database.is_empty() && !database.ends_with(b"\n") {
        warnings.push(format!("{} ends in the middle of a line; it may be truncated", node.path));
    }
    let (mut nameless, mut found) = (0_usize, Vec::new());
    for record in records(database) {
        if record.name.is_empty() {
            nameless += 1;
        } else if record.is_installed() {
            if record.version.is_empty() {
                warnings.push(format!("{} gives no version of {}", node.path, to_text(record.name)));
            }
            found.push(record);
        }
    }
    if nameless > 0 {
        warnings.push(format!("{} has stanzas that name no package: {nameless}", node.path));
    }
    found
}

fn described(record: &Record<'_>) -> Package {
    Package {
        ecosystem: Ecosystem::Deb,
        name: to_text(record.name),
        key: to_text(record.name),
        version: to_text(record.version),
        arch: (!record.arch.is_empty()).then(|| to_text(record.arch)),
        location: None,
        owner: None,
        source: Some(record.source()),
        size: 0,
        automatic: None,
        state: record.state(),
        installer: None,
        origin: None,
        summary: record.summary(),
        files: Vec::new(),
        layer: 0,
    }
}

/// What apt remembers of why packages were installed; `None` where apt never ran.
struct Automatic<'a>(Option<HashMap<&'a [u8], HashSet<&'a [u8]>>>);

impl<'a> Automatic<'a> {
    fn read(tree: &'a Tree) -> Self {
        Self(tree.read(&at(EXTENDED_STATES)).map(|text| {
            let mut marked: HashMap<&[u8], HashSet<&[u8]>> = HashMap::new();
            for stanza in stanzas(text) {
                let field = |wanted: &[u8]| {
                    stanza
                        .fields()
                        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                        .map_or(&b""[..], |(_, value)| value)
                };
                if field(b"Auto-Installed") == b"1" {
                    marked.entry(field(b"Package")).or_default().insert(field(b"Architecture"));
                }
            }
            marked
        }))
    }

    /// apt writes the native architecture for packages whose architecture is `all`.
    fn of(&self, record: &Record<'_>) -> Option<bool> {
        let marked = self.0.as_ref()?;
        let of_name = marked.get(record.name);
        Some(of_name.is_some_and(|archs| record.arch == b"all" || archs.contains(record.arch)))
    }
}

/// Counts what one warning tells together.
#[derive(Default)]
struct Tally {
    count: usize,
    first: String,
}

impl Tally {
    fn add(&mut self, name: &[u8]) {
        if self.count == 0 {
            self.first = to_text(name);
        }
        self.count += 1;
    }

    fn warn(self, what: &str, warnings: &mut Vec<String>) {
        match self.count {
            0 => {}
            1 => warnings.push(format!("dpkg packages that {what}: {}", self.first)),
            count => warnings.push(format!("dpkg packages that {what}: {count}, the first is {}", self.first)),
        }
    }
}

#[cfg(test)]
mod tests;
