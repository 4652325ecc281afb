//! JSON as the programs read it that run images: they are written in Go.
//!
//! Go's `encoding/json` matches the key of an object to a field of a struct without regard to case ("preferring exact
//! matches but also accepting case-insensitive matches", package documentation of `Unmarshal`), by the simple folding
//! of Unicode, in which `ſ` (U+017F) is an `s` and the Kelvin sign (U+212A) a `k`. Of two keys that match one field the
//! later one counts, or both are merged; other readers take the first, or the one spelled exactly. A document in which
//! that could matter is refused: what it means depends on its reader.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What engines decode an object into. Of a list, what each of its elements is decoded into.
pub(super) enum Shape {
    /// A struct with these fields. Other keys are passed over.
    Struct(&'static [(&'static str, &'static Shape)]),
    /// A map with values of this shape: its keys are what the writer made them.
    Map(&'static Shape),
    /// No object that an engine looks into.
    Any,
}

/// A map of texts.
pub(super) static TEXTS: Shape = Shape::Map(&ANY);
pub(super) static ANY: Shape = Shape::Any;

/// Reads `bytes`, the keys of structs spelled as the fields are. As deep as `serde_json` goes, 128 levels.
///
/// # Errors
/// When `bytes` are not JSON, when two keys name one field, or when a key is there twice.
pub(super) fn read(bytes: &[u8], shape: &'static Shape) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = shape.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

impl Shape {
    /// The field that `written` names, as it is spelled in Go, and what it is decoded into.
    fn field(&self, written: &str) -> (Option<&'static str>, &'static Self) {
        match self {
            Self::Struct(fields) => match fields.iter().find(|(name, _)| is_spelling(written, name)) {
                Some((name, shape)) => (Some(name), shape),
                None => (None, &ANY),
            },
            Self::Map(values) => (None, values),
            Self::Any => (None, &ANY),
        }
    }
}

fn is_spelling(written: &str, name: &str) -> bool {
    written.chars().map(fold).eq(name.chars().map(fold))
}

/// The one of the characters that Go takes for each other; names of fields are ASCII.
fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

impl<'de> DeserializeSeed<'de> for &'static Shape {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &'static Shape {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut spelled: BTreeMap<&'static str, String> = BTreeMap::new();
        while let Some(written) = entries.next_key::<String>()? {
            let (field, shape) = self.field(&written);
            let earlier = field.and_then(|field| spelled.insert(field, written.clone()));
            if let Some(earlier) = earlier.filter(|earlier| *earlier != written) {
                let what = format!(
                    "\"{earlier}\" and \"{written}\" are one field, and which of them counts depends on the reader"
                );
                return Err(A::Error::custom(what));
            }
            let key = field.map_or(written, str::to_owned);
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key \"{key}\" is there twice")));
            }
            object.insert(key, entries.next_value_seed(shape)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: Shape = Shape::Struct(&[("Task", &ANY), ("labels", &TEXTS)]);
    static OUTER: Shape = Shape::Struct(&[("inner", &INNER), ("sources", &Shape::Map(&INNER)), ("os", &ANY)]);

    fn read_text(text: &str) -> Result<Value, String> {
        read(text.as_bytes(), &OUTER).map_err(|error| error.to_string())
    }

    #[test]
    fn any_spelling_names_the_field_and_other_keys_stay_as_they_are() {
        for (text, want) in [
            (
                r#"{"INNER":[{"taſK":1},{"TAS\u212a":[2,-3,4.5]}],"Sources":{"A":{"TASK":null},"a":{}},"Other":{"OS":true}}"#,
                r#"{"inner":[{"Task":1},{"Task":[2,-3,4.5]}],"sources":{"A":{"Task":null},"a":{}},"Other":{"OS":true}}"#,
            ),
            (r#"{"inner":{"Labels":{"x":"1","X":"2"}}}"#, r#"{"inner":{"labels":{"x":"1","X":"2"}}}"#),
            // No letters of the field to Go: a dotless i, a fullwidth letter, an accent.
            (r#"{"ınner":1,"ｏs":2,"ös":3,"Os":4}"#, r#"{"ınner":1,"ｏs":2,"ös":3,"os":4}"#),
        ] {
            assert_eq!(read_text(text).unwrap(), serde_json::from_str::<Value>(want).unwrap());
        }
    }

    #[test]
    fn two_spellings_of_one_field_are_both_named() {
        for (text, one, other) in [
            (r#"{"os":"a","OS":"b"}"#, "\"os\"", "\"OS\""),
            (r#"{"oſ":null,"x":1,"os":"b"}"#, "\"oſ\"", "\"os\""),
            (r#"{"inner":{"labels":{},"Labels":null}}"#, "\"labels\"", "\"Labels\""),
            (r#"{"sources":{"a":{"tas\u212A":1,"Task":2}}}"#, "\"tas\u{212a}\"", "\"Task\""),
            (r#"{"inner":[[{"task":1,"TASK":2}]]}"#, "\"task\"", "\"TASK\""),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(one) && error.contains(other) && error.contains("line 1"), "{error}");
        }
    }

    #[test]
    fn a_repeated_key_is_an_error_in_structs_maps_and_what_nobody_looks_into() {
        for text in [
            r#"{"os":"a","os":"a"}"#,
            r#"{"inner":{"labels":{"x":"1","x":"2"}}}"#,
            r#"{"other":[{"x":{"y":1,"y":1}}]}"#,
            // An escape makes no other key.
            r#"{"oth\u0065r":1,"other":2}"#,
        ] {
            assert!(read_text(text).unwrap_err().contains("is there twice"), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_an_error() {
        for text in ["", "{", "{}x", "{\"a\":1e999}", "\u{feff}{}", "{\"a\":'b'}", &"[".repeat(100_000)] {
            read_text(text).unwrap_err();
        }
    }
}
