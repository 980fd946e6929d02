//! The GitLab of a run: the real one, or the sandbox where one is named. This is the only place where they part.

use chrono::{DateTime, Utc};

use super::CliError;
use super::args::GitlabArgs;
use super::connection::{self, Connection};
use super::context::Context;
use crate::config::Config;
use crate::gitlab::TokenPurpose;

/// Connects as the command line, the configuration and the environment say.
#[cfg_attr(not(feature = "sandbox"), expect(clippy::unused_async, reason = "only a sandbox has to be served first"))]
pub(super) async fn gitlab(
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    #[cfg(feature = "sandbox")]
    if let Some(sandbox) = args.sandbox.as_deref() {
        return super::sandbox::connect(sandbox, args, now, config, context).await;
    }
    connection::connect_real(args, now, need, config, context)
}
