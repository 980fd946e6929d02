//! `apply --sandbox --serve`: what the run did can be looked at in a browser, until a signal ends it.

use url::Url;

use super::CliError;
use super::args::ApplyArgs;
use super::connection::Connection;
use super::sandbox::serve_error;
use super::signals::Signals;
use super::values::is_own_sandbox;
use crate::pod::Pod;
use crate::pod::run::PodRun;

/// Why there would be nothing to serve, if so.
pub(super) fn explain_refusal(args: &ApplyArgs, is_paused: bool) -> Option<String> {
    if !args.serve {
        return None;
    }
    match args.at.gitlab.sandbox.as_deref() {
        None => Some("--serve keeps the run's own sandbox up: write `podkeeper apply --sandbox --serve`".to_owned()),
        Some(address) if !is_own_sandbox(address) => Some(
            "--serve keeps the run's own sandbox up, and --sandbox=URL is one that stays up by itself; leave one of them \
             out"
                .to_owned(),
        ),
        Some(_) if is_paused => {
            Some("PODKEEPER_PAUSE holds every write, so --serve has nothing to show; leave one of them out".to_owned())
        }
        Some(_) => None,
    }
}

/// One address to look at, and how to end.
pub(super) fn address_lines(sandbox: &Url, pods: &[Pod], runs: &[PodRun]) -> String {
    let opened = |kind: &'static str| {
        let tried = runs.iter().flat_map(|run| &run.outcomes);
        tried.filter(move |(action, _)| action.kind() == kind).find_map(|(_, outcome)| outcome.url())
    };
    let issue = opened("open-pairing-issue").or_else(|| opened("open-report"));
    let origin = sandbox.as_str().trim_end_matches('/');
    let project = || {
        let path = pods.first().map(|pod| pod.pairing_project.as_str()).unwrap_or_default();
        format!("{origin}/{path}")
    };
    let address = issue.map_or_else(project, str::to_owned);
    format!("\nLook at what was done: {address}\nCtrl-C ends the sandbox.\n")
}

/// Serves the run's own sandbox until a signal.
pub(super) async fn serve(connection: &mut Connection, signals: &mut Signals) -> Result<(), CliError> {
    let Some(sandbox) = connection.own_sandbox.take() else { return Ok(()) };
    let until = async {
        signals.next_exit_code().await;
    };
    sandbox.serve_until(until).await.map_err(|error| serve_error(&error))
}
