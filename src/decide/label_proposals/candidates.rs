//! Which of the recent issues look like sessions of the pod: two of its members take part, or they name it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::decide::{PairingContext, pairing_issue_body};
use crate::pod::RECORD_LABEL;
use crate::pod::label::find_scope_conflict;
use crate::pod::marker::ParsedBody;
use crate::pod::pod_page::PodPage;
use crate::pod::session_notes::{Piece, visible_pieces};
use crate::pod::snapshot::{Account, ObservedIssue};

/// So many members make a session of the pod.
const MEMBERS_OF_A_SESSION: usize = 2;

/// An issue that looks like a session of the pod and does not carry its label.
pub(super) struct Candidate<'a> {
    pub(super) issue: &'a ObservedIssue,
    /// How many members take part.
    members: usize,
    /// What of it names the pod.
    signals: Vec<Signal>,
    /// Another label of the scope.
    pub(super) conflict: Option<&'a str>,
}

/// What in an issue names the pod.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Title,
    Channel,
    LinkToSession,
}

impl Candidate<'_> {
    /// Whether it is a session of the pod beyond doubt: members and words agree.
    pub(super) fn is_certain(&self) -> bool {
        self.members >= MEMBERS_OF_A_SESSION && !self.signals.is_empty()
    }

    /// Why it looks like one, without a word of its own.
    pub(super) fn reasons(&self) -> String {
        let members = match self.members {
            0 | 1 => None,
            count => Some(format!("{count} members of the pod take part")),
        };
        let signals = self.signals.iter().map(|signal| {
            let words = match signal {
                Signal::Title => "its title names the pod",
                Signal::Channel => "it names the pod's Slack channel",
                Signal::LinkToSession => "it links to a session of the pod",
            };
            words.to_owned()
        });
        members.into_iter().chain(signals).collect::<Vec<_>>().join(", ")
    }
}

/// The candidates among `issues`, in their order. `proposed` are those that were proposed before: where nobody knows who
/// takes part, they stay.
pub(super) fn find<'a>(
    context: &PairingContext<'a>,
    page: &PodPage,
    issues: &'a [ObservedIssue],
    proposed: &BTreeMap<u64, DateTime<Utc>>,
) -> Vec<Candidate<'a>> {
    let words = PodWords::new(context, page);
    let members: BTreeSet<String> =
        page.members.iter().filter_map(|member| Some(member.handle.as_ref()?.to_ascii_lowercase())).collect();
    let is_participation_known = context.seen.pairing_project.recent.participants.failure().is_none();
    let candidate = |issue: &'a ObservedIssue| {
        if !is_of_people(context, issue, &members) || context.has_pod_label(issue) {
            return None;
        }
        let count = people_of(context, issue).intersection(&members).count();
        let signals = words.find_in(issue);
        let stays = !is_participation_known && proposed.contains_key(&issue.iid);
        let conflict = find_scope_conflict(&context.pod.label.name, &issue.labels);
        let is_one = count >= MEMBERS_OF_A_SESSION || !signals.is_empty() || stays;
        is_one.then_some(Candidate { issue, members: count, signals, conflict })
    };
    issues.iter().filter_map(candidate).collect()
}

/// Whether people opened it: it has no marker, and is not of an account that only podkeeper uses.
fn is_of_people(context: &PairingContext<'_>, issue: &ObservedIssue, members: &BTreeSet<String>) -> bool {
    let is_members = members.contains(&issue.author.username.to_lowercase());
    issue.parsed_body == ParsedBody::NoMarker && (!context.is_by_podkeeper(issue) || is_members)
}

/// The user names, in lower case, of those who take part. A record of Pairify's says by its assignees who was there.
fn people_of(context: &PairingContext<'_>, issue: &ObservedIssue) -> BTreeSet<String> {
    let name = |account: &Account| account.username.to_lowercase();
    let mut people: BTreeSet<String> = issue.assignees.iter().map(name).collect();
    if !issue.labels.iter().any(|label| label == RECORD_LABEL) {
        people.insert(name(&issue.author));
        let participants = context.seen.pairing_project.recent.participants.present();
        people.extend(participants.and_then(|all| all.get(&issue.iid)).into_iter().flatten().cloned());
    }
    people
}

/// What names a pod, in lower case.
struct PodWords {
    /// Its name and its events: what stands in titles.
    names: Vec<String>,
    /// Its Slack channel, by name and by address.
    channels: Vec<String>,
    /// Its sessions' issues, as they are linked and referred to.
    sessions: Vec<String>,
}

impl PodWords {
    fn new(context: &PairingContext<'_>, page: &PodPage) -> Self {
        let pod = context.pod;
        let names = std::iter::once(&pod.name).chain(pod.slots.iter().map(|slot| &slot.event));
        let seen = pairing_issue_body::find_slack_channel(pod, page);
        let on_page = seen.map(|seen| seen.channel.raw().to_owned());
        let address = seen.and_then(|seen| seen.url.clone()).filter(|url| url.contains("/archives/"));
        let channels = pod.slack_channel.iter().cloned().chain(on_page).chain(address);
        let (path, url) = (&context.project.path, context.project.url.trim_end_matches('/'));
        let sessions = context.own_issues().flat_map(|own| {
            let iid = own.issue.iid;
            [
                format!("{url}/-/issues/{iid}"),
                format!("{url}/-/work_items/{iid}"),
                format!("{path}#{iid}"),
                format!("#{iid}"),
            ]
        });
        let lower = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
        Self {
            names: lower(names.cloned().collect()),
            channels: lower(channels.collect()),
            sessions: lower(sessions.collect()),
        }
    }

    fn find_in(&self, issue: &ObservedIssue) -> Vec<Signal> {
        let (title, body) = (issue.title.raw().to_lowercase(), issue.body.to_lowercase());
        let in_title = |words: &[String]| words.iter().any(|word| contains_word(&title, word));
        let in_body = |words: &[String]| words.iter().any(|word| contains_word(&body, word));
        let found = [
            (Signal::Title, in_title(&self.names)),
            (Signal::Channel, in_title(&self.channels) || in_body(&self.channels)),
            (Signal::LinkToSession, in_body(&self.sessions) && self.refers_to_session(&issue.body)),
        ];
        found.into_iter().filter(|(_, is_there)| *is_there).map(|(signal, _)| signal).collect()
    }
}

impl PodWords {
    /// Whether a text links or names one of the sessions' issues where GitLab makes a reference of that: not in code, a
    /// comment or a quotation. A title may count things with `#5`, too.
    fn refers_to_session(&self, body: &str) -> bool {
        let is_reference = |text: &str| {
            let text = text.to_lowercase();
            self.sessions.iter().any(|session| contains_word(&text, session))
        };
        visible_pieces(body).iter().any(|piece| match piece {
            Piece::Text(text) => is_reference(text),
            Piece::Link { target, .. } => is_reference(target),
        })
    }
}

/// Whether words stand in a text by themselves: neither in the middle of a longer word nor of a longer path.
fn contains_word(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        // What stands before `#12` or `#channel` makes another reference of it.
        let is_begun = before.is_none_or(|c| !goes_on(c) && !matches!(c, '/' | '#'));
        !word.is_empty() && is_begun && after.is_none_or(|c| !goes_on(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_one_where_gitlab_makes_one() {
        let words = PodWords { names: Vec::new(), channels: Vec::new(), sessions: vec!["#5".to_owned()] };
        for (body, is_one) in [
            ("See #5, second half", true),
            ("- [ ] what #5 left", true),
            ("# After #5", true),
            ("[there](#5)", true),
            ("```\n#5 0x00 in main ()\n```", false),
            ("    #5 0x00 in main ()", false),
            ("a `#5` and ``a ` #5``", false),
            ("&#5;", false),
            ("<!-- #5 -->", false),
            ("> #5", false),
        ] {
            assert_eq!(words.refers_to_session(body), is_one, "{body}");
        }
    }

    #[test]
    fn words_stand_by_themselves() {
        for (text, word, is_there) in [
            ("pairing of secure pod, thursday", "secure pod", true),
            ("secure pods", "secure pod", false),
            ("insecure pod", "secure pod", false),
            ("see #12.", "#12", true),
            ("see #123", "#12", false),
            ("see group/other#12", "#12", false),
            ("in `#spt_pod_secure`", "#spt_pod_secure", true),
            ("in #spt_pod_secure-feed", "#spt_pod_secure", false),
            ("(https://gitlab.example/g/p/-/issues/4)", "https://gitlab.example/g/p/-/issues/4", true),
            ("https://gitlab.example/g/p/-/issues/45", "https://gitlab.example/g/p/-/issues/4", false),
            ("anything", "", false),
        ] {
            assert_eq!(contains_word(text, word), is_there, "{word} in {text}");
        }
    }
}
