//! Reflogs of git (`logs/HEAD`, `logs/refs/**`): when a branch was moved. Between which commits, by whom and why stays.

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "git-log-times",
    covers: ".git/logs/**",
    explanation: Explanation::Noise,
    cause: "git logs when it cloned or checked out",
    fix: "leave .git out of the image: list it in .dockerignore, or rm -rf it in the RUN that cloned",
    each_build: true,
    max_bytes: 1 << 20,
    matches,
    apply,
};

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    let mut above: &[u8] = b"";
    path.as_bytes().split(|byte| *byte == b'/').any(|part| {
        let is_log = part == b"logs" && above.ends_with(b".git");
        above = part;
        is_log
    })
}

/// `None` when a line is none of a reflog.
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut canonical = Vec::with_capacity(bytes.len());
    let mut first = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (who, time, message) = parts(line)?;
        first.get_or_insert_with(|| Hidden::new("first time", visible_bytes(time)));
        canonical.extend_from_slice(who);
        canonical.extend_from_slice(message);
    }
    *bytes = canonical;
    first.map(|row| vec![row])
}

/// What is before the time, the time with its zone, and what follows, of
/// `<old id> <new id> Name <mail> 1795281360 +0000\tmessage`.
fn parts(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let is_id = |id: &[u8]| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    if !is_id(words.next()?) || !is_id(words.next()?) {
        return None;
    }
    let mail = line.windows(2).position(|pair| pair == b"> ")? + 2;
    let (who, rest) = line.split_at_checked(mail)?;
    let end = rest.iter().position(|byte| matches!(byte, b'\t' | b'\n')).unwrap_or(rest.len());
    let (time, message) = rest.split_at_checked(end)?;
    let (seconds, zone) = time.split_at_checked(time.iter().position(|byte| *byte == b' ')?)?;
    let is_time = (1..=11).contains(&seconds.len()) && seconds.iter().all(u8::is_ascii_digit);
    let is_zone =
        matches!(zone, [b' ', b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit));
    (is_time && is_zone).then_some((who, time, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    /// `.git/logs/HEAD` after a clone with git 2.39.
    const REAL: &str = "0000000000000000000000000000000000000000 b5e5bd5c1f1ab3a2f4e1d1fc0a9ea3b0f4a37f1c \
        Builder <builder@example.com> 1795281360 +0000\tclone: from /srv/seed.git\n";

    fn of(text: &str) -> Option<Vec<u8>> {
        masked("srv/app/.git/logs/HEAD", text.as_bytes()).map(|(_, left)| left)
    }

    #[test]
    fn another_time_is_equal_and_everything_else_stays() {
        assert_eq!(of(REAL).unwrap(), of(&REAL.replace("1795281360 +0000", "1795288888 +0100")).unwrap());
        assert_eq!(hidden("srv/shared.git/logs/refs/heads/main", REAL.as_bytes()), ["first time 1795281360 +0000"]);
        for (from, to) in [("b5e5", "b5e6"), ("Builder", "Mallory"), ("seed.git", "evil.git"), ("\n", "\n\n")] {
            assert_ne!(of(REAL), of(&REAL.replacen(from, to, 1)), "{to}");
        }
        assert_eq!(of(&REAL.replace("1795281360", "$(id)")), None);
        survives_damage("a/.git/logs/HEAD", REAL.as_bytes());
    }

    #[test]
    fn other_logs_are_not_reflogs() {
        for path in ["var/logs/HEAD", "srv/git/logs/HEAD", "srv/.git/hooks/logs"] {
            assert_eq!(masked(path, REAL.as_bytes()), None, "{path}");
        }
    }
}
