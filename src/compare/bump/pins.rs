//! Packages that the bump moves and that an app holds where they are, or brings itself.

use std::collections::{BTreeSet, HashMap};

use super::Own;
use crate::compare::{DriftReport, PackageRow};
use crate::model::{Ecosystem, ImagePath, Package};
use crate::packages::{self, preferences};

/// Rows that are kept.
const MAX_ROWS: usize = 10_000;
/// Bytes of an instruction that are looked into.
const MAX_INSTRUCTION: usize = 64 << 10;

/// One package that an app has a say about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// `deb:libssl3`; `deb:*` for a preference about all.
    pub package: String,
    pub how: Hold,
    /// The version that the app asks for or has, as written.
    pub wanted: Option<String>,
    /// Its versions in the old and in the new base.
    pub old: Option<String>,
    pub new: Option<String>,
    /// Where it is said: a file, or the distribution that requires it.
    pub by: Option<String>,
    /// Position of the app's layer, and what made it.
    pub layer: Option<usize>,
    pub instruction: Option<String>,
}

/// In which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// An instruction asks apt or pip for this version.
    Pin,
    /// dpkg is told to keep it.
    Hold,
    /// A file of apt's preferences pins it.
    Preference,
    /// A distribution that the app installed requires exactly this version.
    Requirement,
    /// The app's own layers have this version in place of the base's.
    Installed,
}

impl Hold {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Hold => "hold",
            Self::Preference => "preference",
            Self::Requirement => "requirement",
            Self::Installed => "installed",
        }
    }

    /// What the app does, for a reader.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Pin => "pinned by an instruction",
            Self::Hold => "on hold in dpkg",
            Self::Preference => "pinned by apt's preferences",
            Self::Requirement => "required in one version",
            Self::Installed => "the app brings its own",
        }
    }
}

/// All of them, by package.
pub(super) fn held(own: &Own<'_>, drift: &DriftReport) -> Vec<Held> {
    let moved = Moved::of(drift);
    let mut held = BTreeSet::new();
    held.extend(installed(own, &moved));
    held.extend(required(own, &moved));
    held.extend(instructions(own, &moved));
    held.extend(preferred(own, &moved));
    held.into_iter().take(MAX_ROWS).collect()
}

/// The base's packages that the bump moves, by ecosystem and key.
struct Moved<'a>(HashMap<(Ecosystem, &'a str), Vec<&'a PackageRow>>);

impl<'a> Moved<'a> {
    fn of(drift: &'a DriftReport) -> Self {
        let mut moved: HashMap<_, Vec<_>> = HashMap::new();
        for row in drift.packages.iter().filter(|row| row.change.is_some()) {
            if let Some(package) = row.either() {
                moved.entry((package.ecosystem, package.key.as_str())).or_default().push(row);
            }
        }
        Self(moved)
    }

    fn rows(&self, ecosystem: Ecosystem, key: &str) -> Vec<&'a PackageRow> {
        self.0.get(&(ecosystem, key)).cloned().unwrap_or_default()
    }

    /// The row of the same package in the same place.
    fn row(&self, package: &Package) -> Option<&'a PackageRow> {
        self.rows(package.ecosystem, &package.key).into_iter().find(|row| {
            let same = |other: &Package| other.arch == package.arch && other.location == package.location;
            row.either().is_some_and(|other| same(other))
        })
    }
}

fn row(row: &PackageRow, how: Hold, wanted: Option<&str>) -> Held {
    let version = |package: &Option<std::sync::Arc<Package>>| package.as_ref().map(|package| package.version.clone());
    Held {
        package: row.either().map(|package| package.label()).unwrap_or_default(),
        how,
        wanted: wanted.map(str::to_owned),
        old: version(&row.left),
        new: version(&row.right),
        by: None,
        layer: None,
        instruction: None,
    }
}

/// What its own layers installed over the base's, and what dpkg holds.
fn installed<'a>(own: &'a Own<'_>, moved: &'a Moved<'_>) -> impl Iterator<Item = Held> + use<'a> {
    own.app.packages.iter().filter_map(|package| {
        let found = moved.row(package)?;
        let is_held = package.state.as_deref().is_some_and(|state| state.split(' ').any(|word| word == "hold"));
        let how = match own.has(package.layer) {
            _ if is_held => Hold::Hold,
            true => Hold::Installed,
            false => return None,
        };
        let layer = own.has(package.layer).then_some(package.layer as usize);
        let instruction = layer.and_then(|layer| own.instruction(layer));
        Some(Held { layer, instruction, ..row(found, how, Some(&package.version)) })
    })
}

/// What distributions that its own layers installed require in one version only.
fn required(own: &Own<'_>, moved: &Moved<'_>) -> Vec<Held> {
    let mut held = Vec::new();
    for package in own.packages() {
        for (key, version) in packages::exact_requirements(package, &own.app.image.tree) {
            let layer = package.layer as usize;
            held.extend(moved.rows(Ecosystem::Pypi, &key).into_iter().map(|found| Held {
                by: Some(format!("{} {}", package.label(), package.version)),
                layer: Some(layer),
                instruction: own.instruction(layer),
                ..row(found, Hold::Requirement, Some(&version))
            }));
        }
    }
    held
}

/// `package=version` of apt and `name==version` of pip in the instructions of its own layers.
fn instructions(own: &Own<'_>, moved: &Moved<'_>) -> Vec<Held> {
    let mut held = Vec::new();
    for (layer, _) in own.layers() {
        let Some(instruction) = own.whole_instruction(layer) else { continue };
        for (ecosystem, name, version) in pins(instruction) {
            held.extend(moved.rows(ecosystem, &name).into_iter().map(|found| Held {
                layer: Some(layer),
                instruction: own.instruction(layer),
                ..row(found, Hold::Pin, Some(version))
            }));
        }
    }
    held
}

/// What an instruction asks for in one version: by its words, for it is a shell's text and not run.
fn pins(instruction: &str) -> Vec<(Ecosystem, String, &str)> {
    let end = instruction.floor_char_boundary(MAX_INSTRUCTION);
    let text = instruction.get(..end).unwrap_or_default();
    let names = |word: &str| text.contains(word);
    let (apt, pip) = (names("apt-get") || names("apt ") || names("aptitude"), names("pip") || names("uv "));
    let separates = |character: char| character.is_whitespace() || ";&|()\"'`\\,".contains(character);
    let mut found = Vec::new();
    for word in text.split(separates) {
        if let Some((name, version)) = word.split_once("==") {
            let name = name.split('[').next().unwrap_or_default();
            let version = version.trim_start_matches('=');
            found.extend(
                (pip && is_name(name) && !version.is_empty())
                    .then(|| (Ecosystem::Pypi, packages::python_key(name), version)),
            );
        } else if let Some((name, version)) = word.split_once('=') {
            let name = name.split(':').next().unwrap_or_default();
            let is_pin = apt && is_name(name) && !version.is_empty() && !version.contains('=');
            found.extend(is_pin.then(|| (Ecosystem::Deb, name.to_owned(), version)));
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_alphanumeric())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-._".contains(character))
}

/// What apt's preferences pin, in files of its own layers (`apt_preferences(5)`).
fn preferred(own: &Own<'_>, moved: &Moved<'_>) -> Vec<Held> {
    let mut held = Vec::new();
    let directory = ImagePath::parse(b"etc/apt/preferences.d").unwrap_or_else(|_| ImagePath::root());
    let file = ImagePath::parse(b"etc/apt/preferences").ok().and_then(|path| own.app.image.tree.get(&path));
    for node in file.into_iter().chain(own.app.image.tree.children(&directory)) {
        let Some(bytes) = node.bytes.as_deref().filter(|_| own.has(node.file.layer)) else { continue };
        let layer = node.file.layer as usize;
        let said = |held: Held| Held {
            by: Some(node.path.to_string()),
            layer: Some(layer),
            instruction: own.instruction(layer),
            ..held
        };
        for pin in preferences::pins(bytes) {
            let any = moved.0.keys().any(|(ecosystem, _)| *ecosystem == Ecosystem::Deb);
            if pin.package == "*" && any {
                held.push(said(Held {
                    package: "deb:*".to_owned(),
                    how: Hold::Preference,
                    wanted: Some(pin.wanted.clone()),
                    old: None,
                    new: None,
                    by: None,
                    layer: None,
                    instruction: None,
                }));
            }
            let rows = moved.rows(Ecosystem::Deb, &pin.package);
            held.extend(rows.into_iter().map(|found| said(row(found, Hold::Preference, Some(&pin.wanted)))));
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_asked_for_are_read_out_of_shells_words() {
        let of = |text: &'static str| {
            let found = pins(text).into_iter();
            found.map(|(ecosystem, name, version)| format!("{ecosystem}:{name} {version}")).collect::<Vec<_>>()
        };
        assert_eq!(
            of(
                "|1 V=1 /bin/sh -c apt-get install -y --no-install-recommends libssl3=3.0.11-1~deb12u2 curl:amd64=7.88.1-10+deb12u5 && rm -rf /var/lib/apt/lists/*"
            ),
            ["deb:V 1", "deb:libssl3 3.0.11-1~deb12u2", "deb:curl 7.88.1-10+deb12u5"],
            "a variable is a name of no package"
        );
        assert_eq!(
            of("RUN pip install 'Foo.Bar[extra]==1.2' \"setuptools==65.5.1\";"),
            ["pypi:foo-bar 1.2", "pypi:setuptools 65.5.1"]
        );
        assert_eq!(of("COPY a=b c==d"), [""; 0]);
        assert!(of("apt-get install =1 x= -o=Dpkg::x \u{1b}[31m=1 x==").is_empty());
    }
}
