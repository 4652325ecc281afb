//! ELF programs, libraries and object files: the build id, links to debug files, and debug information that is never
//! loaded. All that is loaded and run stays, and so do symbols, section headers, gaps and what follows the last section.
//!
//! Sections that go are followed by others, whose places then shift. So the canonical form is: the file up to the first
//! section that goes, then each piece that stays, under its section's number and its length. Places in section headers
//! that tell no more than the order are zeroed. Whatever does not fit this picture (a segment behind the first section
//! that goes, an overlap, a gap that is more than alignment) proves nothing.
//!
//! System V ABI, "Object Files"; the note and the links are described in the GDB manual, "Separate Debug Files".

use std::ops::Range;

use object::elf::{
    DT_ADDRRNGHI, DT_ADDRRNGLO, DT_FINI, DT_FINI_ARRAY, DT_HASH, DT_INIT, DT_INIT_ARRAY, DT_JMPREL, DT_PLTGOT,
    DT_PREINIT_ARRAY, DT_REL, DT_RELA, DT_STRTAB, DT_SYMTAB, DT_SYMTAB_SHNDX, DT_VERDEF, DT_VERNEED, DT_VERSYM, ET_DYN,
    ET_EXEC, ET_REL, FileHeader32, FileHeader64, NT_GNU_BUILD_ID, PF_X, PT_LOAD, PT_NOTE, SHF_ALLOC, SHT_NOBITS,
    SHT_NOTE, SHT_NULL, SHT_PROGBITS, SHT_REL, SHT_RELA,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, FileKind};
use sha2::{Digest as _, Sha256};

use super::super::anatomy::elf::string;
use super::super::anatomy::{MAX_MEMBERS, until_nul};
use super::Mask;
use crate::model::digest::hex;
use crate::model::text::visible_bytes;
use crate::model::{Digest, Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "elf-debug",
    covers: "ELF programs, libraries and object files, wherever they are",
    explanation: Explanation::Noise,
    cause: "a compiled file carries a build id and debug information, in which paths of the build stand",
    fix: "compile in a fixed directory or with -ffile-prefix-map=$PWD=. , and strip --strip-debug",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

/// The longest build id; GNU ld writes 20 bytes, lld 8 to 20.
const LONGEST_ID: usize = 64;

/// Linkers align what follows to 8 bytes, some to 16.
const LONGEST_GAP: usize = 15;

/// Sections of DWARF 2 to 5 and their GNU forerunners. Not `.debug_gdb_scripts`, which a debugger runs.
const DWARF: &[&[u8]] = &[
    b"abbrev",
    b"addr",
    b"aranges",
    b"cu_index",
    b"frame",
    b"gnu_pubnames",
    b"gnu_pubtypes",
    b"info",
    b"line",
    b"line_str",
    b"loc",
    b"loclists",
    b"macinfo",
    b"macro",
    b"names",
    b"pubnames",
    b"pubtypes",
    b"ranges",
    b"rnglists",
    b"str",
    b"str_offsets",
    b"sup",
    b"tu_index",
    b"types",
];

fn matches(_: &ImagePath, head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let plan = match FileKind::parse(bytes.as_slice()).ok()? {
        FileKind::Elf32 => Plan::of::<FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => Plan::of::<FileHeader64<Endianness>>(bytes),
        _ => None,
    }?;
    plan.carry_out(bytes)
}

/// What becomes of a file.
#[derive(Default)]
struct Plan {
    hidden: Vec<Hidden>,
    /// Zeroed in place.
    zeros: Vec<Range<usize>>,
    /// Where sections go.
    cut: Option<Cut>,
}

/// A file from which sections go.
struct Cut {
    /// Where the first of them stands.
    start: usize,
    /// The pieces behind it that stay, in their order.
    kept: Vec<Piece>,
}

/// A piece of a file.
struct Piece {
    /// The section's number, 0 for the table of section headers.
    section: usize,
    place: Range<usize>,
}

/// A section's place in the file and in memory.
struct Section<'data> {
    /// Of the header itself.
    header: usize,
    kind: u32,
    /// The section that this one belongs to, where it holds relocations.
    info: usize,
    is_loaded: bool,
    place: Range<usize>,
    /// Empty for sections that are loaded.
    name: &'data [u8],
    goes: bool,
}

impl Plan {
    fn of<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Self> {
        let header = Elf::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        if !matches!(header.e_type(endian), ET_REL | ET_EXEC | ET_DYN) {
            return None;
        }
        let mut sections = sections(header, endian, bytes)?;
        let mut plan = Self::default();
        plan.build_id(header, endian, bytes, &sections)?;
        for section in &mut sections {
            section.goes = match section.name {
                b".gnu_debuglink" => plan.debug_link(bytes.get(section.place.clone())?),
                b".gnu_debugaltlink" => plan.alternative_link(bytes.get(section.place.clone())?),
                name => is_dwarf(name),
            } && section.kind == SHT_PROGBITS;
        }
        if header.e_type(endian) == ET_REL {
            // Relocations of what goes go with it.
            let goes: Vec<bool> = sections.iter().map(|section| section.goes).collect();
            for section in &mut sections {
                let relocates = matches!(section.kind, SHT_REL | SHT_RELA) && !section.is_loaded;
                section.goes |= relocates && goes.get(section.info.checked_sub(1)?) == Some(&true);
            }
        }
        plan.debug_information(bytes, &sections)?;
        if sections.iter().any(|section| section.goes) {
            plan.cut_out(header, endian, bytes, &sections)?;
        }
        (!plan.hidden.is_empty()).then_some(plan)
    }

    /// Zeroes the build id, where there is one. `None` when something else could use these bytes, too.
    fn build_id<Elf: FileHeader<Endian = Endianness>>(
        &mut self,
        header: &Elf,
        endian: Endianness,
        bytes: &[u8],
        sections: &[Section<'_>],
    ) -> Option<()> {
        let mut found = None;
        for section in header.section_headers(endian, bytes).ok()?.iter().filter(|it| it.sh_type(endian) == SHT_NOTE) {
            let mut notes = section.notes(endian, bytes).ok()??;
            while let Some(note) = notes.next().ok()? {
                let is_id = note.n_type(endian) == NT_GNU_BUILD_ID && until_nul(note.name()) == b"GNU";
                // One id is enough for any file, and many would hide much.
                if is_id && found.replace(note.desc()).is_some() {
                    return None;
                }
            }
        }
        let Some(id) = found.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID) else { return Some(()) };
        let start = (id.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
        let place = start..start.checked_add(id.len())?;
        if sections.iter().filter(|section| overlap(&section.place, &place)).count() != 1 {
            return None;
        }
        if !is_data(header, endian, bytes, &place)? {
            return None;
        }
        self.hidden.push(Hidden::new("build id", hex(id)));
        self.zeros.push(place);
        Some(())
    }

    /// A debug file's name, zeros to a multiple of four, and its checksum.
    fn debug_link(&mut self, link: &[u8]) -> bool {
        let name = until_nul(link);
        let padded = (name.len() / 4 + 1) * 4;
        let is_sound = link.len() == padded + 4
            && is_plain_name(name)
            && link.get(name.len()..padded).is_some_and(|padding| padding.iter().all(|byte| *byte == 0));
        if is_sound {
            self.hidden.push(Hidden::new("debug link", visible_bytes(name)));
        }
        is_sound
    }

    /// A debug file's name and its build id.
    fn alternative_link(&mut self, link: &[u8]) -> bool {
        let name = until_nul(link);
        let is_sound = is_plain_name(name) && link.len() > name.len() && link.len() - name.len() <= LONGEST_ID;
        if is_sound {
            self.hidden.push(Hidden::new("link to shared debug information", visible_bytes(name)));
        }
        is_sound
    }

    fn debug_information(&mut self, bytes: &[u8], sections: &[Section<'_>]) -> Option<()> {
        let (mut size, mut hasher) = (0, Sha256::new());
        for section in sections.iter().filter(|section| section.goes && is_dwarf(section.name)) {
            let body = bytes.get(section.place.clone())?;
            size += body.len();
            hasher.update(body);
        }
        if size > 0 {
            let digest = Digest(hasher.finalize().into());
            self.hidden.push(Hidden::new("debug information", format!("{size} bytes, {}", digest.short())));
        }
        Some(())
    }

    /// Finds the pieces behind the first section that goes.
    fn cut_out<Elf: FileHeader<Endian = Endianness>>(
        &mut self,
        header: &Elf,
        endian: Endianness,
        bytes: &[u8],
        sections: &[Section<'_>],
    ) -> Option<()> {
        let start = sections.iter().filter(|section| section.goes).map(|section| section.place.start).min()?;
        let is_loaded_behind = |segment: &Elf::ProgramHeader| {
            let (from, size) = (segment.p_offset(endian).into(), segment.p_filesz(endian).into());
            size > 0 && from.checked_add(size).is_none_or(|end| end > start as u64)
        };
        if header.program_headers(endian, bytes).ok()?.iter().any(is_loaded_behind) {
            return None;
        }
        let headers = header.section_headers(endian, bytes).ok()?;
        let table = usize::try_from(header.e_shoff(endian).into()).ok()?;
        let table = table..table.checked_add(size_of_val(headers))?;
        let mut items = vec![(Piece { section: 0, place: table }, false)];
        for (at, section) in (1..).zip(sections) {
            if section.place.start >= start && section.kind != SHT_NOBITS && !section.place.is_empty() {
                items.push((Piece { section: at, place: section.place.clone() }, section.goes));
            } else if section.place.end > start && section.kind != SHT_NOBITS && !section.place.is_empty() {
                return None;
            }
            if section.place.start >= start {
                self.zeros.push(Elf::offset_field(section.header));
            }
            if section.goes {
                self.zeros.push(Elf::size_field(section.header));
            }
        }
        self.zeros.push(Elf::table_field());
        items.sort_by_key(|(piece, _)| piece.place.start);
        let mut kept = Vec::new();
        let mut at = start;
        for (piece, goes) in items {
            // Overlaps end here, and a table of headers in front of what goes.
            let gap = bytes.get(at..piece.place.start)?;
            if gap.len() > LONGEST_GAP || gap.iter().any(|byte| *byte != 0) {
                return None;
            }
            at = piece.place.end;
            if !goes {
                kept.push(piece);
            }
        }
        // What follows the last section is nobody's, and stays.
        kept.push(Piece { section: usize::MAX, place: at..bytes.len() });
        self.cut = Some(Cut { start, kept });
        Some(())
    }

    fn carry_out(self, bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
        for range in self.zeros {
            bytes.get_mut(range)?.fill(0);
        }
        if let Some(Cut { start, kept }) = self.cut {
            let mut canonical = Vec::with_capacity(bytes.len());
            canonical.extend_from_slice(&(start as u64).to_le_bytes());
            canonical.extend_from_slice(bytes.get(..start)?);
            for Piece { section, place } in kept {
                canonical.extend_from_slice(&(section as u64).to_le_bytes());
                canonical.extend_from_slice(&(place.len() as u64).to_le_bytes());
                canonical.extend_from_slice(bytes.get(place)?);
            }
            *bytes = canonical;
        }
        Some(self.hidden)
    }
}

/// Where a file header and a section header keep places and sizes.
trait Fields {
    fn table_field() -> Range<usize>;
    fn offset_field(section: usize) -> Range<usize>;
    fn size_field(section: usize) -> Range<usize>;
}

impl<Elf: FileHeader> Fields for Elf {
    fn table_field() -> Range<usize> {
        if Self::is_type_64_sized() { 40..48 } else { 32..36 }
    }

    fn offset_field(section: usize) -> Range<usize> {
        if Self::is_type_64_sized() { section + 24..section + 32 } else { section + 16..section + 20 }
    }

    fn size_field(section: usize) -> Range<usize> {
        if Self::is_type_64_sized() { section + 32..section + 40 } else { section + 20..section + 24 }
    }
}

/// All sections but the first, which is the null section. `None` when there are too many or one leaves the file.
fn sections<'data, Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    bytes: &'data [u8],
) -> Option<Vec<Section<'data>>> {
    let headers = header.section_headers(endian, bytes).ok().filter(|headers| headers.len() <= MAX_MEMBERS)?;
    let names = header.section_strings_index(endian, bytes).ok()?;
    let names = headers.get(names.0)?.data(endian, bytes).ok()?;
    let table = usize::try_from(header.e_shoff(endian).into()).ok()?;
    let section = |(at, section): (usize, &Elf::SectionHeader)| {
        let start = usize::try_from(section.sh_offset(endian).into()).ok()?;
        let kind = section.sh_type(endian);
        let size = if matches!(kind, SHT_NOBITS | SHT_NULL) { 0 } else { section.sh_size(endian).into() };
        let end = start.checked_add(usize::try_from(size).ok()?).filter(|end| size == 0 || *end <= bytes.len())?;
        let is_loaded = section.sh_flags(endian).into() & u64::from(SHF_ALLOC) != 0;
        let name = if is_loaded { None } else { string(names, section.sh_name(endian).into()) };
        Some(Section {
            header: table.checked_add(at * size_of::<Elf::SectionHeader>())?,
            kind,
            info: usize::try_from(section.sh_info(endian)).ok()?,
            is_loaded,
            place: start..end,
            name: name.unwrap_or_default(),
            goes: false,
        })
    };
    let sections: Vec<Section<'_>> = headers.iter().enumerate().skip(1).map(section).collect::<Option<_>>()?;
    // Each is read more than once, so that thousands over the same bytes would take for ever.
    let total = sections.iter().try_fold(0_usize, |total, section| total.checked_add(section.place.len()))?;
    (total <= bytes.len()).then_some(sections)
}

/// Whether what stands at `place` is mapped as data that nobody runs, if at all, and named by no address of the dynamic
/// table. patchelf moves the id to a segment that may be written.
fn is_data<Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    bytes: &[u8],
    place: &Range<usize>,
) -> Option<bool> {
    let (start, end) = (place.start as u64, place.end as u64);
    let segments = header.program_headers(endian, bytes).ok()?;
    let mut addresses = 0..0;
    for segment in segments {
        let from = segment.p_offset(endian).into();
        let to = from.checked_add(segment.p_filesz(endian).into())?;
        if from >= end || to <= start {
            continue;
        }
        match segment.p_type(endian) {
            PT_NOTE => {}
            PT_LOAD if segment.p_flags(endian) & PF_X == 0 && from <= start && to >= end => {
                let first = segment.p_vaddr(endian).into().checked_add(start - from)?;
                addresses = first..first.checked_add(end - start)?;
            }
            _ => return Some(false),
        }
    }
    let mut tables = 0;
    for segment in segments {
        if let Some(table) = segment.dynamic(endian, bytes).ok()? {
            tables += 1;
            // A second one is nobody's; thousands of them could be laid over the same bytes.
            if tables > 1 {
                return Some(false);
            }
            let points_there = |entry: &Elf::Dyn| {
                is_address(entry.d_tag(endian).into()) && addresses.contains(&entry.d_val(endian).into())
            };
            if table.iter().any(points_there) {
                return Some(false);
            }
        }
    }
    Some(true)
}

/// Whether the value of a dynamic tag is an address.
fn is_address(tag: i64) -> bool {
    const DT_RELR: i64 = 36;
    (DT_ADDRRNGLO..=DT_ADDRRNGHI).contains(&tag)
        || [
            DT_PLTGOT,
            DT_HASH,
            DT_STRTAB,
            DT_SYMTAB,
            DT_RELA,
            DT_INIT,
            DT_FINI,
            DT_REL,
            DT_JMPREL,
            DT_INIT_ARRAY,
            DT_FINI_ARRAY,
            DT_PREINIT_ARRAY,
            DT_SYMTAB_SHNDX,
            DT_RELR,
            DT_VERSYM,
            DT_VERDEF,
            DT_VERNEED,
        ]
        .contains(&tag)
}

fn is_dwarf(name: &[u8]) -> bool {
    name.strip_prefix(b".debug_").or_else(|| name.strip_prefix(b".zdebug_")).is_some_and(|kind| DWARF.contains(&kind))
}

fn is_plain_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() < 256 && name.iter().all(u8::is_ascii_graphic)
}

fn overlap(left: &Range<usize>, right: &Range<usize>) -> bool {
    left.start < right.end && right.start < left.end
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage, unnoticed};
    use super::*;

    /// One source compiled in `/tmp/one` and in `/tmp/another`: see the folder's README.
    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.so");
    const ANOTHER: &[u8] = include_bytes!("../../../tests/data/masks/another.so");
    const LINKED: &[u8] = include_bytes!("../../../tests/data/masks/linked.so");
    const OBJECTS: [&[u8]; 2] =
        [include_bytes!("../../../tests/data/masks/one.o"), include_bytes!("../../../tests/data/masks/another.o")];

    /// Where the section headers of `ONE` begin.
    const HEADERS_OF_ONE: usize = 0x700;

    fn of(bytes: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        masked("opt/lib/f.so", bytes)
    }

    /// The bytes of a section, by its name, as `readelf -S` places it.
    fn place(name: &str) -> Range<usize> {
        let header = FileHeader64::<Endianness>::parse(ONE).unwrap();
        let sections = header.sections(Endianness::Little, ONE).unwrap();
        let (_, section) = sections.section_by_name(Endianness::Little, name.as_bytes()).unwrap();
        let start = usize::try_from(section.sh_offset(Endianness::Little)).unwrap();
        start..start + usize::try_from(section.sh_size(Endianness::Little)).unwrap()
    }

    #[test]
    fn another_build_directory_is_equal_though_what_follows_has_moved() {
        assert_ne!(ONE.len(), ANOTHER.len());
        assert_eq!(of(ONE).unwrap(), of(ANOTHER).unwrap());
        assert_eq!(of(OBJECTS[0]).unwrap(), of(OBJECTS[1]).unwrap());
        let rows = hidden("f.so", ONE);
        assert!(rows.len() == 2 && rows[0].starts_with("build id ") && rows[0].len() == 49, "{rows:?}");
        assert!(rows[1].starts_with("debug information "), "{rows:?}");
        assert_eq!(hidden("f.so", LINKED)[1], "debug link f.debug");
    }

    #[test]
    fn nothing_but_the_build_id_and_debug_information_goes_unnoticed() {
        let id = place(".note.gnu.build-id");
        let mut expected: Vec<usize> = (id.end - 20..id.end).collect();
        for name in ["aranges", "info", "abbrev", "line", "frame", "str", "line_str"] {
            expected.extend(place(&format!(".debug_{name}")));
        }
        expected.sort_unstable();
        let (unnoticed, sizes): (Vec<usize>, Vec<usize>) =
            unnoticed("f.so", ONE).into_iter().partition(|at| *at < HEADERS_OF_ONE);
        assert_eq!(unnoticed, expected);
        // The size of what went, where that turns alignment into debug information.
        assert!(sizes.iter().all(|at| (at - HEADERS_OF_ONE) % 64 == 32), "{sizes:?}");
        // The link's name and checksum; not the zero that ends the name.
        assert_eq!(super::super::testing::unnoticed("f.so", LINKED).len(), 20 + b"f.debug".len() + 4);
    }

    #[test]
    fn code_symbols_and_payloads_stay() {
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = ANOTHER.to_vec();
            change(&mut changed);
            of(&changed).map(|(_, left)| left)
        };
        let plain = of(ONE).map(|(_, left)| left);
        assert_eq!(with(&|_| ()), plain);
        assert_ne!(with(&|elf| elf[place(".text").start] ^= 1), plain);
        assert_ne!(with(&|elf| elf.extend_from_slice(b"\0")), plain);
        assert_ne!(with(&|elf| elf.extend_from_slice(b"#!/bin/sh\nrm -rf /\n")), plain);
        assert_ne!(with(&|elf| elf.truncate(elf.len() - 1)), plain);
    }

    #[test]
    fn a_file_that_could_use_what_would_go_is_left_alone() {
        // The segment of the build id may be run.
        let mut executable = ONE.to_vec();
        executable[64 + 4] |= 1;
        assert_eq!(of(&executable), None);
        // A segment reaches into the debug information.
        let mut loaded = ONE.to_vec();
        let data = 64 + 3 * 56;
        let end = place(".debug_line").start as u64;
        loaded[data + 32..data + 40].copy_from_slice(&end.to_le_bytes());
        assert_eq!(of(&loaded), None);
        // The dynamic table calls the build id its strings: DT_STRTAB is its second entry.
        let mut dynamic = ONE.to_vec();
        let (table, id) = (place(".dynamic").start, place(".note.gnu.build-id").end as u64 - 20);
        assert_eq!(dynamic[table + 16], 5);
        dynamic[table + 24..table + 32].copy_from_slice(&id.to_le_bytes());
        assert_eq!(of(&dynamic), None);
    }

    #[test]
    fn thousands_of_tables_over_the_same_bytes_are_not_read() {
        // Another segment is called dynamic, and lies over the table.
        let mut twice = ONE.to_vec();
        let segment = |at: usize| 64 + at * 56..64 + (at + 1) * 56;
        let count = usize::from(ONE[56]);
        let dynamic = (0..count).find(|at| ONE[segment(*at)][..4] == [2, 0, 0, 0]).unwrap();
        twice.copy_within(segment(dynamic), segment(count - 1).start);
        assert_eq!(of(&twice), None);
        // 9,000 sections of debug information, each of them all of a large file.
        let (sections, size) = (9_000, 8_000_000);
        let mut bomb = ONE.to_vec();
        bomb.resize(size, 0);
        let names = ONE[HEADERS_OF_ONE..].chunks(64).nth(usize::from(ONE[62])).unwrap();
        let info = (1..).map(|at| &ONE[HEADERS_OF_ONE + at * 64..][..64]);
        let info =
            info.take(usize::from(ONE[60])).find(|it| it[24..32] == (place(".debug_info").start as u64).to_le_bytes());
        let mut info = info.unwrap().to_vec();
        info[24..32].fill(0);
        info[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        bomb[40..48].copy_from_slice(&(size as u64).to_le_bytes());
        bomb[60..62].copy_from_slice(&(u16::try_from(sections).unwrap() + 2).to_le_bytes());
        bomb[62..64].copy_from_slice(&1_u16.to_le_bytes());
        bomb.extend([0; 64]);
        bomb.extend_from_slice(names);
        bomb.extend(info.repeat(sections));
        let start = std::time::Instant::now();
        assert_eq!(of(&bomb), None);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }

    #[test]
    fn without_anything_to_hide_there_is_nothing_to_prove() {
        let mut plain = OBJECTS[0].to_vec();
        // Without names, no section is known to hold debug information.
        plain[62..64].fill(0);
        assert_eq!(of(&plain), None);
        assert_eq!(of(b"\x7fELF"), None);
        survives_damage("f.so", ONE);
        survives_damage("f.o", OBJECTS[0]);
        survives_damage("f.so", LINKED);
    }
}
