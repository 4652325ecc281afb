//! What the pieces of a source text are, after the syntax definitions that the `bat` project curates.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::text::{Runs, Token};

/// A longer text stays plain.
const TEXT_LIMIT: usize = 256 * 1024;
/// A longer line stays plain: minified scripts, which take the parser long.
const LINE_LIMIT: usize = 1_000;
/// How long one text may take; then all of it stays plain. The first text of a language takes the longest, for the
/// language's patterns are made ready with it. A test does not depend on how busy the machine is.
const PATIENCE: Duration = if cfg!(test) { Duration::from_mins(1) } else { Duration::from_millis(250) };
/// A first line is looked at for a shebang or a mode line; more of it says nothing.
const FIRST_LINE: usize = 256;

/// Loaded when the first text is coloured, which takes some milliseconds.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Names for which the definitions know no language, by their extension or all of the name.
const ALIASES: [(&str, &str); 11] = [
    ("service", "ini"),
    ("socket", "ini"),
    ("timer", "ini"),
    ("target", "ini"),
    ("mount", "ini"),
    ("desktop", "ini"),
    ("cnf", "ini"),
    ("conf", "ini"),
    ("pth", "py"),
    ("pc", "ini"),
    (".dockerignore", "gitignore"),
];

/// What scopes mean, the first that matches; `None` ends the search among the scopes around.
static MEANINGS: LazyLock<Vec<(Scope, Option<Token>)>> = LazyLock::new(|| {
    let table = [
        ("comment", Some(Token::Comment)),
        ("meta.interpolation", None),
        ("string", Some(Token::String)),
        ("constant", Some(Token::Constant)),
        ("keyword.operator", None),
        ("keyword", Some(Token::Keyword)),
        ("storage", Some(Token::Keyword)),
        ("variable.language", Some(Token::Keyword)),
        ("entity", Some(Token::Name)),
        ("support", Some(Token::Name)),
        ("variable.function", Some(Token::Name)),
        ("source", None),
    ];
    table.into_iter().filter_map(|(scope, token)| Some((Scope::new(scope).ok()?, token))).collect()
});

/// The tokens of `text` by line; empty when its language is not known, or it is too long for the time there is.
#[must_use]
pub fn colour(path: &str, text: &str) -> Vec<Runs<Option<Token>>> {
    if text.is_empty() || text.len() > TEXT_LIMIT {
        return Vec::new();
    }
    // The definitions are many and the text is hostile: whatever goes wrong, the text is shown, if plain.
    catch_unwind(AssertUnwindSafe(|| parse(syntax(path, text)?, text))).ok().flatten().unwrap_or_default()
}

fn syntax(path: &str, text: &str) -> Option<&'static SyntaxReference> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = |name: &str| SYNTAXES.find_syntax_by_extension(name).filter(|_| !name.is_empty());
    let alias = || ALIASES.iter().find(|(from, _)| [name, extension].contains(from)).and_then(|(_, to)| known(to));
    let first_line = || {
        let line = text.lines().next().unwrap_or_default();
        SYNTAXES.find_syntax_by_first_line(line.get(..FIRST_LINE).unwrap_or(line))
    };
    let found = known(name).or_else(|| known(extension)).or_else(first_line).or_else(alias)?;
    (found.name != "Plain Text").then_some(found)
}

fn parse(syntax: &SyntaxReference, text: &str) -> Option<Vec<Runs<Option<Token>>>> {
    let (mut state, mut stack) = (ParseState::new(syntax), ScopeStack::new());
    let deadline = Instant::now() + PATIENCE;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.len() > LINE_LIMIT {
            lines.push(Vec::new());
            continue;
        }
        let mut runs = Vec::new();
        let mut token = meaning(stack.as_slice());
        for (at, change) in state.parse_line(line, &SYNTAXES).ok()? {
            if runs.last().map_or(at > 0, |(end, _)| at > *end) {
                runs.push((at, token));
            }
            stack.apply(&change).ok()?;
            token = meaning(stack.as_slice());
        }
        if runs.last().is_none_or(|(end, _)| line.len() > *end) {
            runs.push((line.len(), token));
        }
        lines.push(runs);
        if Instant::now() > deadline {
            return None;
        }
    }
    Some(lines)
}

/// The innermost scope that means something decides.
fn meaning(scopes: &[Scope]) -> Option<Token> {
    let known =
        |scope: &Scope| MEANINGS.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, token)| *token);
    scopes.iter().rev().find_map(known).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(path: &str, text: &str) -> Vec<(String, Token)> {
        let mut found = Vec::new();
        for (line, runs) in text.split_inclusive('\n').zip(colour(path, text)) {
            let mut start = 0;
            for (end, token) in runs {
                let piece = line.get(start..end).unwrap().trim();
                start = end;
                found.extend(token.filter(|_| !piece.is_empty()).map(|token| (piece.to_owned(), token)));
            }
        }
        found
    }

    #[test]
    fn the_name_or_the_first_line_tells_the_language() {
        let found = tokens("app/main.py", "def add(a):  # sum\n    return a + 1 + len(\"x\")\n");
        for (text, token) in
            [("def", Token::Keyword), ("add", Token::Name), ("return", Token::Keyword), ("1", Token::Constant)]
        {
            assert!(found.contains(&(text.to_owned(), token)), "{text} in {found:?}");
        }
        assert!(found.iter().any(|(text, token)| text.contains("sum") && *token == Token::Comment), "{found:?}");
        assert!(found.iter().any(|(text, token)| text.contains('x') && *token == Token::String), "{found:?}");
        for (path, text) in [
            ("entrypoint", "#!/bin/sh\nif true; then exit 1; fi\n"),
            ("Dockerfile", "FROM a\nRUN make\n"),
            ("pyproject.toml", "[a]\nb = 1\n"),
            ("x.yaml", "a: 1\n"),
            ("lib/systemd/system/a.service", "[Unit]\nAfter=b\n"),
        ] {
            assert!(!tokens(path, text).is_empty(), "{path}");
        }
        assert!(tokens("notes.txt", "def add(a):\n").is_empty() && tokens("unknown", "def add(a):\n").is_empty());
    }

    #[test]
    fn every_line_has_its_runs_up_to_its_end() {
        let text = "x = '''a\n\nb'''\r\ny = 2";
        let lines = colour("a.py", text);
        assert_eq!(lines.len(), 4);
        for (line, runs) in text.split_inclusive('\n').zip(&lines) {
            assert_eq!(runs.last().map(|(end, _)| *end), Some(line.len()));
            assert!(runs.is_sorted_by(|one, next| one.0 < next.0), "{runs:?}");
        }
    }

    #[test]
    fn long_texts_stay_plain_and_long_lines_hold_nothing_up() {
        assert!(colour("a.py", &"x = 1\n".repeat(TEXT_LIMIT)).is_empty());
        let lines = colour("a.js", &format!("{}\nvar a = 1;\n", "a(1);".repeat(10_000)));
        assert!(lines.is_empty() || lines[0].is_empty() && !lines[1].is_empty());
    }
}
