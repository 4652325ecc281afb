//! Where the secrets of a text are.

use super::{HIDDEN, is_secret};
use crate::model::text::without_build_arguments;

/// One secret: what it is called, and the bytes of the text that hold it.
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The user parts of URLs (RFC 3986, 3.2.1), each named by its host.
pub(super) fn users(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let start = at + mark.len();
        let rest = text.get(start..).unwrap_or_default();
        let authority = rest.split(|sign: char| is_behind_url(sign) || "/\\".contains(sign)).next().unwrap_or_default();
        let user = authority.rfind('@').or_else(|| has_odd_port(authority).then(|| last_at(rest)).flatten());
        let Some((user, behind)) = user.and_then(|end| rest.split_at_checked(end)) else { continue };
        if !matches!(user, "" | "git" | HIDDEN) {
            let is_end = |sign: char| is_behind_url(sign) || "/\\?#".contains(sign);
            let host = behind.trim_start_matches('@').split(is_end).next().unwrap_or_default();
            found.push(Found { name: host, start, end: start + user.len() });
        }
    }
    found
}

fn is_behind_url(sign: char) -> bool {
    sign.is_whitespace() || "\"'`<>".contains(sign)
}

/// Whether what follows the colon is no port: a password with a slash in it, then.
fn has_odd_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !port.bytes().all(|byte| byte.is_ascii_digit()) && !port.contains(['$', '{', ']'])
}

/// The last `@` of a URL.
fn last_at(rest: &str) -> Option<usize> {
    /// Characters of a user part that are looked at.
    const MOST: usize = 256;
    let url = rest.char_indices().take(MOST).take_while(|(_, sign)| !is_behind_url(*sign));
    url.filter(|(_, sign)| *sign == '@').last().map(|(at, _)| at)
}

/// The values that are given to secret names.
pub(super) fn assignments(text: &str) -> Vec<Found<'_>> {
    let mut scan = Scan::new(text);
    let mut quotations = quotations(text).into_iter().peekable();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = scan.next_name(at) {
        let end = scan.skip(start, is_of_name);
        at = end;
        while quotations.next_if(|(_, close)| *close < start).is_some() {}
        scan.quoted = quotations.peek().filter(|(open, _)| *open < start).map_or(text.len(), |(_, close)| *close);
        if let Some(secret) = scan.secret(start, end) {
            at = secret.end.max(end);
            found.push(secret);
        }
    }
    found
}

/// A text and what its beginning says of the rest.
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Values reach up to here, as there is nothing between them that tells where one ends: build arguments as both
    /// builders write them before a command, and all of an `ENV`, `ARG` or `LABEL`.
    unquoted: usize,
    /// Where the quotation ends that the name is in; the text's end where it is in none.
    quoted: usize,
}

/// Where each quotation of a text opens and closes, by a shell's rules.
fn quotations(text: &str) -> Vec<(usize, usize)> {
    let (mut found, mut open, mut escaped) = (Vec::new(), None, false);
    for (at, byte) in text.bytes().enumerate() {
        match (open, byte) {
            _ if escaped => escaped = false,
            (None | Some((_, b'"')), b'\\') => escaped = true,
            (Some((start, mark)), _) if byte == mark => {
                found.push((start, at));
                open = None;
            }
            (None, b'"' | b'\'') => open = Some((at, byte)),
            _ => {}
        }
    }
    found
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        let unquoted = match instruction(text) {
            "ENV" | "ARG" | "LABEL" => text.len(),
            _ => behind_build_arguments(text),
        };
        Self { text, bytes: text.as_bytes(), unquoted, quoted: text.len() }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The first place from `at` that does not hold.
    fn skip(&self, at: usize, holds: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| !holds(*byte)).unwrap_or(rest.len())
    }

    fn next_name(&self, at: usize) -> Option<usize> {
        let start = self.skip(at, |byte| !is_of_name(byte));
        (start < self.bytes.len()).then_some(start)
    }

    /// The secret that follows the name at these places.
    fn secret(&self, start: usize, end: usize) -> Option<Found<'a>> {
        let name = self.text.get(start..end)?.trim_start_matches(['-', '.']);
        let before = self.text.get(..start)?;
        let (start, end) = if before.ends_with("${") {
            self.default_of(start)?
        } else if before.ends_with(['/', '$']) || !is_secret(name) {
            // A path, or what stands for a value.
            return None;
        } else {
            self.value(start, end, before)?
        };
        let value = self.text.get(start..end)?;
        (!value.is_empty() && !is_reference(value)).then_some(Found { name, start, end })
    }

    /// The value that a shell takes where a variable has none: `${NAME:-VALUE}`.
    fn default_of(&self, start: usize) -> Option<(usize, usize)> {
        let end = self.skip(start, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let sign = self.skip(end, |byte| byte == b':');
        let is_default = matches!(self.byte(sign), Some(b'-' | b'=' | b'+' | b'?'));
        (is_default && is_secret(self.text.get(start..end)?)).then(|| (sign + 1, self.find(sign + 1, "}")))
    }

    fn value(&self, start: usize, end: usize, before: &str) -> Option<(usize, usize)> {
        let quote = Quote::ending(before);
        // The name alone may be quoted, as JSON's keys are.
        let closed = quote.as_ref().filter(|quote| self.text.get(end..).is_some_and(|rest| rest.starts_with(quote.0)));
        let behind = closed.map_or(end, |quote| end + quote.0.len());
        let next = self.skip(behind, |byte| byte == b' ' || byte == b'\t');
        let is_apart = next > behind;
        let is_option = self.byte(start) == Some(b'-');
        let first = match self.byte(next)? {
            b'=' if matches!(self.byte(next + 1), Some(b'=' | b'~')) => return None,
            b'=' if is_apart => self.skip(next + 1, |byte| byte == b' '),
            b'=' => next + 1,
            b':' if closed.is_some() || matches!(self.byte(next + 1), Some(b' ' | b'\t' | b'"' | b'\'')) => {
                self.skip(next + 1, |byte| byte == b' ' || byte == b'\t')
            }
            b',' if is_option && closed.is_some() => self.skip(next + 1, |byte| byte == b' '),
            // `ENV NAME VALUE`, the older form.
            _ if is_apart && next < self.unquoted && before.trim_end().ends_with("ENV") => next,
            b'-' | b',' => return None,
            _ if is_apart && is_option && takes_value(self.text.get(start..end)?) => next,
            _ => return None,
        };
        if first < self.unquoted {
            return Some((first, self.unquoted));
        }
        let end = match quote {
            Some(_) if closed.is_some() => self.end_of_item(first),
            Some(quote) if !is_script(before, quote.0) => self.end_in(first, &quote),
            quote => self.end_of_word(first, quote.as_ref()),
        };
        Some((first, end))
    }

    /// Where a value of JSON ends.
    fn end_of_item(&self, first: usize) -> usize {
        match self.text.get(first..).map(Quote::starting) {
            Some(Ok(quote)) => self.close(first + quote.0.len(), &quote) + quote.0.len(),
            _ => self.skip(first, |byte| !byte.is_ascii_whitespace() && !b",]}".contains(&byte)),
        }
    }

    /// Where a quoted text ends that begins with the name. What a shell would run after it is no part of the value.
    fn end_in(&self, first: usize, quote: &Quote<'_>) -> usize {
        let end = self.close(first, quote);
        let text = self.text.get(first..end).unwrap_or_default();
        let next = ["; ", " && ", " || ", " | "].iter().filter_map(|sign| text.find(sign)).min();
        next.map_or(end, |length| first + length)
    }

    /// Where a shell's word ends, within a text that `outer` may quote.
    fn end_of_word(&self, first: usize, outer: Option<&Quote<'_>>) -> usize {
        // A quotation that ends before the value or where it begins is not around it.
        let limit = if self.quoted > first { self.quoted } else { self.bytes.len() };
        let mut at = first;
        while let Some(byte) = self.byte(at) {
            let rest = self.text.get(at..).unwrap_or_default();
            let outer_ends = outer.is_some_and(|outer| rest.starts_with(outer.0));
            match byte {
                _ if at >= limit || outer_ends => return at,
                _ if byte.is_ascii_whitespace() || b";&|<>".contains(&byte) => return at,
                b'"' | b'\'' | b'`' | b'\\' => match Quote::starting(rest) {
                    Ok(quote) => {
                        let close = self.close(at + quote.0.len(), &quote);
                        match close >= limit {
                            true if at > first => return at,
                            true => return limit,
                            false => at = close + quote.0.len(),
                        }
                    }
                    Err(length) => at += length,
                },
                b'$' if self.byte(at + 1) == Some(b'(') => at = self.behind_parenthesis(at + 1),
                _ => at += 1,
            }
        }
        limit
    }

    /// Where the quote ends whose text begins at `at`; the text's end where it does not.
    fn close(&self, mut at: usize, quote: &Quote<'_>) -> usize {
        loop {
            let found = self.find(at, quote.0);
            let slashes = self.text.get(at..found).map_or(0, |text| text.len() - text.trim_end_matches('\\').len());
            // A backslash before it makes it a part of the text, unless that is one itself.
            if quote.0 != "\"" || slashes % 2 == 0 || found >= self.bytes.len() {
                return found;
            }
            at = found + 1;
        }
    }

    fn find(&self, at: usize, what: &str) -> usize {
        self.text.get(at..).and_then(|rest| rest.find(what)).map_or(self.bytes.len(), |length| at + length)
    }

    fn behind_parenthesis(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        for (at, byte) in self.bytes.iter().enumerate().skip(start) {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => return at + 1,
                b')' => depth -= 1,
                _ => {}
            }
        }
        self.bytes.len()
    }
}

/// A quotation mark with the backslashes before it, which a text within a text has.
struct Quote<'a>(&'a str);

impl<'a> Quote<'a> {
    /// The one that a text starts with; else how long what its backslashes escape is, with them.
    fn starting(text: &'a str) -> Result<Self, usize> {
        let escaped = text.trim_start_matches('\\');
        let slashes = text.len() - escaped.len();
        let next = escaped.chars().next();
        let length = slashes + next.map_or(0, char::len_utf8);
        let is_mark = matches!(next, Some('"' | '\'' | '`'));
        text.get(..length).filter(|_| is_mark).map(Self).ok_or(length)
    }

    /// The one that a text ends with.
    fn ending(text: &'a str) -> Option<Self> {
        let inner = text.strip_suffix(['"', '\''])?;
        text.get(inner.trim_end_matches('\\').len()..).map(Self)
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The keyword of a Dockerfile's instruction that the text is, behind what builders put before it.
fn instruction(text: &str) -> &str {
    let text = text.trim_start();
    let text = text
        .split_once("#(nop) ")
        .filter(|(shell, _)| !shell.contains(['&', ';', '\n']))
        .map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    match words.next() {
        Some("ONBUILD") => words.next(),
        first => first,
    }
    .unwrap_or_default()
}

/// Where the command begins behind `|N NAME=VALUE ...`; 0 without build arguments, the end where no shell tells.
fn behind_build_arguments(text: &str) -> usize {
    let trimmed = text.trim_start();
    let arguments = trimmed.strip_prefix("RUN ").map_or(trimmed, str::trim_start);
    let command = without_build_arguments(arguments);
    match arguments.strip_prefix('|') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => {
            // A space stands between the arguments and the shell.
            if command.len() == arguments.len() { text.len() } else { text.len() - command.len() - 1 }
        }
        _ => 0,
    }
}

/// Whether a quoted text is one for a shell: it follows `-c`, `-ec` or `CMD-SHELL`.
fn is_script(before: &str, quote: &str) -> bool {
    let before = before.strip_suffix(quote).unwrap_or(before).trim_end_matches(['$', ' ', '\\', ',', '"', '\'']);
    let word = before.rsplit([' ', '"', '\'', ',', '\t']).next().unwrap_or_default();
    word == "CMD-SHELL" || word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

/// Whether the word behind an option is its value: `--password-stdin` and `--token-file` have none, or a path.
fn takes_value(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    !option.ends_with("-stdin") && !option.ends_with("-file")
}

/// Whether it only says where the value comes from: `$NAME`, `"${NAME}"`. What is hidden stays so.
fn is_reference(value: &str) -> bool {
    let value = value.trim().trim_matches('"');
    let name = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| value.strip_prefix('$'));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    value == HIDDEN || name.is_some_and(is_name)
}
