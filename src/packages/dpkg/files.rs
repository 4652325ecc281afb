//! The files of a package: its list, its hashes, and where dpkg really put them.

use std::collections::{BTreeMap, HashMap};

use crate::image::{Node, Tree};
use crate::model::{ImagePath, Md5, OwnedFile, RecordedHash, Role};
use crate::packages::places::Places;

use super::status::Record;
use super::{DIVERSIONS, INFO, at, is_piece, is_record};

/// What is needed to say which files a package owns, read once per image.
pub(super) struct FileLists<'a> {
    tree: &'a Tree,
    /// dpkg's own files about a package, by their name without the extension: `libc6:amd64`.
    info: HashMap<&'a [u8], Vec<&'a Node>>,
    diversions: Diversions,
    places: Places<'a>,
}

/// A package's files, and whether any list named them.
pub(super) struct Listed<'a> {
    pub(super) files: Vec<OwnedFile>,
    /// dpkg's own files from which they are known.
    pub(super) records: Vec<&'a Node>,
    pub(super) has_list: bool,
}

impl<'a> FileLists<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        let mut info: HashMap<&[u8], Vec<&Node>> = HashMap::new();
        for node in tree.get(&at(INFO)).into_iter().flat_map(|directory| tree.children(&directory.path)) {
            info.entry(stem(node.path.file_name())).or_default().push(node);
        }
        Self { tree, info, diversions: Diversions::read(tree), places: Places::new(tree) }
    }

    /// The files of the package that a record in `database` describes, sorted by where they stand, at
    /// most `room` of them.
    pub(super) fn of(&mut self, record: &Record<'a>, database: &'a Node, room: usize) -> Listed<'a> {
        let mut claims = Claims { files: BTreeMap::new(), room, is_listed: false };
        let records = self.records_of(record, database);
        for node in &records {
            claims.add(node.path.clone(), RecordedHash::None, Role::Record);
        }
        let list = extension(&records, b".list");
        let sums = extension(&records, b".md5sums");
        for line in lines(list.unwrap_or_default()) {
            self.claim(&mut claims, record, line, RecordedHash::None, Role::Plain);
        }
        // What a list no longer names was taken over by another package; the sums still have it.
        claims.is_listed = list.is_some();
        for (md5, path) in lines(sums.unwrap_or_default()).filter_map(md5_line) {
            self.claim(&mut claims, record, &path, RecordedHash::Md5(md5), Role::Plain);
        }
        claims.is_listed = false;
        for conffile in record.conffiles() {
            let recorded = conffile.md5.map_or(RecordedHash::None, RecordedHash::Md5);
            self.claim(&mut claims, record, conffile.path, recorded, Role::Conffile);
        }
        let has_list = list.is_some() || sums.is_some();
        let records = records.into_iter().filter(|node| is_record(&node.path)).collect();
        Listed { files: claims.into_files(), records, has_list }
    }

    fn claim(&mut self, claims: &mut Claims, record: &Record<'_>, listed: &[u8], recorded: RecordedHash, role: Role) {
        // Lists start with `/.`, the root, which is no path of the tree.
        let Some(listed) = ImagePath::parse(listed).ok().filter(|path| !path.is_root()) else { return };
        let installed = self.diversions.apply(listed, record.name);
        let path = self.places.stand(installed);
        claims.add(path, recorded, role);
    }

    /// dpkg's own files about a package. Those of a `Multi-Arch: same` package carry its architecture in their names.
    /// They are no other package's, so they are taken: no file of an image is then read over and over.
    fn records_of(&mut self, record: &Record<'_>, database: &'a Node) -> Vec<&'a Node> {
        if is_piece(database.path.as_bytes()) {
            let sums = self.tree.get(&at(&[database.path.as_bytes(), b".md5sums"].concat()));
            return std::iter::once(database).chain(sums).collect();
        }
        let with_arch = [record.name, b":", record.arch].concat();
        self.info.remove(with_arch.as_slice()).or_else(|| self.info.remove(record.name)).unwrap_or_default()
    }
}

/// Files by where they stand. Of two rows about one file, what a later list says of its hash and role stays.
struct Claims {
    files: BTreeMap<ImagePath, (RecordedHash, Role)>,
    room: usize,
    /// Whether only files that are known already may be claimed.
    is_listed: bool,
}

impl Claims {
    fn add(&mut self, path: ImagePath, recorded: RecordedHash, role: Role) {
        if self.files.len() < self.room && (!self.is_listed || self.files.contains_key(&path)) {
            self.files.insert(path, (recorded, role));
        }
    }

    fn into_files(self) -> Vec<OwnedFile> {
        self.files.into_iter().map(|(path, (recorded, role))| OwnedFile { path, recorded, role }).collect()
    }
}

/// `var/lib/dpkg/diversions`: where files of other packages than the diverting one are instead.
#[derive(Default)]
pub struct Diversions(HashMap<ImagePath, (ImagePath, Box<[u8]>)>);

impl Diversions {
    /// Those of an image; none where it has no such file.
    #[must_use]
    pub fn read(tree: &Tree) -> Self {
        let text = tree.read(&at(DIVERSIONS)).unwrap_or_default();
        let lines: Vec<&[u8]> = lines(text).collect();
        let diversion = |triple: &[&[u8]]| {
            let [from, to, package] = triple else { return None };
            Some((ImagePath::parse(from).ok()?, (ImagePath::parse(to).ok()?, (*package).into())))
        };
        Self(lines.chunks_exact(3).filter_map(diversion).collect())
    }

    /// Where the files of others are that `package` diverts from `path`.
    #[must_use]
    pub fn of(&self, path: &ImagePath, package: &str) -> Option<&ImagePath> {
        self.0.get(path).filter(|(_, diverter)| **diverter == *package.as_bytes()).map(|(to, _)| to)
    }

    fn apply(&self, path: ImagePath, package: &[u8]) -> ImagePath {
        match self.0.get(&path) {
            Some((to, diverter)) if diverter.as_ref() != package => to.clone(),
            _ => path,
        }
    }
}

pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
}

/// `md5  path`. md5sum marks a line whose name it escaped with a leading backslash.
pub(super) fn md5_line(line: &[u8]) -> Option<(Md5, Vec<u8>)> {
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |line| (true, line));
    let (digits, rest) = line.split_at_checked(32)?;
    let md5 = Md5::from_hex(std::str::from_utf8(digits).ok()?)?;
    let path = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    Some((md5, if escaped { unescape(path) } else { path.to_vec() }))
}

fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next().map(|escaped| if *escaped == b'n' { b'\n' } else { *escaped })),
            plain_byte => plain.push(*plain_byte),
        }
    }
    plain
}

fn extension<'a>(nodes: &[&'a Node], extension: &[u8]) -> Option<&'a [u8]> {
    nodes.iter().find(|node| node.path.as_bytes().ends_with(extension)).and_then(|node| node.bytes.as_deref())
}

/// A file name without its extension; package names may hold dots, extensions may not.
fn stem(name: &[u8]) -> &[u8] {
    name.iter().rposition(|byte| *byte == b'.').map_or(name, |dot| &name[..dot])
}
