//! `doctor`: looks at everything that a run needs, and makes the plan of the next one. It reads and changes nothing: no
//! writer is built.

use crate::collect::doctor::{TokenToAsk, read_pods, read_schedules, read_tokens};
use crate::collect::{Clients, doctor::ReadTokens};
use crate::decide::doctor::diagnose;
use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::diagnosis::{Diagnosis, KeyPlaces};
use crate::pod::doctor_snapshot::{DoctorSnapshot, PodCheckup};
use crate::pod::limits::RunLimits;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::{Pod, Task};
use crate::run::{CurrentTime, Mode, run};

/// What is looked at, and with what.
pub struct DoctorInputs<'a> {
    /// The pods.
    pub pods: &'a [Pod],
    /// What is asked; its web is not: links are for `check` and `plan`.
    pub sources: Clients<'a>,
    /// The moment that counts as now.
    pub now: CurrentTime,
    /// What a run may take.
    pub limits: RunLimits,
    /// The tokens, each variable once.
    pub tokens: Vec<TokenToAsk>,
    /// Values of the configuration that are still those it ships with, a sentence each with its place: then nothing is
    /// asked.
    pub unfitted: Vec<String>,
    /// Where the keys of the configuration stand.
    pub places: KeyPlaces,
    /// The GitLab's host, as links name it.
    pub gitlab_host: String,
    /// The project whose schedule runs podkeeper, if somebody named it.
    pub schedule_project: Option<String>,
}

/// Reads everything and judges it.
pub async fn examine(inputs: DoctorInputs<'_>) -> Diagnosis {
    diagnose(&observe(inputs).await)
}

async fn observe(inputs: DoctorInputs<'_>) -> DoctorSnapshot {
    let reader = inputs.sources.reader;
    let asked = inputs.tokens.clone();
    let is_unfitted = !inputs.unfitted.is_empty();
    let ReadTokens { tokens, stopped } = read_tokens(reader, inputs.tokens, is_unfitted.then(unfitted_failure)).await;
    let mut seen = DoctorSnapshot {
        now: inputs.now.time(),
        server_time: Observed::Absent,
        gitlab_host: inputs.gitlab_host,
        unfitted: inputs.unfitted,
        places: inputs.places,
        tokens,
        stopped,
        version: Observed::Absent,
        pods: inputs.pods.iter().map(PodCheckup::not_read).collect(),
        schedules: None,
        runs: Vec::new(),
        plan_requests: 0,
        requests: 0,
    };
    if seen.stopped.is_none() {
        let before = reader.request_log().read_count();
        // Without links: they take minutes, and stop no bot.
        let mut pods = inputs.pods.to_vec();
        for pod in &mut pods {
            pod.tasks.remove(&Task::Links);
        }
        let sources = Clients { web: None, ..inputs.sources };
        seen.runs = run(&pods, sources, Mode::Plan, inputs.now, inputs.limits).await.unwrap_or_default();
        seen.plan_requests = reader.request_log().read_count().saturating_sub(before);
        seen.version = reader.read_version().await;
        let variable_of = |purpose: TokenPurpose| {
            let token = asked.iter().find(|token| token.purposes.contains(&purpose));
            token.map(|token| token.variable.clone())
        };
        seen.pods = read_pods(reader, inputs.pods, seen.now, &variable_of).await;
        if let Some(path) = &inputs.schedule_project {
            seen.schedules = Some(read_schedules(reader, path).await);
        }
        seen.server_time = server_time(reader, inputs.now);
    }
    seen.requests = reader.request_log().read_count();
    seen
}

/// No GitLab has the projects that the shipped configuration names.
fn unfitted_failure() -> ReadFailure {
    let (what, why) = ("the configuration".to_owned(), "it is not fitted yet".to_owned());
    ReadFailure { what, why, cause: FailureCause::Config }
}

/// GitLab's time, where there is a clock to hold against it.
fn server_time(reader: &Reader, now: CurrentTime) -> Observed<chrono::DateTime<chrono::Utc>> {
    match now {
        CurrentTime::Given(_) => Observed::Absent,
        CurrentTime::LocalClock(own) => reader.agreed_start_time(own),
    }
}
