//! A GitLab that fails in small ways, run after run: one answer in twenty, and of a write one in four, has a wrong
//! date, is a middlebox's page, has lost its paging headers, or is kind about a write that was dropped. One good run
//! later all is as if nothing had been.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::faults::{Fault, FaultKind};

use crate::crash_recovery::{self, SweepResult, canonical_world_lines};
use crate::support::{Bent, SeededRandom, Stage, now, shipped_config, unchanged};
use crate::write_counts::issue_count_by_key;

/// One request in so many meets trouble, and one write: there are few of those.
const TROUBLE_RATE: (usize, usize) = (20, 4);

/// As many as a test has time for; the scoreboard has 500.
const SEEDS: u64 = 12;

#[tokio::test(start_paused = true)]
async fn an_unsteady_gitlab_ends_with_one_issue() {
    let unsteady = run_seeds(0..SEEDS, unchanged).await;
    let SeedsResult { dates, forbidden, incomplete, stripped, dropped, .. } = unsteady;
    println!(
        "{dates} wrong dates, {forbidden} pages of a middlebox ({incomplete} runs incomplete), {stripped} answers without \
         paging, {dropped} dropped writes"
    );
    unsteady.ends.assert_all_well("seeds of an unsteady GitLab", 12);
    assert!([dates, forbidden, incomplete, stripped, dropped].iter().all(|count| *count > 0));
}

/// The judge can find an issue of a wrong week: the date of a run's first answer is late, which alone decides nothing, and
/// a worker that believes it is caught.
#[tokio::test(start_paused = true)]
async fn a_worker_that_believes_the_first_date_is_caught() {
    let SweepResult { of, well, .. } = run_seeds(0..4, crate::doubles::first_date_is_late).await.ends;
    assert_eq!((of, well), (4, 4));
    let SweepResult { of, well, .. } = run_seeds(0..4, crate::doubles::believes_the_late_first_date).await.ends;
    println!("sabotage: {} of {of} seeds end otherwise", of - well);
    assert!(of - well > 0);
}

/// And a second issue of the right one.
#[tokio::test(start_paused = true)]
async fn a_worker_that_repeats_its_creates_is_caught() {
    let doubles = run_seeds(0..SEEDS, crate::truncated_answers::repeats_blindly).await.ends.writes.doubles;
    println!("sabotage: {doubles} doubles");
    assert!(doubles > 0);
}

/// What came of the seeds, and what they met.
#[derive(Default)]
pub(crate) struct SeedsResult {
    pub(crate) ends: SweepResult,
    dates: usize,
    forbidden: usize,
    stripped: usize,
    dropped: usize,
    /// Runs that met nothing but a middlebox's page and said that they were incomplete.
    incomplete: usize,
}

/// What happens between the runs of a seed.
const STORIES: [&[fn(&mut Stage)]; 5] = [
    &[crash_recovery::change_nothing, crash_recovery::change_nothing],
    &[crash_recovery::lose_label, crash_recovery::rename_channel],
    &[crash_recovery::rename_channel, crash_recovery::mend_one_link],
    &[crash_recovery::mend_one_link, crash_recovery::lose_label],
    &[crash_recovery::unblock_user, crash_recovery::rename_channel],
];

/// Three runs over a GitLab that is unsteady, then two good ones.
pub(crate) async fn run_seeds(seeds: std::ops::Range<u64>, bent: Bent) -> SeedsResult {
    let mut all = SeedsResult::default();
    let start = Stage::of(shipped_config().pods, now());
    let mut wanted = Vec::new();
    for story in STORIES {
        let mut stage = start.copy();
        for happens in story {
            run_undisturbed(&stage).await;
            happens(&mut stage);
        }
        assert_eq!(
            (run_undisturbed(&stage).await, run_undisturbed(&stage).await),
            (ExitStatus::Done, ExitStatus::Done)
        );
        wanted.push(stage);
    }
    for seed in seeds {
        let at = usize::try_from(seed).unwrap() % STORIES.len();
        let stage = start.copy();
        let end = run_seed(seed, stage, STORIES[at], &wanted[at], &start, bent, &mut all).await;
        all.ends.count(end.map_err(|why| format!("seed {seed}: {why}")));
    }
    all
}

async fn run_undisturbed(stage: &Stage) -> ExitStatus {
    exit_status(&stage.apply_all_by_clock_over(stage.exchange()).await)
}

fn exit_status(runs: &[PodRun]) -> ExitStatus {
    runs.iter().map(PodRun::exit_status).max().unwrap()
}

/// One seed's story: what was wrong with it, if something was.
async fn run_seed(
    seed: u64,
    mut stage: Stage,
    story: &[fn(&mut Stage)],
    wanted: &Stage,
    start: &Stage,
    bent: Bent,
    all: &mut SeedsResult,
) -> Result<(), String> {
    let draw = Arc::new(tokio::sync::Mutex::new(SeededRandom(seed)));
    let mut wrong = Ok(());
    for round in 0..=story.len() {
        let server = Arc::new(UnsteadyServer {
            inner: stage.exchange(),
            sandbox: stage.sandbox.clone(),
            draw: Arc::clone(&draw),
            met: Mutex::default(),
        });
        let runs = stage.apply_all_by_clock_over(bent(Arc::clone(&server) as Arc<dyn Exchange>)).await;
        let met = std::mem::take(&mut *server.met.lock().unwrap());
        all.count_met(&met, &runs);
        wrong = wrong.and(check_reported(&met, &runs).map_err(|why| format!("round {round}, {met:?}: {why}")));
        if let Some(happens) = story.get(round) {
            happens(&mut stage);
        }
    }
    let first = exit_status(&stage.apply_all_by_clock_over(bent(stage.exchange())).await);
    let wrote = stage.journal().len();
    let second = exit_status(&stage.apply_all_by_clock_over(bent(stage.exchange())).await);
    let rewrote = stage.journal().len() - wrote;
    all.ends.writes.count_single_worker(&start.with_world(|world| issue_count_by_key(world, false)), &stage);
    all.ends.writes.count_rerun(rewrote);
    wrong?;
    if (first, second, rewrote) != (ExitStatus::Done, ExitStatus::Done, 0) {
        return Err(format!("the good runs end as {first:?} and {second:?}, and the second writes {rewrote} times"));
    }
    let (open, right) = (
        stage.with_world(|world| issue_count_by_key(world, true)),
        wanted.with_world(|world| issue_count_by_key(world, true)),
    );
    if open != right || open.values().any(|count| *count != 1) {
        return Err(format!("open are {open:?} instead of {right:?}"));
    }
    let (found, wanted) = (lines_without_promises(&stage), lines_without_promises(wanted));
    let differ: BTreeSet<_> = found.symmetric_difference(&wanted).collect();
    if differ.is_empty() { Ok(()) } else { Err(format!("otherwise than without troubles: {differ:#?}")) }
}

/// The world without who is to host next week: that is said when an issue is opened, and who was blocked then is in no
/// turn, whatever happened later.
fn lines_without_promises(stage: &Stage) -> BTreeSet<String> {
    let without = |line: &str, from: &str, to: &str| match line.split_once(from) {
        Some((before, rest)) => format!("{before}{}", rest.split_once(to).map_or("", |(_, after)| after)),
        None => line.to_owned(),
    };
    let lines = canonical_world_lines(stage).into_iter();
    let parts = [("Next week: ", "\n"), ("next_hosts", "]"), ("\"lines\":", "]")];
    lines.map(|line| parts.iter().fold(line, |line, (from, to)| without(&line, from, to))).collect()
}

/// Whether a run says what it met.
fn check_reported(met: &[Trouble], runs: &[PodRun]) -> Result<(), String> {
    let ended = exit_status(runs);
    let outcomes = || runs.iter().flat_map(|run| &run.outcomes);
    let dropped: Vec<&String> =
        met.iter().filter(|met| met.0 == TroubleKind::Dropped).map(|Trouble(_, what)| what).collect();
    for what in &dropped {
        let refused = outcomes()
            .filter(|(action, outcome)| action.subject() == **what && matches!(outcome, Outcome::Refused(..)));
        if refused.count() < dropped.iter().filter(|other| other == &what).count() {
            return Err(format!("a write about {what} was dropped: {:?}", outcomes().collect::<Vec<_>>()));
        }
    }
    let unknown = || format!("{:?}", runs.iter().flat_map(|run| &run.read_failures).collect::<Vec<_>>());
    // Two wrong dates are in a minority wherever they stand.
    let few_dates = met.len() <= 2 && met.iter().all(|met| met.0 == TroubleKind::Date);
    let right = match ended {
        ExitStatus::NeedsHuman => !dropped.is_empty(),
        ExitStatus::Incomplete => dropped.is_empty() && !met.is_empty() && !few_dates,
        ExitStatus::Done => dropped.is_empty(),
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("it ended as {ended:?}: {}", unknown())) }
}

impl SeedsResult {
    fn count_met(&mut self, met: &[Trouble], runs: &[PodRun]) {
        for Trouble(kind, _) in met {
            *match kind {
                TroubleKind::Date => &mut self.dates,
                TroubleKind::Forbidden => &mut self.forbidden,
                TroubleKind::Stripped => &mut self.stripped,
                TroubleKind::Dropped => &mut self.dropped,
            } += 1;
        }
        let forbidden = !met.is_empty() && met.iter().all(|Trouble(kind, _)| *kind == TroubleKind::Forbidden);
        self.incomplete += usize::from(forbidden && exit_status(runs) == ExitStatus::Incomplete);
    }
}

// ---- The server ----

/// What a request met, and what it was about.
#[derive(Debug)]
struct Trouble(TroubleKind, String);

#[derive(Clone, Copy, Debug, PartialEq)]
enum TroubleKind {
    /// The date is wrong.
    Date,
    /// A middlebox's 403.
    Forbidden,
    /// The paging headers are gone.
    Stripped,
    /// A write was answered and not done.
    Dropped,
}

/// The sandbox, with a fault of its own for one request in twenty.
struct UnsteadyServer {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    /// Held for as long as a request takes, so that its fault strikes no other.
    draw: Arc<tokio::sync::Mutex<SeededRandom>>,
    met: Mutex<Vec<Trouble>>,
}

/// By how many seconds a date is off: minutes to years, both ways.
const DATE_OFFSETS: [i64; 6] = [11 * 60, 3 * 3_600, 86_400, 8 * 86_400, 40 * 86_400, 2 * 365 * 86_400];

#[async_trait::async_trait]
impl Exchange for UnsteadyServer {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let mut draw = self.draw.lock().await;
        let write =
            matches!(*request.method(), Method::POST | Method::PUT) && !request.uri().path().ends_with("/graphql");
        if draw.below(if write { TROUBLE_RATE.1 } else { TROUBLE_RATE.0 }) > 0 {
            return self.inner.exchange(request).await;
        }
        let put = *request.method() == Method::PUT;
        let what = format!("{} {}", request.method(), request.uri().path());
        let about = format!("#{}", request.uri().path().rsplit('/').next().unwrap_or_default());
        // Most troubles of a write are that it is dropped, or refused on its way there or back.
        let kind = match draw.below(if write { 6 } else { 3 }) {
            other @ 0..3 => other,
            _ if put => 3,
            _ => 1,
        };
        let (fault, met) = match kind {
            0 => {
                let off = DATE_OFFSETS[draw.below(DATE_OFFSETS.len())] * if draw.below(2) == 0 { 1 } else { -1 };
                (Fault::once(FaultKind::WrongDate(off)), Trouble(TroubleKind::Date, format!("{off} s")))
            }
            1 => {
                let forbidden = Fault::once(FaultKind::HtmlForbidden);
                // What is refused on its way back was done before.
                let after = draw.below(2) == 0;
                (if after { forbidden.with_effect() } else { forbidden }, Trouble(TroubleKind::Forbidden, what))
            }
            2 => (Fault::once(FaultKind::StrippedPaging), Trouble(TroubleKind::Stripped, what)),
            _ => (Fault::once(FaultKind::IgnoredPut), Trouble(TroubleKind::Dropped, about)),
        };
        self.sandbox.change_world(|world| world.faults.api = vec![fault]);
        let answer = self.inner.exchange(request).await;
        self.sandbox.change_world(|world| world.faults.api.clear());
        // One that GitLab would have refused anyhow was not dropped.
        let struck = met.0 != TroubleKind::Dropped || answer.as_ref().is_ok_and(|it| it.status().is_success());
        self.met.lock().unwrap().extend(struck.then_some(met));
        answer
    }
}
