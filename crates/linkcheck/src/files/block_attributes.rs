//! Ids that the text of a page gives to its blocks when Hugo builds it (Hugo docs, "Markdown attributes"; tried with Hugo
//! 0.168).

use memchr::memchr_iter;

use crate::markdown::headings::hugo_ids::{HugoIdForm, id_of_attributes};

/// The most ids that are taken from one text.
const MOST_IDS: usize = 5_000;

/// What lines in braces name: `{#id .wide}` behind a block, or behind the mark of a fence.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockAttributes {
    /// Those of fences, which are read on every site.
    fences: Vec<String>,
    /// Those of other blocks, which are read where the settings say so.
    blocks: Vec<String>,
    /// Whether a line begins as the description of a term does.
    pub(super) has_descriptions: bool,
}

impl BlockAttributes {
    /// Those of a text, in time proportional to its length.
    pub(super) fn find(text: &str) -> Self {
        let mut found = Self::default();
        let mut behind = 0;
        for open in memchr_iter(b'{', text.as_bytes()) {
            if open < behind || found.fences.len() + found.blocks.len() >= MOST_IDS {
                continue;
            }
            let start = text[behind..open].rfind('\n').map_or(behind, |at| behind + at + 1);
            let end = text[open..].find('\n').map_or(text.len(), |length| open + length);
            behind = end;
            let line = text[start..end].trim_start_matches(['>', ' ', '\t']);
            let ids = if line.starts_with("```") || line.starts_with("~~~") {
                &mut found.fences
            } else if line.starts_with('{') {
                &mut found.blocks
            } else {
                continue;
            };
            ids.extend(id_of_attributes(line).map(str::to_owned));
        }
        found.has_descriptions = text.starts_with(": ") || memchr::memmem::find(text.as_bytes(), b"\n: ").is_some();
        found
    }

    /// Whether an id is among those that count on a site.
    pub(super) fn has(&self, wanted: &str, form: HugoIdForm) -> bool {
        let of_blocks = if form.reads_block_attributes { &self.blocks[..] } else { &[] };
        self.fences.iter().chain(of_blocks).any(|id| id == wanted)
    }
}
