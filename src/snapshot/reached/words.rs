//! The words of a text that may be paths, whatever language it is in.

use crate::model::ImagePath;

/// Bytes of the longest word that may be a path.
const LONGEST: usize = 1024;

/// Each word of `text`, and each part of a word such as `--config=/path`, `file:/path` or `user@/path`.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`\\;|&<>(){}[]$,".contains(byte);
    let words = text.split(is_end).filter(|word| !word.is_empty() && word.len() <= LONGEST);
    words.flat_map(|word| {
        let is_joined = word.iter().any(|byte| matches!(byte, b'=' | b':' | b'@'));
        let parts = word.split(|byte| matches!(byte, b'=' | b':' | b'@')).filter(move |_| is_joined);
        // systemd's marks in front of a path: `-/etc/default/x`, `!!/bin/x`.
        let unmarked = |part: &'_ [u8]| part.iter().take_while(|byte| matches!(byte, b'-' | b'+' | b'!')).count();
        let marked = parts.map(move |part| part.get(unmarked(part)..).unwrap_or_default());
        std::iter::once(word).chain(marked.filter(|part| !part.is_empty()))
    })
}

/// The path that a process in `base` means by `word`; `None` where it names none.
pub(super) fn path(base: &ImagePath, word: &[u8]) -> Option<ImagePath> {
    base.lead(word).ok()
}
