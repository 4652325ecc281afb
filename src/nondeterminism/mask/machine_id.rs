//! `/etc/machine-id`: 32 random hexadecimal digits (man machine-id).

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "machine-id",
    covers: "/etc/machine-id, /var/lib/dbus/machine-id",
    explanation: Explanation::Noise,
    cause: "a random identifier was made during the build; every container of the image shares it",
    fix: "truncate -s 0 /etc/machine-id",
    each_build: true,
    max_bytes: 64,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    matches!(path.as_bytes(), b"etc/machine-id" | b"var/lib/dbus/machine-id")
}

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let id = bytes.trim_ascii_end();
    if id.len() != 32 || !id.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let id = Hidden::new("id", visible_bytes(id));
    bytes.fill(b'0');
    Some(vec![id])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_masked_and_an_empty_file_is_not_an_id() {
        let mut id = b"b08dfa6083e7567a1921a715000001fb\n".to_vec();
        assert!(apply(&mut id).is_some());
        assert!(apply(&mut Vec::new()).is_none());
        assert!(apply(&mut b"uninitialized\n".to_vec()).is_none());
    }
}
