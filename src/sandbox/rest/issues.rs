//! Issues: one, created, changed, deleted (GitLab docs, "Issues API"; `lib/api/issues.rb`).

use super::paging::page;
use super::{Asked, discussions, emoji, events, issue_links, issue_list, notes};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, GUEST, Issue, IssueEdit, NewIssue, OWNER, On, PLANNER, Part};

/// What an issue can be (`WorkItems::Type`); here all are plain issues.
pub(super) const KINDS: [&str; 6] = ["issue", "incident", "test_case", "requirement", "task", "ticket"];

/// The longest description, in characters.
const LONGEST: usize = 1_048_576;

/// What an edit may name; it has to name one of these (`lib/api/helpers/issues_helpers.rb`).
const EDITABLE: [&str; 16] = [
    "assignee_id",
    "assignee_ids",
    "confidential",
    "created_at",
    "description",
    "discussion_locked",
    "due_date",
    "labels",
    "add_labels",
    "remove_labels",
    "milestone_id",
    "state_event",
    "title",
    "issue_type",
    "weight",
    "epic_id",
];

/// `issues`, `issues/:iid` and its participants.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => issue_list::answer(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [iid]) => {
            let iid = asked.issue(project, iid)?.iid;
            asked.issue_reply(200, project, iid)
        }
        ("PUT", [iid]) => update(asked, project, iid),
        ("DELETE", [iid]) => delete(asked, project, iid),
        ("GET" | "HEAD", [iid, "participants"]) => participants(asked, project, iid),
        ("GET" | "HEAD", [iid, kind @ ("closed_by" | "related_merge_requests")]) => {
            related(asked, project, iid, *kind == "closed_by")
        }
        (_, [iid, rest @ ..]) => below(asked, project, iid, rest),
        _ => Err(Reply::no_route()),
    }
}

/// Everybody who can see a project may open issues in it; labels and so on may be set at birth.
fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = writer(asked, project)?;
    let input = &asked.call.input;
    let title = input.text("title").ok_or_else(|| Reply::missing("title"))?;
    check_text(Some(&title), input.text("description").as_ref())?;
    let mut rest = edit(input)?;
    rest.title = None;
    rest.close = None;
    let level = asked.level(project);
    if level < GUEST {
        // Metadata of a new issue is for members, a guest included (`issue_policy.rb`, `set_issue_metadata`).
        rest = IssueEdit { description: rest.description, confidential: rest.confidential, ..Default::default() };
    }
    let born = input.instant("created_at")?.filter(|_| level >= OWNER);
    let wanted_iid = input.number("iid").filter(|_| level >= OWNER);
    if wanted_iid.is_some_and(|iid| asked.world.issue(project, iid).is_some()) {
        return Err(Reply::message(409, "Duplicated issue"));
    }
    let new = NewIssue { title, rest };
    let iid = asked.world.open_issue(project, who, &new).ok_or_else(|| Reply::not_found("Project"))?;
    if let (Some(born), Some(issue)) = (born, asked.world.issue_mut(project, iid)) {
        issue.created_at = born;
    }
    let iid = wanted_iid.map_or(iid, |wanted| asked.world.renumber_issue(project, iid, wanted));
    asked.cross_reference_own(On::Issue(project, iid), who);
    asked.issue_reply(201, project, iid)
}

fn update(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let who = writer(asked, project)?;
    let input = &asked.call.input;
    input.require_one_of(&EDITABLE)?;
    let issue = any_issue(asked, project, iid)?;
    let iid = issue.iid;
    let edits_all = asked.level(project) >= PLANNER;
    let hidden = !asked.world.may_see_issue(project, issue, Some(who));
    if hidden || (!edits_all && issue.author != who && !issue.assignees.contains(&who)) {
        return Err(Reply::forbidden());
    }
    let title = input.text("title");
    check_text(title.as_ref(), input.text("description").as_ref())?;
    let mut edit = edit(input)?;
    if !edits_all {
        // Whoever may not set metadata on an existing issue has it dropped without a word.
        edit = IssueEdit { title: edit.title, description: edit.description, close: edit.close, ..Default::default() };
    }
    asked.world.edit_issue(project, iid, who, &edit);
    if edit.title.is_some() || edit.description != Change::Keep {
        asked.cross_reference_own(On::Issue(project, iid), who);
    }
    let updated = input.instant("updated_at")?.filter(|_| asked.level(project) >= OWNER);
    if let (Some(updated), Some(issue)) = (updated, asked.world.issue_mut(project, iid)) {
        issue.updated_at = updated;
    }
    asked.issue_reply(200, project, iid)
}

fn delete(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    // Here an issue that is not there is called by its name.
    let issue = any_issue(asked, project, iid).ok().ok_or_else(|| Reply::not_found("Issue"))?;
    asked.role(project, OWNER)?;
    asked.unmodified_since(issue.updated_at)?;
    let iid = issue.iid;
    asked.world.issue_links.retain(|_, link| link.source != (project, iid) && link.target != (project, iid));
    if let Some(project) = asked.world.projects.get_mut(&project) {
        project.issues.remove(&iid);
    }
    Ok(Reply::empty(204))
}

/// An issue of the project, even one that the asking user does not see: changes are refused with 403, not with 404
/// (`lib/api/issues.rb`).
fn any_issue<'a>(asked: &'a Asked<'_>, project: u64, iid: &str) -> Result<&'a Issue, Reply> {
    iid.parse().ok().and_then(|iid| asked.world.issue(project, iid)).ok_or_else(|| Reply::message(404, "404 Not found"))
}

/// What hangs on one issue.
fn below(asked: &mut Asked<'_>, project: u64, iid: &str, path: &[&str]) -> Answer {
    let place = asked.at_issue(project, iid)?;
    match path {
        ["notes", rest @ ..] => notes::answer(asked, &place, rest),
        ["discussions", rest @ ..] => discussions::answer(asked, &place, rest),
        ["award_emoji", rest @ ..] => emoji::answer(asked, &place, None, rest),
        ["links", rest @ ..] => issue_links::answer(asked, project, iid, rest),
        [kind, rest @ ..] => {
            let events = events::answer(asked, &place, kind, rest);
            events.unwrap_or_else(|| Err(Reply::no_route()))
        }
        [] => Err(Reply::no_route()),
    }
}

/// Merge requests of the project that name the issue; with a closing word before it only those that close it.
fn related(asked: &Asked<'_>, project: u64, iid: &str, closing: bool) -> Answer {
    let iid = asked.issue(project, iid)?.iid;
    let home = asked.project(project)?;
    Ok(page(asked, &asked.naming(home, iid, closing), |one| asked.merge_request_shape(home, one)))
}

fn participants(asked: &Asked<'_>, project: u64, iid: &str) -> Answer {
    let place = asked.at_issue(project, iid)?;
    let issue = asked.issue(project, iid)?;
    Ok(asked.participants(&place, issue.author, &issue.assignees))
}

/// Somebody who is signed in, in a project that has issues.
pub(super) fn writer(asked: &Asked<'_>, project: u64) -> Result<u64, Reply> {
    let who = asked.signed_in()?;
    let home = asked.project(project)?;
    if asked.world.may_use(home, Part::Issues, Some(who)) { Ok(who) } else { Err(Reply::forbidden()) }
}

fn check_text(title: Option<&String>, description: Option<&String>) -> Result<(), Reply> {
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::invalid("title", "can't be blank"));
    }
    if title.is_some_and(|title| title.chars().count() > 255) {
        return Err(Reply::invalid("title", "is too long (maximum is 255 characters)"));
    }
    if description.is_some_and(|text| text.chars().count() > LONGEST) {
        return Err(Reply::invalid("description", "is too long (maximum is 1048576 characters)"));
    }
    Ok(())
}

/// The parameters that create and update share.
fn edit(input: &Input) -> Result<IssueEdit, Reply> {
    input.check("issue_type", &KINDS)?;
    if let Some(kind) = input.filled("issue_type").filter(|kind| kind != "issue") {
        return Err(Reply::not_kept(&format!("issue_type with the value {kind}")));
    }
    Ok(IssueEdit {
        title: input.text("title"),
        description: input.text_change("description"),
        labels: input.list("labels"),
        add_labels: input.list("add_labels").unwrap_or_default(),
        remove_labels: input.list("remove_labels").unwrap_or_default(),
        close: input.closes("reopen")?,
        due_date: input.day("due_date")?,
        assignees: input.people("assignee_ids").or(input.people("assignee_id")),
        confidential: input.checked_flag("confidential")?,
        locked: input.flag("discussion_locked"),
        weight: input.number_change("weight")?,
        milestone: input.id_change("milestone_id")?,
    })
}
