//! The identifiers of a Python source: what stands in comments and strings is left out, what stands in the braces of an
//! f-string is not ("Lexical analysis" of the language reference; 3.12 and PEP 701 for strings within such braces).

use super::{MAX_WORDS, Word, word};

/// Braces within strings within braces beyond which the source is taken as mere text.
const MAX_DEPTH: usize = 100;

/// All identifiers and keywords, some of them more than once. Of a source that is lexed to no good end (Python 2, a
/// template, another encoding) all words, those of comments and strings too: more words only make less of a claim.
pub(super) fn identifiers(source: &[u8]) -> Vec<Word> {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let mut lexer = Lexer { source, at: 0, within: Vec::new(), words: Words::default() };
    match lexer.run() {
        Some(()) => lexer.words.into_list(),
        None => all_words(source),
    }
}

fn all_words(source: &[u8]) -> Vec<Word> {
    let mut words = Words::default();
    source.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty()).for_each(|word| words.add(word));
    words.into_list()
}

/// Words, from time to time freed of repetitions so that they stay few.
#[derive(Default)]
struct Words {
    list: Vec<Word>,
    sorted: usize,
}

impl Words {
    fn add(&mut self, name: &[u8]) {
        self.list.push(word(name));
        if self.list.len() >= (2 * self.sorted).max(MAX_WORDS) {
            self.list.sort_unstable();
            self.list.dedup();
            self.sorted = self.list.len();
        }
    }

    fn into_list(self) -> Vec<Word> {
        self.list
    }
}

/// What the lexer is inside of, beside code.
#[derive(Clone, Copy)]
enum Within {
    /// The text of an f-string.
    Text(Quotes),
    /// The braces of one, and how many brackets are open in there.
    Braces { brackets: usize },
    /// What follows a colon in such braces.
    Format,
}

#[derive(Clone, Copy)]
struct Quotes {
    quote: u8,
    is_triple: bool,
    is_raw: bool,
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    within: Vec<Within>,
    words: Words,
}

impl Lexer<'_> {
    /// `None` where a string or a brace does not end.
    fn run(&mut self) -> Option<()> {
        while let Some(byte) = self.peek(0) {
            match self.within.last().copied() {
                None => self.code(byte, None)?,
                Some(Within::Braces { brackets }) => self.code(byte, Some(brackets))?,
                Some(Within::Text(quotes)) => self.text(byte, quotes)?,
                Some(Within::Format) => self.format(byte)?,
            }
        }
        self.within.is_empty().then_some(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    /// One token of code, or a bracket of it inside an f-string's braces.
    fn code(&mut self, byte: u8, brackets: Option<usize>) -> Option<()> {
        match (byte, brackets) {
            (b'#', _) => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
            (b'"' | b'\'', _) => self.string(b"")?,
            (b'0'..=b'9', _) => self.skip_while(is_word),
            (byte, _) if is_word(byte) => self.word()?,
            (b'}', Some(0)) => self.leave(),
            (b':', Some(0)) => self.enter(Within::Format)?,
            (b'(' | b'[' | b'{', Some(open)) => self.count(open + 1),
            (b')' | b']' | b'}', Some(open)) => self.count(open.checked_sub(1)?),
            _ => self.at += 1,
        }
        Some(())
    }

    fn skip_while(&mut self, holds: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&holds) {
            self.at += 1;
        }
    }

    /// An identifier, or a string with a prefix.
    fn word(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_while(is_word);
        let word = self.source.get(start..self.at)?;
        let prefix = word.to_ascii_lowercase();
        let is_prefix = matches!(
            prefix.as_slice(),
            b"r" | b"u" | b"b" | b"f" | b"t" | b"br" | b"rb" | b"fr" | b"rf" | b"tr" | b"rt"
        );
        if is_prefix && matches!(self.peek(0), Some(b'"' | b'\'')) {
            return self.string(&prefix);
        }
        self.words.add(word);
        Some(())
    }

    /// A string from its quotes on: to its end, or into the text of one with braces.
    fn string(&mut self, prefix: &[u8]) -> Option<()> {
        let quote = self.peek(0)?;
        let is_triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let quotes = Quotes { quote, is_triple, is_raw: prefix.contains(&b'r') };
        self.at += if is_triple { 3 } else { 1 };
        if prefix.iter().any(|letter| matches!(letter, b'f' | b't')) {
            self.within.push(Within::Text(quotes));
            return (self.within.len() <= MAX_DEPTH).then_some(());
        }
        while !self.closes(quotes) {
            match self.peek(0)? {
                b'\\' => self.at += 2,
                b'\n' if !is_triple => return None,
                _ => self.at += 1,
            }
        }
        Some(())
    }

    /// Whether the string ends here; then it is left behind.
    fn closes(&mut self, quotes: Quotes) -> bool {
        let length = if quotes.is_triple { 3 } else { 1 };
        let ends = (0..length).all(|ahead| self.peek(ahead) == Some(quotes.quote));
        if ends {
            self.at += length;
        }
        ends
    }

    fn text(&mut self, byte: u8, quotes: Quotes) -> Option<()> {
        if self.closes(quotes) {
            self.within.pop();
            return Some(());
        }
        match (byte, self.peek(1)) {
            // A name of a character, whose braces are none.
            (b'\\', Some(b'N')) if !quotes.is_raw && self.peek(2) == Some(b'{') => self.skip_while(|byte| byte != b'}'),
            (b'\\', Some(b'{' | b'}')) => self.at += 1,
            (b'\\', _) | (b'{', Some(b'{')) | (b'}', Some(b'}')) => self.at += 2,
            (b'{', _) => self.enter(Within::Braces { brackets: 0 })?,
            (b'\n', _) if !quotes.is_triple => return None,
            _ => self.at += 1,
        }
        Some(())
    }

    fn format(&mut self, byte: u8) -> Option<()> {
        match byte {
            b'{' => self.enter(Within::Braces { brackets: 0 })?,
            b'}' => {
                self.within.pop();
                self.leave();
            }
            _ => self.at += 1,
        }
        Some(())
    }

    fn enter(&mut self, within: Within) -> Option<()> {
        self.at += 1;
        self.within.push(within);
        (self.within.len() <= MAX_DEPTH).then_some(())
    }

    fn leave(&mut self) {
        self.at += 1;
        self.within.pop();
    }

    fn count(&mut self, brackets: usize) {
        self.at += 1;
        if let Some(last) = self.within.last_mut() {
            *last = Within::Braces { brackets };
        }
    }
}

/// Beyond ASCII nearly all that may stand outside strings is part of an identifier.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which of the words are identifiers of the source.
    fn found<'w>(source: &str, words: &[&'w str]) -> Vec<&'w str> {
        let identifiers = identifiers(source.as_bytes());
        words.iter().copied().filter(|name| identifiers.contains(&word(name.as_bytes()))).collect()
    }

    #[test]
    fn comments_and_strings_have_no_identifiers() {
        let source =
            "a = 'b' # c\n\"\"\"d\n' e\"\"\"\nf = r'\\' # g'\nh(b'i' \"j\\\"k\", 0x1F, 1if l else m)\n'n\\\no'\n";
        let words: Vec<String> = ('a'..='o').map(String::from).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(found(source, &words), ["a", "f", "h", "l", "m"]);
    }

    #[test]
    fn braces_of_an_f_string_hold_code() {
        let words = ["a", "b", "c", "d", "e", "g"];
        for (source, expected) in [
            ("f'a {b} {{c}}'", &["b"][..]),
            ("f'{a[\"b\"] + c.d:>{e}} g'", &["a", "c", "d", "e"]),
            ("f\"{a[\"b\"] + c:'^10} d\"", &["a", "c"]),
            ("f'{(lambda a: b)(c)!r}' + d", &["a", "b", "c", "d"]),
            ("f'{ {a: b}[c] } d'", &["a", "b", "c"]),
            ("rf'\\{a}' f'\\{b}' f'\\N{DASH} {c}'", &["a", "b", "c"]),
            ("f'''a\n{b}\n{f\"{c} d\"}'''", &["b", "c"]),
            ("f'{a:%Y-%m \"d}' + e", &["a", "e"]),
            ("t'a {b}' + Rb'c'", &["b"]),
        ] {
            assert_eq!(found(source, &words), expected, "{source}");
        }
    }

    #[test]
    fn a_source_that_does_not_end_well_counts_with_all_its_words() {
        for source in ["a = 'b\nc = 1 # d", "f'{a} {b' # c\nd", "a \"\"\" b # c\n d"] {
            assert_eq!(found(source, &["a", "b", "c", "d"]), ["a", "b", "c", "d"], "{source}");
        }
        assert_eq!(found(&format!("{}a", "f'{".repeat(1000)), &["a"]), ["a"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_word() {
        assert_eq!(found("\u{feff}import os", &["import", "os"]), ["import", "os"]);
    }

    #[test]
    fn repetitions_take_no_memory() {
        let names: Vec<String> = (0..1000).map(|number| format!("n{number}")).collect();
        let source = names.join(" ").repeat(1000);
        assert!(identifiers(source.as_bytes()).len() < 2 * MAX_WORDS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(prop::sample::select(b"f'\"{}:\\\n#a(N\xc3".to_vec()), 0..64)) {
            identifiers(&bytes);
        }
    }
}
