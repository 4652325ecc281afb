//! `/etc/shadow`: the day on which a password was last changed (man 5 shadow, third field).

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "shadow-days",
    covers: "/etc/shadow, /etc/shadow-",
    explanation: Explanation::Noise,
    cause: "useradd and passwd record the day on which they ran",
    fix: "set SOURCE_DATE_EPOCH in the RUN that calls useradd, usermod or passwd",
    each_build: false,
    max_bytes: 1 << 20,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    matches!(path.as_bytes(), b"etc/shadow" | b"etc/shadow-")
}

/// `None` when a line is no account of nine fields.
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut hidden = Vec::new();
    let mut canonical = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        let [name, _, day, _, longest, _, _, _, _] = fields.as_mut_slice() else { return None };
        if is_day(day) && !ages(longest) {
            if hidden.len() < Hidden::MOST {
                hidden.push(Hidden::new(&format!("day of {}", visible_bytes(name)), visible_bytes(day)));
            }
            // A field that no line of nine fields can hold.
            *day = b":";
        }
        canonical.extend(fields.join(&b':'));
    }
    *bytes = canonical;
    (!hidden.is_empty()).then_some(hidden)
}

/// Whether the field is a day. Empty means no ageing, and 0 that the password must be changed at the next login.
fn is_day(field: &[u8]) -> bool {
    (1..=5).contains(&field.len()) && field.iter().all(u8::is_ascii_digit) && field.iter().any(|digit| *digit != b'0')
}

/// Whether a password of this greatest age runs out, so that the day matters; 99999 stands for never.
fn ages(longest: &[u8]) -> bool {
    !matches!(longest, b"" | b"99999")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    /// Lines of a Debian 12 image after `useradd app`.
    const REAL: &str =
        "root:*:20640:0:99999:7:::\ndaemon:*:20640:0:99999:7:::\napp:!:20778:0:99999:7:::\n_apt:*:0::::::\n";

    fn of(text: &str) -> Option<Vec<u8>> {
        masked("etc/shadow", text.as_bytes()).map(|(_, left)| left)
    }

    #[test]
    fn another_day_is_equal() {
        assert_eq!(of(REAL), of(&REAL.replace("20778", "20779").replace("20640", "20001")));
        assert_eq!(hidden("etc/shadow", REAL.as_bytes())[2], "day of app 20778");
        survives_damage("etc/shadow", REAL.as_bytes());
    }

    #[test]
    fn hashes_ages_accounts_and_special_days_stay() {
        for (from, to) in [
            ("app:!:", "app::"),
            ("app:!:", "app:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7:"),
            ("app:", "ape:"),
            ("20778", ""),
            ("20778", "0"),
            ("20778", "day"),
            ("_apt:*:0:", "_apt:*:20778:"),
            ("20778:0:99999", "20778:0:1"),
            ("20778:0:99999:7:::", "20778:0:99999:7::20000:"),
            ("_apt", "evil::20778:0:99999:7:::\n_apt"),
        ] {
            let changed = REAL.replacen(from, to, 1);
            assert_ne!(changed, REAL);
            assert_ne!(of(&changed), of(REAL), "{to}");
        }
        // With a greatest age, the day decides when the password runs out.
        let ageing = REAL.replace("20778:0:99999", "20778:0:90");
        assert_ne!(of(&ageing), of(&ageing.replace("20778", "20779")));
        assert_eq!(of("root:*:20640\n"), None);
    }
}
