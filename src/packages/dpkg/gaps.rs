//! What of dpkg's database could not be read, and what a lower layer's database has and the image's has not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::files::{lines, md5_line};
use super::status::{Record, records};
use super::{ADMIN, INFO, STATUS, at, databases, is_piece};
use crate::image::{Image, LayerIndex, Node};
use crate::model::{Gap, GapKind, ImagePath, Kind, Package, Reach};
use crate::packages::places::Places;
use crate::packages::{MAX_PACKAGES, to_text};

pub(super) fn gaps(image: &Image, packages: &[&Package]) -> Vec<Gap> {
    let known: HashSet<Vec<u8>> = names(image);
    let mut gaps: Vec<Gap> = [
        unread(image),
        behind_link(image),
        nameless(image),
        versionless(image),
        cut_short(image),
        forgotten(image, &known, packages),
        without_sums(image),
    ]
    .into_iter()
    .flatten()
    .collect();
    if packages.len() >= MAX_PACKAGES {
        gaps.push(Gap::new(GapKind::Record, "dpkg lists more packages than are read"));
    }
    gaps
}

/// Names of all packages that the image's databases list, installed or not.
fn names(image: &Image) -> HashSet<Vec<u8>> {
    let texts = databases(&image.tree).into_iter().filter_map(|node| node.bytes.as_deref());
    texts.flat_map(records).take(MAX_PACKAGES).map(|record| record.name.to_vec()).collect()
}

/// Databases whose bytes were not kept: too large, no files, or elsewhere than where they are looked for.
fn unread(image: &Image) -> Option<Gap> {
    let unread: Vec<&Node> = databases(&image.tree).into_iter().filter(|node| node.bytes.is_none()).collect();
    let first = unread.first()?;
    let entry = &first.file.entry;
    let what = match entry.kind {
        Kind::File if first.path.as_bytes() == STATUS => format!("is not read: {} bytes", entry.size),
        Kind::File => "is not read: it stands behind a link".to_owned(),
        _ => "is not read: it is no file".to_owned(),
    };
    let why = format!("dpkg's database {} {what}", first.path);
    Some(Gap::new(GapKind::Database, why).at(unread.iter().map(|node| node.path.to_absolute())))
}

/// A directory of dpkg's that is a link to where nothing is, in this image.
fn behind_link(image: &Image) -> Option<Gap> {
    let is_link = |path: &ImagePath| image.tree.get(path).is_some_and(|node| node.file.entry.kind == Kind::Symlink);
    let mut path = Some(at(STATUS));
    let link = std::iter::from_fn(|| {
        let this = path.take()?;
        path = this.parent().filter(|parent| !parent.is_root());
        Some(this)
    })
    .find(is_link)?;
    let leads_nowhere = image.tree.resolve(&link).is_none();
    let why = format!("dpkg's database is behind the link {link}, which leads to nothing in the image");
    leads_nowhere.then(|| Gap::new(GapKind::Database, why).at([link.to_absolute()]))
}

/// The installed records of all databases, each with where it stands.
fn installed<'a>(image: &'a Image) -> impl Iterator<Item = (&'a Node, Record<'a>)> {
    let texts = databases(&image.tree).into_iter().filter_map(|node| Some((node, node.bytes.as_deref()?)));
    let records = texts.flat_map(|(node, bytes)| {
        // A piece describes one package.
        let most = if is_piece(node.path.as_bytes()) { 1 } else { MAX_PACKAGES };
        records(bytes).take(most).map(move |record| (node, record))
    });
    records.filter(|(_, record)| record.is_installed())
}

fn nameless(image: &Image) -> Option<Gap> {
    broken(image, "that name no package", |record| record.name.is_empty())
}

fn versionless(image: &Image) -> Option<Gap> {
    broken(image, "without a version", |record| !record.name.is_empty() && record.version.is_empty())
}

fn broken(image: &Image, what: &str, is_broken: fn(&Record<'_>) -> bool) -> Option<Gap> {
    let nodes: Vec<&Node> = installed(image).filter(|(_, record)| is_broken(record)).map(|(node, _)| node).collect();
    let why = format!("dpkg's database has records {what}: {}", nodes.len());
    let gap = || Gap::new(GapKind::Record, why).at(nodes.iter().map(|node| node.path.to_absolute()));
    (!nodes.is_empty()).then(gap)
}

fn cut_short(image: &Image) -> Option<Gap> {
    let node = image.tree.resolve(&at(STATUS))?;
    let is_cut = node.bytes.as_deref().is_some_and(|bytes| !bytes.is_empty() && !bytes.ends_with(b"\n"));
    let why = format!("dpkg's database {} ends in the middle of a line", node.path);
    is_cut.then(|| Gap::new(GapKind::Record, why).at([node.path.to_absolute()]))
}

/// Lines of the lists of hashes that hold none, where the list has others: what they are about cannot be checked.
fn without_sums(image: &Image) -> Option<Gap> {
    let is_sums = |node: &&Node| {
        let path = node.path.as_bytes();
        path.ends_with(b".md5sums") && (path.starts_with(INFO) || path.starts_with(super::STATUS_D))
    };
    let mut found = Vec::new();
    let mut count = 0_usize;
    for node in image.tree.under(&at(ADMIN)).filter(is_sums) {
        let text = node.bytes.as_deref().unwrap_or_default();
        let broken = lines(text).filter(|line| md5_line(line).is_none()).count();
        count += broken;
        found.extend((broken > 0).then(|| node.path.to_absolute()));
    }
    let why = format!("lines in lists of md5sums that hold none: {count}");
    (count > 0).then(|| Gap::new(GapKind::Record, why).at(found).reaching(Reach::Proof))
}

/// Packages that a lower layer's database lists and no database of the image does, although files of theirs are still there
/// and are no other package's: `rm -rf /var/lib/dpkg` removes no package.
fn forgotten(image: &Image, known: &HashSet<Vec<u8>>, packages: &[&Package]) -> Option<Gap> {
    let mut last: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut listed: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
    for (number, layer) in image.layers.iter().enumerate() {
        for (path, bytes) in captured(layer) {
            if path == STATUS || is_piece(path) {
                let installed = records(bytes).filter(Record::is_installed).take(MAX_PACKAGES);
                let missing = installed.filter(|record| !record.name.is_empty() && !known.contains(record.name));
                last.extend(missing.map(|record| (record.name, number)));
            } else if let Some(name) = listed_by(path) {
                listed.entry(name).or_default().push(bytes);
            }
        }
    }
    if last.is_empty() {
        return None;
    }
    let owned: HashSet<&ImagePath> =
        packages.iter().flat_map(|package| &package.files).map(|file| &file.path).collect();
    let mut places = Places::new(&image.tree);
    let mut stands = |line: &[u8]| {
        let path = places.stand(ImagePath::parse(line).ok()?);
        let node = image.tree.get(&path)?;
        (node.file.entry.kind == Kind::File && !owned.contains(&path)).then_some(())
    };
    let mut is_left = |name: &[u8]| {
        // Of a package without a list nothing tells that its files went.
        listed
            .get(name)
            .is_none_or(|lists| lists.iter().flat_map(|text| lines(text)).any(|line| stands(line).is_some()))
    };
    let left: BTreeSet<String> = last.keys().filter(|name| is_left(name)).map(|name| to_text(name)).collect();
    let first = left.first()?;
    let why = if known.is_empty() {
        let packages = if left.len() == 1 { "package" } else { "packages" };
        format!("dpkg's database of a lower layer was deleted: it lists {} {packages}", left.len())
    } else {
        let count = left.len();
        format!(
            "packages that a lower layer's dpkg lists are in no database, though files of theirs are there: {count} (first: {first})"
        )
    };
    Some(Gap::new(GapKind::Database, why).at(["/var/lib/dpkg/status".to_owned()]))
}

/// The package whose list of files is at `path`: `info/NAME.list`, `info/NAME:ARCH.list`.
fn listed_by(path: &[u8]) -> Option<&[u8]> {
    let name = path.strip_prefix(ADMIN)?.strip_prefix(b"info/")?.strip_suffix(b".list")?;
    name.split(|byte| *byte == b':').next()
}

/// What of dpkg's was kept of a layer.
fn captured(layer: &LayerIndex) -> impl Iterator<Item = (&[u8], &[u8])> {
    layer.captured.iter().filter_map(|(at, bytes)| {
        let path = layer.entries.get(usize::try_from(*at).ok()?)?.path.as_bytes();
        path.starts_with(ADMIN).then_some((path, bytes.as_ref()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{image, layered};
    use super::*;

    const A: &str = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n";
    const B: &str = "\nPackage: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n";

    fn whys(image: &Image) -> Vec<String> {
        let packages = super::super::super::catalog(image, &mut Vec::new());
        gaps(image, &packages.iter().collect::<Vec<_>>()).into_iter().map(|gap| gap.why).collect()
    }

    fn both() -> String {
        [A, B].concat()
    }

    const LISTS: [(&str, &str); 4] = [
        ("var/lib/dpkg/info/a.list", "/.\n/usr/bin/a\n"),
        ("var/lib/dpkg/info/b.list", "/.\n/usr/bin/b\n"),
        ("usr/bin/a", "a"),
        ("usr/bin/b", "b"),
    ];

    #[test]
    fn a_whole_database_has_no_gap() {
        let both = both();
        let mut files = vec![("var/lib/dpkg/status", both.as_str())];
        files.extend(LISTS);
        files.push(("var/lib/dpkg/info/a.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n"));
        assert_eq!(whys(&image(&files)), [] as [&str; 0]);
        assert_eq!(whys(&image(&[("usr/bin/a", "a")])), [] as [&str; 0]);
    }

    #[test]
    fn a_database_behind_a_link_or_of_another_kind_is_not_read() {
        let moved = image(&[("var/lib/dpkg", "-> ../../opt/dpkg"), ("opt/dpkg/status", A)]);
        assert_eq!(whys(&moved), ["dpkg's database /opt/dpkg/status is not read: it stands behind a link"]);
        let linked = image(&[("var/lib/dpkg/status", "-> status.real"), ("var/lib/dpkg/status.real", A)]);
        assert!(whys(&linked)[0].contains("behind a link"));
        let nowhere = image(&[("var/lib/dpkg", "-> /mnt/dpkg")]);
        assert!(whys(&nowhere)[0].contains("behind the link /var/lib/dpkg, which leads to nothing"));
        let directory = image(&[("var/lib/dpkg/status/x", A)]);
        assert!(whys(&directory)[0].contains("it is no file"));
    }

    #[test]
    fn records_that_cannot_be_read_are_counted() {
        let broken = "Package: a\nVersion: 1\n\nVersion: 2\n\nPackage: c\n\nPackage: d\nVersion: 1";
        assert_eq!(
            whys(&image(&[("var/lib/dpkg/status", broken), ("var/lib/dpkg/info/a.md5sums", "sum  usr/bin/a\n")])),
            [
                "dpkg's database has records that name no package: 1",
                "dpkg's database has records without a version: 1",
                "dpkg's database /var/lib/dpkg/status ends in the middle of a line",
                "lines in lists of md5sums that hold none: 1",
            ]
        );
    }

    #[test]
    fn packages_whose_record_went_and_whose_files_stayed_are_missed() {
        let both = both();
        let mut base = vec![("var/lib/dpkg/status", both.as_str())];
        base.extend(LISTS);
        let told = |upper: &[(&str, &str)]| whys(&layered(&[&base, upper]));
        let one = "packages that a lower layer's dpkg lists are in no database, though files of theirs are there: 1 (first: b)";
        assert_eq!(told(&[("var/lib/dpkg/status", A)]), [one]);
        assert_eq!(
            told(&[("var/lib/dpkg/status", "")]),
            ["dpkg's database of a lower layer was deleted: it lists 2 packages"]
        );
    }

    #[test]
    fn a_package_that_was_removed_with_its_files_is_not_missed() {
        let both = both();
        let base = [("var/lib/dpkg/status", both.as_str()), LISTS[0], LISTS[1], LISTS[2]];
        assert_eq!(whys(&layered(&[&base, &[("var/lib/dpkg/status", A)]])), [] as [&str; 0]);
        // Its file is another package's now.
        let renamed = [A, &B.replace("Package: b", "Package: c")].concat();
        let base = [&base[..], &[LISTS[3]]].concat();
        let upper = [("var/lib/dpkg/status", renamed.as_str()), ("var/lib/dpkg/info/c.list", "/usr/bin/b\n")];
        assert_eq!(whys(&layered(&[&base, &upper])), [] as [&str; 0]);
        // Removed, but for its conffiles: its record stays.
        let removed = [A, &B.replace("install ok installed", "deinstall ok config-files")].concat();
        assert_eq!(whys(&layered(&[&base, &[("var/lib/dpkg/status", removed.as_str())]])), [] as [&str; 0]);
    }
}
