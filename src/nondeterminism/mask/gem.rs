//! A gem's own checksums: `checksums.yaml.gz` beside the members whose SHA-256 and SHA-512 it lists (`RubyGems`,
//! `package.rb`). Where all of them are right it says nothing that the members do not.

use sha2::{Digest as _, Sha256, Sha512};

use super::gzip;
use crate::model::digest::hex;

pub(super) const NAME: &[u8] = b"checksums.yaml.gz";

/// Bytes of the list; real ones have half a thousand.
const MOST: u64 = 64 << 10;

/// Whether `list` holds nothing but checksums that `members`, by name, have.
pub(super) fn is_of(list: &[u8], members: &[(&[u8], &[u8])]) -> bool {
    let text = gzip::unpacked(list, MOST).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else { return false };
    let (mut algorithm, mut checked) = ("", 0);
    for line in text.lines() {
        match line {
            "---" => {}
            "SHA256:" | "SHA512:" => algorithm = line,
            _ => {
                let entry = line.strip_prefix("  ").and_then(|entry| entry.split_once(": "));
                let known = entry.and_then(|(name, sum)| {
                    let (_, content) = members.iter().find(|(known, _)| *known == name.as_bytes())?;
                    Some((content, sum.trim_matches(['"', '\''])))
                });
                let is_right = known.is_some_and(|(content, sum)| match algorithm {
                    "SHA256:" => hex(&Sha256::digest(content)) == sum,
                    "SHA512:" => hex(&Sha512::digest(content)) == sum,
                    _ => false,
                });
                if !is_right {
                    return false;
                }
                checked += 1;
            }
        }
    }
    checked > 0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::testing::masked;
    use super::*;

    fn packed(text: &str, time: u32) -> Vec<u8> {
        let mut encoder = flate2::GzBuilder::new().mtime(time).write(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// A gem made at this time, and its list changed by `edit`.
    fn gem(data: &str, time: u32, edit: fn(String) -> String) -> Vec<u8> {
        let members = [("metadata.gz", packed("--- !ruby/object\n", time)), ("data.tar.gz", packed(data, time))];
        let list = |name: &str, sum: fn(&[u8]) -> String| {
            let rows = members.iter().map(|(member, bytes)| format!("  {member}: {}\n", sum(bytes)));
            format!("{name}:\n{}", rows.collect::<Vec<_>>().concat())
        };
        let text = format!(
            "---\n{}{}",
            list("SHA256", |bytes| hex(&Sha256::digest(bytes))),
            list("SHA512", |bytes| hex(&Sha512::digest(bytes)))
        );
        let checksums = ("checksums.yaml.gz", packed(&edit(text), time));
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in members.into_iter().chain([checksums]) {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o444);
            header.set_mtime(time.into());
            tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn right_checksums_add_nothing_and_wrong_ones_stay() {
        let of = |gem: Vec<u8>| masked("gem/demo-0.1.0.gem", &gem).unwrap();
        let same = |text: String| text;
        assert_eq!(of(gem("code", 1_796_096_531, same)), of(gem("code", 1_796_096_999, same)));
        assert_ne!(of(gem("code", 1, same)), of(gem("evil", 1, same)));
        // What is listed is not what is there, or more is in the list than checksums.
        for edit in [
            (|text: String| text.replace("metadata.gz", "other.gz")) as fn(String) -> String,
            |text| text.replacen('a', "b", 3),
            |text| text + "evil: code\n",
        ] {
            assert_ne!(of(gem("code", 1, edit)), of(gem("code", 2, edit)));
        }
    }
}
