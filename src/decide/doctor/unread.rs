//! What could not be read: told once for each cause, and not at all where a verdict has told the cause already.

use std::collections::BTreeSet;

use super::{Findings, TOKEN_REFUSED, Unread};
use crate::pod::PodKey;
use crate::pod::diagnosis::{Check, Section, Verdict};
use crate::pod::observed::{FailureCause, ReadFailure};
use crate::pod::run::ExitStatus;
use crate::pod::text::one_line;

/// Turns what could not be read into verdicts.
pub(super) fn settle(found: Findings) -> Vec<Verdict> {
    let Findings { mut verdicts, unread } = found;
    let is_explained = |unread: &Unread| verdicts.iter().any(|verdict| explains(verdict, unread));
    let (explained, left): (Vec<Unread>, Vec<Unread>) = unread.into_iter().partition(is_explained);
    let mut new: Vec<Verdict> = Vec::new();
    let mut causes: Vec<(String, usize)> = Vec::new();
    for one in &left {
        let why = one_line(&shown(one).why);
        if let Some((_, more)) = causes.iter_mut().find(|(known, _)| *known == why) {
            *more += 1;
        } else {
            causes.push((why.clone(), 0));
            new.push(unread_verdict(one, &why));
        }
    }
    for (verdict, (why, more)) in new.iter_mut().zip(&causes) {
        if *more > 0 {
            let first = verdict.message.split(" could not be read: ").next().unwrap_or_default().to_owned();
            verdict.message = format!("{first} and {more} more could not be read: {}", why.trim_end_matches('.'));
            // It is not about one pod.
            verdict.pods.clear();
        }
    }
    let silent: BTreeSet<(Check, Option<PodKey>)> =
        explained.into_iter().map(|one| (one.check, one.pod)).filter(|(check, _)| *check != Check::Plan).collect();
    for (check, pod) in silent {
        let has_verdict = |verdict: &Verdict| {
            let is_about = pod.as_ref().is_none_or(|pod| verdict.pods.is_empty() || verdict.pods.contains(pod));
            verdict.check == check && verdict.section != Section::NotChecked && is_about
        };
        if verdicts.iter().any(has_verdict) {
            continue;
        }
        let verdict = Verdict::not_checked(check, MEND_FIRST);
        new.push(pod.as_ref().map_or(verdict.clone(), |pod| verdict.of_pod(pod)));
    }
    verdicts.extend(new);
    verdicts
}

/// What is said of what another verdict keeps from being looked at.
const MEND_FIRST: &str = "mend what stands above first";

/// Whether a verdict tells the cause already: it is about what the failure names, or a token was refused.
fn explains(verdict: &Verdict, unread: &Unread) -> bool {
    if verdict.section != Section::Stops {
        return false;
    }
    let is_token = unread.failure.cause == FailureCause::Token && verdict.exit_status == TOKEN_REFUSED;
    let failure = &unread.failure;
    is_token || verdict.subjects.iter().any(|subject| names(&failure.what, subject) || names(&failure.why, subject))
}

/// Whether a sentence names a subject whole: `group/team` is not named by `group/team-meta`.
fn names(sentence: &str, subject: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    !subject.is_empty()
        && sentence.match_indices(subject).any(|(at, _)| {
            let behind = &sentence[at + subject.len()..];
            // The full stop of a sentence ends a name.
            let behind = behind.strip_prefix('.').unwrap_or(behind);
            !sentence[..at].ends_with(goes_on) && !behind.starts_with(goes_on)
        })
}

/// The failure in words for everybody.
fn shown(one: &Unread) -> &ReadFailure {
    one.for_everybody.as_ref().map_or(&one.failure, |(_, failure)| failure)
}

fn unread_verdict(one: &Unread, why: &str) -> Verdict {
    let what = &shown(one).what;
    let what = if what.is_empty() { one.check.name().to_owned() } else { one_line(what) };
    let message = format!("{what} could not be read: {}", why.trim_end_matches('.'));
    let mut verdict = Verdict::stops(one.check, message).ends_with(ExitStatus::from(one.failure.cause));
    if let Some((audience, _)) = &one.for_everybody {
        let (what, why) = (one_line(&one.failure.what), one_line(&one.failure.why));
        verdict.detailed_message = Some((*audience, format!("{what} could not be read: {why}")));
    }
    one.pod.as_ref().map_or(verdict.clone(), |pod| verdict.of_pod(pod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_a_subject_whole_or_not_at_all() {
        for (sentence, subject, named) in [
            ("the project group/support", "group/support", true),
            ("group/support is archived", "group/support", true),
            ("it is about group/support.", "group/support", true),
            ("the folder data of group/support-team", "group/support", false),
            ("the folder data of group/support/team", "group/support", false),
            ("the project sub/group/support", "group/support", false),
            ("anything", "", false),
        ] {
            assert_eq!(names(sentence, subject), named, "{sentence}");
        }
    }
}
