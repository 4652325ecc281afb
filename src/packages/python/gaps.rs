//! What of Python's distributions could not be read.

use std::collections::BTreeMap;

use super::files::read;
use super::find::{Form, Found, find};
use super::metadata::metadata;
use super::record;
use crate::image::{Image, Tree};
use crate::model::{Gap, GapKind, ImagePath, Package, Reach};
use crate::packages::{MAX_FILES, MAX_PACKAGES};

pub(super) fn gaps(image: &Image, packages: &[&Package]) -> Vec<Gap> {
    let mut unread = BTreeMap::new();
    let mut unnamed = BTreeMap::new();
    let mut refused = Vec::new();
    for found in find(&image.tree).into_iter().take(MAX_PACKAGES) {
        let at = found.home.to_absolute();
        match metadata_of(&found) {
            Metadata::Whole => {}
            Metadata::Unread => unread.entry(found.location.clone()).or_insert_with(Vec::new).push(at.clone()),
            Metadata::Unnamed => unnamed.entry(found.location.clone()).or_insert_with(Vec::new).push(at.clone()),
        }
        refused.extend(climbs(&image.tree, &found).then_some(at));
    }
    let what = "metadata of Python's distributions was not read, so that their versions are their directories' names";
    let mut gaps = by_place(unread, GapKind::Content, what);
    gaps.extend(by_place(unnamed, GapKind::Record, "metadata of Python's distributions lacks a name or a version"));
    if !refused.is_empty() {
        let why = format!("RECORDs list files outside of the image: {}", refused.len());
        gaps.push(Gap::new(GapKind::Record, why).at(refused).reaching(Reach::Proof));
    }
    let files: usize = packages.iter().map(|package| package.files.len()).sum();
    if files >= MAX_FILES || packages.len() >= MAX_PACKAGES {
        gaps.push(Gap::new(GapKind::Record, "Python's distributions have more files than are read"));
    }
    gaps
}

/// One gap for each site directory.
fn by_place(places: BTreeMap<ImagePath, Vec<String>>, kind: GapKind, what: &str) -> Vec<Gap> {
    let gap = |(place, at): (ImagePath, Vec<String>)| {
        Gap::new(kind, format!("{what}: {}", at.len())).at(at).reaching(Reach::Below(place))
    };
    places.into_iter().map(gap).collect()
}

enum Metadata {
    Whole,
    Unread,
    Unnamed,
}

fn metadata_of(found: &Found<'_>) -> Metadata {
    if matches!(found.form, Form::ZippedEgg | Form::EggLink) {
        return Metadata::Whole;
    }
    let Some(bytes) = found.metadata.and_then(|node| node.bytes.as_deref()) else { return Metadata::Unread };
    let read = metadata(bytes);
    if read.name.is_some() && read.version.is_some() { Metadata::Whole } else { Metadata::Unnamed }
}

/// Whether a row of its RECORD leads out of the image.
fn climbs(tree: &Tree, found: &Found<'_>) -> bool {
    let text = if found.form == Form::DistInfo { read(tree, found, b"RECORD") } else { None };
    let mut rows = text.into_iter().flat_map(record::rows);
    rows.any(|row| record::relative_to(&found.location, &row.path).is_err())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{image, path};
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<(GapKind, String, Reach)> {
        gaps(&image(files), &[]).into_iter().map(|gap| (gap.what, gap.why, gap.reach)).collect()
    }

    #[test]
    fn what_a_distribution_does_not_say_of_itself_is_missed_in_its_site_directory() {
        let whole = ("usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
        assert_eq!(told(&[whole]), []);
        let lacks = ("usr/lib/python3/dist-packages/b-1.dist-info/METADATA", "Name: b\n");
        let [(kind, why, reach)] = &told(&[whole, lacks])[..] else { panic!("one gap") };
        assert_eq!((*kind, reach), (GapKind::Record, &Reach::Below(path("usr/lib/python3/dist-packages"))));
        assert_eq!(why, "metadata of Python's distributions lacks a name or a version: 1");
        let linked =
            [("site-packages/c-1.dist-info/METADATA", "-> /opt/store/c"), ("opt/store/c", "Name: c\nVersion: 1\n")];
        assert!(matches!(&told(&linked)[..], [(GapKind::Content, _, Reach::Below(_))]));
    }

    #[test]
    fn rows_that_lead_out_of_the_image_only_weaken_proof() {
        let files = [
            ("site-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n"),
            ("site-packages/a-1.dist-info/RECORD", "a.py,,\n../../../etc/x,,\n"),
        ];
        let [(kind, why, reach)] = &told(&files)[..] else { panic!("one gap") };
        assert_eq!(
            (*kind, why.as_str(), reach),
            (GapKind::Record, "RECORDs list files outside of the image: 1", &Reach::Proof)
        );
    }
}
