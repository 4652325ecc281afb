//! Tar archives packed with xz or Zstandard: times and order inside, and how well they are compressed.

use std::io::Read;

use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;

use super::Mask;
use super::nested::{self, Form, Nest, Sealed};
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "packed-tar",
    covers: "*.tar.xz, *.txz, *.tar.zst, *.tzst",
    explanation: Explanation::Noise,
    cause: "a tar archive records its members' times, in the order in which the directory listed them",
    fix: "tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --pax-option=delete=atime,delete=ctime",
    // Most archives come ready made.
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply: |bytes| nested::outermost(bytes, open),
};

const XZ: &[u8] = b"\xfd7zXZ\0";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// What unpacking may need; `xz -9` asks for 65 MiB.
const XZ_MEMORY: u64 = 80 << 20;
/// The largest window, as a power of two, that is not an extra option to Zstandard's own tools.
const ZSTD_WINDOW: u32 = 27;

/// Other packed files have no times to hide, and to unpack them costs more than anything else here.
fn matches(path: &ImagePath, head: &[u8]) -> bool {
    let names = [b".tar.xz".as_slice(), b".txz", b".tar.zst", b".tzst"];
    (head.starts_with(XZ) || head.starts_with(ZSTD)) && names.iter().any(|name| path.as_bytes().ends_with(name))
}

/// One stream or frame and nothing else: what may be skipped or follows is not judged.
pub(super) fn open(bytes: &[u8], nest: &mut Nest) -> Option<Form> {
    let (format, content, rest) = if bytes.starts_with(XZ) {
        let stream = Stream::new_stream_decoder(XZ_MEMORY, 0).ok()?;
        let mut reader = XzDecoder::new_stream(bytes, stream);
        ("xz", sealed(&mut reader, nest)?, reader.into_inner())
    } else {
        let mut reader = zstd::stream::read::Decoder::with_buffer(bytes).ok()?.single_frame();
        reader.window_log_max(ZSTD_WINDOW).ok()?;
        ("zstd", sealed(&mut reader, nest)?, reader.finish())
    };
    rest.is_empty().then_some(())?;
    let mut form = Form::new(format);
    form.hide(Hidden::new("compressed size", bytes.len()));
    form.content(content);
    Some(form)
}

fn sealed(reader: &mut impl Read, nest: &mut Nest) -> Option<Sealed> {
    nest.seal_stream(b"", reader).map(|(sealed, _)| sealed)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use liblzma::write::XzEncoder;

    use super::super::testing::{hidden, masked, survives_damage};

    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.tar.zst");
    const TWO: &[u8] = include_bytes!("../../../tests/data/masks/two.tar.zst");

    fn of(path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        masked(path, bytes).map(|(_, form)| form)
    }

    fn xz(zstd: &[u8], level: u32) -> Vec<u8> {
        let mut packed = XzEncoder::new(Vec::new(), level);
        packed.write_all(&zstd::decode_all(zstd).unwrap()).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn the_archive_inside_is_masked_whatever_the_level() {
        assert!(of("a.tar.zst", ONE).is_some());
        assert_eq!(of("a.tar.zst", ONE), of("a.tar.zst", TWO));
        assert_eq!(of("a.tar.xz", &xz(ONE, 1)), of("a.tar.xz", &xz(TWO, 9)));
        assert_ne!(of("a.tar.xz", &xz(ONE, 1)), of("a.tar.zst", ONE));
        assert!(hidden("a.tar.zst", ONE).contains(&"newest member 2023-11-14 22:13:20".to_owned()));
    }

    #[test]
    fn what_follows_or_may_be_skipped_is_none() {
        // A skippable frame of four bytes, and a second stream.
        let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0evil";
        let one = xz(ONE, 1);
        for (path, bytes) in [
            ("a.tar.zst", [ONE, skippable].concat()),
            ("a.tar.zst", [skippable, ONE].concat()),
            ("a.tar.zst", [ONE, b"x"].concat()),
            ("a.tar.xz", [one.as_slice(), b"\0\0\0\0"].concat()),
            ("a.tar.xz", [one.as_slice(), one.as_slice()].concat()),
        ] {
            assert_eq!(of(path, &bytes), None);
        }
        assert_eq!(of("a.xz", &one), None);
    }

    #[test]
    fn damage_is_survived() {
        survives_damage("a.tar.zst", ONE);
        survives_damage("a.tar.xz", &xz(ONE, 1));
    }
}
