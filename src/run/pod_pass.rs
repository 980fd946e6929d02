//! One pod's part of a run.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tracing::{Instrument as _, Span, info_span};

use super::read_issues::{ReadIssues, ReadReports};
use super::{CurrentTime, log};
use crate::collect::{self, Deadline, FleetObservation, ObservedPod};
use crate::decide::{Decision, closing_step_key, decide, labels_left_off_key, report_memory};
use crate::execute::{StopFlag, execute_action};
use crate::gitlab::{Reader, Writer};
use crate::pod::action::{Action, ActionKind};
use crate::pod::finding::{Finding, sort_and_deduplicate};
use crate::pod::observed::{Observed, ReadFailure};
use crate::pod::outcome::Outcome;
use crate::pod::plan::Plan;
use crate::pod::run::PodRun;
use crate::pod::schedule::UpcomingSession;
use crate::pod::snapshot::{ReportMemory, Snapshot};
use crate::pod::{Pod, Stage, Task};

/// An action names only what was seen, so what hangs on an answer waits for the next round. Three rounds reach nearly
/// any end there is: the issue and a claim, then its link and a comment, then a closing; the fourth sees that it was
/// reached. What is left, as where the label had to be made first, is for the next run.
const MAX_ROUNDS: usize = 4;
/// How often deciding may ask for more in one round: what one answer calls for is asked at once.
const MAX_FURTHER_READS: usize = 3;

/// One pod's part of a run.
pub(super) struct PodPass<'a> {
    pod: &'a Pod,
    /// The same with the tasks of the stages that were reached: nothing is decided about what a later one reads.
    pod_so_far: Pod,
    /// The labels of all pods of its pairing project, which are read together.
    labels_beside: Arc<BTreeSet<String>>,
    now: CurrentTime,
    ends: Deadline,
    stop: StopFlag,
    max_writes: usize,
    observed: Option<ObservedPod>,
    issues: Option<ReadIssues>,
    were_issues_read: bool,
    /// Identities of actions that are not sent a second time in this run.
    attempted: BTreeSet<String>,
    /// What the reports remembered in the first round in which they were seen.
    remembered: Option<ReportMemory>,
    /// What was decided last.
    decision: Decision,
    /// The round in this stage, from 1.
    round: usize,
    /// How many actions were carried out or tried.
    written: usize,
    run: PodRun,
    /// What of the log is about it.
    span: Span,
}

/// The next sessions, where they are this run's business.
fn upcoming_sessions(pod: &Pod, now: CurrentTime) -> Vec<UpcomingSession> {
    if pod.tasks.contains(&Task::Sessions) { pod.upcoming_sessions(now.time()) } else { Vec::new() }
}

impl<'a> PodPass<'a> {
    pub(super) fn new(
        pod: &'a Pod,
        labels_beside: BTreeSet<String>,
        now: CurrentTime,
        ends: Deadline,
        stop: &StopFlag,
        max_writes: usize,
    ) -> Self {
        Self {
            pod,
            labels_beside: Arc::new(labels_beside),
            pod_so_far: Pod { tasks: BTreeSet::new(), ..pod.clone() },
            now,
            ends,
            stop: stop.clone(),
            max_writes,
            observed: None,
            issues: None,
            were_issues_read: false,
            attempted: BTreeSet::new(),
            remembered: None,
            decision: Decision::default(),
            round: 1,
            written: 0,
            run: PodRun { rounds: 1, upcoming_sessions: upcoming_sessions(pod, now), ..PodRun::new(pod) },
            span: info_span!("pod", pod = %pod.key),
        }
    }

    /// Takes what was read for all pods up to a stage.
    pub(super) fn observe(&mut self, fleet: &FleetObservation, reader: &Reader, stage: Stage) {
        let is_reached = |task: &Task| task.stage() <= stage;
        self.pod_so_far.tasks = self.pod.tasks.iter().copied().filter(is_reached).collect();
        self.observed = Some(fleet.for_pod(reader, &self.pod_so_far));
    }

    /// Reads the projects of the pairing issues and the reports; it holds nothing of this pass.
    pub(super) fn read_issues<'r>(
        &self,
        reader: &'r Reader,
        now: CurrentTime,
        stage: Stage,
    ) -> impl Future<Output = Result<ReadIssues, ReadFailure>> + Send + use<'a, 'r> {
        let (pod, labels) = (self.pod, Arc::clone(&self.labels_beside));
        let known = self.issues.as_ref().map(|issues| issues.reports.clone());
        let read = async move { Box::pin(ReadIssues::read(reader, pod, &labels, now, stage, known)).await };
        self.in_time(self.in_round(|| info_span!("collect"), read))
    }

    /// Reads the project of the reports once more, where it could not be read beside the pairing issues.
    pub(super) fn read_late_reports<'r>(
        &self,
        reader: &'r Reader,
    ) -> Option<impl Future<Output = Result<ReadReports, ReadFailure>> + Send + use<'a, 'r>> {
        let pod = self.pod;
        self.issues.as_ref().filter(|issues| issues.reports.is_late)?;
        Some(self.in_time(self.in_round(|| info_span!("collect"), ReadReports::read_late(reader, pod))))
    }

    /// Takes what was read of the project of the reports later.
    pub(super) fn take_late_reports(&mut self, read: Result<ReadReports, ReadFailure>) {
        if let Some(issues) = &mut self.issues {
            let unknown = |failure| ReadReports { project: Observed::Unknown(failure), is_late: false };
            issues.reports = read.unwrap_or_else(unknown);
        }
    }

    /// Takes what was read of issues; where they could not be read, nothing is decided.
    pub(super) fn take_issues(&mut self, read: Result<ReadIssues, ReadFailure>) {
        self.were_issues_read = true;
        let lasting = self.issues.as_ref().map(|issues| issues.pairing_project.further.lasting());
        self.issues = read.map_err(|failure| self.decide_nothing_more(failure)).ok();
        if let (Some(issues), Some(lasting)) = (&mut self.issues, lasting) {
            issues.pairing_project.further = lasting;
        }
    }

    /// Whether issues were read, or were to be.
    pub(super) fn has_issues(&self) -> bool {
        self.were_issues_read
    }

    async fn read_issues_again(&mut self, reader: &Reader, stage: Stage) {
        // Others write too, and what was to be written may have been there already.
        reader.begin_part();
        let read = self.read_issues(reader, self.now, stage).await;
        self.take_issues(read);
    }

    /// Decides, after it has read what that asks for. Nothing is decided where issues could not be read.
    pub(super) async fn settle(&mut self, reader: &Reader, writes_left: usize) {
        match self.read_further_and_decide(reader, writes_left).await {
            Ok(Some(decision)) => self.take_decision(decision),
            Ok(None) => {}
            Err(failure) => self.decide_nothing_more(failure),
        }
    }

    /// What was found before holds where this look saw less.
    fn take_decision(&mut self, mut decision: Decision) {
        let before = std::mem::take(&mut self.decision).findings;
        if self.issues.as_ref().is_some_and(ReadIssues::lacks_a_part) {
            let is_new =
                |finding: &Finding| decision.findings.iter().all(|found| found.fingerprint != finding.fingerprint);
            let before: Vec<Finding> = before.into_iter().filter(is_new).collect();
            decision.findings.extend(before);
            decision.findings = sort_and_deduplicate(decision.findings);
        }
        self.decision = decision;
    }

    /// Nothing more is done over what could not be read. What was decided before is still to be told.
    fn decide_nothing_more(&mut self, failure: ReadFailure) {
        self.decision.plan = Plan::default();
        self.decision.read_failures.push(failure);
    }

    async fn read_further_and_decide(
        &mut self,
        reader: &Reader,
        writes_left: usize,
    ) -> Result<Option<Decision>, ReadFailure> {
        let Some(mut snapshot) = self.snapshot(writes_left) else { return Ok(None) };
        self.remembered = self.remembered.take().or_else(|| report_memory(self.pod, &snapshot));
        for _ in 0..MAX_FURTHER_READS {
            let decision = self.decide(&snapshot).await?;
            if decision.further_reads.is_empty() {
                return Ok(Some(decision));
            }
            for read in &decision.further_reads {
                let (pod, now) = (self.pod, snapshot.now);
                let (page, state) = (snapshot.page.present(), &mut snapshot.pairing_project);
                let further = collect::further_reads::read(reader, pod, page, state, read, now);
                self.in_time(self.in_round(|| info_span!("collect"), further)).await?;
            }
            if let Some(issues) = &mut self.issues {
                issues.pairing_project.clone_from(&snapshot.pairing_project);
            }
        }
        self.decide(&snapshot).await.map(Some)
    }

    fn snapshot(&self, writes_left: usize) -> Option<Snapshot> {
        let (observed, issues) = (self.observed.as_ref()?.clone(), self.issues.as_ref()?);
        Some(Snapshot {
            now: self.now.time(),
            server_time: issues.server_time.clone(),
            page: observed.page,
            read_only_projects: observed.read_only_projects,
            pairing_project: issues.pairing_project.clone(),
            agents: observed.agents,
            accounts: observed.accounts,
            link_observations: observed.link_observations,
            label_verdicts: observed.label_verdicts,
            read_failures: observed.read_failures,
            reports_project: issues.reports.project.clone(),
            memory_at_start: self.remembered.clone(),
            attempted_actions: self.attempted.clone(),
            writes_left,
        })
    }

    async fn decide(&self, snapshot: &Snapshot) -> Result<Decision, ReadFailure> {
        let decision = async { decide(&self.pod_so_far, snapshot) };
        self.catch_panic(self.in_round(|| info_span!("decide"), decision)).await
    }

    /// How many of the planned writes are a stage's.
    pub(super) fn planned_writes(&self, stage: Stage) -> usize {
        self.decision.plan.actions.iter().filter(|action| action.change.stage() == stage).count()
    }

    /// Leaves out a stage that a stop did not let be read.
    pub(super) fn skip_stage(&mut self, stage: Stage) {
        if self.pod.tasks.iter().any(|task| task.stage() == stage) {
            let what = match stage {
                Stage::Sessions => "the pairing issues",
                Stage::Roster => "the members",
                Stage::Links => "the links",
            };
            self.run.read_failures.push(StopFlag::read_failure(format!("{what} of {}", self.pod.name)));
        }
    }

    /// The plan of this run.
    pub(super) fn plan(&self) -> &Plan {
        &self.run.plan
    }

    /// What was decided becomes the plan of this run, or of one more stage of it.
    pub(super) fn keep_plan(&mut self) {
        self.log_plan();
        let plan = &self.decision.plan;
        self.run.plan.observed_at = plan.observed_at;
        self.run.plan.actions.extend(plan.actions.iter().cloned());
    }

    fn log_plan(&self) {
        self.span.in_scope(|| info_span!("decide").in_scope(|| log::log_plan(&self.decision.plan)));
    }

    /// Decides and does what a stage calls for; gives how many writes that was.
    pub(super) async fn apply_stage(
        &mut self,
        stage: Stage,
        reader: &Reader,
        writer: &Writer,
        writes_left: usize,
    ) -> usize {
        let written_before = self.written;
        self.round = 1;
        self.settle(reader, self.own_share(writes_left)).await;
        let is_outdated = self.issues.as_ref().is_some_and(|issues| issues.stage != stage);
        if is_outdated && !self.decision.plan.is_empty() {
            // The stages before took their time: what is written is decided on what is there now.
            self.read_issues_again(reader, stage).await;
            self.settle(reader, self.own_share(writes_left)).await;
        }
        self.keep_plan();
        self.execute(self.decision.plan.actions.clone(), writer).await;
        let left = writes_left.saturating_sub(self.written - written_before);
        self.apply_further_rounds(stage, reader, writer, left).await;
        self.written - written_before
    }

    /// Carries out a stage's part of the plan.
    pub(super) async fn execute_planned(&mut self, stage: Stage, writer: &Writer) {
        let is_of_stage = |action: &&Action| action.change.stage() == stage;
        let actions = self.run.plan.actions.iter().filter(is_of_stage).cloned().collect();
        self.execute(actions, writer).await;
    }

    /// Does what is called for after the plan was carried out; gives how many writes that was.
    pub(super) async fn apply_further_rounds(
        &mut self,
        stage: Stage,
        reader: &Reader,
        writer: &Writer,
        writes_left: usize,
    ) -> usize {
        let written_before = self.written;
        while self.issues.is_some() && !self.decision.plan.is_empty() {
            let left = writes_left.saturating_sub(self.written - written_before);
            if !self.begin_next_round(stage, reader, left).await {
                break;
            }
            self.execute(self.decision.plan.actions.clone(), writer).await;
        }
        self.written - written_before
    }

    /// Reads and decides anew after writes; gives whether that was done.
    async fn begin_next_round(&mut self, stage: Stage, reader: &Reader, writes_left: usize) -> bool {
        if self.round == MAX_ROUNDS {
            self.run.unfinished = true;
            return false;
        }
        if self.stop.is_requested() || self.ends.is_over() {
            // Whether there was more to do is what this round would have shown.
            self.run.unfinished = true;
            return false;
        }
        self.round += 1;
        self.run.rounds = self.run.rounds.max(self.round);
        // Where nothing was done there is something new all the same: a label that may not be created holds the
        // session's issue back no longer.
        self.read_issues_again(reader, stage).await;
        self.settle(reader, self.own_share(writes_left)).await;
        self.log_plan();
        true
    }

    fn own_share(&self, writes_left: usize) -> usize {
        writes_left.min(self.max_writes.saturating_sub(self.written))
    }

    async fn execute(&mut self, actions: Vec<Action>, writer: &Writer) {
        self.written += actions.len();
        let ends = self.ends;
        for action in actions {
            let outcome = if ends.is_over() {
                Ok(Outcome::NotTried(Deadline::why()))
            } else {
                let execute = async {
                    let outcome = ends.finish(execute_action(writer, &action, &self.stop)).await;
                    outcome.unwrap_or_else(|| Outcome::Unknown(Deadline::why()))
                };
                self.catch_panic(self.in_round(|| info_span!("execute"), execute)).await
            };
            match outcome {
                Ok(outcome) => {
                    self.remember_attempt(&action, &outcome);
                    self.run.outcomes.push((action, outcome));
                }
                // What it came to is not known, so nothing more is done for this pod.
                Err(failure) => {
                    self.run.read_failures.push(failure);
                    self.issues = None;
                    return self.decision.plan = Plan::default();
                }
            }
        }
    }

    /// Notes what is not sent a second time in this run.
    fn remember_attempt(&mut self, action: &Action, outcome: &Outcome) {
        self.attempted.extend(closing_step_key(action, outcome));
        match outcome {
            // What was opened may not be listed yet, because replicas lag.
            Outcome::Done(_) if action.change.opens_an_issue() => {}
            // Only so many are labelled in a run.
            Outcome::Done(_) if action.change.kind() == ActionKind::LabelPeoplesIssue => {}
            Outcome::Done(_) => return,
            // It came back without all that was sent; of a new issue, that is its labels.
            Outcome::Refused(..) if action.change.opens_an_issue_with_labels() => {
                self.attempted.insert(labels_left_off_key(&action.project));
            }
            Outcome::Refused(..) | Outcome::Unknown(_) | Outcome::NotTried(_) => {}
        }
        self.attempted.insert(action.identity());
    }

    /// A part of this round, with its lines in the log.
    fn in_round<T, F: Future<Output = T>>(
        &self,
        part_span: fn() -> Span,
        part: F,
    ) -> impl Future<Output = T> + use<'a, T, F> {
        // A span belongs to the one in which it is made.
        let part_span = self.span.in_scope(part_span);
        let round = part_span.in_scope(|| info_span!("round", number = self.round));
        // Boxed, because a part is large and is held twice.
        Box::pin(part).instrument(round).instrument(part_span).instrument(self.span.clone())
    }

    /// A part that reads, and may take longer than the run may, or panic: neither stops another pod. A stop ends it.
    fn in_time<T, F: Future<Output = T>>(
        &self,
        part: F,
    ) -> impl Future<Output = Result<T, ReadFailure>> + use<'a, T, F> {
        let (ends, stop, pod) = (self.ends, self.stop.clone(), self.pod);
        let part = self.catch_panic(part);
        async move {
            match stop.finish(ends.finish(part)).await {
                Some(Some(done)) => done,
                Some(None) => Err(Deadline::read_failure(format!("the pod {}", pod.key))),
                None => Err(StopFlag::read_failure(format!("the pod {}", pod.key))),
            }
        }
    }

    fn catch_panic<T, F: Future<Output = T>>(
        &self,
        part: F,
    ) -> impl Future<Output = Result<T, ReadFailure>> + use<'a, T, F> {
        let pod = self.pod;
        let done = AssertUnwindSafe(part).catch_unwind();
        async move { done.await.map_err(|_panic| ReadFailure::from_bug(format!("the pod {}", pod.key))) }
    }

    pub(super) fn into_run(self) -> PodRun {
        let (span, decision) = (self.span, self.decision);
        let observations = self.observed.and_then(|seen| seen.link_observations.present().cloned());
        let run = PodRun {
            later_changes: decision.later_changes,
            status_sentences: decision.status_sentences,
            observations: observations.unwrap_or_default(),
            findings: decision.findings,
            read_failures: [decision.read_failures, self.run.read_failures].concat(),
            restricted_failures: decision.restricted_failures,
            unfinished: self.run.unfinished || decision.has_held_actions,
            ..self.run
        };
        span.in_scope(|| info_span!("report").in_scope(|| log::log_run_end(&run)));
        run
    }
}
