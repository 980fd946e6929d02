//! Pipeline schedules (GitLab docs, "Pipeline schedules API"). The box runs no pipelines, so `next_run_at` is not told.

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, MAINTAINER, Schedule};

/// `pipeline_schedules` and one of them.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    let home = asked.project(project)?;
    if !asked.world.may_read_code(home, asked.who) {
        return Err(Reply::forbidden());
    }
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            asked.call.input.check("scope", &["active", "inactive"])?;
            let wanted = asked.call.input.filled("scope").map(|scope| scope == "active");
            let all = home.schedules.values();
            let found: Vec<&Schedule> = all.filter(|one| wanted.is_none_or(|active| active == one.active)).collect();
            Ok(page(asked, &found, |one| shape(asked, one)))
        }
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [id]) => {
            let mut shape = shape(asked, find(asked, project, id)?);
            // `lib/api/entities/ci/pipeline_schedule_details.rb`
            (shape["last_pipeline"], shape["variables"]) = (Value::Null, json!([]));
            Ok(Reply::json(200, &shape))
        }
        ("PUT", [id]) => {
            let id = own(asked, project, id)?;
            put(asked, project, id, 200)
        }
        ("DELETE", [id]) => {
            let id = own(asked, project, id)?;
            if let Some(home) = asked.world.projects.get_mut(&project) {
                home.schedules.remove(&id);
            }
            Ok(Reply::empty(204))
        }
        ("POST", [id, "take_ownership"]) => {
            let who = asked.role(project, MAINTAINER)?;
            let id = find(asked, project, id)?.id;
            if let Some(one) = asked.world.projects.get_mut(&project).and_then(|home| home.schedules.get_mut(&id)) {
                one.owner = who;
            }
            Ok(Reply::json(201, &shape(asked, find(asked, project, &id.to_string())?)))
        }
        _ => Err(Reply::no_route()),
    }
}

fn find<'a>(asked: &'a Asked<'_>, project: u64, id: &str) -> Result<&'a Schedule, Reply> {
    let found = id.parse().ok().and_then(|id: u64| asked.world.projects.get(&project)?.schedules.get(&id));
    found.ok_or_else(|| Reply::not_found("Pipeline Schedule"))
}

/// A schedule that the asking user may change: their own, or any as a maintainer.
fn own(asked: &Asked<'_>, project: u64, id: &str) -> Result<u64, Reply> {
    let who = asked.role(project, DEVELOPER)?;
    let one = find(asked, project, id)?;
    if one.owner == who || asked.level(project) >= MAINTAINER { Ok(one.id) } else { Err(Reply::forbidden()) }
}

fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let owner = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    for key in ["description", "ref", "cron"] {
        if input.filled(key).is_none() {
            return Err(Reply::missing(key));
        }
    }
    check_cron(input.filled("cron").as_deref().unwrap_or_default())?;
    let (id, now) = (asked.world.fresh_id(), asked.world.now);
    let schedule = Schedule {
        id,
        description: String::new(),
        git_ref: String::new(),
        cron: String::new(),
        cron_timezone: "UTC".to_owned(),
        active: true,
        owner,
        created_at: now,
        updated_at: now,
    };
    if let Some(home) = asked.world.projects.get_mut(&project) {
        home.schedules.insert(id, schedule);
    }
    put(asked, project, id, 201)
}

fn put(asked: &mut Asked<'_>, project: u64, id: u64, status: u16) -> Answer {
    let input = &asked.call.input;
    if let Some(cron) = input.filled("cron") {
        check_cron(&cron)?;
    }
    let now = asked.world.now;
    if let Some(one) = asked.world.projects.get_mut(&project).and_then(|home| home.schedules.get_mut(&id)) {
        one.description = input.filled("description").unwrap_or(std::mem::take(&mut one.description));
        one.git_ref = input.filled("ref").unwrap_or(std::mem::take(&mut one.git_ref));
        one.cron = input.filled("cron").unwrap_or(std::mem::take(&mut one.cron));
        one.cron_timezone = input.filled("cron_timezone").unwrap_or(std::mem::take(&mut one.cron_timezone));
        one.active = input.flag("active").unwrap_or(one.active);
        one.updated_at = now;
    }
    Ok(Reply::json(status, &shape(asked, find(asked, project, &id.to_string())?)))
}

/// Five fields; a time zone inside is refused (issue 556779 of gitlab-org/gitlab).
fn check_cron(cron: &str) -> Result<(), Reply> {
    if cron.split_whitespace().count() == 5 { Ok(()) } else { Err(Reply::invalid("cron", "is invalid syntax")) }
}

fn shape(asked: &Asked<'_>, one: &Schedule) -> Value {
    json!({
        "id": one.id,
        "description": one.description,
        "ref": one.git_ref,
        "cron": one.cron,
        "cron_timezone": one.cron_timezone,
        "next_run_at": null,
        "active": one.active,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "owner": asked.user_shape(one.owner),
        "inputs": [],
    })
}
