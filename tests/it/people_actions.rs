//! What people do by hand to podkeeper's issues, and what is reported of it: what several stories need.

use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::SandboxServer;
use podkeeper::sandbox::world::{FieldChange, Issue, IssueEdit};
use serde_json::{Value, json};

use crate::exit_codes::{ProgramOutput, run_podkeeper_with_env};
use crate::support::Stage;

/// The titles of the living reports, which podkeeper never changes.
pub(crate) const LINKS: &str = "Secure Pod: links and labels that need a look";
pub(crate) const ROSTER: &str = "Secure Pod: page and Support Team data disagree";
/// This week's session.
pub(crate) const SESSION: &str = "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC";

/// Every job of the program.
pub(crate) const ALL_TASKS: &str = "sessions,labels,roster,links";

/// A stage whose sandbox is served, for the program itself.
pub(crate) struct Served {
    pub(crate) stage: Stage,
    serving: SandboxServer,
}

impl Served {
    pub(crate) async fn serve(stage: Stage) -> Self {
        let serving = stage.sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        Self { stage, serving }
    }

    /// Runs the program with these tasks against the sandbox.
    pub(crate) async fn run(&self, args: &[&str], tasks: &str) -> ProgramOutput {
        self.run_with(args, &[("PODKEEPER_TASK", tasks)]).await
    }

    /// The same with these variables.
    pub(crate) async fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> ProgramOutput {
        let sandbox = format!("--sandbox={}", self.serving.url().as_str().trim_end_matches('/'));
        run_podkeeper_with_env(&[args, &[&sandbox]].concat(), env).await
    }

    /// Applies; returns the exit code and the report as JSON.
    pub(crate) async fn apply(&self, tasks: &str) -> (Option<i32>, Value) {
        let reported = self.run(&["apply", "--format", "json"], tasks).await;
        let report = serde_json::from_str(&reported.out);
        (reported.code, report.unwrap_or_else(|error| panic!("{error}: {reported:?}")))
    }
}

/// The messages of the findings of this rule, in a report as JSON.
pub(crate) fn messages_of_rule(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["pods"].as_array().unwrap().iter().flat_map(|pod| pod["findings"].as_array().unwrap());
    let of_rule = findings.filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// The messages of the findings of this rule.
pub(crate) fn messages(runs: &[PodRun], rule: &str) -> Vec<String> {
    findings_of_rule(runs, rule).into_iter().map(|(message, _)| message).collect()
}

/// What the findings of this rule advise.
pub(crate) fn advice(runs: &[PodRun], rule: &str) -> Vec<String> {
    findings_of_rule(runs, rule).into_iter().map(|(_, advice)| advice).collect()
}

fn findings_of_rule(runs: &[PodRun], rule: &str) -> Vec<(String, String)> {
    let findings = runs.iter().flat_map(|run| &run.findings).filter(|finding| finding.rule.code() == rule);
    findings.map(|finding| (finding.message.clone(), finding.advice.clone())).collect()
}

pub(crate) fn exit_status(runs: &[PodRun]) -> ExitStatus {
    runs.iter().map(PodRun::exit_status).max().unwrap()
}

/// The titles of the issues and reports that a run tried to open.
pub(crate) fn opened_titles(runs: &[PodRun]) -> Vec<String> {
    let outcomes = runs.iter().flat_map(|run| &run.outcomes);
    let opens = outcomes.filter(|(action, _)| action.kind().starts_with("open-"));
    opens.filter_map(|(action, _)| Some(action.to_string().split('"').nth(1)?.to_owned())).collect()
}

/// The projects of the pairing issues and of the reports.
pub(crate) fn issue_projects(stage: &Stage) -> [String; 2] {
    [stage.pods[0].pairing_project.clone(), stage.pods[0].reports.project.clone().unwrap()]
}

/// Every issue of a project, in the order of their numbers.
pub(crate) fn issues(stage: &Stage, project: &str) -> Vec<Issue> {
    stage.with_world(|world| world.project_by_path(project).unwrap().issues.values().cloned().collect())
}

/// How many issues there are in all that podkeeper writes to.
pub(crate) fn issue_count(stage: &Stage) -> usize {
    issue_projects(stage).iter().map(|project| issues(stage, project).len()).sum()
}

/// Where the oldest issue with this title is: its project and number.
pub(crate) fn find_issue_place(stage: &Stage, title: &str) -> (u64, u64) {
    let found = stage.with_world(|world| {
        let all = world.projects.values().flat_map(|home| home.issues.values().map(move |issue| (home.id, issue)));
        all.filter(|(_, issue)| issue.title == title).map(|(home, issue)| (home, issue.iid)).min()
    });
    found.unwrap_or_else(|| panic!("no issue has the title {title}"))
}

/// An issue by its place.
pub(crate) fn find_issue_at(stage: &Stage, (project, iid): (u64, u64)) -> Issue {
    stage.with_world(|world| world.issue(project, iid).unwrap().clone())
}

pub(crate) fn issue_body(stage: &Stage, place: (u64, u64)) -> String {
    find_issue_at(stage, place).description.unwrap_or_default()
}

/// A person edits an issue.
pub(crate) fn edit_issue(stage: &Stage, place: (u64, u64), edit: &IssueEdit) {
    stage.sandbox.change_world(|world| {
        let person = world.user_by_username("hollis-brandt").unwrap().id;
        world.edit_issue(place.0, place.1, person, edit);
    });
}

/// A person writes the whole description anew.
pub(crate) fn write_description(stage: &Stage, place: (u64, u64), text: &str) {
    edit_issue(stage, place, &IssueEdit { description: FieldChange::Set(text.to_owned()), ..IssueEdit::default() });
}

/// A person opens an issue in a project; gives its place.
pub(crate) async fn person_opens(stage: &Stage, project: &str, new: Value) -> (u64, u64) {
    let path = format!("/api/v4/projects/{}/issues", project.replace('/', "%2F"));
    let (status, answer) = stage.request("person", "POST", &path, new).await;
    assert_eq!(status, 201, "{answer}");
    (answer["project_id"].as_u64().unwrap(), answer["iid"].as_u64().unwrap())
}

/// A person makes a copy of an issue, as `/clone` does: title, description and labels.
pub(crate) async fn clone_issue(stage: &Stage, project: &str, issue: &Issue) -> (u64, u64) {
    let labels: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
    let new = json!({"title": issue.title, "description": issue.description, "labels": labels.join(",")});
    person_opens(stage, project, new).await
}

/// Replaces a text of the pod's page.
pub(crate) fn edit_page(stage: &Stage, old: &str, new: &str) {
    let page = &stage.pods[0].page;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&page.project).unwrap().id;
        let files = world.projects.get_mut(&project).unwrap().files.get_mut(&page.git_ref).unwrap();
        let text = files.get_mut(&page.path).unwrap();
        assert!(text.contains(old), "the page says {old}");
        *text = text.replace(old, new);
    });
}

/// Whatever an agent's file says of the pod's group is taken out, or put back.
pub(crate) fn set_zendesk_group(stage: &Stage, agent: &str, has_it: bool) {
    const GROUP: &str = "    - 'Support Focus: Secure'\n";
    let agents = stage.pods[0].agents.clone().unwrap();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&agents.project).unwrap().id;
        let files = world.projects.get_mut(&project).unwrap().files.get_mut(&agents.git_ref).unwrap();
        let text = files.get_mut(&format!("{}/{agent}.yaml", agents.path)).unwrap();
        assert_ne!(text.contains(GROUP), has_it, "{agent}");
        *text = if has_it { text.replace("    role:", &format!("{GROUP}    role:")) } else { text.replace(GROUP, "") };
    });
}
