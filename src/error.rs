//! What a user is told when something fails: what happened, and what to do next.

use std::fmt;

use crate::archive::TarError;
use crate::image::IndexError;
use crate::model::secret::without_users;
use crate::source::SourceError;

/// A failure as the user reads it.
#[derive(Debug)]
pub struct Failure {
    /// What was being done, what was found.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure that nothing more can be said about.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same failure with the way out.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A source's failure, with the reference it happened to.
    #[must_use]
    pub fn opening(reference: &str, error: &SourceError) -> Self {
        let (reference, error_text) = (crate::model::text::visible(reference), error.to_string());
        let message = if error_text.contains(&*reference) { error_text } else { format!("{reference}: {error_text}") };
        Self { message, hint: error.hint() }
    }

    /// A layer that cannot be read.
    #[must_use]
    pub fn reading(reference: &str, layer: usize, error: &IndexError) -> Self {
        let message = format!("{}: layer {layer}: {error}", crate::model::text::visible(reference));
        Self { message, hint: source_of(error).and_then(SourceError::hint) }
    }
}

/// What a layer's source failed with while the layer was read: it comes through the readers as an I/O error.
fn source_of(error: &IndexError) -> Option<&SourceError> {
    match error {
        IndexError::Tar(TarError::Io(error)) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_users(&self.message))?;
        match &self.hint {
            Some(hint) => write!(f, "\n{}", without_users(hint)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
