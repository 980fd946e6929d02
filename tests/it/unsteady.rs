//! A GitLab that fails in small ways, run after run: one answer in twenty, and of a write one in four, has a wrong
//! date, is a middlebox's page, has lost what tells of pages, or is kind about a write that was dropped. One good run
//! later all is as if nothing had been.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, Failure};
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::run::{Ending, Run};
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::faults::{Fault, Trouble};

use crate::crash::{self, Ends, canonical};
use crate::support::{Bent, Draw, Stage, now, shipped, straight};
use crate::tally::by_key;

/// One question in so many meets trouble, and one write: there are few of those.
const ONE_IN: (usize, usize) = (20, 4);

/// As many as a test has time for; the scoreboard has 500.
const SEEDS: u64 = 60;

#[tokio::test(start_paused = true)]
async fn an_unsteady_gitlab_ends_with_one_issue() {
    let unsteady = seeds(0..SEEDS, straight).await;
    let Unsteady { dates, forbidden, incomplete, stripped, dropped, .. } = unsteady;
    println!(
        "{dates} wrong dates, {forbidden} pages of a middlebox ({incomplete} runs incomplete), {stripped} answers without \
         paging, {dropped} dropped writes"
    );
    unsteady.ends.all("seeds of an unsteady GitLab", 60);
    assert!([dates, forbidden, incomplete, stripped, dropped].iter().all(|count| *count > 9));
}

/// The judge can find an issue of a wrong week.
#[tokio::test(start_paused = true)]
async fn a_worker_that_believes_the_first_date_is_caught() {
    let Ends { of, well, .. } = seeds(0..SEEDS, crate::doubles::believes_the_first_date).await.ends;
    println!("sabotage: {} of {of} seeds end otherwise", of - well);
    assert!(of - well > 0);
}

/// And a second issue of the right one.
#[tokio::test(start_paused = true)]
async fn a_worker_that_repeats_its_creates_is_caught() {
    let doubles = seeds(0..SEEDS, crate::cut::repeats_blindly).await.ends.writes.doubles;
    println!("sabotage: {doubles} doubles");
    assert!(doubles > 0);
}

/// What came of the seeds, and what they met.
#[derive(Default)]
pub(crate) struct Unsteady {
    pub(crate) ends: Ends,
    dates: usize,
    forbidden: usize,
    stripped: usize,
    dropped: usize,
    /// Runs that met nothing but a middlebox's page and said that they were not complete.
    incomplete: usize,
}

/// What happens between the runs of a seed.
const STORIES: [&[fn(&mut Stage)]; 5] = [
    &[crash::nothing, crash::nothing],
    &[crash::lose_label, crash::move_session],
    &[crash::move_session, crash::mend_one],
    &[crash::mend_one, crash::lose_label],
    &[crash::unblock, crash::move_session],
];

/// Three runs over a GitLab that is unsteady, then two good ones.
pub(crate) async fn seeds(seeds: std::ops::Range<u64>, bent: Bent) -> Unsteady {
    let mut all = Unsteady::default();
    let start = Stage::of(shipped().pods, now());
    let mut wanted = Vec::new();
    for story in STORIES {
        let mut stage = start.copy();
        for happens in story {
            good(&stage).await;
            happens(&mut stage);
        }
        assert_eq!((good(&stage).await, good(&stage).await), (Ending::Done, Ending::Done));
        wanted.push(stage);
    }
    for seed in seeds {
        let at = usize::try_from(seed).unwrap() % STORIES.len();
        let stage = start.copy();
        let end = tells(seed, stage, STORIES[at], &wanted[at], &start, bent, &mut all).await;
        all.ends.count(end.map_err(|why| format!("seed {seed}: {why}")));
    }
    all
}

async fn good(stage: &Stage) -> Ending {
    ending(&stage.work_by_clock_over(stage.exchange()).await)
}

fn ending(runs: &[Run]) -> Ending {
    runs.iter().map(Run::ending).max().unwrap()
}

/// One seed's story: what was wrong with it, if something was.
async fn tells(
    seed: u64,
    mut stage: Stage,
    story: &[fn(&mut Stage)],
    wanted: &Stage,
    start: &Stage,
    bent: Bent,
    all: &mut Unsteady,
) -> Result<(), String> {
    let draw = Arc::new(tokio::sync::Mutex::new(Draw(seed)));
    let mut wrong = Ok(());
    for round in 0..=story.len() {
        let server = Arc::new(Server {
            inner: stage.exchange(),
            sandbox: stage.sandbox.clone(),
            draw: Arc::clone(&draw),
            met: Mutex::default(),
        });
        let runs = stage.work_by_clock_over(bent(Arc::clone(&server) as Arc<dyn Exchange>)).await;
        let met = std::mem::take(&mut *server.met.lock().unwrap());
        all.meets(&met, &runs);
        wrong = wrong.and(judged(&met, &runs).map_err(|why| format!("round {round}, {met:?}: {why}")));
        if let Some(happens) = story.get(round) {
            happens(&mut stage);
        }
    }
    let first = ending(&stage.work_by_clock_over(bent(stage.exchange())).await);
    let wrote = stage.journal().len();
    let second = ending(&stage.work_by_clock_over(bent(stage.exchange())).await);
    let rewrote = stage.journal().len() - wrote;
    all.ends.writes.alone(&start.look(|world| by_key(world, false)), &stage);
    all.ends.writes.rerun(rewrote);
    wrong?;
    if (first, second, rewrote) != (Ending::Done, Ending::Done, 0) {
        return Err(format!("the good runs end as {first:?} and {second:?}, and the second writes {rewrote} times"));
    }
    let (open, right) = (stage.look(|world| by_key(world, true)), wanted.look(|world| by_key(world, true)));
    if open != right || open.values().any(|count| *count != 1) {
        return Err(format!("open are {open:?} instead of {right:?}"));
    }
    let (found, wanted) = (canonical(&stage), canonical(wanted));
    let differ: BTreeSet<_> = found.symmetric_difference(&wanted).collect();
    if differ.is_empty() { Ok(()) } else { Err(format!("otherwise than without troubles: {differ:#?}")) }
}

/// Whether a run says what it met.
fn judged(met: &[Met], runs: &[Run]) -> Result<(), String> {
    let ended = ending(runs);
    let outcomes = || runs.iter().flat_map(|run| &run.outcomes);
    let dropped: Vec<&String> = met.iter().filter(|met| met.0 == Kind::Dropped).map(|Met(_, what)| what).collect();
    for what in &dropped {
        let refused = outcomes()
            .filter(|(action, outcome)| action.subject() == **what && matches!(outcome, Outcome::Refused(..)));
        if refused.count() < dropped.iter().filter(|other| other == &what).count() {
            return Err(format!("a write about {what} was dropped: {:?}", outcomes().collect::<Vec<_>>()));
        }
    }
    let unknown = || format!("{:?}", runs.iter().flat_map(|run| &run.unknown).collect::<Vec<_>>());
    // Two wrong dates are in a minority wherever they stand.
    let few_dates = met.len() <= 2 && met.iter().all(|met| met.0 == Kind::Date);
    let right = match ended {
        Ending::Human => !dropped.is_empty(),
        Ending::Incomplete => dropped.is_empty() && !met.is_empty() && !few_dates,
        Ending::Done => dropped.is_empty(),
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("it ended as {ended:?}: {}", unknown())) }
}

impl Unsteady {
    fn meets(&mut self, met: &[Met], runs: &[Run]) {
        for Met(kind, _) in met {
            *match kind {
                Kind::Date => &mut self.dates,
                Kind::Forbidden => &mut self.forbidden,
                Kind::Stripped => &mut self.stripped,
                Kind::Dropped => &mut self.dropped,
            } += 1;
        }
        let forbidden = !met.is_empty() && met.iter().all(|Met(kind, _)| *kind == Kind::Forbidden);
        self.incomplete += usize::from(forbidden && ending(runs) == Ending::Incomplete);
    }
}

// ---- The server ----

/// What a request met, and what it was about.
#[derive(Debug)]
struct Met(Kind, String);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The date is wrong.
    Date,
    /// A middlebox's 403.
    Forbidden,
    /// No header tells of pages.
    Stripped,
    /// A write was answered and not done.
    Dropped,
}

/// The box, with a fault of its own for one request in twenty.
struct Server {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    /// Held for as long as a request takes, so that its fault strikes no other.
    draw: Arc<tokio::sync::Mutex<Draw>>,
    met: Mutex<Vec<Met>>,
}

/// By how many seconds a date is off: minutes to years, both ways.
const OFF: [i64; 6] = [11 * 60, 3 * 3_600, 86_400, 8 * 86_400, 40 * 86_400, 2 * 365 * 86_400];

#[async_trait::async_trait]
impl Exchange for Server {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let mut draw = self.draw.lock().await;
        let write =
            matches!(*request.method(), Method::POST | Method::PUT) && !request.uri().path().ends_with("/graphql");
        if draw.below(if write { ONE_IN.1 } else { ONE_IN.0 }) > 0 {
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
                let off = OFF[draw.below(OFF.len())] * if draw.below(2) == 0 { 1 } else { -1 };
                (Fault::once(Trouble::WrongDate(off)), Met(Kind::Date, format!("{off} s")))
            }
            1 => {
                let forbidden = Fault::once(Trouble::HtmlForbidden);
                // What is refused on its way back was done before.
                let after = draw.below(2) == 0;
                (if after { forbidden.after_effect() } else { forbidden }, Met(Kind::Forbidden, what))
            }
            2 => (Fault::once(Trouble::StrippedPaging), Met(Kind::Stripped, what)),
            _ => (Fault::once(Trouble::Dropped), Met(Kind::Dropped, about)),
        };
        self.sandbox.change(|world| world.faults.api = vec![fault]);
        let answer = self.inner.exchange(request).await;
        self.sandbox.change(|world| world.faults.api.clear());
        // One that GitLab would have refused anyhow was not dropped.
        let struck = met.0 != Kind::Dropped || answer.as_ref().is_ok_and(|it| it.status().is_success());
        self.met.lock().unwrap().extend(struck.then_some(met));
        answer
    }
}
