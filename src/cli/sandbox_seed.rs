//! What a sandbox is seeded with: the configuration's own paths, so that it fits without a change.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use crate::collect::handbook;
use crate::pod::Pod;
use crate::pod::agent::MembershipRule;
use crate::pod::page_form::MembersForm;
use crate::pod::pod_page::Member;
use crate::sandbox::seed::MembersLayout;
use crate::sandbox::{PageMember, PastSession, SeedPod};

/// How far back the seed's past sessions are looked for: two of a slot that meets every few weeks.
const PAST_SESSIONS_WINDOW: Duration = Duration::days(120);

/// Where the seed of a pod stands and which sessions it has had.
pub fn to_seed_pod(pod: &Pod, now: DateTime<Utc>) -> SeedPod {
    let agents = pod.agents.as_ref();
    SeedPod {
        key: pod.key.to_string(),
        name: pod.name.clone(),
        page_project: pod.page.project.clone(),
        page_path: pod.page.path.clone(),
        page_ref: pod.page.git_ref.clone(),
        site_host: pod.page.site.as_ref().and_then(|site| site.host_str()).map(str::to_owned),
        pairing_project: pod.pairing_project.clone(),
        label: pod.label.name.to_string(),
        past_sessions: past_sessions(pod, now),
        agents_project: agents.map(|agents| agents.project.clone()),
        agents_path: agents.map(|agents| agents.path.clone()).unwrap_or_default(),
        agents_ref: agents.map(|agents| agents.git_ref.clone()).unwrap_or_default(),
        zendesk_group: match &pod.membership {
            MembershipRule::ZendeskGroup(group) => Some(group.clone()),
            MembershipRule::KnowledgeArea { .. } | MembershipRule::None => None,
        },
        label_groups: pod.label_groups.clone(),
        members_heading: pod.page.form.members_heading.clone(),
        members_layout: match pod.page.form.members_form {
            MembersForm::Shortcode => MembersLayout::Shortcodes,
            MembersForm::List => MembersLayout::List,
            MembersForm::Mention => MembersLayout::Mentions,
            MembersForm::Table => MembersLayout::Table,
            MembersForm::Heading => MembersLayout::Headings,
        },
        reports_project: pod.reports.project.clone(),
        ..SeedPod::default()
    }
}

/// The same with a page of the user's own; its members are in the Support Team data as they should be, since
/// a sandbox that knows none of them would have the roster's brake on.
pub fn to_seed_pod_with_page(pod: &Pod, page: &str, now: DateTime<Utc>) -> SeedPod {
    let members = handbook::parse_pod_page_in_form(page, &pod.page.path, &pod.page.form).members;
    let mut seen = BTreeSet::new();
    let mut person = |member: &Member| {
        let handle = member.handle.as_ref().filter(|handle| seen.insert(handle.to_ascii_lowercase()))?;
        let name = member.name.raw().trim();
        let name = if name.is_empty() { handle.as_str() } else { name };
        Some(PageMember { name: name.to_owned(), handle: handle.as_str().to_owned() })
    };
    SeedPod {
        page: Some(page.to_owned()),
        members: members.iter().filter_map(&mut person).collect(),
        ..to_seed_pod(pod, now)
    }
}

/// The last two sessions of the first slot, newest first.
fn past_sessions(pod: &Pod, now: DateTime<Utc>) -> Vec<PastSession> {
    let Some(slot) = pod.slots.first() else { return Vec::new() };
    let held = slot
        .sessions_from(&pod.key, now.checked_sub_signed(PAST_SESSIONS_WINDOW).unwrap_or(now))
        .take_while(|session| session.has_started(now));
    let mut past: Vec<PastSession> = held
        .map(|session| PastSession {
            key: session.key.to_string(),
            title: slot.issue_title(&session),
            start: session.start.with_timezone(&Utc),
        })
        .collect();
    past.reverse();
    past.truncate(2);
    past
}
