//! The GitLab of a run: the real one, or the sandbox where one is named. This is the only place where they part.

use chrono::{DateTime, Utc};

use super::args::GitlabArgs;
use super::connection::{self, Connection};
use super::context::Context;
use super::values::is_own_sandbox;
use super::{CliError, served_sandbox};
use crate::config::Config;
use crate::gitlab::TokenPurpose;

/// Connects as the command line, the configuration and the environment say.
pub(super) async fn gitlab(
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    match args.sandbox.as_deref() {
        None => connection::connect_real(args, now, need, config, context),
        // Whoever meant a sandbox and lost its address must not end at the real GitLab.
        Some("") => Err(CliError::usage("--sandbox (or PODKEEPER_SANDBOX) is empty; leave it out for the real GitLab")),
        #[cfg(feature = "sandbox")]
        Some(word) if is_own_sandbox(word) => super::sandbox::connect_own(args, now, config, context).await,
        #[cfg(not(feature = "sandbox"))]
        Some(word) if is_own_sandbox(word) => Err(CliError::usage(
            "this podkeeper is the one for jobs that hold a token and has no sandbox of its own; use the other binary of \
             the release, or name a sandbox that is served: --sandbox=http://127.0.0.1:8080",
        )),
        #[cfg(feature = "sandbox")]
        Some(_) if args.own_page.is_some() => Err(CliError::usage(
            "--page goes with a sandbox of this run's own; give it to `podkeeper sandbox` for a served one",
        )),
        Some(url) => served_sandbox::connect(url, now, config, context).await,
    }
}
