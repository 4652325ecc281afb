//! What kind of file differs, told by its first bytes and its path, and why files of that kind differ.

use crate::model::ImagePath;

/// A kind of file that builds write anew.
#[derive(Debug)]
pub struct FileKind {
    /// One word, for the rule's name.
    pub name: &'static str,
    pub cause: &'static str,
    /// What the Dockerfile can do about it.
    pub fix: Option<&'static str>,
    is: fn(&ImagePath, &[u8]) -> bool,
}

/// How many of a file's first bytes tell its kind.
pub const HEAD: u64 = 64 << 10;

/// A key that a build made: a finding, and nothing to be ignored.
pub(super) const KEY: FileKind = FileKind {
    name: "key",
    cause: "a private key made by the build",
    fix: Some("make it when the container starts"),
    is: |_, head| contains(head, b"PRIVATE KEY-----"),
};

/// The first that holds is the kind.
const KINDS: &[FileKind] = &[
    KEY,
    FileKind {
        name: "sqlite",
        cause: "a SQLite database filled by the build: times and the order of its pages",
        fix: Some("fill it when the container starts, or VACUUM INTO a new file at the end of the RUN"),
        is: |_, head| head.starts_with(b"SQLite format 3\0"),
    },
    FileKind {
        name: "elf",
        cause: "a program or library linked anew: paths, dates or ids in it",
        fix: Some("set SOURCE_DATE_EPOCH, build in a fixed directory with -ffile-prefix-map"),
        is: |_, head| head.starts_with(b"\x7fELF"),
    },
    FileKind {
        name: "pyc",
        cause: "compiled Python whose code depends on the build",
        fix: Some("set SOURCE_DATE_EPOCH, or PYTHONDONTWRITEBYTECODE=1"),
        is: |path, _| path.as_bytes().ends_with(b".pyc"),
    },
    FileKind {
        name: "archive",
        cause: "an archive packed anew: times, order or contents of its members",
        fix: Some("set SOURCE_DATE_EPOCH; tar --sort=name --mtime=@0 --owner=0 --group=0, gzip -n, zip -X, ar D"),
        is: |_, head| {
            let magics: [&[u8]; 6] =
                [b"\x1f\x8b", b"PK\x03\x04", b"!<arch>\n", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
            magics.iter().any(|magic| head.starts_with(magic)) || head.get(257..262) == Some(b"ustar")
        },
    },
    FileKind {
        name: "log",
        cause: "a log of the build",
        fix: Some("delete it in the same RUN"),
        is: |path, _| path.file_name().ends_with(b".log") || has_directory(path, &[b"log", b"logs", b"_logs"]),
    },
    FileKind {
        name: "cache",
        cause: "a cache that a tool of the build fills",
        fix: Some("delete it in the same RUN, or RUN --mount=type=cache"),
        is: |path, _| has_directory(path, &[b"cache", b".cache", b"caches", b"_cacache"]),
    },
    FileKind {
        name: "dated",
        cause: "a text that holds the time of the build",
        fix: Some("take the time from SOURCE_DATE_EPOCH"),
        is: |_, head| std::str::from_utf8(head).is_ok() && head.windows(10).any(is_date),
    },
    FileKind { name: "text", cause: "a text written by the build", fix: None, is: |_, head| is_text(head) },
    FileKind { name: "file", cause: "differs from build to build; why is not known", fix: None, is: |_, _| true },
];

impl FileKind {
    /// The kind of the file at `path` that starts with `head`, which is empty where its bytes are not at hand.
    #[must_use]
    pub fn of(path: &ImagePath, head: &[u8]) -> &'static Self {
        KINDS.iter().find(|kind| (kind.is)(path, head)).unwrap_or(&KEY)
    }
}

fn has_directory(path: &ImagePath, names: &[&[u8]]) -> bool {
    let mut parts = path.as_bytes().rsplit(|byte| *byte == b'/').skip(1);
    parts.any(|part| names.contains(&part))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// `2026-11-21`.
fn is_date(text: &[u8]) -> bool {
    let digits =
        |range: std::ops::Range<usize>| text.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    text.starts_with(b"20")
        && digits(2..4)
        && digits(5..7)
        && digits(8..10)
        && text.get(4) == Some(&b'-')
        && text.get(7) == Some(&b'-')
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // Cut within a character.
        Err(error) if error.error_len().is_none() => {
            head.get(..error.valid_up_to()).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_first_bytes_then_by_the_path() {
        for (path, head, kind) in [
            ("app/data", b"SQLite format 3\0 ...".as_slice(), "sqlite"),
            ("app/tool", b"\x7fELF\x02", "elf"),
            ("app/x.jar", b"PK\x03\x04", "archive"),
            ("app/cache/key.pem", b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "key"),
            ("app/setup.log", b"", "log"),
            ("app/.cache/x", b"", "cache"),
            ("app/about", b"built 2026-11-21 07:41", "dated"),
            ("app/about", b"seed 17", "text"),
            ("app/about", b"\x00\x01", "file"),
            ("app/cache", b"", "file"),
        ] {
            assert_eq!(FileKind::of(&ImagePath::parse(path.as_bytes()).unwrap(), head).name, kind, "{path}");
        }
    }
}
