//! What two contents differ in that a mask proves equal otherwise.

use jiff::Timestamp;

use crate::model::{Content, FileEntry, PycHeader};

/// What the masks took out of both and is not the same, in words; `None` where only the order of things differs.
pub(super) fn between(left: &FileEntry, right: &FileEntry) -> Option<Box<str>> {
    let (left, right) = (left.content.as_ref()?, right.content.as_ref()?);
    let words: Vec<String> = compiled(left, right).into_iter().chain(hidden(left, right)).collect();
    (!words.is_empty()).then(|| words.join(", ").into())
}

fn hidden(left: &Content, right: &Content) -> impl Iterator<Item = String> {
    let rows = |content: &Content| content.masked.iter().flat_map(|masked| masked.hidden.to_vec()).collect::<Vec<_>>();
    let (lefts, rights) = (rows(left), rows(right));
    rights.into_iter().filter_map(move |right| {
        let left = lefts.iter().find(|left| left.what == right.what).map_or("none", |left| &left.value);
        (*left != *right.value).then(|| format!("{} {left} → {}", right.what, right.value))
    })
}

/// The source's time in the headers of compiled Python, or what else names the source there.
fn compiled(left: &Content, right: &Content) -> Option<String> {
    let (left, right) = (left.pyc?, right.pyc?);
    if left.flags != right.flags {
        let by = |header: PycHeader| match header.flags {
            0 => "time",
            1 => "hash, unchecked",
            _ => "hash",
        };
        return Some(format!("what names the source {} → {}", by(left), by(right)));
    }
    if left.is_hashed() {
        return None;
    }
    let time = |seconds: u32| {
        let time = Timestamp::from_second(i64::from(seconds)).unwrap_or_default();
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    (left.mtime != right.mtime)
        .then(|| format!("the source's time in bytes 8 to 11 {} → {}", time(left.mtime), time(right.mtime)))
}
