//! A link that a change mended.

use super::finding::Place;

/// A link that was broken and is not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MendedLink {
    /// Its address.
    pub url: String,
    /// Where it stands, or stood where its line or its document is gone.
    pub place: Place,
    /// What was the matter with it.
    pub reason: String,
}
