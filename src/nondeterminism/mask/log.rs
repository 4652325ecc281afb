//! The logs of dpkg, apt and update-alternatives: every `2026-11-21 07:41:00` becomes zeros, and the fingerprint of a key
//! that openssh-server made when it was installed goes; all else stays.

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "log-dates",
    covers: "/var/log/dpkg.log, /var/log/alternatives.log, /var/log/apt/history.log, /var/log/apt/term.log",
    explanation: Explanation::Noise,
    cause: "the package manager logs when it ran",
    fix: "rm -f /var/log/dpkg.log /var/log/alternatives.log /var/log/apt/* in the same RUN",
    each_build: true,
    max_bytes: 8 << 20,
    matches,
    apply,
};

/// `0` stands for any digit; a space for one or more (apt writes two).
const PATTERN: &[u8] = b"0000-00-00 00:00:00";

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    matches!(
        path.as_bytes(),
        b"var/log/dpkg.log" | b"var/log/alternatives.log" | b"var/log/apt/history.log" | b"var/log/apt/term.log"
    )
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let time = blank_times(bytes).map(|time| Hidden::new("first time", time));
    let mut key = None;
    if bytes.windows(FINGERPRINT.len()).any(|part| part == FINGERPRINT) {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| match fingerprint(line) {
            Some(found) => {
                key.get_or_insert_with(|| Hidden::new("first fingerprint", visible_bytes(found.key)));
                [found.bits, FINGERPRINT, found.algorithm].concat()
            }
            None => line.to_vec(),
        });
        *bytes = lines.flatten().collect();
    }
    let hidden: Vec<Hidden> = time.into_iter().chain(key).collect();
    (!hidden.is_empty()).then_some(hidden)
}

/// Zeroes all dates, and tells the first.
fn blank_times(bytes: &mut [u8]) -> Option<String> {
    let (mut at, mut first) = (0, None);
    while at < bytes.len() {
        let rest = bytes.get_mut(at..)?;
        let length = timestamp_length(rest);
        if length > 0 && first.is_none() {
            first = rest.get(..length).map(visible_bytes);
        }
        for byte in rest.iter_mut().take(length).filter(|byte| byte.is_ascii_digit()) {
            *byte = b'0';
        }
        at += length.max(1);
    }
    first
}

const FINGERPRINT: &[u8] = b" SHA256:";

/// A line of `ssh-keygen -l`.
struct Fingerprint<'a> {
    bits: &'a [u8],
    /// The digest, and in whose name and on which host the key was made.
    key: &'a [u8],
    /// In brackets, to the line's end.
    algorithm: &'a [u8],
}

/// Takes `256 SHA256:<43 digits of base64> root@3f2a (ED25519)` apart; `None` for any other line.
fn fingerprint(line: &[u8]) -> Option<Fingerprint<'_>> {
    let (bits, rest) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
    let rest = rest.strip_prefix(FINGERPRINT)?;
    let (key, algorithm) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'(')?)?;
    let (digest, name) = key.split_at_checked(43)?;
    let name = name.strip_prefix(b" ")?.strip_suffix(b" ")?;
    let is_sound = bits.iter().all(u8::is_ascii_digit)
        && digest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"@.-_".contains(byte));
    is_sound.then_some(Fingerprint { bits, key, algorithm })
}

/// How many bytes at the start of `bytes` are a date and time; 0 when it does not start with one.
fn timestamp_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    for expected in PATTERN {
        match (expected, bytes.get(at)) {
            (b'0', Some(digit)) if digit.is_ascii_digit() => at += 1,
            (b' ', Some(b' ')) => at += bytes.iter().skip(at).take_while(|byte| **byte == b' ').take(2).count(),
            (literal, Some(byte)) if literal == byte && *literal != b'0' => at += 1,
            _ => return 0,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let _ = apply(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    // Lines from /var/log of a Debian 12 image.
    #[test]
    fn dates_of_all_four_logs_are_masked_and_nothing_else() {
        assert_eq!(
            masked("2026-11-21 07:52:11 install libexpat1:amd64 <none> 2.5.0-1+deb12u1\n"),
            "0000-00-00 00:00:00 install libexpat1:amd64 <none> 2.5.0-1+deb12u1\n"
        );
        assert_eq!(
            masked("Start-Date: 2026-11-21  07:52:10\nCommandline: apt-get install -y curl\n"),
            "Start-Date: 0000-00-00  00:00:00\nCommandline: apt-get install -y curl\n"
        );
        assert_eq!(
            masked("update-alternatives 2026-11-21 07:52:12: run with --install /usr/bin/pager pager /bin/more 50\n"),
            "update-alternatives 0000-00-00 00:00:00: run with --install /usr/bin/pager pager /bin/more 50\n"
        );
        assert_eq!(masked("tzdata 2026-11-2 1:2 100%"), "tzdata 2026-11-2 1:2 100%");
    }

    // Lines of term.log after `apt-get install openssh-server`.
    #[test]
    fn the_fingerprint_of_a_key_that_was_made_goes() {
        let line = "256 SHA256:0kTc5bZ6yE8mH1cYl7Yw1bB0i8n2kVt5x3dQyq9mF4U root@3f2a9c (ED25519)\n";
        let other = "256 SHA256:AAAA5bZ6yE8mH1cYl7Yw1bB0i8n2kVt5x3dQyq9mF4U root@b0b1b2 (ED25519)\n";
        assert_eq!(masked(line), masked(other));
        for real in
            [other.replace("256 ", "512 "), other.replace("ED25519", "RSA"), other.replace("(ED", "; rm -rf (ED")]
        {
            assert_ne!(masked(line), masked(&real));
        }
        assert_eq!(masked(&other.replace("root@b0b1b2", "$(id)")), other.replace("root@b0b1b2", "$(id)"));
    }

    #[test]
    fn an_extra_line_stays_visible() {
        let plain = "2026-11-21 07:52:11 startup archives unpack\n";
        let extra = format!("{plain}2026-11-21 07:52:11 install backdoor:amd64 <none> 1.0\n");
        assert_ne!(masked(plain), masked(&extra));
    }
}
