//! The loop: collect, decide, execute, and look again until there is nothing left to do.
//!
//! It is told nothing about why it runs, always starts from the beginning, and running it twice is the
//! same as running it once.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use crate::collect::{self, Eyes, Sight};
use crate::decide::{Decision, decide, left_off, memories};
use crate::execute::{Stop, execute};
use crate::gitlab::{Reader, Writer};
use crate::pod::Pod;
use crate::pod::action::{Action, Change};
use crate::pod::observed::{Blind, Observed};
use crate::pod::outcome::Outcome;
use crate::pod::plan::stamp;
use crate::pod::run::Run;
use crate::pod::snapshot::{Question, Remembered, Snapshot};

/// An action names only what was seen, so what hangs on an answer waits for the next look. Three rounds
/// reach any end there is; the fourth sees that it was reached.
const MOST_ROUNDS: usize = 4;

/// Whether a pass only looks or also acts. There is no writer to act with in a plan.
pub enum Mode<'a> {
    /// Looks and decides.
    Plan,
    /// Looks, decides and acts.
    Apply {
        /// What writes.
        writer: &'a Writer,
        /// The stamp of the plan that a person agreed to, if one did.
        agreed: Option<&'a str>,
        /// What ends it early.
        stop: &'a Stop,
    },
}

/// Which time it is.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// As somebody said: taken as it is.
    Given(DateTime<Utc>),
    /// As this machine's clock said: held against GitLab's.
    Read(DateTime<Utc>),
}

impl Moment {
    /// The time.
    pub fn time(self) -> DateTime<Utc> {
        match self {
            Self::Given(time) | Self::Read(time) => time,
        }
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Given(time)
    }
}

/// The plan that was agreed to is not the one that the world calls for now; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The stamp of the plan as it is now.
    pub stamp: String,
}

/// One pass over a fleet: one look for all, then pod by pod.
///
/// # Errors
/// [`Stale`], before anything is written.
pub async fn run(
    pods: &[Pod],
    eyes: Eyes<'_>,
    mode: Mode<'_>,
    now: impl Into<Moment>,
    max_writes: usize,
) -> Result<Vec<Run>, Stale> {
    let (reader, now) = (eyes.reader, now.into());
    let sights = collect::sights(eyes, pods).await;
    let mut writes_left = max_writes;
    let mut passes = Vec::new();
    for (pod, sight) in pods.iter().zip(sights) {
        let mut pass = Pass { pod, sight, now, tried: BTreeSet::new(), remembered: None, run: Run::new(pod) };
        let decision = guarded(pod, pass.look(reader, writes_left)).await.unwrap_or_else(stumbled);
        writes_left = writes_left.saturating_sub(decision.plan.actions.len());
        pass.run.plan = decision.plan.clone();
        passes.push((pass, decision));
    }
    if let Mode::Apply { writer, agreed, stop } = mode {
        let plans: Vec<_> = passes.iter().map(|(pass, _)| &pass.run.plan).collect();
        let stamp = stamp(&plans);
        if agreed.is_some_and(|agreed| agreed != stamp) {
            return Err(Stale { stamp });
        }
        for (pass, decision) in &mut passes {
            let pod = pass.pod;
            if let Err(blind) = guarded(pod, pass.act(reader, writer, decision, &mut writes_left, stop)).await {
                decision.unknown.push(blind);
            }
        }
    }
    Ok(passes.into_iter().map(|(pass, decision)| pass.end(decision)).collect())
}

/// Whether a write came back without all that was sent.
fn is_incomplete(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(..))
}

/// One pod's part; if podkeeper stumbles over it, that is no other pod's misfortune.
async fn guarded<T>(pod: &Pod, part: impl Future<Output = T>) -> Result<T, Blind> {
    // Boxed, because a pass is large and is held within many others.
    AssertUnwindSafe(Box::pin(part))
        .catch_unwind()
        .await
        .map_err(|_panic| Blind::stumbled(format!("the pod {}", pod.key)))
}

/// Nothing is decided over what could not be looked at.
fn stumbled(blind: Blind) -> Decision {
    Decision { unknown: vec![blind], ..Decision::default() }
}

/// One pod's part of a pass.
struct Pass<'a> {
    pod: &'a Pod,
    sight: Sight,
    now: Moment,
    tried: BTreeSet<String>,
    /// What the reports remembered in the first round in which they were seen.
    remembered: Option<Remembered>,
    run: Run,
}

impl Pass<'_> {
    async fn look(&mut self, reader: &Reader, writes_left: usize) -> Decision {
        self.run.rounds += 1;
        let (own, read) = (self.now.time(), matches!(self.now, Moment::Read(_)));
        // Asked with the tracker's last answer: its issues were listed by this time.
        let issues = async {
            let tracker = collect::tracker(reader, self.pod, own).await;
            (tracker, if read { reader.server_now(own) } else { Observed::Absent })
        };
        let ((tracker, server_now), reports) = tokio::join!(issues, collect::reports::look(reader, self.pod));
        let sight = self.sight.clone();
        let mut snapshot = Snapshot {
            now: own,
            server_now,
            page: sight.page,
            sources: sight.sources,
            tracker,
            agents: sight.agents,
            accounts: sight.accounts,
            links: sight.links,
            labels: sight.labels,
            unseen: sight.unseen,
            reports,
            remembered: self.remembered.clone(),
            tried: self.tried.clone(),
            writes_left,
        };
        self.remembered = self.remembered.take().or_else(|| memories(self.pod, &snapshot));
        let decision = decide(self.pod, &snapshot);
        if decision.questions.is_empty() {
            return decision;
        }
        // What most runs do not need is looked at only where deciding asks for it.
        for question in &decision.questions {
            match question {
                Question::OthersInPairing => {
                    let others = collect::tracker::others(reader, &snapshot.tracker, snapshot.now).await;
                    snapshot.tracker.others = Some(others);
                }
            }
        }
        decide(self.pod, &snapshot)
    }

    async fn act(
        &mut self,
        reader: &Reader,
        writer: &Writer,
        decision: &mut Decision,
        writes_left: &mut usize,
        stop: &Stop,
    ) {
        while !decision.plan.is_empty() {
            let outcomes = execute(writer, &decision.plan, stop).await;
            let done = |outcome: &Outcome| matches!(outcome, Outcome::Done(_));
            // What was opened may not be listed yet, because replicas lag: it is not opened again in this pass.
            let once =
                |action: &Action| matches!(action.change, Change::OpenPairingIssue { .. } | Change::OpenReport { .. });
            let tried = outcomes.iter().filter(|(action, outcome)| !done(outcome) || once(action));
            self.tried.extend(tried.map(|(action, _)| action.identity()));
            let opened = |action: &Action| matches!(action.change, Change::OpenPairingIssue { .. });
            let lacking = outcomes.iter().filter(|(action, outcome)| opened(action) && is_incomplete(outcome));
            self.tried.extend(lacking.map(|(action, _)| left_off(&action.project)));
            self.run.outcomes.extend(outcomes);
            if self.run.rounds == MOST_ROUNDS {
                self.run.unfinished = true;
                return;
            }
            if stop.asked() {
                return;
            }
            // Where nothing was done there is something new all the same: a label that may not be created
            // holds the session's issue back no longer.
            *decision = self.look(reader, *writes_left).await;
            *writes_left = writes_left.saturating_sub(decision.plan.actions.len());
        }
    }

    fn end(self, decision: Decision) -> Run {
        Run {
            then: decision.then,
            outlook: decision.outlook,
            observations: self.sight.links.present().cloned().unwrap_or_default(),
            findings: decision.findings,
            unknown: decision.unknown,
            unfinished: self.run.unfinished || decision.held,
            ..self.run
        }
    }
}
