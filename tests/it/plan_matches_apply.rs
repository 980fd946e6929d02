//! A plan says what is done: what `apply` sends is what `plan` showed, request by request. And a run that finds nothing
//! new asks little.

use podkeeper::pod::action::{Action, Change};
use podkeeper::pod::marker;
use podkeeper::pod::plan::compute_stamp;
use podkeeper::pod::run::PodRun;
use podkeeper::sandbox::JournalEntry;

use crate::crash_recovery::{Scenario, all_scenarios, prepare_stage};
use crate::support::Stage;

/// What a quiet run of the seeded pod may ask of GitLab, links, roster and both reports included.
pub(crate) const MAX_QUIET_REQUESTS: usize = 16;

#[tokio::test(start_paused = true)]
async fn apply_sends_what_plan_told() {
    let reported = compare_all_scenarios().await;
    println!("{} of {} requests that write were told by a plan", reported.well, reported.of);
    assert_eq!((reported.well, reported.wrong), (reported.of, None));
    assert!(reported.of >= 28, "{}", reported.of);
}

/// A request that the plan did not show is found, whatever it is.
#[tokio::test(start_paused = true)]
async fn a_request_that_no_plan_told_is_caught() {
    let start = prepare_stage(&crate::crash_recovery::PLAIN).await;
    let planned = start.plan_all_tasks().await;
    let stage = start.copy();
    let applied = stage.apply_all_tasks().await;
    let journal = stage.sandbox.journal();
    assert_eq!(compare(&planned, &applied, &journal), (journal.len(), None));
    let mut more = journal.clone();
    more.push(JournalEntry { method: "DELETE".to_owned(), ..journal[0].clone() });
    assert!(compare(&planned, &applied, &more).1.is_some());
    let mut other = journal.clone();
    other[0].body.push_str("&confidential=true");
    assert!(compare(&planned, &applied, &other).1.is_some());
    assert!(compare(&planned, &applied, &journal[1..]).1.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_run_asks_little() {
    let asked = count_quiet_requests().await;
    println!("a quiet run: {asked} requests to GitLab");
    assert!(asked > 0 && asked <= MAX_QUIET_REQUESTS, "{asked}");
}

/// How many requests a run of the whole job sends in a world that is as it should be.
pub(crate) async fn count_quiet_requests() -> usize {
    let stage = Stage::of(crate::support::shipped_config().pods, crate::support::now());
    stage.apply_all_tasks().await;
    let before = stage.sandbox.request_count();
    stage.apply_all_tasks().await;
    usize::try_from(stage.sandbox.request_count() - before).unwrap()
}

/// How many writing requests a plan had shown before they were sent.
#[derive(Default)]
pub(crate) struct PlannedWrites {
    pub(crate) of: usize,
    pub(crate) well: usize,
    pub(crate) wrong: Option<String>,
}

/// Plans and applies every scenario of the crash sweep.
pub(crate) async fn compare_all_scenarios() -> PlannedWrites {
    let mut reported = PlannedWrites::default();
    for scenario in all_scenarios() {
        reported.count(&scenario).await;
    }
    reported
}

impl PlannedWrites {
    async fn count(&mut self, scenario: &Scenario) {
        let start = prepare_stage(scenario).await;
        let written = start.journal().len();
        let planned = start.plan_all_tasks().await;
        if start.journal().len() > written {
            self.wrong.get_or_insert(format!("{}: the plan wrote something", scenario.name));
        }
        let stage = start.copy();
        let applied = stage.apply_all_tasks().await;
        let journal = stage.sandbox.journal();
        let (well, wrong) = compare(&planned, &applied, &journal);
        self.of += journal.len();
        self.well += well;
        if let Some(why) = wrong {
            self.wrong.get_or_insert(format!("{}: {why}", scenario.name));
        }
    }
}

/// How many requests the plan had shown, and the first difference.
fn compare(planned: &[PodRun], applied: &[PodRun], journal: &[JournalEntry]) -> (usize, Option<String>) {
    let actions: Vec<&Action> = planned.iter().flat_map(|run| &run.plan.actions).collect();
    let plans = |runs: &[PodRun]| compute_stamp(&runs.iter().map(|run| &run.plan).collect::<Vec<_>>());
    if plans(planned) != plans(applied) {
        return (0, Some("apply made another plan".to_owned()));
    }
    // Pod by pod, a round after the other: first what the plan says, then what it promises for later.
    let (mut well, mut sent) = (0, journal.iter());
    for (plan, apply) in planned.iter().zip(applied) {
        let mut planned: Vec<&Action> = plan.plan.actions.iter().collect();
        let mut promised = plan.later_changes.clone();
        // Part by part of the run: what the plan says, then what it promises for later.
        for (action, _) in &apply.outcomes {
            if let Some(at) = planned.iter().position(|told| told.identity() == action.identity()) {
                let told = planned.remove(at);
                match sent.next() {
                    Some(entry) if is_as_planned(told, entry) => well += 1,
                    other => return (well, Some(format!("{told}, and what was sent is {other:?}"))),
                }
                continue;
            }
            let sentence = action.to_string();
            let Some(at) = promised.iter().position(|then| sentence.starts_with(&then.text)) else {
                return (well, Some(format!("a later round did what was not promised: {action}")));
            };
            promised.remove(at);
            match sent.next() {
                Some(entry) if is_as_planned(action, entry) => well += 1,
                other => return (well, Some(format!("{action}, and what was sent is {other:?}"))),
            }
        }
        if let Some(undone) = planned.first() {
            return (well, Some(format!("what was planned was not done: {undone}")));
        }
        if let Some(broken) = promised.first() {
            return (well, Some(format!("what was promised was not done: {}", broken.text)));
        }
    }
    match sent.next() {
        Some(entry) => (well, Some(format!("nobody told of {entry:?}; the plan had {} actions", actions.len()))),
        None => (well, None),
    }
}

/// Whether a request is what an action says, and no more.
fn is_as_planned(action: &Action, entry: &JournalEntry) -> bool {
    let at = |rest: String| format!("/api/v4/projects/{}/{rest}", action.project_id);
    let issue = |iid: u64| at(format!("issues/{iid}"));
    // Texts are compared as they are sent but for what stood around a block, which the plan leaves as it is.
    let (method, path, fields): (&str, String, Vec<String>) = match &action.change {
        Change::CreateLabel { name, color, description } => (
            "POST",
            at("labels".to_owned()),
            vec![format!("name={name}"), format!("color={color}"), format!("description={description}")],
        ),
        Change::UpdateLabel { name, color, description } => {
            let color = color.as_ref().map(|color| format!("color={color}"));
            let description = description.as_ref().map(|description| format!("description={description}"));
            ("PUT", at(format!("labels/{name}")), color.into_iter().chain(description).collect())
        }
        Change::OpenPairingIssue { title, body, labels, confidential, milestone, .. } => {
            let mut fields = vec![format!("title={title}"), format!("description={body}")];
            fields.extend(confidential.then(|| "confidential=true".to_owned()));
            fields.extend(milestone.as_ref().map(|milestone| format!("milestone_id={}", milestone.id)));
            fields.extend(labels.first().map(|label| format!("labels={label}")));
            ("POST", at("issues".to_owned()), fields)
        }
        Change::OpenReport { title, body, confidential, .. } => (
            "POST",
            at("issues".to_owned()),
            vec![format!("title={title}"), format!("description={body}"), format!("confidential={confidential}")],
        ),
        Change::RewritePairingIssue { iid, rewrite, title } => {
            let mut fields = vec![marker::render_block(&rewrite.new_block)];
            fields.extend(title.as_ref().map(|(_, new)| format!("title={new}")));
            ("PUT", issue(*iid), fields)
        }
        Change::RewriteReport { iid, rewrite } => ("PUT", issue(*iid), vec![marker::render_block(&rewrite.new_block)]),
        Change::CloseReport { iid, rewrite } => {
            ("PUT", issue(*iid), vec![marker::render_block(&rewrite.new_block), "state_event=close".to_owned()])
        }
        Change::ReopenReport { iid, rewrite } => {
            ("PUT", issue(*iid), vec![marker::render_block(&rewrite.new_block), "state_event=reopen".to_owned()])
        }
        Change::AppendTasks { iid, rewrite, .. } => {
            ("PUT", issue(*iid), vec![marker::render_block(&rewrite.new_block)])
        }
        Change::ClaimClosing { iid } => ("POST", at(format!("issues/{iid}/award_emoji")), vec!["name=".to_owned()]),
        Change::CommentOnSession { iid, text } => {
            ("POST", at(format!("issues/{iid}/notes")), vec![format!("body={text}")])
        }
        Change::AddLabel { iid, label } | Change::LabelPeoplesIssue { iid, label } => {
            ("PUT", issue(*iid), vec![format!("add_labels={label}")])
        }
        Change::LinkPreviousSession { iid, previous_iid: keep } | Change::LinkDuplicate { iid, original_iid: keep } => {
            (
                "POST",
                at(format!("issues/{iid}/links")),
                vec![format!("target_project_id={}", action.project_id), format!("target_issue_iid={keep}")],
            )
        }
        Change::CloseSession { iid } | Change::CloseDuplicate { iid, .. } => {
            ("PUT", issue(*iid), vec!["state_event=close".to_owned()])
        }
    };
    let names = |body: &str| {
        let known = ["name", "color", "description", "title", "labels", "confidential", "state_event", "add_labels"];
        let known = known.iter().chain(&[
            "target_project_id",
            "target_issue_iid",
            "remove_labels",
            "due_date",
            "body",
            "milestone_id",
        ]);
        known.filter(|name| body.starts_with(&format!("{name}=")) || body.contains(&format!("&{name}="))).count()
    };
    // A rewritten body is one field that holds the block.
    let (whole, path_of) = (&entry.body, entry.path.split('?').next().unwrap_or_default());
    entry.method == method
        && path_of == path
        && fields.iter().all(|field| whole.contains(field))
        && names(whole) == fields.len()
}
