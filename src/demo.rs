//! The two small images that ship inside the program; `assets/demo/make.sh` makes them.

use crate::source::Reference;

/// One docker-archive with both images.
static IMAGES: &[u8] = include_bytes!("../assets/demo/images.tar.zst");

/// The older and the newer image.
#[must_use]
pub fn references() -> (Reference, Reference) {
    (Reference::embedded(IMAGES, "demo:october"), Reference::embedded(IMAGES, "demo:november"))
}
