//! Files that commands write: whole, or as they were before.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes the file at `path` beside its place and renames it, so that neither a failure nor a full disk leaves half of one
/// or takes away the one that was there. What is no file, such as a device or a pipe, is written to.
///
/// # Errors
/// When `body` fails, or the file cannot be written.
pub(super) fn write_whole<T>(path: &Path, body: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    // Where the path is a link, what it leads to is replaced.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&place).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return body(&mut File::options().write(true).open(&place)?);
    }
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any other file that a program writes: who may read it is the user's umask's to say.
    let beside = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(directory);
    let mut file = match beside {
        // The file may be one's own where the directory is not.
        Err(error) if there.is_some() && error.kind() == io::ErrorKind::PermissionDenied => {
            return body(&mut File::create(&place)?);
        }
        beside => beside?,
    };
    if let Some(there) = &there {
        file.as_file().set_permissions(there.permissions())?;
    }
    let written = body(&mut file)?;
    file.flush()?;
    match file.persist(&place) {
        // A file that is mounted into a container is nothing to be renamed over.
        Err(error) if there.is_some() && error.error.kind() == io::ErrorKind::ResourceBusy => {
            fs::copy(error.file.path(), &place)?;
        }
        kept => {
            kept.map_err(|error| error.error)?;
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_file_that_was_there_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        write_whole(&path, |out| out.write_all(b"older")).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half of a newer one")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((fs::read(&path).unwrap(), mode()), (b"older".to_vec(), 0o640));
        assert_eq!(write_whole(&path, |out| out.write_all(b"new").map(|()| 7)).unwrap(), 7);
        assert_eq!((fs::read(&path).unwrap(), mode()), (b"new".to_vec(), 0o640));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_whole(folder.path(), |out| out.write_all(b"x")).is_err(), "a directory stays one");
    }
}
