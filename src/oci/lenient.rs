//! How fields are read that writers leave out, set to null or fill oddly.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Null is the default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Text that is only shown: empty is absent, and so is anything that is not text.
pub(super) fn shown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    })
}

/// A time as written. Go's zero time stands for none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(shown(deserializer)?.filter(|time| time != "0001-01-01T00:00:00Z"))
}

/// A list of texts, or one text alone, which docker's `StrSlice` accepts as a list of one.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a list of texts")]
    enum OneOrMany {
        None(()),
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::None(()) => Vec::new(),
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

/// The keys of an object whose values say nothing, sorted: Go writes its sets so.
pub(super) fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let set: Option<serde_json::Map<String, Value>> = Option::deserialize(deserializer)?;
    let mut keys: Vec<String> = set.into_iter().flatten().map(|(key, _)| key).collect();
    keys.sort_unstable();
    Ok(keys)
}

/// A map of texts; a null value is the empty text.
pub(super) fn text_map<'de, D, M>(deserializer: D) -> Result<M, D::Error>
where
    D: Deserializer<'de>,
    M: FromIterator<(String, String)>,
{
    let map: Option<std::collections::BTreeMap<String, Option<String>>> = Option::deserialize(deserializer)?;
    Ok(map.into_iter().flatten().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}
