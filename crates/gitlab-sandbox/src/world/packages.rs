//! The generic packages of a project: files by name and version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::sha256_hex;

/// Where a file of a generic package is (GitLab docs, "GitLab generic packages repository").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageFilePath {
    /// The package's name.
    pub package: String,
    /// Its version; it may hold `/`.
    pub version: String,
    /// The file's name.
    pub file: String,
}

/// A file of a package. Of its bytes only their number and digest are printed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackageFile {
    /// What is in it.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
    /// How many bytes.
    pub size: usize,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// All of a project's generic packages. Where a file was uploaded twice, the newest is found, as in GitLab unless its
/// group forbids duplicates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GenericPackages {
    files: BTreeMap<PackageFilePath, PackageFile>,
}

impl GenericPackages {
    /// The file, if it was uploaded.
    pub fn find(&self, path: &PackageFilePath) -> Option<&PackageFile> {
        self.files.get(path)
    }

    /// All of them.
    pub fn files(&self) -> impl Iterator<Item = (&PackageFilePath, &PackageFile)> {
        self.files.iter()
    }

    /// Keeps a file.
    pub fn upload(&mut self, path: PackageFilePath, bytes: &[u8]) {
        let (size, sha256) = (bytes.len(), sha256_hex(bytes));
        self.files.insert(path, PackageFile { bytes: bytes.into(), size, sha256 });
    }
}

impl Serialize for GenericPackages {
    /// As one object, by `name/version/file`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named =
            self.files.iter().map(|(path, file)| (format!("{}/{}/{}", path.package, path.version, path.file), file));
        serializer.collect_map(named)
    }
}
