//! The figures: each task runs sweeps of `tests/it` and says what came of them.

use chrono::TimeDelta;
use podkeeper::decide::links::assess;
use podkeeper::pod::observed::Observed;

use crate::board::{Board, Part};
use crate::sabotage::{on_a_virtual_clock, on_the_clock};
use crate::support::straight;
use crate::{
    address, alarms, bombs, brake, calendar, crash, cut, edits, fidelity, hostile, inert, members, numbers, pages,
    redirects, reports, respelled, roster, sabotage, sessions, shown, sinks, unsteady, year,
};

const ONE: &str = "One issue, whatever happens";
const QUIET: &str = "Quiet, and as it was told";
const WORDS: &str = "People's words stay";
const ALARMS: &str = "No false alarm, and no silence";
const HARM: &str = "Nothing from outside does harm";
const BOARD: &str = "And each of these can be anything else";

/// A task of the board.
pub(crate) struct Task {
    /// Runs it; `true` asks for the long sweeps.
    pub(crate) run: fn(bool) -> Part,
    /// About how many seconds it takes: the longest begin first.
    pub(crate) weight: u32,
}

const fn task(weight: u32, run: fn(bool) -> Part) -> Task {
    Task { run, weight }
}

/// All tasks that run in memory, in the order in which the board shows them.
pub(crate) const IN_MEMORY: &[Task] = &[
    task(4, kills),
    task(9, kills_in_pairs),
    task(6, two_workers),
    task(10, three_workers),
    task(8, reports_of_two_workers),
    task(15, cut_answers),
    task(1, listings),
    task(30, unsteady_seeds),
    task(25, saved_in_an_editor),
    task(20, saved_while_two_work),
    task(12, another_account),
    task(1, faults_by_number),
    task(4, weeks),
    task(5, a_year),
    task(1, told_by_a_plan),
    task(1, quiet_run),
    task(20, histories_first_half),
    task(20, histories_second_half),
    task(2, links_that_fail),
    task(6, links_that_last),
    task(6, members_that_last),
    task(2, pages_cut),
    task(15, cut_answers_of_the_whole_job),
    task(1, everything_shown),
    task(8, smuggled),
    task(1, vectors),
    task(1, parser_bombs),
    task(15, sabotages),
];

/// What runs on sockets and a real clock: by itself, because its servers wait for nobody.
pub(crate) const ON_SOCKETS: &[Task] = &[task(1, redirects_followed), task(2, hostile_servers)];

/// What is summed over all tasks.
pub(crate) fn sums(board: &Board) -> Part {
    let mut part = Part::default();
    let writes = &board.writes;
    part.none((ONE, "duplicates created", "creates"), writes.doubles, writes.creates, None);
    part.none((QUIET, "mutating calls on an unchanged re-run", "runs"), writes.rewrites, writes.reruns, None);
    let (bytes, seen) = sinks::searched();
    part.none((HARM, "token sightings", "bytes"), seen, bytes, None);
    part
}

// ------------------------------------------------------------------------------------------------------ one issue

fn kills(_: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(crash::points(&crash::everywhere()));
    part.all((ONE, "crash points that end as if never killed", ""), ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn kills_in_pairs(all: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(crash::pairs(&crash::everywhere(), if all { 20_000 } else { 1_000 }));
    part.all((ONE, "crash pairs that end as if never killed", ""), ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn two_workers(_: bool) -> Part {
    let mut part = Part::default();
    let orders = on_a_virtual_clock(sessions::orders_of_two(straight));
    part.all((ONE, "orders of two workers with one open issue", ""), orders.well, orders.of, orders.wrong);
    part.count(&orders.writes);
    part
}

fn three_workers(all: bool) -> Part {
    let mut part = Part::default();
    let orders = on_a_virtual_clock(sessions::orders_of_three(if all { 10_000 } else { 1_000 }));
    part.all((ONE, "orders of three workers with one open issue", ""), orders.well, orders.of, orders.wrong);
    part.count(&orders.writes);
    part
}

fn reports_of_two_workers(all: bool) -> Part {
    let mut part = Part::default();
    let orders = on_a_virtual_clock(reports::orders_of_two(if all { 2_000 } else { 300 }));
    part.all(
        (ONE, "orders of two workers with one open report of each kind", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part.count(&orders.writes);
    part
}

fn cut_answers(_: bool) -> Part {
    let mut part = Part::default();
    let cuts = on_a_virtual_clock(cut::everywhere(1, straight));
    let kinds = cuts.kinds.len();
    part.all((ONE, "kinds of answers cut at every byte", ""), kinds, kinds, None);
    part.all(
        (ONE, "cut answers after which the next run ends the work", ""),
        cuts.ends.well,
        cuts.ends.of,
        cuts.ends.wrong,
    );
    part.count(&cuts.ends.writes);
    part
}

/// `cargo test` runs them; what is counted here is that each number has at least one.
fn faults_by_number(_: bool) -> Part {
    let mut part = Part::default();
    let held = numbers::numbered();
    let missing: Vec<String> =
        (1..=37).filter(|fault| !held.contains_key(fault)).map(|fault| format!("F{fault}")).collect();
    let wrong = (!missing.is_empty()).then(|| missing.join(", "));
    part.all((ONE, "faults F1 to F37 with a test of their number", ""), 37 - missing.len(), 37, wrong);
    part
}

fn listings(_: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(pages::listings(straight));
    part.all((ONE, "listings read to their end, however they are paged", ""), ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn saved_in_an_editor(_: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(respelled::points(&crash::everywhere(), straight));
    let at = (ONE, "crash points with everything saved in an editor, nothing twice", "");
    part.all(at, ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn saved_while_two_work(_: bool) -> Part {
    let mut part = Part::default();
    for how in respelled::SAVES {
        let orders = on_a_virtual_clock(sessions::orders_of_two_saved(how));
        let at = (ONE, "orders of two workers and an editor with one open issue", "");
        part.all(at, orders.well, orders.of, orders.wrong);
        let orders = on_a_virtual_clock(reports::orders_of_two_saved(25, how));
        let at = (ONE, "orders of two workers and an editor with one report of each kind", "");
        part.all(at, orders.well, orders.of, orders.wrong);
    }
    part
}

fn another_account(_: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(respelled::renewed(&crash::everywhere()));
    let at = (ONE, "crash points with a token made anew, nothing twice", "");
    part.all(at, ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn unsteady_seeds(all: bool) -> Part {
    let mut part = Part::default();
    let ends = on_a_virtual_clock(unsteady::seeds(0..if all { 5_000 } else { 500 }, straight)).ends;
    part.all((ONE, "seeds of an unsteady GitLab that end with one issue", ""), ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

fn weeks(_: bool) -> Part {
    let mut part = Part::default();
    let walk = calendar::walk(200, calendar::by_product);
    part.all((ONE, "weeks of 2020 to 2060 with one key, in 200 zones", ""), walk.well, walk.weeks, walk.wrong);
    part
}

fn a_year(_: bool) -> Part {
    let mut part = Part::default();
    let end = on_a_virtual_clock(year::whole_year(11));
    let of = end.due + end.words;
    let wrong = end.wrong.first().cloned();
    part.all((ONE, "sessions and people's words of a year kept", ""), of.saturating_sub(end.wrong.len()), of, wrong);
    part.count(&end.counted);
    part
}

// ---------------------------------------------------------------------------------------------------------- quiet

fn told_by_a_plan(_: bool) -> Part {
    let mut part = Part::default();
    let told = on_a_virtual_clock(fidelity::told());
    part.all((QUIET, "requests of apply that plan told, in every scenario", ""), told.well, told.of, told.wrong);
    part
}

fn quiet_run(_: bool) -> Part {
    let mut part = Part::default();
    let asked = on_a_virtual_clock(fidelity::quiet());
    part.at_most((QUIET, "requests of a quiet run", ""), asked, fidelity::QUIET);
    part
}

// ---------------------------------------------------------------------------------------------------------- words

fn histories_first_half(all: bool) -> Part {
    histories(0..if all { 25_000 } else { 5_000 })
}

fn histories_second_half(all: bool) -> Part {
    if all { histories(25_000..50_000) } else { histories(5_000..10_000) }
}

fn histories(seeds: std::ops::Range<u64>) -> Part {
    let mut part = Part::default();
    let kept = on_a_virtual_clock(edits::histories(seeds, straight));
    let well = kept.histories - kept.harmed;
    part.all((WORDS, "histories of edits in which nothing of people's changes", ""), well, kept.histories, kept.wrong);
    part.none((WORDS, "human bytes lost", "bytes"), kept.lost, kept.bytes, None);
    part.count(&kept.writes);
    part
}

// --------------------------------------------------------------------------------------------------------- alarms

fn links_that_fail(_: bool) -> Part {
    let mut part = Part::default();
    let tally = alarms::sweep(TimeDelta::hours(3), assess);
    let at = (ALARMS, "spurious reports about links", "degraded worlds");
    part.none(at, tally.false_alarms, tally.worlds, None);
    part.all((ALARMS, "dead links told where they could be seen", ""), tally.told, tally.observable, None);
    part
}

fn links_that_last(all: bool) -> Part {
    what_lasts(brake::links(if all { 10 * brake::WORLDS } else { brake::WORLDS }, assess))
}

fn members_that_last(all: bool) -> Part {
    what_lasts(members::sweep(if all { 10 * members::WORLDS } else { members::WORLDS }, true))
}

/// One figure of links and members.
fn what_lasts(tally: brake::Tally) -> Part {
    let mut part = Part::default();
    let at = (ALARMS, "alarms in a bad hour", "worlds of links and members");
    part.all((ALARMS, "what lasts told within two looks", ""), tally.told, tally.observable, tally.wrong.clone());
    part.none(at, tally.false_alarms, tally.worlds, tally.wrong);
    part
}

fn pages_cut(_: bool) -> Part {
    let mut part = Part::default();
    let cuts = roster::page_cut_anywhere(Observed::Present);
    part.none((ALARMS, "spurious reports about members", "cut pages"), cuts.false_alarms, cuts.of, cuts.wrong);
    part
}

fn cut_answers_of_the_whole_job(all: bool) -> Part {
    let mut part = Part::default();
    let cuts = on_a_virtual_clock(cut::everywhere_in_the_whole_job(if all { 3 } else { 29 }));
    let (ends, at) = (cuts.ends, (ONE, "cut answers after which the next run ends the work", ""));
    part.none(
        (ALARMS, "spurious reports after a cut answer", "cut answers"),
        cuts.spurious,
        ends.of,
        cuts.first_spurious,
    );
    part.all(at, ends.well, ends.of, ends.wrong);
    part.count(&ends.writes);
    part
}

// ----------------------------------------------------------------------------------------------------------- harm

fn everything_shown(_: bool) -> Part {
    on_a_virtual_clock(shown::everything());
    Part::default()
}

fn redirects_followed(_: bool) -> Part {
    let mut part = Part::default();
    let met = on_the_clock(redirects::matrix(straight));
    // One that ended otherwise than it should is no better than one that was followed.
    let followed = met.followed + usize::from(met.wrong.is_some());
    part.none((HARM, "redirects followed with the token", "redirects"), followed, met.of, met.wrong);
    part
}

fn smuggled(all: bool) -> Part {
    let mut part = Part::default();
    let seen = on_a_virtual_clock(inert::everything(if all { 40_000 } else { 3_000 }));
    part.none((HARM, "texts that act in an issue", "hostile texts"), seen.acting, seen.bodies, seen.wrong);
    part
}

fn vectors(_: bool) -> Part {
    let mut part = Part::default();
    let reached = on_a_virtual_clock(address::vectors(address::as_shipped));
    part.all((HARM, "addresses of inner networks blocked", ""), reached.blocked, reached.of, reached.wrong);
    part.none((HARM, "connections to them", "addresses"), reached.connects, reached.of, None);
    part.all((HARM, "addresses right beside them allowed", ""), reached.allowed, reached.controls, None);
    part
}

fn hostile_servers(_: bool) -> Part {
    let mut part = Part::default();
    let met = on_the_clock(hostile::every_server());
    part.all((HARM, "hostile servers that end in time with the right verdict", ""), met.right, met.of, met.wrong);
    part.all((HARM, "links beside them that do not notice", ""), met.others_alive, 100, None);
    part
}

fn parser_bombs(_: bool) -> Part {
    let mut part = Part::default();
    let (survived, of) = bombs::set_off(|_| ());
    part.all((HARM, "parser bombs survived", ""), survived, of, None);
    part
}

// ------------------------------------------------------------------------------------------------------ sabotages

fn sabotages(_: bool) -> Part {
    let mut part = Part::default();
    let all = sabotage::all();
    let missed: Vec<&str> = all.iter().filter(|one| one.found == 0).map(|one| one.name).collect();
    let wrong = (!missed.is_empty()).then(|| format!("missed: {}", missed.join(", ")));
    part.all((BOARD, "sabotages caught", ""), all.len() - missed.len(), all.len(), wrong);
    part
}
