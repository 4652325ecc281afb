//! A Dockerfile's text cut into instructions: directives, comments, continued lines, here-documents.

/// The instructions, each with the number of its first line, from 1. Here-documents are left out.
pub(super) fn instructions(text: &str) -> Vec<(usize, String)> {
    let escape = escape(text);
    let mut found = Vec::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if is_passed_over(line) {
            continue;
        }
        let (mut instruction, mut continues) = cut(line, escape);
        let mut first = instruction.trim_start().to_owned();
        std::mem::swap(&mut first, &mut instruction);
        while continues {
            let Some((line, _)) = lines.next() else { break };
            if is_passed_over(line) {
                continue;
            }
            let (part, more) = cut(line, escape);
            instruction.push_str(&part);
            continues = more;
        }
        for end in here_documents(&instruction) {
            // One that does not end takes the rest, as it does for the builder.
            for (line, _) in lines.by_ref() {
                let line = if end.strips_tabs { line.trim_start_matches('\t') } else { line };
                if line == end.word {
                    break;
                }
            }
        }
        found.push((number, instruction.trim().to_owned()));
    }
    found
}

/// Blank lines and comments are nothing, even within a continued instruction.
fn is_passed_over(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// A line without the escape character at its end, and whether it had one.
fn cut(line: &str, escape: char) -> (String, bool) {
    let trimmed = line.trim_end();
    match trimmed.strip_suffix(escape) {
        Some(part) => (part.to_owned(), true),
        None => (trimmed.to_owned(), false),
    }
}

/// What continues a line: a backslash, or what the directive `# escape=` says. Directives stand above all else.
fn escape(text: &str) -> char {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|directive| directive.split_once('=')) else {
            break;
        };
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            break;
        }
        if key.eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

struct End {
    word: String,
    strips_tabs: bool,
}

/// The here-documents that an instruction opens: `<<EOF`, `<<-"EOF"`.
fn here_documents(instruction: &str) -> Vec<End> {
    let (keyword, rest) = instruction.split_once(char::is_whitespace).unwrap_or((instruction, ""));
    let (keyword, rest) = match keyword.to_ascii_uppercase().as_str() {
        "ONBUILD" => rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest, "")),
        _ => (keyword, rest),
    };
    if !["RUN", "COPY", "ADD"].iter().any(|known| keyword.eq_ignore_ascii_case(known)) {
        return Vec::new();
    }
    rest.split_whitespace().filter_map(end).collect()
}

fn end(word: &str) -> Option<End> {
    let word = word.trim_start_matches(|character: char| character.is_ascii_digit()).strip_prefix("<<")?;
    let (word, strips_tabs) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
    let word = word.trim_matches(['"', '\'']);
    let is_name =
        !word.is_empty() && word.chars().all(|character| character.is_alphanumeric() || "_.-".contains(character));
    is_name.then(|| End { word: word.to_owned(), strips_tabs })
}
