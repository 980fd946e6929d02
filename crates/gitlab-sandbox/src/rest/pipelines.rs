//! Pipelines (GitLab docs, "Pipelines API"; `lib/api/ci/pipelines.rb`, `app/finders/ci/pipelines_finder.rb`). The
//! sandbox runs none: it lists those that somebody said of how they ended.

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::filters::TimeRange;
use super::paging::page_reply;
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Pipeline, World};

const STATUSES: [&str; 13] = [
    "created",
    "waiting_for_resource",
    "preparing",
    "waiting_for_callback",
    "pending",
    "running",
    "success",
    "failed",
    "canceling",
    "canceled",
    "skipped",
    "manual",
    "scheduled",
];

/// What `scope=finished` means (`app/models/concerns/ci/has_status.rb`, `COMPLETED_STATUSES`).
const FINISHED: [&str; 4] = ["success", "failed", "canceled", "skipped"];

/// `pipelines` and one of them.
pub(super) fn answer(context: &Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let home = context.project_by_id(project)?;
    if !context.world.may_read_code(home, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, project, None, false),
        ("GET" | "HEAD", [id]) => {
            let found = id.parse().ok().and_then(|id: u64| home.pipelines.get(&id));
            let found = found.ok_or_else(|| Reply::message(404, "404 Not found"))?;
            let mut shape = pipeline_json(context, project, found);
            shape["user"] = context.user_or_ghost_json(found.user);
            for key in ["before_sha", "yaml_errors", "started_at", "committed_at", "coverage"] {
                shape[key] = Value::Null;
            }
            (shape["tag"], shape["duration"], shape["queued_duration"]) = (json!(false), json!(0), json!(0));
            shape["finished_at"] = json!(format_time(found.updated_at));
            Ok(Reply::json(200, &shape))
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// Those of a project, or of one of its schedules, which are sorted the other way round unless it is asked for.
pub(super) fn list(context: &Context<'_>, project: u64, schedule: Option<u64>, ascending: bool) -> HandlerResult {
    let input = &context.call.params;
    let filter = Filter::parse(input, context.world)?;
    input.require_allowed_value("sort", &["asc", "desc"])?;
    input.require_allowed_value("order_by", &["id", "status", "ref", "updated_at", "user_id"])?;
    let ascending = input.non_empty_text("sort").map_or(ascending, |sort| sort == "asc");
    let all = context.project_by_id(project)?.pipelines.values();
    let mut found: Vec<&Pipeline> =
        all.filter(|one| schedule.is_none_or(|id| one.schedule == Some(id)) && filter.matches(one)).collect();
    match input.non_empty_text("order_by").as_deref() {
        Some("status") => found.sort_by(|a, b| a.status.cmp(&b.status)),
        Some("ref") => found.sort_by(|a, b| a.git_ref.cmp(&b.git_ref)),
        Some("updated_at") => found.sort_by_key(|one| one.updated_at),
        Some("user_id") => found.sort_by_key(|one| one.user),
        _ => found.sort_by_key(|one| one.id),
    }
    if !ascending {
        found.reverse();
    }
    Ok(page_reply(context, &found, |one| pipeline_json(context, project, one)))
}

/// What a list is narrowed down by.
struct Filter {
    scope: Option<String>,
    status: Option<String>,
    git_ref: Option<String>,
    sha: Option<String>,
    source: Option<String>,
    /// 0 is nobody's number: a user who is not there started none.
    user: Option<u64>,
    is_named_or_broken: bool,
    updated: TimeRange,
    created: TimeRange,
}

impl Filter {
    fn parse(input: &Params, world: &World) -> Result<Self, Reply> {
        input.require_allowed_value("scope", &["running", "pending", "finished", "branches", "tags"])?;
        input.require_allowed_value("status", &STATUSES)?;
        if let Some(scope @ ("branches" | "tags")) = input.non_empty_text("scope").as_deref() {
            return Err(Reply::not_supported(&format!("scope with the value {scope}")));
        }
        let username = input.non_empty_text("username");
        Ok(Self {
            scope: input.non_empty_text("scope"),
            status: input.non_empty_text("status"),
            git_ref: input.non_empty_text("ref"),
            sha: input.non_empty_text("sha"),
            source: input.non_empty_text("source"),
            user: username.map(|name| world.user_by_username(&name).map_or(0, |user| user.id)),
            // No pipeline here has a name, and none a file that GitLab could not read.
            is_named_or_broken: input.non_empty_text("name").is_some() || input.flag("yaml_errors") == Some(true),
            updated: TimeRange::parse(input, "updated_after", "updated_before")?,
            created: TimeRange::parse(input, "created_after", "created_before")?,
        })
    }

    fn matches(&self, one: &Pipeline) -> bool {
        let is = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        let in_scope = match self.scope.as_deref() {
            Some("finished") => FINISHED.contains(&one.status.as_str()),
            Some(scope) => one.status == scope,
            None => true,
        };
        in_scope
            && is(&self.status, &one.status)
            && is(&self.git_ref, &one.git_ref)
            && is(&self.sha, &one.sha)
            && is(&self.source, &one.source)
            && self.user.is_none_or(|user| user == one.user)
            && !self.is_named_or_broken
            && self.updated.contains(one.updated_at)
            && self.created.contains(one.created_at)
    }
}

/// `lib/api/entities/ci/pipeline_basic_with_metadata.rb`.
pub(super) fn pipeline_json(context: &Context<'_>, project: u64, one: &Pipeline) -> Value {
    let path = context.world.projects.get(&project).map(|home| home.path.clone()).unwrap_or_default();
    json!({
        "id": one.id,
        "iid": one.iid,
        "project_id": project,
        "sha": one.sha,
        "ref": one.git_ref,
        "status": one.status,
        "source": one.source,
        "created_at": format_time(one.created_at),
        "updated_at": format_time(one.updated_at),
        "web_url": format!("{}/{path}/-/pipelines/{}", context.origin, one.id),
        "name": null,
    })
}
