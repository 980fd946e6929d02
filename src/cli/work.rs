//! `apply` and `plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::HeaderValue;

use super::Halt;
use super::args::{self, Apply, At, Format, Global, Plan};
use super::door::{self, Door};
use super::files;
use super::kept;
use super::progress::Bar;
use super::signals::{GRACE, Signals};
use super::sink::Sink;
use crate::collect::Eyes;
use crate::collect::links::pace::Limits;
use crate::collect::links::policy::Policy;
use crate::collect::links::seen::Seen;
use crate::execute::Stop;
use crate::gitlab::{Purpose, Reader, Redactor, connect, connect_to_write};
use crate::pod::plan::stamp;
use crate::pod::rule::Audience;
use crate::pod::run::{Ending, Run};
use crate::pod::{Pod, Task};
use crate::report::terminal::Detail;
use crate::report::{Told, json, terminal};
use crate::run::{Mode, Stale, run};

/// What every command has at hand.
pub(crate) struct With<'a> {
    pub(crate) global: &'a Global,
    pub(crate) env: &'a BTreeMap<String, String>,
    pub(crate) clock: fn() -> DateTime<Utc>,
    pub(crate) stopwatch: fn() -> u64,
    pub(crate) seed: u64,
    pub(crate) redactor: Redactor,
    pub(crate) bar: Bar,
}

impl With<'_> {
    /// A variable that is set to something.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Plans and writes nothing: no writer is ever made.
pub(super) async fn plan(args: &Plan, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    Ok(match look(&args.at, with, sink).await? {
        Looked::Whole(ending, true) if args.detailed_exitcode => ending.max(Ending::Findings).code(),
        Looked::Whole(ending, _) => ending.code(),
        Looked::Interrupted(code) => code,
    })
}

/// Does what has to be done.
pub(super) async fn apply(args: &Apply, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    let paused = with.var("PODKEEPER_PAUSE").is_some_and(|value| value != "0");
    if paused {
        sink.note("PODKEEPER_PAUSE is set: nothing is written");
    }
    if args.dry_run || paused {
        return Ok(match look(&args.at, with, sink).await? {
            // What waits is a brake's doing, and the next run takes it up.
            Looked::Whole(ending, true) if paused => ending.max(Ending::Incomplete).code(),
            Looked::Whole(ending, _) => ending.code(),
            Looked::Interrupted(code) => code,
        });
    }
    if args.at.now.is_some() && args.at.gitlab.sandbox.is_none() {
        return Err(Halt::usage("--now is for `plan` and the sandbox: `apply` goes by the clock"));
    }
    let started = (with.stopwatch)();
    let prepared = Prepared::new(&args.at, with).await?;
    let Prepared { pods, max_writes, door, others, .. } = &prepared;
    let (reader, writer) = connect_to_write(&door.access, door.now).map_err(Halt::usage)?;
    let reader = reader.with_others(others.clone());
    let stop = Stop::default();
    let mode = Mode::Apply { writer: &writer, agreed: args.plan.as_deref(), stop: &stop };
    let mut signals = Signals::listen().map_err(|error| Halt { ending: Ending::Bug, sentence: error.to_string() })?;
    let web = super::web::web(Some(door), super::web::settings(Limits::CAREFUL, with)?, prepared.github.clone())?;
    let policy = prepared.policy();
    let eyes = Eyes { reader: &reader, web: Some(&web), policy: &policy };
    let work = with.bar.during(run(pods, eyes, mode, door.moment(), *max_writes));
    tokio::pin!(work);
    let mut signalled = None;
    let runs = tokio::select! {
        runs = &mut work => Some(runs),
        code = signals.next() => {
            sink.note("interrupted: finishing the call in hand; once more to end at once");
            stop.ask();
            signalled = Some(code);
            tokio::select! {
                runs = &mut work => Some(runs),
                _ = signals.next() => None,
                () = tokio::time::sleep(GRACE) => None,
            }
        }
    };
    let Some(runs) = runs else {
        // Nobody knows what the call in hand will come to, but what was sent before is known.
        let trail = reader.counts().trail(door.now);
        sink.note("ended in the middle of a call; run podkeeper again, it takes up what is left");
        for sent in &trail {
            let answer = sent.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            sink.note(&format!("sent before: {} {} ({answer})", sent.method, sent.path));
        }
        tokio::select! {
            failed = files::write_trail(&args.at.report, &trail, sink) => failed.iter().for_each(|why| sink.error(why)),
            _ = signals.next() => {}
        }
        return Ok(signalled.unwrap_or_default());
    };
    let runs = runs.map_err(|Stale { stamp }| Halt {
        ending: Ending::Human,
        sentence: format!(
            "the plan is another one now, so nothing was written; look at `podkeeper plan` again (stamp {stamp})"
        ),
    })?;
    let took_ms = (with.stopwatch)() - started;
    let telling = Telling { at: &args.at, planned: false, door: &prepared.door, reader: &reader, took_ms };
    let ending = match tell(&runs, &telling, &mut signals, with, sink).await {
        Ok(ending) => ending,
        Err(code) => return Ok(signalled.unwrap_or(code)),
    };
    let shown = with.global.format == Format::Text && !with.global.quiet && prepared.door.is_own_box();
    if shown {
        let lines = replay(&args.at, with);
        sink.out(&format!("\n{lines}\n"));
    }
    Ok(signalled.unwrap_or_else(|| ending.code()))
}

/// The lines that replay this run against a box to click through.
fn replay(at: &At, with: &With<'_>) -> String {
    let config = &with.global.config;
    let named = (config != std::path::Path::new("config")).then(|| quoted(&config.display().to_string()));
    let mut program = vec!["podkeeper".to_owned()];
    program.extend(named.into_iter().flat_map(|config| ["--config".to_owned(), config]));
    let mut serve = [program.clone(), vec!["sandbox".to_owned()]].concat();
    if let Some(now) = at.now {
        serve.extend(["--now".to_owned(), now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)]);
    }
    if let Some(page) = &at.gitlab.own_page {
        serve.extend(["--page".to_owned(), quoted(&page.display().to_string())]);
    }
    let mut apply = [program, vec!["apply".to_owned()]].concat();
    apply.extend(at.pods.iter().map(|pod| quoted(pod)));
    apply.push("--sandbox=http://127.0.0.1:8080".to_owned());
    format!("To look around in a box like this one:\n  {} &\n  {}", serve.join(" "), apply.join(" "))
}

/// A word as a shell takes it whole.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What came of a look.
enum Looked {
    /// It ended by itself; whether changes are pending.
    Whole(Ending, bool),
    /// A signal ended it; the exit code that goes with it.
    Interrupted(u8),
}

/// Looks and decides, and tells.
async fn look(at: &At, with: &With<'_>, sink: &mut Sink) -> Result<Looked, Halt> {
    let started = (with.stopwatch)();
    let prepared = Prepared::new(at, with).await?;
    let reader = connect(&prepared.door.access).map_err(Halt::usage)?.with_others(prepared.others.clone());
    let web =
        super::web::web(Some(&prepared.door), super::web::settings(Limits::CAREFUL, with)?, prepared.github.clone())?;
    let policy = prepared.policy();
    let eyes = Eyes { reader: &reader, web: Some(&web), policy: &policy };
    let mut signals = Signals::listen().map_err(|error| Halt { ending: Ending::Bug, sentence: error.to_string() })?;
    let work = run(&prepared.pods, eyes, Mode::Plan, prepared.door.moment(), prepared.max_writes);
    let runs = tokio::select! {
        runs = with.bar.during(work) => runs.unwrap_or_default(),
        code = signals.next() => {
            sink.note("interrupted; nothing was written");
            return Ok(Looked::Interrupted(code));
        }
    };
    let took_ms = (with.stopwatch)() - started;
    let telling = Telling { at, planned: true, door: &prepared.door, reader: &reader, took_ms };
    let ending = match tell(&runs, &telling, &mut signals, with, sink).await {
        Ok(ending) => ending,
        Err(code) => return Ok(Looked::Interrupted(code)),
    };
    Ok(Looked::Whole(ending, runs.iter().any(|run| !run.plan.is_empty())))
}

/// The pods that were asked for and the way to their GitLab.
struct Prepared {
    pods: Vec<Pod>,
    max_writes: usize,
    door: Door,
    /// The readers of other instances.
    others: BTreeMap<String, Reader>,
    /// What GitHub's API is asked with, if it is.
    github: Option<HeaderValue>,
    /// What other jobs saw of links.
    seen: Option<Arc<Seen>>,
}

impl Prepared {
    async fn new(at: &At, with: &With<'_>) -> Result<Self, Halt> {
        if let Some(why) = files::misplaced(&at.report) {
            return Err(Halt::usage(why));
        }
        let config = with.config()?;
        let pods = chosen(&config.pods, &at.pods)?;
        let door = door::open(&at.gitlab, at.now, Purpose::Pairing, &config, with).await?;
        let tasks = tasks(&at.task);
        let adapted = |pod: Pod| Pod { instance: door.access.url.clone(), tasks: tasks.clone(), ..pod };
        let pods = pods.into_iter().map(adapted).collect();
        let others = super::instances::readers(&door, &config, with)?;
        let github = super::web::github(&door, &config, with)?;
        let seen = at.observations.as_deref().map(|pattern| kept::seen(pattern, &at.gitlab, &door)).transpose()?;
        Ok(Self { pods, max_writes: config.max_writes, door, others, github, seen: seen.map(Arc::new) })
    }

    /// How links are judged.
    fn policy(&self) -> Policy {
        Policy { seen: self.seen.clone(), ..super::web::policy(&self.door) }
    }
}

/// The tasks that were asked for; all of them without any.
fn tasks(asked: &[args::Task]) -> BTreeSet<Task> {
    let named = |task: Task| match task {
        Task::Sessions => args::Task::Sessions,
        Task::Labels => args::Task::Labels,
        Task::Roster => args::Task::Roster,
        Task::Links => args::Task::Links,
    };
    Task::ALL
        .into_iter()
        .map(|(task, _)| task)
        .filter(|task| asked.is_empty() || asked.contains(&named(*task)))
        .collect()
}

/// The pods of these keys, each once; all of them without any.
fn chosen(pods: &[Pod], keys: &[String]) -> Result<Vec<Pod>, Halt> {
    if let Some(unknown) = keys.iter().find(|key| !pods.iter().any(|pod| pod.key.as_str() == **key)) {
        let known: Vec<&str> = pods.iter().map(|pod| pod.key.as_str()).collect();
        let alike = known.iter().find(|pod| strsim::jaro_winkler(&pod.to_lowercase(), &unknown.to_lowercase()) > 0.8);
        let alike = alike.map(|pod| format!("; did you mean `{pod}`?")).unwrap_or_default();
        return Err(Halt::usage(format!(
            "there is no pod `{unknown}` in the configuration; its pods are {}{alike}",
            known.join(", ")
        )));
    }
    Ok(pods.iter().filter(|pod| keys.is_empty() || keys.iter().any(|key| pod.key.as_str() == key)).cloned().collect())
}

/// What is told beside the runs themselves.
struct Telling<'a> {
    at: &'a At,
    planned: bool,
    door: &'a Door,
    reader: &'a crate::gitlab::Reader,
    took_ms: u64,
}

/// Prints and writes what came of it.
///
/// # Errors
/// The exit code of a signal that came while a report could not be written.
async fn tell(
    runs: &[Run],
    telling: &Telling<'_>,
    signals: &mut Signals,
    with: &With<'_>,
    sink: &mut Sink,
) -> Result<Ending, u8> {
    let plans: Vec<_> = runs.iter().map(|run| &run.plan).collect();
    let stamp = stamp(&plans);
    let counts = telling.reader.counts();
    let told = Told {
        runs,
        planned: telling.planned,
        now: telling.door.now,
        stamp: &stamp,
        requests: (counts.reads(), counts.writes()),
        // A job's log is read by whoever sees the pipeline.
        audience: if with.var("CI").is_some() { Audience::Team } else { Audience::Confidential },
        took_ms: telling.took_ms,
    };
    match with.global.format {
        Format::Json => sink.out(&json::text(&told)),
        Format::Text => {
            let detail = match (with.global.quiet, with.global.verbose) {
                (true, 0) => Detail::Quiet,
                (false, 0) => Detail::Normal,
                (_, _) => Detail::Full,
            };
            sink.painted(&terminal::text(&told, detail));
        }
    }
    let trail = counts.trail(telling.door.now);
    let failed = tokio::select! {
        failed = files::write(&telling.at.report, &told, &trail, sink) => failed,
        code = signals.next() => {
            sink.note("interrupted while a report was written; the work itself is done");
            return Err(code);
        }
    };
    for sentence in &failed {
        sink.error(sentence);
    }
    Ok(if failed.is_empty() { told.ending() } else { told.ending().max(Ending::Incomplete) })
}
