//! What is read of issues for one pod: the project of its pairing issues, and that of its reports.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::CurrentTime;
use crate::collect::{self, Deadline};
use crate::gitlab::Reader;
use crate::pod::observed::Observed;
use crate::pod::snapshot::{PairingProjectState, ReportsProjectState};
use crate::pod::{Pod, Stage};

/// So long pairing issues wait for the project of the reports: little about them hangs on it.
const TIME_BESIDE_SESSIONS: Duration = Duration::from_secs(20);
/// So long reports wait for it afterwards.
const TIME_FOR_LATE_REPORTS: Duration = Duration::from_secs(60);

/// The projects of the pairing issues and of the reports.
pub(super) struct ReadIssues {
    /// The stage in which they were read.
    pub(super) stage: Stage,
    pub(super) pairing_project: PairingProjectState,
    pub(super) server_time: Observed<DateTime<Utc>>,
    pub(super) reports: ReadReports,
}

/// The project of the reports.
#[derive(Clone)]
pub(super) struct ReadReports {
    pub(super) project: Observed<ReportsProjectState>,
    /// Whether it was not waited for to its end.
    pub(super) is_late: bool,
}

impl ReadIssues {
    /// Reads them for a stage; `labels` are those of all pods of the pairing project, and `known` is what was read of
    /// the reports before.
    pub(super) async fn read(
        reader: &Reader,
        pod: &Pod,
        labels: &BTreeSet<String>,
        now: CurrentTime,
        stage: Stage,
        known: Option<ReadReports>,
    ) -> Self {
        let own = now.time();
        let compares_clocks = matches!(now, CurrentTime::LocalClock(_));
        // Asked with the pairing project's last answer: its issues were listed by this time.
        let pairing = async {
            let pairing_project = collect::pairing_project::read(reader, pod, labels, own).await;
            (pairing_project, if compares_clocks { reader.agreed_start_time(own) } else { Observed::Absent })
        };
        let reports = async {
            match (stage, known) {
                // Nothing in this stage writes a report, unless the pod is retired: what was seen first does for its other
                // rounds.
                (Stage::Sessions, Some(known)) if !pod.is_retiring => known,
                (Stage::Sessions, _) => ReadReports::read_within(TIME_BESIDE_SESSIONS, reader, pod).await,
                (Stage::Roster | Stage::Links, _) => {
                    ReadReports { project: collect::reports::read(reader, pod).await, is_late: false }
                }
            }
        };
        let ((pairing_project, server_time), reports) = tokio::join!(pairing, reports);
        Self { stage, pairing_project, server_time, reports }
    }

    /// Whether something of it could not be read.
    pub(super) fn lacks_a_part(&self) -> bool {
        let PairingProjectState { project, bot, label, issues, recent, .. } = &self.pairing_project;
        let of_pairing = [project.failure(), bot.failure(), label.failure(), issues.failure(), recent.issues.failure()];
        of_pairing.into_iter().flatten().next().is_some() || self.reports.project.failure().is_some()
    }
}

impl ReadReports {
    /// Reads what the pairing issues did not wait for. Nothing waits for that any more but the reports.
    pub(super) async fn read_late(reader: &Reader, pod: &Pod) -> Self {
        Self { is_late: false, ..Self::read_within(TIME_FOR_LATE_REPORTS, reader, pod).await }
    }

    async fn read_within(within: Duration, reader: &Reader, pod: &Pod) -> Self {
        match Deadline::after(within).finish(collect::reports::read(reader, pod)).await {
            Some(project) => Self { project, is_late: false },
            None => Self { project: Observed::Unknown(collect::reports::late_failure(pod, within)), is_late: true },
        }
    }
}
