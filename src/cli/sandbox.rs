//! `--sandbox` and the command `sandbox`: a sandbox of this run's own, and serving one.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::CliError;
use super::args::{GitlabArgs, SandboxArgs};
use super::connection::Connection;
use super::context::Context;
use super::output::Output;
use super::sandbox_seed::{to_seed_pod, to_seed_pod_with_page};
use super::served_sandbox::{SANDBOX_TOKEN_NAME, build_access, sandbox_hosts, tokens_by_purpose};
use super::signals::Signals;
use crate::config::Config;
use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::gitlab::HttpExchange;
use crate::pod::Pod;
use crate::pod::run::ExitStatus;
use crate::sandbox::world::UnreadParameters;
use crate::sandbox::{Sandbox, Seed, guide, seed, token_purpose};

/// Serves a sandbox of this run's own, and connects to it.
pub(super) async fn connect_own(
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    let moment = now.unwrap_or_else(context.clock);
    let sandbox = build_sandbox(&config.pods, args.own_page.as_deref(), now, context)?;
    let serving =
        sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.map_err(|error| serve_error(&error))?;
    let says = serving.description();
    let tokens = tokens_by_purpose(&says.tokens, config)?;
    let exchange = HttpExchange::loopback().map_err(CliError::usage)?;
    let access = build_access(serving.url().clone(), tokens, exchange, context);
    let web = says.web.as_deref().and_then(|web| web.parse().ok());
    let hosts = sandbox_hosts(web, says.ca, says.dns)?;
    Ok(Connection {
        access,
        now: moment,
        now_is_given: now.is_some(),
        gitlab_host: says.gitlab_host,
        hosts,
        is_sandbox: true,
        is_offline: false,
        own_sandbox: Some(serving),
    })
}
/// A sandbox whose seed stands at the configuration's own paths.
fn build_sandbox(
    pods: &[Pod],
    own_page: Option<&Path>,
    now: Option<DateTime<Utc>>,
    context: &Context<'_>,
) -> Result<Sandbox, CliError> {
    let moment = now.unwrap_or_else(context.clock);
    let page = match own_page {
        None => None,
        Some(_) if pods.len() != 1 => {
            return Err(CliError::usage("--page FILE needs a configuration of one pod, whose page it stands for"));
        }
        Some(path) => Some(
            read_regular_text(path, MAX_TEXT_FILE_BYTES)
                .map_err(|error| CliError::usage(format!("the page {} cannot be read ({error})", path.display())))?,
        ),
    };
    let pods = pods.iter().map(|pod| match &page {
        Some(page) => to_seed_pod_with_page(pod, page, moment),
        None => to_seed_pod(pod, moment),
    });
    let world = seed::build_world(&Seed { now: moment, pods: pods.collect() });
    let clock = context.clock;
    let sandbox = match now {
        Some(_) => Sandbox::new(world),
        None => Sandbox::with_clock(world, Arc::new(clock)),
    };
    Ok(sandbox.with_guide(guide()))
}

/// `podkeeper sandbox`: serves a sandbox until a signal.
pub(super) async fn serve(args: &SandboxArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let config = context.load_config()?;
    let sandbox = build_sandbox(&config.pods, args.page.as_deref(), args.now, context)?;
    if args.accept_unread_parameters {
        sandbox.change_world(|world| world.unread_parameters = UnreadParameters::Ignored);
    }
    let mut signals = Signals::listen().map_err(|error| serve_error(&error))?;
    let serving = sandbox.serve(args.listen, args.external_url.clone()).await.map_err(|error| CliError {
        exit_status: ExitStatus::Usage,
        message: explain_listen_failure(args.listen, &error),
    })?;
    let says = serving.description();
    let url = serving.url().as_str().trim_end_matches('/').to_owned();
    let token = says.tokens.get(SANDBOX_TOKEN_NAME).cloned().unwrap_or_default();
    // By its number, so that a line fits a terminal.
    let pairing = config.pods.first().map(|pod| pod.pairing_project.as_str()).unwrap_or_default();
    let project = sandbox.world().project_by_path(pairing).map_or(0, |project| project.id);
    let web = says.web.as_deref().unwrap_or("-");
    // Whoever gives it another origin puts something before it, which has to know where to find it.
    let own = says.dns.trim_end_matches("/-/dns/");
    let own = if own == url { String::new() } else { format!(", listening at {own}") };
    let tokens: Vec<String> = says
        .tokens
        .iter()
        .map(|(name, value)| format!("  {name:<16} {value:<39}  {}", token_purpose(name)).trim_end().to_owned())
        .collect();
    let text = format!(
        "A sandbox GitLab at {url}{own}\n\n\
         Look at it in a browser:\n\
         \x20 {url}/{pairing}\n\
         \x20 {url}/-/journal.html\n\n\
         Its web, over TLS, is at {web}; podkeeper finds it by itself.\n\n\
         Tokens, which open nothing but this sandbox:\n{tokens}\n\n\
         Let podkeeper work in it, then ask for the pairing issues, open one, and see\n\
         what was written:\n\
         \x20 podkeeper apply --sandbox={url}\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" -d title=Hello \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl {url}/-/journal\n\n\
         Ctrl-C ends it.\n",
        tokens = tokens.join("\n")
    );
    output.print_unredacted(&text);
    let until = async move {
        signals.next_exit_code().await;
    };
    serving.serve_until(until).await.map_err(|error| serve_error(&error))?;
    Ok(0)
}

fn explain_listen_failure(address: SocketAddr, error: &std::io::Error) -> String {
    let next = address.port().checked_add(1).unwrap_or(8080);
    let other = format!("name another with --listen, such as --listen {}", SocketAddr::new(address.ip(), next));
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("something else listens at {address}; {other}, or --listen {}:0 for any free port", address.ip())
        }
        std::io::ErrorKind::PermissionDenied => {
            format!(
                "this user may not listen at {address}; name a port above 1023 with --listen, such as 127.0.0.1:8080"
            )
        }
        _ => format!("the sandbox cannot be served at {address} ({error}); {other}"),
    }
}

pub(super) fn serve_error(error: &std::io::Error) -> CliError {
    CliError { exit_status: ExitStatus::Bug, message: format!("the sandbox cannot be served ({error})") }
}
