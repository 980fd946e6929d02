//! `check`: the links of files, folders, addresses, pods and standard input.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use tracing::{Instrument as _, info, info_span};

use super::CliError;
use super::args::{self, CheckArgs, OutputFormat, SeverityArg};
use super::cache_files;
use super::connection::Connection;
use super::context::Context;
use super::inputs::Inputs;
use super::output::Output;
use super::placeholders::refuse_placeholders;
use super::signals::Signals;
use super::target::{self, InputArgument, fetch_markdown, read_stdin, strip_url_secrets};
use super::{changed, connect, connection, hidden_links, instances, report_files};
use crate::check::changes::check_changes;
use crate::check::{DocumentCheckResult, InputDocument, Silences, check};
use crate::collect::{self, read_page};
use crate::config::Config;
use crate::gitlab::{Reader, RequestLog, TokenPurpose, new_reader};
use crate::pod::finding::Finding;
use crate::pod::mended_link::MendedLink;
use crate::pod::observed::Observed;
use crate::pod::rule::{Audience, Rule};
use crate::pod::run::ExitStatus;
use crate::pod::text::show_invisible;
use crate::pod::verdict::Observation;
use crate::pod::{Pod, PodKey};
use crate::report::terminal::DetailLevel;
use crate::report::{Confidential, Public, ReportAudience, Team, check as report};
use linkcheck::check_options::{CheckOptions, SkipRule};
use linkcheck::files::{LocalFiles, SiteKind};
use linkcheck::rate_limit::RateLimits;

/// Checks everything that was named, and reports.
pub(super) async fn run(args: &CheckArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let started = (context.monotonic_ms)();
    if let Some(why) = cache_files::find_path_problem(args) {
        return Err(CliError::usage(why));
    }
    if let Some(why) = report_files::find_path_problem(&args.report) {
        return Err(CliError::usage(why));
    }
    let targets = args.targets.iter().map(|target| InputArgument::parse(target)).collect::<Result<Vec<_>, _>>()?;
    if let Some(why) = target::explain_blank_after_sandbox(&args.gitlab, &args.targets) {
        return Err(CliError::usage(why));
    }
    let config = context.load_config_or_default()?;
    if let Some(why) = explain_needed_network(&targets, args, &config) {
        return Err(CliError::usage(why));
    }
    refuse_placeholders(&config, &named_pods(args, &targets, &config), &args.gitlab)?;
    if let Some(why) = args.changed.as_ref().and_then(|_| changed::explain_targets(&targets)) {
        return Err(CliError::usage(why));
    }
    let is_missing = targets.iter().any(InputArgument::is_missing_path);
    let connection = connect_for(args, &config, context).await?;
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let reader = reader.with_other_instances(instances::connect_instances(&connection, &config, context)?);
    let github = super::web::github_auth_header(&connection, &config, context)?;
    let settings = super::web::build_settings(RateLimits::POLITE, context)?;
    let web = (!args.offline).then(|| super::web::build_web(Some(&connection), settings, github)).transpose()?;
    let policy = build_policy(args, &connection, &config, context, output)?;

    let today = connection.now.date_naive();
    let sources = DocumentLoader { args, config: &config, reader: &reader, context, today };
    let is_fetched = targets.iter().all(|target| matches!(target, InputArgument::Url(_) | InputArgument::Pod));
    let read = sources.read_all(targets).instrument(info_span!("read"));
    // Reading of this machine waits for nobody, or for whoever types: there a signal ends the program by itself.
    let read =
        if is_fetched { run_interruptible(read, context).await? } else { InterruptibleResult::Finished(read.await) };
    let inputs = match read {
        InterruptibleResult::Finished(read) => read?,
        InterruptibleResult::Interrupted(code) => return Ok(note_interrupted(code, output)),
    };
    let base = args.changed.as_ref().map(|base| changed::read_base(base, &inputs, context.env)).transpose()?;
    let Inputs { mut documents, trees, unread, .. } = inputs;
    let sources = collect::Clients { reader: &reader, web: web.as_ref(), policy: &policy };
    let silences = if args.fail_on_unreachable { Silences::Reported } else { Silences::Counted };
    let asked = check_or_compare(&mut documents, &trees, base.as_ref(), sources, (connection.now, silences));
    let (checked, mended) = match run_interruptible(asked.instrument(info_span!("ask")), context).await? {
        InterruptibleResult::Finished(checked) => checked,
        InterruptibleResult::Interrupted(code) => return Ok(note_interrupted(code, output)),
    };

    let took_ms = (context.monotonic_ms)() - started;
    let _report = info_span!("report").entered();
    log_findings(&checked);
    let change = base.as_ref().map(|base| report::ChangeReport { base: &base.commit, mended: &mended });
    let mut report = build_report(args, &checked, &unread, &reader, took_ms, context);
    report.change = change;
    match context.stdout_audience() {
        Audience::Public => print_report(&report.for_audience::<Public>(), context, output),
        Audience::Team => print_report(&report.for_audience::<Team>(), context, output),
        Audience::Confidential => print_report(&report, context, output),
    }
    let observations: Vec<&Observation> = checked.observations.iter().collect();
    let hidden_without_token = hidden_links::hidden_links_note(&connection, &config, context, &observations);
    print_read_failures(&checked, hidden_without_token.as_deref(), &unread, output);
    let mut unsaved = cache_files::save_cache_and_observations(args, &checked, &connection, context, output);
    unsaved.extend(report_files::write_check_reports(&args.report, &report, output).await);
    for sentence in &unsaved {
        output.print_error_line(sentence);
    }
    let is_whole = unread.is_empty() && unsaved.is_empty();
    let ending = exit_status(&checked, args, is_whole, context.stdout_audience());
    // A name of nothing is wrong usage, whether it is a pod's or a path's.
    let ending = if is_missing { ending.max(ExitStatus::Usage) } else { ending };
    Ok(ending.exit_code())
}

fn note_interrupted(code: u8, output: &mut Output) -> u8 {
    output.print_note("interrupted; nothing was saved");
    code
}

/// The connection to GitLab. Where nothing is asked it is there all the same: what is wrong with the flags is reported,
/// and no token is shown.
async fn connect_for(args: &CheckArgs, config: &Config, context: &Context<'_>) -> Result<Connection, CliError> {
    if args.offline && args.gitlab.sandbox.is_none() {
        connection::connect_offline(&args.gitlab, TokenPurpose::Handbook, config, context)
    } else {
        connect::gitlab(&args.gitlab, None, TokenPurpose::Handbook, config, context).await
    }
}

/// How links are judged.
fn build_policy(
    args: &CheckArgs,
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<CheckOptions, CliError> {
    let mut policy = super::web::build_policy(connection, config, args.site_url.as_ref(), context);
    let excluded = args.exclude.iter();
    policy
        .skip_rules
        .extend(excluded.map(|beginning| SkipRule { prefix: beginning.clone(), reason: "--exclude".to_owned() }));
    policy.shard = args.shard;
    policy.export_for_merge = args.observations.is_some();
    policy.cache_context = cache_files::load_cache(args, connection, output)?;
    Ok(policy)
}

/// How the run ended; `is_whole` says that all was read and all was saved. What only a token shows decides nothing where
/// everybody reads how the job ended.
fn exit_status(checked: &DocumentCheckResult, args: &CheckArgs, is_whole: bool, readers: Audience) -> ExitStatus {
    let mut ending = ExitStatus::Done;
    let counts = |finding: &&Finding| !finding.token_only || readers.may_read(Audience::Team);
    let fails = |finding: &Finding| {
        finding.severity >= args.fail_on.into() || args.fail_on_unreachable && finding.rule == Rule::LinkUnreachable
    };
    if checked.findings.iter().filter(counts).any(fails) {
        ending = ending.max(ExitStatus::Findings);
    }
    if checked.inconclusive_reason.is_some() || !is_whole {
        ending = ending.max(ExitStatus::Incomplete);
    }
    for failure in &checked.read_failures {
        ending = ending.max(ExitStatus::from(failure.cause));
    }
    ending
}

fn build_report<'a>(
    args: &CheckArgs,
    checked: &'a DocumentCheckResult,
    unread: &'a [report::UnreadDocument],
    reader: &Reader,
    took_ms: u64,
    context: &Context<'_>,
) -> report::CheckReport<'a, Confidential> {
    let counts = reader.request_log();
    let others = || reader.other_instances().values().map(Reader::request_log);
    let reads_of_others: u64 = others().map(RequestLog::read_count).sum();
    let public_reads_of_others: u64 = others().map(RequestLog::public_read_count).sum();
    report::CheckReport {
        link_count: checked.link_count,
        unique_url_count: checked.unique_url_count,
        observations: Confidential::restrict(checked.observations.as_slice()),
        findings: Confidential::restrict(&checked.findings),
        inconclusive_reason: checked.inconclusive_reason.as_deref(),
        unread,
        requests: report::RequestCounts {
            read: counts.read_count() + reads_of_others,
            write: counts.write_count(),
            web: checked.web_requests,
        },
        public_requests: report::RequestCounts {
            read: counts.public_read_count() + public_reads_of_others,
            write: counts.write_count(),
            web: checked.web_requests.saturating_sub(checked.github_requests()),
        },
        host_traffic: checked.host_traffic.as_slice().into(),
        took_ms,
        detail: context.detail_level(),
        shard: args.shard.map(|shard| (shard.index(), shard.count())),
        change: None,
    }
}

/// Checks documents, or what changed of them.
async fn check_or_compare(
    documents: &mut [InputDocument],
    trees: &[LocalFiles],
    base: Option<&changed::Base>,
    sources: collect::Clients<'_>,
    (now, silences): (DateTime<Utc>, Silences),
) -> (DocumentCheckResult, Vec<MendedLink>) {
    match base {
        Some(base) => check_changes(documents, trees, &base.before, sources, (now, silences)).await,
        None => (check(documents, trees, sources, now, silences).await, Vec::new()),
    }
}

/// What was found, for the log: each finding stands on standard output, so a rule and how often it applies will do.
fn log_findings(checked: &DocumentCheckResult) {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    // Everybody may read a log.
    for finding in checked.findings.iter().filter(|finding| !finding.token_only) {
        *by_rule.entry(finding.rule.code()).or_default() += 1;
    }
    for (rule, count) in by_rule {
        info!(rule, count, "found");
    }
    info!(
        links = checked.link_count,
        unique = checked.unique_url_count,
        not_read = checked.read_failures.len(),
        "checked"
    );
}

fn print_report<A: ReportAudience>(result: &report::CheckReport<'_, A>, context: &Context<'_>, output: &mut Output) {
    match context.global.format {
        OutputFormat::Json => output.print_stream(|out| report::write_json(result, out)),
        OutputFormat::Text => output.print_report(&report::render_text(result, output.terminal_width())),
    }
    if result.detail == DetailLevel::Verbose {
        output.print_stderr(&report::render_hosts(result));
    }
}

fn print_read_failures(
    checked: &DocumentCheckResult,
    hidden_without_token: Option<&str>,
    unread: &[report::UnreadDocument],
    output: &mut Output,
) {
    for failure in &checked.read_failures {
        output.print_note(&format!("could not see {}: {}", failure.what, failure.why));
    }
    if let Some(sentence) = hidden_without_token {
        output.print_note(sentence);
    }
    for report::UnreadDocument { path, why } in unread {
        output.print_note(&format!("{} {}", show_invisible(path), show_invisible(why)));
    }
}

enum InterruptibleResult<T> {
    Finished(T),
    /// The exit code of the signal.
    Interrupted(u8),
}

/// Does the work until a signal ends it.
async fn run_interruptible<T>(
    work: impl Future<Output = T>,
    context: &Context<'_>,
) -> Result<InterruptibleResult<T>, CliError> {
    let mut signals =
        Signals::listen().map_err(|error| CliError { exit_status: ExitStatus::Bug, message: error.to_string() })?;
    Ok(tokio::select! {
        done = context.bar.show_during(work) => InterruptibleResult::Finished(done),
        code = signals.next_exit_code() => InterruptibleResult::Interrupted(code),
    })
}

/// Why `--offline` does not go with a target that only the network has, where there is one.
fn explain_needed_network(targets: &[InputArgument], args: &CheckArgs, config: &Config) -> Option<String> {
    if !args.offline {
        return None;
    }
    let what = targets.iter().zip(&args.targets).find_map(|(target, written)| match target {
        InputArgument::Stdin | InputArgument::Path(_) => None,
        InputArgument::Url(url) => Some(strip_url_secrets(url)),
        // What is no pod either is reported as that.
        InputArgument::Pod => find_pod(config, written).map(|pod| {
            let page = &pod.page;
            format!("the page of the pod {written} ({} in {})", page.path, page.project)
        }),
    })?;
    Some(format!(
        "--offline asks nothing, and {what} is on the network; leave --offline out, or name a file or folder of this \
         machine"
    ))
}

/// The keys of the pods whose pages are to be checked.
fn named_pods<'a>(args: &CheckArgs, targets: &[InputArgument], config: &'a Config) -> Vec<&'a PodKey> {
    let named = args.targets.iter().zip(targets).filter(|(_, target)| matches!(target, InputArgument::Pod));
    named.filter_map(|(written, _)| find_pod(config, written)).map(|pod| &pod.key).collect()
}

fn find_pod<'a>(config: &'a Config, key: &str) -> Option<&'a Pod> {
    config.pods.iter().find(|pod| pod.key.as_str() == key)
}

/// Where documents are read from.
struct DocumentLoader<'a> {
    args: &'a CheckArgs,
    config: &'a Config,
    reader: &'a Reader,
    context: &'a Context<'a>,
    today: NaiveDate,
}

impl DocumentLoader<'_> {
    /// Reads all targets; `targets` are those of the arguments, in their order.
    async fn read_all(&self, targets: Vec<InputArgument>) -> Result<Inputs, CliError> {
        let mut inputs = Inputs::without(&self.args.exclude_path);
        inputs.today = Some(self.today);
        for (written, target) in self.args.targets.iter().zip(targets) {
            self.read_target(written, target, &mut inputs).await?;
        }
        for document in inputs.documents.iter_mut().filter(|document| document.site.is_none()) {
            document.site.clone_from(&self.args.site_url);
        }
        Ok(inputs)
    }

    async fn read_target(&self, written: &str, target: InputArgument, inputs: &mut Inputs) -> Result<(), CliError> {
        let site = self.args.site.into();
        match target {
            InputArgument::Stdin => inputs.add_text(&read_stdin()?, "-"),
            InputArgument::Path(path) if Path::new(&path).is_dir() => inputs.add_folder(Path::new(&path), site),
            InputArgument::Path(path) => inputs.add_file(&path, site),
            InputArgument::Url(url) => {
                inputs.add_text(&fetch_markdown(&url, &self.args.gitlab, self.context).await?, written);
            }
            InputArgument::Pod => inputs.documents.push(self.read_pod_page(written).await?),
        }
        Ok(())
    }

    /// The page of the pod with this key.
    async fn read_pod_page(&self, key: &str) -> Result<InputDocument, CliError> {
        let pod = find_pod(self.config, key).ok_or_else(|| {
            CliError::usage(format!(
                "`{key}` is no file, no folder, no address and no pod; {}",
                self.context.known_pods(key, self.config)
            ))
        })?;
        match read_page(self.reader, &pod.page).await {
            Observed::Present(page) => Ok(InputDocument {
                path: pod.page.path.clone(),
                page,
                label_groups: pod.label_groups.clone(),
                tree_and_path: None,
                site: pod.page.site.clone(),
                exceptions: pod.exceptions.clone(),
            }),
            Observed::Absent => {
                let sentence = format!("the page {} is not in {}; was it moved?", pod.page.path, pod.page.project);
                Err(CliError { exit_status: ExitStatus::NeedsHuman, message: sentence })
            }
            Observed::Unknown(failure) => {
                let sentence = format!("could not see {}: {}", failure.what, failure.why);
                Err(CliError { exit_status: failure.cause.into(), message: sentence })
            }
        }
    }
}

impl From<args::SiteArg> for SiteKind {
    fn from(site: args::SiteArg) -> Self {
        match site {
            args::SiteArg::Tree => Self::Tree,
            args::SiteArg::Hugo => Self::Hugo,
        }
    }
}

impl From<SeverityArg> for crate::pod::rule::Severity {
    fn from(severity: SeverityArg) -> Self {
        match severity {
            SeverityArg::Info => Self::Info,
            SeverityArg::Minor => Self::Minor,
            SeverityArg::Major => Self::Major,
            SeverityArg::Critical => Self::Critical,
        }
    }
}
