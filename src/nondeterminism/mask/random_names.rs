//! Logs and build files with the names of temporary files in them: the random part goes, all else stays.

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden};

/// What cmake and compilers write: `cmTC_e2cf3`, `TryCompile-3dPRjt`, `/tmp/ccpaK3Am.s`.
const CMAKE_NAMES: [Name; 3] = [
    Name { prefix: b"cmTC_", length: 5, is_part: |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f') },
    Name { prefix: b"/CMakeScratch/TryCompile-", length: 6, is_part: |byte| byte.is_ascii_alphanumeric() },
    Name { prefix: b"/tmp/cc", length: 6, is_part: |byte| byte.is_ascii_alphanumeric() },
];

pub(super) const CMAKE: Mask = Mask {
    name: "cmake-log",
    covers: "CMakeOutput.log, CMakeError.log, CMakeConfigureLog.yaml",
    explanation: Explanation::Noise,
    cause: "cmake logs its tries to compile, in directories and files with random names",
    fix: "delete the build directory in the same RUN",
    each_build: true,
    max_bytes: 16 << 20,
    matches: |path, _| {
        path.as_bytes().windows(11).any(|part| part == b"CMakeFiles/")
            && matches!(path.file_name(), b"CMakeOutput.log" | b"CMakeError.log" | b"CMakeConfigureLog.yaml")
    },
    apply: |bytes| apply(bytes, &CMAKE_NAMES),
};

/// `sitearchdir = $(DESTDIR)./.gem.20261201-8-w4fx1k`.
const GEM_NAMES: [Name; 1] = [Name {
    prefix: b"dir = $(DESTDIR)./.gem.",
    length: 0,
    is_part: |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'-'),
}];

pub(super) const GEM_MAKEFILE: Mask = Mask {
    name: "gem-makefile",
    covers: "gems/*/ext/**/Makefile",
    explanation: Explanation::Noise,
    cause: "RubyGems builds extensions for a directory with a random name and leaves their Makefile",
    fix: "delete gems/*/ext in the same RUN",
    each_build: true,
    max_bytes: 4 << 20,
    matches: |path, _| {
        let has = |part: &[u8]| path.as_bytes().windows(part.len()).any(|found| found == part);
        path.file_name() == b"Makefile" && has(b"/gems/") && has(b"/ext/")
    },
    apply: |bytes| apply(bytes, &GEM_NAMES),
};

/// A name that ends at random.
struct Name {
    prefix: &'static [u8],
    /// Characters of the random part; 0 where it ends with the line.
    length: usize,
    is_part: fn(u8) -> bool,
}

impl Name {
    /// The random part of such a name at the start of `bytes`.
    fn random<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let rest = bytes.strip_prefix(self.prefix)?;
        let length = rest.iter().take_while(|byte| (self.is_part)(**byte)).count();
        let random = rest.get(..length).filter(|random| !random.is_empty())?;
        let ends = if self.length == 0 { matches!(rest.get(length), Some(b'\n')) } else { length == self.length };
        ends.then_some(random)
    }
}

/// `None` where no such name is in it.
fn apply(bytes: &mut Vec<u8>, names: &[Name]) -> Option<Vec<Hidden>> {
    let mut masked = Vec::with_capacity(bytes.len());
    let (mut at, mut first) = (0, None);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((name, random)) = names.iter().find_map(|name| Some((name, name.random(rest)?))) {
            masked.extend_from_slice(name.prefix);
            masked.push(b'*');
            at += name.prefix.len() + random.len();
            first.get_or_insert_with(|| visible_bytes(random));
        } else {
            masked.extend(rest.first());
            at += 1;
        }
    }
    let row = Hidden::new("first random name", first?);
    *bytes = masked;
    Some(vec![row])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{masked, survives_damage};

    /// Of cmake 3.25.1 with ninja.
    const LOG: &str = "Change Dir: /src/build/CMakeFiles/CMakeScratch/TryCompile-3dPRjt\nRun Build Command(s):/usr/bin/ninja cmTC_e2cf3 && [1/2]\n as -v --64 -o CMakeFiles/cmTC_e2cf3.dir/A.c.o /tmp/ccpaK3Am.s\n";

    #[test]
    fn random_names_go_and_all_else_stays() {
        let path = "src/build/CMakeFiles/CMakeOutput.log";
        let of = |text: &str| masked(path, text.as_bytes());
        let again = LOG.replace("3dPRjt", "OK8Rxk").replace("e2cf3", "29cff").replace("paK3Am", "QNDfRT");
        assert_eq!(of(LOG).unwrap(), of(&again).unwrap());
        for real in [
            LOG.replace("as -v", "as -x"),
            LOG.replace("/usr/bin/ninja", "/tmp/ninja"),
            LOG.replace("/tmp/cc", "/tmp/xx"),
            LOG.replace("e2cf3 &&", "e2cf3evil &&"),
            LOG.replace("TryCompile-3dPRjt", "TryCompile-3dPRjt-evil"),
        ] {
            assert_ne!(of(LOG), of(&real), "{real}");
        }
        assert_eq!(masked("app/CMakeOutput.log", LOG.as_bytes()), None);
        survives_damage(path, LOG.as_bytes());
    }

    #[test]
    fn a_gems_makefile_is_equal_but_for_its_random_directory() {
        let path = "var/lib/gems/3.1.0/gems/demo-0.1.0/ext/demo/Makefile";
        let of = |text: &str| masked(path, text.as_bytes());
        // Of ruby 3.1.2.
        let text = "sitearchdir = $(DESTDIR)./.gem.20261201-8-w4fx1k\nsitelibdir = $(DESTDIR)./.gem.20261201-8-w4fx1k\nall:\n\tcc\n";
        let again = text.replace("20261201-8-w4fx1k", "20261202-17-iiwcno");
        assert_eq!(of(text).unwrap(), of(&again).unwrap());
        for real in
            [text.replace("\tcc", "\tevil"), text.replacen("w4fx1k", "w4fx1k; evil", 1), text.replace("sitelib", "x")]
        {
            assert_ne!(of(text), of(&real), "{real}");
        }
        assert_eq!(masked("app/ext/Makefile", text.as_bytes()), None);
    }
}
