//! What is checked: documents with their links, and labels.

use std::borrow::Cow;
use std::collections::BTreeSet;

use url::Url;

use crate::files::LocalFiles;
use crate::link::Link;

/// A document and its links.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// Its path, as places name it: not read here.
    pub path: &'a str,
    /// Its links, with lines and columns. Those that it owns are let go as soon as they are gathered.
    pub links: Cow<'a, [Link]>,
    /// The site against which its root-relative links resolve.
    pub site_url: Option<&'a Url>,
    /// The files around it, with its own path among them, where links without a host are checked.
    pub local_files: Option<(&'a LocalFiles, &'a str)>,
}

/// Labels that are looked up by their exact names.
#[derive(Debug, Clone)]
pub struct LabelSet<'a> {
    /// Their names, letter case included.
    pub names: BTreeSet<String>,
    /// The full paths of the groups in which they are looked up.
    pub groups: &'a [String],
}
