//! Pipeline schedules (GitLab docs, "Pipeline schedules API"). The sandbox runs no pipelines: `next_run_at` is what the
//! world says, and null where it says nothing.

use serde_json::{Value, json};

use super::entities::format_time;
use super::paging::page_reply;
use super::{Context, pipelines};
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, MAINTAINER, PipelineSchedule};

/// `pipeline_schedules` and one of them.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let home = context.project_by_id(project)?;
    if !context.world.may_read_code(home, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            context.call.params.require_allowed_value("scope", &["active", "inactive"])?;
            let wanted = context.call.params.non_empty_text("scope").map(|scope| scope == "active");
            let all = home.schedules.values();
            let found: Vec<&PipelineSchedule> =
                all.filter(|one| wanted.is_none_or(|active| active == one.active)).collect();
            Ok(page_reply(context, &found, |one| pipeline_schedule_json(context, one)))
        }
        ("POST", []) => create(context, project),
        ("GET" | "HEAD", [id]) => {
            let one = find_schedule(context, project, id)?;
            let mut shape = pipeline_schedule_json(context, one);
            // `lib/api/entities/ci/pipeline_schedule_details.rb`
            let last = home.pipelines.values().rfind(|pipeline| pipeline.schedule == Some(one.id));
            shape["last_pipeline"] = last.map_or(Value::Null, |last| pipelines::pipeline_json(context, project, last));
            shape["variables"] = json!([]);
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", [id, "pipelines"]) => {
            let id = find_schedule(context, project, id)?.id;
            pipelines::list(context, project, Some(id), true)
        }
        ("PUT", [id]) => {
            let id = find_editable_id(context, project, id)?;
            apply_params(context, project, id, 200)
        }
        ("DELETE", [id]) => {
            let id = find_editable_id(context, project, id)?;
            if let Some(home) = context.world.projects.get_mut(&project) {
                home.schedules.remove(&id);
            }
            Ok(Reply::empty(204))
        }
        ("POST", [id, "take_ownership"]) => {
            let who = context.require_role(project, MAINTAINER)?;
            let id = find_schedule(context, project, id)?.id;
            if let Some(one) = context.world.projects.get_mut(&project).and_then(|home| home.schedules.get_mut(&id)) {
                one.owner = who;
            }
            Ok(Reply::json(201, &pipeline_schedule_json(context, find_schedule(context, project, &id.to_string())?)))
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn find_schedule<'a>(context: &'a Context<'_>, project: u64, id: &str) -> Result<&'a PipelineSchedule, Reply> {
    let found = id.parse().ok().and_then(|id: u64| context.world.projects.get(&project)?.schedules.get(&id));
    found.ok_or_else(|| Reply::not_found("Pipeline Schedule"))
}

/// A schedule that the asking user may change: their own, or any as a maintainer.
fn find_editable_id(context: &Context<'_>, project: u64, id: &str) -> Result<u64, Reply> {
    let who = context.require_role(project, DEVELOPER)?;
    let one = find_schedule(context, project, id)?;
    if one.owner == who || context.access_level(project) >= MAINTAINER { Ok(one.id) } else { Err(Reply::forbidden()) }
}

fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let owner = context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    for key in ["description", "ref", "cron"] {
        if input.non_empty_text(key).is_none() {
            return Err(Reply::parameter_missing(key));
        }
    }
    check_cron(input.non_empty_text("cron").as_deref().unwrap_or_default())?;
    let (id, now) = (context.world.next_id(), context.world.now);
    let schedule = PipelineSchedule {
        id,
        description: String::new(),
        git_ref: String::new(),
        cron: String::new(),
        cron_timezone: "UTC".to_owned(),
        active: true,
        owner,
        next_run_at: None,
        created_at: now,
        updated_at: now,
    };
    if let Some(home) = context.world.projects.get_mut(&project) {
        home.schedules.insert(id, schedule);
    }
    apply_params(context, project, id, 201)
}

fn apply_params(context: &mut Context<'_>, project: u64, id: u64, status: u16) -> HandlerResult {
    let input = &context.call.params;
    if let Some(cron) = input.non_empty_text("cron") {
        check_cron(&cron)?;
    }
    let now = context.world.now;
    if let Some(one) = context.world.projects.get_mut(&project).and_then(|home| home.schedules.get_mut(&id)) {
        one.description = input.non_empty_text("description").unwrap_or(std::mem::take(&mut one.description));
        one.git_ref = input.non_empty_text("ref").unwrap_or(std::mem::take(&mut one.git_ref));
        one.cron = input.non_empty_text("cron").unwrap_or(std::mem::take(&mut one.cron));
        one.cron_timezone = input.non_empty_text("cron_timezone").unwrap_or(std::mem::take(&mut one.cron_timezone));
        one.active = input.flag("active").unwrap_or(one.active);
        one.updated_at = now;
    }
    Ok(Reply::json(status, &pipeline_schedule_json(context, find_schedule(context, project, &id.to_string())?)))
}

/// Five fields; a time zone inside is refused (issue 556779 of gitlab-org/gitlab).
fn check_cron(cron: &str) -> Result<(), Reply> {
    if cron.split_whitespace().count() == 5 {
        Ok(())
    } else {
        Err(Reply::validation_error("cron", "is invalid syntax"))
    }
}

fn pipeline_schedule_json(context: &Context<'_>, one: &PipelineSchedule) -> Value {
    json!({
        "id": one.id,
        "description": one.description,
        "ref": one.git_ref,
        "cron": one.cron,
        "cron_timezone": one.cron_timezone,
        "next_run_at": one.next_run_at.map(format_time),
        "active": one.active,
        "created_at": format_time(one.created_at),
        "updated_at": format_time(one.updated_at),
        "owner": context.user_or_ghost_json(one.owner),
        "inputs": [],
    })
}
