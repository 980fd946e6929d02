//! Names that a page's own words give away: of the pod, its label, its Zendesk group and its channel.

use linkcheck::markdown::{Extract, ParsedMarkdown};

use crate::pod::pod_page::PodPage;
use crate::pod::secrets::contains_secret;
use crate::pod::text::is_invisible;

/// What precedes the name of a pod's Zendesk group.
const GROUP: &str = "Support Focus:";

/// The longest name of a group that is taken over.
const LONGEST_GROUP: usize = 100;

/// The most names of one kind that are told apart.
const MOST_NAMES: usize = 5;

/// The pod's name in the heading above its members: `Secure Pod members`. `Support Pod members` names none.
pub(super) fn name_in_heading(text: &str) -> Option<String> {
    let parsed = ParsedMarkdown::parse(text, Extract::Texts);
    let headings = parsed.outline.headings.iter().filter(|heading| heading.level == 2 && heading.is_top_level);
    let heading =
        headings.map(|heading| heading.text.trim()).find(|text| text.to_lowercase().ends_with("pod members"))?;
    let name = heading.get(..heading.len() - "members".len())?.trim();
    (!matches!(name.to_lowercase().as_str(), "pod" | "support pod")).then(|| name.to_owned())
}

/// Every label `pod::…` of a text, each once, with the line it first stands on.
pub(super) fn pod_labels(text: &str) -> Vec<(String, usize)> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "_-.&".contains(c);
    let mut found = Names::default();
    for (at, scope) in text.match_indices("pod::") {
        let inside_a_word = text[..at].chars().next_back().is_some_and(|c| part_of_name(c) || c == ':');
        let rest = &text[at + scope.len()..];
        let end = rest.find(|c: char| !part_of_name(c)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(['.', '&']);
        if !inside_a_word && !name.is_empty() && !rest[end..].starts_with("::") {
            found.add(format!("{scope}{name}"), text, at);
        }
    }
    found.names
}

/// Every Zendesk group `Support Focus: …` that stands in quotation marks, in code or at the end of its line.
pub(super) fn focus_groups(text: &str) -> Vec<(String, usize)> {
    let mut found = Names::default();
    for (at, beginning) in text.match_indices(GROUP) {
        let line = text[at + beginning.len()..].lines().next().unwrap_or_default();
        let open = text[..at].chars().next_back();
        let name = match open {
            Some(quote @ ('"' | '\'' | '`' | '*')) => line.split(quote).next().filter(|name| name.len() < line.len()),
            Some('“') => line.split('”').next(),
            _ => Some(line),
        };
        let name = name.unwrap_or_default().trim().trim_end_matches('.').trim_end();
        let good = !name.is_empty()
            && name.chars().count() <= LONGEST_GROUP
            && !name.contains(|c: char| is_invisible(c) || "\"'`*<>[](){}|,;:".contains(c));
        if good {
            found.add(format!("{beginning} {name}"), text, at);
        }
    }
    found.names
}

/// The pod's own channel among those that the page names: the one that is called after pods, and alone with that.
pub(super) fn pod_channel(page: &PodPage) -> Option<String> {
    let mut channels: Vec<&str> = page.slack.iter().map(|slack| slack.channel.raw()).collect();
    channels.sort_unstable();
    channels.dedup();
    let of_pod =
        |channel: &&&str| channel.contains("pod") && !channel.contains(is_invisible) && !contains_secret(channel);
    let mut named = channels.iter().filter(of_pod);
    let first = named.next()?;
    named.next().is_none().then(|| (*first).to_owned())
}

/// What a sentence quotes, if it quotes one name.
pub(super) fn quoted(sentence: &str) -> Option<String> {
    let parts: Vec<&str> = sentence.split(['"', '“', '”']).collect();
    let [_, name, _] = parts[..] else { return None };
    (1..=60).contains(&name.trim().chars().count()).then(|| name.trim().to_owned())
}

/// Whether a text holds a word of a member's name, or a handle: people's names are not for the configuration.
pub(super) fn names_member(text: &str, page: &PodPage) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
        words.map(str::to_lowercase).collect()
    };
    let own = words(text);
    let mut names = page.members.iter().flat_map(|member| words(member.name.raw()));
    text.contains('@') || names.any(|name| own.contains(&name))
}

/// Names with their first lines.
#[derive(Default)]
struct Names {
    names: Vec<(String, usize)>,
}

impl Names {
    /// A name may be a secret that somebody wrote into the page.
    fn add(&mut self, name: String, text: &str, at: usize) {
        let good = self.names.len() < MOST_NAMES && !contains_secret(&name);
        if good && !self.names.iter().any(|(known, _)| *known == name) {
            self.names.push((name, text[..at].matches('\n').count() + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_named_by_its_heading_unless_every_pod_is() {
        let name = |heading: &str| name_in_heading(&format!("# A\n\n## {heading}\n\n- x\n"));
        assert_eq!(name("Secure Pod members").as_deref(), Some("Secure Pod"));
        assert_eq!(name("Support Pod Members"), None);
        assert_eq!(name("Pod members"), None);
        assert_eq!(name("Members"), None);
        assert_eq!(name("ẞẞ Pod MEMBERS").as_deref(), Some("ẞẞ Pod"));
    }

    #[test]
    fn labels_of_pods_are_found_wherever_they_stand() {
        let text = "`pod::secure`\n~\"pod::secure\", ~pod::duo.\nspod::x pod:: pod::a::b x::pod::y\n";
        assert_eq!(pod_labels(text), [("pod::secure".to_owned(), 1), ("pod::duo".to_owned(), 2)]);
    }

    #[test]
    fn groups_are_names_and_nothing_else() {
        for (text, name) in [
            ("add `'Support Focus: Secure'` to your groups", "Support Focus: Secure"),
            ("- \"Support Focus: AI  Gateway\" and more", "Support Focus: AI  Gateway"),
            ("Group: Support Focus: Duo.\nnext", "Support Focus: Duo"),
            ("**Support Focus: Duo**", "Support Focus: Duo"),
            ("“Support Focus: Duo” is", "Support Focus: Duo"),
        ] {
            assert_eq!(focus_groups(text), [(name.to_owned(), 1)], "{text}");
        }
        for text in
            ["Support Focus:", "'Support Focus: never closed", "Support Focus: a\u{202e}b", "Support Focus: [a](b)"]
        {
            assert_eq!(focus_groups(text), [], "{text}");
        }
        assert_eq!(focus_groups(&"'Support Focus: A'\n".repeat(9)).len(), 1);
    }

    #[test]
    fn one_quoted_name_is_the_calendars() {
        assert_eq!(quoted("Weekly session: \"Secure Pod Pairing\" on Thu").as_deref(), Some("Secure Pod Pairing"));
        assert_eq!(quoted("“Sync”, Mondays").as_deref(), Some("Sync"));
        for none in ["no name", "\"a\" and \"b\"", "\"\"", "an \" alone"] {
            assert_eq!(quoted(none), None, "{none}");
        }
    }
}
