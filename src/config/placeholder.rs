//! Paths of the shipped configuration that nobody has fitted to their own GitLab yet.

/// The group that the shipped configuration names in place of a real one.
const GROUP: &str = "your-group";

/// A value that is still the shipped one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placeholder {
    /// The file, as messages name it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The key with its table, for example `[defaults.pairing] project`.
    pub key: String,
    /// What stands there.
    pub value: String,
    /// What belongs there, as the rest of a sentence.
    pub instead: String,
}

impl Placeholder {
    /// A sentence that names the place and says what to write.
    pub fn sentence(&self) -> String {
        let Self { path, line, key, value, instead } = self;
        format!("{path}:{line}: {key} is still {value:?}; write {instead}")
    }
}

/// Whether a path is the shipped group or lies in it.
pub(crate) fn is_placeholder(path: &str) -> bool {
    path.strip_prefix(GROUP).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
