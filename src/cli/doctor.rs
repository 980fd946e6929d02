//! `podkeeper doctor`: everything that a run needs, looked at; nothing is written.

use std::collections::BTreeSet;

use super::args::{DoctorArgs, OutputFormat};
use super::connection::Connection;
use super::context::Context;
use super::output::Output;
use super::run_setup::select_pods;
use super::signals::Signals;
use super::{CliError, connect, doctor_last_success, token_request};
use crate::collect::Clients;
use crate::collect::doctor::TokenToAsk;
use crate::config::{Config, Placeholder};
use crate::doctor::{DoctorInputs, examine};
use crate::gitlab::{TokenPurpose, new_reader};
use crate::pod::Pod;
use crate::pod::diagnosis::Diagnosis;
use crate::pod::rule::Audience;
use crate::pod::run::ExitStatus;
use crate::report::doctor::{self, DetailLevel};
use crate::report::{Confidential, Public, ReportAudience, Team, VisibleTo};

/// `doctor` in each of its forms.
pub(super) async fn run(args: &DoctorArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    if args.token_request {
        return token_request::print(args, context, output).await;
    }
    if let Some(within) = args.last_success {
        return doctor_last_success::run(args, within, context, output).await;
    }
    let (config, places) = context.load_config_with_places()?;
    let chosen = select_pods(&config.pods, &args.pods)?;
    // A missing token is one of the things that are told.
    let connection = connect::gitlab(&args.gitlab, args.now, TokenPurpose::Handbook, &config, context).await?;
    let pods: Vec<Pod> =
        chosen.into_iter().map(|pod| Pod { gitlab_url: connection.access.url.clone(), ..pod }).collect();
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let policy = super::web::build_policy(&connection, &config, None, context);
    let inputs = DoctorInputs {
        pods: &pods,
        sources: Clients { reader: &reader, web: None, policy: &policy },
        now: connection.current_time(),
        limits: config.limits,
        tokens: tokens_to_ask(&connection, &config),
        unfitted: unfitted_values(args, &config, &pods),
        places,
        gitlab_host: connection.gitlab_host.clone(),
        schedule_project: schedule_project(args, &connection, &pods, context),
    };
    let mut signals =
        Signals::listen().map_err(|error| CliError { exit_status: ExitStatus::Bug, message: error.to_string() })?;
    let found = tokio::select! {
        found = context.bar.show_during(examine(inputs)) => found,
        code = signals.next_exit_code() => {
            output.print_note("interrupted; nothing was changed");
            return Ok(code);
        }
    };
    let whole = Confidential::restrict(&found);
    match context.stdout_audience() {
        Audience::Public => print(whole.narrow_to::<Public>(), context, output),
        Audience::Team => print(whole.narrow_to::<Team>(), context, output),
        Audience::Confidential => print(whole, context, output),
    }
    Ok(found.exit_status().exit_code())
}

fn print<A: ReportAudience>(found: VisibleTo<'_, A, Diagnosis>, context: &Context<'_>, output: &mut Output) {
    match context.global.format {
        OutputFormat::Json => output.print(&doctor::render_json(found)),
        OutputFormat::Text => output.print(&doctor::render_text(found, detail_level(context))),
    }
}

fn detail_level(context: &Context<'_>) -> DetailLevel {
    match (context.global.quiet, context.global.verbose) {
        (true, 0) => DetailLevel::Quiet,
        (false, 0) => DetailLevel::Normal,
        (_, _) => DetailLevel::Verbose,
    }
}

/// What is still as it ships; a sandbox has such projects.
fn unfitted_values(args: &DoctorArgs, config: &Config, pods: &[Pod]) -> Vec<String> {
    let of_pods = pods.iter().filter_map(|pod| config.placeholders.get(&pod.key)).flatten();
    let distinct: BTreeSet<&Placeholder> = of_pods.filter(|_| args.gitlab.sandbox.is_none()).collect();
    distinct.into_iter().map(Placeholder::sentence).collect()
}

fn tokens_to_ask(connection: &Connection, config: &Config) -> Vec<TokenToAsk> {
    let ask = |(variable, purposes): (&str, Vec<TokenPurpose>)| {
        let given = purposes.iter().find_map(|purpose| connection.access.tokens.get(purpose));
        // In a sandbox all purposes have the sandbox's own.
        let variable = given.map_or_else(|| variable.to_owned(), |token| token.name.clone());
        TokenToAsk { variable, scope: token_request::scope_for(&purposes), is_given: given.is_some(), purposes }
    };
    token_request::variables_by_purpose(config).into_iter().map(ask).collect()
}

/// The project whose schedule runs podkeeper: the one that is named, else the job's own. A sandbox has one of its own.
fn schedule_project(args: &DoctorArgs, connection: &Connection, pods: &[Pod], context: &Context<'_>) -> Option<String> {
    let of_sandbox = if connection.is_sandbox { sandbox_schedule_project(pods) } else { None };
    let of_job = || context.env_var("CI_PROJECT_PATH").map(str::to_owned);
    args.project.clone().or(of_sandbox).or_else(of_job)
}

#[cfg(feature = "sandbox")]
fn sandbox_schedule_project(pods: &[Pod]) -> Option<String> {
    pods.first().map(|pod| crate::sandbox::seed::schedule_project(&pod.pairing_project))
}

#[cfg(not(feature = "sandbox"))]
fn sandbox_schedule_project(_pods: &[Pod]) -> Option<String> {
    None
}
