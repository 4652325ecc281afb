//! What ninja keeps of its last run (ninja-build/ninja, `build_log.cc`, `deps_log.cc`): when each step began and ended, and
//! the times of the files. What was built, by which command and from what stays.

use super::super::anatomy::u32_le;
use super::Mask;
use crate::model::{Explanation, Hidden};

const CAUSE: &str = "ninja notes when it ran each step, and the times of the files";
const FIX: &str = "delete the build directory in the same RUN";

pub(super) const LOG: Mask = Mask {
    name: "ninja-log",
    covers: ".ninja_log",
    explanation: Explanation::Noise,
    cause: CAUSE,
    fix: FIX,
    each_build: true,
    max_bytes: 16 << 20,
    matches: |path, head| path.file_name() == b".ninja_log" && head.starts_with(LOG_HEADER),
    apply: log,
};

pub(super) const DEPS: Mask = Mask {
    name: "ninja-deps",
    covers: ".ninja_deps",
    explanation: Explanation::Noise,
    cause: CAUSE,
    fix: FIX,
    each_build: true,
    max_bytes: 64 << 20,
    matches: |path, head| path.file_name() == b".ninja_deps" && head.starts_with(DEPS_HEADER),
    apply: |bytes| deps(bytes),
};

const LOG_HEADER: &[u8] = b"# ninja log v";
const DEPS_HEADER: &[u8] = b"# ninjadeps\n";

/// Lines of start, end, time, output and the hash of its command; in order of their ends, which says nothing.
fn log(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let header = lines.next()?;
    let mut steps = Vec::new();
    for line in lines {
        let mut fields = line.splitn(4, |byte| *byte == b'\t');
        let times: Vec<&[u8]> = fields.by_ref().take(3).collect();
        if times.len() != 3 || !times.iter().all(|time| is_number(time)) {
            return None;
        }
        steps.push(fields.next()?);
    }
    steps.sort_unstable();
    let row = Hidden::new("steps", steps.len());
    *bytes = [&[header], steps.as_slice()].concat().concat();
    Some(vec![row])
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Records led by their length, whose highest bit tells the inputs of one output from a path.
fn deps(bytes: &mut [u8]) -> Option<Vec<Hidden>> {
    const IS_DEPS: u32 = 1 << 31;
    const LONGEST: usize = 1 << 20;
    let start = DEPS_HEADER.len();
    let time = match u32_le(bytes, start)? {
        3 => 4,
        4 => 8,
        _ => return None,
    };
    let (mut at, mut outputs) = (start + 4, 0_usize);
    while at < bytes.len() {
        let size = u32_le(bytes, at)?;
        let length = usize::try_from(size & !IS_DEPS).ok().filter(|length| *length <= LONGEST && length % 4 == 0)?;
        let record = bytes.get_mut(at + 4..at + 4 + length)?;
        if size & IS_DEPS != 0 {
            // The output's number stands before its time.
            record.get_mut(4..4 + time)?.fill(0);
            outputs += 1;
        }
        at += 4 + length;
    }
    (outputs > 0).then(|| vec![Hidden::new("times of outputs", outputs)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{masked, survives_damage};

    /// Lines of ninja 1.11.1.
    const FIRST: &str = "# ninja log v5\n13\t275\t1796096531807939288\tutil.c.o\te989be2fcb921c98\n12\t318\t1796096531813738588\tgreet.c.o\tc7998f31e09a79d\n";

    #[test]
    fn the_times_of_a_log_go_and_outputs_and_commands_stay() {
        let of = |text: &str| masked("src/build/.ninja_log", text.as_bytes());
        let again = "# ninja log v5\n10\t301\t1796096831813738588\tgreet.c.o\tc7998f31e09a79d\n9\t305\t1796096831807939288\tutil.c.o\te989be2fcb921c98\n";
        assert_eq!(of(FIRST).unwrap(), of(again).unwrap());
        for real in [
            FIRST.replace("greet", "evil"),
            FIRST.replace("c7998f31e09a79d", "c7998f31e09a79e"),
            format!("{FIRST}1\t2\t3\tevil.o\tabc\n"),
            FIRST.replace("v5", "v6"),
        ] {
            assert_ne!(of(FIRST), of(&real), "{real}");
        }
        assert_eq!(of(&FIRST.replace("275", "$(id)")), None);
        assert_eq!(masked("src/build/log", FIRST.as_bytes()), None);
        survives_damage("src/build/.ninja_log", FIRST.as_bytes());
    }

    /// One path and one output, as version 4 writes them.
    fn deps(time: u8, path: [u8; 8], input: u8) -> Vec<u8> {
        let path_record = [&12_u32.to_le_bytes()[..], &path, &[0xff; 4]].concat();
        let deps_record = [&(16_u32 | 1 << 31).to_le_bytes()[..], &[0; 4], &[time; 8], &[input, 0, 0, 0]].concat();
        [b"# ninjadeps\n".as_slice(), &4_u32.to_le_bytes(), &path_record, &deps_record].concat()
    }

    #[test]
    fn the_times_of_inputs_go_and_which_they_are_stays() {
        let of = |bytes: &[u8]| masked("src/build/.ninja_deps", bytes);
        let one = deps(1, *b"util.c.o", 3);
        assert_eq!(of(&one).unwrap(), of(&deps(9, *b"util.c.o", 3)).unwrap());
        assert_ne!(of(&one), of(&deps(1, *b"evil.c.o", 3)));
        assert_ne!(of(&one), of(&deps(1, *b"util.c.o", 4)));
        assert_eq!(of(&[&one[..], b"more"].concat()), None);
        survives_damage("src/build/.ninja_deps", &one);
    }
}
