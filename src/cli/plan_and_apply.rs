//! `apply` and `plan`.

use tracing::{Instrument as _, info_span};

use super::CliError;
use super::args::{ApplyArgs, OutputFormat, PlanArgs, RetireArgs, RunArgs};
use super::context::Context;
use super::hidden_links;
use super::job_log_sections;
use super::output::Output;
use super::report_files;
use super::run_setup::RunSetup;
#[cfg(feature = "sandbox")]
use super::sandbox_after_run;
use super::signals::{GRACE_PERIOD, Signals};
use crate::collect::Clients;
use crate::execute::StopFlag;
use crate::gitlab::{Reader, new_reader, new_reader_and_writer};
use crate::pod::plan::compute_stamp;
use crate::pod::rule::Audience;
use crate::pod::run::{ExitStatus, PodRun};
use crate::report::terminal::{Layout, RunTitle};
use crate::report::{Confidential, Public, ReportAudience, RunReport, Team, json, terminal};
use crate::run::{Mode, StalePlan, run};
use linkcheck::rate_limit::RateLimits;

/// The variable that holds every write.
const PAUSE: &str = "PODKEEPER_PAUSE";

/// Plans and writes nothing: no writer is ever made.
pub(super) async fn plan(args: &PlanArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    // It writes nothing in any case, but a word that nobody understands is told before `apply` meets it.
    context.is_switched_on(PAUSE)?;
    Ok(match make_plan(&args.at, "plan", context, output).await? {
        PlanResult::Interrupted(code) => code,
        PlanResult::Finished { ending, changes_pending } if changes_pending && args.detailed_exitcode => {
            ending.max(ExitStatus::Findings).exit_code()
        }
        PlanResult::Finished { ending, .. } => ending.exit_code(),
    })
}

/// Does what has to be done.
pub(super) async fn apply(args: &ApplyArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let is_paused = context.is_switched_on(PAUSE)?;
    #[cfg(feature = "sandbox")]
    if let Some(why) = sandbox_after_run::explain_refusal(args, is_paused) {
        return Err(CliError::usage(why));
    }
    if is_paused {
        output.print_note("PODKEEPER_PAUSE is set: nothing is written");
        return plan_while_paused(&args.at, context, output).await;
    }
    if args.dry_run {
        let title = format!("{} --dry-run", command_name(&args.at));
        let like_plan = make_plan(&args.at, &title, context, output).await?;
        return Ok(like_plan.exit_code());
    }
    if args.at.now.is_some() && args.at.gitlab.sandbox.is_none() {
        let command = command_name(&args.at);
        return Err(CliError::usage(format!("--now is for `plan` and the sandbox: `{command}` goes by the clock")));
    }
    write_changes(args, context, output).await
}

/// Closes what is kept for a pod that meets no more.
pub(super) async fn retire(args: &RetireArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    apply(&args.to_apply_args(), context, output).await
}

/// What `apply` does in a pause. Changes that wait are taken up by the next run.
async fn plan_while_paused(at: &RunArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let title = format!("{}, paused by PODKEEPER_PAUSE,", command_name(at));
    Ok(match make_plan(at, &title, context, output).await? {
        PlanResult::Finished { ending, changes_pending: true } => ending.max(ExitStatus::Incomplete).exit_code(),
        planned => planned.exit_code(),
    })
}

/// The command that writes.
fn command_name(at: &RunArgs) -> &'static str {
    if at.retires { "retire" } else { "apply" }
}

async fn write_changes(args: &ApplyArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let started = (context.monotonic_ms)();
    #[cfg_attr(not(feature = "sandbox"), expect(unused_mut, reason = "a sandbox of its own is taken out of it"))]
    let mut prepared = RunSetup::new(&args.at, context).await?;
    let connection = &prepared.connection;
    let (reader, writer) = new_reader_and_writer(&connection.access, connection.now).map_err(CliError::usage)?;
    let reader = reader.with_other_instances(prepared.instance_readers.clone());
    let stop = StopFlag::default();
    let mode = Mode::Apply { writer: &writer, agreed_stamp: args.plan.as_deref(), stop: &stop };
    let mut signals = listen_for_signals()?;
    let web = super::web::build_web(
        Some(connection),
        super::web::build_settings(RateLimits::CAREFUL, context)?,
        prepared.github_auth_header(),
    )?;
    let policy = prepared.link_policy(context);
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let work =
        context.bar.show_during(run(&prepared.pods, sources, mode, connection.current_time(), prepared.config.limits));

    let GracefulResult { result, signal } = run_gracefully(work, &stop, &mut signals, output).await;
    let Some(runs) = result else {
        report_interrupted_apply(&args.at, &reader, prepared.connection.now, &mut signals, output).await;
        return Ok(signal.unwrap_or_default());
    };
    let runs = runs.map_err(|stale| stale_plan_error(&stale))?;
    let took_ms = (context.monotonic_ms)() - started;
    let below = text_below(args, &prepared, &runs, context);
    let result = RunReporter {
        at: &args.at,
        title: command_name(&args.at),
        planned: false,
        prepared: &prepared,
        reader: &reader,
        took_ms,
        lines_below: below.lines().count(),
    };
    let ending = match result.report(&runs, &mut signals, context, output).await {
        Ok(ending) => ending,
        Err(code) => return Ok(signal.unwrap_or(code)),
    };
    match context.global.format {
        OutputFormat::Text => output.print(&below),
        // Standard output holds one object.
        OutputFormat::Json => output.print_stderr(&below),
    }
    #[cfg(feature = "sandbox")]
    if args.serve && signal.is_none() {
        sandbox_after_run::serve(&mut prepared.connection, &mut signals).await?;
    }
    Ok(signal.unwrap_or_else(|| ending.exit_code()))
}

/// What is said below the report of a run in a sandbox of its own: where it can be seen, or how to see one like it.
#[cfg(feature = "sandbox")]
fn text_below(args: &ApplyArgs, prepared: &RunSetup, runs: &[PodRun], context: &Context<'_>) -> String {
    let Some(sandbox) = &prepared.connection.own_sandbox else { return String::new() };
    if args.serve {
        return sandbox_after_run::address_lines(sandbox.url(), &prepared.pods, runs);
    }
    if context.global.format == OutputFormat::Text && !context.global.quiet {
        return format!("\n{}\n", super::replay::replay_commands(&args.at, context));
    }
    String::new()
}

#[cfg(not(feature = "sandbox"))]
fn text_below(_args: &ApplyArgs, _prepared: &RunSetup, _runs: &[PodRun], _context: &Context<'_>) -> String {
    String::new()
}

fn stale_plan_error(StalePlan { stamp }: &StalePlan) -> CliError {
    CliError {
        exit_status: ExitStatus::NeedsHuman,
        message: format!(
            "the plan is another one now, so nothing was written; look at `podkeeper plan` again (stamp {stamp})"
        ),
    }
}

fn listen_for_signals() -> Result<Signals, CliError> {
    Signals::listen().map_err(|error| CliError { exit_status: ExitStatus::Bug, message: error.to_string() })
}

/// How writing ended.
struct GracefulResult<T> {
    /// What came of it; nothing where it was cut off in the middle of a request.
    result: Option<T>,
    /// The exit code of the signal that came, if one did.
    signal: Option<u8>,
}

/// Does the work to its end. After a signal it begins nothing new, and is cut off by a second signal or after a while.
async fn run_gracefully<T>(
    work: impl Future<Output = T>,
    stop: &StopFlag,
    signals: &mut Signals,
    output: &mut Output,
) -> GracefulResult<T> {
    tokio::pin!(work);
    let code = tokio::select! {
        result = &mut work => return GracefulResult { result: Some(result), signal: None },
        code = signals.next_exit_code() => code,
    };
    output.print_note("interrupted: finishing the current request; a second signal ends at once");
    stop.request();
    let result = tokio::select! {
        result = &mut work => Some(result),
        _ = signals.next_exit_code() => None,
        () = tokio::time::sleep(GRACE_PERIOD) => None,
    };
    GracefulResult { result, signal: Some(code) }
}

/// Nobody knows what the current request will come to, but what was sent before is known.
async fn report_interrupted_apply(
    at: &RunArgs,
    reader: &Reader,
    now: chrono::DateTime<chrono::Utc>,
    signals: &mut Signals,
    output: &mut Output,
) {
    let trail = reader.request_log().audit_trail(now);
    output.print_note("ended in the middle of a request; run podkeeper again, it takes up what is left");
    for sent in &trail {
        let mut answer = sent.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        if let Some(id) = &sent.request_id {
            answer = format!("{answer}, GitLab's request id {id}");
        }
        output.print_note(&format!("sent before: {} {} ({answer})", sent.method, sent.path));
    }
    let failed = tokio::select! {
        failed = report_files::write_audit_trail(&at.report, &trail, output) => failed,
        _ = signals.next_exit_code() => return,
    };
    for sentence in &failed {
        output.print_error_line(sentence);
    }
}

/// What came of planning.
enum PlanResult {
    /// It ended by itself.
    Finished { ending: ExitStatus, changes_pending: bool },
    /// A signal ended it; the exit code that goes with it.
    Interrupted(u8),
}

impl PlanResult {
    /// The exit code, whether changes are pending or not.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Finished { ending, .. } => ending.exit_code(),
            Self::Interrupted(code) => *code,
        }
    }
}

/// Reads, decides and reports.
async fn make_plan(
    at: &RunArgs,
    title: &str,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<PlanResult, CliError> {
    let started = (context.monotonic_ms)();
    let prepared = RunSetup::new(at, context).await?;
    let connection = &prepared.connection;
    let reader = new_reader(&connection.access)
        .map_err(CliError::usage)?
        .with_other_instances(prepared.instance_readers.clone());
    let web = super::web::build_web(
        Some(connection),
        super::web::build_settings(RateLimits::CAREFUL, context)?,
        prepared.github_auth_header(),
    )?;
    let policy = prepared.link_policy(context);
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mut signals = listen_for_signals()?;
    let work = run(&prepared.pods, sources, Mode::Plan, connection.current_time(), prepared.config.limits);
    let runs = tokio::select! {
        // Without a writer no plan is stale.
        runs = context.bar.show_during(work) => runs.unwrap_or_default(),
        code = signals.next_exit_code() => {
            output.print_note("interrupted; nothing was written");
            return Ok(PlanResult::Interrupted(code));
        }
    };
    let took_ms = (context.monotonic_ms)() - started;
    let result =
        RunReporter { at, title, planned: true, prepared: &prepared, reader: &reader, took_ms, lines_below: 0 };
    Ok(match result.report(&runs, &mut signals, context, output).await {
        Ok(ending) => PlanResult::Finished { ending, changes_pending: runs.iter().any(|run| !run.plan.is_empty()) },
        Err(code) => PlanResult::Interrupted(code),
    })
}

/// What is reported beside the runs themselves.
struct RunReporter<'a> {
    at: &'a RunArgs,
    /// The command, as the head of the report names it.
    title: &'a str,
    planned: bool,
    prepared: &'a RunSetup,
    reader: &'a Reader,
    took_ms: u64,
    /// How many lines are printed below the report.
    lines_below: usize,
}

impl RunReporter<'_> {
    /// Prints what came of it, and writes the reports that were asked for.
    ///
    /// # Errors
    /// The exit code of a signal that came while a report could not be written.
    async fn report(
        &self,
        runs: &[PodRun],
        signals: &mut Signals,
        context: &Context<'_>,
        output: &mut Output,
    ) -> Result<ExitStatus, u8> {
        let stage = async {
            self.print_and_write_reports(runs, signals, context, output).instrument(info_span!("report")).await
        };
        stage.instrument(info_span!("fleet")).await
    }

    async fn print_and_write_reports(
        &self,
        runs: &[PodRun],
        signals: &mut Signals,
        context: &Context<'_>,
        output: &mut Output,
    ) -> Result<ExitStatus, u8> {
        let plans: Vec<_> = runs.iter().map(|run| &run.plan).collect();
        let stamp = compute_stamp(&plans);
        let counts = self.reader.request_log();
        let now = self.prepared.connection.now;
        let report = RunReport {
            runs: Confidential::restrict(runs),
            plan_only: self.planned,
            now,
            stamp: &stamp,
            read_requests: counts.read_count(),
            public_read_requests: counts.public_read_count(),
            write_requests: counts.write_count(),
            took_ms: self.took_ms,
        };
        match context.stdout_audience() {
            Audience::Public => self.print(&report.for_audience::<Public>(), context, output),
            Audience::Team => self.print(&report.for_audience::<Team>(), context, output),
            Audience::Confidential => self.print(&report, context, output),
        }
        let observations: Vec<_> = runs.iter().flat_map(|run| &run.observations).collect();
        let RunSetup { connection, config, .. } = self.prepared;
        if let Some(sentence) = hidden_links::hidden_links_note(connection, config, context, &observations) {
            output.print_note(&sentence);
        }
        let trail = counts.audit_trail(now);
        let failed = tokio::select! {
            failed = report_files::write_reports(&self.at.report, &report, &trail, output) => failed,
            code = signals.next_exit_code() => {
                output.print_note("interrupted while a report was written; the work itself is done");
                return Err(code);
            }
        };
        for sentence in &failed {
            output.print_error_line(sentence);
        }
        Ok(if failed.is_empty() { report.exit_status() } else { report.exit_status().max(ExitStatus::Incomplete) })
    }

    fn print<A: ReportAudience>(&self, report: &RunReport<'_, A>, context: &Context<'_>, output: &mut Output) {
        if context.global.format == OutputFormat::Json {
            return output.print(&json::render(report));
        }
        let (width, height) = output.terminal_size();
        let layout = Layout {
            detail: context.detail_level(),
            width: width.unwrap_or(Layout::WIDTH),
            height: height.unwrap_or(Layout::HEIGHT).max(Layout::HEIGHT),
            lines_below: self.lines_below,
            run: Some(RunTitle { command: self.title.to_owned(), place: self.prepared.connection.place() }),
        };
        output.print_report(&render_text(report, layout, context));
    }
}

/// A report as people read it, in a terminal or in GitLab's job log.
fn render_text<A: ReportAudience>(report: &RunReport<'_, A>, layout: Layout, context: &Context<'_>) -> String {
    if job_log_sections::are_wanted(context) {
        job_log_sections::render(&terminal::render_parts(report, layout), context.clock)
    } else {
        terminal::render(report, layout)
    }
}
