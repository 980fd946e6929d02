//! Six small inputs that once failed, as stories: a brake that never lets go, for links and for the roster; one issue
//! by hand that stood for two sessions; a person's copy; spam; a title and a description that a person wrote anew.

use podkeeper::cli::sandbox_seed::to_seed_pod_with_page;
use podkeeper::pod::run::ExitStatus;
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::faults::{Fault, FaultKind};
use podkeeper::sandbox::world::{FieldChange, IssueEdit};
use podkeeper::sandbox::{Sandbox, Seed, seed};
use serde_json::json;

use crate::exit_codes;
use crate::people_actions::{
    ALL_TASKS, LINKS, ROSTER, SESSION, Served, clone_issue, edit_issue, edit_page, exit_status, find_issue_at,
    find_issue_place, issue_body, issue_count, issue_projects, issues, messages, messages_of_rule, opened_titles,
    person_opens, set_zendesk_group, write_description,
};
use crate::support::{Stage, finding_lines, keep_sessions_and_labels, now, shipped_config};

// ------------------------------------------------------------------------------ 01: the brake of links lets go

/// Five CI templates that are gone, and ten good links.
fn page(good_templates: &[&str]) -> String {
    let templates = "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates";
    let gone = (0..5).map(|nth| format!("- {templates}/Vanished{nth}.gitlab-ci.yml\n"));
    let good = (0..10).map(|nth| format!("- https://docs.gitlab.com/user/application_security/sast/?tab={nth}\n"));
    let also = good_templates.iter().map(|name| format!("- {templates}/{name}\n"));
    let links: String = gone.chain(good).chain(also).collect();
    format!(
        "---\ntitle: Juniper Support Pod\n---\n\n## Juniper Pod members\n\n- Lead: {{{{< member-by-name \"Imani Okonkwo\" \
         >}}}} (`@iokonkwo`)\n\n## Resources\n\n- Weekly session: \"Secure Pod Pairing\", Thursdays at 3:00 PM UTC.\n{links}"
    )
}

async fn serve_with_page(page: &str) -> Served {
    let pods = shipped_config().pods;
    let seed_pods = pods.iter().map(|pod| to_seed_pod_with_page(pod, page, now())).collect();
    let world = seed::build_world(&Seed { now: now(), pods: seed_pods });
    Served::serve(Stage { sandbox: Sandbox::new(world), pods, now: now(), max_writes: 10 }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_templates_that_are_gone_are_told_at_the_latest_by_the_second_look() {
    let served = serve_with_page(&page(&[])).await;
    let [_, reports] = issue_projects(&served.stage);
    // All of their kind are gone: one finding says so, and no more is promised than the next check.
    let (code, first) = served.apply("links").await;
    assert_eq!((code, messages_of_rule(&first, "links-common-cause").len()), (Some(4), 1), "{first:#}");
    assert_eq!(messages_of_rule(&first, "link-dead"), [""; 0]);

    let (code, second) = served.apply("links").await;
    assert_eq!((code, messages_of_rule(&second, "link-dead").len()), (Some(0), 5), "{second:#}");
    assert_eq!(messages_of_rule(&second, "links-common-cause"), [""; 0]);
    let report = issue_body(&served.stage, find_issue_place(&served.stage, LINKS));
    for nth in 0..5 {
        assert!(report.contains(&format!("Vanished{nth}.gitlab-ci.yml")), "{report}");
    }
    assert_eq!(issues(&served.stage, &reports).len(), 1, "one report");

    let written = served.stage.journal();
    let (code, third) = served.apply("links").await;
    assert_eq!((code, messages_of_rule(&third, "link-dead").len()), (Some(0), 5));
    assert_eq!(served.stage.journal(), written, "and it is told without another word");
}

/// One good link of the kind, and nothing speaks for one cause.
#[tokio::test(flavor = "multi_thread")]
async fn five_templates_that_are_gone_beside_a_good_one_are_told_at_once() {
    let known = shipped_template();
    let served = serve_with_page(&page(&[&known])).await;
    let (code, first) = served.apply("links").await;
    assert_eq!((code, messages_of_rule(&first, "link-dead").len()), (Some(0), 5), "{first:#}");
    assert_eq!(issues(&served.stage, &issue_projects(&served.stage)[1]).len(), 1);
}

/// A template that the sandbox has.
fn shipped_template() -> String {
    let folder = "lib/gitlab/ci/templates/";
    let found = Stage::seeded().with_world(|world| {
        let files = &world.project_by_path("gitlab-org/gitlab").unwrap().files["master"];
        files.keys().find_map(|path| path.strip_prefix(folder).map(str::to_owned))
    });
    found.unwrap()
}

// ----------------------------------------------------------------------------- 02: the brake of the roster lets go

#[tokio::test(flavor = "multi_thread")]
async fn three_of_nine_members_without_the_group_are_told_at_once() {
    let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
    // One of the seed's nine lacks it already.
    for agent in ["ada-quill", "barnaby-thorne"] {
        set_zendesk_group(&served.stage, agent, false);
    }
    let (code, reported) = served.apply("roster").await;
    assert_eq!((code, messages_of_rule(&reported, "member-without-focus").len()), (Some(0), 3), "{reported:#}");
    assert!(reported["pods"][0]["unknown"].as_array().unwrap().is_empty(), "{reported:#}");
    let report = find_issue_at(&served.stage, find_issue_place(&served.stage, ROSTER));
    let text = report.description.unwrap();
    for handle in ["ada-quill-gtlb", "barnaby", "iokonkwo"] {
        assert!(text.contains(handle), "{handle} is not in {text}");
    }
    assert!(report.confidential, "it names people");
    let written = served.stage.journal();
    assert_eq!(served.apply("roster").await.0, Some(0));
    assert_eq!(served.stage.journal(), written);
}

// ------------------------------------------------------------------------------- 05: one issue, one session

/// A pod that meets twice on Thursdays.
fn two_slots() -> Vec<Pod> {
    let mut pods = keep_sessions_and_labels(shipped_config().pods);
    let slots = &mut pods[0].slots;
    slots.push(slots[0].clone());
    for (slot, (key, cron)) in slots.iter_mut().zip([("emea", "0 9 * * Thu"), ("amer", "0 17 * * Thu")]) {
        key.clone_into(&mut slot.key);
        slot.cron = Cron::parse(cron).unwrap();
    }
    pods
}

const EMEA: &str = "Secure Pod Pairing, Thu 26 Nov 2026, 09:00 UTC";
const AMER: &str = "Secure Pod Pairing, Thu 26 Nov 2026, 17:00 UTC";

fn two_slots_stage() -> Stage {
    let page = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## End\n";
    Stage::bare(two_slots(), page, now())
}

/// By the program itself: the issue of one slot is respected, the other slot's is opened, and then all is quiet.
#[tokio::test(flavor = "multi_thread")]
async fn one_issue_by_hand_stands_for_one_of_two_sessions() {
    let config = exit_codes::copy_config("two-slots-a-day", |folder| {
        let pod = folder.join("pods/secure.toml");
        exit_codes::replace_in_file(&pod, "cron = \"0 15 * * Thu\"", "slot = \"emea\"\ncron = \"0 9 * * Thu\"");
        let text = std::fs::read_to_string(&pod).unwrap();
        let amer = "[[session]]\nslot = \"amer\"\ncron = \"0 17 * * Thu\"\nzone = \"UTC\"\nduration = \"1h\"\n\
                    open_ahead = \"7d\"\nevent = \"Secure Pod Pairing\"\n";
        std::fs::write(&pod, format!("{text}\n{amer}")).unwrap();
    });
    let served = Served::serve(two_slots_stage()).await;
    let [pairing, _] = issue_projects(&served.stage);
    let by_hand = json!({"title": "Secure pairing EMEA 2026-11-26", "labels": "pod::secure"});
    let theirs = person_opens(&served.stage, &pairing, by_hand).await;
    let before = find_issue_at(&served.stage, theirs);

    let env = [("PODKEEPER_CONFIG", config.as_str())];
    let reported = served.run_with(&["apply"], &env).await;
    reported.assert_ends(0, &["session-issue-by-hand", "is the pairing issue for Thu 2026-11-26 09:00 UTC", AMER]);
    assert_eq!(issue_titles(&served.stage), ["Secure pairing EMEA 2026-11-26", AMER]);
    assert_eq!(find_issue_at(&served.stage, theirs), before, "the person's issue is the person's");
    let written = served.stage.journal();
    served.run_with(&["apply"], &env).await.assert_ends(0, &["session-issue-by-hand"]);
    assert_eq!(served.stage.journal(), written);
}

/// By time, slot or day, in the forms that people write.
#[tokio::test(start_paused = true)]
async fn what_a_title_says_tells_which_session_it_is_for() {
    let stories: &[(&[&str], &[&str])] = &[
        // The slot's name.
        (&["Secure pairing EMEA 2026-11-26"], &[AMER]),
        (&["amer pairing, 26 Nov"], &[EMEA]),
        (&["Secure pairing (AMER) on Thursday the 26th of November"], &[EMEA]),
        // A time.
        (&["Secure pairing 17:00 2026-11-26"], &[EMEA]),
        (&["Secure pairing 2026-11-26 09:00 UTC"], &[AMER]),
        (&["Pairing at 5 PM, 26 Nov 2026"], &[EMEA]),
        // A time that is no session's: the nearest.
        (&["Secure pairing 16:30 2026-11-26"], &[EMEA]),
        (&["Secure pairing 08:00 2026-11-26"], &[AMER]),
        // Nothing but the day: the first that has none.
        (&["Secure pairing 2026-11-26"], &[AMER]),
        (&["Secure pairing 26 Nov"], &[AMER]),
        (&["Secure pairing 26.11.2026"], &[AMER]),
        (&["Secure pairing 26.11."], &[AMER]),
        (&["November 26, 2026: pairing"], &[AMER]),
        // Two issues are two sessions'.
        (&["Secure pairing 26 Nov", "Secure pairing 26.11.2026"], &[]),
        (&["Secure pairing AMER 26 Nov", "Secure pairing 26.11.2026"], &[]),
        (&["Secure pairing EMEA 26 Nov", "Pairing 17:00 26.11.2026"], &[]),
        // Two of one slot are no issue of the other's.
        (&["Secure pairing EMEA 26 Nov", "EMEA pairing 26 Nov, second try"], &[AMER]),
        // Another day, or none.
        (&["Secure pairing EMEA 2026-12-17"], &[EMEA, AMER]),
        (&["Team pairing"], &[EMEA, AMER]),
    ];
    for (theirs, expected) in stories {
        let stage = two_slots_stage();
        for title in *theirs {
            person_opens(&stage, &issue_projects(&stage)[0], json!({"title": title, "labels": "pod::secure"})).await;
        }
        let runs = stage.apply().await;
        assert_eq!(opened_titles(&runs), *expected, "{theirs:?}");
        assert_eq!(exit_status(&runs), ExitStatus::Done, "{theirs:?}");
        assert_eq!(messages(&runs, "session-issue-by-hand").len(), 2 - expected.len(), "{theirs:?}");
        let written = stage.journal();
        assert_eq!((exit_status(&stage.apply().await), stage.journal()), (ExitStatus::Done, written), "{theirs:?}");
    }
    println!("{} titles and pairs of titles, each for its own session", stories.len());
}

/// The due date says the day as a title does.
#[tokio::test(start_paused = true)]
async fn a_due_date_is_a_day_and_the_title_says_the_rest() {
    for (title, expected) in [("Pairing, AMER", EMEA), ("Pairing at 09:00", AMER), ("Pairing", AMER)] {
        let stage = two_slots_stage();
        let new = json!({"title": title, "labels": "pod::secure", "due_date": "2026-11-26"});
        person_opens(&stage, &issue_projects(&stage)[0], new).await;
        assert_eq!(opened_titles(&stage.apply().await), [expected], "{title}");
    }
}

/// Where podkeeper has the first session's issue already, what a person opens for the day is the other's.
#[tokio::test(start_paused = true)]
async fn a_day_without_a_hint_is_the_session_that_has_no_issue_yet() {
    let mut stage = two_slots_stage();
    stage.pods[0].slots[1].open_ahead = chrono::Duration::days(1);
    assert_eq!(opened_titles(&stage.apply().await), [EMEA]);
    person_opens(&stage, &issue_projects(&stage)[0], json!({"title": "Pairing 26 Nov", "labels": "pod::secure"})).await;
    stage.now = "2026-11-25T18:00:00Z".parse().unwrap();
    let now = stage.now;
    stage.sandbox.change_world(|world| world.now = now);
    let runs = stage.apply().await;
    assert_eq!(opened_titles(&runs), [""; 0]);
    let reported = messages(&runs, "session-issue-by-hand");
    assert!(reported.len() == 1 && reported[0].contains("17:00 UTC"), "{reported:?}");
}

fn issue_titles(stage: &Stage) -> Vec<String> {
    let pairing = issues(stage, &issue_projects(stage)[0]);
    let labelled = pairing.into_iter().filter(|issue| issue.labels.contains("pod::secure"));
    labelled.map(|issue| issue.title).collect()
}

// --------------------------------------------------------------------------------------- 17: a person's copy

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_copy_of_the_pairing_issue_is_told_and_no_alarm() {
    for closed in [false, true] {
        let served = Served::serve(Stage::seeded()).await;
        let stage = &served.stage;
        served.run(&["apply"], "sessions,labels").await.assert_ends(0, &[SESSION]);
        let own = find_issue_place(stage, SESSION);
        let theirs = clone_issue(stage, &issue_projects(stage)[0], &find_issue_at(stage, own)).await;
        if closed {
            edit_issue(stage, theirs, &IssueEdit { close: Some(true), ..IssueEdit::default() });
        }
        assert_copy_is_untouched(&served, own, theirs, "sessions,labels").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_copy_of_a_report_is_told_and_no_alarm() {
    for (title, closed) in [(LINKS, false), (LINKS, true), (ROSTER, false)] {
        let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
        let stage = &served.stage;
        served.run(&["apply"], ALL_TASKS).await.assert_ends(0, &[]);
        let own = find_issue_place(stage, title);
        let theirs = clone_issue(stage, &issue_projects(stage)[1], &find_issue_at(stage, own)).await;
        if closed {
            edit_issue(stage, theirs, &IssueEdit { close: Some(true), ..IssueEdit::default() });
        }
        assert_copy_is_untouched(&served, own, theirs, ALL_TASKS).await;
    }
}

/// Reported as information at each run; what is due afterwards is written to podkeeper's own and to nothing else.
async fn assert_copy_is_untouched(served: &Served, own: (u64, u64), theirs: (u64, u64), tasks: &str) {
    let stage = &served.stage;
    let (copied, all, written) = (find_issue_at(stage, theirs), issue_count(stage), stage.journal());
    for _ in 0..2 {
        let (code, reported) = served.apply(tasks).await;
        let name = format!("#{}", theirs.1);
        let found = messages_of_rule(&reported, "marker-foreign");
        assert_eq!((code, found.len()), (Some(0), 1), "{reported:#}");
        assert!(found[0].contains(&name), "{found:?}");
        let findings = reported["pods"][0]["findings"].as_array().unwrap();
        let severity = findings.iter().find(|finding| finding["rule"] == "marker-foreign").unwrap()["severity"].clone();
        assert_eq!(severity, "info");
    }
    assert_eq!(stage.journal(), written, "nothing is written for it");
    edit_page(stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    edit_page(stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
    set_zendesk_group(stage, "ada-quill", false);
    let before = issue_body(stage, own);
    assert_eq!(served.apply(tasks).await.0, Some(0));
    assert_ne!(issue_body(stage, own), before, "podkeeper's own goes on");
    assert_eq!((find_issue_at(stage, theirs), issue_count(stage)), (copied, all));
}

/// Last week's issue as the beginning of this week's: the date in the title is what counts.
#[tokio::test(start_paused = true)]
async fn last_weeks_issue_copied_for_this_week_is_an_issue_by_hand() {
    let stage = Stage::seeded();
    let last = issues(&stage, &issue_projects(&stage)[0])
        .into_iter()
        .rfind(|issue| issue.title.contains("19 Nov 2026"))
        .unwrap();
    let theirs = clone_issue(&stage, &issue_projects(&stage)[0], &last).await;
    let title = Some("Secure pairing, 26 Nov 2026".to_owned());
    edit_issue(&stage, theirs, &IssueEdit { title, ..IssueEdit::default() });
    for _ in 0..2 {
        let runs = stage.apply().await;
        assert_eq!(
            (opened_titles(&runs), exit_status(&runs)),
            (Vec::new(), ExitStatus::Done),
            "{:?}",
            finding_lines(&runs)
        );
        assert_eq!(messages(&runs, "session-issue-by-hand").len(), 1, "{:?}", finding_lines(&runs));
        assert_eq!(messages(&runs, "marker-foreign").len(), 1, "{:?}", finding_lines(&runs));
    }
}

// ------------------------------------------------------------------------------------------- 22: taken for spam

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_is_taken_for_spam_asks_for_a_person_and_comes_afterwards() {
    for (kind, status) in [(FaultKind::Spam, "409"), (FaultKind::SpamDiscarded, "400")] {
        let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
        let stage = &served.stage;
        stage.set_fault(Fault::always(kind).for_requests("POST", "/issues"));
        for run in 1..=3 {
            let before = post_requests(stage).len();
            let reported = served.run(&["apply"], ALL_TASKS).await;
            reported.assert_ends(5, &["GitLab takes it for spam", "a person confirm it", "trust that account", status]);
            // The pairing issue and two reports, each asked for once.
            assert_eq!(post_requests(stage).len() - before, 3, "run {run}: {:?}", post_requests(stage));
        }
        assert!(post_requests(stage).iter().all(|post| post.ends_with(status)), "{:?}", post_requests(stage));
        stage.clear_fault();
        let reported = served.run(&["apply"], ALL_TASKS).await;
        reported.assert_ends(0, &[SESSION, LINKS, ROSTER]);
        for title in [SESSION, LINKS, ROSTER] {
            assert!(find_issue_at(stage, find_issue_place(stage, title)).is_open());
        }
        served.run(&["apply"], ALL_TASKS).await.assert_ends(0, &["Nothing had to change"]);
    }
}

fn post_requests(stage: &Stage) -> Vec<String> {
    stage.journal().into_iter().filter(|line| line.starts_with("POST")).collect()
}

// ------------------------------------------------------------------------- 24: written anew by a person

/// Everything that podkeeper knew the issue by is gone but who opened it, and when, and the pod's label.
async fn serve_rewritten_issue() -> Served {
    let served = Served::serve(Stage::seeded()).await;
    served.run(&["apply"], "sessions,labels").await.assert_ends(0, &[SESSION]);
    let own = find_issue_place(&served.stage, SESSION);
    let words = IssueEdit {
        title: Some("Team pairing".to_owned()),
        description: FieldChange::Set("my notes\n\n- [x] bring cake".to_owned()),
        ..IssueEdit::default()
    };
    edit_issue(&served.stage, own, &words);
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_a_person_wrote_anew_gets_no_second_one() {
    let served = serve_rewritten_issue().await;
    let (stage, own) = (&served.stage, find_issue_place(&served.stage, "Team pairing"));
    let (before, all, written) = (find_issue_at(stage, own), issue_count(stage), stage.journal());
    for _ in 0..3 {
        let reported = served.run(&["apply"], "sessions,labels").await;
        let name = format!("support-pairing#{}", own.1);
        reported.assert_ends(
            5,
            &["marker-lost", &name, "Write the line `podkeeper · secure/weekly/2026-W48`", "take the pod's label off"],
        );
    }
    assert_eq!((find_issue_at(stage, own), issue_count(stage), stage.journal()), (before, all, written));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_is_told_lets_podkeeper_take_the_issue_up_again() {
    let served = serve_rewritten_issue().await;
    let (stage, own) = (&served.stage, find_issue_place(&served.stage, "Team pairing"));
    let all = issue_count(stage);
    let words = issue_body(stage, own);
    write_description(stage, own, &format!("podkeeper · secure/weekly/2026-W48\n\n{words}"));
    served.run(&["apply"], "sessions,labels").await.assert_ends(0, &["1 change made"]);
    let now = find_issue_at(stage, own);
    let text = now.description.unwrap();
    assert!(text.starts_with("<!-- podkeeper:v1 session secure/weekly/2026-W48 -->\n**Thursday 26 November"), "{text}");
    assert!(text.ends_with(&words), "the person's words stand below: {text}");
    assert_eq!((now.title.as_str(), issue_count(stage)), ("Team pairing", all), "and so does the title");
    served.run(&["apply"], "sessions,labels").await.assert_ends(0, &["Nothing had to change"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_label_it_is_something_else_and_a_new_one_is_opened() {
    let served = serve_rewritten_issue().await;
    let (stage, own) = (&served.stage, find_issue_place(&served.stage, "Team pairing"));
    edit_issue(stage, own, &IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() });
    let (before, all) = (find_issue_at(stage, own), issue_count(stage));
    served.run(&["apply"], "sessions,labels").await.assert_ends(0, &[SESSION, "1 change made"]);
    assert_eq!((find_issue_at(stage, own), issue_count(stage)), (before, all + 1));
    served.run(&["apply"], "sessions,labels").await.assert_ends(0, &["Nothing had to change"]);
}

/// Of a report the title is left, which podkeeper never changes.
#[tokio::test(start_paused = true)]
async fn a_report_that_a_person_wrote_anew_gets_no_second_one_until_its_title_goes_too() {
    for (title, task) in [(LINKS, Task::Links), (ROSTER, Task::Roster)] {
        let pods = shipped_config().pods.into_iter().map(|pod| Pod { tasks: [task].into(), ..pod }).collect();
        let stage = Stage::of(pods, now());
        stage.apply_all_tasks().await;
        let (own, all) = (find_issue_place(&stage, title), issue_count(&stage));
        write_description(&stage, own, "what we talked about");
        let written = stage.journal();
        for _ in 0..2 {
            let runs = stage.apply_all_tasks().await;
            assert_eq!(
                (exit_status(&runs), messages(&runs, "marker-lost").len()),
                (ExitStatus::NeedsHuman, 1),
                "{title}"
            );
        }
        assert_eq!((issue_count(&stage), stage.journal()), (all, written), "{title}");
        let other = IssueEdit { title: Some("What we talked about".to_owned()), ..IssueEdit::default() };
        edit_issue(&stage, own, &other);
        assert_eq!(
            (exit_status(&stage.apply_all_tasks().await), issue_count(&stage)),
            (ExitStatus::Done, all + 1),
            "{title}"
        );
    }
}
