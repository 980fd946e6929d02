//! Who reads a report, as a type. A report is rendered of what is [`VisibleTo`] its readers, and that gives out nothing
//! else.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::pod::PodKey;
use crate::pod::action::{Action, WITHHELD};
use crate::pod::audit_trail::AuditEntry;
use crate::pod::diagnosis::{Check, Diagnosis, Section, Verdict};
use crate::pod::finding::Finding;
use crate::pod::observed::{FailureCause, ReadFailure};
use crate::pod::outcome::Outcome;
use crate::pod::pod_page::PodPage;
use crate::pod::rule::Audience;
use crate::pod::run::{ExitStatus, PodRun, Sentence};
use crate::pod::schedule::UpcomingSession;
use crate::pod::verdict::{LinkPlace, Observation};

mod sealed {
    pub trait Sealed {}
}

/// Who reads a report: the values of [`Audience`] as types.
pub trait ReportAudience: sealed::Sealed + Sized {
    /// The audience they are.
    const AUDIENCE: Audience;

    /// What they are shown of it.
    fn restrict<T: ?Sized>(whole: &T) -> VisibleTo<'_, Self, T> {
        VisibleTo { whole, readers: PhantomData }
    }

    /// Whether they may read what is meant for an audience.
    fn may_read(audience: Audience) -> bool {
        Self::AUDIENCE.may_read(audience)
    }
}

macro_rules! readers {
    ($($audience:ident)*) => {$(
        #[doc = concat!("The readers of [`Audience::", stringify!($audience), "`].")]
        #[derive(Debug)]
        pub enum $audience {}

        impl sealed::Sealed for $audience {}

        impl ReportAudience for $audience {
            const AUDIENCE: Audience = Audience::$audience;
        }
    )*};
}

readers!(Public Team Confidential);

/// What readers `A` are shown of something. The whole of it stays inside.
#[derive(Debug)]
pub struct VisibleTo<'a, A, T: ?Sized> {
    whole: &'a T,
    readers: PhantomData<A>,
}

impl<A, T: ?Sized> Copy for VisibleTo<'_, A, T> {}

impl<A, T: ?Sized> Clone for VisibleTo<'_, A, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: ?Sized> VisibleTo<'a, Confidential, T> {
    /// What other readers are shown of it.
    pub fn narrow_to<B: ReportAudience>(self) -> VisibleTo<'a, B, T> {
        B::restrict(self.whole)
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, [Finding]> {
    /// The findings that they may read.
    pub fn findings(self) -> impl Iterator<Item = &'a Finding> + Clone {
        self.whole.iter().filter(|finding| A::may_read(finding.audience))
    }

    /// How many of those that pass a test they may not read. What only a token shows is not counted: the count would
    /// show it.
    pub fn count_withheld(self, passes: impl Fn(&Finding) -> bool) -> WithheldCount {
        let count = |audience| {
            let withheld = |finding: &&Finding| finding.audience == audience && !finding.token_only && passes(finding);
            if A::may_read(audience) { 0 } else { self.whole.iter().filter(withheld).count() }
        };
        WithheldCount { team: count(Audience::Team), confidential: count(Audience::Confidential) }
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, [Observation]> {
    /// The places of each.
    pub fn places(self) -> impl Iterator<Item = &'a [LinkPlace]> {
        self.whole.iter().map(|seen| seen.places.as_slice())
    }

    /// Each; where only a token shows what was found, others are shown what anybody sees.
    pub fn observations(self) -> impl Iterator<Item = Cow<'a, Observation>> + Clone {
        self.whole.iter().map(|seen| {
            if A::may_read(Audience::Team) || !seen.assessment.is_token_only() {
                Cow::Borrowed(seen)
            } else {
                Cow::Owned(seen.as_seen_by_anybody())
            }
        })
    }
}

/// How many findings are for other readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithheldCount {
    team: usize,
    confidential: usize,
}

impl WithheldCount {
    /// All of them.
    pub fn total(self) -> usize {
        self.team.saturating_add(self.confidential)
    }

    /// What is left out and how to see it, as a sentence; none where nothing is.
    pub fn sentence(self) -> Option<String> {
        let counts = match (self.team, self.confidential) {
            (0, 0) => return None,
            (team, 0) => format!("{team} for the team"),
            (0, confidential) => format!("{confidential} confidential"),
            (team, confidential) => format!("{team} for the team, {confidential} confidential"),
        };
        let word = if self.confidential > 0 { Audience::Confidential } else { Audience::Team }.as_str();
        Some(format!(
            "findings left out here: {counts}; `--audience {word}` shows them, and so does `--report json:{word}=FILE`"
        ))
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, [PodRun]> {
    /// All runs, each as far as they may read it.
    pub fn runs(self) -> impl Iterator<Item = VisibleTo<'a, A, PodRun>> {
        self.whole.iter().map(A::restrict)
    }

    /// How the runs ended, taken together: the worst counts, whoever may read of it.
    pub fn exit_status(self) -> ExitStatus {
        self.whole.iter().map(PodRun::exit_status).max().unwrap_or(ExitStatus::Done)
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, PodRun> {
    /// The pod.
    pub fn pod(self) -> &'a PodKey {
        &self.whole.pod
    }

    /// The pod's display name.
    pub fn name(self) -> &'a str {
        &self.whole.name
    }

    /// How it ended.
    pub fn exit_status(self) -> ExitStatus {
        self.whole.exit_status()
    }

    /// How many rounds were made.
    pub fn rounds(self) -> usize {
        self.whole.rounds
    }

    /// The actions of the first round.
    pub fn planned_actions(self) -> impl ExactSizeIterator<Item = VisibleTo<'a, A, Action>> {
        self.whole.plan.actions.iter().map(A::restrict)
    }

    /// Every action that was tried, with what became of it.
    pub fn outcomes(self) -> impl ExactSizeIterator<Item = VisibleTo<'a, A, (Action, Outcome)>> {
        self.whole.outcomes.iter().map(A::restrict)
    }

    /// What a later round will do.
    pub fn later_changes(self) -> impl Iterator<Item = &'a str> {
        readable_sentences::<A>(&self.whole.later_changes)
    }

    /// What is as it should be.
    pub fn status_sentences(self) -> impl Iterator<Item = &'a str> {
        readable_sentences::<A>(&self.whole.status_sentences)
    }

    /// The next sessions of each slot. They say no more than the configuration does.
    pub fn upcoming_sessions(self) -> &'a [UpcomingSession] {
        &self.whole.upcoming_sessions
    }

    /// What could not be read; where its words are for others, of what kind it is.
    pub fn read_failures(self) -> Vec<Cow<'a, ReadFailure>> {
        let mut shown = Vec::new();
        for failure in &self.whole.read_failures {
            let readable = match self.whole.restricted_failures.get(failure) {
                Some(audience) if !A::may_read(*audience) => {
                    Cow::Owned(describe_restricted_failure(*audience, failure.cause))
                }
                Some(_) | None => Cow::Borrowed(failure),
            };
            if !shown.contains(&readable) {
                shown.push(readable);
            }
        }
        shown
    }

    /// What was observed of each link, as far as they may know it.
    pub fn observations(self) -> impl Iterator<Item = Cow<'a, Observation>> + Clone {
        A::restrict(self.whole.observations.as_slice()).observations()
    }

    /// The findings that they may read.
    pub fn findings(self) -> impl Iterator<Item = &'a Finding> + Clone {
        A::restrict(self.whole.findings.as_slice()).findings()
    }

    /// How many findings they may not read.
    pub fn withheld_findings(self) -> WithheldCount {
        self.count_withheld(|_finding| true)
    }

    /// How many of those that pass a test they may not read.
    pub fn count_withheld(self, passes: impl Fn(&Finding) -> bool) -> WithheldCount {
        A::restrict(self.whole.findings.as_slice()).count_withheld(passes)
    }
}

fn readable_sentences<A: ReportAudience>(sentences: &[Sentence]) -> impl Iterator<Item = &str> {
    sentences.iter().filter(|sentence| A::may_read(sentence.audience)).map(|sentence| sentence.text.as_str())
}

/// What is said of a read failure to those for whom its words are not.
fn describe_restricted_failure(audience: Audience, cause: FailureCause) -> ReadFailure {
    let what = match audience {
        Audience::Public | Audience::Team => "something of the pod's projects (for the team)",
        Audience::Confidential => "something of the roster (confidential)",
    };
    let why = match cause {
        FailureCause::Token => "the token was refused or may not do this",
        FailureCause::Unavailable => "nothing certain came of it; the next run tries again",
        FailureCause::Human => "a person has to act",
        FailureCause::Config => "the configuration is wrong",
        FailureCause::Bug => "it is a bug",
    };
    ReadFailure { what: what.to_owned(), why: why.to_owned(), cause }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, Action> {
    /// The kind's name.
    pub fn kind(self) -> &'static str {
        self.whole.kind()
    }

    /// Full path of the project it changes, which the configuration names.
    pub fn project(self) -> &'a str {
        &self.whole.project
    }

    /// Whether its words are for others; kind and project are for everybody.
    pub fn is_withheld(self) -> bool {
        !A::may_read(self.whole.audience())
    }

    /// What it is about, as far as they may read it.
    pub fn subject(self) -> String {
        self.whole.subject_for(A::AUDIENCE)
    }

    /// Why, as the end of the sentence "… because", as far as they may read it.
    pub fn because(self) -> &'a str {
        self.whole.because_for(A::AUDIENCE)
    }

    /// The sentence that a human reviews.
    pub fn sentence(self) -> String {
        if self.is_withheld() {
            format!("{} in {}; what and why is confidential", self.kind(), self.project())
        } else {
            self.whole.to_string()
        }
    }

    /// The text that would change, as a diff, where they may read it.
    pub fn diff(self) -> Option<String> {
        A::may_read(self.whole.text_audience()).then(|| self.whole.diff())
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, (Action, Outcome)> {
    /// What was tried.
    pub fn action(self) -> VisibleTo<'a, A, Action> {
        A::restrict(&self.whole.0)
    }

    /// The word for what became of it.
    pub fn result(self) -> &'static str {
        self.whole.1.as_str()
    }

    /// The address of what was changed, where it was. It leads to nothing that its reader may not see.
    pub fn url(self) -> Option<&'a str> {
        self.whole.1.url()
    }

    /// What became of it, its reason only where they may read that.
    pub fn outcome(self) -> Cow<'a, Outcome> {
        let outcome = &self.whole.1;
        if !self.action().is_withheld() {
            return Cow::Borrowed(outcome);
        }
        let withheld = WITHHELD.to_owned();
        match outcome {
            Outcome::Done(_) => Cow::Borrowed(outcome),
            Outcome::Refused(cause, _) => Cow::Owned(Outcome::Refused(*cause, withheld)),
            Outcome::Unknown(_) => Cow::Owned(Outcome::Unknown(withheld)),
            Outcome::NotTried(_) => Cow::Owned(Outcome::NotTried(withheld)),
        }
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, [AuditEntry]> {
    /// The requests that may have written. They have a project's number, an issue's number and no words.
    pub fn audit_entries(self) -> &'a [AuditEntry] {
        self.whole
    }
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, Diagnosis> {
    /// All but the verdicts, which say no more than the configuration.
    pub fn summary(self) -> DiagnosisSummary<'a> {
        let Diagnosis { gitlab_host, pods, now, requests, .. } = self.whole;
        DiagnosisSummary { gitlab_host, pods, now: *now, requests: *requests, exit_status: self.whole.exit_status() }
    }

    /// The verdicts, each in the words that they may read.
    pub fn verdicts(self) -> impl Iterator<Item = VisibleTo<'a, A, Verdict>> + Clone {
        self.whole.verdicts.iter().map(A::restrict)
    }
}

/// What everybody may know of a diagnosis.
#[derive(Debug, Clone, Copy)]
pub struct DiagnosisSummary<'a> {
    /// The GitLab's host.
    pub gitlab_host: &'a str,
    /// The pods, with their names.
    pub pods: &'a [(PodKey, String)],
    /// The moment that counts as now.
    pub now: chrono::DateTime<chrono::Utc>,
    /// How many requests were sent.
    pub requests: u64,
    /// How it ends.
    pub exit_status: ExitStatus,
}

impl<'a, A: ReportAudience> VisibleTo<'a, A, Verdict> {
    /// What was found, in as many words as they may read.
    pub fn message(self) -> &'a str {
        match &self.whole.detailed_message {
            Some((audience, message)) if A::may_read(*audience) => message,
            Some(_) | None => &self.whole.message,
        }
    }

    /// What was looked at, how bad it is, whom it concerns and what to do, which is for everybody.
    pub fn verdict(self) -> VerdictFrame<'a> {
        let Verdict { check, section, pods, advice, place, exit_status, .. } = self.whole;
        VerdictFrame { check: *check, section: *section, pods, advice, place, exit_status: *exit_status }
    }
}

/// What everybody may know of a verdict.
#[derive(Debug, Clone, Copy)]
pub struct VerdictFrame<'a> {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub section: Section,
    /// The pods that it concerns; none where it is shared.
    pub pods: &'a [PodKey],
    /// What to do.
    pub advice: &'a str,
    /// The place in the configuration that this names.
    pub place: &'a str,
    /// The exit code that goes with it.
    pub exit_status: ExitStatus,
}

impl<'a> VisibleTo<'a, Public, PodPage> {
    /// The page with what was found in reading it, which says no more than the page.
    pub fn page(self) -> &'a PodPage {
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::rule::Rule;

    fn rules<A: ReportAudience>(findings: &[Finding]) -> Vec<Rule> {
        A::restrict(findings).findings().map(|finding| finding.rule).collect()
    }

    #[test]
    fn readers_are_shown_what_is_for_them_and_nothing_else() {
        let findings =
            [Rule::LinkDead, Rule::LabelMissing, Rule::NameMismatch].map(|rule| Finding::new(rule, "x", "y"));
        assert_eq!(rules::<Public>(&findings), [Rule::LinkDead]);
        assert_eq!(rules::<Team>(&findings), [Rule::LinkDead, Rule::LabelMissing]);
        assert_eq!(rules::<Confidential>(&findings).len(), 3);
        let narrow = Confidential::restrict(&findings[..]).narrow_to::<Public>();
        assert_eq!((narrow.findings().count(), narrow.count_withheld(|_| true).total()), (1, 2));
    }

    #[test]
    fn what_is_left_out_is_counted_in_one_sentence() {
        let sentence = |team, confidential| WithheldCount { team, confidential }.sentence();
        assert_eq!(sentence(0, 0), None);
        assert_eq!(
            sentence(1, 0).unwrap(),
            "findings left out here: 1 for the team; `--audience team` shows them, and so does `--report json:team=FILE`"
        );
        assert_eq!(
            sentence(3, 2).unwrap(),
            "findings left out here: 3 for the team, 2 confidential; `--audience confidential` shows them, and so does \
             `--report json:confidential=FILE`"
        );
    }
}
