//! Who hosts a session and takes its notes, and who is next: the members of the page in turn.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate, Utc};

use super::host_rotation::{HostCircle, HostTurns, TurnInput, assign_turns};
use super::{DecisionParts, OwnIssue, PairingContext};
use crate::pod::Pod;
use crate::pod::agent::ObservedAccount;
use crate::pod::finding::Finding;
use crate::pod::marker::BlockState;
use crate::pod::pairing_options::HostRotation;
use crate::pod::pod_page::{Member, MembersSection, PodPage};
use crate::pod::roster::Role;
use crate::pod::rule::{Audience, Rule};
use crate::pod::run::Sentence;
use crate::pod::schedule::Slot;
use crate::pod::session::Session;

/// How the line begins that names the hosts.
const HOST_LINE: &str = "- **Host:** ";

/// The hosts of a session and of the next one.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionHosts<'a> {
    turns: HostTurns,
    members: BTreeMap<String, &'a Member>,
    next_date: Option<NaiveDate>,
    date: NaiveDate,
    /// Whether the issue before this one has named them.
    was_promised: bool,
}

/// What was promised: by the session's own issue, else by the one before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Promise {
    this: Vec<String>,
    next: Vec<String>,
}

impl Promise {
    /// Reads it from the session's own issue, where it is there, and from the slot's issue before it.
    pub(super) fn read(session: &Session, own: Option<&OwnIssue<'_>>, issues: &[OwnIssue<'_>]) -> Self {
        let before = issues
            .iter()
            .filter(|issue| issue.session_key.slot == session.key.slot && issue.session_key < session.key)
            .filter(|issue| !issue.block.state.next_hosts.is_empty())
            .max_by(|a, b| a.session_key.cmp(&b.session_key).then(b.issue.iid.cmp(&a.issue.iid)));
        let lower = |handles: &[String]| handles.iter().take(2).map(|handle| handle.to_ascii_lowercase()).collect();
        match (own.map(|own| &own.block.state), before) {
            (Some(state), _) if !state.hosts.is_empty() => {
                Self { this: lower(&state.hosts), next: lower(&state.next_hosts) }
            }
            (_, Some(before)) => Self { this: lower(&before.block.state.next_hosts), next: Vec::new() },
            (_, None) => Self::default(),
        }
    }
}

/// Assigns the hosts of a session. `accounts` are those of the members, where they were looked up: who has none hosts
/// nothing.
pub(super) fn assign_hosts<'a>(
    pod: &Pod,
    slot: &Slot,
    session: &Session,
    page: &'a PodPage,
    promise: Promise,
    accounts: Option<&[ObservedAccount]>,
) -> SessionHosts<'a> {
    let members: BTreeMap<String, &Member> = page
        .members
        .iter()
        .rev()
        .filter(|member| may_host(pod, member))
        .filter_map(|member| Some((member.handle.as_ref()?.to_ascii_lowercase(), member)))
        .collect();
    let after = session.start.with_timezone(&Utc).checked_add_signed(Duration::seconds(1));
    let next = after.and_then(|after| slot.sessions_from(&pod.key, after).next());
    let unavailable = |date: Option<NaiveDate>| {
        let why = |(handle, member): (&String, &&Member)| Some((handle.clone(), reason(pod, member, date?, accounts)?));
        members.iter().filter_map(why).collect()
    };
    let circle = HostCircle::new(&members.keys().map(String::as_str).collect::<Vec<&str>>());
    let was_promised = !promise.this.is_empty();
    let this = TurnInput { promised: promise.this, unavailable: unavailable(Some(session.date)) };
    let next_date = next.map(|next| next.date);
    let next = TurnInput { promised: promise.next, unavailable: unavailable(next_date) };
    let turns = if circle.is_empty() {
        HostTurns::default()
    } else {
        assign_turns(&circle, session.key.week_number(), &this, &next)
    };
    SessionHosts { turns, members, next_date, date: session.date, was_promised }
}

fn may_host(pod: &Pod, member: &Member) -> bool {
    match &pod.pairing.hosts {
        HostRotation::Everyone => true,
        HostRotation::Leads => member.role == Role::Lead,
        HostRotation::Handles(handles) => {
            let is =
                |handle: &String| member.handle.as_ref().is_some_and(|own| own.as_str().eq_ignore_ascii_case(handle));
            handles.iter().any(is)
        }
        HostRotation::Nobody => false,
    }
}

/// Why a member hosts nothing on a day. A person's state is given no cause.
fn reason(pod: &Pod, member: &Member, date: NaiveDate, accounts: Option<&[ObservedAccount]>) -> Option<String> {
    if let Some(until) = away_until(pod, member, date) {
        return Some(format!("is away until {}", until.format("%-d %B")));
    }
    let handle = member.handle.as_ref()?;
    let is_own = |account: &ObservedAccount| account.active && account.username.eq_ignore_ascii_case(handle.as_str());
    let unmatched = accounts.is_some_and(|accounts| !accounts.iter().any(is_own));
    unmatched.then(|| "could not be matched with an account".to_owned())
}

/// The last day on which a member is away, where one of the absences holds on a date.
pub(super) fn away_until(pod: &Pod, member: &Member, date: NaiveDate) -> Option<NaiveDate> {
    let handle = member.handle.as_ref()?;
    let own = pod.absences.iter().filter(|absence| absence.handle.eq_ignore_ascii_case(handle.as_str()));
    own.filter(|absence| (absence.from..=absence.until).contains(&date)).map(|absence| absence.until).max()
}

impl SessionHosts<'_> {
    /// Whether somebody was chosen, so that it has to be known who has an account.
    pub(super) fn has_choice(&self) -> bool {
        self.turns.has_choice && !self.members.is_empty()
    }

    /// The line of the block; none where nobody is asked to host.
    pub(super) fn line(&self) -> Option<String> {
        if self.members.is_empty() {
            return None;
        }
        let mut line = match &self.turns.this[..] {
            [] => format!("{HOST_LINE}whoever is here first"),
            [host] => format!("{HOST_LINE}{}", self.name(host)),
            [host, second, ..] => format!("{HOST_LINE}{}. **Notes:** {}", self.name(host), self.name(second)),
        };
        let next: Vec<String> = self.turns.next.iter().map(|handle| self.name(handle)).collect();
        let alone = self.turns.this.len() < 2 && self.turns.next == self.turns.this;
        if let (Some(date), false, false) = (self.next_date, next.is_empty(), alone) {
            let week = if (date - self.date).num_days() <= 8 { "Next week" } else { "Next time" };
            line = format!("{line}. {week}: {}", next.join(" and "));
        }
        Some(line)
    }

    /// What is to be remembered.
    pub(super) fn remember(&self, state: BlockState) -> BlockState {
        BlockState { hosts: self.turns.this.clone(), next_hosts: self.turns.next.clone(), ..state }
    }

    /// Whose turn an issue that is opened names, and why, as a sentence for the pod's own people.
    pub(super) fn tell_turn(&self, parts: &mut DecisionParts) {
        let date = self.date.format("%-d %B");
        let who = match &self.turns.this[..] {
            [] => return,
            [host] => format!("{} hosts on {date}", self.plain_name(host)),
            [host, second, ..] => {
                format!("{} hosts on {date} and {} takes notes", self.plain_name(host), self.plain_name(second))
            }
        };
        let why = match self.members.len() {
            _ if self.was_promised => "as the issue before said".to_owned(),
            1 => "nobody else hosts".to_owned(),
            count => format!("it is their turn among {count}"),
        };
        parts.status_sentences.push(Sentence::new(Audience::Team, format!("{who}: {why}")));
    }

    fn plain_name(&self, handle: &str) -> String {
        match self.members.get(handle) {
            Some(member) if member.is_named() => member.name.one_line(),
            _ => format!("@{handle}"),
        }
    }

    /// Why somebody else has a turn, as sentences for the pod's own people.
    pub(super) fn explain(&self, parts: &mut DecisionParts) {
        for replaced in &self.turns.replacements {
            let Some(date) = (if replaced.is_next { self.next_date } else { Some(self.date) }) else { continue };
            let name = |handle: &String| self.plain_name(handle);
            let why = replaced.why.as_deref().unwrap_or("does not host any more");
            let (who, date) = (name(&replaced.handle), date.format("%-d %B"));
            let text = match &replaced.by {
                Some(by) => format!("{who} {why}, so {} has the turn on {date}", name(by)),
                None => format!("{who} {why}, and nobody else can take the turn on {date}"),
            };
            parts.status_sentences.push(Sentence::new(Audience::Team, text));
        }
    }

    fn name(&self, handle: &str) -> String {
        match self.members.get(handle) {
            Some(member) if member.is_named() => member.name.to_markdown(),
            _ => format!("`{handle}`"),
        }
    }
}

/// Reports whom `[pairing] hosts` names in vain.
pub(super) fn check_hosts(context: &PairingContext<'_>, page: &PodPage, parts: &mut DecisionParts) {
    let pod = context.pod;
    let has_handle = |member: &&Member| member.handle.is_some();
    let can_host = page.members.iter().filter(has_handle).any(|member| may_host(pod, member));
    let subject = format!("{}: [pairing] hosts", pod.file_name());
    let missing: Vec<String> = match &pod.pairing.hosts {
        // A page that may be cut says nothing about who is not on it.
        HostRotation::Handles(handles) if page.members_section == MembersSection::Closed => {
            let on_page = |handle: &&String| {
                let is = |member: &Member| {
                    member.handle.as_ref().is_some_and(|own| own.as_str().eq_ignore_ascii_case(handle))
                };
                page.members.iter().any(is)
            };
            handles.iter().filter(|handle| !on_page(handle)).map(|handle| format!("`{handle}`")).collect()
        }
        HostRotation::Handles(_) | HostRotation::Everyone | HostRotation::Leads | HostRotation::Nobody => Vec::new(),
    };
    // A page without members is reported for itself.
    let is_asked = pod.pairing.hosts != HostRotation::Nobody && !page.members.is_empty();
    let (message, advice) = if is_asked && !can_host {
        (
            format!("{subject}: nobody on the page can host, so the issues name no host"),
            "Name handles that are on the page, or write hosts = \"everyone\", or \"nobody\" if that is meant.",
        )
    } else if !missing.is_empty() {
        let verb = if missing.len() == 1 { "is" } else { "are" };
        (
            format!("{subject}: {} {verb} not on the page, so others host", missing.join(", ")),
            "Take the handle out, or put the member on the page.",
        )
    } else {
        return;
    };
    parts.findings.push(Finding::new(Rule::SettingLeftOut, subject, message).with_advice(advice.to_owned()));
}

/// Reports who is away by `[[away]]` and not on the page: a handle that is misspelt leaves the person a host.
pub(super) fn check_absences(context: &PairingContext<'_>, page: &PodPage, parts: &mut DecisionParts) {
    // A page that may be cut says nothing about who is not on it.
    if page.members_section != MembersSection::Closed {
        return;
    }
    let today = context.seen.now.date_naive();
    let is_member = |handle: &str| {
        let mut handles = page.members.iter().filter_map(|member| member.handle.as_ref());
        handles.any(|own| own.as_str().eq_ignore_ascii_case(handle))
    };
    let strangers = context.pod.absences.iter().filter(|away| away.until >= today && !is_member(&away.handle));
    let strangers: BTreeSet<&str> = strangers.map(|away| away.handle.as_str()).collect();
    for handle in strangers {
        let subject = format!("{}: [[away]] {handle}", context.pod.file_name());
        let message = format!("{}: [[away]] handle `{handle}` is not on the page", context.pod.file_name());
        let advice = "Write the handle as it stands on the page, or take the table out.";
        parts.findings.push(Finding::new(Rule::SettingLeftOut, subject, message).with_advice(advice));
    }
}
