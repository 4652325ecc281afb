//! Dates in text, by their shape.

/// The longest date that is a value of its own, such as `Sat, 21 Nov 2026 17:04:58 GMT`.
const LONGEST: usize = 40;

/// Words that stand in dates.
const WORDS: &[&[u8]] = &[
    b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul",
    b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"UTC", b"GMT", b"AM", b"PM", b"T", b"Z",
];

/// Whether a text is a date and holds no other word, in whatever notation: `2026-11-21T17:04:58+00:00`,
/// `Sat Nov 21 17:04:58 2026`.
pub(super) fn is_date_like(text: &[u8]) -> bool {
    let is_word = |word: &[u8]| word.is_empty() || WORDS.contains(&word);
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    (4..=LONGEST).contains(&text.len())
        && (4..=20).contains(&digits)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-+:./, ".contains(byte))
        && text.split(|byte| !byte.is_ascii_alphabetic()).all(is_word)
}

/// Overwrites a date at the start of `text` by its shape, and tells how long it was; `None`, and nothing done, when
/// `text` does not start with one. In a shape `0` stands for a digit, `_` for a digit or space, `A` for a letter, `#` for
/// a hexadecimal digit, `~` for the sign of a time zone; all else for itself.
pub(super) fn blank(text: &mut [u8], shape: &[u8]) -> Option<usize> {
    let found = text.get(..shape.len())?;
    let fits = |(byte, mark): (&u8, &u8)| match mark {
        b'0' => byte.is_ascii_digit(),
        b'_' => byte.is_ascii_digit() || *byte == b' ',
        b'A' => byte.is_ascii_alphabetic(),
        b'#' => byte.is_ascii_hexdigit(),
        b'~' => matches!(byte, b'+' | b'-'),
        literal => byte == literal,
    };
    if !found.iter().zip(shape).all(fits) {
        return None;
    }
    text.get_mut(..shape.len())?.copy_from_slice(shape);
    Some(shape.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_words() {
        for date in
            ["2026-11-21T17:04:58+00:00", "Sat Nov 21 17:04:58 2026", "Sat, 21 Nov 2026 17:04:58 GMT", "1763744698"]
        {
            assert!(is_date_like(date.as_bytes()), "{date}");
        }
        for other in ["", "Nov", "eval 2026-11-21", "2026-11-21; rm", "20261121170458202611211704582026", "Nov\n2026"] {
            assert!(!is_date_like(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_shape_is_all_or_nothing() {
        let mut text = b"2026-11-21 17:04+0100, and more".to_vec();
        assert_eq!(blank(&mut text, b"0000-00-00 00:00~0000"), Some(21));
        assert_eq!(text, b"0000-00-00 00:00~0000, and more");
        let mut other = b"2026-11-2x".to_vec();
        assert_eq!(blank(&mut other, b"0000-00-00"), None);
        assert_eq!(other, b"2026-11-2x");
    }
}
