//! Keys made in a build: openssh-server's host keys, ssl-cert's snakeoil certificate, and what `ssh-keygen` makes for a
//! user. Never `authorized_keys` and `known_hosts`, which say who may log in and where to.

use super::super::sha256;
use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "baked-key",
    covers: "/etc/ssh/ssh_host_*_key and their .pub, ssl-cert-snakeoil in /etc/ssl",
    explanation: Explanation::Noise,
    cause: "a random key was made during the build; every container of the image shares it",
    fix: "delete the key in the same RUN and make one when the container starts",
    each_build: true,
    max_bytes: 16 << 10,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    match path.as_bytes() {
        b"etc/ssl/private/ssl-cert-snakeoil.key" | b"etc/ssl/certs/ssl-cert-snakeoil.pem" => true,
        bytes => {
            let is_host_key = bytes
                .strip_prefix(b"etc/ssh/ssh_host_")
                .is_some_and(|rest| rest.ends_with(b"_key") || rest.ends_with(b"_key.pub"));
            let name = path.file_name();
            let directory = bytes.strip_suffix(name).unwrap_or_default();
            is_host_key || (name.starts_with(b"id_") && (directory.ends_with(b"/.ssh/") || directory == b".ssh/"))
        }
    }
}

/// Leaves the kind of key. Anything but exactly one key hides nothing.
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let kind = std::str::from_utf8(bytes).ok().and_then(kind)?;
    let key = Hidden::new("key", sha256(bytes).short());
    *bytes = kind.into_bytes();
    Some(vec![key])
}

fn kind(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
    match lines.as_slice() {
        [public] => public_kind(public),
        [begin, body @ .., end] => {
            let label = begin.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
            let is_closed = *end == format!("-----END {label}-----");
            let body = body.concat();
            if !is_closed || !is_base64(&body) {
                return None;
            }
            Some(format!("{label} {}", if label == OPENSSH { openssh_kind(&body)? } else { "" }))
        }
        [] => None,
    }
}

/// Algorithm, length and whose key: all of `ssh-ed25519 AAAA... user@host` but the key itself and the name of the host,
/// which in a build is that of a container.
fn public_kind(line: &str) -> Option<String> {
    let (algorithm, rest) = line.split_once(' ')?;
    let (key, comment) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_known = algorithm.starts_with("ssh-") || algorithm.starts_with("ecdsa-");
    if !is_known || !is_base64(key) || comment.contains(' ') {
        return None;
    }
    let whose = comment.split_once('@').map_or(comment, |(user, _)| user);
    Some(format!("{algorithm} {} {whose}", key.len()))
}

const OPENSSH: &str = "OPENSSH PRIVATE KEY";

/// In base64: `openssh-key-v1`, no cipher, no key derivation, one key (PROTOCOL.key of OpenSSH). Under a passphrase
/// nothing can be said of a key.
const PLAIN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB";

/// The length of the public key and its algorithm: the 21 bytes behind the part that is the same for all.
fn openssh_kind(body: &str) -> Option<&str> {
    body.strip_prefix(PLAIN)?.get(..28)
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{masked, survives_damage};
    use super::*;

    /// `ssh-keygen -t ed25519 -N ''` of OpenSSH 9.2; behind the public key's algorithm the digits of a key are made up.
    fn private(digits: &str) -> String {
        format!(
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{PLAIN}AAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACD{digits}==\n\
            -----END OPENSSH PRIVATE KEY-----\n"
        )
    }
    const PUBLIC: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAqYb0xmVd0p7v root@b1946ac92492\n";

    fn of(path: &str, text: &str) -> Option<(&'static str, Vec<u8>)> {
        masked(path, text.as_bytes())
    }

    #[test]
    fn two_keys_of_one_kind_are_equal() {
        let host = "etc/ssh/ssh_host_ed25519_key";
        let (one, another) = (private("AOsDKVlqRsEesfltNJ/AJ"), private("BPsDKVlqRsEesfltNJ+AJ"));
        assert_eq!(of(host, &one).unwrap(), of(host, &another).unwrap());
        assert_eq!(of("home/app/.ssh/id_ed25519", &one), of(host, &one));
        let user = "root/.ssh/id_ed25519.pub";
        assert_eq!(
            of(user, PUBLIC).unwrap(),
            of(user, &PUBLIC.replace("AqYb", "BqYb").replace("b1946ac92492", "c2")).unwrap()
        );
        survives_damage(host, one.as_bytes());
        survives_damage(user, PUBLIC.as_bytes());
    }

    #[test]
    fn the_kind_the_length_and_whose_it_is_stay() {
        for changed in
            [PUBLIC.replace("root@", "app@"), PUBLIC.replace("AqYb", "AqYbAqYb"), PUBLIC.replace("ed25519", "rsa")]
        {
            assert_ne!(kind(&changed), kind(PUBLIC));
        }
        // `ssh-keygen -t rsa`, by the first of its digits; and a key under a passphrase.
        let private = private("AOsDKVlqRsEesfltNJ/AJ");
        let rsa = private.replace("AAAAMwAAAAtzc2gtZW", "AAABlwAAAAdzc2gtcn");
        assert!(kind(&rsa).is_some() && kind(&rsa) != kind(&private));
        assert_eq!(kind(&private.replace("ABG5vbmUAAAAE", "ACmFlczI1Ni1j")), None);
    }

    #[test]
    fn nothing_hides_beside_a_key() {
        let two = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".repeat(2);
        assert_eq!(kind(&two), None);
        assert_eq!(kind("ssh-ed25519 AAAA root@x command=\"sh\"\n"), None);
        assert_eq!(kind("command=\"sh\" ssh-ed25519 AAAA root@x\n"), None);
        assert_eq!(kind("#!/bin/sh\n"), None);
    }

    #[test]
    fn who_may_log_in_is_never_masked() {
        for path in [
            "root/.ssh/authorized_keys",
            "root/.ssh/known_hosts",
            "root/.ssh/config",
            "app/id_ed25519.pub",
            "etc/ssh/id_x",
        ] {
            assert_eq!(of(path, PUBLIC), None, "{path}");
        }
    }
}
