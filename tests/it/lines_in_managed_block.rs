//! A person writes inside podkeeper's block, where everything is podkeeper's: the line is a reason for no write,
//! survives every run, and moves below the block with the next write that is due. Ticks, other bullets and escapes are
//! no words.

use chrono::TimeDelta;
use podkeeper::pod::run::ExitStatus;

use crate::people_actions::{
    LINKS, ROSTER, SESSION, edit_page, exit_status, find_issue_at, find_issue_place, issue_body, set_zendesk_group,
    write_description,
};
use crate::support::{Stage, finding_lines};

const THREE: [&str; 3] = [SESSION, LINKS, ROSTER];
const LATE: &str = "we start 15 min late";

/// So many runs write nothing.
async fn assert_quiet_runs(stage: &Stage, runs: usize, why: &str) {
    let written = stage.journal();
    for _ in 0..runs {
        let runs = stage.apply_all_tasks().await;
        assert_eq!(exit_status(&runs), ExitStatus::Done, "{why}: {:?}", finding_lines(&runs));
    }
    assert_eq!(stage.journal(), written, "{why}");
}

/// Something that the block shows has changed.
fn make_write_due(stage: &Stage, title: &str) {
    match title {
        SESSION => edit_page(stage, "#spt_pod_secure", "#spt_pod_secure_tea"),
        LINKS => edit_page(stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ"),
        _ => set_zendesk_group(stage, "ada-quill", false),
    }
}

/// The block of a body, and what stands behind it.
fn split_block(text: &str) -> (&str, &str) {
    let end = "<!-- podkeeper:v1 end -->";
    let at = text.find(end).unwrap() + end.len();
    text.split_at(at)
}

/// The number of lines in a body's block, its comments not among them.
fn lines_of_block(text: &str) -> usize {
    split_block(text).0.lines().filter(|line| !line.starts_with("<!--")).count()
}

/// A body with a line more, in its block, behind so many lines of it.
fn with_line(text: &str, line: &str, behind: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(1 + behind, line);
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_persons_line_in_the_block_stays_and_moves_below_with_the_next_write() {
    let start = Stage::after_first_run().await;
    let mut places = 0;
    for title in THREE {
        let own = find_issue_place(&start, title);
        let (before, lines) = (issue_body(&start, own), lines_of_block(&issue_body(&start, own)));
        // At its beginning, in its middle, before its sign and behind it.
        for behind in [0, 1, lines / 2, lines - 1, lines] {
            let stage = start.copy();
            let theirs = with_line(&before, LATE, behind);
            write_description(&stage, own, &theirs);
            assert_quiet_runs(&stage, 10, &format!("{title}, behind line {behind}")).await;
            assert_eq!(issue_body(&stage, own), theirs, "{title}: it stays where it was written");

            make_write_due(&stage, title);
            let written = stage.journal().len();
            assert_eq!(exit_status(&stage.apply_all_tasks().await), ExitStatus::Done);
            assert!(stage.journal().len() > written, "{title}: the write that was due");
            let now = issue_body(&stage, own);
            let (block, below) = split_block(&now);
            assert!(!block.contains(LATE) && below.starts_with(&format!("\n\n{LATE}\n\n")), "{title}, {behind}: {now}");
            // What stood below stands below it.
            assert!(below.ends_with(split_block(&before).1.trim_start_matches('\n')), "{title}, {behind}: {now}");
            assert_eq!(now.matches(LATE).count(), 1, "{now}");
            assert_quiet_runs(&stage, 3, title).await;
            places += 1;
        }
    }
    println!("{places} places of a line in three blocks: 150 quiet runs, each line moved once");
}

/// One run in which the write is due, with several lines of several people between podkeeper's.
#[tokio::test(start_paused = true)]
async fn several_lines_keep_their_order() {
    let stage = Stage::after_first_run().await;
    let own = find_issue_place(&stage, SESSION);
    let theirs = with_line(&with_line(&issue_body(&stage, own), "Ada brings tea", 4), LATE, 3);
    write_description(&stage, own, &theirs);
    assert_quiet_runs(&stage, 5, "two lines").await;
    make_write_due(&stage, SESSION);
    stage.apply_all_tasks().await;
    let now = issue_body(&stage, own);
    assert!(split_block(&now).1.starts_with(&format!("\n\n{LATE}\nAda brings tea\n\n")), "{now}");
    assert_quiet_runs(&stage, 3, "moved").await;
}

/// When the session has begun its block is frozen, and the line in it stays for good.
#[tokio::test(start_paused = true)]
async fn a_persons_line_in_the_block_of_a_session_that_has_begun_stays_for_good() {
    let mut stage = Stage::after_first_run().await;
    let own = find_issue_place(&stage, SESSION);
    let theirs = with_line(&issue_body(&stage, own), LATE, 1);
    write_description(&stage, own, &theirs);
    stage.now = "2026-11-26T15:00:00Z".parse().unwrap();
    let now = stage.now;
    stage.sandbox.change_world(|world| world.now = now);
    make_write_due(&stage, SESSION);
    for _ in 0..3 {
        stage.apply_all_tasks().await;
        stage.now += TimeDelta::minutes(10);
        let now = stage.now;
        stage.sandbox.change_world(|world| world.now = now);
    }
    assert_eq!(issue_body(&stage, own), theirs);
}

/// A line as some editor or person spells it anew.
type Spelling = fn(&str) -> String;

/// Another spelling of the lines of a block, none of which says anything else.
const SPELLINGS: [(&str, Spelling); 9] = [
    ("a tick", |line| ticked(line, "[x]")),
    ("an open box", |line| ticked(line, "[ ]")),
    ("another bullet", |line| bulleted(line, "* ")),
    ("a bullet with more blanks", |line| bulleted(line, "+   ")),
    ("escapes", |line| escaped(line, '.')),
    ("escaped underscores", |line| escaped(line, '_')),
    ("blanks at the end", |line| format!("{line}   ")),
    ("line ends of another system", |line| format!("{line}\r")),
    ("an indent", |line| format!("  {line}")),
];

fn ticked(line: &str, mark: &str) -> String {
    line.strip_prefix("- ").map_or_else(|| line.to_owned(), |rest| format!("- {mark} {rest}"))
}

fn bulleted(line: &str, bullet: &str) -> String {
    line.strip_prefix("- ").map_or_else(|| line.to_owned(), |rest| format!("{bullet}{rest}"))
}

fn escaped(line: &str, what: char) -> String {
    line.replace(what, &format!("\\{what}"))
}

/// The lines of a block, each spelt so; its comments and all behind it as they are.
fn respell_block(text: &str, spell: Spelling) -> String {
    let (block, below) = split_block(text);
    let one = |line: &str| if line.starts_with("<!--") { line.to_owned() } else { spell(line) };
    format!("{}{below}", block.lines().map(one).collect::<Vec<_>>().join("\n"))
}

#[tokio::test(start_paused = true)]
async fn ticks_bullets_and_escapes_are_no_reason_to_write() {
    let start = Stage::after_first_run().await;
    let mut spelt = 0;
    for title in THREE {
        let own = find_issue_place(&start, title);
        let before = issue_body(&start, own);
        for (name, spell) in SPELLINGS {
            let stage = start.copy();
            let theirs = respell_block(&before, spell);
            stage
                .sandbox
                .change_world(|world| world.issue_mut(own.0, own.1).unwrap().description = Some(theirs.clone()));
            assert_quiet_runs(&stage, 3, &format!("{title}: {name}")).await;
            assert_eq!(issue_body(&stage, own), theirs);
            spelt += usize::from(theirs != before);
            // And none of it is a person's line: the write that is due leaves nothing of it.
            make_write_due(&stage, title);
            stage.apply_all_tasks().await;
            assert_eq!(split_block(&issue_body(&stage, own)).1, split_block(&before).1, "{title}: {name}");
            assert_quiet_runs(&stage, 2, &format!("{title}: {name}, afterwards")).await;
        }
        // What the rich text editor makes of all of it, comments and blank lines too.
        let stage = start.copy();
        stage.sandbox.change_world(|world| {
            let person = world.user_by_username("hollis-brandt").unwrap().id;
            world.save_in_rich_text_editor(own.0, own.1, person).unwrap();
        });
        assert_ne!(issue_body(&stage, own), before);
        assert_quiet_runs(&stage, 3, &format!("{title}: the rich text editor")).await;
        assert!(find_issue_at(&stage, own).is_open());
    }
    println!("{spelt} spellings of three blocks: 0 writes");
    assert!(spelt >= 21, "{spelt}");
}
