//! Installed packages: one cataloger per ecosystem, and the order of their versions.

use std::cmp::Ordering;

use crate::image::Image;
use crate::model::{Ecosystem, ImagePath, Package};

/// How one ecosystem's packages are found and ordered.
pub struct Cataloger {
    pub ecosystem: Ecosystem,
    /// Which files' bytes [`Cataloger::run`] needs.
    pub wants: fn(&ImagePath) -> bool,
    /// Finds the installed packages; what cannot be read becomes a warning.
    pub run: fn(&Image, &mut Vec<String>) -> Vec<Package>,
    /// Orders two versions by the ecosystem's rules.
    pub compare: fn(&str, &str) -> Ordering,
}

/// All ecosystems.
pub const CATALOGERS: &[Cataloger] = &[];
pub fn wants(_: &ImagePath) -> bool {
    unimplemented!()
}
pub fn catalog(_: &Image, _: &mut Vec<String>) -> Vec<Package> {
    unimplemented!()
}
pub fn movement(_: &Package, _: &Package) -> Option<crate::model::PackageMove> {
    unimplemented!()
}
pub fn pair(
    _: &[std::sync::Arc<Package>],
    _: &[std::sync::Arc<Package>],
) -> Vec<(Option<std::sync::Arc<Package>>, Option<std::sync::Arc<Package>>)> {
    unimplemented!()
}
