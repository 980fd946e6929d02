//! Merge requests: listed, opened, changed, deleted (GitLab docs, "Merge requests API"; `lib/api/merge_requests.rb`).

use serde_json::json;

use super::labels::fit;
use super::paging::page;
use super::{Asked, merging};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, DEVELOPER, MergeRequest, MergeRequestEdit, NewMergeRequest, OWNER, On};

/// `merge_requests`, one of them, and what is done with it.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [iid]) => {
            let iid = asked.merge_request(project, iid)?.iid;
            asked.merge_request_reply(200, project, iid)
        }
        ("PUT", [iid]) => update(asked, project, iid),
        ("DELETE", [iid]) => {
            let request = asked.merge_request(project, iid)?;
            let (iid, updated, author) = (request.iid, request.updated_at, request.author);
            if asked.signed_in()? != author || asked.level(project) < DEVELOPER {
                asked.role(project, OWNER)?;
            }
            asked.unmodified_since(updated)?;
            if let Some(home) = asked.world.projects.get_mut(&project) {
                home.merge_requests.remove(&iid);
            }
            Ok(Reply::empty(204))
        }
        (_, [iid, rest @ ..]) => merging::answer(asked, project, iid, rest),
        _ => Err(Reply::no_route()),
    }
}

fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    // They are looked at only where there is a merge request.
    input.declare(&["source_branch", "target_branch", "author_username", "author_id", "assignee_id", "iids"]);
    let state = input.filled("state").filter(|state| state != "all");
    if state.as_ref().is_some_and(|state| !["opened", "closed", "locked", "merged"].contains(&state.as_str())) {
        return Err(Reply::no_such_value("state"));
    }
    let search = input.search();
    let labels = input.list("labels").unwrap_or_default();
    let milestone = input.filled("milestone");
    let is = |key: &str, value: &str| input.filled(key).is_none_or(|wanted| wanted == value);
    let name = |id: u64| asked.world.users.get(&id).map(|user| user.username.clone()).unwrap_or_default();
    let readable = asked.world.may_read_code(home, asked.who);
    let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(|_| readable).collect();
    found.retain(|one| {
        let title = one.milestone.and_then(|id| asked.world.milestone_for(project, id)).map(|one| one.title.clone());
        let text = format!("{}\n{}", one.title, one.description.as_deref().unwrap_or_default()).to_lowercase();
        state.as_ref().is_none_or(|state| *state == one.state)
            && is("source_branch", &one.source_branch)
            && is("target_branch", &one.target_branch)
            && is("author_username", &name(one.author))
            && input.number("author_id").is_none_or(|id| id == one.author)
            && input.filled("assignee_id").is_none_or(|wanted| match wanted.to_lowercase().as_str() {
                "none" | "0" => one.assignees.is_empty(),
                "any" => !one.assignees.is_empty(),
                id => one.assignees.iter().any(|own| own.to_string() == id),
            })
            && input.numbers("iids").is_none_or(|iids| iids.contains(&one.iid))
            && search.as_ref().is_none_or(|wanted| text.contains(wanted))
            && milestone.as_ref().is_none_or(|wanted| title.as_ref() == Some(wanted))
            && fit(&labels, &one.labels)
    });
    match input.filled("order_by").as_deref() {
        None | Some("created_at") => found.sort_by_key(|one| (one.created_at, one.id)),
        Some("updated_at") => found.sort_by_key(|one| (one.updated_at, one.id)),
        Some("title") => found.sort_by_key(|one| (one.title.to_lowercase(), one.id)),
        Some("merged_at") => found.sort_by_key(|one| (one.merged_at, one.id)),
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if !input.ascending()? {
        found.reverse();
    }
    Ok(page(asked, &found, |one| asked.merge_request_shape(home, one)))
}

/// Asked of the project that the changes come from; `target_project_id` names another one.
fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let (source_branch, target_branch) = (input.given("source_branch")?, input.given("target_branch")?);
    input.given("title")?;
    let target = match input.filled("target_project_id") {
        Some(id) => asked.find_project(&id)?,
        None => project,
    };
    let mut rest = edit(input)?;
    (rest.close, rest.target_branch) = (None, None);
    let home = asked.project(target)?;
    if home.archived || !asked.world.may_read_code(home, asked.who) {
        return Err(Reply::forbidden());
    }
    if target == project && source_branch == target_branch {
        let why = "You can't use same project/branch for source and target";
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    for (home, branch) in [(asked.project(project)?, &source_branch), (home, &target_branch)] {
        if !home.files.contains_key(branch) {
            return Err(Reply::invalid("base", &format!("branch \"{branch}\" does not exist")));
        }
    }
    let same = home.merge_requests.values().find(|one| {
        one.state == "opened"
            && one.source_project == project
            && one.source_branch == source_branch
            && one.target_branch == target_branch
    });
    if let Some(same) = same {
        let why = format!("Another open merge request already exists for this source branch: !{}", same.iid);
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    let new = NewMergeRequest { source_project: project, source_branch, target_branch, rest };
    let iid = asked.world.open_merge_request(target, who, &new).ok_or_else(|| Reply::not_found("Project"))?;
    asked.cross_reference_own(On::MergeRequest(target, iid), who);
    asked.merge_request_reply(201, target, iid)
}

fn update(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let who = asked.signed_in()?;
    let request = asked.merge_request(project, iid)?;
    if request.author != who {
        asked.role(project, DEVELOPER)?;
    }
    let iid = request.iid;
    let edit = edit(&asked.call.input)?;
    if let Some(branch) = &edit.target_branch
        && !asked.project(project)?.files.contains_key(branch)
    {
        return Err(Reply::invalid("target_branch", "does not exist"));
    }
    asked.world.edit_merge_request(project, iid, who, &edit);
    if edit.title.is_some() || edit.description != Change::Keep {
        asked.cross_reference_own(On::MergeRequest(project, iid), who);
    }
    asked.merge_request_reply(200, project, iid)
}

/// The parameters that create and update share.
fn edit(input: &Input) -> Result<MergeRequestEdit, Reply> {
    let title = input.text("title");
    if title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::invalid("title", "can't be blank"));
    }
    if title.as_ref().is_some_and(|title| title.chars().count() > 255) {
        return Err(Reply::invalid("title", "is too long (maximum is 255 characters)"));
    }
    Ok(MergeRequestEdit {
        title,
        description: input.text_change("description"),
        labels: input.list("labels"),
        add_labels: input.list("add_labels").unwrap_or_default(),
        remove_labels: input.list("remove_labels").unwrap_or_default(),
        assignees: input.people("assignee_ids").or(input.people("assignee_id")),
        reviewers: input.people("reviewer_ids"),
        milestone: input.id_change("milestone_id")?,
        close: input.closes("reopen")?,
        target_branch: input.filled("target_branch"),
        removes_branch: input.flag("remove_source_branch"),
        squash: input.flag("squash"),
    })
}
