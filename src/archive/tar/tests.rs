//! The reader against crafted archives, the `tar` crate's writer, and noise.

use std::io::{BufReader, Cursor};

use proptest::prelude::*;

use super::*;

/// A ustar header with a right checksum.
fn header(name: &[u8], flag: u8, size: u64) -> Block {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0001750\0");
    block[116..124].copy_from_slice(b"0001751\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"14000000000\0");
    block[156] = flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sum(block)
}

fn gnu(mut block: Block) -> Block {
    block[257..265].copy_from_slice(b"ustar  \0");
    sum(block)
}

fn sum(mut block: Block) -> Block {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.resize(content.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn file(name: &[u8], flag: u8, content: &[u8]) -> Vec<u8> {
    [header(name, flag, content.len() as u64).to_vec(), padded(content)].concat()
}

fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
}

fn pax(records: &[(&[u8], &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
    file(b"pax", b'x', &body)
}

fn archive(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), vec![0; 2 * BLOCK]].concat()
}

type Listing = Vec<(TarEntry, Vec<u8>)>;

fn list_within(bytes: &[u8], limits: &Limits) -> Result<Listing, TarError> {
    let mut reader = TarReader::new(bytes, limits);
    let mut listing = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        assert_eq!(content.len() as u64, entry.size, "content is as long as the entry says");
        listing.push((entry, content));
    }
    Ok(listing)
}

fn list(bytes: &[u8]) -> Result<Listing, TarError> {
    list_within(bytes, &small_limits())
}

fn small_limits() -> Limits {
    Limits { layer_bytes: 1 << 20, header_bytes: 1 << 13, ..Limits::default() }
}

fn names(listing: &Listing) -> Vec<String> {
    listing.iter().map(|(entry, _)| String::from_utf8_lossy(&entry.path).into_owned()).collect()
}

/// An extended attribute whose value holds a newline, then a PAX size of 1024 over a header's size of 0. GNU tar and
/// Python's tarfile list `f, last`; a reader that splits records at newlines lists a hidden entry and misses `last`.
fn newline_archive() -> Vec<u8> {
    let hidden = file(b"hidden", b'0', &[b'h'; 512]);
    archive(&[
        pax(&[(b"SCHILY.xattr.user.x", b"a\nb"), (b"size", b"1024")]),
        header(b"f", b'0', 0).to_vec(),
        hidden,
        file(b"last", b'0', b"end"),
    ])
}

#[test]
fn a_newline_in_an_attribute_hides_no_entry() {
    let listing = list(&newline_archive()).unwrap();
    assert_eq!(names(&listing), ["f", "last"]);
    assert_eq!(listing[0].0.size, 1024);
    assert_eq!(listing[0].0.xattrs, [(b"user.x".to_vec(), b"a\nb".to_vec())]);
    assert_eq!(listing[1].1, b"end");
}

#[test]
fn pax_records_go_before_the_header_and_long_names_before_both() {
    let listing = list(&archive(&[
        file(b"@", b'L', &[b"long/".repeat(40), b"name\0".to_vec()].concat()),
        file(b"@", b'K', b"target of the link\0ignored"),
        pax(&[(b"path", b"pax"), (b"linkpath", b"pax"), (b"uid", b"3000000"), (b"mtime", b"-1.5")]),
        header(b"short", b'2', 0).to_vec(),
        pax(&[(b"path", b"from pax"), (b"gid", b"-4")]),
        header(b"short", b'0', 0).to_vec(),
        header(b"short", b'0', 0).to_vec(),
    ]))
    .unwrap();
    let long = &listing[0].0;
    assert_eq!((long.path.len(), long.link.as_slice()), (204, &b"target of the link"[..]));
    assert_eq!((long.uid, long.gid, long.mtime, long.mode), (3_000_000, 1001, -2, 0o644));
    assert_eq!(names(&listing)[1..], ["from pax", "short"], "extensions hold for one entry");
    assert_eq!(listing[1].0.gid, 0, "an owner below zero is clamped");
}

#[test]
fn a_later_extended_header_replaces_an_earlier_and_a_global_one_is_ignored() {
    let listing = list(&archive(&[
        pax(&[(b"path", b"first"), (b"uid", b"7")]),
        pax(&[(b"path", b"second")]),
        header(b"a", b'0', 0).to_vec(),
        file(b"g", b'g', &record(b"path", b"global")),
        header(b"b", b'0', 0).to_vec(),
    ]))
    .unwrap();
    assert_eq!(names(&listing), ["second", "b"]);
    assert_eq!(listing[0].0.uid, 1000);
}

#[test]
fn headers_that_are_no_entries_are_kept_by_the_name_that_engines_give_them() {
    let bytes = archive(&[
        file(b"g", b'g', &record(b"path", b"of the record")),
        file(b"own name", b'g', &record(b"comment", b"x")),
        file(b"X", b'X', &record(b"path", b"b")),
        header(b"a", b'0', 0).to_vec(),
        file(b"volume", b'V', b""),
    ]);
    let mut reader = TarReader::new(&bytes[..], &small_limits());
    assert_eq!(reader.next_entry().unwrap().unwrap().path, b"b");
    let passed = |flag, path: &[u8]| PassedOver { flag, path: path.to_vec() };
    let expected = [passed(b'g', b"of the record"), passed(b'g', b"own name"), passed(b'X', b"X")];
    assert_eq!(reader.take_passed_over(), expected);
    assert!(reader.next_entry().unwrap().is_none());
    assert_eq!(reader.take_passed_over(), [passed(b'V', b"volume")]);

    let many = archive(&vec![file(b"g", b'g', b""); 1000]);
    let mut reader = TarReader::new(&many[..], &small_limits());
    assert!(reader.next_entry().unwrap().is_none());
    assert_eq!(reader.take_passed_over().len(), MOST_PASSED_OVER);
}

#[test]
fn names_are_put_together_as_their_format_asks() {
    let mut split = header(b"name", b'0', 0);
    split[345..351].copy_from_slice(b"prefix");
    let old = |mut block: Block| {
        block[257..512].fill(0);
        sum(block)
    };
    let mut buggy = header(b"name", b'0', 0);
    buggy[345..357].copy_from_slice(b"not/times/at");
    let mut timed = header(b"name", b'0', 0);
    timed[345..357].copy_from_slice(b"14000000000\0");
    let listing = list(&archive(&[
        sum(split).to_vec(),
        old(split).to_vec(),
        old(header(b"directory/", 0, 4096)).to_vec(),
        gnu(buggy).to_vec(),
        gnu(timed).to_vec(),
    ]))
    .unwrap();
    assert_eq!(names(&listing), ["prefix/name", "name", "directory/", "not/times/at/name", "name"]);
    assert_eq!((listing[2].0.kind, listing[2].0.size), (TarKind::Directory, 0));
}

#[test]
fn every_flag_is_some_kind_and_only_files_have_content() {
    let mut device = header(b"device", b'3', 0);
    device[329..345].copy_from_slice(b"0000010\x000000377\0");
    let listing = list(&archive(&[
        header(b"link", b'1', 99).to_vec(),
        sum(device).to_vec(),
        header(b"block", b'4', 99).to_vec(),
        header(b"directory", b'5', 99).to_vec(),
        header(b"fifo", b'6', 99).to_vec(),
        file(b"contiguous", b'7', b"content"),
        file(b"volume", b'V', b""),
        file(b"continued", b'M', b"the rest of a file"),
        file(b"dump", b'D', b"Yfile\0\0"),
        file(b"unknown", b'Q', b"content"),
    ]))
    .unwrap();
    let kinds: Vec<_> = listing.iter().map(|(entry, content)| (entry.kind, content.len())).collect();
    assert_eq!(
        kinds,
        [
            (TarKind::Hardlink, 0),
            (TarKind::CharDevice, 0),
            (TarKind::BlockDevice, 0),
            (TarKind::Directory, 0),
            (TarKind::Fifo, 0),
            (TarKind::File, 7),
            (TarKind::Directory, 0),
            (TarKind::File, 7),
        ]
    );
    assert_eq!(listing[1].0.device, (8, 255));
    assert_eq!(listing[7].0.flag, b'Q');
}

/// The expanded content of all sparse fixtures: a run, a hole, a run, a hole.
fn expanded() -> Vec<u8> {
    [vec![b'a'; 600], vec![0; 40_000], vec![b'b'; 10], vec![0; 100]].concat()
}

fn stored() -> Vec<u8> {
    padded(&[vec![b'a'; 600], vec![b'b'; 10]].concat())
}

#[test]
fn sparse_files_of_every_format_read_expanded() {
    let size = expanded().len().to_string();
    let sparse_size = size.as_bytes();
    let v00 = pax(&[
        (b"GNU.sparse.size", sparse_size),
        (b"GNU.sparse.numblocks", b"2"),
        (b"GNU.sparse.offset", b"0"),
        (b"GNU.sparse.numbytes", b"600"),
        (b"GNU.sparse.offset", b"40600"),
        (b"GNU.sparse.numbytes", b"10"),
    ]);
    let v01 = pax(&[
        (b"GNU.sparse.size", sparse_size),
        (b"GNU.sparse.map", b"0,600,40600,10"),
        (b"GNU.sparse.name", b"real"),
    ]);
    let v10 = pax(&[
        (b"GNU.sparse.major", b"1"),
        (b"GNU.sparse.minor", b"0"),
        (b"GNU.sparse.name", b"real"),
        (b"GNU.sparse.realsize", sparse_size),
    ]);
    let mapped = [padded(b"2\n0\n600\n40600\n10\n"), stored()].concat();
    let mut old = header(b"old", b'S', 610);
    for (at, number) in [(386, 0), (398, 600), (410, 40_600), (422, 10)] {
        old[at..at + 12].copy_from_slice(format!("{number:011o}\0").as_bytes());
    }
    old[483..495].copy_from_slice(format!("{:011o}\0", expanded().len()).as_bytes());
    let listing = list(&archive(&[
        v00,
        [&header(b"v00", b'0', 610)[..], &stored()].concat(),
        v01,
        [&header(b"GNUSparseFile.1/real", b'0', 610)[..], &stored()].concat(),
        v10,
        [&header(b"GNUSparseFile.1/real", b'0', 512 + 610)[..], &mapped].concat(),
        [&gnu(old)[..], &stored()].concat(),
        file(b"after", b'0', b"x"),
    ]))
    .unwrap();
    assert_eq!(names(&listing), ["v00", "real", "real", "old", "after"]);
    for (entry, content) in &listing[..4] {
        assert!(entry.sparse);
        assert_eq!(content, &expanded());
    }
    assert!(!listing[4].0.sparse);
}

#[test]
fn an_old_sparse_map_goes_on_in_extension_blocks() {
    let mut first = header(b"old", b'S', 25);
    let mut extension = [0; BLOCK];
    for run in 0..25_usize {
        let (block, base) = if run < 4 { (&mut first, 386 + run * 24) } else { (&mut extension, (run - 4) * 24) };
        block[base..base + 12].copy_from_slice(format!("{:011o}\0", run * 10).as_bytes());
        block[base + 12..base + 24].copy_from_slice(b"00000000001\0");
    }
    first[482] = 1;
    first[483..495].copy_from_slice(format!("{:011o}\0", 250).as_bytes());
    let listing =
        list(&archive(&[gnu(first).to_vec(), extension.to_vec(), padded(&[b'x'; 25]), file(b"after", b'0', b"")]))
            .unwrap();
    let want: Vec<u8> = (0..250).map(|at| if at % 10 == 0 { b'x' } else { 0 }).collect();
    assert_eq!(listing[0].1, want);
    assert_eq!(listing[1].0.path, b"after");
}

#[test]
fn sizes_beyond_eight_gigabytes_are_understood_and_limits_name_what_they_found() {
    let mut big = header(b"big", b'0', 0);
    big[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0x03, 0, 0, 0, 0]);
    let error = list(&archive(&[sum(big).to_vec()])).unwrap_err().to_string();
    assert_eq!(error, "at byte 512: a layer of 12884902400; the limit is 1048576");
    let error =
        list(&archive(&[pax(&[(b"GNU.sparse.map", b"0,0"), (b"GNU.sparse.size", b"5000000")]), file(b"s", b'0', b"")]))
            .unwrap_err()
            .to_string();
    assert_eq!(error, "at byte 1536: a sparse file of 5000000; the limit is 1048576");
    let error = list(&archive(&[file(b"x", b'x', &[0; 9000])])).unwrap_err().to_string();
    assert_eq!(error, "at byte 512: a PAX header of 9000; the limit is 8192");
    let limits = Limits { entries: 1, ..small_limits() };
    let two = archive(&[file(b"a", b'0', b""), file(b"b", b'0', b"")]);
    let error = list_within(&two, &limits).unwrap_err().to_string();
    assert_eq!(error, "at byte 1024: an entry count of 2; the limit is 1");
}

#[test]
fn an_archive_may_end_with_two_zero_blocks_with_one_or_with_none() {
    let body = file(b"a", b'0', b"x");
    for (zeros, terminated) in [(0, false), (512, true), (1024, true), (10_240, true)] {
        let bytes = [body.clone(), vec![0; zeros]].concat();
        let mut reader = TarReader::new(&bytes[..], &small_limits());
        assert_eq!(reader.next_entry().unwrap().unwrap().path, b"a");
        assert_eq!(reader.next_entry().unwrap(), None);
        assert_eq!(reader.next_entry().unwrap(), None, "the end stays the end");
        assert_eq!(reader.is_terminated(), terminated, "{zeros} zeros");
    }
    let error = list(&[body.clone(), vec![0; 512], body].concat()).unwrap_err().to_string();
    assert_eq!(error, "at byte 1024: a zero block within the archive");
}

#[test]
fn what_follows_the_archive_stays_readable() {
    let bytes = [archive(&[file(b"a", b'0', b"x")]), b"trailing".to_vec()].concat();
    let mut reader = TarReader::new(&bytes[..], &small_limits());
    while reader.next_entry().unwrap().is_some() {}
    assert_eq!(reader.position(), 2048);
    assert_eq!(reader.into_inner(), b"trailing");
}

#[test]
fn cut_at_any_byte_it_is_an_error_or_not_terminated_and_never_another_listing() {
    let whole = newline_archive();
    let full = list(&whole).unwrap();
    for length in 0..whole.len() {
        let mut reader = TarReader::new(&whole[..length], &small_limits());
        let mut seen = 0;
        let outcome = loop {
            match reader.next_entry() {
                Ok(Some(entry)) => assert_eq!(entry, full[seen].0),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            seen += 1;
        };
        assert!(
            outcome.is_err() || !reader.is_terminated() || seen == full.len(),
            "cut at {length} of {} it looked whole with {seen} entries",
            whole.len()
        );
    }
}

#[test]
fn any_flipped_bit_of_a_header_is_noticed() {
    let whole = archive(&[file(b"name", b'0', b"content")]);
    let want = list(&whole).unwrap();
    for bit in 0..BLOCK * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Padding of the checksum may change from one form to another.
        let is_padding = (148..156).contains(&(bit / 8)) && list(&bytes).is_ok_and(|listing| listing == want);
        assert!(is_padding || list(&bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn a_header_summed_with_signed_bytes_is_accepted() {
    let mut block = header(b"\xff\xfe", b'0', 0);
    block[148..156].fill(b' ');
    let sum: i32 = block.iter().map(|byte| i32::from(byte.cast_signed())).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(list(&archive(&[block.to_vec()])).unwrap()[0].0.path, b"\xff\xfe");
}

#[test]
fn a_size_that_lies_ends_in_an_error_or_in_other_entries_but_never_in_wrong_lengths() {
    for size in ["0", "1", "511", "513", "1024", "99999", "9223372036854775807", "18446744073709551616"] {
        let bytes = archive(&[pax(&[(b"size", size.as_bytes())]), file(b"a", b'0', &[7; 700]), file(b"b", b'0', b"x")]);
        // `list` asserts that each content is as long as its entry says.
        let outcome = list(&bytes);
        assert_eq!(outcome.is_ok(), size == "513" || size == "1024", "{size}: {outcome:?}");
    }
}

#[test]
fn a_seekable_archive_lists_the_same_without_reading_contents() {
    struct Counting(Cursor<Vec<u8>>, u64);
    impl Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(buffer)?;
            self.1 += read as u64;
            Ok(read)
        }
    }
    impl Seek for Counting {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }
    let big = file(b"big", b'0', &vec![1; 300_000]);
    let bytes = archive(&[file(b"a", b'0', b"x"), big, file(b"b", b'0', b"y")]);
    let mut counting = Counting(Cursor::new([b"head".to_vec(), bytes.clone()].concat()), 0);
    counting.seek(SeekFrom::Start(4)).unwrap();
    let mut reader = TarReader::new_seek(BufReader::with_capacity(1024, counting), &small_limits()).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        entries.push(entry);
    }
    let plain: Vec<_> = list(&bytes).unwrap().into_iter().map(|(entry, _)| entry).collect();
    assert_eq!(entries, plain);
    assert!(reader.into_inner().into_inner().1 < 10_000);
    for (at, entry) in entries.iter().enumerate() {
        let start = usize::try_from(entry.offset).unwrap();
        assert_eq!(bytes[start], [b'x', 1, b'y'][at]);
    }
    let cut = Cursor::new(&bytes[..bytes.len() - 3000]);
    let mut reader = TarReader::new_seek(BufReader::new(cut), &small_limits()).unwrap();
    let error = std::iter::from_fn(|| reader.next_entry().transpose()).find_map(Result::err).unwrap();
    assert!(error.to_string().contains("ends within the content"), "{error}");
}

/// Hands out its bytes in pieces of the sizes given, again and again.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().unwrap_or(1).min(buffer.len());
        let read = self.bytes.read(&mut buffer[..size])?;
        Ok(read)
    }
}

fn written_by_the_tar_crate(files: &[(String, Vec<u8>, u64, bool)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content, mtime, gnu) in files {
        let mut header = if *gnu { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
        header.set_size(content.len() as u64);
        header.set_mode(0o751);
        header.set_uid(*mtime % 4_000_000);
        header.set_mtime(*mtime);
        header.set_entry_type(tar::EntryType::Regular);
        // Where ustar has no room for a name the crate refuses it.
        if builder.append_data(&mut header, name, content.as_slice()).is_err() {
            builder.append_data(&mut tar::Header::new_gnu(), "short", &b""[..]).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

proptest! {
    #[test]
    fn what_the_tar_crate_writes_reads_as_the_tar_crate_reads_it(
        files in prop::collection::vec(
            ("[a-z]{1,40}(/[a-z]{1,60}){0,5}", prop::collection::vec(any::<u8>(), 0..1500), 0..0o7777_7777_u64, any::<bool>()),
            0..8,
        ),
        sizes in prop::collection::vec(1..2000_usize, 1..5),
    ) {
        let bytes = written_by_the_tar_crate(&files);
        let mut oracle = tar::Archive::new(&bytes[..]);
        let mut want = Vec::new();
        for entry in oracle.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let header = entry.header();
            want.push((
                entry.path_bytes().into_owned(), content, header.mtime().unwrap().cast_signed(),
                header.uid().unwrap(), entry.raw_file_position(),
            ));
        }
        let pieces = Pieces { bytes: &bytes, sizes: sizes.into_iter().cycle() };
        let mut reader = TarReader::new(BufReader::with_capacity(700, pieces), &small_limits());
        let mut got = Vec::new();
        while let Some(entry) = reader.next_entry().unwrap() {
            let mut content = Vec::new();
            reader.read_to_end(&mut content).unwrap();
            got.push((entry.path, content, entry.mtime, u64::from(entry.uid), entry.offset));
        }
        prop_assert_eq!(got, want);
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = list(&bytes);
    }

    /// Right checksums let noise through to every later check.
    #[test]
    fn noise_behind_right_checksums_never_panics(
        blocks in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), BLOCK), prop::sample::select(b"0567xgLKSDV12Q".to_vec()), 0..3000_u64, any::<bool>()),
            0..6,
        )
    ) {
        let bytes: Vec<u8> = blocks.iter().flat_map(|(noise, flag, size, is_gnu)| {
            let mut block: Block = noise.as_slice().try_into().unwrap();
            let clean = header(b"n", *flag, *size);
            block[100..265].copy_from_slice(&clean[100..265]);
            if *is_gnu { gnu(block) } else { sum(block) }
        }).collect();
        let _ = list(&bytes);
    }
}
