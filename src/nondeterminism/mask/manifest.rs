//! A jar's manifest: who built it when. The versions of the tools that built it stay: they are the same in a rebuild.

use super::Mask;
use crate::model::text::visible_bytes;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "jar-manifest",
    covers: "META-INF/MANIFEST.MF, in jars too",
    explanation: Explanation::Noise,
    cause: "the build tool writes into the manifest who built the jar, and when",
    fix: "configure the build tool to leave Built-By and the build time out of the manifest (project.build.outputTimestamp)",
    // Most jars come ready made.
    each_build: false,
    max_bytes: 1 << 20,
    matches: |path, _| is_manifest(path),
    apply,
};

/// The attributes that tell when and by whom a jar was built, and nothing about what is in it: the Java archive plugins
/// of Maven and Gradle write `Built-By` and `Build-Time`, bnd writes `Bnd-LastModified`.
const NOISE: [&[u8]; 7] =
    [b"Bnd-LastModified", b"Build-Date", b"Build-Time", b"Build-Timestamp", b"Built-By", b"Built-Date", b"Built-On"];

/// The longest value that is a name or a time.
const LONGEST: usize = 48;

fn is_manifest(path: &ImagePath) -> bool {
    path.as_bytes() == b"META-INF/MANIFEST.MF" || path.as_bytes().ends_with(b"/META-INF/MANIFEST.MF")
}

/// Takes the values out of the main section, which ends with the first empty line.
fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    bytes.starts_with(b"Manifest-Version:").then_some(())?;
    let (mut kept, mut hidden) = (Vec::with_capacity(bytes.len()), Vec::new());
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    let mut in_main = true;
    while let Some(line) = lines.next() {
        in_main &= !line.trim_ascii().is_empty();
        // A value that goes on in the next line is longer than what is looked for.
        let goes_on = lines.peek().is_some_and(|next| next.starts_with(b" "));
        let Some((key, value)) = noise(line).filter(|_| in_main && !goes_on) else {
            kept.extend_from_slice(line);
            continue;
        };
        kept.extend_from_slice(key);
        kept.extend_from_slice(b": \n");
        hidden.push(Hidden::new(&visible_bytes(key), visible_bytes(value)));
    }
    *bytes = kept;
    hidden.truncate(Hidden::MOST);
    Some(hidden)
}

/// Key and value of a line whose value is noise.
fn noise(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (key, value) = line.split_at_checked(colon)?;
    let value = value.strip_prefix(b": ")?.trim_ascii_end();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" .:,+-_@/".contains(byte);
    (NOISE.contains(&key) && value.len() <= LONGEST && value.iter().all(plain)).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    /// Attributes as Maven's archiver and bnd write them.
    const REAL: &str = "Manifest-Version: 1.0\r\nBnd-LastModified: 1700000000123\r\nBuild-Jdk: 17.0.9\r\nBuilt-By: root\r\n\
        Created-By: Apache Maven Bundle Plugin\r\nImport-Package: javax.net,javax.net.ssl,org.slf4j;version=\"[1.7,2\r\n )\"\r\n\
        \r\nName: a/B.class\r\nBuilt-By: root\r\n\r\n";

    fn of(text: &str) -> Option<Vec<u8>> {
        masked("opt/app/META-INF/MANIFEST.MF", text.as_bytes()).map(|(_, form)| form)
    }

    #[test]
    fn who_built_it_when_is_masked() {
        let other = REAL.replacen("1700000000123", "1760000000456", 1).replacen("root", "buildd", 1);
        assert!(of(REAL).is_some());
        assert_eq!(of(REAL), of(&other));
        assert_eq!(
            hidden("META-INF/MANIFEST.MF", REAL.as_bytes()),
            ["Bnd-LastModified 1700000000123", "Built-By root"]
        );
        survives_damage("META-INF/MANIFEST.MF", REAL.as_bytes());
    }

    #[test]
    fn everything_else_stays() {
        for (old, new) in [
            ("Created-By: Apache", "Created-By: Someone"),
            ("17.0.9", "17.0.8"),
            ("javax.net.ssl", "javax.net.tls"),
            ("Name: a/B.class\r\nBuilt-By: root", "Name: a/B.class\r\nBuilt-By: evil"),
            ("Built-By: root\r\n", ""),
            ("Built-By: root\r\n", "Built-By: root\r\n more\r\n"),
            ("Built-By: root\r\n", "Built-By: root\r\nClass-Path: evil.jar\r\n"),
            ("Built-By: root\r\n", "Built-By: \"$(evil)\"\r\n"),
        ] {
            assert!(REAL.contains(old));
            assert_ne!(of(REAL), of(&REAL.replacen(old, new, 1)), "{new}");
        }
        assert_eq!(of("Built-By: root\n"), None);
    }
}
