//! The Slack channels that a page names.

use std::collections::BTreeMap;
use std::ops::Range;

use linkcheck::link::LinkKind;
use linkcheck::markdown::links::FoundLink;
use linkcheck::markdown::outline::Paragraph;
use linkcheck::target;
use linkcheck::text::Untrusted;

use super::{GITLAB_HOST, MAX_ENTRIES, ParsedPage};
use crate::pod::pod_page::SlackChannel;

/// Every channel, once for each line that names it.
///
/// A channel is the text of a link to Slack that begins with `#`, or a `#name` in a list item or paragraph
/// that speaks of Slack, or that stands under a heading that does.
pub(super) fn find_channels(page: &ParsedPage<'_>, links: &[FoundLink]) -> Vec<SlackChannel> {
    // By place, so that a channel is listed where it first stands in its line; a link knows most about it.
    let mut found: BTreeMap<usize, (String, Option<String>)> = BTreeMap::new();
    let mut linked: Vec<Range<usize>> = Vec::new();
    for link in links {
        if target::link_kind(&link.url, GITLAB_HOST) == LinkKind::Slack {
            linked.push(link.range.clone());
            if let Some(channel) = parse_channel(&link.text) {
                found.insert(link.range.start, (channel.to_owned(), Some(link.url.clone())));
            }
        }
    }
    let in_link = |offset: usize| {
        let behind = linked.partition_point(|range| range.start <= offset);
        behind.checked_sub(1).is_some_and(|index| linked[index].end > offset)
    };
    for block in page.outline.paragraphs.iter().filter(|block| mentions_slack(page, block)) {
        for (offset, channel) in channels_in_block(page, block).into_iter().filter(|(offset, _)| !in_link(*offset)) {
            found.entry(offset).or_insert((channel, None));
        }
    }
    let mut channels: Vec<SlackChannel> = Vec::new();
    let mut known: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (offset, (channel, url)) in found.into_iter().take(MAX_ENTRIES) {
        let line = page.line_at(offset);
        let index = *known.entry((line, channel.clone())).or_insert(channels.len());
        match channels.get_mut(index) {
            Some(channel) => channel.url = channel.url.take().or(url),
            None => channels.push(SlackChannel { channel: Untrusted::new(channel), url, line }),
        }
    }
    channels
}

fn mentions_slack(page: &ParsedPage<'_>, block: &Paragraph) -> bool {
    let slack = |text: &str| text.to_lowercase().contains("slack");
    slack(&block.text) || slack(page.outline.section_at(block.range.start))
}

/// The channels that a paragraph names in code, or as words of their own.
fn channels_in_block(page: &ParsedPage<'_>, block: &Paragraph) -> Vec<(usize, String)> {
    let spans = &page.outline.code_spans;
    let first = spans.partition_point(|span| span.range.start < block.range.start);
    let spans = spans[first..].iter().take_while(|span| span.range.start < block.range.end);
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut rest = block.range.clone();
    let words = |range: Range<usize>, found: &mut Vec<(usize, String)>| {
        let text = page.source.text.get(range.clone()).unwrap_or_default();
        for (at, _) in text.match_indices('#') {
            let alone = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
            let word = parse_channel(&text[at..]).filter(|word| alone && !word.contains(|c: char| c.is_uppercase()));
            found.extend(word.map(|word| (range.start + at, word.to_owned())));
        }
    };
    for span in spans {
        words(rest.start..span.range.start, &mut found);
        let whole = parse_channel(span.text.trim()).filter(|channel| *channel == span.text.trim());
        found.extend(whole.map(|channel| (span.range.start, channel.to_owned())));
        rest.start = span.range.end;
    }
    words(rest, &mut found);
    found
}

/// The channel that a text begins with, `#` included. `#123` is an issue.
fn parse_channel(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let name = text.strip_prefix('#')?;
    let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(name.len());
    let name = &name[..end];
    let ok = !name.is_empty() && name.chars().count() <= 80 && !name.chars().all(|c| c.is_ascii_digit());
    ok.then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_a_hash_and_a_name() {
        assert_eq!(parse_channel("#spt_pod_alpha"), Some("#spt_pod_alpha"));
        assert_eq!(parse_channel(" #spt-pod_alpha channel"), Some("#spt-pod_alpha"));
        assert_eq!(parse_channel("#café-1."), Some("#café-1"));
        for none in ["spt_pod_alpha", "#", "# a", "#123", "## a", ""] {
            assert_eq!(parse_channel(none), None, "{none}");
        }
    }
}
