//! Links with their places.

use super::links::FoundLink;
use super::outline::Outline;
use super::source::Source;
use crate::link::Link;
use crate::text::Untrusted;

impl FoundLink {
    /// The link with its place, of no kind yet.
    pub fn into_link(self, source: &Source<'_>, outline: &Outline) -> Link {
        let (line, column) = source.line_and_column(self.range.start);
        Link {
            text: Untrusted::new(self.text),
            line,
            column,
            section: outline.shared_section_at(self.range.start),
            form: self.form,
            kind: None,
            url: self.url,
        }
    }
}
