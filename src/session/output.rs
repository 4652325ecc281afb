//! Files that commands write: whole, or as they were before.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Those of the file that was there; of a new one, as any other file that a program writes, the user's umask says.
    AsBefore,
    /// Its owner alone (0600), whatever was there.
    Owner,
}

/// The mode of a file that is for its owner alone.
const OWNER: u32 = 0o600;

/// Writes the file at `path` beside its place and renames it, so that neither a failure nor a full disk leaves half of one
/// or takes away the one that was there. What is no file, such as a device or a pipe, is written to.
///
/// # Errors
/// When `body` fails, or the file cannot be written.
pub(super) fn write_whole<T>(
    path: &Path,
    readers: Readers,
    body: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    // Where the path is a link, what it leads to is replaced.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&place).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return body(&mut File::options().write(true).open(&place)?);
    }
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = if readers == Readers::Owner { OWNER } else { 0o666 };
    let beside = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(directory);
    let mut file = match beside {
        // The file may be one's own where the directory is not.
        Err(error) if there.is_some() && error.kind() == io::ErrorKind::PermissionDenied => {
            let mut file = File::options().write(true).open(&place)?;
            restrict(&file, readers)?;
            file.set_len(0)?;
            return body(&mut file);
        }
        beside => beside?,
    };
    if let Some(there) = there.as_ref().filter(|_| readers == Readers::AsBefore) {
        file.as_file().set_permissions(there.permissions())?;
    }
    let written = body(&mut file)?;
    file.flush()?;
    match file.persist(&place) {
        // A file that is mounted into a container is nothing to be renamed over.
        Err(error) if there.is_some() && error.error.kind() == io::ErrorKind::ResourceBusy => {
            restrict(&File::options().write(true).open(&place)?, readers)?;
            fs::copy(error.file.path(), &place)?;
        }
        kept => {
            kept.map_err(|error| error.error)?;
        }
    }
    Ok(written)
}

/// Takes a file that is there from all but its owner before anything is written to it.
fn restrict(file: &File, readers: Readers) -> io::Result<()> {
    match readers {
        Readers::Owner => file.set_permissions(Permissions::from_mode(OWNER)),
        Readers::AsBefore => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_file_that_was_there_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        write_whole(&path, Readers::AsBefore, |out| out.write_all(b"older")).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let failed = write_whole(&path, Readers::AsBefore, |out| {
            out.write_all(b"half of a newer one")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((fs::read(&path).unwrap(), mode()), (b"older".to_vec(), 0o640));
        assert_eq!(write_whole(&path, Readers::AsBefore, |out| out.write_all(b"new").map(|()| 7)).unwrap(), 7);
        assert_eq!((fs::read(&path).unwrap(), mode()), (b"new".to_vec(), 0o640));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(
            write_whole(folder.path(), Readers::AsBefore, |out| out.write_all(b"x")).is_err(),
            "a directory stays one"
        );
    }

    #[test]
    fn what_is_for_its_owner_alone_is_so_from_the_first_byte_on_and_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(&path, b"older, and long enough to be seen").unwrap();
        for before in [0o666, 0o644, 0o755, 0o400] {
            fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
            write_whole(&path, Readers::Owner, |out| {
                let modes: Vec<u32> = fs::read_dir(folder.path())?.map(|entry| mode(&entry.unwrap().path())).collect();
                assert!(modes.contains(&0o600), "{modes:?}");
                out.write_all(b"new")
            })
            .unwrap();
            assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600), "{before:o}");
        }
        let new = folder.path().join("new");
        write_whole(&new, Readers::Owner, |out| out.write_all(b"x")).unwrap();
        assert_eq!(mode(&new), 0o600);
        // Another name of the old bytes keeps them: the new ones are another file.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_whole(&link, Readers::Owner, |out| out.write_all(b"through")).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"through".to_vec(), 0o600));
    }
}
