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
