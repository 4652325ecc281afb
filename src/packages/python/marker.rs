//! Environment markers (PEP 508): whether one holds in an image, as far as the image tells.

use std::cmp::Ordering;

/// Brackets within brackets that are followed; real markers have one or two.
const MAX_DEPTH: usize = 32;

/// Whether `marker` holds on Linux with the interpreter of this major and minor version; `None` when that depends on what
/// is not known, and for what is no marker. Extras are never asked for.
pub(super) fn holds(marker: &str, python: Option<(u32, u32)>) -> Option<bool> {
    let mut reader = Reader { tokens: tokens(marker)?, at: 0, python };
    let value = reader.any(0).ok()?;
    if reader.at == reader.tokens.len() { value } else { None }
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    /// `python_version`, `and`, `in`.
    Word(&'a str),
    /// What stands between quotes.
    Text(&'a str),
    /// `==`, `>=`.
    Operator(&'a str),
}

fn tokens(marker: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |fits: fn(char) -> bool| rest.find(|character| !fits(character)).unwrap_or(rest.len());
        let (token, end) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let text = rest.get(1..)?;
                let end = text.find(first)?;
                (Token::Text(text.get(..end)?), end + 2)
            }
            _ if first.is_ascii_alphabetic() => {
                let end = length(|character| character.is_ascii_alphanumeric() || "_.".contains(character));
                (Token::Word(rest.get(..end)?), end)
            }
            _ => {
                let end = length(|character| "<>=!~".contains(character));
                (Token::Operator(rest.get(..end).filter(|operator| !operator.is_empty())?), end)
            }
        };
        tokens.push(token);
        rest = rest.get(end..)?.trim_start();
    }
    Some(tokens)
}

/// It is no marker.
struct Malformed;

/// Whether a part holds, where that is known.
type Value = Result<Option<bool>, Malformed>;

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    python: Option<(u32, u32)>,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, word: &str) -> bool {
        let is_there = matches!(self.tokens.get(self.at), Some(Token::Word(found)) if *found == word);
        self.at += usize::from(is_there);
        is_there
    }

    /// Parts joined by `or`.
    fn any(&mut self, depth: usize) -> Value {
        let mut value = self.all(depth)?;
        while self.takes("or") {
            value = match (value, self.all(depth)?) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(value)
    }

    /// Parts joined by `and`.
    fn all(&mut self, depth: usize) -> Value {
        let mut value = self.part(depth)?;
        while self.takes("and") {
            value = match (value, self.part(depth)?) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(value)
    }

    fn part(&mut self, depth: usize) -> Value {
        if self.tokens.get(self.at) != Some(&Token::Open) {
            return self.comparison();
        }
        if depth == MAX_DEPTH {
            return Err(Malformed);
        }
        self.at += 1;
        let value = self.any(depth + 1)?;
        self.at += 1;
        if self.tokens.get(self.at - 1) == Some(&Token::Close) { Ok(value) } else { Err(Malformed) }
    }

    /// `name operator "value"`, or the other way round.
    fn comparison(&mut self) -> Value {
        let left = self.operand()?;
        let is_negated = self.takes("not");
        let operator = match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) if !is_negated => *operator,
            Some(Token::Word("in")) if is_negated => "not in",
            Some(Token::Word("in")) => "in",
            _ => return Err(Malformed),
        };
        self.at += 1;
        let right = self.operand()?;
        Ok(match (left, right) {
            (Operand::Name(name), Operand::Text(text)) => self.compare(name, operator, text),
            (Operand::Text(text), Operand::Name(name)) => turned(operator).and_then(|op| self.compare(name, op, text)),
            _ => None,
        })
    }

    fn operand(&mut self) -> Result<Operand<'a>, Malformed> {
        let operand = match self.tokens.get(self.at) {
            Some(Token::Word(name)) => Operand::Name(name),
            Some(Token::Text(text)) => Operand::Text(text),
            _ => return Err(Malformed),
        };
        self.at += 1;
        Ok(operand)
    }

    fn compare(&self, name: &str, operator: &str, wanted: &str) -> Option<bool> {
        let found = match name {
            "python_version" | "python_full_version" => return python_is(self.python?, name, operator, wanted),
            "extra" => return Some(operator == "!=" && !wanted.is_empty()),
            "sys_platform" => "linux",
            "platform_system" => "Linux",
            "os_name" => "posix",
            _ => return None,
        };
        match operator {
            "==" => Some(found == wanted),
            "!=" => Some(found != wanted),
            _ => None,
        }
    }
}

enum Operand<'a> {
    Name(&'a str),
    Text(&'a str),
}

/// The operator that says the same with both sides changed.
fn turned(operator: &str) -> Option<&str> {
    Some(match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "==" | "!=" => operator,
        _ => return None,
    })
}

fn python_is(found: (u32, u32), name: &str, operator: &str, wanted: &str) -> Option<bool> {
    let mut numbers = wanted.split('.');
    let wanted = (numbers.next()?.parse().ok()?, numbers.next().map_or(Some(0), |minor| minor.parse().ok())?);
    let order = found.cmp(&wanted);
    if order == Ordering::Equal && (name == "python_full_version" || numbers.next().is_some()) {
        // 3.11 of any patch level is 3.11 or more; nothing else is known of it.
        let is_whole = name == "python_full_version" && numbers.next().is_none();
        return match operator {
            ">=" if is_whole => Some(true),
            "<" if is_whole => Some(false),
            _ => None,
        };
    }
    match operator {
        "<" => Some(order.is_lt()),
        "<=" => Some(order.is_le()),
        ">" => Some(order.is_gt()),
        ">=" => Some(order.is_ge()),
        "==" => Some(order.is_eq()),
        "!=" => Some(order.is_ne()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_3_11(marker: &str) -> Option<bool> {
        holds(marker, Some((3, 11)))
    }

    #[test]
    fn markers_of_real_lock_files_are_decided() {
        for marker in [
            "python_version >= '3.7'",
            "python_version >= '2.7' and python_version != '3.0' and python_version != '3.1'",
            "python_full_version >= '3.10'",
            "python_full_version >= '3.11'",
            "python_version < \"3.13\" and (sys_platform == 'linux' or sys_platform == 'darwin')",
            "platform_machine == 'x86_64' or python_version >= '3'",
            "extra == 'cli' or '3.8' <= python_version",
            "os_name != 'nt'",
        ] {
            assert_eq!(on_3_11(marker), Some(true), "{marker}");
        }
        for marker in [
            "sys_platform == 'win32'",
            "python_full_version < '3.10'",
            "python_full_version < '3.11'",
            "platform_machine == 'x86_64' and extra == 'cli'",
            "(python_version < '3.12' and extra == 'test')",
            "python_version >= '3.12'",
        ] {
            assert_eq!(on_3_11(marker), Some(false), "{marker}");
        }
    }

    #[test]
    fn what_the_image_does_not_tell_is_not_decided() {
        for marker in [
            "platform_machine == 'x86_64'",
            "'dev' in dependency_groups",
            "'dev' not in dependency_groups and python_version >= '3.8'",
            "python_full_version >= '3.11.4'",
            "python_full_version == '3.11'",
            "platform_python_implementation != 'PyPy'",
        ] {
            assert_eq!(on_3_11(marker), None, "{marker}");
        }
        assert_eq!(holds("python_version >= '3.8'", None), None);
    }

    #[test]
    fn what_is_no_marker_is_not_decided() {
        for marker in ["", "python_version", "python_version ~~ nonsense", "'", "= \"", "(os_name == 'posix'", "é", ")"]
        {
            assert_eq!(on_3_11(marker), None, "{marker}");
        }
        let deep = format!("{}os_name == 'posix'{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(on_3_11(&deep), None);
        let whole = "python_version < '3.12' and (os_name == 'nt' or \"3\" <= python_version)";
        for end in 0..whole.len() {
            let _ = on_3_11(&whole[..end]);
        }
    }
}
