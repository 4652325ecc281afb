//! Debian packages: dpkg's database, and the pieces of it that distroless images keep.

mod arrivals;
pub mod changelog;
mod deb822;
mod excluded;
mod files;
mod gaps;
pub mod preferences;
mod status;
mod version;

use std::collections::{HashMap, HashSet};

use crate::image::{Image, Node, Tree};
use crate::model::{Ecosystem, ImagePath, Kind, Package, Touched};

use super::written::Written;
use super::{Cataloger, MAX_FILES, MAX_PACKAGES, Owners, size_of, to_text};
use arrivals::{Arrival, arrivals};
use deb822::stanzas;
pub use excluded::Excluded;
pub use files::Diversions;
use files::FileLists;
use status::{Id, Record, records};

pub(super) const CATALOGER: Cataloger = Cataloger {
    ecosystem: Ecosystem::Deb,
    wants,
    run,
    gaps: gaps::gaps,
    compare: version::compare,
    parts: version::parts,
};

const ADMIN: &[u8] = b"var/lib/dpkg/";
const STATUS: &[u8] = b"var/lib/dpkg/status";
const STATUS_D: &[u8] = b"var/lib/dpkg/status.d";
const INFO: &[u8] = b"var/lib/dpkg/info";
const DIVERSIONS: &[u8] = b"var/lib/dpkg/diversions";
const EXTENDED_STATES: &[u8] = b"var/lib/apt/extended_states";

fn wants(path: &ImagePath) -> bool {
    let path = path.as_bytes();
    let Some(rest) = path.strip_prefix(ADMIN) else {
        return path == EXTENDED_STATES || excluded::wants(path);
    };
    match rest.strip_prefix(b"info/") {
        Some(name) => is_list_or_sums(name),
        None => matches!(rest, b"status" | b"diversions") || rest.starts_with(b"status.d/"),
    }
}

/// Whether what a package's files are, and their hashes, are read from the file at `path`.
fn is_record(path: &ImagePath) -> bool {
    path.as_bytes()
        .strip_prefix(ADMIN)
        .is_some_and(|rest| rest.starts_with(b"status.d/") || rest.strip_prefix(b"info/").is_some_and(is_list_or_sums))
}

fn is_list_or_sums(name: &[u8]) -> bool {
    name.ends_with(b".list") || name.ends_with(b".md5sums")
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
    let mut reading = Reading {
        image,
        arrivals: arrivals(image),
        written: Written::new(image, is_record),
        automatic: Automatic::read(&image.tree),
        lists: FileLists::new(&image.tree),
        seen: HashSet::new(),
        packages: Vec::new(),
        room: MAX_FILES,
        odd: Oddities::default(),
    };
    for database in databases {
        if let Some(bytes) = bytes_of(database, warnings)
            && let Err(Full) = reading.read(database, bytes)
        {
            warnings.push("dpkg lists more packages or files than any real system; the rest was not read".to_owned());
            break;
        }
    }
    reading.odd.warn(warnings);
    reading.packages
}

/// The whole database first: where both kinds exist, it is what dpkg itself would read.
fn databases(tree: &Tree) -> Vec<&Node> {
    let pieces = tree.get(&at(STATUS_D)).into_iter().flat_map(|directory| tree.children(&directory.path));
    let pieces = pieces.filter(|node| is_piece(node.path.as_bytes()));
    tree.resolve(&at(STATUS)).into_iter().chain(pieces).collect()
}

/// A database's bytes, with a warning where they cannot be all that was written.
fn bytes_of<'a>(database: &'a Node, warnings: &mut Vec<String>) -> Option<&'a [u8]> {
    let Some(bytes) = database.bytes.as_deref() else {
        let Node { path, file, .. } = database;
        let what = if file.entry.kind == Kind::File { "was not read" } else { "is not a file" };
        warnings.push(format!("{path} {what} ({} bytes); its packages are unknown", file.entry.size));
        return None;
    };
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        warnings.push(format!("{} ends in the middle of a line; it may be truncated", database.path));
    }
    Some(bytes)
}

/// The databases of one image, as far as they were read.
struct Reading<'a> {
    image: &'a Image,
    arrivals: HashMap<Id<'a>, Arrival<'a>>,
    written: Written<'a>,
    automatic: Automatic<'a>,
    lists: FileLists<'a>,
    seen: HashSet<Id<'a>>,
    packages: Vec<Package>,
    /// How many more files may be listed.
    room: usize,
    odd: Oddities,
}

/// A limit is reached.
struct Full;

impl<'a> Reading<'a> {
    fn read(&mut self, database: &'a Node, bytes: &'a [u8]) -> Result<(), Full> {
        // A piece describes one package, whose hashes stand beside it.
        let most = if is_piece(database.path.as_bytes()) { 1 } else { usize::MAX };
        for record in records(bytes).take(most) {
            if record.name.is_empty() {
                self.odd.nameless.add(database.path.file_name());
            } else if record.is_installed() {
                self.add(record, database)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, record: Record<'a>, database: &'a Node) -> Result<(), Full> {
        if !self.seen.insert(record.id()) {
            self.odd.repeated.add(record.name);
            return Ok(());
        }
        if self.room == 0 || self.packages.len() == MAX_PACKAGES {
            return Err(Full);
        }
        let listed = self.lists.of(&record, database, self.room);
        self.room = self.room.saturating_sub(listed.files.len());
        if !listed.has_list {
            self.odd.unlisted.add(record.name);
        }
        if record.version.is_empty() {
            self.odd.versionless.add(record.name);
        }
        let arrival = self.arrivals.get(&record.id()).copied();
        let layer = arrival.map_or(database.file.layer, |arrival| arrival.layer);
        let conffiles = arrival.filter(|arrival| !record.has_conffiles(arrival.conffiles)).map(|_| database);
        let touched = conffiles.map(|database| {
            let (path, layer) = (database.path.clone(), database.file.layer);
            Touched { path, layer, lost: None }
        });
        self.packages.push(Package {
            size: size_of(&self.image.tree, &listed.files),
            touched: touched.or_else(|| self.written.touched(&listed.records, layer)),
            files: listed.files,
            layer,
            automatic: self.automatic.of(&record),
            ..described(&record)
        });
        Ok(())
    }
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
        link: record.homepage(),
        requires: record.requires(),
        provides: record.provides(),
        replaces: record.replaces(),
        touched: None,
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
            for stanza in stanzas(text).take(MAX_PACKAGES) {
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

/// What is odd about stanzas: one warning each, however many there are.
#[derive(Default)]
struct Oddities {
    nameless: Tally,
    versionless: Tally,
    repeated: Tally,
    unlisted: Tally,
}

impl Oddities {
    fn warn(self, warnings: &mut Vec<String>) {
        let told = [
            (self.nameless, "stanzas that name no package"),
            (self.versionless, "packages without a version"),
            (self.repeated, "packages that are listed again, of which the first is taken"),
            (self.unlisted, "packages without a list of files, so that nothing is known to be theirs"),
        ];
        for (tally, what) in told {
            if tally.count > 0 {
                warnings.push(format!("dpkg has {what}: {} (first: {})", tally.count, tally.first));
            }
        }
    }
}

/// How many, and the first one's name.
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
}

#[cfg(test)]
mod tests;
