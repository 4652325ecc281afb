//! The logs of dpkg, apt and update-alternatives: every `2026-11-21 07:41:00` becomes zeros, all else stays.

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "log-dates",
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

#[expect(clippy::ptr_arg, reason = "masks share one signature; others change the length")]
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let (mut at, mut first) = (0, None);
    while at < bytes.len() {
        let rest = bytes.get_mut(at..).unwrap_or_default();
        let length = timestamp_length(rest);
        if length > 0 && first.is_none() {
            first = rest.get(..length).map(|time| Hidden::new("first time", visible_bytes(time)));
        }
        for byte in rest.iter_mut().take(length).filter(|byte| byte.is_ascii_digit()) {
            *byte = b'0';
        }
        at += length.max(1);
    }
    Some(first.into_iter().collect())
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
        assert!(apply(&mut bytes).is_some());
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

    #[test]
    fn an_extra_line_stays_visible() {
        let plain = "2026-11-21 07:52:11 startup archives unpack\n";
        let extra = format!("{plain}2026-11-21 07:52:11 install backdoor:amd64 <none> 1.0\n");
        assert_ne!(masked(plain), masked(&extra));
    }
}
