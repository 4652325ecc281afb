//! Keys that packages make when they are installed: openssh-server's host keys, ssl-cert's snakeoil certificate.

use super::super::sha256;
use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "baked-key",
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
        path => path
            .strip_prefix(b"etc/ssh/ssh_host_")
            .is_some_and(|rest| rest.ends_with(b"_key") || rest.ends_with(b"_key.pub")),
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
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let is_base64 = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    match lines.as_slice() {
        [public] => {
            let mut words = public.split(' ');
            let (algorithm, key) = (words.next()?, words.next()?);
            let known = algorithm.starts_with("ssh-") || algorithm.starts_with("ecdsa-");
            (known && is_base64(key) && words.count() <= 1).then(|| algorithm.to_owned())
        }
        [begin, body @ .., end] => {
            let label = begin.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
            let closed = *end == format!("-----END {label}-----");
            (closed && body.iter().all(|line| is_base64(line))).then(|| label.to_owned())
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_masked_to_its_kind() {
        // Written by ssh-keygen of OpenSSH 9.2 for a host, and a private key cut short.
        let public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAqYb0xmVd0p7v root@b1946ac92492\n";
        assert_eq!(kind(public).as_deref(), Some("ssh-ed25519"));
        let private =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
        assert_eq!(kind(private).as_deref(), Some("OPENSSH PRIVATE KEY"));
    }

    #[test]
    fn nothing_hides_beside_a_key() {
        let two = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".repeat(2);
        assert_eq!(kind(&two), None);
        assert_eq!(kind("ssh-ed25519 AAAA root@x command=\"sh\"\n"), None);
        assert_eq!(kind("#!/bin/sh\n"), None);
    }
}
