//! Compression, recognised by magic bytes and never by name or media type.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::string_slice))]

use std::io::{self, BufReader, Cursor, ErrorKind, Read};

use super::BUFFER_BYTES;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
}

/// The longest zstd window accepted, as a power of two: 128 MiB, which `zstd --long` uses and every decoder accepts
/// by default. It bounds the decoder's memory.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Bytes of memory that an xz decoder may use; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 128 << 20;

/// Bytes that tell one compression from another.
const MAGIC_BYTES: usize = 6;

impl Compression {
    /// Tells by the first bytes; six are enough. The magic numbers are those of RFC 1952 (gzip), RFC 8878 (zstd and
    /// its skippable frames) and the .xz file format.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }

    /// The word used in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        }
    }
}

/// Reads the magic bytes of `reader` and returns what they say with a reader of the uncompressed bytes:
/// all gzip members, all zstd frames (skippable ones skipped), all xz streams.
///
/// The decoders buffer what they read; the returned reader itself is unbuffered and wants large reads
/// (see [`BUFFER_BYTES`]).
///
/// # Errors
/// When `reader` fails or the decoder cannot be set up.
pub fn decompress<'a>(mut reader: Box<dyn Read + Send + 'a>) -> io::Result<(Compression, Box<dyn Read + Send + 'a>)> {
    let mut head = Vec::with_capacity(MAGIC_BYTES);
    reader.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut head)?;
    let compression = Compression::sniff(&head);
    let whole = Cursor::new(head).chain(reader);
    let plain: Box<dyn Read + Send + 'a> = match compression {
        Compression::None => return Ok((compression, Box::new(whole))),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(whole))),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered(whole))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Compression::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered(whole), stream))
        }
    };
    Ok((compression, Box::new(Named { compression, plain })))
}

fn buffered<R: Read>(reader: R) -> BufReader<R> {
    BufReader::with_capacity(BUFFER_BYTES, reader)
}

/// Says in its errors which decoder they come from: "corrupt deflate stream" alone helps nobody.
struct Named<R> {
    compression: Compression,
    plain: R,
}

impl<R: Read> Read for Named<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(buffer).map_err(|error| match error.kind() {
            // The second is no fault of the stream, but of the connection that it came over.
            ErrorKind::Interrupted | ErrorKind::ConnectionAborted => error,
            ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), format!("the {} stream ends early", self.compression.as_str()))
            }
            kind => io::Error::new(kind, format!("in the {} stream: {error}", self.compression.as_str())),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(bytes: &[u8]) -> io::Result<(Compression, Vec<u8>)> {
        let (compression, mut plain) = decompress(Box::new(bytes))?;
        let mut all = Vec::new();
        plain.read_to_end(&mut all)?;
        Ok((compression, all))
    }

    #[test]
    fn every_member_frame_and_stream_is_read() {
        let members = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(read_all(&members).unwrap(), (Compression::Gzip, b"one two".to_vec()));
        let frames = [zstd::encode_all(&b"one "[..], 1).unwrap(), zstd::encode_all(&b"two"[..], 1).unwrap()].concat();
        assert_eq!(read_all(&frames).unwrap(), (Compression::Zstd, b"one two".to_vec()));
        let streams = [xz(b"one "), xz(b"two")].concat();
        assert_eq!(read_all(&streams).unwrap(), (Compression::Xz, b"one two".to_vec()));
    }

    #[test]
    fn zstd_skippable_frames_are_skipped_wherever_they_stand() {
        let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
        let frame = zstd::encode_all(&b"data"[..], 1).unwrap();
        let stream = [&skippable[..], &frame, &skippable, &frame, &skippable].concat();
        assert_eq!(read_all(&stream).unwrap(), (Compression::Zstd, b"datadata".to_vec()));
    }

    #[test]
    fn what_has_no_magic_passes_unchanged_however_short() {
        for bytes in [&b""[..], b"\x1f", b"plain", b"plain text that goes on"] {
            assert_eq!(read_all(bytes).unwrap(), (Compression::None, bytes.to_vec()));
        }
    }

    #[test]
    fn a_stream_cut_short_is_an_error_that_names_its_format() {
        for (name, whole) in
            [("gzip", gzip(&[7; 9000])), ("zstd", zstd::encode_all(&[7; 9000][..], 1).unwrap()), ("xz", xz(&[7; 9000]))]
        {
            for length in 6..whole.len() {
                let error = read_all(&whole[..length]).unwrap_err().to_string();
                assert!(error.contains(name), "{name} cut at {length}: {error}");
            }
        }
    }

    #[test]
    fn a_window_of_128_mib_is_read_and_a_larger_one_refused() {
        let with_window = |log: u32| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(log).unwrap();
            encoder.include_contentsize(false).unwrap();
            encoder.write_all(&vec![0; 1 << 16]).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(read_all(&with_window(27)).unwrap().1.len(), 1 << 16);
        assert!(read_all(&with_window(28)).unwrap_err().to_string().contains("zstd"));
    }
}
