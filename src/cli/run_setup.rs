//! What `apply` and `plan` need before they begin: the pods that were asked for and the connection to their GitLab.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::HeaderValue;

use super::CliError;
use super::args::{self, RunArgs};
use super::connection::Connection;
use super::context::Context;
use super::placeholders::refuse_placeholders;
use super::target::explain_blank_after_sandbox;
use super::{cache_files, connect, report_files};
use crate::config::Config;
use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::similar_name::find_similar_name;
use crate::pod::{Pod, Task};
use linkcheck::check_options::CheckOptions;
use linkcheck::shard_file::MergedShards;

pub(super) struct RunSetup {
    pub(super) pods: Vec<Pod>,
    pub(super) config: Config,
    pub(super) connection: Connection,
    /// The readers of other instances.
    pub(super) instance_readers: BTreeMap<String, Reader>,
    /// What GitHub's API is asked with, if it is.
    github: Option<HeaderValue>,
    /// What other jobs observed of links.
    observed: Option<Arc<MergedShards>>,
}

impl RunSetup {
    pub(super) async fn new(at: &RunArgs, context: &Context<'_>) -> Result<Self, CliError> {
        if let Some(why) = report_files::find_path_problem(&at.report) {
            return Err(CliError::usage(why));
        }
        if let Some(why) = explain_blank_after_sandbox(&at.gitlab, &at.pods) {
            return Err(CliError::usage(why));
        }
        let config = context.load_config()?;
        let chosen = select_pods(&config.pods, &at.pods)?;
        if let Some(meets) = chosen.iter().find(|pod| at.retires && !pod.slots.is_empty()) {
            return Err(CliError::usage(still_meets(meets, context)));
        }
        refuse_placeholders(&config, &chosen.iter().map(|pod| &pod.key).collect::<Vec<_>>(), &at.gitlab)?;
        let connection = connect::gitlab(&at.gitlab, at.now, TokenPurpose::Pairing, &config, context).await?;
        let tasks = if at.retires { BTreeSet::new() } else { select_tasks(&at.task) };
        let is_retiring = at.retires;
        let pods = chosen
            .into_iter()
            .map(|pod| Pod { gitlab_url: connection.access.url.clone(), tasks: tasks.clone(), is_retiring, ..pod })
            .collect();
        let others = super::instances::connect_instances(&connection, &config, context)?;
        let github = super::web::github_auth_header(&connection, &config, context)?;
        let observed = match &at.observations {
            Some(pattern) => Some(Arc::new(cache_files::read_shard_files(pattern, &at.gitlab, &connection)?)),
            None => None,
        };
        Ok(Self { pods, config, connection, instance_readers: others, github, observed })
    }

    /// How links are judged.
    pub(super) fn link_policy(&self, context: &Context<'_>) -> CheckOptions {
        let policy = super::web::build_policy(&self.connection, &self.config, None, context);
        CheckOptions { merged_shards: self.observed.clone(), ..policy }
    }

    /// What GitHub's API is asked with, if it is.
    pub(super) fn github_auth_header(&self) -> Option<HeaderValue> {
        self.github.clone()
    }
}

/// Why a pod that has sessions is not retired.
fn still_meets(pod: &Pod, context: &Context<'_>) -> String {
    let file = context.global.config.join(pod.file_name());
    format!(
        "{} has a [[session]], so the {} still meets and nothing was closed; take its [[session]] tables out first, and \
         run `podkeeper retire {}` again",
        file.display(),
        pod.name,
        pod.key
    )
}

/// The tasks that were asked for; all of them without any.
fn select_tasks(asked: &[args::TaskArg]) -> BTreeSet<Task> {
    let named = |task: Task| match task {
        Task::Sessions => args::TaskArg::Sessions,
        Task::Labels => args::TaskArg::Labels,
        Task::Roster => args::TaskArg::Roster,
        Task::Links => args::TaskArg::Links,
    };
    let all = Task::ALL.into_iter().map(|(task, _)| task);
    all.filter(|task| asked.is_empty() || asked.contains(&named(*task))).collect()
}

/// The pods of these keys, each once; all of them without any.
pub(super) fn select_pods(pods: &[Pod], keys: &[String]) -> Result<Vec<Pod>, CliError> {
    if let Some(unknown) = keys.iter().find(|key| !pods.iter().any(|pod| pod.key.as_str() == **key)) {
        return Err(unknown_pod_error(unknown, pods));
    }
    let asked = |pod: &&Pod| keys.is_empty() || keys.iter().any(|key| pod.key.as_str() == key);
    Ok(pods.iter().filter(asked).cloned().collect())
}

fn unknown_pod_error(unknown: &str, pods: &[Pod]) -> CliError {
    let known: Vec<&str> = pods.iter().map(|pod| pod.key.as_str()).collect();
    if unknown.is_empty() {
        return CliError::usage(format!("an argument is empty; the pods are {}", known.join(", ")));
    }
    if unknown.contains("://") || unknown.contains('/') {
        // It may be an address with a secret, or a path.
        return CliError::usage(format!(
            "an argument is no key of a pod, but an address or a path; the pods are {}. For a page or files there is \
             `podkeeper check`",
            known.join(", ")
        ));
    }
    let hint = find_similar_name(unknown, known.iter().copied())
        .map(|pod| format!("; did you mean `{pod}`?"))
        .unwrap_or_default();
    CliError::usage(format!(
        "there is no pod `{unknown}` in the configuration; its pods are {}{hint}",
        known.join(", ")
    ))
}
