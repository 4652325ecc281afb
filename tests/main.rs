//! The integration tests, one binary: each file of `tests/suite` is a subject.

#[cfg(test)]
mod suite;
