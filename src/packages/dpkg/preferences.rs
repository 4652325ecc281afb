//! apt's preferences (`apt_preferences(5)`): which packages are pinned to what.

use super::deb822::stanzas;
use crate::packages::to_text;

/// The most pins that are read of one file.
const MAX_PINS: usize = 5_000;

/// One package that a preference speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// A package's name, or `*`.
    pub package: String,
    /// `version 3.0.* at 1001`, `release a=testing`, `origin example.org at -1`.
    pub wanted: String,
}

/// All pins of a file, one for each name that a stanza has.
#[must_use]
pub fn pins(bytes: &[u8]) -> Vec<Preference> {
    let mut found = Vec::new();
    for stanza in stanzas(bytes) {
        let (mut names, mut pin, mut priority) = (String::new(), String::new(), String::new());
        for (field, value) in stanza.fields() {
            match field.to_ascii_lowercase().as_slice() {
                b"package" => names = to_text(value.trim_ascii()),
                b"pin" => pin = to_text(value.trim_ascii()),
                b"pin-priority" => priority = to_text(value.trim_ascii()),
                _ => {}
            }
        }
        if pin.is_empty() {
            continue;
        }
        let wanted = if priority.is_empty() { pin } else { format!("{pin} at {priority}") };
        let room = MAX_PINS.saturating_sub(found.len());
        let names = names.split_whitespace().take(room);
        found.extend(names.map(|name| Preference { package: name.to_owned(), wanted: wanted.clone() }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_stanza_is_pinned_and_odd_text_is_not() {
        // The first stanza is after the manual page's example.
        let text = b"Explanation: keep\nPackage: libssl3 openssl\nPin: version 3.0.11*\nPin-Priority: 1001\n\n\
                     Package: *\nPin: release a=testing\n\nPackage: x\n\n\xff\xfe: \x1b\n";
        let told: Vec<_> = pins(text).into_iter().map(|pin| format!("{}: {}", pin.package, pin.wanted)).collect();
        assert_eq!(
            told,
            ["libssl3: version 3.0.11* at 1001", "openssl: version 3.0.11* at 1001", "*: release a=testing"]
        );
        let many = format!("Package: {}\nPin: version 1\n", "x ".repeat(10_000));
        assert_eq!(pins(many.as_bytes()).len(), MAX_PINS);
    }
}
