//! The pod's label: on pairing issues that its people opened it is proposed, and put on where that is configured and
//! certain; and what is the matter with the label itself is said.

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::rule::Audience;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, PodKey};
use podkeeper::sandbox::world::{FieldChange, IssueEdit, NewIssue};

use crate::crash_recovery::advance_time;
use crate::people_actions::{
    SESSION, advice, edit_issue, exit_status, find_issue_at, find_issue_place, issue_body, messages,
};
use crate::plan_matches_apply::MAX_QUIET_REQUESTS;
use crate::support::{Stage, keep_sessions_and_labels, now, shipped_config};

const LABEL: &str = "pod::secure";
const PROJECT: &str = "our-group/support-pairing";
/// Two issues of the seed that people and Pairify's account opened.
const BY_HAND: &str = "Pairing: Tuva and Mateo on a DAST login that fails";
const RECORD: &str = "Pairing: Jonah <> Lucja";

/// The seeded world, in which the label is put on where that is certain.
fn applying_stage() -> Stage {
    let mut stage = Stage::seeded();
    stage.pods[0].label.apply = true;
    stage
}

/// Somebody opens an issue some hours ago; gives its place.
pub(crate) fn opens(stage: &Stage, who: &str, title: &str, text: &str, assignees: &[&str]) -> (u64, u64) {
    let mut place = None;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(PROJECT).unwrap().id;
        let id = |name: &str| world.user_by_username(name).unwrap().id;
        let (author, assignees) = (id(who), assignees.iter().map(|name| id(name)).collect());
        let edit = IssueEdit {
            description: FieldChange::Set(text.to_owned()),
            assignees: Some(assignees),
            ..IssueEdit::default()
        };
        let at = world.now - TimeDelta::hours(3);
        let new = NewIssue { title: title.to_owned(), edit };
        let iid = world.at_time(at, |world| world.open_issue(project, author, &new));
        place = iid.map(|iid| (project, iid));
    });
    place.unwrap()
}

fn labels(stage: &Stage, place: (u64, u64)) -> Vec<String> {
    find_issue_at(stage, place).labels.into_iter().collect()
}

fn add(labels: &[&str]) -> IssueEdit {
    IssueEdit { add_labels: labels.iter().map(|label| (*label).to_owned()).collect(), ..IssueEdit::default() }
}

fn remove(labels: &[&str]) -> IssueEdit {
    IssueEdit { remove_labels: labels.iter().map(|label| (*label).to_owned()).collect(), ..IssueEdit::default() }
}

fn comment(stage: &Stage, place: (u64, u64), who: &str) {
    stage.sandbox.change_world(|world| {
        let who = world.user_by_username(who).unwrap().id;
        world.add_issue_note(place.0, place.1, who, "I was there, too.");
    });
}

/// The line of the session's issue that counts sessions without the label.
fn proposal_line(stage: &Stage) -> Option<String> {
    let body = issue_body(stage, find_issue_place(stage, SESSION));
    body.lines().find(|line| line.starts_with("- **Label:**")).map(str::to_owned)
}

fn kinds(runs: &[PodRun]) -> Vec<&'static str> {
    runs.iter().flat_map(|run| &run.outcomes).map(|(action, _)| action.kind()).collect()
}

// ------------------------------------------------------------------------------------------------------- proposed

#[tokio::test(start_paused = true)]
async fn sessions_of_the_pods_people_are_proposed_and_told_of_in_one_line() {
    let stage = Stage::seeded();
    let places = [RECORD, BY_HAND].map(|title| find_issue_place(&stage, title));
    let planned = stage.plan().await;
    let found = messages(&planned, "label-proposed");
    let why = "does not carry `pod::secure`: 2 members of the pod take part";
    let expected: Vec<String> =
        places.iter().map(|place| format!("{PROJECT}#{} looks like a session of the pod and {why}", place.1)).collect();
    assert_eq!(found, expected);
    assert!(advice(&planned, "label-proposed")[0].ends_with(&format!("/{PROJECT}/-/issues/{}", places[0].1)));

    let runs = stage.apply().await;
    assert_eq!((exit_status(&runs), messages(&runs, "label-proposed")), (ExitStatus::Done, expected));
    let list = "issues/?sort=created_date&state=all&not%5Blabel_name%5D%5B%5D=pod%3A%3A*";
    let line = proposal_line(&stage).unwrap();
    assert!(line.starts_with("- **Label:** [2 sessions of ours](https://gitlab"), "{line}");
    assert!(line.ends_with(&format!("/{PROJECT}/-/{list}) carry no `pod::secure`")), "{line}");
    // A list is no reference: nothing says on the two issues that they were mentioned.
    for place in places {
        let issue = find_issue_at(&stage, place);
        assert!(issue.labels.iter().all(|label| label != LABEL));
        assert!(issue.notes.values().all(|note| !note.body.contains("mentioned in")), "{:?}", issue.notes);
    }
    // Nothing is new: nothing is written, and no label event is read a second time.
    let written = stage.journal();
    let asked = stage.sandbox.request_count();
    let runs = stage.apply().await;
    assert_eq!((stage.journal(), messages(&runs, "label-proposed").len()), (written, 2));
    let asked = usize::try_from(stage.sandbox.request_count() - asked).unwrap();
    assert!(asked <= MAX_QUIET_REQUESTS, "{asked}");
    let log = NoLabelEvents(stage.exchange());
    stage.apply_over(Arc::new(log)).await;

    // A person does as proposed for one of them: the line says so.
    edit_issue(&stage, places[0], &add(&[LABEL]));
    stage.apply().await;
    assert!(
        proposal_line(&stage).unwrap().contains("[1 session of ours]")
            && proposal_line(&stage).unwrap().contains(") carries no")
    );
    // And for the other one: it is gone.
    edit_issue(&stage, places[1], &add(&[LABEL]));
    stage.apply().await;
    assert_eq!(proposal_line(&stage), None);
}

/// Whoever reads label events in a quiet run reads them in every run.
struct NoLabelEvents(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for NoLabelEvents {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let of_proposal = request.uri().path().contains("resource_label_events");
        assert!(!of_proposal, "{}", request.uri());
        self.0.exchange(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn who_comments_takes_part_and_a_guest_does_not_count() {
    let stage = Stage::seeded();
    let place = opens(&stage, "hollis-brandt", "A puzzle", "Jobs wait for ever", &["ada-quill-gtlb"]);
    let name = format!("{PROJECT}#{} ", place.1);
    let is_proposed = |runs: &[PodRun]| messages(runs, "label-proposed").iter().any(|one| one.starts_with(&name));
    assert!(!is_proposed(&stage.plan().await));
    comment(&stage, place, "svale");
    assert!(is_proposed(&stage.plan().await));
    // Taken for a session once: a person's word is final, whether the label came by podkeeper or by a person.
    edit_issue(&stage, place, &add(&[LABEL]));
    edit_issue(&stage, place, &remove(&[LABEL]));
    for _ in 0..3 {
        let runs = stage.apply().await;
        assert!(!is_proposed(&runs) && labels(&stage, place).is_empty());
    }
    // Two weeks later nobody asks any more.
    let mut stage = stage;
    advance_time(&mut stage, TimeDelta::days(16));
    assert!(messages(&stage.plan().await, "label-proposed").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_confidential_session_is_shown_to_those_who_may_read_it_alone() {
    let stage = Stage::seeded();
    let secret = IssueEdit { confidential: Some(true), ..IssueEdit::default() };
    for title in [RECORD, BY_HAND] {
        edit_issue(&stage, find_issue_place(&stage, title), &secret);
    }
    let runs = stage.apply().await;
    let proposed = runs[0].findings.iter().filter(|found| found.rule.code() == "label-proposed");
    let audiences: Vec<Audience> = proposed.map(|found| found.audience).collect();
    assert_eq!(audiences, [Audience::Confidential; 2]);
    assert_eq!(proposal_line(&stage), None);
    let body = issue_body(&stage, find_issue_place(&stage, SESSION));
    assert!(!body.contains("unlabelled"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn another_pods_label_is_told_and_left() {
    let stage = applying_stage();
    let title = "Secure Pod Pairing, the rest";
    let place = opens(&stage, "tuval", title, "In #spt_pod_secure", &["mfarrow"]);
    edit_issue(&stage, place, &add(&["pod::verify"]));
    let runs = stage.apply().await;
    let found = messages(&runs, "label-conflict");
    let expected = format!(
        "{PROJECT}#{} looks like a session of the pod and carries `pod::verify` instead of `pod::secure`",
        place.1
    );
    assert!(found.iter().any(|one| one.starts_with(&expected)), "{found:?}");
    assert_eq!(labels(&stage, place), ["pod::verify"]);
    // A name that the pod's label had before is the pod's own.
    let mut stage = stage;
    stage.pods[0].label.former_names = vec![LabelName::parse("pod::verify").unwrap()];
    let runs = stage.apply().await;
    let name = format!("{PROJECT}#{} ", place.1);
    let of_it = |rule: &str| messages(&runs, rule).iter().filter(|one| one.starts_with(&name)).count();
    assert_eq!((of_it("label-conflict"), of_it("label-proposed")), (0, 0));
}

// ---------------------------------------------------------------------------------------------------------- put on

#[tokio::test(start_paused = true)]
async fn where_members_and_words_agree_it_is_put_on_and_a_removal_is_final() {
    let stage = applying_stage();
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "- [ ] Read the log", &["mfarrow"]);
    let planned = stage.plan().await;
    let because = "because 2 members of the pod take part, its title names the pod";
    let sentence = format!("add label `pod::secure` to {PROJECT}#{}, {because}", place.1);
    assert!(planned[0].plan.to_string().contains(&sentence), "{}", planned[0].plan);
    let runs = stage.apply().await;
    assert_eq!((exit_status(&runs), labels(&stage, place)), (ExitStatus::Done, vec![LABEL.to_owned()]));
    // What does not name the pod is proposed, as before.
    assert!(labels(&stage, find_issue_place(&stage, BY_HAND)).is_empty());
    assert_eq!(messages(&runs, "label-proposed").len(), 2);
    let written = stage.journal();
    stage.apply().await;
    assert_eq!(stage.journal(), written);
    edit_issue(&stage, place, &remove(&[LABEL]));
    for _ in 0..3 {
        let runs = stage.apply().await;
        assert!(labels(&stage, place).is_empty() && messages(&runs, "label-proposed").len() == 2);
        assert!(!kinds(&runs).contains(&"label-peoples-issue"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_final_under_another_name_of_the_label_too() {
    let mut stage = applying_stage();
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "- [ ] Read the log", &["mfarrow"]);
    edit_issue(&stage, place, &add(&["pod::secure"]));
    edit_issue(&stage, place, &remove(&["pod::secure"]));
    stage.apply().await;
    stage.pods[0].label.former_names = vec![LabelName::parse("pod::secure").unwrap()];
    stage.pods[0].label.name = LabelName::parse("pod::appsec").unwrap();
    stage.pods[0].label.may_create = true;
    stage.apply().await;
    stage.apply().await;
    assert!(labels(&stage, place).is_empty(), "{:?}", labels(&stage, place));
}

#[tokio::test(start_paused = true)]
async fn the_first_run_of_a_pod_labels_nothing() {
    let mut stage = Stage::bare(Stage::seeded().pods, "# Pod\n\n## Secure Pod members\n\n- `@ada` x\n", now());
    stage.pods[0].label.apply = true;
    let page = "# Secure Pod\n\n## Secure Pod members\n\n- {{< member-by-name \"Tuva Lindqvist\" >}} (`@tuval`)\n- \
                {{< member-by-name \"Mateo Farrow\" >}} (`@mfarrow`)\n";
    stage = Stage { now: stage.now, ..Stage::bare(stage.pods, page, now()) };
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "", &["mfarrow"]);
    let runs = stage.apply().await;
    let proposed = messages(&runs, "label-proposed");
    assert!(proposed.iter().any(|one| one.starts_with(&format!("{PROJECT}#{} ", place.1))), "{proposed:?}");
    assert!(labels(&stage, place).is_empty() && kinds(&runs) == ["open-pairing-issue"], "{:?}", kinds(&runs));
    assert!(proposal_line(&stage).is_some());
    // Whoever lets it run again has seen what was proposed.
    stage.apply().await;
    assert_eq!(labels(&stage, place), [LABEL]);
}

#[tokio::test(start_paused = true)]
async fn five_a_run_and_the_rest_in_the_next() {
    let stage = applying_stage();
    let text = "After the session in #spt_pod_secure";
    let pod_names_it = |number: usize| format!("Secure Pod Pairing, part {number}");
    let places: Vec<(u64, u64)> =
        (0..7).map(|number| opens(&stage, "tuval", &pod_names_it(number), text, &["mfarrow"])).collect();
    let count = |stage: &Stage| places.iter().filter(|place| labels(stage, **place) == [LABEL]).count();
    let runs = stage.apply().await;
    assert_eq!(count(&stage), 5);
    let later = runs[0].status_sentences.iter().filter(|one| one.text.contains("in a later run")).count();
    assert_eq!(later, 1, "{:?}", runs[0].status_sentences);
    stage.apply().await;
    assert_eq!(count(&stage), 7);
}

/// GitLab would take the other label off.
#[tokio::test(start_paused = true)]
async fn labels_are_read_again_right_before() {
    let stage = applying_stage();
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "", &["mfarrow"]);
    let quick = QuickPerson { inner: stage.exchange(), sandbox: stage.sandbox.clone(), place };
    let (runs, _) = stage.apply_over(Arc::new(quick)).await;
    assert_eq!(labels(&stage, place), ["pod::verify"]);
    let outcome = runs[0].outcomes.iter().find(|(action, _)| action.kind() == "label-peoples-issue").unwrap();
    assert!(matches!(&outcome.1, Outcome::NotTried(why) if why.contains("carries `pod::verify` now")), "{outcome:?}");
}

/// A person labels an issue right before podkeeper does.
struct QuickPerson {
    inner: Arc<dyn Exchange>,
    sandbox: podkeeper::sandbox::Sandbox,
    place: (u64, u64),
}

#[async_trait::async_trait]
impl Exchange for QuickPerson {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let one = format!("/issues/{}", self.place.1);
        if *request.method() == Method::GET && request.uri().path().ends_with(&one) {
            self.sandbox.change_world(|world| {
                let person = world.user_by_username("hollis-brandt").unwrap().id;
                world.edit_issue(self.place.0, self.place.1, person, &add(&["pod::verify"]));
            });
        }
        self.inner.exchange(request).await
    }
}

/// Labels that a Guest sets are dropped: nothing is sent, and it is proposed all the same.
#[tokio::test(start_paused = true)]
async fn a_guest_proposes() {
    let stage = applying_stage();
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "", &["mfarrow"]);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(PROJECT).unwrap().id;
        world.set_project_role("podkeeper-bot", project, 10).unwrap();
    });
    let runs = stage.apply().await;
    assert!(labels(&stage, place).is_empty() && messages(&runs, "label-proposed").len() == 3);
}

// ------------------------------------------------------------------------------------------------- what was not seen

/// Nobody knows who takes part: what was proposed stays, and nothing is written.
#[tokio::test(start_paused = true)]
async fn without_participants_what_was_told_stays() {
    let stage = Stage::seeded();
    let place = opens(&stage, "hollis-brandt", "A puzzle", "Jobs wait for ever", &["ada-quill-gtlb"]);
    comment(&stage, place, "svale");
    stage.apply().await;
    let line = proposal_line(&stage).unwrap();
    assert!(line.contains("[3 sessions of ours]"), "{line}");
    for path in ["/api/graphql", "issues?"] {
        let written = stage.journal();
        let fails = Fails { inner: stage.exchange(), path };
        stage.apply_over(Arc::new(fails)).await;
        assert_eq!((proposal_line(&stage), stage.journal()), (Some(line.clone()), written), "{path}");
    }
}

struct Fails {
    inner: Arc<dyn Exchange>,
    path: &'static str,
}

#[async_trait::async_trait]
impl Exchange for Fails {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if request.uri().to_string().contains(self.path) {
            let body = Bytes::from_static(br#"{"message":"500 Internal Server Error"}"#);
            return Ok(Response::builder().status(500).body(body).unwrap());
        }
        self.inner.exchange(request).await
    }
}

// ------------------------------------------------------------------------------------------------------- the budget

/// Twenty pods of one project, each with proposals that stand.
#[tokio::test(start_paused = true)]
async fn twenty_pods_ask_little() {
    let shipped = keep_sessions_and_labels(shipped_config().pods).remove(0);
    let pods: Vec<Pod> = (0..20)
        .map(|number| {
            let mut pod = shipped.clone();
            (pod.key, pod.name) = (PodKey::parse(&format!("pod-{number}")).unwrap(), format!("Pod of {number}"));
            pod.label.name = LabelName::parse(&format!("pod::n{number}")).unwrap();
            pod.page.path = format!("content/pod-{number}/_index.md");
            pod
        })
        .collect();
    let mut stage = Stage::of(pods, now());
    stage.max_writes = 20;
    for _ in 0..4 {
        stage.apply().await;
    }
    let (written, asked) = (stage.journal(), stage.sandbox.request_count());
    let runs = stage.apply().await;
    let asked = stage.sandbox.request_count() - asked;
    println!("a quiet run of 20 pods: {asked} requests to GitLab");
    assert_eq!(stage.journal(), written);
    assert!(runs.iter().all(|run| messages(std::slice::from_ref(run), "label-proposed").len() == 2));
    assert!(asked <= 40, "{asked}");
}

// ------------------------------------------------------------------------------------------------- the label itself

fn change_label(stage: &Stage, change: impl Fn(&mut podkeeper::sandbox::world::Label)) {
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(PROJECT).unwrap().id;
        let labels = &mut world.projects.get_mut(&project).unwrap().labels;
        labels.values_mut().filter(|label| label.name == LABEL).for_each(&change);
    });
}

#[tokio::test(start_paused = true)]
async fn colour_and_description_are_told_when_they_drift_and_changed_where_that_is_configured() {
    let mut stage = Stage::seeded();
    let quiet = stage.apply().await;
    assert!(messages(&quiet, "label-differs").is_empty(), "the pod's file names neither");
    stage.pods[0].label.named_color = Some("#1F75CB".to_owned());
    assert!(messages(&stage.plan().await, "label-differs").is_empty(), "the same colour in another spelling");
    stage.pods[0].label.description = "Sessions of our pod".to_owned();
    change_label(&stage, |label| label.color = "#ff0000".to_owned());
    let written = stage.journal();
    let runs = stage.apply().await;
    let words = "colour #ff0000 instead of #1F75CB and the description \"Pairing sessions of Secure Pod\" instead of \
                 \"Sessions of our pod\"";
    assert_eq!(messages(&runs, "label-differs"), [format!("`pod::secure` has {words}")]);
    assert!(advice(&runs, "label-differs")[0].contains("[label] manage = true"));
    assert_eq!(stage.journal(), written);

    stage.pods[0].label.manage = true;
    let planned = stage.plan().await;
    let sentence =
        format!("update the colour and description of label `pod::secure` in {PROJECT}, because it has {words}");
    assert!(planned[0].plan.to_string().contains(&sentence), "{}", planned[0].plan);
    let runs = stage.apply().await;
    assert_eq!((exit_status(&runs), kinds(&runs)), (ExitStatus::Done, vec!["update-label"]));
    let written = stage.journal();
    assert!(messages(&stage.apply().await, "label-differs").is_empty() && stage.journal() == written);
    // Only one of them, in a request that changes only that.
    change_label(&stage, |label| label.description = None);
    stage.apply().await;
    let last = stage.sandbox.journal().pop().unwrap();
    assert_eq!((last.method.as_str(), last.body.as_str()), ("PUT", "description=Sessions of our pod"));
}

/// GitLab says 200 and changes nothing: that is not called done, and it is not tried again in the same run.
#[tokio::test(start_paused = true)]
async fn what_is_not_shown_in_the_answer_was_not_done() {
    let mut stage = applying_stage();
    stage.pods[0].label.named_color = Some("#123456".to_owned());
    stage.pods[0].label.manage = true;
    let place = opens(&stage, "tuval", "Left from Secure Pod Pairing", "", &["mfarrow"]);
    let (runs, _) = stage.apply_over(Arc::new(DropsLabels(stage.exchange()))).await;
    for kind in ["update-label", "label-peoples-issue"] {
        let outcomes = runs[0].outcomes.iter().filter(|(action, _)| action.kind() == kind);
        let refused: Vec<bool> = outcomes.map(|(_, outcome)| matches!(outcome, Outcome::Refused(..))).collect();
        assert_eq!(refused, [true], "{kind}: {:?}", runs[0].outcomes);
    }
    assert!(labels(&stage, place).is_empty() && messages(&runs, "label-differs").len() == 1);
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    assert_eq!(labels(&stage, place), [LABEL]);
}

/// Answers a change of labels with what is there.
struct DropsLabels(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for DropsLabels {
    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let adds = String::from_utf8_lossy(request.body()).starts_with("add_labels=");
        if *request.method() == Method::PUT && (adds || request.uri().path().contains("/labels/")) {
            (*request.method_mut(), *request.body_mut()) = (Method::GET, Bytes::new());
        }
        self.0.exchange(request).await
    }
}

/// A label of a group is everybody's there.
#[tokio::test(start_paused = true)]
async fn a_groups_label_is_told_of_and_not_changed() {
    let mut stage = Stage::seeded();
    stage.pods[0].label.named_color = Some("#123456".to_owned());
    stage.pods[0].label.manage = true;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(PROJECT).unwrap();
        let (project, label) = (project.id, project.labels.values().find(|label| label.name == LABEL).unwrap().id);
        world.promote_label(project, label).unwrap();
    });
    let runs = stage.apply().await;
    assert_eq!(messages(&runs, "label-differs"), ["`pod::secure` has colour #1f75cb instead of #123456"]);
    assert!(advice(&runs, "label-differs")[0].contains("a label of a group"));
    assert!(!kinds(&runs).contains(&"update-label"));
    // Below it, the project's label of another pod is the one that stands alone.
    assert!(messages(&runs, "label-of-project").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_label_of_the_project_alone_is_told_of_where_the_group_has_the_others() {
    let stage = Stage::seeded();
    assert!(messages(&stage.plan().await, "label-of-project").is_empty());
    let group = PROJECT.rsplit_once('/').unwrap().0;
    stage.sandbox.change_world(|world| {
        world.add_group_label(group, "pod::runners", "#112233", "");
        world.add_group_label(group, "pod::get", "#112233", "");
        world.add_group_label("elsewhere", "pod::far", "#112233", "");
    });
    let found = messages(&stage.plan().await, "label-of-project");
    assert_eq!(found.len(), 1);
    let expected = format!(
        "`pod::secure` belongs to {PROJECT} alone, while `pod::get` and another of its scope belong to a group above it"
    );
    assert!(found[0].starts_with(&expected), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn near_twins_are_told_of_with_their_issues() {
    let stage = Stage::seeded();
    let group = PROJECT.rsplit_once('/').unwrap().0;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(PROJECT).unwrap().id;
        for name in ["Pod::secure", "pod:secure", "pod::secured"] {
            world.add_label(project, name, "#112233", "");
        }
        world.add_group_label(group, "pod::Secure", "#112233", "");
    });
    let place = opens(&stage, "hollis-brandt", "One", "", &[]);
    edit_issue(&stage, place, &add(&["pod:secure"]));
    let runs = stage.apply().await;
    let found = messages(&runs, "label-near-twin");
    let expected = "beside `pod::secure` there are `Pod::secure` (0 open and 0 closed issues), `pod::Secure` (0 open and 0 \
                    closed issues), `pod:secure` (1 open and 0 closed issues)";
    assert_eq!(found, [expected]);
}
