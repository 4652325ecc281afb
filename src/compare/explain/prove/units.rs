//! Services that scripts of packages enable: links in `/etc/systemd` and `/etc/rc?.d`, and what deb-systemd-helper(1p)
//! notes of them.

use super::super::owners::Owner;
use super::super::{Explainer, Row};
use super::{Of, Outcome, lines};
use crate::image::Node;
use crate::model::text::{visible, visible_bytes};
use crate::model::{ImagePath, Kind, Proof};

const DIRECTORIES: [&str; 6] = [
    "etc/systemd/system/",
    "etc/systemd/user/",
    "usr/lib/systemd/system/",
    "lib/systemd/system/",
    "usr/lib/systemd/user/",
    "usr/local/lib/systemd/system/",
];

impl<'a> Explainer<'a> {
    /// On every side that has it, a symlink to a unit or script of a package, as both want it.
    pub(super) fn init_link(&self, row: &Row<'a>) -> Outcome {
        if row.entries().any(|entry| entry.kind != Kind::Symlink) {
            return None;
        }
        Some(self.enables(row).map(|()| Proof::Derived))
    }

    fn enables(&self, row: &Row<'a>) -> Result<(), String> {
        let mut has_moved = false;
        for of in self.sides(row) {
            let link = of.node.file.entry.link.as_deref().unwrap_or_default();
            let end = of.snapshot.image.tree.resolve(&of.node.path).filter(|node| node.file.entry.kind == Kind::File);
            let end = end.ok_or_else(|| format!("on the {} it leads to no file", of.side))?;
            let owner = self.owner_on(of, end).filter(|_| self.is_accounted_for(&end.path));
            let owner =
                owner.ok_or_else(|| format!("on the {} it leads to a file that no package explains", of.side))?;
            has_moved |= owner.moved;
            if row.path().as_bytes().starts_with(b"etc/rc") {
                starts_script(of, &end.path)?;
            } else {
                wants_unit(of, end)?;
                let unit = link.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                self.is_enabled_by_script(of, owner, row.path().file_name(), unit)?;
            }
        }
        if has_moved { Ok(()) } else { Err("the package of what it leads to did not move".to_owned()) }
    }

    /// Each note is about a unit that the script of a package that moved enables, and names nothing but places for its links.
    pub(super) fn service_state(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let name = row.path().file_name();
            let is_list = name.ends_with(b".dsh-also");
            let unit = name.strip_suffix(b".dsh-also").unwrap_or(name);
            let file = DIRECTORIES.iter().find_map(|directory| of.find(&[directory.as_bytes(), unit].concat()));
            let found = file.and_then(|file| Some((file, self.owner_on(of, file).filter(|owner| owner.moved)?)));
            let Some((file, owner)) = found else {
                return Err(format!("no package that moved has the unit {}", visible_bytes(unit)));
            };
            let text = file.bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
            let is_alias = aliases(text, "Alias").any(|alias| alias.as_bytes() == unit);
            if !is_alias && !is_instance(unit, file.path.file_name()) {
                return Err(format!("{} is no other name of {}", visible_bytes(unit), file.path));
            }
            self.is_enabled_by_script(of, owner, unit, file.path.file_name())?;
            let is_place = |line: &str| {
                let mut places = DIRECTORIES.iter().take(2);
                places.any(|place| line.trim_start_matches('/').starts_with(place)) && !line.contains("..")
            };
            if let Some(line) = lines(of.text()?).find(|line| !is_list || !is_place(line)) {
                return Err(format!("it has a line of another kind: {}", visible(line)));
            }
        }
        Ok(())
    }

    fn owner_on(&self, of: Of<'a>, node: &Node) -> Option<Owner<'a>> {
        let (left, right) = self.owners(&node.path);
        if of.side == "left" { left } else { right }
    }

    /// Whether the package's script that runs when it is installed names one of the units.
    fn is_enabled_by_script(&self, of: Of<'a>, owner: Owner<'a>, one: &[u8], other: &[u8]) -> Result<(), String> {
        let package = owner.package;
        let names = [Some(package.name.clone()), package.arch.as_ref().map(|arch| format!("{}:{arch}", package.name))];
        let paths = names.into_iter().flatten().map(|name| format!("var/lib/dpkg/info/{name}.postinst"));
        let script = paths.filter_map(|path| ImagePath::parse(path.as_bytes()).ok()).find_map(|path| {
            let node = of.snapshot.image.tree.get(&path).filter(|_| self.is_accounted_for(&path))?;
            node.bytes.as_deref()
        });
        let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"._@-\\:".contains(byte);
        let names_it = script.is_some_and(|script| {
            let lines = script.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii_start().starts_with(b"#"));
            lines.flat_map(|line| line.split(is_end)).any(|word| word == one || word == other)
        });
        if names_it { Ok(()) } else { Err(format!("no script of {} on the {} enables it", package.label(), of.side)) }
    }
}

/// A link `S01name` to `/etc/init.d/name` (insserv(8)).
fn starts_script(of: Of<'_>, end: &ImagePath) -> Result<(), String> {
    let name = of.node.path.file_name();
    let is_numbered = matches!(name, [b'S' | b'K', b'0'..=b'9', b'0'..=b'9', ..]);
    let is_script = end.as_bytes().strip_prefix(b"etc/init.d/").is_some_and(|script| name.get(3..) == Some(script));
    if is_numbered && is_script { Ok(()) } else { Err("it leads to no script of that name in /etc/init.d".to_owned()) }
}

/// A link below `X.wants` or `X.requires`, or another name of the unit, that the unit's `[Install]` section asks for
/// (systemd.unit(5)).
fn wants_unit(of: Of<'_>, end: &Node) -> Result<(), String> {
    let is_unit = DIRECTORIES.iter().any(|directory| end.path.as_bytes().starts_with(directory.as_bytes()));
    let text = end.bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|_| is_unit);
    let text = text.ok_or_else(|| format!("on the {} it leads to no unit that can be read", of.side))?;
    let name = of.node.path.file_name();
    let parent = of.node.path.parent().map(|parent| parent.file_name().to_vec()).unwrap_or_default();
    let (field, wanted) = match (parent.strip_suffix(b".wants"), parent.strip_suffix(b".requires")) {
        (Some(target), _) => ("WantedBy", target),
        (_, Some(target)) => ("RequiredBy", target),
        _ => ("Alias", name),
    };
    let is_same = field == "Alias"
        || is_instance(name, end.path.file_name())
        || aliases(text, "Alias").any(|alias| alias.as_bytes() == name);
    if is_same && aliases(text, field).any(|value| value.as_bytes() == wanted) {
        return Ok(());
    }
    Err(format!(
        "the unit's [Install] section on the {} does not ask for it: {field}={}",
        of.side,
        visible_bytes(wanted)
    ))
}

/// `getty@tty1.service` is an instance of `getty@.service`.
fn is_instance(name: &[u8], unit: &[u8]) -> bool {
    let parts = |name: &'_ [u8]| -> Option<(Vec<u8>, Vec<u8>)> {
        let at = name.iter().position(|byte| *byte == b'@')?;
        let dot = name.iter().rposition(|byte| *byte == b'.')?;
        Some((name.get(..at)?.to_vec(), name.get(dot..)?.to_vec()))
    };
    name == unit || parts(name).is_some_and(|own| parts(unit) == Some(own))
}

/// The values of a field of the `[Install]` section.
fn aliases<'t>(text: &'t str, field: &'t str) -> impl Iterator<Item = &'t str> {
    let mut is_install = false;
    let rows = text.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with('[') {
            is_install = line == "[Install]";
        }
        let (name, value) = line.split_once('=').filter(|_| is_install)?;
        (name.trim() == field).then_some(value)
    });
    rows.flat_map(str::split_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_install_section_counts() {
        let unit =
            "[Unit]\nAlias=evil.service\n[Install]\nWantedBy=multi-user.target graphical.target\nAlias=sshd.service\n";
        assert_eq!(aliases(unit, "WantedBy").collect::<Vec<_>>(), ["multi-user.target", "graphical.target"]);
        assert_eq!(aliases(unit, "Alias").collect::<Vec<_>>(), ["sshd.service"]);
    }

    #[test]
    fn a_template_has_instances() {
        assert!(is_instance(b"getty@tty1.service", b"getty@.service"));
        assert!(is_instance(b"ssh.service", b"ssh.service"));
        for other in [&b"getty@tty1.socket"[..], b"ssh.service", b"getty.service"] {
            assert!(!is_instance(other, b"getty@.service"));
        }
    }
}
