//! One agent's file, from YAML to [`AgentFile`]: the handful of allowed keys, and of everything else nothing.
//!
//! Total: any bytes have a result. What is wrong is said in words of our own, never in the parser's, because
//! its messages and snippets quote the file (ARCHITECTURE.md, law 13).

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Options, Spanned};

use super::pasted_text::{self, trim_quotes};
use super::salvaged_handle;
use crate::pod::agent::{Agent, AgentFile, BrokenAgentFile, MembershipRule};
use crate::pod::similar_name::find_similar_name;
use crate::pod::text::Untrusted;

/// The most that is read of a file: twenty times the documented example.
const LONGEST: usize = 64 * 1024;

/// A name that is longer is none.
const LONGEST_NAME: usize = 200;

/// The allowed keys. A key without a field here is skipped and never kept.
#[derive(Deserialize)]
struct AgentYaml {
    name: Option<Spanned<Option<String>>>,
    gitlab: Option<Gitlab>,
    zendesk: Option<Zendesk>,
    knowledge_areas: Option<Spanned<Option<Vec<Spanned<ListEntry>>>>>,
}

#[derive(Deserialize)]
struct Gitlab {
    id: Option<String>,
    username: Option<Spanned<Option<String>>>,
}

#[derive(Deserialize)]
struct Zendesk {
    main: Option<ZendeskMain>,
}

#[derive(Deserialize)]
struct ZendeskMain {
    groups: Option<Spanned<Option<Vec<Spanned<ListEntry>>>>>,
}

/// A file's bytes; see [`parse_agent`].
pub fn parse_agent_bytes(path: &str, bytes: &[u8], rules: &BTreeSet<MembershipRule>) -> AgentFile {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return parse_agent(path, text, rules);
    }
    let start = &bytes[..bytes.len().min(LONGEST)];
    broken_file(path, &String::from_utf8_lossy(start), None, "is not UTF-8 text")
}

/// Reads a file and compares it with the rules of this run's pods.
pub fn parse_agent(path: &str, text: &str, rules: &BTreeSet<MembershipRule>) -> AgentFile {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        return broken_file(path, &text[..end], None, "is larger than 64 KiB");
    }
    // A fault of the parser is one bad file, not the end of the run (ARCHITECTURE.md, law 11).
    let read = catch_unwind(AssertUnwindSafe(|| {
        serde_saphyr::from_str_with_options::<Option<AgentYaml>>(text, parser_options())
    }));
    match read {
        // A quote that is left open makes the lines below a part of the name.
        Ok(Ok(Some(file))) if file.name.as_ref().is_some_and(is_implausible_name) => {
            broken_file(path, text, file.name.as_ref().map(line_number), "holds something else than belongs there")
        }
        Ok(Ok(Some(file))) => AgentFile::Agent(agent_from_yaml(path, &file, rules)),
        Ok(Ok(None)) => broken_file(path, text, None, "is empty"),
        Ok(Err(error)) => {
            let line = error.location().map(|location| location.line()).filter(|line| *line > 0);
            broken_file(
                path,
                text,
                line.and_then(|line| usize::try_from(line).ok()),
                describe_error(error.without_snippet()),
            )
        }
        Err(_panic) => broken_file(path, text, None, "cannot be read"),
    }
}

/// Ten times what the longest real file needs, and far below what takes a noticeable time.
fn parser_options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            flow_nesting_limit: 32,
            max_depth: 32,
            max_documents: 2,
            max_events: 20_000,
            max_nodes: 10_000,
            max_aliases: 100,
            max_anchors: 100,
            max_merge_keys: 20,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: 1024 * 1024,
            max_total_scalar_bytes: 1024 * 1024,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 16,
            max_alias_expansions_per_anchor: 100,
        },
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// What is wrong, without a word of the file.
fn describe_error(error: &Error) -> &'static str {
    match error {
        Error::DuplicateMappingKey { .. } => "names a key twice",
        Error::MultipleDocuments { .. } => "holds more than one document",
        Error::Eof { .. } => "ends too early",
        Error::Budget { .. }
        | Error::AliasError { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "nests or repeats more than such a file may",
        Error::Unexpected { .. }
        | Error::NullIntoString { .. }
        | Error::SerdeInvalidType { .. }
        | Error::SerdeInvalidValue { .. }
        | Error::InvalidScalar { .. } => "holds something else than belongs there",
        _ => "is not valid YAML",
    }
}

fn broken_file(path: &str, text: &str, line: Option<usize>, kind: &str) -> AgentFile {
    AgentFile::Broken(BrokenAgentFile {
        path: path.to_owned(),
        line,
        problem: kind.to_owned(),
        handle: salvaged_handle::find_handle(text),
    })
}

fn agent_from_yaml(path: &str, file: &AgentYaml, rules: &BTreeSet<MembershipRule>) -> Agent {
    let gitlab = file.gitlab.as_ref();
    let main = file.zendesk.as_ref().and_then(|zendesk| zendesk.main.as_ref());
    let (groups_at, groups) = entries_with_line(main.and_then(|main| main.groups.as_ref()));
    let (areas_at, areas) = entries_with_line(file.knowledge_areas.as_ref());
    let fits = rules.iter().filter_map(|rule| {
        let entry = match rule {
            MembershipRule::None => None,
            MembershipRule::ZendeskGroup(group) => groups.iter().find(|entry| entry.value.matches_name(group)),
            MembershipRule::KnowledgeArea { name, level } => areas
                .iter()
                .find(|entry| entry.value.matches_name(name) && entry.value.level_or_default() >= u64::from(*level)),
        };
        Some((rule.clone(), line_number(entry?)))
    });
    Agent {
        path: path.to_owned(),
        name: file.name.as_ref().and_then(|name| {
            let text = name.value.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
            Some((Untrusted::new(text), line_number(name)))
        }),
        gitlab_id: gitlab.and_then(|gitlab| trim_quotes(gitlab.id.as_deref()?).parse().ok()).filter(|id| *id > 0),
        handle: gitlab
            .and_then(|gitlab| gitlab.username.as_ref())
            .and_then(|name| Some((pasted_text::parse_handle(name.value.as_deref()?)?, line_number(name)))),
        matching_rules: fits.collect::<BTreeMap<_, _>>(),
        similar_entries: rules
            .iter()
            .filter_map(|rule| Some((rule.clone(), find_similar_entry(rule, groups, areas)?)))
            .collect(),
        groups_line: groups_at,
        knowledge_areas_line: areas_at,
    }
}

/// The entry that a rule may mean which no entry satisfies: one of the same kind (`Support Focus: …`), a slip away.
fn find_similar_entry(
    rule: &MembershipRule,
    groups: &[Spanned<ListEntry>],
    areas: &[Spanned<ListEntry>],
) -> Option<Untrusted> {
    let (wanted, entries) = match rule {
        MembershipRule::None => return None,
        MembershipRule::ZendeskGroup(group) => (group, groups),
        MembershipRule::KnowledgeArea { name, .. } => (name, areas),
    };
    if entries.iter().any(|entry| entry.value.matches_name(wanted)) {
        return None;
    }
    let (kind, name) = split_kind(trim_quotes(wanted));
    let names = entries.iter().flat_map(|entry| [&entry.value.text, &entry.value.name]).flatten();
    let of_kind: Vec<(&str, &str)> = names
        .filter(|text| text.len() <= LONGEST_NAME)
        .map(|text| (trim_quotes(text), split_kind(trim_quotes(text))))
        .filter(|(_, (its_kind, _))| find_similar_name(kind, [*its_kind]).is_some())
        .map(|(whole, (_, its_name))| (whole, its_name))
        .collect();
    let nearest = find_similar_name(name, of_kind.iter().map(|(_, its_name)| *its_name))?;
    of_kind.iter().find(|(_, its_name)| *its_name == nearest).map(|(whole, _)| Untrusted::new(*whole))
}

/// What stands before the colon of a group's name, and behind it.
fn split_kind(name: &str) -> (&str, &str) {
    name.split_once(": ").unwrap_or(("", name))
}

fn is_implausible_name(name: &Spanned<Option<String>>) -> bool {
    name.value.as_ref().is_some_and(|name| name.contains([':', '@']) || name.len() > LONGEST_NAME)
}

type EntryList = Spanned<Option<Vec<Spanned<ListEntry>>>>;

/// Where a list begins, and what is in it. A list that is missing or null is nowhere.
fn entries_with_line(list: Option<&EntryList>) -> (Option<usize>, &[Spanned<ListEntry>]) {
    match list {
        Some(list) => (list.value.is_some().then(|| line_number(list)), list.value.as_deref().unwrap_or_default()),
        None => (None, &[]),
    }
}

fn line_number<T>(spanned: &Spanned<T>) -> usize {
    usize::try_from(spanned.referenced.line()).unwrap_or(1).max(1)
}

/// An entry of a list of groups or knowledge areas, held only until it is compared.
#[derive(Default)]
struct ListEntry {
    /// The entry itself. `- Support Focus: Secure` without quotes is a mapping to YAML, and meant as a text.
    text: Option<String>,
    name: Option<String>,
    level: Option<u64>,
}

impl ListEntry {
    fn matches_name(&self, wanted: &str) -> bool {
        [&self.text, &self.name].into_iter().flatten().any(|text| trim_quotes(text) == trim_quotes(wanted))
    }

    /// Whoever lists an area is learning it at least.
    fn level_or_default(&self) -> u64 {
        self.level.unwrap_or(1)
    }
}

impl<'de> Deserialize<'de> for ListEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListEntryVisitor)
    }
}

struct ListEntryVisitor;

impl<'de> Visitor<'de> for ListEntryVisitor {
    type Value = ListEntry;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an entry")
    }

    fn visit_str<E>(self, text: &str) -> Result<ListEntry, E> {
        Ok(ListEntry { level: trim_quotes(text).parse().ok(), text: Some(text.to_owned()), name: None })
    }

    fn visit_u64<E>(self, number: u64) -> Result<ListEntry, E> {
        Ok(ListEntry { level: Some(number), ..ListEntry::default() })
    }

    fn visit_i64<E>(self, _: i64) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_u128<E>(self, _: u128) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_i128<E>(self, _: i128) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_unit<E>(self) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_none<E>(self) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<ListEntry, D::Error> {
        ListEntry::deserialize(deserializer)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<ListEntry, E> {
        Ok(ListEntry::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<ListEntry, A::Error> {
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(ListEntry::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListEntry, A::Error> {
        let mut entry = ListEntry::default();
        let mut first = true;
        while let Some(key) = map.next_key::<ListEntry>()? {
            let key = key.text.unwrap_or_default();
            match trim_quotes(&key) {
                "name" => entry.name = map.next_value::<ListEntry>()?.text,
                "level" => entry.level = map.next_value::<ListEntry>()?.level,
                key if first => entry.text = map.next_value::<ListEntry>()?.text.map(|value| format!("{key}: {value}")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            first = false;
        }
        Ok(entry)
    }
}
