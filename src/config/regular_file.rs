//! How files of this machine are read: regular ones only, and no more of them than a cap.
//!
//! A pipe can hold its reader for ever, a device need not end, and a file can be larger than the memory.

use std::fs::{File, FileType};
use std::io::{Error, ErrorKind, Read as _, Result};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// The most bytes of a file that a person writes: a configuration, a template, limits, the settings of a site.
pub(crate) const MAX_TEXT_FILE_BYTES: usize = 1024 * 1024;

/// Reads all of a file that has at most so many bytes. A symlink is followed.
///
/// # Errors
/// Those of the system. What is no regular file is not opened, and what is larger ends in [`ErrorKind::FileTooLarge`].
pub(crate) fn read_regular_file(path: &Path, max_bytes: usize) -> Result<Vec<u8>> {
    let bytes = read_file_start(path, max_bytes.saturating_add(1))?;
    if bytes.len() > max_bytes {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {}", format_size(max_bytes))));
    }
    Ok(bytes)
}

/// Reads the text of a file that has at most so many bytes, like [`read_regular_file`].
///
/// # Errors
/// The same, and one for what is not UTF-8.
pub(crate) fn read_regular_text(path: &Path, max_bytes: usize) -> Result<String> {
    let bytes = read_regular_file(path, max_bytes)?;
    String::from_utf8(bytes).map_err(|_binary| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Reads the first bytes of a file, so many at most. A symlink is followed.
///
/// # Errors
/// Those of the system. What is no regular file is not opened.
pub(crate) fn read_file_start(path: &Path, max_bytes: usize) -> Result<Vec<u8>> {
    refuse_special_file(std::fs::metadata(path)?.file_type())?;
    let file = File::open(path)?;
    // Another one may have taken its place meanwhile.
    let opened = file.metadata()?;
    refuse_special_file(opened.file_type())?;
    let capacity = usize::try_from(opened.len()).unwrap_or(usize::MAX).min(max_bytes);
    let mut bytes = Vec::with_capacity(capacity);
    file.take(u64::try_from(max_bytes).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a file is that is neither a regular one, a folder nor a symlink.
pub(crate) fn special_file_kind(kind: FileType) -> Option<&'static str> {
    if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        (kind.is_char_device() || kind.is_block_device()).then_some("a device")
    }
}

fn refuse_special_file(kind: FileType) -> Result<()> {
    special_file_kind(kind).map_or(Ok(()), |kind| Err(Error::other(format!("it is {kind}, not a regular file"))))
}

fn format_size(bytes: usize) -> String {
    const KIB: usize = 1024;
    if bytes >= KIB * KIB { format!("{} MiB", bytes / (KIB * KIB)) } else { format!("{} KiB", bytes / KIB) }
}
