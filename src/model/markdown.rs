//! Text from an image made inert in Markdown as GitHub reads it: whatever it holds, it is shown and does nothing.
//!
//! A code span is the one place where GitHub looks for no markup, HTML, link, mention, issue number or emoji. So what an
//! image says stands in one, unless it is plainly words.

use super::text::visible;

/// `text` in a code span, cut to `limit` characters. Nothing for an empty text, which has no code span.
#[must_use]
pub fn code(text: &str, limit: usize) -> String {
    let shown = cut(&visible(text), limit);
    if shown.is_empty() {
        return shown;
    }
    let fence = "`".repeat(longest_run_of_backticks(&shown) + 1);
    // A space on each side is taken away again by the reader (CommonMark, "Code spans"); with none, a backtick at the
    // edge would lengthen the fence, and a space on both edges would be lost.
    let starts = shown.starts_with(['`', ' ']);
    let ends = shown.ends_with(['`', ' ']);
    let pad = if starts || ends { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A sentence: as it is where it can be read as nothing but words, else as [`code`].
#[must_use]
pub fn prose(text: &str, limit: usize) -> String {
    if is_words(text) { cut(text, limit) } else { code(text, limit) }
}

/// A row of a table. A pipe ends a cell even within a code span, unless a backslash stands before it, which the reader
/// takes away (GFM, "Tables").
#[must_use]
pub fn row<const N: usize>(cells: [String; N]) -> String {
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// Whether nothing in `text` can be markup, a link, a mention, a reference or an emoji, anywhere but at the start of a line.
fn is_words(text: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " ,.;:'\"()-+/=%".contains(character);
    // `:tada:` is an emoji, `http:` starts a link, `deb:libc6` is a name.
    let has_glued_colon = text.split(':').skip(1).any(|after| !after.is_empty() && !after.starts_with(' '));
    text.chars().all(is_plain) && !has_glued_colon && !text.to_ascii_lowercase().contains("www.")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Names that have misled or driven some reader of Markdown.
#[cfg(test)]
pub(crate) const HOSTILE: &[&str] = &[
    "@everyone",
    "#1 GH-2 octo/cat#3",
    "</details></code><script>alert(1)</script>",
    "<!-- hidden",
    "``",
    "`",
    "a``` b ` c",
    "![](http://x)",
    "[x](javascript:alert(1))",
    "[x]: http://x",
    "http://x.example/ www.x.example me@x.example",
    "a|b\\|c\\\\|d|",
    "| --- | --- |",
    "**b** _i_ ~~s~~ $x$ :tada: &lt; &#64;",
    "\n\n# heading\n\n- item\r\n> quote\n```\nfence",
    "\\",
    "\\`",
    " padded ",
    "   ",
    "\u{202e}txt.exe\u{200b}\u{1b}[2J",
    "$`math`$",
];

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    /// What a reader of GitHub's Markdown makes of it.
    fn events(markdown: &str) -> Vec<Event<'_>> {
        Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect()
    }

    fn cells_of(markdown: &str) -> Vec<Vec<String>> {
        let mut cells: Vec<Vec<String>> = Vec::new();
        for event in events(markdown) {
            match event {
                Event::Start(Tag::TableCell) => cells.push(Vec::new()),
                Event::Code(code) => cells.last_mut().unwrap().push(code.to_string()),
                Event::Text(text) => panic!("{text:?} is not in a code span of {markdown:?}"),
                _ => {}
            }
        }
        cells
    }

    #[test]
    fn a_code_span_holds_any_text_and_nothing_else_comes_of_it() {
        for hostile in HOSTILE {
            let markdown = format!("x {} y", code(hostile, 500));
            let [Event::Start(_), Event::Text(_), Event::Code(shown), Event::Text(_), Event::End(_)] =
                &events(&markdown)[..]
            else {
                panic!("{markdown:?}: {:?}", events(&markdown))
            };
            let expected = visible(hostile);
            // A code span of nothing but spaces keeps the padding.
            assert!(**shown == *expected || shown.trim().is_empty() && expected.trim().is_empty(), "{markdown:?}");
        }
    }

    #[test]
    fn a_table_keeps_its_cells_whatever_is_in_them() {
        for hostile in HOSTILE {
            let table = [
                row(["a".to_owned(), "b".to_owned()].map(|head| code(&head, 9))),
                row(["---".to_owned(), "---".to_owned()]),
                row([code(hostile, 500), code("next", 9)]),
            ];
            let cells = cells_of(&table.concat());
            assert_eq!(cells.len(), 4, "{hostile:?}");
            assert_eq!(cells[3], ["next"], "{hostile:?}");
            assert_eq!(cells[2].len(), 1, "{hostile:?}");
            assert_eq!(cells[2][0].trim(), visible(hostile).trim(), "{hostile:?}");
        }
    }

    #[test]
    fn words_stay_words_and_all_else_becomes_code() {
        for words in ["content differs, bash did not move", "mode 0644 - 0755", "modified after install: see below"] {
            assert_eq!(prose(words, 500), words);
        }
        for hostile in HOSTILE.iter().filter(|hostile| !hostile.trim().is_empty() && **hostile != " padded ") {
            assert!(prose(hostile, 500).starts_with('`'), "{hostile:?}");
        }
        assert_eq!(prose("deb:libc6", 500), "`deb:libc6`");
        assert_eq!(prose("https://x.example", 500), "`https://x.example`");
        assert_eq!(prose("see www.x.example", 500), "`see www.x.example`");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(code("漢字漢字", 2), "`漢字...`");
        assert_eq!(prose("abcdef", 3), "abc...");
        assert_eq!(code("漢字", 2), "`漢字`");
    }
}
