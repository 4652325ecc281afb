//! Keys and identifiers: each build makes others, so that only the step that made one tells it from one that was swapped.

use super::{Explainer, Row};
use crate::image::Node;
use crate::model::{Change, Command, Ecosystem, Instruction};
use crate::nondeterminism::mask;
use crate::snapshot::Snapshot;

/// Packages whose scripts make keys or identifiers when they are installed.
const MAKERS: [&str; 6] = ["openssh-server", "systemd", "dbus", "dbus-bin", "ssl-cert", "libpam-systemd"];

/// Commands that make them.
const COMMANDS: [&str; 8] = [
    "ssh-keygen",
    "make-ssl-cert",
    "dbus-uuidgen",
    "systemd-machine-id-setup",
    "systemd-firstboot",
    "dpkg-reconfigure openssh-server",
    "openssl req",
    "openssl genrsa",
];

impl<'a> Explainer<'a> {
    /// Whether a key or an identifier is another one although it was copied into an image: no command of the build made it.
    pub(super) fn is_swapped(&self, row: &Row<'a>) -> bool {
        self.identities(row).any(|(node, snapshot)| {
            !is_from_package(node, snapshot)
                && steps(node, snapshot).any(|step| matches!(step.keyword, Some("COPY" | "ADD")))
        })
    }

    /// Whether a key or an identifier is another one, and on one side no step that is known to make such wrote it: another
    /// could have replaced it.
    pub(super) fn is_of_unknown_origin(&self, row: &Row<'a>) -> bool {
        self.identities(row)
            .any(|(node, snapshot)| !is_from_package(node, snapshot) && !steps(node, snapshot).any(makes_identities))
    }

    /// The sides of a row of which a mask hides that the identity differs.
    fn identities(&self, row: &Row<'a>) -> impl Iterator<Item = (&'a Node, &'a Snapshot)> + use<'a> {
        let differs = row.change == Some(Change::Content) && row.equal_masked().is_some_and(mask::Mask::hides_identity);
        let sides = [row.left.zip(Some(self.left)), row.right.zip(Some(self.right))];
        sides.into_iter().flatten().filter(move |_| differs)
    }
}

/// The instructions that made the node's layer.
fn steps<'s>(node: &Node, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Instruction> {
    let layer = node.file.layer as usize;
    snapshot.steps.instructions.iter().filter(move |step| step.layer == Some(layer))
}

/// Whether a package whose scripts make such arrived in the node's layer.
fn is_from_package(node: &Node, snapshot: &Snapshot) -> bool {
    let arrived = snapshot.packages.iter().filter(|package| package.layer == node.file.layer);
    arrived.into_iter().any(|package| package.ecosystem == Ecosystem::Deb && MAKERS.contains(&&*package.name))
}

fn makes_identities(step: &Instruction) -> bool {
    let (Command::Script(text) | Command::Words(text)) = &step.command else { return false };
    COMMANDS.iter().any(|command| text.contains(command))
}
