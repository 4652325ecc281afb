//! Files that list, name or copy what packages ship.

use std::collections::HashSet;

use super::super::{Explainer, Row};
use super::{Of, lines};
use crate::image::Node;
use crate::model::text::visible;
use crate::model::{ImagePath, Kind};

const ZONES: &str = "usr/share/zoneinfo/";

impl<'a> Explainer<'a> {
    /// Every shell is one that update-shells(8) finds: named by a package's list, as it is written or below `/usr`.
    pub(super) fn shells(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let directory = ImagePath::parse(b"usr/share/debianutils").unwrap_or_else(|_| ImagePath::root());
            let lists = of.snapshot.image.tree.under(&directory).filter(|node| self.is_accounted_for(&node.path));
            let texts = lists.filter_map(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
            let known: HashSet<&str> = texts.flat_map(lines).map(below_usr).collect();
            if let Some(line) = lines(of.text()?).find(|line| !known.contains(below_usr(line))) {
                return Err(format!("no package's list on the {} names the shell {}", of.side, visible(line)));
            }
        }
        Ok(())
    }

    /// The zone is there, both names of it agree, and it is the one that tzdata sets up by itself wherever only one side
    /// names any.
    pub(super) fn timezone(&self, row: &Row<'a>) -> Result<(), String> {
        let mut zones = Vec::new();
        for of in self.sides(row) {
            let named = name_of_zone(of, "etc/timezone")?;
            let linked = name_of_zone(of, "etc/localtime")?;
            let zone = named.clone().or_else(|| linked.clone());
            let Some(zone) = zone.filter(|zone| self.sound_file(of, format!("{ZONES}{zone}").as_bytes()).is_some())
            else {
                return Err(format!("the {} image names no time zone that is there", of.side));
            };
            if named.is_some() && linked.is_some() && named != linked {
                return Err(format!("/etc/timezone and /etc/localtime of the {} image differ", of.side));
            }
            if row.path().as_bytes() == b"etc/localtime" && of.node.file.entry.kind != Kind::Symlink {
                return Err("it is no link to a time zone".to_owned());
            }
            zones.push(zone);
        }
        match zones.as_slice() {
            [zone] if matches!(zone.as_str(), "Etc/UTC" | "UTC") => Ok(()),
            [zone] => Err(format!("tzdata does not choose {} by itself", visible(zone))),
            [left, right] if left == right => Ok(()),
            _ => Err("the time zone is another one".to_owned()),
        }
    }

    /// Each side has the bytes of a file that a package of it ships for the purpose.
    pub(super) fn template(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let is_copy = templates(row.path()).iter().any(|template| {
                let template = self.sound_file(of, template).filter(|node| self.is_owned(&node.path));
                template.is_some_and(|template| template.file.entry.sha256() == of.node.file.entry.sha256())
            });
            if !is_copy || of.node.file.entry.kind != Kind::File {
                return Err(format!("on the {} it is no copy of what a package ships for it", of.side));
            }
        }
        Ok(())
    }

    /// The package's own sample, in which only the addresses to listen on were set.
    pub(super) fn postgresql_sample(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let sample = self.sound_file(of, b"usr/share/postgresql/postgresql.conf.sample.dpkg");
            let sample = sample.and_then(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
            let sample = sample.ok_or_else(|| format!("the {} image lacks the package's sample", of.side))?;
            let (own, sample): (Vec<&str>, Vec<&str>) = (of.text()?.lines().collect(), sample.lines().collect());
            let is_set = |line: &str| line.starts_with("listen_addresses = '*'");
            let is_default = |line: &str| line.starts_with("#listen_addresses");
            let is_copy = own.len() == sample.len()
                && own.iter().zip(&sample).all(|(own, sample)| own == sample || is_set(own) && is_default(sample));
            if !is_copy {
                return Err(format!("on the {} it is not the package's sample with its addresses set", of.side));
            }
        }
        Ok(())
    }

    /// Every file that the catalog names is there and accounted for.
    pub(super) fn catalog(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            for path in catalog_files(of.text()?) {
                let place = path.strip_prefix("file://").unwrap_or(path);
                let is_known = place.starts_with('/') && self.sound_node(of, place).is_some();
                if !is_known {
                    return Err(format!("the {} catalog names {}, which nothing explains", of.side, visible(path)));
                }
            }
        }
        Ok(())
    }

    /// The file or directory that the absolute path leads to on that side; a file must be accounted for.
    fn sound_node(&self, of: Of<'a>, path: &str) -> Option<&'a Node> {
        of.find(path.as_bytes())
            .filter(|node| node.file.entry.kind == Kind::Directory || self.is_accounted_for(&node.path))
    }
}

/// `/usr/bin/x` and `/bin/x` are one shell.
fn below_usr(line: &str) -> &str {
    line.strip_prefix("/usr").unwrap_or(line)
}

/// The zone that a side's file or link names; an error where it is there and names none.
fn name_of_zone(of: Of<'_>, path: &str) -> Result<Option<String>, String> {
    let at = ImagePath::parse(path.as_bytes()).ok();
    let Some(node) = at.and_then(|path| of.snapshot.image.tree.get(&path)) else { return Ok(None) };
    let zone = match node.file.entry.link.as_deref() {
        Some(link) => std::str::from_utf8(link).ok().and_then(|link| link.trim_start_matches('/').strip_prefix(ZONES)),
        None => node.bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::trim_end),
    };
    let is_plain = |zone: &&str| zone.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    match zone.filter(is_plain) {
        Some(zone) => Ok(Some(zone.to_owned())),
        None => Err(format!("/{path} of the {} image names no time zone", of.side)),
    }
}

/// Which files of packages are copied to the path.
fn templates(path: &ImagePath) -> Vec<Vec<u8>> {
    let name = path.file_name();
    let of_base = |name: &[u8]| [b"usr/share/base-files/", name].concat();
    let skeleton = [b"etc/skel/", name].concat();
    match path.as_bytes() {
        b"root/.profile" | b"root/.bashrc" => {
            vec![of_base(&[b"dot", name].concat()), skeleton]
        }
        b"etc/nsswitch.conf" => vec![of_base(name), b"usr/share/libc-bin/nsswitch.conf".to_vec()],
        _ if path.as_bytes().starts_with(b"home/") => vec![skeleton],
        _ => vec![of_base(name)],
    }
}

/// What a catalog refers to: values of `uri`, `catalog` and `rewritePrefix` in XML, words behind CATALOG and the like in
/// SGML (OASIS TR 9401 and XML Catalogs 1.1).
fn catalog_files(text: &str) -> Vec<&str> {
    let quoted = |rest: &'_ str| -> Option<usize> { rest.find('"') };
    let mut found = Vec::new();
    for name in ["uri=\"", "catalog=\"", "rewritePrefix=\""] {
        for (at, _) in text.match_indices(name) {
            let rest = text.get(at + name.len()..).unwrap_or_default();
            found.extend(quoted(rest).and_then(|end| rest.get(..end)));
        }
    }
    let is_xml = text.trim_start().starts_with('<');
    for line in text.lines().map(str::trim).filter(|_| !is_xml) {
        if !line.is_empty() && !line.starts_with("--") && !line.starts_with("OVERRIDE") {
            found.extend(line.split_whitespace().last().map(|word| word.trim_matches('"')));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogs_name_files() {
        // From /etc/xml/catalog and /etc/sgml/catalog of Debian 12.
        let xml = r#"<?xml version="1.0"?>
<!DOCTYPE catalog PUBLIC "-//OASIS//DTD XML Catalogs V1.0//EN" "http://www.oasis-open.org/committees/entity/release/1.0/catalog.dtd">
<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog" prefer="public">
<delegatePublic publicIdStartString="-//OASIS//DTD" catalog="file:///etc/xml/docbook-xml.xml"/>
</catalog>"#;
        assert_eq!(catalog_files(xml), ["file:///etc/xml/docbook-xml.xml"]);
        assert_eq!(
            catalog_files("CATALOG /etc/sgml/sgml-data.cat\n-- x --\nOVERRIDE YES\n"),
            ["/etc/sgml/sgml-data.cat"]
        );
    }

    #[test]
    fn each_copy_has_its_template() {
        let of = |path: &str| {
            let found = templates(&ImagePath::parse(path.as_bytes()).unwrap());
            found.into_iter().map(|path| String::from_utf8(path).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of("root/.bashrc"), ["usr/share/base-files/dot.bashrc", "etc/skel/.bashrc"]);
        assert_eq!(of("etc/profile"), ["usr/share/base-files/profile"]);
        assert_eq!(of("home/app/.profile"), ["etc/skel/.profile"]);
    }
}
