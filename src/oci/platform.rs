//! Platforms: what an index offers, what a user asks for, and when the two are the same.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::go_json::{ANY, Shape};
use super::lenient;
use crate::model::text::visible;

pub(super) static SHAPE: Shape = Shape::Struct(&[
    ("architecture", &ANY),
    ("os", &ANY),
    ("os.version", &ANY),
    ("os.features", &ANY),
    ("variant", &ANY),
    ("features", &ANY),
]);

/// `os/arch[/variant]`, in the words of the Go toolchain (`linux`, `amd64`), as image indexes write them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "a platform object")]
pub struct Platform {
    #[serde(deserialize_with = "lenient::or_default")]
    pub os: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub architecture: String,
    #[serde(deserialize_with = "lenient::shown")]
    pub variant: Option<String>,
}

/// Why a text names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a platform: write os/arch or os/arch/variant, such as linux/amd64 or linux/arm64/v8")]
pub struct PlatformError(String);

impl Platform {
    /// The platform whose images run on this machine: engines run Linux images, on other systems in a virtual machine.
    #[must_use]
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            "loongarch64" => "loong64",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }.normalised()
    }

    /// Whether an image for this platform is what someone asking for `wanted` means. A variant that is not asked for
    /// may be any.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let (have, want) = (self.normalised(), wanted.normalised());
        have.os == want.os
            && have.architecture == want.architecture
            && (wanted.variant.is_none() || have.variant == want.variant)
    }

    /// Whether the entry is not for running at all: attestations stand in an index as `unknown/unknown`.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    /// Aliases replaced and the variants that are the rule left out, as containerd's `platforms` does.
    fn normalised(&self) -> Self {
        let architecture = self.architecture.to_ascii_lowercase();
        let variant = self.variant.as_ref().map(|variant| variant.to_ascii_lowercase());
        let (architecture, implied) = match architecture.as_str() {
            "x86_64" | "x86-64" => ("amd64", None),
            "aarch64" => ("arm64", None),
            "i386" | "i486" | "i586" | "i686" | "x86" => ("386", None),
            "armhf" => ("arm", Some("v7")),
            "armel" => ("arm", Some("v6")),
            other => (other, None),
        };
        let variant = match (architecture, variant.as_deref().or(implied)) {
            ("amd64", Some("v1")) | ("arm64", Some("8" | "v8" | "v8.0")) => None,
            ("arm", None | Some("7")) => Some("v7".to_owned()),
            ("arm", Some(digit @ ("5" | "6" | "8"))) => Some(format!("v{digit}")),
            (_, variant) => variant.map(str::to_owned),
        };
        let os = match self.os.to_ascii_lowercase().as_str() {
            "" => "linux".to_owned(),
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        Self { os, architecture: architecture.to_owned(), variant }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (*os, *architecture, None),
            [os, architecture, variant] => (*os, *architecture, Some(*variant)),
            _ => ("", "", None),
        };
        if os.is_empty() || architecture.is_empty() || variant == Some("") {
            return Err(PlatformError(text.to_owned()));
        }
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", visible(&self.os), visible(&self.architecture))?;
        match &self.variant {
            Some(variant) => write!(f, "/{}", visible(variant)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn aliases_and_default_variants_are_the_same_platform() {
        for (have, wanted) in [
            ("linux/amd64", "linux/x86_64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm64/v8", "linux/aarch64"),
            ("linux/arm/v7", "linux/arm"),
            ("linux/arm/v6", "linux/arm"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/386", "linux/i686"),
        ] {
            assert!(platform(have).satisfies(&platform(wanted)), "{have} for {wanted}");
        }
    }

    #[test]
    fn other_platforms_are_not() {
        for (have, wanted) in [
            ("linux/amd64", "linux/arm64"),
            ("windows/amd64", "linux/amd64"),
            ("linux/arm/v6", "linux/arm/v7"),
            ("linux/arm64", "linux/arm"),
            ("linux/arm64/v9", "linux/arm64/v8"),
        ] {
            assert!(!platform(have).satisfies(&platform(wanted)), "{have} for {wanted}");
        }
    }

    #[test]
    fn what_is_no_platform_is_refused_with_an_example() {
        for text in ["", "amd64", "linux/", "/amd64", "linux/arm64/", "a/b/c/d"] {
            let error = text.parse::<Platform>().unwrap_err();
            assert!(error.to_string().contains("linux/amd64"), "{error}");
        }
        assert_eq!(platform("linux/arm64/v8").to_string(), "linux/arm64/v8");
    }

    #[test]
    fn the_host_is_a_platform_of_an_index() {
        assert!(!Platform::host().architecture.contains('_'));
    }
}
