//! Links between issues (GitLab docs, "Issue links API"; `lib/api/issue_links.rb`).

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use crate::reply::{HandlerResult, Reply};
use crate::world::{GUEST, IssueLink};

/// `issues/:iid/links` and `issues/:iid/links/:id`.
pub(super) fn answer(context: &mut Context<'_>, project: u64, iid: &str, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, project, iid),
        ("POST", []) => create(context, project, iid),
        ("GET" | "HEAD", [id]) => {
            let here = (project, context.find_issue(project, iid)?.iid);
            let link = find_link(context, here, id)?;
            Ok(Reply::json(200, &issue_link_json(context, link)?))
        }
        ("DELETE", [id]) => {
            let here = (project, context.find_issue(project, iid)?.iid);
            let link = find_link(context, here, id)?;
            let (id, shape) = (link.id, issue_link_json(context, link)?);
            if ![link.source.0, link.target.0].into_iter().all(|project| may_link(context, project)) {
                return Err(Reply::message(404, "No Issue Link found"));
            }
            context.world.issue_links.remove(&id);
            Ok(Reply::json(200, &shape))
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// The issues on the other ends, each with the link it comes by, all in one answer.
fn list(context: &Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let here = (project, context.find_issue(project, iid)?.iid);
    let mut shapes = Vec::new();
    for link in context.world.issue_links.values() {
        let Some((other, kind)) = other_end(link, here) else { continue };
        let home =
            context.world.projects.get(&other.0).filter(|home| context.world.may_see(home, context.current_user_id));
        let issue = home.and_then(|home| home.issues.get(&other.1));
        let visible = issue.filter(|issue| context.world.may_see_issue(other.0, issue, context.current_user_id));
        if let (Some(home), Some(issue)) = (home, visible) {
            let mut shape = context.issue_json(home, issue);
            shape["issue_link_id"] = json!(link.id);
            shape["link_type"] = json!(kind);
            shape["link_created_at"] = json!(format_time(link.created_at));
            shape["link_updated_at"] = json!(format_time(link.created_at));
            shapes.push(shape);
        }
    }
    Ok(Reply::json(200, &Value::Array(shapes)))
}

fn create(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let who = context.require_signed_in()?;
    let source = (project, context.find_issue(project, iid)?.iid);
    let input = &context.call.params;
    let target_project = input.required_text("target_project_id")?;
    let target_iid = input.required_text("target_issue_iid")?;
    let kind = input.non_empty_text("link_type").unwrap_or_else(|| "relates_to".to_owned());
    if !["relates_to", "blocks", "is_blocked_by"].contains(&kind.as_str()) {
        return Err(Reply::value_not_allowed("link_type"));
    }
    let target_project = context.find_project(&target_project)?;
    let target = (target_project, context.find_issue(target_project, &target_iid)?.iid);
    // In this order (`IssuableLinks::CreateService#execute`), and asked of the target only.
    if context.world.issue_links.values().any(|link| other_end(link, source).is_some_and(|(other, _)| other == target))
    {
        return Err(Reply::message(409, "Issue(s) already assigned"));
    }
    if !may_link(context, target_project) {
        let why = "Couldn't link issue. You must have at least the Guest role in both projects.";
        return Err(Reply::message(403, why));
    }
    if source == target {
        return Err(Reply::message(422, &format!("#{} cannot be added: cannot be related to itself", target.1)));
    }
    let link = IssueLink { id: context.world.next_id(), source, target, kind, created_at: context.world.now };
    context.world.issue_links.insert(link.id, link.clone());
    for (here, there) in [(source, target), (target, source)] {
        let path = context.world.projects.get(&there.0).map(|home| home.path.clone()).unwrap_or_default();
        let reference = if here.0 == there.0 { format!("#{}", there.1) } else { format!("{path}#{}", there.1) };
        context.world.write_issue_note(
            here.0,
            here.1,
            who,
            &format!("marked this issue as related to {reference}"),
            true,
        );
    }
    Ok(Reply::json(201, &issue_link_json(context, &link)?))
}

/// Whether the asking user links issues of the project: guests do, unless it is read-only
/// (`config/authz/roles/guest.yml`).
fn may_link(context: &Context<'_>, project: u64) -> bool {
    let writable = context.world.projects.get(&project).is_some_and(|home| !context.world.is_read_only(home));
    writable && context.access_level(project) >= GUEST
}

fn find_link<'a>(context: &'a Context<'_>, here: (u64, u64), id: &str) -> Result<&'a IssueLink, Reply> {
    let link = id.parse().ok().and_then(|id: u64| context.world.issue_links.get(&id));
    link.filter(|link| other_end(link, here).is_some()).ok_or_else(|| Reply::message(404, "404 Not found"))
}

/// The other end of a link and its kind as seen from `here`.
fn other_end(link: &IssueLink, here: (u64, u64)) -> Option<((u64, u64), &str)> {
    if link.source == here {
        return Some((link.target, &link.kind));
    }
    let turned = match link.kind.as_str() {
        "blocks" => "is_blocked_by",
        "is_blocked_by" => "blocks",
        same => same,
    };
    (link.target == here).then_some((link.source, turned))
}

fn issue_link_json(context: &Context<'_>, link: &IssueLink) -> Result<serde_json::Value, Reply> {
    let shape = |(project, iid): (u64, u64)| {
        let home = context.project_by_id(project)?;
        let issue = context.world.issue(project, iid).ok_or_else(|| Reply::not_found("Issue"))?;
        Ok::<_, Reply>(context.issue_json(home, issue))
    };
    Ok(json!({
        "id": link.id,
        "source_issue": shape(link.source)?,
        "target_issue": shape(link.target)?,
        "link_type": link.kind,
    }))
}
