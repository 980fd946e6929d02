//! The next session of each slot has its pairing issue, exactly once; a missed one is reported, never made up for.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::pairing_issue_body::SessionFacts;
use super::session_issues::ExistingIssue;
use super::{
    DecisionParts, OwnIssue, PairingContext, carry_over, identity_findings, marker_problems, session_hosts,
    session_settings,
};
use crate::pod::action::{BlockRewrite, Change};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::label::LabelName;
use crate::pod::marker::{self, Marker, MarkerComments};
use crate::pod::observed::Observed;
use crate::pod::rule::Rule;
use crate::pod::run::Sentence;
use crate::pod::schedule::Slot;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::{FurtherRead, ObservedIssue};
use crate::pod::text::one_line;

/// So long an issue of a session that is over is reported, where it goes by another key.
const OTHER_KEY_REPORTED_FOR: Duration = Duration::days(28);

/// Sees to the next session of every slot, and reports what was missed.
pub(super) fn plan_pairing_issues(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    marker_problems::check_pairing_issues(context, parts);
    if let Some(page) = context.seen.page.present() {
        session_hosts::check_absences(context, page, parts);
    }
    for slot in &context.pod.slots {
        let now = context.seen.now;
        report_skipped_sessions(context, slot, parts);
        let Some(next) = slot.sessions_from(&context.pod.key, now).find(|session| !session.has_started(now)) else {
            continue;
        };
        let of_week = || context.session_issues.own_issues.iter().filter(|own| own.session_key == next.key);
        let for_it = || of_week().filter(|own| own.is_to_come(now));
        let winner = for_it().find(|own| own.issue.open).or_else(|| for_it().next());
        if let Some(held) = of_week().next().filter(|_| winner.is_none()) {
            let name = context.issue_reference(held.issue);
            let text = format!("{name} is that of the week's session, which has begun; another one gets no issue");
            parts.status_sentences.push(Sentence::public(text));
            report_missed_sessions(context, slot, parts);
            continue;
        }
        let facts = context.seen.page.present().map(|page| {
            session_hosts::check_hosts(context, page, parts);
            SessionFacts::new(context, slot, &next, page, winner)
        });
        match winner {
            Some(own) => plan_update(context, slot, &next, facts.as_ref(), own, parts),
            None => plan_opening(context, slot, &next, facts.as_ref(), parts),
        }
        if let Some(facts) = &facts {
            session_settings::check_settings(context, facts, parts);
        }
        report_missed_sessions(context, slot, parts);
        // The next session's says the same line.
        if !matches!(context.session_issues.existing_issue(&next.key), Some(ExistingIssue::OtherKey(..))) {
            report_issues_under_other_keys(context, slot, parts);
        }
    }
}

/// Opens the session's issue, unless it is too early, or there may be one.
fn plan_opening(
    context: &PairingContext<'_>,
    slot: &Slot,
    session: &Session,
    facts: Option<&SessionFacts<'_>>,
    parts: &mut DecisionParts,
) {
    let start = session.start.with_timezone(&Utc);
    let ahead = start.checked_sub_signed(slot.open_ahead).unwrap_or(start);
    // What is unticked when the session before has ended moves on.
    let opens = carry_over::end_of_session_before(context, slot, session).map_or(ahead, |end| ahead.max(end));
    if opens > context.seen.now {
        let day = opens.format("%a %Y-%m-%d %H:%M UTC");
        let text = format!("the issue for {} is opened on {day}", session.start_text());
        parts.status_sentences.push(Sentence::public(text));
        return;
    }
    if let Some(instead) = context.session_issues.existing_issue(&session.key) {
        return explain_not_opened(context, session, instead, parts);
    }
    // The body repeats the page, so a page that was not seen opens nothing; the reason is reported elsewhere.
    let Some(facts) = facts else {
        let text = format!("the issue for {} waits until the pod's page can be read", session.start_text());
        parts.status_sentences.push(Sentence::public(text));
        return;
    };
    let title = slot.issue_title(session);
    let because = format!("no issue carries {} and the session is {}", session.key, session.start_text());
    let LabelAtOpening::Give(labels) = choose_label_at_opening(context, slot, &title, parts) else { return };
    if !session_settings::ask_before_opening(context, facts, parts)
        || !rule_out_foreign_issue(context, slot, session, parts)
        || session_settings::has_to_wait(context)
    {
        return;
    }
    let Some(body) = session_settings::render_body(context, facts, !labels.is_empty()) else { return };
    facts.hosts.tell_turn(parts);
    facts.hosts.explain(parts);
    let change = Change::OpenPairingIssue {
        session: session.key.clone(),
        title,
        body,
        labels,
        confidential: context.pod.pairing.confidential,
        milestone: session_settings::milestone(context).cloned(),
    };
    parts.actions.push(context.new_action(change, because));
    parts.opening_slots.insert(slot.key.clone());
}

/// Tells of open issues of sessions to come that do not take place any more: people may have written in them, so they are
/// theirs to close.
fn report_skipped_sessions(context: &PairingContext<'_>, slot: &Slot, parts: &mut DecisionParts) {
    let now = context.seen.now;
    for own in &context.session_issues.own_issues {
        let Some(start) = own.block.state.start.filter(|start| *start > now && own.issue.open) else { continue };
        let Some(until) = start.checked_add_signed(Duration::days(8)) else { continue };
        let mut skipped = slot.skipped_between(&context.pod.key, now, until);
        let Some(skipped) = skipped.find(|skipped| skipped.session.key == own.session_key) else { continue };
        let (name, day) = (context.issue_reference(own.issue), skipped.session.date.format("%-d %B"));
        let reason = skipped.reason.map(|reason| format!(": {}", one_line(&reason))).unwrap_or_default();
        let message = format!("{name} is open for the session of {day}, which is skipped{reason}");
        parts.findings.push(Finding::new(Rule::SessionSkipped, own.session_key.to_string(), message));
    }
}

/// Tells of open issues of sessions that have begun under a key that the configuration does not know: podkeeper neither
/// closes them nor carries their tasks on.
fn report_issues_under_other_keys(context: &PairingContext<'_>, slot: &Slot, parts: &mut DecisionParts) {
    let (now, issues) = (context.seen.now, &context.session_issues);
    let Some(since) = now.checked_sub_signed(OTHER_KEY_REPORTED_FOR) else { return };
    let past = slot.sessions_from(&context.pod.key, since).take_while(|session| session.has_started(now));
    for session in past {
        match issues.existing_issue(&session.key) {
            Some(instead @ ExistingIssue::OtherKey(issue, _)) if issue.open => {
                explain_not_opened(context, &session, instead, parts);
            }
            _ => {}
        }
    }
}

/// Says why nothing is opened for a session that another issue stands for.
fn explain_not_opened(
    context: &PairingContext<'_>,
    session: &Session,
    instead: ExistingIssue<'_>,
    parts: &mut DecisionParts,
) {
    let finding = match instead {
        ExistingIssue::ByHand(issue) => {
            let message = format!(
                "{} is the pairing issue for {}, opened by hand",
                context.issue_reference(issue),
                session.start_text()
            );
            Finding::new(Rule::SessionIssueByHand, session.key.to_string(), message)
        }
        ExistingIssue::Damaged(issue) => {
            let text = format!(
                "no issue is opened for {}, because {} may be it and its marker is damaged",
                session.start_text(),
                context.issue_reference(issue)
            );
            parts.status_sentences.push(Sentence::new(Rule::MarkerDamaged.audience(), text));
            return;
        }
        ExistingIssue::OtherKey(issue, key) => {
            identity_findings::other_session_key_finding(context.pod, &context.issue_reference(issue), key, session)
        }
        ExistingIssue::MarkerLost(issue) => {
            let what = format!("the pairing issue for {}", session.start_text());
            identity_findings::marker_lost_finding(
                &Marker::Session(session.key.clone()),
                &context.issue_reference(issue),
                &what,
            )
        }
    };
    parts.findings.push(finding);
}

/// Whether no other account has opened this session's issue; what could not be seen opens nothing.
fn rule_out_foreign_issue(
    context: &PairingContext<'_>,
    slot: &Slot,
    session: &Session,
    parts: &mut DecisionParts,
) -> bool {
    let key = &session.key;
    let others = match &context.seen.pairing_project.foreign_issues {
        Some(Observed::Unknown(failure)) => {
            parts.read_failures.push(failure.clone());
            return false;
        }
        None | Some(Observed::Absent) => &[],
        Some(Observed::Present(others)) => others.as_slice(),
    };
    let same = |issue: &&ObservedIssue| match issue.parsed_body.marker() {
        // Whoever only speaks of a session has neither its label nor its title.
        Some(Marker::Session(found)) => {
            let may = context.has_pod_label(issue) || slot.is_issue_title(session, issue.title.raw());
            may && context.pod.current_session_key(found).as_ref() == Some(key)
        }
        Some(Marker::Report(..)) | None => false,
    };
    let mut theirs: Vec<&ObservedIssue> =
        others.iter().chain(context.issues).filter(|issue| !context.is_by_podkeeper(issue)).filter(same).collect();
    theirs.sort_by_key(|issue| issue.iid);
    theirs.dedup_by_key(|issue| issue.iid);
    if !theirs.is_empty() {
        let marker = Marker::Session(key.clone());
        parts.findings.push(identity_findings::bot_replaced_finding(&marker, &context.project.path, &theirs));
    }
    theirs.is_empty()
}

/// Whether a new issue gets the label at birth.
enum LabelAtOpening {
    Give(Vec<LabelName>),
    /// The label is being created, or could not be looked up: the next run opens the issue with it.
    Wait,
}

/// Only a name that was read back is sent: GitLab makes a new label of any other.
fn choose_label_at_opening(
    context: &PairingContext<'_>,
    slot: &Slot,
    title: &str,
    parts: &mut DecisionParts,
) -> LabelAtOpening {
    match &context.seen.pairing_project.label {
        // GitLab would leave it off, and `label-archived` says so.
        Observed::Present(label) if label.archived => LabelAtOpening::Give(Vec::new()),
        Observed::Present(_) => LabelAtOpening::Give(vec![context.pod.label.name.clone()]),
        Observed::Unknown(_) => LabelAtOpening::Wait,
        Observed::Absent if super::pod_label::will_create_label(context) => {
            let label = &context.pod.label.name;
            let text = format!("open \"{title}\" in {} with label `{label}`", context.project.path);
            parts.later_changes.push(Sentence::public(text));
            parts.opening_slots.insert(slot.key.clone());
            LabelAtOpening::Wait
        }
        Observed::Absent => LabelAtOpening::Give(Vec::new()),
    }
}

/// Brings the block of an issue that is there up to date, until the session starts.
fn plan_update(
    context: &PairingContext<'_>,
    slot: &Slot,
    session: &Session,
    facts: Option<&SessionFacts<'_>>,
    own: &OwnIssue<'_>,
    parts: &mut DecisionParts,
) {
    let state = if own.issue.open { "open" } else { "closed" };
    let text = format!("{} is there for {} ({state})", context.issue_reference(own.issue), session.start_text());
    parts.status_sentences.push(Sentence::public(text));
    let Some(facts) = facts else { return };
    if !own.issue.open {
        return;
    }
    if own.block.is_from_newer_version() {
        parts.findings.push(identity_findings::newer_block_finding(&context.issue_reference(own.issue), own.block));
        return;
    }
    let wanted_title = slot.issue_title(session);
    // A title that somebody changed is theirs.
    let title_is_ours = own.block.state.title.as_deref() == Some(short_hash(own.issue.title.raw()).as_str());
    let title = (title_is_ours && own.issue.title.raw() != wanted_title)
        .then(|| (own.issue.title.raw().to_owned(), wanted_title));
    let mut state = own.block.state.clone();
    // A state that was lost is made anew, as far as the issue itself still shows it.
    if state.title.is_none() && slot.is_issue_title(session, own.issue.title.raw()) {
        state.title = Some(short_hash(own.issue.title.raw()));
    }
    if state.rest.is_none() && !own.block.has_line_hashes() {
        let born = facts.initial_block().and_then(|born| born.state.rest);
        state.rest = born.filter(|rest| *rest == short_hash(&marker::text_outside_block(&own.issue.body)));
    }
    if let Some((_, new)) = &title {
        state.title = Some(short_hash(new));
    }
    if facts.hosts.has_choice() {
        match &context.seen.pairing_project.further.member_accounts {
            None => {
                parts.further_reads.insert(FurtherRead::MemberAccounts);
                return;
            }
            Some(Observed::Unknown(failure)) => {
                parts.read_failures.push(failure.clone());
                return;
            }
            Some(Observed::Present(_) | Observed::Absent) => {}
        }
    }
    facts.hosts.explain(parts);
    context.proposals.remember_in(&mut state);
    let block = facts.build_block(state);
    if own.block.is_up_to_date_with(&block) && title.is_none() {
        return;
    }
    let change =
        Change::RewritePairingIssue { iid: own.issue.iid, rewrite: BlockRewrite::new(own.block, block), title };
    let because = match own.block.marker_comments {
        MarkerComments::Complete => "its block no longer says what the page and the configuration say",
        MarkerComments::StateUnreadable | MarkerComments::Incomplete { .. } => {
            "a part of its marker is gone, and is written anew"
        }
    };
    parts.actions.push(context.new_action(change, because));
}

/// Sessions that have begun without an issue, since the last one that had one.
fn report_missed_sessions(context: &PairingContext<'_>, slot: &Slot, parts: &mut DecisionParts) {
    let (now, issues) = (context.seen.now, &context.session_issues);
    let ours = |session: &Session| issues.own_issues.iter().any(|own| own.session_key == session.key);
    let of_the_slot = issues.own_issues.iter().filter(|own| own.session_key.slot == slot.key);
    let Some(first) = of_the_slot.map(|own| &own.session_key).min() else { return };
    let Some(from) = week_start(first) else { return };
    let past = slot.sessions_from(&context.pod.key, from).take_while(|session| session.has_started(now));
    let mut missing = Vec::new();
    for session in past {
        if ours(&session) || issues.existing_issue(&session.key).is_some() {
            missing.clear();
        } else {
            missing.push(session.date.to_string());
        }
    }
    let message = match &missing[..] {
        [] => return,
        [one] => format!("the session of {one} had no pairing issue"),
        many => format!("{} sessions had no pairing issue: {}", many.len(), many.join(", ")),
    };
    parts.findings.push(Finding::new(Rule::SessionMissed, format!("{}/{}", context.pod.key, slot.key), message));
}

fn week_start(key: &SessionKey) -> Option<DateTime<Utc>> {
    let monday = NaiveDate::from_isoywd_opt(key.year, key.week, chrono::Weekday::Mon)?;
    Some(monday.and_hms_opt(0, 0, 0)?.and_utc())
}
