//! The figures: each task runs sweeps of `tests/it` and says what came of them.

use chrono::TimeDelta;
use podkeeper::decide::links::assess;
use podkeeper::pod::limits::RunLimits;
use podkeeper::pod::observed::Observed;

use crate::board::{Board, TaskResult};
use crate::sabotage::{run_with_paused_clock, run_with_real_clock};
use crate::support::unchanged;
use crate::{
    closing_sessions, concurrent_reports, crash_recovery, false_alarms, fault_numbers, flaky_gitlab, hostile_servers,
    hostile_text, hugo_site, internal_addresses, labelled_projects, link_brake, paging, parser_bombs, peoples_edits,
    plain_tree, plan_matches_apply, redirects, rich_text_editor_saves, roster, roster_brake, run_time, sabotage,
    session_weeks, sessions, simulated_year, token_not_in_output, token_search, truncated_answers, year_of_pods,
};

const ONE_ISSUE_GROUP: &str = "One issue, whatever happens";
const QUIET_GROUP: &str = "Quiet, and as it was told";
const PEOPLES_WORDS_GROUP: &str = "People's words stay";
const ALARMS_GROUP: &str = "No false alarm, and no silence";
const HARM_GROUP: &str = "Nothing from outside does harm";
const SABOTAGE_GROUP: &str = "And each of these can be anything else";

/// A task of the board.
pub(crate) struct Task {
    /// Runs it; `true` asks for the long sweeps.
    pub(crate) run: fn(bool) -> TaskResult,
    /// About how many seconds it takes: the longest begin first.
    pub(crate) weight: u32,
}

const fn task(weight: u32, run: fn(bool) -> TaskResult) -> Task {
    Task { run, weight }
}

/// All tasks that run in memory, in the order in which the board shows them.
pub(crate) const IN_MEMORY: &[Task] = &[
    task(4, killed_once),
    task(9, killed_twice),
    task(6, two_workers),
    task(8, two_linking_workers),
    task(4, two_closing_workers),
    task(10, three_workers),
    task(8, reports_of_two_workers),
    task(15, cut_answers),
    task(1, paged_listings),
    task(30, unsteady_seeds),
    task(25, saved_in_an_editor),
    task(20, saved_while_two_work),
    task(12, another_account),
    task(1, faults_by_number),
    task(4, session_weeks_walked),
    task(20, rhythms_walked),
    task(5, a_year),
    task(5, a_year_of_three_pods),
    task(1, told_by_a_plan),
    task(1, quiet_run),
    task(20, histories_first_half),
    task(20, histories_second_half),
    task(4, labelled_projects_as_modelled),
    task(1, planted_faults),
    task(2, links_that_fail),
    task(6, links_that_last),
    task(6, members_that_last),
    task(2, pages_cut),
    task(15, cut_answers_of_the_whole_job),
    task(1, everything_shown),
    task(8, hostile_texts),
    task(1, internal_addresses_tried),
    task(1, parser_bombs),
    task(10, runs_amid_troubles),
    task(15, sabotages),
];

/// What runs on sockets and a real clock: by itself, because its servers wait for nobody.
pub(crate) const ON_SOCKETS: &[Task] = &[task(1, redirects_followed), task(2, hostile_servers)];

/// What is summed over all tasks.
pub(crate) fn sum_writes(board: &Board) -> TaskResult {
    let mut part = TaskResult::default();
    let writes = &board.writes;
    part.add_none((ONE_ISSUE_GROUP, "duplicates created", "creates"), writes.doubles, writes.creates, None);
    let rewrites = (QUIET_GROUP, "mutating calls on an unchanged re-run", "runs");
    part.add_none(rewrites, writes.rewrites, writes.reruns, writes.rewritten_at.clone());
    let (bytes, seen) = token_search::search_counts();
    part.add_none((HARM_GROUP, "token sightings", "bytes"), seen, bytes, None);
    part
}

// ------------------------------------------------------------------------------------------------------ one issue

fn killed_once(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(crash_recovery::kill_everywhere(&crash_recovery::all_scenarios(), 1));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "crash points that end as if never killed", ""),
        ends.well,
        ends.of,
        ends.wrong,
    );
    part.add_writes(&ends.writes);
    part
}

fn killed_twice(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(crash_recovery::kill_twice(
        &crash_recovery::all_scenarios(),
        if all { 20_000 } else { 1_000 },
    ));
    part.add_all_held((ONE_ISSUE_GROUP, "crash pairs that end as if never killed", ""), ends.well, ends.of, ends.wrong);
    part.add_writes(&ends.writes);
    part
}

fn two_workers(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let orders = run_with_paused_clock(sessions::run_two_workers(unchanged, 1));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "orders of two workers with one open issue", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part.add_writes(&orders.writes);
    part
}

fn two_linking_workers(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let orders = run_with_paused_clock(closing_sessions::open_with_two_workers(1));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "orders of two workers with one link", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part
}

fn two_closing_workers(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let orders = run_with_paused_clock(closing_sessions::close_with_two_workers(unchanged, 1));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "orders of two workers with one closing comment", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part
}

fn three_workers(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let orders = run_with_paused_clock(sessions::run_three_workers(if all { 10_000 } else { 1_000 }));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "orders of three workers with one open issue", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part.add_writes(&orders.writes);
    part
}

fn reports_of_two_workers(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let orders = run_with_paused_clock(concurrent_reports::run_two_workers(if all { 2_000 } else { 300 }));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "orders of two workers with one open report of each kind", ""),
        orders.well,
        orders.of,
        orders.wrong,
    );
    part.add_writes(&orders.writes);
    part
}

fn cut_answers(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let cuts = run_with_paused_clock(truncated_answers::cut_session_answers(1, unchanged));
    let kinds = cuts.kinds.len();
    part.add_all_held((ONE_ISSUE_GROUP, "kinds of answers cut at every byte", ""), kinds, kinds, None);
    part.add_all_held(
        (ONE_ISSUE_GROUP, "cut answers after which the next run ends the work", ""),
        cuts.ends.well,
        cuts.ends.of,
        cuts.ends.wrong,
    );
    part.add_writes(&cuts.ends.writes);
    part
}

/// `cargo test` runs them; what is counted here is that each number has at least one.
fn faults_by_number(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let held = fault_numbers::tests_by_fault();
    let missing: Vec<String> =
        (1..=37).filter(|fault| !held.contains_key(fault)).map(|fault| format!("F{fault}")).collect();
    let wrong = (!missing.is_empty()).then(|| missing.join(", "));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "faults F1 to F37 with a test of their number", ""),
        37 - missing.len(),
        37,
        wrong,
    );
    part
}

fn paged_listings(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(paging::check_all_caps(unchanged));
    part.add_all_held(
        (ONE_ISSUE_GROUP, "listings read to their end, however they are paged", ""),
        ends.well,
        ends.of,
        ends.wrong,
    );
    part.add_writes(&ends.writes);
    part
}

fn saved_in_an_editor(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let scenarios = crash_recovery::all_scenarios();
    let ends = run_with_paused_clock(rich_text_editor_saves::kill_and_save_everywhere(&scenarios, 1, unchanged));
    let at = (ONE_ISSUE_GROUP, "crash points with everything saved in an editor, nothing twice", "");
    part.add_all_held(at, ends.well, ends.of, ends.wrong);
    part.add_writes(&ends.writes);
    part
}

fn saved_while_two_work(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    for how in rich_text_editor_saves::SAVES {
        let orders = run_with_paused_clock(sessions::run_two_workers_with_saves(how, 1));
        let at = (ONE_ISSUE_GROUP, "orders of two workers and an editor with one open issue", "");
        part.add_all_held(at, orders.well, orders.of, orders.wrong);
        let orders = run_with_paused_clock(concurrent_reports::run_two_workers_with_saves(25, how));
        let at = (ONE_ISSUE_GROUP, "orders of two workers and an editor with one report of each kind", "");
        part.add_all_held(at, orders.well, orders.of, orders.wrong);
    }
    part
}

fn another_account(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(rich_text_editor_saves::kill_and_renew_token(&crash_recovery::all_scenarios(), 1));
    let at = (ONE_ISSUE_GROUP, "crash points with a token made anew, nothing twice", "");
    part.add_all_held(at, ends.well, ends.of, ends.wrong);
    part.add_writes(&ends.writes);
    part
}

fn unsteady_seeds(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(flaky_gitlab::run_seeds(0..if all { 5_000 } else { 500 }, unchanged)).ends;
    part.add_all_held(
        (ONE_ISSUE_GROUP, "seeds of an unsteady GitLab that end with one issue", ""),
        ends.well,
        ends.of,
        ends.wrong,
    );
    part.add_writes(&ends.writes);
    part
}

fn session_weeks_walked(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let walk = session_weeks::walk_zones(200, session_weeks::product_key);
    part.add_all_held(
        (ONE_ISSUE_GROUP, "weeks of 2020 to 2060 with one key, in 200 zones", ""),
        walk.well,
        walk.weeks,
        walk.wrong,
    );
    part
}

fn rhythms_walked(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let sweep = session_weeks::sweep_rhythms(1);
    part.add_all_held(
        (ONE_ISSUE_GROUP, "sessions of 2020 to 2060 as on a wall calendar, in all zones and rhythms", ""),
        sweep.well,
        sweep.sessions,
        sweep.wrong,
    );
    part
}

fn a_year(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let end = run_with_paused_clock(simulated_year::run_year(11, simulated_year::DAYS));
    let of = end.due + end.words;
    let wrong = end.wrong.first().cloned();
    part.add_all_held(
        (ONE_ISSUE_GROUP, "sessions and people's words of a year kept", ""),
        of.saturating_sub(end.wrong.len()),
        of,
        wrong,
    );
    part.add_writes(&end.counted);
    part
}

fn a_year_of_three_pods(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let end = run_with_paused_clock(year_of_pods::run_year(3, year_of_pods::DAYS));
    let of = end.sessions + end.carried + end.words;
    part.add_all_held(
        (ONE_ISSUE_GROUP, "sessions, carried tasks and people's words of a year of three pods", ""),
        of.saturating_sub(end.wrong.len()),
        of,
        end.wrong.first().cloned(),
    );
    part
}

// ---------------------------------------------------------------------------------------------------------- quiet

fn told_by_a_plan(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let reported = run_with_paused_clock(plan_matches_apply::compare_all_scenarios());
    part.add_all_held(
        (QUIET_GROUP, "requests of apply that plan told, in every scenario", ""),
        reported.well,
        reported.of,
        reported.wrong,
    );
    part
}

fn quiet_run(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let asked = run_with_paused_clock(plan_matches_apply::count_quiet_requests());
    part.add_at_most((QUIET_GROUP, "requests of a quiet run", ""), asked, plan_matches_apply::MAX_QUIET_REQUESTS);
    part
}

// ---------------------------------------------------------------------------------------------------------- words

fn histories_first_half(all: bool) -> TaskResult {
    histories(0..if all { 25_000 } else { 5_000 })
}

fn histories_second_half(all: bool) -> TaskResult {
    if all { histories(25_000..50_000) } else { histories(5_000..10_000) }
}

fn labelled_projects_as_modelled(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let worlds = if all { 10 * labelled_projects::PROJECTS } else { labelled_projects::PROJECTS };
    let tally = labelled_projects::sweep(worlds, labelled_projects::read_removals);
    part.add_none(
        (PEOPLES_WORDS_GROUP, "labels against a person's removal or over another pod's", "pairing projects"),
        tally.against_people,
        tally.of,
        None,
    );
    part.add_all_held(
        (PEOPLES_WORDS_GROUP, "pairing projects in which the label is where a naive model has it", ""),
        tally.well,
        tally.of,
        tally.wrong,
    );
    part
}

fn histories(seeds: std::ops::Range<u64>) -> TaskResult {
    let mut part = TaskResult::default();
    let kept = run_with_paused_clock(peoples_edits::histories(seeds, unchanged));
    let well = kept.histories - kept.harmed;
    part.add_all_held(
        (PEOPLES_WORDS_GROUP, "histories of edits in which nothing of people's changes", ""),
        well,
        kept.histories,
        kept.wrong,
    );
    part.add_none((PEOPLES_WORDS_GROUP, "human bytes lost", "bytes"), kept.lost, kept.bytes, None);
    part.add_writes(&kept.writes);
    part
}

// --------------------------------------------------------------------------------------------------------- alarms

/// Faults that were planted in invented sites and in a repository: Hugo's build, and whoever planted them, say which.
fn planted_faults(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let (site, tree) = (hugo_site::compare_with_hugo(), plain_tree::compare_with_labels());
    for (found, rightly, planted) in [
        ("planted faults of Hugo sites found", "what is called dead there is dead in Hugo's build", site),
        ("planted faults of a repository found", "what is called dead there is a planted fault", tree),
    ] {
        let wrong = || planted.missed.first().or(planted.wrong.first()).cloned();
        part.add_nearly_all((ALARMS_GROUP, found, ""), planted.found, planted.faults, 950, wrong());
        part.add_nearly_all((ALARMS_GROUP, rightly, ""), planted.rightly, planted.called_dead, 995, wrong());
    }
    part
}

fn links_that_fail(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let tally = false_alarms::sweep_worlds(false_alarms::SEEDS, TimeDelta::hours(3), assess);
    let at = (ALARMS_GROUP, "spurious reports about links", "degraded worlds");
    part.add_none(at, tally.false_alarms, tally.worlds, None);
    part.add_all_held(
        (ALARMS_GROUP, "dead links told where they could be seen", ""),
        tally.reported,
        tally.observable,
        None,
    );
    part
}

fn links_that_last(all: bool) -> TaskResult {
    brake_figure(link_brake::sweep_links(if all { 10 * link_brake::WORLDS } else { link_brake::WORLDS }, assess))
}

fn members_that_last(all: bool) -> TaskResult {
    brake_figure(roster_brake::sweep(if all { 10 * roster_brake::WORLDS } else { roster_brake::WORLDS }, true))
}

/// One figure of links and members.
fn brake_figure(tally: link_brake::Tally) -> TaskResult {
    let mut part = TaskResult::default();
    let at = (ALARMS_GROUP, "alarms in a bad hour", "worlds of links and members");
    part.add_all_held(
        (ALARMS_GROUP, "what lasts told within two looks", ""),
        tally.reported,
        tally.observable,
        tally.wrong.clone(),
    );
    part.add_none(at, tally.false_alarms, tally.worlds, tally.wrong);
    part
}

fn pages_cut(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let cuts = roster::cut_pages_everywhere(Observed::Present);
    part.add_none(
        (ALARMS_GROUP, "spurious reports about members", "cut pages"),
        cuts.false_alarms,
        cuts.of,
        cuts.wrong,
    );
    part
}

fn cut_answers_of_the_whole_job(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let cuts = run_with_paused_clock(truncated_answers::cut_whole_job_answers(if all { 3 } else { 29 }));
    let (ends, at) = (cuts.ends, (ONE_ISSUE_GROUP, "cut answers after which the next run ends the work", ""));
    part.add_none(
        (ALARMS_GROUP, "spurious reports after a cut answer", "cut answers"),
        cuts.spurious,
        ends.of,
        cuts.first_spurious,
    );
    part.add_all_held(at, ends.well, ends.of, ends.wrong);
    part.add_writes(&ends.writes);
    part
}

// ----------------------------------------------------------------------------------------------------------- harm

fn everything_shown(_: bool) -> TaskResult {
    run_with_paused_clock(token_not_in_output::show_all_scenarios());
    TaskResult::default()
}

fn redirects_followed(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let met = run_with_real_clock(redirects::check_all_redirects(unchanged));
    // One that ended otherwise than it should is no better than one that was followed.
    let followed = met.followed + usize::from(met.wrong.is_some());
    part.add_none((HARM_GROUP, "redirects followed with the token", "redirects"), followed, met.of, met.wrong);
    part
}

fn hostile_texts(all: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let seen = run_with_paused_clock(hostile_text::check_all_texts(if all { 40_000 } else { 3_000 }));
    part.add_none((HARM_GROUP, "texts that act in an issue", "hostile texts"), seen.acting, seen.bodies, seen.wrong);
    let opened = run_with_paused_clock(hostile_text::open_issues_from_hostile_pages(1));
    part.add_all_held(
        (HARM_GROUP, "issues opened from hostile pages, stored like any other", ""),
        opened.like_harmless,
        opened.opened,
        opened.wrong,
    );
    part
}

fn internal_addresses_tried(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let reached = run_with_paused_clock(internal_addresses::check_all_addresses(internal_addresses::as_shipped));
    part.add_all_held(
        (HARM_GROUP, "addresses of inner networks blocked", ""),
        reached.blocked,
        reached.of,
        reached.wrong,
    );
    part.add_none((HARM_GROUP, "connections to them", "addresses"), reached.connects, reached.of, None);
    part.add_all_held((HARM_GROUP, "addresses right beside them allowed", ""), reached.allowed, reached.controls, None);
    part
}

fn runs_amid_troubles(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let ends = run_with_paused_clock(run_time::run_amid_all_troubles(RunLimits::default()));
    part.add_all_held((HARM_GROUP, "runs amid a trouble that end in time", ""), ends.well, ends.of, ends.wrong);
    part
}

fn hostile_servers(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let met = run_with_real_clock(hostile_servers::check_all_servers());
    part.add_all_held(
        (HARM_GROUP, "hostile servers that end in time with the right verdict", ""),
        met.right,
        met.of,
        met.wrong,
    );
    part.add_all_held((HARM_GROUP, "links beside them that do not notice", ""), met.others_alive, 100, None);
    part
}

fn parser_bombs(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let (survived, of) = parser_bombs::run_all_bombs(|_| ());
    part.add_all_held((HARM_GROUP, "parser bombs survived", ""), survived, of, None);
    part
}

// ------------------------------------------------------------------------------------------------------ sabotages

fn sabotages(_: bool) -> TaskResult {
    let mut part = TaskResult::default();
    let all = sabotage::all_sabotages();
    let missed: Vec<&str> = all.iter().filter(|one| one.found == 0).map(|one| one.name).collect();
    let wrong = (!missed.is_empty()).then(|| format!("missed: {}", missed.join(", ")));
    part.add_all_held((SABOTAGE_GROUP, "sabotages caught", ""), all.len() - missed.len(), all.len(), wrong);
    part
}
