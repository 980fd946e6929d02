//! Six small inputs that once failed, as stories: a brake that never lets go, for links and for the roster; one issue by
//! hand that stood for two sessions; a person's copy; spam; a title and a description that a person wrote anew.

use podkeeper::cli::plot::plot_with_page;
use podkeeper::pod::run::Ending;
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::faults::{Fault, Trouble};
use podkeeper::sandbox::world::{Change, IssueEdit};
use podkeeper::sandbox::{Plot, Sandbox, World};
use serde_json::json;

use crate::endings;
use crate::people::{
    ALL, LINKS, ROSTER, SESSION, Served, at, body, copy, count, edit, ending, group, homes, issues, messages, opened,
    page_says, person_opens, place, told_of, write,
};
use crate::support::{Stage, findings, now, sessions_and_labels, shipped};

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

async fn served_with(page: &str) -> Served {
    let pods = shipped().pods;
    let plots = pods.iter().map(|pod| plot_with_page(pod, page, now())).collect();
    let world = World::seeded(&Plot { now: now(), pods: plots });
    Served::of(Stage { sandbox: Sandbox::new(world), pods, now: now(), max_writes: 10 }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_templates_that_are_gone_are_told_at_the_latest_by_the_second_look() {
    let served = served_with(&page(&[])).await;
    let [_, reports] = homes(&served.stage);
    // All of their kind are gone: one finding says so, and no more is promised than the next look.
    let (code, first) = served.apply("links").await;
    assert_eq!((code, told_of(&first, "links-common-cause").len()), (Some(4), 1), "{first:#}");
    assert_eq!(told_of(&first, "link-dead"), [""; 0]);

    let (code, second) = served.apply("links").await;
    assert_eq!((code, told_of(&second, "link-dead").len()), (Some(0), 5), "{second:#}");
    assert_eq!(told_of(&second, "links-common-cause"), [""; 0]);
    let report = body(&served.stage, place(&served.stage, LINKS));
    for nth in 0..5 {
        assert!(report.contains(&format!("Vanished{nth}.gitlab-ci.yml")), "{report}");
    }
    assert_eq!(issues(&served.stage, &reports).len(), 1, "one report");

    let written = served.stage.journal();
    let (code, third) = served.apply("links").await;
    assert_eq!((code, told_of(&third, "link-dead").len()), (Some(0), 5));
    assert_eq!(served.stage.journal(), written, "and it is told without another word");
}

/// One good link of the kind, and nothing speaks for one cause.
#[tokio::test(flavor = "multi_thread")]
async fn five_templates_that_are_gone_beside_a_good_one_are_told_at_once() {
    let known = shipped_template();
    let served = served_with(&page(&[&known])).await;
    let (code, first) = served.apply("links").await;
    assert_eq!((code, told_of(&first, "link-dead").len()), (Some(0), 5), "{first:#}");
    assert_eq!(issues(&served.stage, &homes(&served.stage)[1]).len(), 1);
}

/// A template that the box has.
fn shipped_template() -> String {
    let folder = "lib/gitlab/ci/templates/";
    let found = Stage::seeded().look(|world| {
        let files = &world.project_at("gitlab-org/gitlab").unwrap().files["master"];
        files.keys().find_map(|path| path.strip_prefix(folder).map(str::to_owned))
    });
    found.unwrap()
}

// ----------------------------------------------------------------------------- 02: the brake of the roster lets go

#[tokio::test(flavor = "multi_thread")]
async fn three_of_nine_members_without_the_group_are_told_at_once() {
    let served = Served::of(Stage::of(shipped().pods, now())).await;
    // One of the seed's nine lacks it already.
    for agent in ["ada-quill", "barnaby-thorne"] {
        group(&served.stage, agent, false);
    }
    let (code, told) = served.apply("roster").await;
    assert_eq!((code, told_of(&told, "member-without-focus").len()), (Some(0), 3), "{told:#}");
    assert!(told["pods"][0]["unknown"].as_array().unwrap().is_empty(), "{told:#}");
    let report = at(&served.stage, place(&served.stage, ROSTER));
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
    let mut pods = sessions_and_labels(shipped().pods);
    let slots = &mut pods[0].slots;
    slots.push(slots[0].clone());
    for (slot, (key, cron)) in slots.iter_mut().zip([("emea", "0 9 * * Thu"), ("amer", "0 17 * * Thu")]) {
        key.clone_into(&mut slot.key);
        slot.cron = Cron::parse(cron).unwrap();
    }
    pods
}

const EMEA: &str = "Secure Pod Pairing, Thu 2026-11-26 09:00 UTC";
const AMER: &str = "Secure Pod Pairing, Thu 2026-11-26 17:00 UTC";

fn two_slots_stage() -> Stage {
    let page = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## End\n";
    Stage::bare(two_slots(), page, now())
}

/// By the program itself: the issue of one slot is respected, the other slot's is opened, and then all is quiet.
#[tokio::test(flavor = "multi_thread")]
async fn one_issue_by_hand_stands_for_one_of_two_sessions() {
    let config = endings::config("two-slots-a-day", |folder| {
        let pod = folder.join("pods/secure.toml");
        endings::edit(&pod, "slot = \"weekly\"", "slot = \"emea\"");
        endings::edit(&pod, "cron = \"0 15 * * Thu\"", "cron = \"0 9 * * Thu\"");
        let text = std::fs::read_to_string(&pod).unwrap();
        let amer = "[[session]]\nslot = \"amer\"\ncron = \"0 17 * * Thu\"\nzone = \"UTC\"\nduration = \"1h\"\n\
                    open_ahead = \"7d\"\nevent = \"Secure Pod Pairing\"\n";
        std::fs::write(&pod, format!("{text}\n{amer}")).unwrap();
    });
    let served = Served::of(two_slots_stage()).await;
    let [pairing, _] = homes(&served.stage);
    let by_hand = json!({"title": "Secure pairing EMEA 2026-11-26", "labels": "pod::secure"});
    let theirs = person_opens(&served.stage, &pairing, by_hand).await;
    let before = at(&served.stage, theirs);

    let env = [("PODKEEPER_CONFIG", config.as_str())];
    let told = served.run_with(&["apply"], &env).await;
    told.ends(0, &["session-issue-by-hand", "is the pairing issue for Thu 2026-11-26 09:00 UTC", AMER]);
    assert_eq!(titles(&served.stage), ["Secure pairing EMEA 2026-11-26", AMER]);
    assert_eq!(at(&served.stage, theirs), before, "the person's issue is the person's");
    let written = served.stage.journal();
    served.run_with(&["apply"], &env).await.ends(0, &["session-issue-by-hand"]);
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
            person_opens(&stage, &homes(&stage)[0], json!({"title": title, "labels": "pod::secure"})).await;
        }
        let runs = stage.apply().await;
        assert_eq!(opened(&runs), *expected, "{theirs:?}");
        assert_eq!(ending(&runs), Ending::Done, "{theirs:?}");
        assert_eq!(messages(&runs, "session-issue-by-hand").len(), 2 - expected.len(), "{theirs:?}");
        let written = stage.journal();
        assert_eq!((ending(&stage.apply().await), stage.journal()), (Ending::Done, written), "{theirs:?}");
    }
    println!("{} titles and pairs of titles, each for its own session", stories.len());
}

/// The due date says the day as a title does.
#[tokio::test(start_paused = true)]
async fn a_due_date_is_a_day_and_the_title_says_the_rest() {
    for (title, expected) in [("Pairing, AMER", EMEA), ("Pairing at 09:00", AMER), ("Pairing", AMER)] {
        let stage = two_slots_stage();
        let new = json!({"title": title, "labels": "pod::secure", "due_date": "2026-11-26"});
        person_opens(&stage, &homes(&stage)[0], new).await;
        assert_eq!(opened(&stage.apply().await), [expected], "{title}");
    }
}

/// Where podkeeper has the first session's issue already, what a person opens for the day is the other's.
#[tokio::test(start_paused = true)]
async fn a_day_without_a_hint_is_the_session_that_has_no_issue_yet() {
    let mut stage = two_slots_stage();
    stage.pods[0].slots[1].open_ahead = chrono::Duration::days(1);
    assert_eq!(opened(&stage.apply().await), [EMEA]);
    person_opens(&stage, &homes(&stage)[0], json!({"title": "Pairing 26 Nov", "labels": "pod::secure"})).await;
    stage.now = "2026-11-25T18:00:00Z".parse().unwrap();
    let now = stage.now;
    stage.sandbox.change(|world| world.now = now);
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), [""; 0]);
    let told = messages(&runs, "session-issue-by-hand");
    assert!(told.len() == 1 && told[0].contains("17:00 UTC"), "{told:?}");
}

fn titles(stage: &Stage) -> Vec<String> {
    let pairing = issues(stage, &homes(stage)[0]);
    let labelled = pairing.into_iter().filter(|issue| issue.labels.contains("pod::secure"));
    labelled.map(|issue| issue.title).collect()
}

// --------------------------------------------------------------------------------------- 17: a person's copy

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_copy_of_the_pairing_issue_is_told_and_no_alarm() {
    for closed in [false, true] {
        let served = Served::of(Stage::seeded()).await;
        let stage = &served.stage;
        served.run(&["apply"], "sessions,labels").await.ends(0, &[SESSION]);
        let own = place(stage, SESSION);
        let theirs = copy(stage, &homes(stage)[0], &at(stage, own)).await;
        if closed {
            edit(stage, theirs, &IssueEdit { close: Some(true), ..IssueEdit::default() });
        }
        copy_is_left_alone(&served, own, theirs, "sessions,labels").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_copy_of_a_report_is_told_and_no_alarm() {
    for (title, closed) in [(LINKS, false), (LINKS, true), (ROSTER, false)] {
        let served = Served::of(Stage::of(shipped().pods, now())).await;
        let stage = &served.stage;
        served.run(&["apply"], ALL).await.ends(0, &[]);
        let own = place(stage, title);
        let theirs = copy(stage, &homes(stage)[1], &at(stage, own)).await;
        if closed {
            edit(stage, theirs, &IssueEdit { close: Some(true), ..IssueEdit::default() });
        }
        copy_is_left_alone(&served, own, theirs, ALL).await;
    }
}

/// Told as information at each run; what is due afterwards is written to podkeeper's own and to nothing else.
async fn copy_is_left_alone(served: &Served, own: (u64, u64), theirs: (u64, u64), tasks: &str) {
    let stage = &served.stage;
    let (copied, all, written) = (at(stage, theirs), count(stage), stage.journal());
    for _ in 0..2 {
        let (code, told) = served.apply(tasks).await;
        let name = format!("#{}", theirs.1);
        let found = told_of(&told, "marker-foreign");
        assert_eq!((code, found.len()), (Some(0), 1), "{told:#}");
        assert!(found[0].contains(&name), "{found:?}");
        let findings = told["pods"][0]["findings"].as_array().unwrap();
        let severity = findings.iter().find(|finding| finding["rule"] == "marker-foreign").unwrap()["severity"].clone();
        assert_eq!(severity, "info");
    }
    assert_eq!(stage.journal(), written, "nothing is written for it");
    page_says(stage, "Thursdays at 3:00 PM UTC", "Thursdays at 3:00 PM UTC, with tea");
    page_says(stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
    group(stage, "ada-quill", false);
    let before = body(stage, own);
    assert_eq!(served.apply(tasks).await.0, Some(0));
    assert_ne!(body(stage, own), before, "podkeeper's own goes on");
    assert_eq!((at(stage, theirs), count(stage)), (copied, all));
}

/// Last week's issue as the beginning of this week's: the date in the title is what counts.
#[tokio::test(start_paused = true)]
async fn last_weeks_issue_copied_for_this_week_is_an_issue_by_hand() {
    let stage = Stage::seeded();
    let last = issues(&stage, &homes(&stage)[0]).into_iter().rfind(|issue| issue.title.contains("2026-11-19")).unwrap();
    let theirs = copy(&stage, &homes(&stage)[0], &last).await;
    let title = Some("Secure pairing, 26 Nov 2026".to_owned());
    edit(&stage, theirs, &IssueEdit { title, ..IssueEdit::default() });
    for _ in 0..2 {
        let runs = stage.apply().await;
        assert_eq!((opened(&runs), ending(&runs)), (Vec::new(), Ending::Done), "{:?}", findings(&runs));
        assert_eq!(messages(&runs, "session-issue-by-hand").len(), 1, "{:?}", findings(&runs));
        assert_eq!(messages(&runs, "marker-foreign").len(), 1, "{:?}", findings(&runs));
    }
}

// ------------------------------------------------------------------------------------------- 22: taken for spam

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_is_taken_for_spam_asks_for_a_person_and_comes_afterwards() {
    for (trouble, status) in [(Trouble::Spam, "409"), (Trouble::SpamDiscarded, "400")] {
        let served = Served::of(Stage::of(shipped().pods, now())).await;
        let stage = &served.stage;
        stage.ails(Fault::always(trouble).on("POST", "/issues"));
        for run in 1..=3 {
            let before = posts(stage).len();
            let told = served.run(&["apply"], ALL).await;
            told.ends(5, &["GitLab takes it for spam", "a person confirm it", "trust that account", status]);
            // The pairing issue and two reports, each asked for once.
            assert_eq!(posts(stage).len() - before, 3, "run {run}: {:?}", posts(stage));
        }
        assert!(posts(stage).iter().all(|post| post.ends_with(status)), "{:?}", posts(stage));
        stage.recovers();
        let told = served.run(&["apply"], ALL).await;
        told.ends(0, &[SESSION, LINKS, ROSTER]);
        for title in [SESSION, LINKS, ROSTER] {
            assert!(at(stage, place(stage, title)).is_open());
        }
        served.run(&["apply"], ALL).await.ends(0, &["Nothing had to change"]);
    }
}

fn posts(stage: &Stage) -> Vec<String> {
    stage.journal().into_iter().filter(|line| line.starts_with("POST")).collect()
}

// ------------------------------------------------------------------------- 24: written anew by a person

/// Everything that podkeeper knew the issue by is gone but who opened it, and when, and the pod's label.
async fn rewritten() -> Served {
    let served = Served::of(Stage::seeded()).await;
    served.run(&["apply"], "sessions,labels").await.ends(0, &[SESSION]);
    let own = place(&served.stage, SESSION);
    let words = IssueEdit {
        title: Some("Team pairing".to_owned()),
        description: Change::Set("my notes\n\n- [x] bring cake".to_owned()),
        ..IssueEdit::default()
    };
    edit(&served.stage, own, &words);
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_a_person_wrote_anew_gets_no_second_one() {
    let served = rewritten().await;
    let (stage, own) = (&served.stage, place(&served.stage, "Team pairing"));
    let (before, all, written) = (at(stage, own), count(stage), stage.journal());
    for _ in 0..3 {
        let told = served.run(&["apply"], "sessions,labels").await;
        let name = format!("support-pairing#{}", own.1);
        told.ends(
            5,
            &["marker-lost", &name, "Write the line `podkeeper · secure/weekly/2026-W48`", "take the pod's label off"],
        );
    }
    assert_eq!((at(stage, own), count(stage), stage.journal()), (before, all, written));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_is_told_lets_podkeeper_take_the_issue_up_again() {
    let served = rewritten().await;
    let (stage, own) = (&served.stage, place(&served.stage, "Team pairing"));
    let all = count(stage);
    let words = body(stage, own);
    write(stage, own, &format!("podkeeper · secure/weekly/2026-W48\n\n{words}"));
    served.run(&["apply"], "sessions,labels").await.ends(0, &["1 change made"]);
    let now = at(stage, own);
    let text = now.description.unwrap();
    assert!(text.starts_with("<!-- podkeeper:v1 session secure/weekly/2026-W48 -->\n- **When:**"), "{text}");
    assert!(text.ends_with(&words), "the person's words stand below: {text}");
    assert_eq!((now.title.as_str(), count(stage)), ("Team pairing", all), "and so does the title");
    served.run(&["apply"], "sessions,labels").await.ends(0, &["Nothing had to change"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_label_it_is_something_else_and_a_new_one_is_opened() {
    let served = rewritten().await;
    let (stage, own) = (&served.stage, place(&served.stage, "Team pairing"));
    edit(stage, own, &IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() });
    let (before, all) = (at(stage, own), count(stage));
    served.run(&["apply"], "sessions,labels").await.ends(0, &[SESSION, "1 change made"]);
    assert_eq!((at(stage, own), count(stage)), (before, all + 1));
    served.run(&["apply"], "sessions,labels").await.ends(0, &["Nothing had to change"]);
}

/// Of a report the title is left, which podkeeper never changes.
#[tokio::test(start_paused = true)]
async fn a_report_that_a_person_wrote_anew_gets_no_second_one_until_its_title_goes_too() {
    for (title, task) in [(LINKS, Task::Links), (ROSTER, Task::Roster)] {
        let pods = shipped().pods.into_iter().map(|pod| Pod { tasks: [task].into(), ..pod }).collect();
        let stage = Stage::of(pods, now());
        stage.work().await;
        let (own, all) = (place(&stage, title), count(&stage));
        write(&stage, own, "what we talked about");
        let written = stage.journal();
        for _ in 0..2 {
            let runs = stage.work().await;
            assert_eq!((ending(&runs), messages(&runs, "marker-lost").len()), (Ending::Human, 1), "{title}");
        }
        assert_eq!((count(&stage), stage.journal()), (all, written), "{title}");
        let other = IssueEdit { title: Some("What we talked about".to_owned()), ..IssueEdit::default() };
        edit(&stage, own, &other);
        assert_eq!((ending(&stage.work().await), count(&stage)), (Ending::Done, all + 1), "{title}");
    }
}
