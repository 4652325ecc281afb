//! Java key stores (JKS and JCEKS, `sun.security.provider.JavaKeyStore`): when each entry was added, and the keyed
//! checksum over all.
//!
//! The checksum goes only where it holds for a password that everybody knows: under another password it would hide that
//! the password changed. Entries are put in order of their alias, since Java writes them in the order of a hash table.
//! PKCS #12 stores, the default since Java 9, have random salts and cannot be compared without decrypting them.

use sha1::{Digest as _, Sha1};

use super::super::anatomy::{array, u32_be};
use super::{Mask, utc};
use crate::model::{Explanation, Hidden, ImagePath};

/// The store of certificates that ca-certificates-java makes when it is installed.
pub(super) const CACERTS: Mask =
    Mask { name: "java-cacerts", covers: "/etc/ssl/certs/java/cacerts", each_build: true, matches: is_cacerts, ..MASK };

pub(super) const MASK: Mask = Mask {
    name: "java-keystore",
    covers: "Java key stores (JKS, JCEKS), wherever they are",
    explanation: Explanation::Noise,
    cause: "a Java key store records when each entry was added",
    fix: "set SOURCE_DATE_EPOCH where keytool heeds it, or copy in a store that is made once",
    each_build: false,
    max_bytes: 4 << 20,
    matches: |_, head| is_store(head),
    apply,
};

const CHECKSUM: usize = 20;

/// What stands in front of the content that is hashed, after the password (JavaKeyStore.getPreKeyedHash).
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// Java's own default for cacerts, and what else stores that hold no secret are given.
const KNOWN_PASSWORDS: &[&str] = &["changeit", "changeme", "password", ""];

/// Entries beyond which a store is not read; cacerts has some 150.
const MOST_ENTRIES: u32 = 10_000;

fn is_cacerts(path: &ImagePath, head: &[u8]) -> bool {
    path.as_bytes() == b"etc/ssl/certs/java/cacerts" && is_store(head)
}

fn is_store(head: &[u8]) -> bool {
    head.starts_with(b"\xfe\xed\xfe\xed") || head.starts_with(b"\xce\xce\xce\xce")
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
    let password = KNOWN_PASSWORDS.iter().find(|password| keyed(password, content) == *checksum)?;
    let (version, count) = (u32_be(content, 4)?, u32_be(content, 8)?);
    if !matches!(version, 1 | 2) || count > MOST_ENTRIES {
        return None;
    }
    let mut rest = Reader(content.get(12..)?);
    let mut entries = Vec::new();
    let mut newest = 0;
    for _ in 0..count {
        entries.push(entry(&mut rest, version, &mut newest)?);
    }
    if !rest.0.is_empty() {
        return None;
    }
    entries.sort_unstable();
    // Of two entries with one alias the last counts, and their order is lost.
    if entries.windows(2).any(|pair| matches!(pair, [left, right] if left.0 == right.0)) {
        return None;
    }
    let mut canonical = content.get(..12)?.to_vec();
    canonical.extend(entries.into_iter().flat_map(|(_, entry)| entry));
    canonical.extend_from_slice(b"checksum holds for ");
    canonical.extend_from_slice(password.as_bytes());
    *bytes = canonical;
    Some(vec![Hidden::new("newest entry", utc(newest / 1000))])
}

/// The certificates of a store of certificates alone, whose checksum holds for a password that everybody knows; `None` of
/// anything else.
#[must_use]
pub fn store_certificates(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
    KNOWN_PASSWORDS.iter().find(|password| keyed(password, content) == *checksum)?;
    let (version, count) = (u32_be(content, 4)?, u32_be(content, 8)?);
    if !is_store(content) || !matches!(version, 1 | 2) || count > MOST_ENTRIES {
        return None;
    }
    let mut rest = Reader(content.get(12..)?);
    let mut found = Vec::new();
    for _ in 0..count {
        if rest.take(4)? != [0, 0, 0, 2] {
            return None;
        }
        rest.short()?;
        rest.take(8)?;
        found.push(certificate(&mut rest, version)?);
    }
    rest.0.is_empty().then_some(found)
}

/// The alias of the next entry, and the entry without its time.
fn entry(rest: &mut Reader<'_>, version: u32, newest: &mut i64) -> Option<(Vec<u8>, Vec<u8>)> {
    let kind = rest.take(4)?;
    let alias = rest.short()?;
    let time = i64::from_be_bytes(array(rest.take(8)?, 0)?);
    *newest = (*newest).max(time);
    let start = rest.0;
    match kind {
        // A private key and its certificates.
        [0, 0, 0, 1] => {
            rest.long()?;
            for _ in 0..u32_be(rest.take(4)?, 0)? {
                certificate(rest, version)?;
            }
        }
        [0, 0, 0, 2] => {
            certificate(rest, version)?;
        }
        // A secret key of JCEKS is a serialised object, which only Java can take apart.
        _ => return None,
    }
    let body = start.get(..start.len() - rest.0.len())?;
    Some((alias.to_vec(), [kind, &u32::try_from(alias.len()).ok()?.to_be_bytes(), alias, body].concat()))
}

/// The next certificate's bytes; the second version writes its type in front.
fn certificate<'a>(rest: &mut Reader<'a>, version: u32) -> Option<&'a [u8]> {
    if version == 2 {
        rest.short()?;
    }
    rest.long()
}

/// SHA-1 over the password as UTF-16, the whitener and the content.
fn keyed(password: &str, content: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = Sha1::new();
    for unit in password.encode_utf16() {
        hasher.update(unit.to_be_bytes());
    }
    hasher.update(WHITENER);
    hasher.update(content);
    hasher.finalize().into()
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Bytes behind a length of two bytes.
    fn short(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(array(self.take(2)?, 0)?);
        self.take(usize::from(length))
    }

    /// Bytes behind a length of four bytes.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = u32_be(self.take(4)?, 0)?;
        self.take(usize::try_from(length).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage, unnoticed};
    use super::*;

    /// Two certificates, imported twice with keytool of Java 17: see the folder's README.
    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.jks");
    const ANOTHER: &[u8] = include_bytes!("../../../tests/data/masks/another.jks");
    const JCEKS: &[u8] = include_bytes!("../../../tests/data/masks/one.jceks");

    fn of(store: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        masked("etc/ssl/certs/java/cacerts", store)
    }

    fn sealed(password: &str, content: &[u8]) -> Vec<u8> {
        [content, &keyed(password, content)].concat()
    }

    #[test]
    fn the_same_certificates_imported_twice_are_equal() {
        assert_ne!(ONE, ANOTHER);
        assert_eq!(of(ONE).unwrap(), of(ANOTHER).unwrap());
        assert_eq!(of(ONE).unwrap().0, "java-cacerts");
        assert_eq!(masked("opt/app/trust.jceks", JCEKS).unwrap().0, "java-keystore");
        assert!(hidden("trust.jks", ONE)[0].starts_with("newest entry 2026-11-21 17:36:"));
    }

    #[test]
    fn a_stores_certificates_are_read_and_other_stores_are_not() {
        let found = store_certificates(ONE).unwrap();
        assert_eq!(found.len(), 2);
        // A certificate is a DER sequence.
        assert!(found.iter().all(|certificate| certificate.starts_with(&[0x30, 0x82])));
        assert_eq!(
            Some(found.into_iter().collect::<std::collections::HashSet<_>>()),
            store_certificates(ANOTHER).map(|found| found.into_iter().collect())
        );
        let mut flipped = ONE.to_vec();
        flipped[200] ^= 1;
        assert_eq!(store_certificates(&flipped), None);
        for at in 0..ONE.len() {
            assert_eq!(store_certificates(&ONE[..at]), None);
        }
    }

    #[test]
    fn certificates_aliases_and_the_password_stay() {
        // A byte changed without its checksum is never equal.
        assert_eq!(unnoticed("opt/app/trust.jks", ONE), [] as [usize; 0]);
        let content = &ONE[..ONE.len() - CHECKSUM];
        // What may be changed, if the checksum is made anew, is the times.
        let free: Vec<usize> = (0..content.len())
            .filter(|at| {
                let mut changed = content.to_vec();
                changed[*at] ^= 1;
                of(&sealed("changeit", &changed)) == of(ONE)
            })
            .collect();
        assert_eq!(free.len(), 16, "{free:?}");
        assert_ne!(of(&sealed("changeme", content)), of(ONE));
        assert_eq!(of(&sealed("secret", content)), None);
        assert_eq!(of(&sealed("changeit", &[content, b"payload"].concat())), None);
    }

    #[test]
    fn the_order_of_entries_goes_but_not_which_of_two_counts() {
        let content = &ONE[..ONE.len() - CHECKSUM];
        let (header, entries) = content.split_at(12);
        let mut rest = Reader(entries);
        entry(&mut rest, 2, &mut 0).unwrap();
        let (first, second) = entries.split_at(entries.len() - rest.0.len());
        assert_eq!(of(&sealed("changeit", &[header, second, first].concat())), of(ONE));
        assert_eq!(of(&sealed("changeit", &[header, first, first].concat())), None);
    }

    #[test]
    fn damage_neither_panics_nor_takes_long() {
        survives_damage("trust.jks", ONE);
        // Behind a checksum that holds, as whoever knows the password can make.
        let content = &ONE[..ONE.len() - CHECKSUM];
        for at in 0..content.len() {
            let mut filled = content.to_vec();
            filled[at] = 0xff;
            let _ = of(&sealed("changeit", &filled));
            let _ = of(&sealed("changeit", &content[..at]));
        }
    }
}
