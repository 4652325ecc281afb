//! Numbers as a person reads them.

use crate::model::FileEntry;

/// `24,467`.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 package`, `2 packages`; `noun` takes an s.
pub(super) fn plural(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Bytes in the largest binary unit that leaves at least one: `412.3 MiB`, `17 B`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let unit = (number.ilog2() / 10).min(6);
    let whole = number >> (unit * 10);
    let tenth = (u128::from(number & ((1 << (unit * 10)) - 1)) * 10) >> (unit * 10);
    let name = UNITS.get(unit as usize - 1).copied().unwrap_or_default();
    format!("{whole}.{tenth} {name}")
}

/// How `right` is larger or smaller than `left`: `+1.2 MiB`, `-17 B`, `+0 B`.
pub(super) fn change(left: u64, right: u64) -> String {
    let sign = if right < left { '-' } else { '+' };
    format!("{sign}{}", bytes(left.abs_diff(right)))
}

/// `-rwsr-xr-x`: a kind and its mode as `ls -l` writes them.
pub(super) fn permissions(entry: &FileEntry) -> String {
    let mut shown = String::from(entry.kind.letter());
    for (shift, special, letter) in [(6, FileEntry::SETUID, 's'), (3, FileEntry::SETGID, 's'), (0, STICKY, 't')] {
        let bits = entry.mode >> shift;
        shown.push(if bits & 4 != 0 { 'r' } else { '-' });
        shown.push(if bits & 2 != 0 { 'w' } else { '-' });
        shown.push(match (entry.mode & special != 0, bits & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    shown
}

const STICKY: u32 = 0o1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_scaled() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "path"), "1 path");
        assert_eq!(plural(1000, "path"), "1,000 paths");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1536 * 1024), "1.5 MiB");
        assert_eq!(bytes(u64::MAX), "15.9 EiB");
        assert_eq!(change(2048, 1024), "-1.0 KiB");
        assert_eq!(change(5, 5), "+0 B");
    }

    #[test]
    fn modes_read_as_ls_writes_them() {
        let mode = |mode| permissions(&FileEntry { mode, ..FileEntry::implied_directory() });
        assert_eq!(mode(0o755), "drwxr-xr-x");
        assert_eq!(mode(0o4711), "drws--x--x");
        assert_eq!(mode(0o2640), "drw-r-S---");
        assert_eq!(mode(0o1777), "drwxrwxrwt");
    }
}
