//! Links between issues (GitLab docs, "Issue links API"; `lib/api/issue_links.rb`).

use serde_json::{Value, json};

use super::Asked;
use super::issues::{administrable, writer};
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::IssueLink;

/// `issues/:iid/links` and `issues/:iid/links/:id`.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, iid: &str, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project, iid),
        ("POST", []) => create(asked, project, iid),
        ("GET" | "HEAD", [id]) => {
            let here = (project, asked.issue(project, iid)?.iid);
            let link = find(asked, here, id)?;
            Ok(Reply::json(200, &ends(asked, link)?))
        }
        ("DELETE", [id]) => {
            let here = (project, administrable(asked, project, iid)?.iid);
            let link = find(asked, here, id)?;
            let (id, shape) = (link.id, ends(asked, link)?);
            asked.world.issue_links.remove(&id);
            Ok(Reply::json(200, &shape))
        }
        _ => Err(Reply::no_route()),
    }
}

/// The issues on the other ends, each with the link it comes by, all in one answer.
fn list(asked: &Asked<'_>, project: u64, iid: &str) -> Answer {
    let here = (project, asked.issue(project, iid)?.iid);
    let mut shapes = Vec::new();
    for link in asked.world.issue_links.values() {
        let Some((other, kind)) = seen_from(link, here) else { continue };
        let home = asked.world.projects.get(&other.0).filter(|home| asked.world.may_see(home, asked.who));
        let issue = home.and_then(|home| home.issues.get(&other.1));
        let visible = issue.filter(|issue| asked.world.may_see_issue(other.0, issue, asked.who));
        if let (Some(home), Some(issue)) = (home, visible) {
            let mut shape = asked.issue_shape(home, issue);
            shape["issue_link_id"] = json!(link.id);
            shape["link_type"] = json!(kind);
            shape["link_created_at"] = json!(instant(link.created_at));
            shape["link_updated_at"] = json!(instant(link.created_at));
            shapes.push(shape);
        }
    }
    Ok(Reply::json(200, &Value::Array(shapes)))
}

fn create(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let who = writer(asked, project)?;
    let source = (project, administrable(asked, project, iid)?.iid);
    let input = &asked.call.input;
    let target_project = input.given("target_project_id")?;
    let target_iid = input.given("target_issue_iid")?;
    let kind = input.filled("link_type").unwrap_or_else(|| "relates_to".to_owned());
    if !["relates_to", "blocks", "is_blocked_by"].contains(&kind.as_str()) {
        return Err(Reply::no_such_value("link_type"));
    }
    let target_project = asked.find_project(&target_project)?;
    let target = (target_project, asked.issue(target_project, &target_iid)?.iid);
    if source == target {
        return Err(Reply::message(404, "No matching issue found. Make sure that you are adding a valid issue URL."));
    }
    if asked.world.issue_links.values().any(|link| seen_from(link, source).is_some_and(|(other, _)| other == target)) {
        return Err(Reply::message(409, "Issue(s) already assigned"));
    }
    let link = IssueLink { id: asked.world.fresh_id(), source, target, kind, created_at: asked.world.now };
    asked.world.issue_links.insert(link.id, link.clone());
    for (here, there) in [(source, target), (target, source)] {
        let path = asked.world.projects.get(&there.0).map(|home| home.path.clone()).unwrap_or_default();
        let reference = if here.0 == there.0 { format!("#{}", there.1) } else { format!("{path}#{}", there.1) };
        asked.world.write_note(here.0, here.1, who, &format!("marked this issue as related to {reference}"), true);
    }
    Ok(Reply::json(201, &ends(asked, &link)?))
}

fn find<'a>(asked: &'a Asked<'_>, here: (u64, u64), id: &str) -> Result<&'a IssueLink, Reply> {
    let link = id.parse().ok().and_then(|id: u64| asked.world.issue_links.get(&id));
    link.filter(|link| seen_from(link, here).is_some()).ok_or_else(|| Reply::message(404, "404 Not found"))
}

/// The other end of a link and its kind as seen from `here`.
fn seen_from(link: &IssueLink, here: (u64, u64)) -> Option<((u64, u64), &str)> {
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

fn ends(asked: &Asked<'_>, link: &IssueLink) -> Result<serde_json::Value, Reply> {
    let shape = |(project, iid): (u64, u64)| {
        let home = asked.project(project)?;
        let issue = asked.world.issue(project, iid).ok_or_else(|| Reply::not_found("Issue"))?;
        Ok::<_, Reply>(asked.issue_shape(home, issue))
    };
    Ok(json!({
        "id": link.id,
        "source_issue": shape(link.source)?,
        "target_issue": shape(link.target)?,
        "link_type": link.kind,
    }))
}
