//! Who is expected: who came to one of the last sessions, else the members of the page.

use std::collections::{BTreeMap, BTreeSet};

use super::start_time::number_word;
use crate::decide::session_hosts::away_until;
use crate::pod::Pod;
use crate::pod::agent::without_parenthetical;
use crate::pod::pod_page::{Member, PodPage};
use crate::pod::session::Session;
use crate::pod::session_notes::{SessionNotes, TaskState};
use crate::pod::text::Untrusted;

/// So many sessions show who comes.
pub(super) const SESSIONS_SEEN: usize = 4;
/// So many people have a line at most.
const MOST_PEOPLE: usize = 40;

/// The people that are expected, as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ExpectedPeople {
    /// A task for each, one a line.
    pub(super) lines: String,
    /// How many, in a word; empty where nobody is.
    pub(super) count: String,
}

/// Who is expected; `held` are the notes of the last sessions that took place, latest first.
pub(super) fn expected_people(pod: &Pod, page: &PodPage, session: &Session, held: &[SessionNotes]) -> ExpectedPeople {
    let shown = members_by_shown_name(page);
    let is_there = |member: &Member| away_until(pod, member, session.date).is_none();
    let ticked: Vec<&Untrusted> = held
        .iter()
        .take(SESSIONS_SEEN)
        .flat_map(|notes| &notes.people)
        .filter(|person| person.state == TaskState::Done)
        .map(|person| &person.text)
        .collect();
    // Where nobody ticks a name, the sessions say nothing about who comes.
    let mut names: Vec<String> = if held.len() < SESSIONS_SEEN || ticked.is_empty() {
        shown.iter().filter(|(_, member)| is_there(member)).map(|(name, _)| name.clone()).collect()
    } else {
        let came = |name: &str, member: &Member| ticked.iter().any(|text| names_member(text, name, member));
        let members = shown.iter().filter(|(name, member)| came(name, member) && is_there(member));
        let is_guest = |text: &&&Untrusted| !shown.iter().any(|(name, member)| names_member(text, name, member));
        let guests = ticked.iter().filter(is_guest).map(|guest| guest.to_markdown());
        members.map(|(name, _)| name.clone()).chain(guests).collect()
    };
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.to_lowercase()));
    names.truncate(MOST_PEOPLE);
    let lines: Vec<String> = names.iter().map(|name| format!("- [ ] {name}")).collect();
    let count = if names.is_empty() { String::new() } else { number_word(names.len()) };
    ExpectedPeople { lines: lines.join("\n"), count }
}

/// Each member once, by the first name; where two share it, by the whole name.
fn members_by_shown_name(page: &PodPage) -> Vec<(String, &Member)> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    let mut people: Vec<&Member> = Vec::new();
    for member in &page.members {
        let is_same = |other: &&Member| match (&member.handle, &other.handle) {
            (Some(one), Some(other)) => one == other,
            _ => member.is_named() && member.name == other.name,
        };
        if !people.iter().any(is_same) {
            *count.entry(first_name(member).to_lowercase()).or_default() += 1;
            people.push(member);
        }
    }
    let shown = people.into_iter().filter_map(|member| {
        let first = first_name(member);
        let is_alone = count.get(&first.to_lowercase()) == Some(&1);
        let name = match &member.handle {
            _ if member.is_named() && is_alone => Untrusted::new(first).to_markdown(),
            _ if member.is_named() => Untrusted::new(whole_name(member)).to_markdown(),
            Some(handle) => format!("`{handle}`"),
            None => return None,
        };
        Some((name, member))
    });
    shown.collect()
}

fn whole_name(member: &Member) -> &str {
    without_parenthetical(member.name.raw())
}

fn first_name(member: &Member) -> &str {
    whole_name(member).split_whitespace().next().unwrap_or_default()
}

/// Whether a line that somebody ticked is a member's.
fn names_member(text: &Untrusted, shown: &str, member: &Member) -> bool {
    let text = text.raw().trim().to_lowercase();
    let handle = member.handle.as_ref().map(ToString::to_string).unwrap_or_default().to_lowercase();
    let is_handle = !handle.is_empty() && text.trim_matches('`') == handle;
    is_handle || text == shown.to_lowercase() || (member.is_named() && text == whole_name(member).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::{now, pod};
    use crate::pod::pairing_options::Absence;
    use crate::pod::roster::{Handle, Role};
    use crate::pod::session_notes::TaskItem;

    fn member(name: &str, handle: &str) -> Member {
        Member {
            name: Untrusted::new(name),
            handle: Handle::parse(handle),
            role: Role::Member,
            role_text: Untrusted::default(),
            line: 1,
        }
    }

    fn page() -> PodPage {
        let members = vec![
            member("Ada Quill", "ada"),
            member("Ada Vale", "avale"),
            member("Sorin Vale (he/him)", "svale"),
            member("", "nameless"),
            member("Mateo @all", "mateo"),
            member("Sorin Vale", "svale"),
        ];
        PodPage { members, ..PodPage::default() }
    }

    fn expected(pod: &Pod, held: &[SessionNotes]) -> ExpectedPeople {
        let session = pod.slots[0].sessions_from(&pod.key, now()).next().unwrap();
        expected_people(pod, &page(), &session, held)
    }

    fn notes(people: &[(&str, TaskState)]) -> SessionNotes {
        let item = |(text, state): &(&str, TaskState)| TaskItem {
            text: Untrusted::new(*text),
            pieces: Vec::new(),
            has_more: false,
            state: *state,
        };
        SessionNotes { people: people.iter().map(item).collect(), ..SessionNotes::default() }
    }

    #[test]
    fn before_four_sessions_the_members_of_the_page_are_expected() {
        let mut pod = pod();
        let all = expected(&pod, &[]);
        assert_eq!(all.lines, "- [ ] Ada Quill\n- [ ] Ada Vale\n- [ ] Sorin\n- [ ] `@nameless`\n- [ ] Mateo");
        assert_eq!(all.count, "five");
        let day = "2026-11-26".parse().unwrap();
        pod.absences = vec![Absence { handle: "SVALE".to_owned(), from: day, until: day }];
        assert_eq!(expected(&pod, &[]).count, "four");
    }

    #[test]
    fn after_four_sessions_those_who_came_are_expected_and_guests_with_them() {
        use TaskState::{Done, Open};
        let held = [
            notes(&[("ada quill", Done), ("Sorin", Open)]),
            notes(&[("`@nameless`", Done), ("Tim from @billing", Done)]),
            notes(&[]),
            notes(&[("Sorin Vale", Done), ("Ada Quill", Done)]),
            notes(&[("Mateo", Done)]),
        ];
        let came = expected(&pod(), &held);
        assert_eq!(came.lines, "- [ ] Ada Quill\n- [ ] Sorin\n- [ ] `@nameless`\n- [ ] Tim from `@billing`");
        assert_eq!(came.count, "four");
        assert_eq!(expected(&pod(), &held[..3]).count, "five");
        let nobody = [notes(&[]), notes(&[]), notes(&[]), notes(&[])];
        assert_eq!(expected(&pod(), &nobody).count, "five", "nobody ticks names there");
        let nobody = PodPage::default();
        let session = pod().slots[0].sessions_from(&pod().key, now()).next().unwrap();
        assert_eq!(expected_people(&pod(), &nobody, &session, &[]), ExpectedPeople::default());
    }
}
