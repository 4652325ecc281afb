//! One package's stanza in `var/lib/dpkg/status` or in a file of `status.d`.

use crate::model::{Md5, Requirement, SourcePackage};
use crate::packages::to_text;

use super::deb822::{Stanza, stanzas};

/// The fields that are read of a stanza; those that it lacks are empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record<'a> {
    pub(super) name: &'a [u8],
    pub(super) version: &'a [u8],
    pub(super) arch: &'a [u8],
    status: &'a [u8],
    source: &'a [u8],
    description: &'a [u8],
    conffiles: &'a [u8],
    depends: &'a [u8],
    pre_depends: &'a [u8],
    provides: &'a [u8],
    replaces: &'a [u8],
    homepage: &'a [u8],
}

/// The most names read of one field: far beyond any real package.
const MAX_RELATIONS: usize = 2_000;

/// What tells installed packages apart: name and architecture.
pub(super) type Id<'a> = (&'a [u8], &'a [u8]);

/// A conffile and the hash of the version that the package ships; `None` while dpkg has not installed one, and for one
/// that it is to remove, of which it keeps none to compare with.
pub(super) struct Conffile<'a> {
    pub(super) path: &'a [u8],
    pub(super) md5: Option<Md5>,
}

/// The records of a database, in order.
pub(super) fn records(database: &[u8]) -> impl Iterator<Item = Record<'_>> {
    stanzas(database).map(Record::of)
}

impl<'a> Record<'a> {
    fn of(stanza: Stanza<'a>) -> Self {
        let mut record = Self::default();
        for (name, value) in stanza.fields() {
            let field = match name.to_ascii_lowercase().as_slice() {
                b"package" => &mut record.name,
                b"version" => &mut record.version,
                b"architecture" => &mut record.arch,
                b"status" => &mut record.status,
                b"source" => &mut record.source,
                b"description" => &mut record.description,
                b"conffiles" => &mut record.conffiles,
                b"depends" => &mut record.depends,
                b"pre-depends" => &mut record.pre_depends,
                b"provides" => &mut record.provides,
                b"replaces" => &mut record.replaces,
                b"homepage" => &mut record.homepage,
                _ => continue,
            };
            *field = value;
        }
        record
    }

    pub(super) fn id(&self) -> Id<'a> {
        (self.name, self.arch)
    }

    /// Whether files of the package are there. A stanza without a status is of a distroless image, which has only
    /// installed packages.
    pub(super) fn is_installed(&self) -> bool {
        !matches!(self.status_words()[2], b"config-files" | b"not-installed")
    }

    /// What is not clean about `install ok installed`: `hold`, `half-configured`, `reinstreq half-installed`.
    pub(super) fn state(&self) -> Option<String> {
        let clean: [&[u8]; 3] = [b"install", b"ok", b"installed"];
        let odd: Vec<String> = self
            .status_words()
            .iter()
            .zip(clean)
            .filter(|(word, clean)| *word != clean)
            .map(|(word, _)| to_text(word))
            .collect();
        (!odd.is_empty()).then(|| odd.join(" "))
    }

    /// Want, flag, state; those that are not written are the clean ones.
    fn status_words(&self) -> [&'a [u8]; 3] {
        let mut words: [&[u8]; 3] = [b"install", b"ok", b"installed"];
        let written = self.status.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        for (slot, word) in words.iter_mut().zip(written) {
            *slot = word;
        }
        words
    }

    /// `Source: name (version)`; what it leaves out is the binary package's own.
    pub(super) fn source(&self) -> SourcePackage {
        let (name, version) = match self.source.iter().position(|byte| *byte == b'(') {
            Some(open) => {
                let version = self.source[open + 1..].trim_ascii();
                (self.source[..open].trim_ascii(), version.strip_suffix(b")").unwrap_or(version).trim_ascii())
            }
            None => (self.source, self.version),
        };
        SourcePackage { name: to_text(if name.is_empty() { self.name } else { name }), version: to_text(version) }
    }

    /// Depends and Pre-Depends, names only.
    pub(super) fn requires(&self) -> Vec<Requirement> {
        let fields = [self.pre_depends, self.depends].into_iter().flat_map(|field| field.split(|byte| *byte == b','));
        let requirement = |text: &[u8]| text.split(|byte| *byte == b'|').filter_map(relation).collect::<Requirement>();
        fields.map(requirement).filter(|names| !names.is_empty()).take(MAX_RELATIONS).collect()
    }

    /// The names that the package answers to beside its own.
    pub(super) fn provides(&self) -> Vec<Box<str>> {
        self.provides.split(|byte| *byte == b',').filter_map(relation).take(MAX_RELATIONS).collect()
    }

    /// The packages whose files it may take over.
    pub(super) fn replaces(&self) -> Vec<Box<str>> {
        self.replaces.split(|byte| *byte == b',').filter_map(relation).take(MAX_RELATIONS).collect()
    }

    /// The field as written.
    pub(super) fn conffiles_field(&self) -> &'a [u8] {
        self.conffiles
    }

    /// Whether the conffiles and their hashes are those of `field`.
    pub(super) fn has_conffiles(&self, field: &[u8]) -> bool {
        self.conffiles == field
    }

    pub(super) fn homepage(&self) -> Option<String> {
        (!self.homepage.is_empty()).then(|| to_text(self.homepage))
    }

    /// The first line of the description.
    pub(super) fn summary(&self) -> Option<String> {
        let line = self.description.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        (!line.is_empty()).then(|| to_text(line))
    }

    /// Lines ` /path md5 [obsolete] [remove-on-upgrade]`.
    pub(super) fn conffiles(&self) -> impl Iterator<Item = Conffile<'a>> {
        self.conffiles.split(|byte| *byte == b'\n').filter_map(|line| {
            let mut path = line.trim_ascii();
            let mut is_going = false;
            loop {
                let space = path.iter().rposition(u8::is_ascii_whitespace)?;
                let word = &path[space + 1..];
                path = path[..space].trim_ascii_end();
                is_going |= word == b"remove-on-upgrade";
                if !matches!(word, b"obsolete" | b"remove-on-upgrade") {
                    // The word is the hash, or `newconffile` in its place.
                    let md5 = std::str::from_utf8(word).ok().and_then(Md5::from_hex).filter(|_| !is_going);
                    return Some(Conffile { path, md5 });
                }
            }
        })
    }
}

/// The name in `name:arch (>= version) [archs] <profiles>`.
fn relation(text: &[u8]) -> Option<Box<str>> {
    let text = text.trim_ascii();
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b":([<".contains(byte);
    let name = text.iter().position(is_end).map_or(text, |end| &text[..end]);
    (!name.is_empty()).then(|| to_text(name).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the status file of Debian 12 (bookworm), dependencies left out.
    const STATUS: &[u8] = b"Package: python3-minimal
Status: install ok installed
Priority: optional
Architecture: amd64
Multi-Arch: allowed
Source: python3-defaults (3.11.2-1)
Version: 3.11.2-1+b1
Description: minimal subset of the Python language (default python3 version)
 This package contains the interpreter and some essential modules.  It's used
 in the boot process for some basic tasks.
Homepage: https://www.python.org/

Package: pkgconf-bin
Status: hold ok installed
Architecture: amd64
Source: pkgconf
Version: 1.8.1-1
Conffiles:
 /etc/dpkg/dpkg.cfg.d/pkgconf-hook-config newconffile remove-on-upgrade
 /etc/issue 4cf8f6e9f9a6b3a0b0d3c9d7f0a1b2c3 obsolete
 /etc/two words d41d8cd98f00b204e9800998ecf8427e
 /etc/going 4cf8f6e9f9a6b3a0b0d3c9d7f0a1b2c3 remove-on-upgrade
Description: manage compile and link flags
";

    #[test]
    fn a_record_tells_its_source_and_summary() {
        let found: Vec<Record<'_>> = records(STATUS).collect();
        assert_eq!(found[0].id(), (b"python3-minimal".as_slice(), b"amd64".as_slice()));
        assert_eq!(found[0].source(), SourcePackage { name: "python3-defaults".into(), version: "3.11.2-1".into() });
        assert_eq!(found[0].summary().unwrap(), "minimal subset of the Python language (default python3 version)");
        assert_eq!(found[0].state(), None);
        assert_eq!(found[1].source(), SourcePackage { name: "pkgconf".into(), version: "1.8.1-1".into() });
        assert_eq!(found[1].state().unwrap(), "hold");
    }

    #[test]
    fn relations_are_read_by_name_and_alternatives_kept() {
        // From the status file of Debian 12: apt's and mailutils' fields, shortened.
        let stanza = b"Package: x\nPre-Depends: libc6 (>= 2.34), dpkg (>= 1.17.5)\nDepends: adduser, libapt-pkg6.0 (>= 2.6.1),\n default-mta | mail-transport-agent, python3:any (>= 3.5), , gnupg [amd64] <!nodoc>\nProvides: apt-transport-https (= 2.6.1), httpd\nHomepage: https://x.org\n";
        let record = records(stanza).next().unwrap();
        let names: Vec<String> = record.requires().iter().map(|any| any.join("|")).collect();
        assert_eq!(
            names,
            ["libc6", "dpkg", "adduser", "libapt-pkg6.0", "default-mta|mail-transport-agent", "python3", "gnupg"]
        );
        assert_eq!(record.provides().join(" "), "apt-transport-https httpd");
        assert_eq!(record.homepage().as_deref(), Some("https://x.org"));
    }

    #[test]
    fn conffiles_are_read_with_and_without_flags() {
        let record = records(STATUS).nth(1).unwrap();
        let read: Vec<(String, bool)> =
            record.conffiles().map(|conffile| (to_text(conffile.path), conffile.md5.is_some())).collect();
        assert_eq!(
            read,
            [
                ("/etc/dpkg/dpkg.cfg.d/pkgconf-hook-config".to_owned(), false),
                ("/etc/issue".to_owned(), true),
                ("/etc/two words".to_owned(), true),
                ("/etc/going".to_owned(), false)
            ]
        );
    }

    #[test]
    fn states_between_installed_and_removed_count_as_installed_and_are_named() {
        let of = |status: &'static str| {
            let text: &'static str = Box::leak(format!("Package: x\nStatus: {status}\n").into_boxed_str());
            records(text.as_bytes()).next().map(|record| (record.is_installed(), record.state())).unwrap()
        };
        assert_eq!(of("install ok installed"), (true, None));
        assert_eq!(of("install ok triggers-pending"), (true, Some("triggers-pending".into())));
        assert_eq!(of("install reinstreq half-installed"), (true, Some("reinstreq half-installed".into())));
        assert_eq!(of("deinstall ok installed"), (true, Some("deinstall".into())));
        assert!(!of("deinstall ok config-files").0);
        assert!(!of("purge ok not-installed").0);
        assert_eq!(of(""), (true, None));
    }

    #[test]
    fn a_source_that_lost_its_bracket_is_still_read() {
        let record = records(b"Package: x\nVersion: 2\nSource: y (1\n").next().unwrap();
        assert_eq!(record.source(), SourcePackage { name: "y".into(), version: "1".into() });
    }
}
