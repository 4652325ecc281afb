//! The variables of FROM lines: ARGs before the first stage, `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`.

use std::collections::BTreeMap;

/// A default within a default, and so on.
const MAX_DEPTH: u32 = 8;
/// Bytes of an expanded text: each of a few variables that holds the one before twice doubles it.
const MAX_EXPANDED: usize = 4096;

/// What an ARG line declares: names, with their defaults.
pub(super) fn arguments(text: &str) -> Vec<(String, Option<String>)> {
    let argument = |word: &str| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.trim_matches(['"', '\'']).to_owned())),
        None => (word.to_owned(), None),
    };
    text.split_whitespace().map(argument).collect()
}

/// What each declared argument comes to: the build's value, else its default. One without either is left out.
pub(super) fn values(
    declared: &[(String, Option<String>)],
    given: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for (name, default) in declared {
        let default = default.as_deref().and_then(|default| expanded(default, &known));
        if let Some(value) = given.get(name).cloned().or(default) {
            known.insert(name.clone(), value);
        }
    }
    known
}

/// `text` with its variables replaced; `None` where one is not known.
pub(super) fn expanded(text: &str, known: &BTreeMap<String, String>) -> Option<String> {
    expand(text, known, MAX_DEPTH)
}

fn expand(text: &str, known: &BTreeMap<String, String>, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner)?;
            let (inside, behind) = inner.split_at_checked(end)?;
            result.push_str(&braced(inside, known, depth)?);
            rest = behind.strip_prefix('}')?;
        } else {
            let end = after.find(|character: char| !is_of_name(character)).unwrap_or(after.len());
            let (name, behind) = after.split_at_checked(end)?;
            result.push_str(known.get(name)?);
            rest = behind;
        }
        if result.len() > MAX_EXPANDED {
            return None;
        }
    }
    result.push_str(rest);
    (result.len() <= MAX_EXPANDED).then_some(result)
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Where the brace is closed that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands between braces: a name, or a name with what to take in its place.
fn braced(text: &str, known: &BTreeMap<String, String>, depth: u32) -> Option<String> {
    let end = text.find(|character: char| !is_of_name(character)).unwrap_or(text.len());
    let (name, modifier) = text.split_at_checked(end)?;
    let value = known.get(name);
    let set = value.filter(|value| !value.is_empty());
    if modifier.is_empty() {
        return value.cloned();
    }
    if let Some(default) = modifier.strip_prefix(":-") {
        return set.cloned().or_else(|| expand(default, known, depth));
    }
    if let Some(default) = modifier.strip_prefix('-') {
        return value.cloned().or_else(|| expand(default, known, depth));
    }
    if let Some(other) = modifier.strip_prefix(":+") {
        return if set.is_some() { expand(other, known, depth) } else { Some(String::new()) };
    }
    None
}
