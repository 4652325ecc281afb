//! Rights that became wider, whoever owns the path and whatever explains its bytes: no package's record has modes or owners,
//! so nothing vouches for them.

use super::accounts::Accounts;
use super::owners::Owners;
use super::{Explainer, Row};
use crate::model::text::visible_bytes;
use crate::model::{FileEntry, ImagePath, Kind};

const OTHERS_WRITE: u32 = 0o002;
const OTHERS_READ: u32 = 0o004;
const GROUP_WRITES: u32 = 0o020;
const GROUP_READS: u32 = 0o040;
const STICKY: u32 = 0o1000;

/// Extended attributes that grant something, or that say which bytes may run (xattr(7), acl(5), capabilities(7)).
const GRANTING: [(&[u8], &str); 4] = [
    (b"security.capability", "file capability gained"),
    (b"system.posix_acl_access", "access control list changed"),
    (b"system.posix_acl_default", "default access control list changed"),
    (b"security.ima", "integrity label changed"),
];

/// Directories whose files run, are loaded, or say what runs, without anybody asking for them.
const TRUSTED: [&[u8]; 12] = [
    b"bin",
    b"sbin",
    b"lib",
    b"lib64",
    b"usr/bin",
    b"usr/sbin",
    b"usr/lib",
    b"usr/lib64",
    b"usr/local/bin",
    b"usr/local/sbin",
    b"etc",
    b"root",
];

impl<'a> Explainer<'a> {
    /// What the right side allows and the left does not; `None` where nothing was loosened.
    pub(super) fn loosened(&self, row: &Row<'a>) -> Option<String> {
        let right = &*row.right?.file.entry;
        let left = row.left.map(|node| &*node.file.entry);
        if right.kind == Kind::Symlink {
            return None;
        }
        let words: Vec<String> = [
            written_by_others(left, right).map(str::to_owned),
            self.written_by_group(row.path(), left, right),
            privilege(row, left, right).map(str::to_owned),
            attribute(left, right).map(str::to_owned),
            self.readable_secret(row.path(), left, right).map(str::to_owned),
            left.and_then(|left| self.lost_root(row.path(), left, right)),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Another group than root's may write it. That of nobody but its owner gains nothing, and a new file gains nothing
    /// where the group could make files already.
    fn written_by_group(&self, path: &ImagePath, left: Option<&FileEntry>, right: &FileEntry) -> Option<String> {
        let group = self.right_accounts.group(right.gid);
        let writes = right.mode & GROUP_WRITES != 0
            && *group != *b"root"
            && !self.right_accounts.is_private_to(right.gid, right.uid);
        let wrote = match left {
            Some(left) => left.mode & GROUP_WRITES != 0 && *self.left_accounts.group(left.gid) == *group,
            None => !is_trusted(path) || self.may_make_files(path, &group),
        };
        (writes && !wrote).then(|| format!("group {} may write it", visible_bytes(&group)))
    }

    /// Whether a directory above that both sides have is writable by the group already.
    fn may_make_files(&self, path: &ImagePath, group: &[u8]) -> bool {
        let parents = std::iter::successors(path.parent(), ImagePath::parent);
        parents.filter(|parent| !parent.is_root()).any(|parent| {
            self.left.image.tree.get(&parent).is_some_and(|node| {
                let entry = &node.file.entry;
                entry.mode & GROUP_WRITES != 0 && *self.left_accounts.group(entry.gid) == *group
            })
        })
    }

    /// A file that only root should read can be read by others.
    fn readable_secret(&self, path: &ImagePath, left: Option<&FileEntry>, right: &FileEntry) -> Option<&'static str> {
        if right.kind != Kind::File || !is_secret(path.as_bytes()) {
            return None;
        }
        let reads = |entry: &FileEntry, accounts: &Accounts<'_>| {
            let by_group = entry.mode & GROUP_READS != 0
                && ![&b"root"[..], b"shadow", b"ssl-cert", b"ssh_keys"].contains(&&*accounts.group(entry.gid))
                && !accounts.is_private_to(entry.gid, entry.uid);
            entry.mode & OTHERS_READ != 0 || by_group
        };
        let read = left.is_some_and(|left| reads(left, &self.left_accounts));
        (reads(right, &self.right_accounts) && !read).then_some("a secret can be read by others")
    }

    /// What a package owns, or what runs by itself, belonged to root and does not any more.
    fn lost_root(&self, path: &ImagePath, left: &FileEntry, right: &FileEntry) -> Option<String> {
        let user = self.right_accounts.user(right.uid);
        let was_roots = *self.left_accounts.user(left.uid) == *b"root" && *user != *b"root";
        let owned = |owners: &Owners<'a>| owners.of(path).is_some();
        let matters = is_trusted(path) || owned(&self.left_owners) || owned(&self.right_owners);
        (was_roots && matters).then(|| format!("owned by {} instead of root", visible_bytes(&user)))
    }
}

/// Anybody may write it, or the restriction to one's own files in such a directory went away.
fn written_by_others(left: Option<&FileEntry>, right: &FileEntry) -> Option<&'static str> {
    let is_open = |entry: &FileEntry| {
        entry.mode & OTHERS_WRITE != 0
            && !(entry.kind == Kind::Directory && entry.mode & STICKY != 0)
            && !matches!(entry.kind, Kind::CharDevice)
    };
    let was_shared = left.is_some_and(|left| left.kind == Kind::Directory && left.mode & OTHERS_WRITE != 0);
    match (is_open(right), left.is_some_and(is_open)) {
        (true, false) if was_shared => Some("sticky bit lost"),
        (true, false) => Some("world-writable"),
        _ => None,
    }
}

/// Setuid or setgid. A new directory takes setgid from the one it is in.
fn privilege(row: &Row<'_>, left: Option<&FileEntry>, right: &FileEntry) -> Option<&'static str> {
    let gained = |bit: u32| right.mode & bit != 0 && left.is_none_or(|left| left.mode & bit == 0);
    if let Some(privilege) = row.privilege_gained() {
        return (!privilege.contains("capability")).then_some(privilege);
    }
    match right.kind {
        Kind::File if gained(FileEntry::SETUID) => Some("setuid"),
        Kind::File if gained(FileEntry::SETGID) => Some("setgid"),
        Kind::Directory if left.is_some() && gained(FileEntry::SETGID) => Some("setgid"),
        _ => None,
    }
}

fn attribute(left: Option<&FileEntry>, right: &FileEntry) -> Option<&'static str> {
    let differs = |name: &[u8]| {
        let value = right.xattr(name);
        value.is_some() && value != left.and_then(|left| left.xattr(name))
    };
    GRANTING.iter().find(|(name, _)| differs(name)).map(|(_, words)| *words)
}

fn is_trusted(path: &ImagePath) -> bool {
    let bytes = path.as_bytes();
    TRUSTED
        .iter()
        .any(|directory| bytes.strip_prefix(*directory).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")))
}

/// Password hashes, what sudo obeys, and private keys.
fn is_secret(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is_key = (name.starts_with(b"id_") && !name.ends_with(b".pub"))
        || (name.starts_with(b"ssh_host_") && name.ends_with(b"_key"))
        || name.ends_with(b".keytab");
    matches!(path, b"etc/shadow" | b"etc/shadow-" | b"etc/gshadow" | b"etc/gshadow-" | b"etc/sudoers")
        || path.starts_with(b"etc/sudoers.d/")
        || path.starts_with(b"etc/ssl/private/")
        || is_key
}

#[cfg(test)]
mod tests;
