//! Stanzas of fields, as dpkg's and apt's databases write them (deb822(5)), borrowed from the file's bytes.

/// One stanza: lines up to a blank one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stanza<'a>(&'a [u8]);

/// The stanzas of a file, in order.
pub(super) fn stanzas(mut rest: &[u8]) -> impl Iterator<Item = Stanza<'_>> {
    std::iter::from_fn(move || {
        while let Some(line) = first_line(rest).filter(|line| is_blank(line)) {
            rest = &rest[line.len()..];
        }
        let text = rest;
        while let Some(line) = first_line(rest).filter(|line| !is_blank(line)) {
            rest = &rest[line.len()..];
        }
        let stanza = &text[..text.len() - rest.len()];
        (!stanza.is_empty()).then_some(Stanza(stanza))
    })
}

impl<'a> Stanza<'a> {
    /// Each field's name and value. A value keeps its continuation lines; what is no field is skipped.
    pub(super) fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            while let Some(line) = first_line(rest) {
                let mut end = line.len();
                while let Some(more) =
                    first_line(&rest[end..]).filter(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
                {
                    end += more.len();
                }
                let (field, after) = rest.split_at(end);
                rest = after;
                if let Some(colon) = line.iter().position(|byte| *byte == b':') {
                    return Some((field[..colon].trim_ascii(), field[colon + 1..].trim_ascii()));
                }
            }
            None
        })
    }
}

/// The first line with its newline; `None` at the end.
fn first_line(text: &[u8]) -> Option<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').next()
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Vec<(String, String)>> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        stanzas(text).map(|stanza| stanza.fields().map(|(name, value)| (shown(name), shown(value))).collect()).collect()
    }

    #[test]
    fn values_keep_their_continuation_lines_and_blank_lines_separate_stanzas() {
        // From the status file of Debian 12, mawk.
        let text = b"\n\nPackage: mawk\nDescription: Pattern scanning and text processing language\n Mawk is an interpreter\n .\n more: text\n \t\nPackage:x\r\n";
        let stanzas = read(text);
        assert_eq!(stanzas.len(), 2);
        assert_eq!(stanzas[0][0], ("Package".into(), "mawk".into()));
        assert!(stanzas[0][1].1.ends_with("language\n Mawk is an interpreter\n .\n more: text"));
        assert_eq!(stanzas[1], [("Package".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_is_no_field_is_skipped() {
        assert_eq!(
            read(b"garbage\n folded: no\nPackage: x\n:y\n"),
            [[("Package".into(), "x".into()), (String::new(), "y".to_owned())]]
        );
        assert!(read(b"").is_empty() && read(b"\n \n\t\n").is_empty());
        assert_eq!(read(b" leading\nPackage: x").len(), 1);
    }
}
