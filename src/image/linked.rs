//! Which shared libraries an ELF file asks the loader for (System V ABI, chapter 5: dynamic section, `DT_NEEDED`).

use object::elf::{DT_NEEDED, DT_STRSZ, DT_STRTAB, FileHeader32, FileHeader64};
use object::read::StringTable;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, FileKind};

/// The most libraries read of one file; big programs need some dozens.
const MAX_NEEDED: usize = 500;
/// Bytes of one name.
const MAX_NAME: usize = 255;

/// The names as written, each once, in their order; `None` for what is no ELF file or is broken. Read as the loader does,
/// by program headers: section headers may be stripped, or lie.
#[must_use]
pub fn needed(content: &[u8]) -> Option<Vec<String>> {
    match FileKind::parse(content).ok()? {
        FileKind::Elf32 => names::<FileHeader32<Endianness>>(content),
        FileKind::Elf64 => names::<FileHeader64<Endianness>>(content),
        _ => None,
    }
}

fn names<Elf: FileHeader<Endian = Endianness>>(content: &[u8]) -> Option<Vec<String>> {
    let header = Elf::parse(content).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, content).ok()?;
    let Some(dynamic) = segments.iter().find_map(|segment| segment.dynamic(endian, content).ok().flatten()) else {
        return Some(Vec::new());
    };
    let (mut table, mut size, mut offsets) = (None, 0, Vec::new());
    for entry in dynamic {
        let value: u64 = entry.d_val(endian).into();
        let tag: i64 = entry.d_tag(endian).into();
        match tag {
            tag if tag == DT_STRTAB => table = Some(value),
            tag if tag == DT_STRSZ => size = value,
            tag if tag == DT_NEEDED && offsets.len() < MAX_NEEDED => offsets.extend(u32::try_from(value).ok()),
            _ => {}
        }
    }
    let Some(table) = table else { return Some(Vec::new()) };
    let strings =
        segments.iter().find_map(|segment| segment.data_range(endian, content, table, size).ok().flatten())?;
    let strings = StringTable::new(strings, 0, strings.len() as u64);
    let mut names: Vec<String> = Vec::new();
    for offset in offsets {
        let name = strings.get(offset).ok().filter(|name| !name.is_empty() && name.len() <= MAX_NAME);
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        names.extend(name.filter(|name| !names.iter().any(|known| known == name)).map(str::to_owned));
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A shared library of one function, made with gcc and GNU ld without libc: it needs nothing.
    const REAL: &[u8] = include_bytes!("../../tests/data/anatomy/tiny.so");

    /// A 64-bit little-endian file of two program headers, one for all of it and one for its dynamic section, laid out
    /// after the System V ABI (chapters 4 and 5), without section headers.
    fn crafted(strings: &[u8], dynamics: &[(i64, u64)]) -> Vec<u8> {
        let (dynamic_at, dynamic_size) = (64 + 2 * 56, 16 * dynamics.len() as u64);
        let size = dynamic_at + dynamic_size + strings.len() as u64;
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        let mut add = |bytes: &[u8]| elf.extend_from_slice(bytes);
        for half in [3_u16, 62] {
            add(&half.to_le_bytes());
        }
        add(&1_u32.to_le_bytes());
        for word in [0_u64, 64, 0] {
            add(&word.to_le_bytes());
        }
        add(&0_u32.to_le_bytes());
        for half in [64_u16, 56, 2, 64, 0, 0] {
            add(&half.to_le_bytes());
        }
        for (kind, at, size) in [(1_u32, 0, size), (2, dynamic_at, dynamic_size)] {
            add(&kind.to_le_bytes());
            add(&4_u32.to_le_bytes());
            for word in [at, at, at, size, size, 8] {
                add(&word.to_le_bytes());
            }
        }
        for (tag, value) in dynamics {
            add(&tag.to_le_bytes());
            add(&value.to_le_bytes());
        }
        add(strings);
        elf
    }

    fn needing(strings: &[u8], places: &[u64]) -> Vec<u8> {
        let table = 64 + 2 * 56 + 16 * (places.len() as u64 + 2);
        let mut dynamics: Vec<_> = places.iter().map(|at| (DT_NEEDED, *at)).collect();
        dynamics.extend([(DT_STRTAB, table), (DT_STRSZ, strings.len() as u64)]);
        crafted(strings, &dynamics)
    }

    #[test]
    fn names_are_read_without_section_headers() {
        let names = needed(&needing(b"\0libssl.so.3\0libc.so.6\0", &[1, 13, 1])).unwrap();
        assert_eq!(names, ["libssl.so.3", "libc.so.6"]);
        assert_eq!(needed(REAL), Some(Vec::new()));
    }

    #[test]
    fn names_that_are_none_are_left_out() {
        let long = [b"\0".as_slice(), &[b'x'; 300], b"\0\xff\xfe\0ok\0"].concat();
        assert_eq!(needed(&needing(&long, &[0, 1, 302, 305, 9999, u64::MAX])).unwrap(), ["ok"]);
        let strings: Vec<u8> = (0..2_000_u32).flat_map(|at| format!("{at:04}\0").into_bytes()).collect();
        let places: Vec<u64> = (0..2_000).map(|at| at * 5).collect();
        assert_eq!(needed(&needing(&strings, &places)).unwrap().len(), MAX_NEEDED);
    }

    #[test]
    fn what_is_no_elf_file_needs_nothing() {
        assert_eq!(needed(b"INPUT(libx.so.1)\n"), None, "a linker script");
        assert_eq!(needed(b""), None);
        assert_eq!(needed(&crafted(b"", &[(DT_NEEDED, 1)])), Some(Vec::new()), "no table of strings");
        assert_eq!(needed(&crafted(b"", &[(DT_NEEDED, 1), (DT_STRTAB, 1 << 40), (DT_STRSZ, 9)])), None, "outside");
    }

    proptest! {
        #[test]
        fn damage_is_survived(at in prop::collection::vec((0_usize..400, any::<u8>()), 1..20), cut in 0_usize..400) {
            let mut elf = needing(b"\0libssl.so.3\0libc.so.6\0", &[1, 13]);
            for (at, byte) in at {
                if let Some(place) = elf.get_mut(at) {
                    *place = byte;
                }
            }
            let _ = needed(&elf);
            elf.truncate(cut);
            let _ = needed(&elf);
        }
    }
}
