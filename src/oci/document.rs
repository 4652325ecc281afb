//! What can be wrong with a document, and the one way all of them are parsed.

use serde::de::DeserializeOwned;

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

/// Parses `bytes` as a document that messages call `document`, whose JSON text starts with `opening`.
pub(super) fn parse<T: DeserializeOwned>(document: &str, opening: u8, bytes: &[u8]) -> Result<T, DocumentError> {
    let broken = |what: String| DocumentError::Json { document: document.to_owned(), what };
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(broken("it is empty".to_owned())),
        // Checked here because serde takes a list for an object, field by field.
        Some(first) if *first != opening => {
            let (expected, found) = (char::from(opening), visible_bytes(&[*first]));
            Err(broken(format!("it should start with \"{expected}\" but starts with \"{found}\"")))
        }
        // The message may quote what stands in the place of something else.
        Some(_) => serde_json::from_slice(bytes)
            .map_err(|error| broken(visible(&Secrets::Hidden.text(&error.to_string())).into_owned())),
    }
}
