//! A run over all pods: what is read once for all, and how much of its time and its writes is left.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::mpsc;
use tracing::{Instrument as _, info_span};

use super::CurrentTime;
use super::pod_pass::PodPass;
use super::read_issues::ReadIssues;
use crate::collect::{self, Clients, Deadline, FleetObservation, READS_AT_ONCE};
use crate::decide::remembers_link;
use crate::execute::StopFlag;
use crate::gitlab::Writer;
use crate::pod::limits::RunLimits;
use crate::pod::observed::{Observed, ReadFailure};
use crate::pod::plan::compute_stamp;
use crate::pod::pod_page::PodPage;
use crate::pod::run::PodRun;
use crate::pod::snapshot::ReportsProjectState;
use crate::pod::{PageId, Pod, Stage};

/// How many pages are read at once. Each is a small file, and most come together in one request before.
const PAGES_AT_ONCE: usize = 64;
/// What is kept of a run's time for its reports.
const TIME_FOR_REPORTS: Duration = Duration::from_secs(10);

/// What is read before anything else.
enum FirstRead {
    Page(PageId, Box<Observed<PodPage>>),
    /// The issues of the pod with this index.
    Issues(usize, Box<Result<ReadIssues, ReadFailure>>),
}

impl FirstRead {
    fn from_page((id, page): (PageId, Observed<PodPage>)) -> Self {
        Self::Page(id, Box::new(page))
    }

    fn from_issues((index, issues): (usize, Result<ReadIssues, ReadFailure>)) -> Self {
        Self::Issues(index, Box::new(issues))
    }
}

/// A run over all pods.
pub(super) struct Fleet<'a> {
    pods: &'a [Pod],
    sources: Clients<'a>,
    now: CurrentTime,
    limits: RunLimits,
    ends: Deadline,
    /// What ends it early.
    stop: StopFlag,
    /// What was read so far for all.
    observed: Option<FleetObservation>,
    passes: Vec<PodPass<'a>>,
    /// How many more writes the run may make.
    writes_left: usize,
}

impl<'a> Fleet<'a> {
    pub(super) fn new(
        pods: &'a [Pod],
        sources: Clients<'a>,
        now: CurrentTime,
        limits: RunLimits,
        stop: StopFlag,
    ) -> Self {
        let ends = Deadline::after(limits.run_within.saturating_sub(TIME_FOR_REPORTS));
        let pass = |pod| PodPass::new(pod, labels_beside(pods, pod), now, ends, &stop, limits.max_writes);
        let passes = pods.iter().map(pass).collect();
        Self { pods, sources, now, limits, ends, stop, observed: None, passes, writes_left: limits.max_writes_run }
    }

    /// Reads everything, and decides what would be done; gives whether that came to its end.
    pub(super) async fn plan(&mut self) -> bool {
        let stop = self.stop.clone();
        let is_whole = stop.finish(Box::pin(self.read_and_decide_all())).await.is_some();
        if !is_whole {
            for stage in Stage::ALL {
                self.skip_stage(stage);
            }
        }
        is_whole
    }

    async fn read_and_decide_all(&mut self) {
        let (pods, reader, ends) = (self.pods, self.sources.reader, self.ends);
        let mut observed = collect_for_all(FleetObservation::begin(reader, pods, ends)).await;
        let mut pages = stream::iter(self.page_reads(&mut observed)).buffer_unordered(READS_AT_ONCE);
        while let Some((id, page)) = pages.next().await {
            observed.add_page(id, page);
        }
        drop(pages);
        self.observed = Some(observed);
        for stage in [Stage::Roster, Stage::Links] {
            self.observe(stage).await;
        }
        // Last, because what is written is decided on it.
        let mut issues = stream::iter(self.issue_reads(Stage::Links)).buffer_unordered(READS_AT_ONCE);
        while let Some((index, read)) = issues.next().await {
            self.passes[index].take_issues(read);
        }
        drop(issues);
        for pass in &mut self.passes {
            pass.settle(self.sources.reader, usize::MAX).await;
        }
        for (share, pass) in self.share_out_writes().into_iter().zip(&mut self.passes) {
            pass.settle(self.sources.reader, share).await;
            pass.keep_plan();
        }
    }

    /// How many of the planned writes each pod may make: the stages of all pods come one after another.
    fn share_out_writes(&mut self) -> Vec<usize> {
        let mut shares = vec![0; self.passes.len()];
        for stage in Stage::ALL {
            for (share, pass) in shares.iter_mut().zip(&self.passes) {
                let left_for_pod = self.limits.max_writes.saturating_sub(*share);
                let given = pass.planned_writes(stage).min(left_for_pod).min(self.writes_left);
                *share += given;
                self.writes_left -= given;
            }
        }
        shares
    }

    /// The stamp of the plan.
    pub(super) fn stamp(&self) -> String {
        compute_stamp(&self.passes.iter().map(PodPass::plan).collect::<Vec<_>>())
    }

    /// Carries out what was planned, stage by stage, and what it calls for afterwards.
    pub(super) async fn carry_out_plan(&mut self, writer: &Writer) {
        for stage in Stage::ALL {
            for pass in &mut self.passes {
                pass.execute_planned(stage, writer).await;
            }
        }
        for pass in &mut self.passes {
            let written = pass.apply_further_rounds(Stage::Links, self.sources.reader, writer, self.writes_left).await;
            self.writes_left = self.writes_left.saturating_sub(written);
        }
    }

    /// Reads, decides and does a stage's part for all pods. A stop that comes while it is read leaves it out.
    pub(super) async fn apply_stage(&mut self, stage: Stage, writer: &Writer) {
        let stop = self.stop.clone();
        if stop.is_requested() {
            return self.skip_stage(stage);
        }
        if stage == Stage::Sessions {
            return Box::pin(self.apply_sessions(writer)).await;
        }
        let read = async {
            self.observe(stage).await;
            self.read_late_reports().await;
        };
        if stop.finish(Box::pin(read)).await.is_none() {
            return self.skip_stage(stage);
        }
        for pass in &mut self.passes {
            let written = pass.apply_stage(stage, self.sources.reader, writer, self.writes_left).await;
            self.writes_left = self.writes_left.saturating_sub(written);
        }
    }

    /// Leaves out a stage that a stop did not let be read.
    fn skip_stage(&mut self, stage: Stage) {
        self.passes.iter_mut().for_each(|pass| pass.skip_stage(stage));
    }

    /// Reads what sessions are decided on, and does each pod's part as soon as its own is there: a page that does not
    /// come holds nobody else up. Reads go on while a part is done: one of them may hold what that waits for.
    async fn apply_sessions(&mut self, writer: &Writer) {
        let (pods, reader, ends, stop) = (self.pods, self.sources.reader, self.ends, self.stop.clone());
        let Some(mut observed) = stop.finish(collect_for_all(FleetObservation::begin(reader, pods, ends))).await else {
            return self.skip_stage(Stage::Sessions);
        };
        let pages: Vec<_> =
            self.page_reads(&mut observed).into_iter().map(|read| read.map(FirstRead::from_page).boxed()).collect();
        let issues: Vec<_> = self
            .issue_reads(Stage::Sessions)
            .into_iter()
            .map(|read| read.map(FirstRead::from_issues).boxed())
            .collect();
        let (done, mut arrived) = mpsc::unbounded_channel();
        let reading = async move {
            // Side by side, so that pages that hang keep nobody's issues waiting, nor many of them another page.
            let pages = stream::iter(pages).buffer_unordered(PAGES_AT_ONCE);
            let issues = stream::iter(issues).buffer_unordered(READS_AT_ONCE);
            let mut reads = stream::select(pages, issues);
            while let Some(read) = reads.next().await {
                if done.send(read).is_err() {
                    break;
                }
            }
        };
        let doing = async {
            let mut waiting: BTreeSet<usize> = (0..self.passes.len()).collect();
            while let Some(read) = arrived.recv().await {
                match read {
                    FirstRead::Page(id, page) => observed.add_page(id, *page),
                    FirstRead::Issues(index, issues) => self.passes[index].take_issues(*issues),
                }
                let is_complete = |index: &usize| self.passes[*index].has_issues() && observed.has_page(&pods[*index]);
                let (begun, later): (BTreeSet<usize>, _) = waiting.into_iter().partition(is_complete);
                waiting = later;
                for index in begun {
                    let pass = &mut self.passes[index];
                    pass.observe(&observed, reader, Stage::Sessions);
                    let written = pass.apply_stage(Stage::Sessions, reader, writer, self.writes_left).await;
                    self.writes_left = self.writes_left.saturating_sub(written);
                }
            }
            waiting
        };
        let (_is_read, not_begun) = tokio::join!(stop.finish(Box::pin(reading)), Box::pin(doing));
        self.observed = Some(observed);
        for index in not_begun {
            self.passes[index].skip_stage(Stage::Sessions);
        }
    }

    /// The reads of all pages.
    fn page_reads(&self, observed: &mut FleetObservation) -> Vec<BoxFuture<'a, (PageId, Observed<PodPage>)>> {
        let (reader, ends) = (self.sources.reader, self.ends);
        let reads = collect::page_locations(self.pods).into_iter().map(|(id, at)| {
            let text = observed.take_page_text(&id);
            let read = collect_for_all(collect::read_page_in_time(reader, at, text, ends));
            async { (id, read.await) }.boxed()
        });
        reads.collect()
    }

    /// The reads of all pods' issues, each with the pod's index.
    fn issue_reads(&self, stage: Stage) -> Vec<BoxFuture<'a, (usize, Result<ReadIssues, ReadFailure>)>> {
        let (reader, now) = (self.sources.reader, self.now);
        let reads = self.passes.iter().enumerate().map(|(index, pass)| {
            let read = pass.read_issues(reader, now, stage);
            async move { (index, read.await) }.boxed()
        });
        reads.collect()
    }

    /// Reads what a later stage adds, once for all pods.
    async fn observe(&mut self, stage: Stage) {
        self.sources.reader.begin_part();
        collect_for_all(self.read_for_all(stage)).await;
        if let Some(observed) = &self.observed {
            for pass in &mut self.passes {
                pass.observe(observed, self.sources.reader, stage);
            }
        }
    }

    /// Reads the projects of reports that pairing issues did not wait for.
    async fn read_late_reports(&mut self) {
        let reader = self.sources.reader;
        let late = self.passes.iter().enumerate();
        let late = late.filter_map(|(index, pass)| {
            let read = pass.read_late_reports(reader)?;
            Some(async move { (index, read.await) }.boxed())
        });
        let late: Vec<BoxFuture<'a, _>> = late.collect();
        let mut reads = stream::iter(late).buffer_unordered(READS_AT_ONCE);
        while let Some((index, read)) = reads.next().await {
            self.passes[index].take_late_reports(read);
        }
    }

    async fn read_for_all(&mut self, stage: Stage) {
        let (pods, sources, ends) = (self.pods, self.sources, self.ends);
        let is_wanted = pods.iter().any(|pod| pod.tasks.iter().any(|task| task.stage() == stage));
        let Some(observed) = self.observed.as_mut().filter(|_| is_wanted) else { return };
        match stage {
            Stage::Sessions => {}
            Stage::Roster => observed.read_people(sources.reader, pods, ends).await,
            Stage::Links => {
                let day = self.now.time().timestamp().unsigned_abs() / (24 * 60 * 60);
                let reports = remembering_reports(sources, pods).await;
                let is_remembered = |url: &str| reports.iter().any(|(pod, reports)| remembers_link(pod, reports, url));
                observed.check_links(sources, pods, self.limits.links_within, day, ends, is_remembered).await;
            }
        }
    }

    pub(super) fn into_runs(self) -> Vec<PodRun> {
        self.passes.into_iter().map(PodPass::into_run).collect()
    }
}

/// The projects of the pods' reports, where other jobs observed links: their word does not end a memory. They are listed
/// once in this part of the run, so that what is decided later asks no more.
async fn remembering_reports<'p>(sources: Clients<'_>, pods: &'p [Pod]) -> Vec<(&'p Pod, ReportsProjectState)> {
    let mut found = Vec::new();
    for pod in pods.iter().filter(|_| sources.policy.merged_shards.is_some()) {
        if let Observed::Present(reports) = collect::reports::read(sources.reader, pod).await {
            found.push((pod, reports));
        }
    }
    found
}

/// The labels of all pods that are kept in the pairing project of this one.
fn labels_beside(pods: &[Pod], pod: &Pod) -> BTreeSet<String> {
    let beside = pods.iter().filter(|other| other.pairing_project == pod.pairing_project);
    beside.map(|other| other.label.name.to_string()).collect()
}

/// What is read for all pods, with its lines in the log.
fn collect_for_all<F: Future>(read: F) -> impl Future<Output = F::Output> {
    let fleet = info_span!("fleet");
    let collect = fleet.in_scope(|| info_span!("collect"));
    // Boxed, because a part is large and is held twice.
    Box::pin(read).instrument(collect).instrument(fleet)
}
