//! A Python distribution's RECORD: the order of its rows, and rows that depend on how the installer was called.

use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "record-rows",
    covers: "*.dist-info/RECORD",
    explanation: Explanation::Noise,
    cause: "an installer's RECORD lists, in no fixed order, bytecode, scripts and notes that depend on how it was run",
    fix: "install with the same version of pip or uv and the same options",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    path.as_bytes().ends_with(b".dist-info/RECORD")
}

/// Keeps what the wheel itself brought: rows of bytecode, of scripts outside the site directory and of the
/// installer's notes go, the rest is sorted.
#[expect(clippy::unnecessary_wraps, reason = "masks share one signature; others can fail")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut rows: Vec<&[u8]> = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|row| !row.is_empty() && !depends_on_installer(row))
        .collect();
    rows.sort_unstable();
    *bytes = rows.join(&b'\n');
    Some(Vec::new())
}

fn depends_on_installer(row: &[u8]) -> bool {
    let Some(comma) = row.iter().position(|byte| *byte == b',') else { return false };
    let path = row.get(..comma).unwrap_or_default();
    let is_script = path.starts_with(b"../") && path.rsplit(|byte| *byte == b'/').nth(1) == Some(b"bin");
    let note = [b"REQUESTED".as_slice(), b"INSTALLER", b"RECORD", b"uv_cache.json"]
        .into_iter()
        .any(|name| path.ends_with(name) && path.rsplit(|byte| *byte == b'/').nth(1).is_some_and(is_dist_info));
    path.ends_with(b".pyc") || is_script || note
}

fn is_dist_info(name: &[u8]) -> bool {
    name.ends_with(b".dist-info")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        assert!(apply(&mut bytes).is_some());
        bytes
    }

    // Rows of Flask 3.0.0's RECORD as pip 23.0.1 wrote them.
    const FLASK: &str = "../../../bin/flask,sha256=nzcoIAz8PXwPkhVKWXBIWkNnQmVeKvFAvMVnmPJ5Fy0,222\r\n\
        flask-3.0.0.dist-info/INSTALLER,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,4\r\n\
        flask-3.0.0.dist-info/REQUESTED,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\r\n\
        flask/__init__.py,sha256=6xMqdVA0FIQ2U1KVaGX3lzNCdXPzoHPaa0hvQCNcfSk,2625\r\n\
        flask/__pycache__/__init__.cpython-311.pyc,,\r\n\
        flask/app.py,sha256=voUkc9xk9B039AhVrU21GDpsQ6wqrr-NobqLx8fURfQ,59201\r\n";

    #[test]
    fn order_scripts_bytecode_and_notes_are_masked() {
        let mut rows: Vec<&str> = FLASK.lines().skip(1).filter(|row| !row.contains("REQUESTED")).collect();
        rows.reverse();
        rows.push("flask-3.0.0.dist-info/uv_cache.json,sha256=zuuue4knoyJ-UwPPXg8fezS7VCrXJQrAP7zeNuwvFQg,120");
        assert_eq!(masked(FLASK), masked(&rows.join("\n")));
    }

    // uv 0.7.3 notes when the source that it built from was changed.
    #[test]
    fn what_uv_notes_of_its_cache_is_masked() {
        let row = "flask-3.0.0.dist-info/uv_cache.json,sha256=Jfg_ISaS7-1V07Dbx7t-dWMZMKJnDQNjb9A6f8b-XsM,140\n";
        assert_eq!(masked(&format!("{FLASK}{row}")), masked(FLASK));
        assert_ne!(masked(&format!("{FLASK}{}", row.replace("flask-3.0.0.dist-info", "flask"))), masked(FLASK));
    }

    #[test]
    fn a_changed_hash_stays_visible() {
        assert_ne!(masked(FLASK), masked(&FLASK.replace("voUkc9xk", "AAAAAAAA")));
        assert_ne!(masked(FLASK), masked(&FLASK.replace("flask/app.py", "flask/REQUESTED")));
    }
}
