//! Git's index: which paths a repository tracks, and which of them are other repositories.
//!
//! It is read and not asked of git, so that a machine without git knows it too, and no setting of a checkout can start a
//! program. Its form is that of git's `Documentation/gitformat-index.adoc`, versions 2 to 4.

/// The paths that git tracks, sorted as git sorts them: by their bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GitIndex {
    files: Vec<Vec<u8>>,
    submodules: Vec<Vec<u8>>,
}

/// The type of an entry that names a commit of another repository, in the upper four bits of its mode.
const GITLINK: u32 = 0o16;
/// Times, device, inode, mode, owner and size: ten numbers of four bytes.
const STAT_BYTES: usize = 40;
const MODE_OFFSET: usize = 24;
/// What a name is called that is as long as its length field can say, or longer.
const LONG_NAME: usize = 0xFFF;

impl GitIndex {
    /// Reads an index; `None` where it is none, or in a form that is not known.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        // The length of an object's name, SHA-1 or SHA-256, stands in the repository's settings alone. With the wrong
        // one the lengths of the paths contradict the paths.
        [20, 32].into_iter().find_map(|hash_bytes| parse_entries(bytes, hash_bytes))
    }

    /// Whether a file of this path is tracked.
    pub(super) fn tracks(&self, path: &str) -> bool {
        self.files.binary_search_by(|known| known.as_slice().cmp(path.as_bytes())).is_ok()
    }

    /// Whether anything is tracked in a folder.
    pub(super) fn tracks_below(&self, folder: &str) -> bool {
        let beginning = format!("{folder}/").into_bytes();
        let first = self.files.partition_point(|known| *known < beginning);
        self.files.get(first).is_some_and(|known| known.starts_with(&beginning))
    }

    /// Whether a path is that of another repository, or stands in one.
    pub(super) fn is_in_submodule(&self, path: &str) -> bool {
        self.submodules.iter().any(|module| {
            let rest = path.as_bytes().strip_prefix(module.as_slice());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    }
}

fn parse_entries(bytes: &[u8], hash_bytes: usize) -> Option<GitIndex> {
    let version = read_u32(bytes, 4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let end = bytes.len().checked_sub(hash_bytes)?;
    let mut index = GitIndex::default();
    let (mut at, mut previous) = (12, Vec::new());
    for _ in 0..read_u32(bytes, 8)? {
        let flags_at = at + STAT_BYTES + hash_bytes;
        let mode = read_u32(bytes, at + MODE_OFFSET)?;
        let flags = usize::from(u16::from_be_bytes(bytes.get(flags_at..flags_at + 2)?.try_into().ok()?));
        let is_extended = version >= 3 && flags & 0x4000 != 0;
        let mut name_at = flags_at + if is_extended { 4 } else { 2 };
        let mut path = Vec::new();
        if version == 4 {
            let (dropped, behind) = read_offset(bytes, name_at)?;
            path.extend_from_slice(previous.get(..previous.len().checked_sub(dropped)?)?);
            name_at = behind;
        }
        let name_length = bytes.get(name_at..end)?.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(&bytes[name_at..name_at + name_length]);
        let written_length = flags & LONG_NAME;
        if path.is_empty() || written_length != path.len().min(LONG_NAME) || path < previous {
            return None;
        }
        let name_end = name_at + name_length + 1;
        // Up to version 3 an entry ends with 1 to 8 zero bytes, at a multiple of 8 from its beginning.
        at = if version == 4 { name_end } else { at + (name_end - at).next_multiple_of(8) };
        let is_submodule = mode >> 12 == GITLINK;
        if is_submodule { &mut index.submodules } else { &mut index.files }.push(path.clone());
        previous = path;
    }
    // In a split index most entries stand in another file, whose name is in the extension `link`.
    let has_more_elsewhere = bytes.get(at..at + 4) == Some(b"link");
    (at <= end && !has_more_elsewhere).then_some(index)
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number of version 4, with the offset behind it (git's `varint.c`).
fn read_offset(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7F);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7F))?;
    }
    Some((value, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index with these modes and paths, as git writes it.
    fn index(version: u32, hash_bytes: usize, entries: &[(u32, &str)]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        let mut previous = "";
        for (mode, path) in entries {
            let start = bytes.len();
            bytes.extend([0; MODE_OFFSET]);
            bytes.extend(mode.to_be_bytes());
            bytes.extend(vec![7; STAT_BYTES - MODE_OFFSET - 4 + hash_bytes]);
            bytes.extend(u16::try_from(path.len().min(LONG_NAME)).unwrap().to_be_bytes());
            if version == 4 {
                let shared = path.bytes().zip(previous.bytes()).take_while(|(one, other)| one == other).count();
                let dropped = previous.len() - shared;
                assert!(dropped < 128);
                bytes.push(u8::try_from(dropped).unwrap());
                bytes.extend(&path.as_bytes()[shared..]);
                bytes.push(0);
            } else {
                bytes.extend(path.as_bytes());
                bytes.push(0);
                while !(bytes.len() - start).is_multiple_of(8) {
                    bytes.push(0);
                }
            }
            previous = path;
        }
        bytes.extend(vec![9; hash_bytes]);
        bytes
    }

    const ENTRIES: [(u32, &str); 5] = [
        (0o100_644, "README.md"),
        (0o100_644, "docs/a.md"),
        (0o120_000, "docs/link"),
        (0o100_755, "docs-old/b.md"),
        (0o160_000, "vendor/tool"),
    ];

    #[test]
    fn every_version_and_both_hashes_are_read() {
        let mut entries = ENTRIES;
        entries.sort_by_key(|(_, path)| path.as_bytes());
        for (version, hash_bytes) in [(2, 20), (3, 20), (4, 20), (2, 32), (4, 32)] {
            let index = GitIndex::parse(&index(version, hash_bytes, &entries)).unwrap();
            assert!(index.tracks("README.md") && index.tracks("docs/link") && !index.tracks("docs"), "{version}");
            assert!(index.tracks_below("docs") && index.tracks_below("docs-old") && !index.tracks_below("doc"));
            assert!(index.is_in_submodule("vendor/tool") && index.is_in_submodule("vendor/tool/a/b.md"));
            assert!(!index.is_in_submodule("vendor/tools") && !index.is_in_submodule("vendor"));
        }
        assert_eq!(GitIndex::parse(&index(2, 20, &[])), Some(GitIndex::default()));
    }

    #[test]
    fn what_is_no_index_is_none() {
        let whole = index(2, 20, &[(0o100_644, "a.md"), (0o100_644, "b.md")]);
        for cut in 0..whole.len() {
            // Cut within its last hash, what is left may look whole.
            assert!(GitIndex::parse(&whole[..cut]).is_none() || cut >= whole.len() - 20, "{cut}");
        }
        assert_eq!(GitIndex::parse(b"DIRC\0\0\0\x02\xff\xff\xff\xff"), None);
        assert_eq!(GitIndex::parse(&index(5, 20, &[])), None);
        let mut split = index(2, 20, &[(0o100_644, "a.md")]);
        split.truncate(split.len() - 20);
        split.extend(*b"link\0\0\0\0");
        split.extend([9; 20]);
        assert_eq!(GitIndex::parse(&split), None);
    }
}
