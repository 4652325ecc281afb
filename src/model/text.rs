//! Text from an image, made safe to show: what would drive a terminal or mislead a reader becomes visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with control characters, bidi marks, invisible format characters and line separators written as escapes.
/// A backslash stays as it is: Debian ships names such as `system-systemd\x2dcryptsetup.slice`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push_visible(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// As [`visible`], for bytes: those that are not UTF-8 become `\xNN`.
#[must_use]
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_visible(&mut shown, character);
        }
        for byte in chunk.invalid() {
            push_escape(&mut shown, format_args!("\\x{byte:02x}"));
        }
    }
    shown
}

/// As [`visible`], but newlines and tabs stay: for file contents and instructions shown on several lines.
#[must_use]
pub fn visible_multiline(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            other => push_visible(&mut shown, other),
        }
    }
    shown
}

fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\t' => shown.push_str("\\t"),
        '\r' => shown.push_str("\\r"),
        unsafe_one if is_unsafe(unsafe_one) => {
            let code = u32::from(unsafe_one);
            if code < 0x80 {
                push_escape(shown, format_args!("\\x{code:02x}"));
            } else {
                push_escape(shown, format_args!("\\u{{{code:x}}}"));
            }
        }
        plain => shown.push(plain),
    }
}

fn push_escape(shown: &mut String, escape: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = shown.write_fmt(escape);
}

/// Whether a character would drive a terminal or mislead a reader: control characters (C0, DEL, C1), bidi controls, zero-width and other invisible format characters,
/// line and paragraph separators, tags.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// An instruction of the history as a Dockerfile has it: without what builders put around it, build arguments too. Safe to
/// show; its secrets are hidden where it enters a report (`secret`).
#[must_use]
pub fn instruction(created_by: &str) -> String {
    let text = visible(created_by.trim());
    let text = text.strip_prefix("/bin/sh -c #(nop)").map_or(text.as_ref(), str::trim_start);
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
    let command = without_build_arguments(text.strip_prefix("RUN ").unwrap_or(text));
    let words = match command.strip_prefix("/bin/sh -c ") {
        Some(command) => format!("RUN {command}"),
        None if text.starts_with("RUN ") => format!("RUN {command}"),
        None => command.to_owned(),
    };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What follows `|N NAME=VALUE ...`, the build arguments that both builders put before a command. Values may hold spaces,
/// so the shell is looked for; without one the text stays.
#[must_use]
pub fn without_build_arguments(text: &str) -> &str {
    const SHELLS: [&str; 3] = [" /bin/sh -c ", " /bin/bash ", " /bin/ash "];
    if !text.strip_prefix('|').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) {
        return text;
    }
    let start = SHELLS.iter().filter_map(|shell| text.find(shell)).min();
    start.and_then(|start| text.get(start + 1..)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed_and_backslashes_stay() {
        assert!(matches!(visible("dev-disk\\x2dby.swap é 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_bidi_and_controls_become_visible() {
        assert_eq!(visible("a\x1b[31mb\u{9b}c\u{202e}d"), "a\\x1b[31mb\\u{9b}c\\u{202e}d");
        assert_eq!(visible_bytes(b"\xff\n"), "\\xff\\n");
        assert_eq!(visible_multiline("a\n\tb\r\x07"), "a\n\tb\\r\\x07");
    }

    #[test]
    fn instructions_lose_what_builders_put_around_them() {
        for (created_by, shown) in [
            ("/bin/sh -c #(nop) ADD file:7c in / ", "ADD file:7c in /"),
            ("RUN /bin/sh -c apt-get  update # buildkit", "RUN apt-get update"),
            ("/bin/sh -c make", "RUN make"),
            ("COPY a b # buildkit", "COPY a b"),
            ("|2 TOKEN=secret words URL=https://me:secret@h/ /bin/sh -c make", "RUN make"),
            ("RUN |1 TOKEN=secret /bin/sh -c make # buildkit", "RUN make"),
            ("RUN |1 TOKEN=secret /bin/bash -o pipefail -c make # buildkit", "RUN /bin/bash -o pipefail -c make"),
        ] {
            assert_eq!(instruction(created_by), shown);
        }
    }
}
