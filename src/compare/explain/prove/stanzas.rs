//! Stanzas of fields (deb822(5)), as dpkg, apt and debconf write their databases.

use std::collections::HashMap;

/// One stanza's text, without its blank line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stanza<'a>(pub(super) &'a str);

impl<'a> Stanza<'a> {
    /// A field's value with its continuation lines; of several of one name the first.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        self.fields().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Each field's name and value.
    pub(super) fn fields(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            loop {
                let first = rest.split_inclusive('\n').next()?;
                let is_more = |line: &&str| line.starts_with([' ', '\t']);
                let more: usize = rest.split_inclusive('\n').skip(1).take_while(is_more).map(str::len).sum();
                let (field, after) = rest.split_at(first.len() + more);
                rest = after;
                if let Some((name, value)) = field.split_once(':').filter(|_| !is_more(&first)) {
                    return Some((name, value.trim()));
                }
            }
        })
    }
}

/// The stanzas of a text by what `key` calls them; an error with the key of two stanzas, or with what has none.
pub(super) fn by_key<'a>(
    text: &'a str,
    key: impl Fn(Stanza<'a>) -> Option<String>,
) -> Result<HashMap<String, Stanza<'a>>, String> {
    let mut found = HashMap::new();
    for stanza in stanzas(text) {
        let Some(key) = key(stanza) else {
            let first = stanza.0.lines().next().unwrap_or_default();
            return Err(format!("a stanza without a name: {}", crate::model::text::visible(first)));
        };
        if found.contains_key(&key) {
            return Err(format!("two stanzas of {}", crate::model::text::visible(&key)));
        }
        found.insert(key, stanza);
    }
    Ok(found)
}

/// Blocks of lines between blank ones.
fn stanzas(text: &str) -> impl Iterator<Item = Stanza<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let skipped: usize = rest.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum();
        let text = rest.get(skipped..)?;
        let length: usize = text.split_inclusive('\n').take_while(|line| !line.trim().is_empty()).map(str::len).sum();
        rest = text.get(length..)?;
        (length > 0).then(|| Stanza(text.get(..length).unwrap_or_default()))
    })
}

/// The keys of stanzas that differ between two sides, in order, with what each side has.
pub(super) fn differing<'a, 'k>(
    left: &'k HashMap<String, Stanza<'a>>,
    right: &'k HashMap<String, Stanza<'a>>,
) -> Vec<(&'k str, Option<Stanza<'a>>, Option<Stanza<'a>>)> {
    let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
    let pairs = keys.map(|key| (key.as_str(), left.get(key).copied(), right.get(key).copied()));
    let text = |stanza: &Option<Stanza<'a>>| stanza.map(|stanza| stanza.0.trim_end());
    let mut found: Vec<_> = pairs.filter(|(_, left, right)| text(left) != text(right)).collect();
    found.sort_by_key(|(key, _, _)| *key);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_continuation_lines() {
        // From the config.dat of Debian 12.
        let text = "Name: tzdata/Areas\nTemplate: tzdata/Areas\nOwners: tzdata\nVariables:\n CHOICES = a, b\n x = y\nFlags: seen\n\n\nName: b\n";
        let found = by_key(text, |stanza| stanza.get("Name").map(str::to_owned)).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found["tzdata/Areas"].get("Variables"), Some("CHOICES = a, b\n x = y"));
        assert_eq!(found["tzdata/Areas"].get("Flags"), Some("seen"));
    }

    #[test]
    fn two_of_one_name_and_none_of_a_name_are_no_database() {
        let key = |stanza: Stanza<'_>| stanza.get("Name").map(str::to_owned);
        assert!(by_key("Name: a\n\nName: a\n", key).is_err());
        assert!(by_key("Name: a\n\nValue: a\n", key).is_err());
        assert!(by_key("\n \n", key).unwrap().is_empty());
    }
}
