//! What update-ca-certificates makes of the certificates that `/etc/ca-certificates.conf` enables: the bundle, the links,
//! and the key store that Java reads (update-ca-certificates(8)).

use std::collections::HashSet;

use super::super::{Explainer, Row};
use super::{Of, Outcome, differing, lines};
use crate::image::Node;
use crate::model::text::visible;
use crate::model::{ImagePath, Kind, Proof};
use crate::nondeterminism::mask;

const LIST: &[u8] = b"etc/ca-certificates.conf";
const SHIPPED: &str = "usr/share/ca-certificates";
const LOCAL: &str = "usr/local/share/ca-certificates";

/// A certificate as the base64 text of its bytes.
type Certificates = HashSet<Vec<u8>>;

impl<'a> Explainer<'a> {
    /// The certificates of each side's bundle are those that are enabled there.
    pub(super) fn pem_bundle(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let bundle =
                certificates(of.bytes()?).map_err(|line| format!("the {} bundle has a stray line: {line}", of.side))?;
            let enabled = self.enabled(of)?;
            let planted = bundle.difference(&enabled).count();
            if planted > 0 {
                return Err(format!(
                    "{planted} certificate(s) of the {} bundle are in none of the files that are enabled",
                    of.side
                ));
            }
            let missing = enabled.difference(&bundle).count();
            if missing > 0 {
                return Err(format!("the {} bundle lacks {missing} certificate(s) that are enabled", of.side));
            }
        }
        Ok(())
    }

    /// The certificates of each side's store are enabled there, and none is gone that was there and still is enabled.
    pub(super) fn java_truststore(&self, row: &Row<'a>) -> Result<(), String> {
        let mut stores = Vec::new();
        for of in self.sides(row) {
            let store = mask::store_certificates(of.bytes()?)
                .ok_or_else(|| format!("the {} file is no key store of certificates alone", of.side))?;
            let store: Certificates = store.into_iter().map(base64).collect();
            let enabled = self.enabled(of)?;
            let planted = store.difference(&enabled).count();
            if planted > 0 {
                return Err(format!(
                    "{planted} certificate(s) of the {} store are in none of the files that are enabled",
                    of.side
                ));
            }
            stores.push((store, enabled));
        }
        if let [(left, _), (right, enabled)] = stores.as_slice() {
            let lost = left.difference(right).filter(|certificate| enabled.contains(*certificate)).count();
            if lost > 0 {
                return Err(format!("the right store lacks {lost} certificate(s) that are enabled"));
            }
        }
        if stores.iter().any(|(store, _)| store.is_empty()) { Err("a store is empty".to_owned()) } else { Ok(()) }
    }

    /// A link to an enabled certificate, or to such a link under the hash of its subject.
    pub(super) fn certificate_link(&self, row: &Row<'a>) -> Outcome {
        if row.entries().any(|entry| entry.kind != Kind::Symlink) {
            return None;
        }
        Some(self.links_certificate(row).map(|()| Proof::Derived))
    }

    fn links_certificate(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let end = of.snapshot.image.tree.resolve(&of.node.path);
            let Some(end) = end.filter(|end| is_source(&end.path)) else {
                return Err(format!("on the {} it leads to no certificate that update-ca-certificates reads", of.side));
            };
            if !self.enabled_files(of)?.iter().any(|node| node.path == end.path) {
                return Err(format!("on the {} it leads to a certificate that is not enabled", of.side));
            }
            let names = (row.path().file_name(), end.path.file_name());
            let is_name = names.0.strip_suffix(b".pem") == names.1.strip_suffix(b".crt");
            if names.0.ends_with(b".pem") && !is_name {
                return Err("it has another name than the certificate".to_owned());
            }
            // Gone from the other side, where the same certificate is still enabled.
            let other = if of.side == "left" { self.right } else { self.left };
            let other = Of { side: if of.side == "left" { "right" } else { "left" }, node: of.node, snapshot: other };
            let is_lone = row.both().is_none();
            if is_lone && self.enabled_files(other)?.iter().any(|node| node.path == end.path) {
                return Err(format!("the {} image lacks it, though it enables the certificate", other.side));
            }
        }
        Ok(())
    }

    /// Lines differ by the files that only one side's package ships.
    pub(super) fn certificate_list(&self, row: &Row<'a>) -> Result<(), String> {
        for (side, line) in differing(self.texts(row)?) {
            let name = line.trim_start_matches('!');
            let path = format!("{SHIPPED}/{name}");
            let is_plain = !name.split('/').any(|part| matches!(part, "" | "." | ".."));
            let find = |side: &str| {
                let snapshot = if side == "left" { self.left } else { self.right };
                ImagePath::parse(path.as_bytes()).ok().and_then(|path| snapshot.image.tree.get(&path))
            };
            let other = if side == "left" { "right" } else { "left" };
            let is_new = find(side).is_some_and(|node| self.is_accounted_for(&node.path) && self.is_owned(&node.path));
            let has_no_other = row.both().is_none() || find(other).is_none();
            if !is_plain || !is_new || !has_no_other {
                return Err(format!(
                    "only the {side} list has {}, which is no certificate that only its package ships",
                    visible(line)
                ));
            }
        }
        Ok(())
    }

    /// The certificates that are enabled on that side.
    fn enabled(&self, of: Of<'a>) -> Result<Certificates, String> {
        let mut enabled = HashSet::new();
        for node in self.enabled_files(of)? {
            let bytes = node.bytes.as_deref().ok_or_else(|| format!("{} is too large to be checked", node.path))?;
            enabled.extend(certificates(bytes).map_err(|line| format!("{} has a stray line: {line}", node.path))?);
        }
        Ok(enabled)
    }

    /// The files that the list names, and all below `/usr/local`; an error when one is not accounted for.
    fn enabled_files(&self, of: Of<'a>) -> Result<Vec<&'a Node>, String> {
        let list = self.sound_file(of, LIST).and_then(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
        let list =
            list.ok_or_else(|| format!("the {} image has no list of certificates that is explained", of.side))?;
        let mut files = Vec::new();
        let shipped = lines(list).filter(|line| !line.starts_with('!')).map(|line| format!("{SHIPPED}/{line}"));
        for path in shipped {
            // A line may outlive its certificate.
            files.extend(of.find(path.as_bytes()));
        }
        let local = ImagePath::parse(LOCAL.as_bytes()).unwrap_or_else(|_| ImagePath::root());
        let local = of.snapshot.image.tree.under(&local).filter(|node| node.path.as_bytes().ends_with(b".crt"));
        files.extend(local.filter_map(|node| of.snapshot.image.tree.resolve(&node.path)));
        match files.iter().find(|node| !self.is_accounted_for(&node.path)) {
            Some(node) => Err(format!("{} is not explained itself", node.path)),
            None => Ok(files),
        }
    }
}

fn is_source(path: &ImagePath) -> bool {
    let is_below =
        |directory: &str| ImagePath::parse(directory.as_bytes()).is_ok_and(|directory| path.is_under(&directory));
    is_below(SHIPPED) || is_below(LOCAL)
}

/// The base64 text of each certificate of a PEM file, without white space. An error with the first line that is
/// neither part of a certificate nor a comment.
fn certificates(pem: &[u8]) -> Result<Certificates, String> {
    let text = String::from_utf8_lossy(pem);
    let mut found = HashSet::new();
    let mut open: Option<Vec<u8>> = None;
    for line in text.lines().map(str::trim) {
        let is_certificate = line.ends_with("CERTIFICATE-----");
        match &mut open {
            None if is_certificate && line.starts_with("-----BEGIN ") => open = Some(Vec::new()),
            None if line.is_empty() || line.starts_with('#') => {}
            Some(_) if is_certificate && line.starts_with("-----END ") => found.extend(open.take()),
            Some(body) if !line.starts_with('-') => body.extend_from_slice(line.as_bytes()),
            None | Some(_) => return Err(visible(line).into_owned()),
        }
    }
    if open.is_some() { Err("no end of the last certificate".to_owned()) } else { Ok(found) }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digit = |at: usize| ALPHABET.get((bits >> (18 - 6 * at)) as usize & 63).copied().unwrap_or(b'=');
        text.extend((0..4).map(|at| if at <= chunk.len() { digit(at) } else { b'=' }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_compared_by_their_bytes_not_their_line_breaks() {
        let one = b"# name\n-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";
        let two = b"-----BEGIN CERTIFICATE-----\r\nMIIBAAAA\r\n-----END CERTIFICATE-----";
        assert_eq!(certificates(one), certificates(two));
        let trusted = b"-----BEGIN TRUSTED CERTIFICATE-----\nEVIL\n-----END TRUSTED CERTIFICATE-----\n";
        assert_eq!(certificates(trusted).unwrap().len(), 1);
        assert_eq!(certificates(b"#!/bin/sh\necho"), Err("echo".to_owned()));
    }

    #[test]
    fn base64_is_padded() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(bytes.as_bytes()), text.as_bytes(), "{bytes}");
        }
    }
}
