//! The files of a distribution.

use std::collections::{BTreeMap, HashSet};

use crate::image::Tree;
use crate::model::{ImagePath, Kind, OwnedFile, RecordedHash, Role};
use crate::packages::places::Places;
use crate::packages::to_text;

use super::find::{Form, Found};
use super::record::{relative_to, rows};

/// Files in `.dist-info` that installers write for themselves: they tell how, not what, was installed.
const NOTES: [&[u8]; 6] =
    [b"RECORD", b"INSTALLER", b"REQUESTED", b"direct_url.json", b"uv_cache.json", b"uv_build.json"];

/// The files that a distribution owns, sorted by where they stand: what its RECORD or `installed-files.txt` lists,
/// and everything beside its metadata whether listed or not. At most `room`.
pub(super) fn files(
    tree: &Tree,
    places: &mut Places<'_>,
    found: &Found<'_>,
    room: usize,
    warnings: &mut Vec<String>,
) -> Vec<OwnedFile> {
    let mut claims =
        Claims { found, places, files: BTreeMap::new(), scripts: scripts(tree, found), refused: None, room };
    match found.form {
        Form::DistInfo => {
            for row in read(tree, found, b"RECORD").into_iter().flat_map(rows) {
                claims.claim(&found.location, &row.path, row.recorded);
            }
        }
        Form::EggInfo => {
            let list = read(tree, found, b"installed-files.txt").unwrap_or_default();
            for line in list.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
                claims.claim(&found.home, line, RecordedHash::None);
            }
        }
        Form::EggInfoFile | Form::Egg | Form::ZippedEgg | Form::EggLink => {}
    }
    claims.add(found.marker.path.clone(), None);
    let has_record = found.form == Form::DistInfo && read(tree, found, b"RECORD").is_some();
    for node in tree.under(&found.home).filter(|node| node.file.entry.kind != Kind::Directory) {
        if has_record {
            claims.add_unlisted(node.path.clone());
        } else {
            claims.add(node.path.clone(), None);
        }
    }
    if let Some(refused) = claims.refused {
        warnings.push(format!("{} lists files that cannot be its own: {refused}", found.home));
    }
    let owned = |(path, (recorded, role))| OwnedFile { path, recorded, role };
    claims.files.into_iter().map(owned).collect()
}

struct Claims<'a, 'b> {
    found: &'a Found<'a>,
    places: &'a mut Places<'b>,
    files: BTreeMap<ImagePath, (RecordedHash, Role)>,
    /// Names of commands that the installer writes.
    scripts: HashSet<Vec<u8>>,
    room: usize,
    /// Why the first refused path was refused.
    refused: Option<String>,
}

impl Claims<'_, '_> {
    fn claim(&mut self, base: &ImagePath, written: &[u8], recorded: RecordedHash) {
        match relative_to(base, written) {
            Ok(path) => {
                let path = self.places.stand(path);
                self.add(path, Some(recorded));
            }
            Err(refused) => self.refused = self.refused.take().or_else(|| Some(refused.to_string())),
        }
    }

    /// Of two rows about one file that disagree neither is believed: numpy 1.26 lists a `.pyc` once with the hash
    /// it had before it was compiled again and once with none. `None` says nothing about the hash.
    fn add(&mut self, path: ImagePath, recorded: Option<RecordedHash>) {
        if let Some((known, _)) = self.files.get_mut(&path) {
            if recorded.is_some_and(|recorded| recorded != *known) {
                *known = RecordedHash::None;
            }
        } else if self.files.len() < self.room {
            let role = self.role(&path);
            self.files.insert(path, (recorded.unwrap_or(RecordedHash::None), role));
        }
    }

    /// A file beside the metadata that RECORD may not name.
    fn add_unlisted(&mut self, path: ImagePath) {
        if self.files.len() < self.room && !self.files.contains_key(&path) {
            let role = if self.is_note(&path) { Role::InstallerNote } else { Role::Unlisted };
            self.files.insert(path, (RecordedHash::None, role));
        }
    }

    fn is_note(&self, path: &ImagePath) -> bool {
        NOTES.contains(&path.file_name()) && path.parent().as_ref() == Some(&self.found.home)
    }

    fn role(&self, path: &ImagePath) -> Role {
        let is_command = path.parent().is_some_and(|parent| parent.file_name() == b"bin");
        if self.is_note(path) {
            Role::InstallerNote
        } else if is_command && self.is_script(path.file_name()) {
            Role::Script
        } else {
            Role::Plain
        }
    }

    /// pip adds commands that name the interpreter: `pip3.11`, `easy_install-3.11`.
    fn is_script(&self, name: &[u8]) -> bool {
        let end = name.iter().rposition(|byte| !(byte.is_ascii_digit() || *byte == b'.')).map_or(0, |last| last + 1);
        let stem = &name[..end];
        self.scripts.contains(name)
            || self.scripts.contains(stem)
            || stem.strip_suffix(b"-").is_some_and(|stem| self.scripts.contains(stem))
    }
}

/// The command names in the two sections of `entry_points.txt` that make commands.
fn scripts(tree: &Tree, found: &Found<'_>) -> HashSet<Vec<u8>> {
    let mut scripts = HashSet::new();
    let mut makes_commands = false;
    let text = read(tree, found, b"entry_points.txt").unwrap_or_default();
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.starts_with(b"[") {
            makes_commands = matches!(line, b"[console_scripts]" | b"[gui_scripts]");
        } else if let Some(equals) = line.iter().position(|byte| *byte == b'=').filter(|_| makes_commands) {
            scripts.insert(line[..equals].trim_ascii().to_vec());
        }
    }
    scripts
}

/// The bytes of a file beside the metadata.
pub(super) fn read<'a>(tree: &'a Tree, found: &Found<'_>, name: &[u8]) -> Option<&'a [u8]> {
    let home = if found.form == Form::Egg { found.home.join(b"EGG-INFO").ok()? } else { found.home.clone() };
    tree.read(&home.join(name).ok()?)
}

/// The first line of a file beside the metadata, without surrounding space.
pub(super) fn first_line(tree: &Tree, found: &Found<'_>, name: &[u8]) -> Option<String> {
    let line = read(tree, found, name)?.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    (!line.is_empty()).then(|| to_text(line))
}
