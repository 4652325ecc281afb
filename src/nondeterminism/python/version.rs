//! Versions of the interpreter by the magic number of what they compile, and the names that their compilers add.

use super::{Word, word};

/// The first magic number of each version, after the list in `pycore_magic_number.h` of the interpreter.
const VERSIONS: [(u16, u8); 10] = [
    (3360, 6),
    (3390, 7),
    (3400, 8),
    (3420, 9),
    (3430, 10),
    (3450, 11),
    (3500, 12),
    (3550, 13),
    (3600, 14),
    (3650, 15),
];
/// The first of a version that is not listed.
const END: u16 = 3700;

/// The 11 of Python 3.11, of the magic number that its compiled files start with.
#[must_use]
pub fn minor_of_magic(magic: u16) -> Option<u8> {
    let known = VERSIONS.iter().rev().find(|(first, _)| *first <= magic).filter(|_| magic < END);
    known.map(|(_, minor)| *minor)
}

/// Names in code that stand in no source: from which version on and up to which one a compiler adds them (`compile.c`,
/// `codegen.c`). Found complete by compiling the standard library and thirty wheels with 3.6 to 3.13; those of 3.14 are
/// from its source.
const ADDED: &[(&[u8], u8, u8)] = &[
    // A class body reads the module's name and writes these.
    (b"__name__", 6, u8::MAX),
    (b"__module__", 6, u8::MAX),
    (b"__qualname__", 6, u8::MAX),
    (b"__doc__", 6, u8::MAX),
    (b"__classcell__", 6, u8::MAX),
    (b"__classdictcell__", 12, u8::MAX),
    (b"__firstlineno__", 13, u8::MAX),
    (b"__static_attributes__", 13, u8::MAX),
    // Annotations, and generic classes and functions.
    (b"__annotations__", 6, u8::MAX),
    (b"__annotate__", 14, u8::MAX),
    (b"__annotate_func__", 14, u8::MAX),
    (b"__conditional_annotations__", 14, u8::MAX),
    (b"__type_params__", 12, u8::MAX),
    (b".type_params", 12, u8::MAX),
    (b".generic_base", 12, u8::MAX),
    // `assert` and `async for`, before they had opcodes.
    (b"AssertionError", 6, 8),
    (b"StopAsyncIteration", 6, 7),
];

/// What pytest's rewriting of `assert` adds (`_pytest/assertion/rewrite.py`), beside names that start with `@`.
const REWRITTEN: &[&[u8]] = &[
    b"builtins",
    b"_pytest",
    b"assertion",
    b"rewrite",
    b"AssertionError",
    b"locals",
    b"warnings",
    b"warn_explicit",
    b"PytestAssertRewriteWarning",
    b"_call_assertion_pass",
    b"_call_reprcompare",
    b"_check_if_assertion_pass_impl",
    b"_format_assertmsg",
    b"_format_boolop",
    b"_format_explanation",
    b"_saferepr",
    b"_should_repr_global_name",
];

/// The identifiers that a source must have for code of it to use `name`: each part of a dotted module, none for what the
/// compiler adds. Names beyond ASCII are not looked at, since the compiler normalises them (NFKC).
pub(super) fn names_of_source(minor: u8, is_rewritten: bool, name: &[u8]) -> impl Iterator<Item = Word> {
    let is_added = ADDED.iter().any(|(added, from, to)| *added == name && (*from..=*to).contains(&minor));
    let is_pytests = move |part: &&[u8]| is_rewritten && (part.starts_with(b"@") || REWRITTEN.contains(part));
    let parts = name.split(|byte| *byte == b'.').filter(move |part| !is_added && !part.is_empty() && part.is_ascii());
    parts.filter(move |part| !is_pytests(part)).map(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(minor: u8, name: &str) -> Vec<Word> {
        names_of_source(minor, false, name.as_bytes()).collect()
    }

    #[test]
    fn a_magic_number_tells_the_version() {
        assert_eq!([3379, 3394, 3413, 3495, 3571].map(minor_of_magic), [6, 7, 8, 11, 13].map(Some));
        assert_eq!([0, 3359, 3700, 62211].map(minor_of_magic), [None; 4]);
    }

    #[test]
    fn a_compiler_adds_what_its_version_adds_and_nothing_else() {
        assert!(needed(13, "__firstlineno__").is_empty());
        assert_eq!(needed(12, "__firstlineno__"), [word(b"__firstlineno__")]);
        assert!(needed(8, "AssertionError").is_empty());
        assert_eq!(needed(11, "AssertionError"), [word(b"AssertionError")]);
        assert_eq!(needed(11, "os.path"), [word(b"os"), word(b"path")]);
        assert!(needed(11, "").is_empty() && needed(11, "größe").is_empty());
    }

    #[test]
    fn what_pytest_adds_counts_for_what_pytest_compiled_alone() {
        assert_eq!(names_of_source(11, true, b"@py_assert1").count(), 0);
        assert_eq!(names_of_source(11, true, b"_pytest.assertion.rewrite").count(), 0);
        assert_eq!(names_of_source(11, true, b"system").count(), 1);
        assert_eq!(names_of_source(11, false, b"_saferepr").count(), 1);
    }
}
