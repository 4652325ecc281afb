//! Names with their random and dated parts made stars.

/// `tmpab12cd34.log` as `tmp*.log`: the glob that names such a file in the next build too. `None` when nothing in the name
/// looks random or dated. Everything else is escaped.
#[must_use]
pub(super) fn generalised(name: &[u8]) -> Option<String> {
    let (mut glob, mut at, mut found) = (String::new(), 0, false);
    while at < name.len() {
        let rest = name.get(at..).unwrap_or_default();
        let is_start = at == 0 || !name.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
        let varying = if is_start { varying(rest) } else { 0 };
        if varying > 0 {
            found = true;
            if !glob.ends_with('*') {
                glob.push('*');
            }
            at += varying;
        } else {
            let length = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
            let length = length.map_or(1, char::len_utf8);
            escape(rest.get(..length).unwrap_or_default(), &mut glob);
            at += length;
        }
    }
    found.then_some(glob)
}

/// The glob that names exactly this path, which is relative to the root.
#[must_use]
pub(super) fn literal(path: &[u8]) -> String {
    let mut glob = String::with_capacity(path.len());
    escape(path, &mut glob);
    glob
}

/// What has a meaning in a glob gets a backslash, and what is not UTF-8 becomes a question mark: it stands for one byte.
fn escape(bytes: &[u8], glob: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
                glob.push('\\');
            }
            glob.push(character);
        }
        chunk.invalid().iter().for_each(|_| glob.push('?'));
    }
}

/// How many bytes, from the first, vary from build to build; 0 when they do not look so.
fn varying(rest: &[u8]) -> usize {
    let date = date(rest);
    if date > 0 {
        return date;
    }
    let uuid = uuid(rest);
    if uuid > 0 {
        return uuid;
    }
    let run = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let word = rest.get(..run).unwrap_or_default();
    if is_random(word) { run } else { 0 }
}

/// `2026-11-21`, `2026.11.21T07_41_00Z`: a year and at least a month and a day.
fn date(rest: &[u8]) -> usize {
    if !rest.starts_with(b"19") && !rest.starts_with(b"20") {
        return 0;
    }
    let (mut at, mut numbers) = (0, 0);
    while let Some(number) = rest.get(at..).map(|rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count()) {
        if number != if numbers == 0 { 4 } else { 2 } {
            break;
        }
        at += number;
        numbers += 1;
        let separates = rest.get(at).is_some_and(|byte| b"-_.:T".contains(byte));
        let goes_on = rest.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(separates && goes_on) {
            break;
        }
        at += 1;
    }
    if numbers < 3 {
        return 0;
    }
    // A separator that no number of two digits followed is the name's own.
    let end = rest.get(..at).unwrap_or_default().trim_ascii_end();
    let end = end.len() - usize::from(end.last().is_some_and(|byte| !byte.is_ascii_digit()));
    end + usize::from(rest.get(end) == Some(&b'Z'))
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12 (RFC 9562).
fn uuid(rest: &[u8]) -> usize {
    const LENGTH: usize = 36;
    let is_uuid = rest.get(..LENGTH).is_some_and(|text| {
        text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    });
    if is_uuid { LENGTH } else { 0 }
}

/// Digits of a time or a number that counts up, a digest, or letters and digits as a generator mixes them.
fn is_random(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = word.len() - digits;
    let is_hex = word.iter().all(u8::is_ascii_hexdigit);
    match word.len() {
        0..6 => false,
        _ if letters == 0 => true,
        8.. if is_hex && digits > 0 => true,
        // Python's tempfile, and mktemp.
        9.. if word.starts_with(b"tmp") => true,
        10.. => digits >= 3 && letters >= 3,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;

    use super::*;

    #[test]
    fn random_and_dated_parts_become_stars_and_nothing_else_does() {
        for (name, glob) in [
            ("tmpab12cd34.log", Some("*.log")),
            ("build-20261121.txt", Some("build-*.txt")),
            ("build_2026-11-21T07:41:00Z.txt", Some("build_*.txt")),
            ("report.2026.11.21.html", Some("report.*.html")),
            ("1732174860-index", Some("*-index")),
            ("4be7c1a0-11d2-4c8a-9f00-0123456789ab.json", Some("*.json")),
            ("main.3f2a9c81.js", Some("main.*.js")),
            ("9e107d9d372bb6826bd81d3542a419d6", Some("*")),
            ("libfoo.so.1.2.3", None),
            ("python3.11", None),
            ("cpython-311-x86_64-linux-gnu.so", None),
            ("v2026", None),
            ("deadbeef", None),
            ("README", None),
            ("sha256", None),
            ("a*[b]{c}", None),
        ] {
            assert_eq!(generalised(name.as_bytes()).as_deref(), glob, "{name}");
        }
    }

    #[test]
    fn a_literal_names_its_own_path_whatever_stands_in_it() {
        for name in [b"app/a*[b]{c,d}?\\!".as_slice(), b"app/caf\xc3\xa9 \xff\xfe", "app/漢".as_bytes(), b"app/\n"] {
            let glob = literal(name);
            let glob = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build().unwrap();
            let candidate = globset::Candidate::from_bytes(name);
            assert!(glob.compile_matcher().is_match_candidate(&candidate), "{name:?}");
            let other = globset::Candidate::from_bytes(b"app/other");
            assert!(!glob.compile_matcher().is_match_candidate(&other));
        }
    }
}
