//! Which package of the left image is which of the right.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::model::{Ecosystem, ImagePath, Package};

use super::compare_versions;

/// The same package on both sides, or on the only side that has it.
pub type Pair = (Option<Arc<Package>>, Option<Arc<Package>>);

/// A site directory without the minor version of its interpreter, so that a distribution stays itself when Python
/// moves from 3.11 to 3.12: `/usr/lib/python3.11/site-packages` becomes `/usr/lib/python3/site-packages`.
#[must_use]
pub fn location_key(location: &ImagePath) -> String {
    let absolute = location.to_absolute();
    let components: Vec<&str> = absolute.split('/').map(without_minor).collect();
    components.join("/")
}

fn without_minor(component: &str) -> &str {
    match component.split_once('.') {
        Some((major @ ("python2" | "python3"), minor)) if minor.bytes().all(|byte| byte.is_ascii_digit()) => major,
        _ => component,
    }
}

/// Pairs the packages of both sides, each exactly once, ordered by ecosystem, key, architecture and location.
///
/// Packages of one name pair by the strictest rule that holds: same place and version, same place, same place but for
/// the interpreter's minor version, and last, when one is left on each side, a Debian package whose architecture changed.
#[must_use]
pub fn pair(left: &[Arc<Package>], right: &[Arc<Package>]) -> Vec<Pair> {
    let mut names: BTreeMap<(Ecosystem, &str), Candidates> = BTreeMap::new();
    for package in left {
        names.entry((package.ecosystem, &package.key)).or_default().left.push(Arc::clone(package));
    }
    for package in right {
        names.entry((package.ecosystem, &package.key)).or_default().right.push(Arc::clone(package));
    }
    names.into_values().flat_map(Candidates::pair).collect()
}

/// The packages of one name that are not paired yet.
#[derive(Default)]
struct Candidates {
    left: Vec<Arc<Package>>,
    right: Vec<Arc<Package>>,
    pairs: Vec<Pair>,
}

impl Candidates {
    fn pair(mut self) -> Vec<Pair> {
        self.left.sort_by(|a, b| order(a, b));
        self.right.sort_by(|a, b| order(a, b));
        self.take(|package| (package.arch.clone(), package.location.clone(), package.version.clone()));
        self.take(|package| (package.arch.clone(), package.location.clone()));
        self.take(|package| (package.arch.clone(), package.location.as_ref().map(location_key)));
        if let ([only_left], [only_right]) = (self.left.as_slice(), self.right.as_slice())
            && only_left.ecosystem == Ecosystem::Deb
        {
            self.pairs.push((Some(Arc::clone(only_left)), Some(Arc::clone(only_right))));
        } else {
            self.pairs.extend(self.left.into_iter().map(|package| (Some(package), None)));
            self.pairs.extend(self.right.into_iter().map(|package| (None, Some(package))));
        }
        self.pairs.sort_by(|a, b| either(a).zip(either(b)).map_or(Ordering::Equal, |(a, b)| order(a, b)));
        self.pairs
    }

    /// Pairs the packages whose `slot` is equal, in their order.
    fn take<K: Ord>(&mut self, slot: impl Fn(&Package) -> K) {
        let mut waiting: BTreeMap<K, VecDeque<Arc<Package>>> = BTreeMap::new();
        for package in self.left.drain(..) {
            waiting.entry(slot(&package)).or_default().push_back(package);
        }
        for package in std::mem::take(&mut self.right) {
            match waiting.get_mut(&slot(&package)).and_then(VecDeque::pop_front) {
                Some(partner) => self.pairs.push((Some(partner), Some(package))),
                None => self.right.push(package),
            }
        }
        self.left.extend(waiting.into_values().flatten());
    }
}

fn place(package: &Package) -> (Option<&str>, Option<&ImagePath>) {
    (package.arch.as_deref(), package.location.as_ref())
}

fn order(a: &Package, b: &Package) -> Ordering {
    place(a)
        .cmp(&place(b))
        .then_with(|| compare_versions(a.ecosystem, &a.version, &b.version))
        .then_with(|| a.version.cmp(&b.version))
}

fn either(pair: &Pair) -> Option<&Arc<Package>> {
    pair.1.as_ref().or(pair.0.as_ref())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::testing::path;
    use super::*;

    pub(in super::super) fn deb(name: &str, version: &str, arch: &str) -> Package {
        Package {
            ecosystem: Ecosystem::Deb,
            name: name.into(),
            key: name.into(),
            version: version.into(),
            arch: Some(arch.into()),
            location: None,
            owner: None,
            source: None,
            size: 0,
            automatic: None,
            state: None,
            installer: None,
            origin: None,
            summary: None,
            link: None,
            requires: Vec::new(),
            provides: Vec::new(),
            replaces: Vec::new(),
            touched: None,
            files: Vec::new(),
            layer: 0,
        }
    }

    pub(in super::super) fn dist(name: &str, version: &str, location: &str) -> Package {
        let location = Some(path(location));
        Package { ecosystem: Ecosystem::Pypi, arch: None, location, ..deb(name, version, "") }
    }

    fn rows(left: Vec<Package>, right: Vec<Package>) -> Vec<String> {
        let shared = |packages: Vec<Package>| packages.into_iter().map(Arc::new).collect::<Vec<_>>();
        let side = |package: &Option<Arc<Package>>| {
            package.as_ref().map_or("-".to_owned(), |p| match &p.location {
                Some(location) => format!("{}@{location}", p.version),
                None => format!("{}:{}", p.version, p.arch.as_deref().unwrap_or_default()),
            })
        };
        let pairs = pair(&shared(left), &shared(right));
        pairs.iter().map(|row| format!("{} {} {}", either(row).unwrap().key, side(&row.0), side(&row.1))).collect()
    }

    #[test]
    fn debs_pair_by_architecture_and_by_name_when_that_leaves_no_doubt() {
        let left = vec![deb("libc6", "1", "i386"), deb("libc6", "1", "amd64"), deb("tzdata", "1", "amd64")];
        let right = vec![deb("libc6", "2", "amd64"), deb("tzdata", "2", "all"), deb("zlib", "1", "amd64")];
        assert_eq!(
            rows(left, right),
            ["libc6 1:amd64 2:amd64", "libc6 1:i386 -", "tzdata 1:amd64 2:all", "zlib - 1:amd64"]
        );
        let left = vec![deb("x", "1", "i386"), deb("x", "1", "amd64")];
        assert_eq!(rows(left, vec![deb("x", "1", "all")]), ["x - 1:all", "x 1:amd64 -", "x 1:i386 -"]);
    }

    #[test]
    fn distributions_pair_by_environment_across_python_versions() {
        let left = vec![
            dist("pip", "22", "venv/lib/python3.11/site-packages"),
            dist("pip", "23", "usr/lib/python3.11/dist-packages"),
        ];
        let right = vec![
            dist("pip", "24", "usr/lib/python3.12/dist-packages"),
            dist("pip", "25", "opt/lib/python3.12/site-packages"),
        ];
        assert_eq!(
            rows(left, right),
            [
                "pip - 25@/opt/lib/python3.12/site-packages",
                "pip 23@/usr/lib/python3.11/dist-packages 24@/usr/lib/python3.12/dist-packages",
                "pip 22@/venv/lib/python3.11/site-packages -",
            ]
        );
    }

    #[test]
    fn two_versions_in_one_place_pair_with_their_equals_first() {
        let two = |versions: [&str; 2]| versions.map(|version| dist("x", version, "site")).to_vec();
        assert_eq!(rows(two(["1.0", "2.0"]), two(["2.0", "3.0"])), ["x 2.0@/site 2.0@/site", "x 1.0@/site 3.0@/site"]);
        assert_eq!(rows(two(["1.9", "1.10"]), vec![]), ["x 1.9@/site -", "x 1.10@/site -"]);
    }

    #[test]
    fn only_an_interpreters_minor_version_is_dropped_from_a_location() {
        let key = |location| location_key(&path(location));
        assert_eq!(key("usr/lib/python3.11/site-packages"), "/usr/lib/python3/site-packages");
        assert_eq!(key("usr/lib/python3/dist-packages"), "/usr/lib/python3/dist-packages");
        assert_eq!(key("opt/app-1.2/python3.x/site"), "/opt/app-1.2/python3.x/site");
    }
}
