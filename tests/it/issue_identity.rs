//! Other keys, other accounts, other versions: where podkeeper cannot be sure that an issue is its own, it opens no
//! second one, names the line that settles it, and goes on as soon as that line is there.

use podkeeper::pod::PodKey;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::Issue;

use crate::doubles::{later_version, written_by_later_version};
use crate::exit_codes;
use crate::people_actions::{
    ALL_TASKS, LINKS, ROSTER, SESSION, Served, advice, edit_page, exit_status, find_issue_at, find_issue_place,
    issue_body, issue_count, messages, opened_titles, set_zendesk_group, write_description,
};
use crate::support::{SeededRandom, Stage, finding_lines, now, shipped_config, unchanged};

/// The pairing issue and both reports.
const THREE: [&str; 3] = [SESSION, LINKS, ROSTER];

fn three_issues(stage: &Stage) -> [Issue; 3] {
    THREE.map(|title| find_issue_at(stage, find_issue_place(stage, title)))
}

/// What there is stays as it is, and each of these runs ends for a person.
async fn assert_waits_for_a_person(stage: &Stage) -> Vec<PodRun> {
    let (before, all, written) = (three_issues(stage), issue_count(stage), stage.journal());
    for _ in 0..2 {
        let runs = stage.apply_all_tasks().await;
        assert_eq!(
            (opened_titles(&runs), exit_status(&runs)),
            (Vec::new(), ExitStatus::NeedsHuman),
            "{:?}",
            finding_lines(&runs)
        );
    }
    assert_eq!((three_issues(stage), issue_count(stage), stage.journal()), (before, all, written));
    stage.apply_all_tasks().await
}

/// Once more all is podkeeper's own: what is new is written into the issues that there are.
async fn assert_goes_on(stage: &Stage) {
    let all = issue_count(stage);
    let runs = stage.apply_all_tasks().await;
    assert_eq!(
        (opened_titles(&runs), exit_status(&runs)),
        (Vec::new(), ExitStatus::Done),
        "{:?}",
        finding_lines(&runs)
    );
    for _ in 0..2 {
        change_page_and_roster(stage);
        let before = three_issues(stage);
        let runs = stage.apply_all_tasks().await;
        assert_eq!(
            (opened_titles(&runs), exit_status(&runs)),
            (Vec::new(), ExitStatus::Done),
            "{:?}",
            finding_lines(&runs)
        );
        for (before, now) in before.iter().zip(three_issues(stage)) {
            assert_ne!(before.description, now.description, "{} is kept in step", now.title);
            assert_eq!((before.iid, now.is_open()), (now.iid, true));
        }
    }
    assert_eq!(issue_count(stage), all);
    let written = stage.journal();
    assert_eq!((exit_status(&stage.apply_all_tasks().await), stage.journal()), (ExitStatus::Done, written));
}

/// The page has another text of the session, a link more is dead, and a member has the group no more, or has it again.
fn change_page_and_roster(stage: &Stage) {
    edit_page(stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    let page = &stage.pods[0].page;
    let dead = stage.with_world(|world| {
        world.project_by_path(&page.project).unwrap().files[&page.git_ref][&page.path].matches("/no/such/page").count()
    });
    edit_page(stage, "## FAQ", &format!("See https://about.gitlab.com/no/such/page/{dead}\n\n## FAQ"));
    let agents = stage.pods[0].agents.clone().unwrap();
    let has_it = stage.with_world(|world| {
        let files = &world.project_by_path(&agents.project).unwrap().files[&agents.git_ref];
        files[&format!("{}/ada-quill.yaml", agents.path)].contains("'Support Focus: Secure'")
    });
    set_zendesk_group(stage, "ada-quill", !has_it);
}

// ------------------------------------------------------------------------------------------------------ other keys

fn rename_pod(stage: &mut Stage) -> PodKey {
    std::mem::replace(&mut stage.pods[0].key, PodKey::parse("sec").unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_was_renamed_without_formerly_opens_nothing_and_is_told_the_line() {
    let mut stage = Stage::after_first_run().await;
    let before = rename_pod(&mut stage);
    let runs = assert_waits_for_a_person(&stage).await;
    assert_eq!(messages(&runs, "other-key").len(), 3, "{:?}", finding_lines(&runs));
    for advice in advice(&runs, "other-key") {
        assert!(advice.contains("formerly = [\"secure\"] at the top of config/pods/sec.toml"), "{advice}");
    }
    for message in messages(&runs, "other-key") {
        assert!(message.contains("which the configuration does not know"), "{message}");
    }
    stage.pods[0].former_keys = vec![before];
    assert_goes_on(&stage).await;
    // What is written from now on has the present key.
    for title in THREE {
        let text = issue_body(&stage, find_issue_place(&stage, title));
        assert!(text.contains(" sec/") && !text.contains(" secure/"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_was_renamed_without_formerly_opens_nothing_and_is_told_the_line() {
    let mut stage = Stage::after_first_run().await;
    let slot = &mut stage.pods[0].slots[0];
    let before = std::mem::replace(&mut slot.key, "thursday".to_owned());
    let runs = assert_waits_for_a_person(&stage).await;
    let [reported] = &advice(&runs, "other-key")[..] else { panic!("{:?}", finding_lines(&runs)) };
    let line = "formerly = [\"weekly\"] under the [[session]] with slot = \"thursday\" in config/pods/secure.toml";
    assert!(reported.contains(line), "{reported}");
    stage.pods[0].slots[0].former_keys = vec![before];
    assert_goes_on(&stage).await;
}

/// Renamed when the session was over: the next one has its issue, and that of the last one is not forgotten.
#[tokio::test(start_paused = true)]
async fn a_slot_that_was_renamed_after_its_session_is_told_the_line_while_its_issue_is_open() {
    let mut stage = Stage::after_first_run().await;
    stage.now = "2026-11-26T18:00:00Z".parse().unwrap();
    "thursday".clone_into(&mut stage.pods[0].slots[0].key);
    let runs = stage.apply().await;
    let told = advice(&runs, "other-key");
    assert!(told.iter().any(|line| line.contains("formerly = [\"weekly\"]")), "{told:?}");
    stage.pods[0].slots[0].former_keys = vec!["weekly".to_owned()];
    assert!(advice(&stage.apply().await, "other-key").is_empty());
}

/// Pod and slot at once: both lines.
#[tokio::test(start_paused = true)]
async fn pod_and_slot_renamed_at_once_are_told_both_lines() {
    let mut stage = Stage::after_first_run().await;
    rename_pod(&mut stage);
    "thursday".clone_into(&mut stage.pods[0].slots[0].key);
    let runs = assert_waits_for_a_person(&stage).await;
    let reported = advice(&runs, "other-key");
    let both =
        |advice: &&String| advice.contains("formerly = [\"secure\"]") && advice.contains("formerly = [\"weekly\"]");
    assert_eq!(reported.iter().filter(both).count(), 1, "{reported:?}");
}

/// A neighbour in the same projects is no former self: it has another label.
#[tokio::test(start_paused = true)]
async fn a_pod_with_a_label_of_its_own_is_no_renamed_one() {
    let stage = Stage::after_first_run().await;
    let mut pods = stage.pods.clone();
    pods[0].key = PodKey::parse("verify").unwrap();
    "Verify Pod".clone_into(&mut pods[0].name);
    pods[0].label.name = podkeeper::pod::label::LabelName::parse("pod::verify").unwrap();
    let other = Stage { pods, ..stage.copy() };
    let runs = other.apply_all_tasks().await;
    assert_eq!((opened_titles(&runs).len(), messages(&runs, "other-key").len()), (3, 0), "{:?}", finding_lines(&runs));
}

// -------------------------------------------------------------------------------------------------- other accounts

#[tokio::test(start_paused = true)]
async fn a_token_made_anew_opens_nothing_and_is_told_the_account_until_it_is_named() {
    for (ghost, account) in [(false, "podkeeper-bot"), (true, "ghost")] {
        let mut stage = Stage::after_first_run().await;
        stage.sandbox.change_world(|world| drop(world.renew_token("api", ghost).unwrap()));
        let numbers = THREE.map(|title| find_issue_place(&stage, title).1);
        let runs = assert_waits_for_a_person(&stage).await;
        let reported = messages(&runs, "bot-replaced");
        assert_eq!(reported.len(), 3, "{:?}", finding_lines(&runs));
        for number in numbers {
            let named = |message: &&String| {
                message.contains(&format!("#{number} "))
                    && message.contains(&format!("by @{account} already stands for"))
            };
            assert!(reported.iter().any(|message| named(&message)), "#{number}: {reported:?}");
        }
        for advice in advice(&runs, "bot-replaced") {
            let line = format!("write usernames = [\"{account}\"] under [bot] in config/podkeeper.toml");
            assert!(advice.contains(&line), "{advice}");
        }
        stage.pods[0].bot_usernames = vec![account.to_owned()];
        assert_goes_on(&stage).await;
    }
}

/// By the program itself, with the line that it says.
#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_is_told_of_a_former_account_settles_it() {
    let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
    served.run(&["apply"], ALL_TASKS).await.assert_ends(0, &[]);
    served.stage.sandbox.change_world(|world| drop(world.renew_token("api", false).unwrap()));
    let (all, written) = (issue_count(&served.stage), served.stage.journal());
    let reported = served.run(&["apply"], ALL_TASKS).await;
    reported.assert_ends(
        5,
        &["bot-replaced", "@podkeeper-bot already stands for", "usernames = [\"podkeeper-bot\"] under [bot]"],
    );
    assert_eq!((issue_count(&served.stage), served.stage.journal()), (all, written.clone()));
    let config = exit_codes::copy_config("former-account", |folder| {
        exit_codes::replace_in_file(
            &folder.join("podkeeper.toml"),
            "usernames = []",
            "usernames = [\"podkeeper-bot\"]",
        );
    });
    let env = [("PODKEEPER_CONFIG", config.as_str()), ("PODKEEPER_TASK", ALL_TASKS)];
    served.run_with(&["apply"], &env).await.assert_ends(0, &["Nothing had to change"]);
    assert_eq!(served.stage.journal(), written);
}

/// And the line that is reported for a former key.
#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_is_told_of_a_former_key_settles_it() {
    let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
    served.run(&["apply"], ALL_TASKS).await.assert_ends(0, &[]);
    let config = exit_codes::copy_config("former-key", |folder| {
        std::fs::rename(folder.join("pods/secure.toml"), folder.join("pods/sec.toml")).unwrap();
    });
    let env = [("PODKEEPER_CONFIG", config.as_str()), ("PODKEEPER_TASK", ALL_TASKS)];
    let all = issue_count(&served.stage);
    let reported = served.run_with(&["apply"], &env).await;
    reported.assert_ends(5, &["other-key", "formerly = [\"secure\"] at the top of config/pods/sec.toml"]);
    let file = std::path::Path::new(&config).join("pods/sec.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("formerly = [\"secure\"]\n{text}")).unwrap();
    served.run_with(&["apply"], &env).await.assert_ends(0, &["3 changes made"]);
    served.run_with(&["apply"], &env).await.assert_ends(0, &["Nothing had to change"]);
    assert_eq!(issue_count(&served.stage), all);
}

// ------------------------------------------------------------------------------------------- reports without marks

#[tokio::test(start_paused = true)]
async fn a_report_without_comments_and_sign_is_known_by_its_title_and_gets_no_second_one() {
    for title in [LINKS, ROSTER] {
        let stage = Stage::after_first_run().await;
        let own = find_issue_place(&stage, title);
        write_description(&stage, own, "what we talked about");
        let (all, written) = (issue_count(&stage), stage.journal());
        for _ in 0..2 {
            let runs = stage.apply_all_tasks().await;
            assert_eq!(
                (opened_titles(&runs), exit_status(&runs)),
                (Vec::new(), ExitStatus::NeedsHuman),
                "{:?}",
                finding_lines(&runs)
            );
            let [reported] = &messages(&runs, "marker-lost")[..] else { panic!("{:?}", finding_lines(&runs)) };
            assert!(reported.contains(&format!("#{} was opened by podkeeper", own.1)), "{reported}");
        }
        assert_eq!((issue_count(&stage), stage.journal()), (all, written));
        // The line that the finding advises lets podkeeper take it up again.
        let [reported] = &advice(&stage.apply_all_tasks().await, "marker-lost")[..] else { panic!() };
        let line = reported.split('`').nth(1).unwrap().to_owned();
        assert!(line.starts_with("podkeeper · secure/"), "{reported}");
        write_description(&stage, own, &format!("{line}\n\nwhat we talked about"));
        assert_eq!(exit_status(&stage.apply_all_tasks().await), ExitStatus::Done);
        let text = issue_body(&stage, own);
        assert!(text.starts_with("<!-- podkeeper:v1 report secure/"), "{text}");
        assert!(text.ends_with("\n\nwhat we talked about"), "{text}");
        assert_goes_on(&stage).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_lost_its_comments_and_has_its_sign_is_taken_up() {
    for title in THREE {
        let stage = Stage::after_first_run().await;
        let own = find_issue_place(&stage, title);
        let (before, all, written) = (issue_body(&stage, own), issue_count(&stage), stage.journal().len());
        stage.sandbox.change_world(|world| {
            let person = world.user_by_username("hollis-brandt").unwrap().id;
            world.save_without_html_comments(own.0, own.1, person).unwrap();
        });
        assert!(!issue_body(&stage, own).contains("<!--"));
        let runs = stage.apply_all_tasks().await;
        assert_eq!(
            (opened_titles(&runs), exit_status(&runs)),
            (Vec::new(), ExitStatus::Done),
            "{:?}",
            finding_lines(&runs)
        );
        let now = issue_body(&stage, own);
        assert!(now.starts_with(before.lines().next().unwrap()), "{now}");
        // Blank lines are left where the comments were.
        let shown = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("<!--") && !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<String>>()
        };
        assert_eq!(shown(&now), shown(&before), "what is to be read is what it was");
        assert_eq!((issue_count(&stage), stage.journal().len()), (all, written + 1), "one write");
        assert_goes_on(&stage).await;
    }
}

// ---------------------------------------------------------------------------------------------------- two versions

#[tokio::test(start_paused = true)]
async fn a_block_of_a_later_format_is_left_as_it_is_and_gets_no_second_issue() {
    let stage = Stage::after_first_run().await;
    for title in THREE {
        let own = find_issue_place(&stage, title);
        let later = written_by_later_version(&issue_body(&stage, own));
        assert_ne!(later, issue_body(&stage, own));
        stage.sandbox.change_world(|world| world.issue_mut(own.0, own.1).unwrap().description = Some(later));
    }
    let (before, all, written) = (three_issues(&stage), issue_count(&stage), stage.journal());
    for _ in 0..3 {
        change_page_and_roster(&stage);
        let runs = stage.apply_all_tasks().await;
        assert_eq!(
            (opened_titles(&runs), exit_status(&runs)),
            (Vec::new(), ExitStatus::Done),
            "{:?}",
            finding_lines(&runs)
        );
        assert_eq!(messages(&runs, "block-newer").len(), 3, "{:?}", finding_lines(&runs));
    }
    assert_eq!((three_issues(&stage), issue_count(&stage), stage.journal()), (before, all, written));
}

/// Two schedules of two versions keep the same pod: the later one takes the issues over once, and then neither writes
/// until there is something new, which only the later one does.
#[tokio::test(start_paused = true)]
async fn two_versions_that_take_turns_do_not_fight() {
    for (seed, later_first) in [(1, true), (2, false), (3, true), (4, false)] {
        let stage = Stage::of(shipped_config().pods, now());
        let mut draw = SeededRandom(seed);
        let turn = async |later: bool| {
            let before = stage.journal().len();
            let bent = if later { later_version } else { unchanged };
            let runs = stage.apply_all_tasks_over(bent(stage.exchange())).await;
            assert_eq!(exit_status(&runs), ExitStatus::Done, "{:?}", finding_lines(&runs));
            stage.journal().len() - before
        };
        turn(later_first).await;
        let taken_over = turn(!later_first).await + turn(later_first).await + turn(true).await;
        assert_eq!(taken_over, if later_first { 0 } else { 3 }, "each of the three is taken over once");
        let all = issue_count(&stage);
        let (mut runs, mut rewrites) = (0, 0);
        for _ in 0..50 {
            rewrites += turn(draw.below(2) == 0).await;
            runs += 1;
        }
        println!("{runs} runs of two versions, {rewrites} rewrites");
        assert_eq!((rewrites, issue_count(&stage)), (0, all));
        change_page_and_roster(&stage);
        assert_eq!([turn(false).await, turn(true).await, turn(false).await, turn(true).await], [0, 3, 0, 0]);
        assert_eq!(issue_count(&stage), all);
    }
}

/// The sweep can find a fight: two workers who each find the other's blocks wanting write for ever.
#[tokio::test(start_paused = true)]
async fn two_versions_of_which_neither_gives_way_are_caught() {
    let stage = Stage::after_first_run().await;
    let written = stage.journal().len();
    for _ in 0..3 {
        // What the other version would see of a block without a format is one to be written anew.
        for title in THREE {
            let own = find_issue_place(&stage, title);
            let other = issue_body(&stage, own).replacen("\"format\":1,", "", 1);
            stage.sandbox.change_world(|world| world.issue_mut(own.0, own.1).unwrap().description = Some(other));
        }
        stage.apply_all_tasks().await;
    }
    assert_eq!(stage.journal().len(), written + 9);
}
