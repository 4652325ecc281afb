//! ELF: what identifies a program or library, and a digest of each section.

use object::elf::{
    DT_NEEDED, DT_RUNPATH, DT_SONAME, FileHeader32, FileHeader64, NT_GNU_BUILD_ID, SHT_DYNAMIC, SHT_NOBITS,
};
use object::read::elf::{FileHeader, SectionHeader, SectionTable};
use object::{Endianness, FileKind};

use super::{MAX_MEMBERS, MAX_TEXT, payload, shown, until_nul};
use crate::model::digest::hex;
use crate::model::{Anatomy, Part};

/// The most libraries that are named; big programs need some dozens.
const MAX_NEEDED: usize = 200;

pub(super) fn dissect(content: &[u8]) -> Option<Anatomy> {
    match FileKind::parse(content).ok()? {
        FileKind::Elf32 => file::<FileHeader32<Endianness>>(content, "32-bit"),
        FileKind::Elf64 => file::<FileHeader64<Endianness>>(content, "64-bit"),
        _ => None,
    }
}

fn file<Elf: FileHeader<Endian = Endianness>>(content: &[u8], class: &str) -> Option<Anatomy> {
    let header = Elf::parse(content).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, content).ok()?;
    let order = if endian == Endianness::Little { "little-endian" } else { "big-endian" };
    let machine = machine(header.e_machine(endian));
    let mut fields = vec![
        Part::text("machine", format!("{class} {machine}, {order}")),
        Part::text("kind", kind(header.e_type(endian))),
    ];
    fields.extend(linking(&sections, endian, content));
    // Sections may overlap: what is hashed in all is no more than the file twice over.
    let mut budget = content.len().saturating_mul(2);
    let mut members = Vec::new();
    let index = header.section_strings_index(endian, content);
    let names = index.and_then(|index| sections.section(index)?.data(endian, content)).unwrap_or_default();
    // The first section is the null section.
    for section in sections.iter().skip(1).take(MAX_MEMBERS) {
        let name = string(names, section.sh_name(endian).into()).unwrap_or(b"?");
        let body = section.data(endian, content).unwrap_or_default();
        let Some(left) = budget.checked_sub(body.len()) else { break };
        budget = left;
        members.push(match understood(section, name, endian, content) {
            Some(text) => Part::text(&shown(name), text),
            None => payload(&shown(name), body),
        });
    }
    let complete = members.len() + 1 >= sections.len();
    Some(Anatomy {
        format: format!("ELF {machine}"),
        fields,
        members,
        noun: "sections",
        complete,
        ..Anatomy::default()
    })
}

/// What the dynamic linker is told, where it is of interest.
fn linking<'data, Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'data, Elf>,
    endian: Endianness,
    content: &'data [u8],
) -> Vec<Part> {
    let Ok(table) = sections.dynamic_table(endian, content) else { return Vec::new() };
    let section = sections.iter().find(|section| section.sh_type(endian) == SHT_DYNAMIC);
    let strings = section.and_then(|section| sections.section(section.link(endian)).ok());
    let strings = strings.and_then(|strings| strings.data(endian, content).ok()).unwrap_or_default();
    let named = |tag: i64| -> Vec<String> {
        let entries = table.iter().take(MAX_MEMBERS).filter(|entry| entry.tag == tag);
        entries.take(MAX_NEEDED).filter_map(|entry| string(strings, entry.val)).map(shown).collect()
    };
    [("name", DT_SONAME), ("needs", DT_NEEDED), ("run path", DT_RUNPATH)]
        .into_iter()
        .map(|(name, tag)| (name, named(tag)))
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(name, texts)| Part::text(name, texts.join(" ")))
        .collect()
}

/// The string at `at` of a string table. One that is longer than what is shown is refused: thousands of names that lead
/// into one endless string would each cost a pass over the whole table.
pub(in super::super) fn string(table: &[u8], at: u64) -> Option<&[u8]> {
    let rest = table.get(usize::try_from(at).ok()?..)?;
    let within = rest.get(..=MAX_TEXT).unwrap_or(rest);
    within.get(..within.iter().position(|byte| *byte == 0)?)
}

/// The sections that are better read than hashed.
fn understood<Section: SectionHeader<Endian = Endianness>>(
    section: &Section,
    name: &[u8],
    endian: Endianness,
    content: &[u8],
) -> Option<String> {
    if section.sh_type(endian) == SHT_NOBITS {
        return Some(format!("{} zeros", section.sh_size(endian).into()));
    }
    match name {
        b".note.gnu.build-id" => {
            let mut notes = section.notes(endian, content).ok()??;
            let note = notes.next().ok()?.filter(|note| note.n_type(endian) == NT_GNU_BUILD_ID)?;
            note.desc().get(..MAX_TEXT).is_none().then(|| hex(note.desc()))
        }
        b".gnu_debuglink" => {
            let body = section.data(endian, content).ok()?;
            let crc = body.last_chunk::<4>().copied()?;
            let crc = if endian == Endianness::Little { u32::from_le_bytes(crc) } else { u32::from_be_bytes(crc) };
            Some(format!("{}, crc {crc:08x}", shown(until_nul(body))))
        }
        b".interp" | b".comment" => Some(shown(until_nul(section.data(endian, content).ok()?))),
        _ => None,
    }
}

fn machine(machine: u16) -> String {
    match machine {
        3 => "x86".to_owned(),
        8 => "MIPS".to_owned(),
        20 => "PowerPC".to_owned(),
        21 => "PowerPC64".to_owned(),
        22 => "s390x".to_owned(),
        40 => "ARM".to_owned(),
        62 => "x86-64".to_owned(),
        183 => "aarch64".to_owned(),
        243 => "RISC-V".to_owned(),
        258 => "LoongArch".to_owned(),
        other => format!("machine {other}"),
    }
}

fn kind(kind: u16) -> String {
    match kind {
        1 => "object file".to_owned(),
        2 => "program".to_owned(),
        3 => "shared library or program".to_owned(),
        4 => "core dump".to_owned(),
        other => format!("type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fields, members, survives_damage};
    use super::*;

    /// A shared library of one function with a build id, made with gcc and GNU ld: see the folder's README.
    const REAL: &[u8] = include_bytes!("../../../tests/data/anatomy/tiny.so");

    #[test]
    fn what_identifies_a_library_is_written_out() {
        let anatomy = dissect(REAL).unwrap();
        assert_eq!(anatomy.format, "ELF x86-64");
        assert_eq!(
            fields(&anatomy),
            ["machine=64-bit x86-64, little-endian", "kind=shared library or program", "name=libtiny.so.1"]
        );
        let members = members(&anatomy);
        assert!(members.contains(&".note.gnu.build-id=00112233445566778899aabbccddeeff00112233".to_owned()));
        assert!(members.iter().any(|member| member.starts_with(".comment=GCC: ")), "{members:?}");
        assert!(members.iter().any(|member| member.starts_with(".text=")), "{members:?}");
        assert!(anatomy.complete);
    }

    #[test]
    fn damage_neither_panics_nor_takes_long() {
        survives_damage(REAL);
        // All sections the whole file, again and again: the budget ends it.
        let mut greedy = REAL.to_vec();
        let table = usize::try_from(u64::from_le_bytes(greedy[40..48].try_into().unwrap())).unwrap();
        for section in greedy[table + 64..].chunks_exact_mut(64) {
            section[4..8].copy_from_slice(&1_u32.to_le_bytes());
            section[24..32].copy_from_slice(&0_u64.to_le_bytes());
            section[32..40].copy_from_slice(&(REAL.len() as u64).to_le_bytes());
        }
        assert!(dissect(&greedy).is_none_or(|anatomy| !anatomy.complete && anatomy.members.len() <= 2));
    }
    /// A 64-bit ELF whose string table is `strings`, with a section and a needed library for each place in it.
    fn crafted(strings: &[u8], places: &[u32]) -> Vec<u8> {
        let dynamics: Vec<u8> =
            places.iter().flat_map(|at| [1_u64, u64::from(*at)]).flat_map(u64::to_le_bytes).collect();
        let section = |name: u32, kind: u32, offset: usize, size: usize| {
            let mut section = [0; 64];
            section[..4].copy_from_slice(&name.to_le_bytes());
            section[4..8].copy_from_slice(&kind.to_le_bytes());
            section[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
            section[32..40].copy_from_slice(&(size as u64).to_le_bytes());
            // The dynamic section's names, and nobody else's, are in the section of this number.
            section[40] = 1;
            section
        };
        let mut elf = REAL[..64].to_vec();
        let table = 64 + strings.len() + dynamics.len();
        elf[40..48].copy_from_slice(&(table as u64).to_le_bytes());
        elf[60..62].copy_from_slice(&u16::try_from(places.len() + 3).unwrap().to_le_bytes());
        elf[62..64].copy_from_slice(&1_u16.to_le_bytes());
        elf.extend_from_slice(strings);
        elf.extend(dynamics.iter());
        elf.extend(section(0, 0, 0, 0));
        elf.extend(section(0, 3, 64, strings.len()));
        elf.extend(section(0, 6, 64 + strings.len(), dynamics.len()));
        elf.extend(places.iter().flat_map(|at| section(*at, 1, 64, 1)));
        elf
    }

    #[test]
    fn names_without_an_end_are_refused_and_not_all_needed_libraries_are_told() {
        let mut strings = [&b"short\0"[..], &[b'a'; MAX_TEXT], b"\0", &[b'b'; MAX_TEXT + 1], b"\0"].concat();
        let fits = 6;
        let long = fits + u32::try_from(MAX_TEXT).unwrap() + 1;
        let endless = u32::try_from(strings.len()).unwrap();
        strings.resize(strings.len() + (1 << 20), b'c');
        let anatomy = dissect(&crafted(&strings, &[0, fits, long, endless])).unwrap();
        let names: Vec<&str> = anatomy.members.iter().skip(2).map(|part| part.name.as_str()).collect();
        let whole = "a".repeat(MAX_TEXT);
        assert_eq!(names, ["short", &whole, "?", "?"]);
        assert_eq!(fields(&anatomy)[2..], [format!("needs=short {whole}")]);

        let many = dissect(&crafted(&strings, &vec![fits; 9_000])).unwrap();
        let needs = fields(&many).pop().unwrap();
        assert_eq!(needs.split(' ').count(), MAX_NEEDED);
        assert_eq!(many.members.len(), 9_002);
    }
}
