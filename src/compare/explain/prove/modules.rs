//! Caches over modules in a directory: GIO's, those of gdk-pixbuf, and iconv's.

use super::super::{Explainer, Row};
use super::{Of, lines};
use crate::model::text::visible;
use crate::model::{Change, ImagePath};

impl<'a> Explainer<'a> {
    /// Every module that a side's cache names is in the directory of the cache and accounted for.
    pub(super) fn module_cache(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let directory = directory_of(of);
            for name in modules(of.text()?) {
                let is_inside =
                    name.strip_prefix(&directory).is_some_and(|rest| !rest.contains("..")) || !name.contains('/');
                let path = if name.contains('/') { name.to_owned() } else { format!("{directory}{name}") };
                if !is_inside || self.sound_file(of, path.as_bytes()).is_none() {
                    return Err(format!("the {} cache names {}, which nothing explains", of.side, visible(name)));
                }
            }
        }
        Ok(())
    }

    /// Beside the configuration that it is compiled from, and every name in it that can be a file is one of this directory.
    pub(super) fn gconv_cache(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let directory = directory_of(of);
            if of.find(format!("{directory}gconv-modules").as_bytes()).is_none() {
                return Err("no gconv-modules is beside it".to_owned());
            }
            let strings = strings(of.bytes()?).ok_or_else(|| format!("the {} file is no cache of iconv", of.side))?;
            for name in strings {
                let name = std::str::from_utf8(name).map_err(|_| "a name in it is not text".to_owned())?;
                let is_file = name.as_bytes().ends_with(b".so") || name.contains("..");
                let is_directory = name.starts_with('/') && !name.ends_with("//");
                let is_own = if is_directory {
                    name.trim_end_matches('/') == directory.trim_end_matches('/')
                } else {
                    !is_file || self.sound_file(of, format!("{directory}{name}").as_bytes()).is_some()
                };
                if !is_own {
                    return Err(format!("the {} cache names {}, which nothing explains", of.side, visible(name)));
                }
            }
        }
        let is_new = row.change == Some(Change::Added) || row.change == Some(Change::Removed);
        if is_new { Err("only one side has the cache".to_owned()) } else { Ok(()) }
    }
}

/// The directory of the file, absolute and with a slash at its end.
fn directory_of(of: Of<'_>) -> String {
    let parent = of.node.path.parent().unwrap_or_else(ImagePath::root);
    format!("{}/", parent.to_absolute())
}

/// What a cache names: lines `"/path"` of gdk-pixbuf, `name.so: points` of GIO.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    lines(text).filter_map(|line| match line.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|path| path.starts_with('/') || path.contains(".so")),
        None => line.split_once(": ").map(|(name, _)| name),
    })
}

/// The strings of a cache of iconv (glibc, `iconv/iconvconfig.h`): magic, then where strings and hash table start.
fn strings(cache: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    const MAGIC: u32 = 0x2001_0324;
    let magic: u32 = cache.first_chunk().copied().map(u32::from_le_bytes)?;
    let short = |at: usize| cache.get(at..)?.first_chunk().copied().map(u16::from_le_bytes).map(usize::from);
    let table = cache.get(short(4)?..short(6)?).filter(|_| magic == MAGIC)?;
    Some(table.split(|byte| *byte == 0).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_name_their_modules() {
        // From Debian 12.
        let gdk = "# GdkPixbuf Image Loader Modules file\n\"/usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders/libpixbufloader-bmp.so\"\n\"bmp\" 5 \"gdk-pixbuf\" \"BMP\" \"LGPL\"\n\"image/bmp\" \"\"\n";
        assert_eq!(
            modules(gdk).collect::<Vec<_>>(),
            ["/usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders/libpixbufloader-bmp.so"]
        );
        assert_eq!(modules("libgiognutls.so: gio-tls-backend\n").collect::<Vec<_>>(), ["libgiognutls.so"]);
    }

    #[test]
    fn a_cache_of_iconv_has_strings() {
        let header =
            [&0x2001_0324_u32.to_le_bytes()[..], &16_u16.to_le_bytes(), &29_u16.to_le_bytes(), &[0; 8]].concat();
        let cache = [&header[..], b"\0BIG5.so\0UTF\0", b"tables"].concat();
        assert_eq!(strings(&cache).unwrap().collect::<Vec<_>>(), [&b"BIG5.so"[..], b"UTF"]);
        assert!(strings(b"x").is_none() && strings(&cache[..20]).is_none());
    }
}
