//! What can be wrong with a document, and the one way all of them are parsed.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::go_json::{self, Shape};
use crate::model::Secrets;
use crate::model::text::{visible, visible_bytes};

/// What is wrong with a document. Each names the document and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of the document's shape.
    #[error("{document} cannot be read: {what}")]
    Json { document: String, what: String },
    /// Valid JSON that is another kind of document.
    #[error("{document} is neither a manifest nor an index: it holds {found}")]
    Kind { document: String, found: String },
    /// A manifest of before 2016, which names no config and no diffIDs.
    #[error("{document} is a Docker manifest of schema 1, which engines stopped writing in 2016 and no longer read")]
    Schema1 { document: String },
}

/// Parses `bytes` as a document that messages call `document`, whose JSON text starts with `opening` and is of `shape`.
pub(super) fn parse<T: DeserializeOwned>(
    document: &str,
    opening: u8,
    bytes: &[u8],
    shape: &'static Shape,
) -> Result<T, DocumentError> {
    convert(document, parse_value(document, opening, bytes, shape)?)
}

/// As [`parse`], for a document whose kind shows by its content.
pub(super) fn parse_value(
    document: &str,
    opening: u8,
    bytes: &[u8],
    shape: &'static Shape,
) -> Result<Value, DocumentError> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(broken(document, "it is empty")),
        // Checked here because serde takes a list for an object, field by field.
        Some(first) if *first != opening => {
            let (expected, found) = (char::from(opening), visible_bytes(&[*first]));
            Err(broken(document, &format!("it should start with \"{expected}\" but starts with \"{found}\"")))
        }
        Some(_) => go_json::read(bytes, shape).map_err(|error| broken(document, &error.to_string())),
    }
}

/// What `value` says, when it has the form of a `T`.
pub(super) fn convert<T: DeserializeOwned>(document: &str, value: Value) -> Result<T, DocumentError> {
    serde_json::from_value(value).map_err(|error| broken(document, &error.to_string()))
}

/// The message may quote what is in the place of something else.
fn broken(document: &str, what: &str) -> DocumentError {
    DocumentError::Json { document: document.to_owned(), what: visible(&Secrets::Hidden.text(what)).into_owned() }
}
