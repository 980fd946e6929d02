//! The API below `/api/v4`: which handler answers. `authentication` finds who asks, `context` what they see and may do;
//! `integer_segments` refuses paths, and `unread_params` parameters that no handler reads. `entities` is the JSON of
//! most answers, `paging` cuts lists into pages.
//!
//! Statuses, bodies and key sets follow GitLab docs, "REST API", and the files named at the handlers.

mod access_tokens;
mod authentication;
mod branches;
mod closing_pattern;
mod colors;
mod commits;
mod context;
mod cross_references;
mod diffs;
mod discussions;
mod emoji;
mod entities;
mod epics;
mod files;
mod filters;
mod generic_packages;
mod group_labels;
mod groups;
mod integer_segments;
mod issue_links;
mod issue_list;
mod issues;
mod labels;
mod members;
mod merge_request_actions;
mod merge_request_entity;
mod merge_request_list;
mod merge_requests;
mod milestones;
mod noteable;
mod notes;
mod paging;
mod pipeline_schedules;
mod pipelines;
mod project_entity;
mod project_feature_access;
mod project_list;
mod projects;
mod repository;
mod resource_events;
#[cfg(test)]
mod tests;
mod unread_params;
mod user_administration;
mod users;
mod wikis;

use http::Method;

use super::call::Call;
use super::reply::{HandlerResult, Reply};
use super::world::World;

pub(super) use authentication::authenticate;
pub(super) use branches::is_branch_name as is_ref;
pub(super) use files::sha256_hex;

/// A request with everything that its handler needs.
struct Context<'a> {
    world: &'a mut World,
    call: &'a Call,
    /// The user whose token came along.
    current_user_id: Option<u64>,
    /// The origin for links in answers.
    origin: &'a str,
}

/// Answers one request of the API.
pub(super) fn answer(world: &mut World, call: &Call, origin: &str) -> Reply {
    unread_params::answer_or_reject_unread(world, call, |world| route(world, call, origin))
}

fn route(world: &mut World, call: &Call, origin: &str) -> Reply {
    if call.has_nesting_error {
        // `Rack::QueryParser::ParameterTypeError`
        return Reply::error(400, "Invalid parameter types in the request");
    }
    if call.has_malformed_json {
        return Reply::error(400, "message body does not match declared format");
    }
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let Some(path) = path.strip_prefix(&["api", "v4"]) else { return Reply::route_not_found() };
    let token = match authenticate(world, call) {
        Ok(token) => token,
        Err(refusal) => return refusal,
    };
    if let Some(token) = token
        && let Err(refusal) = authentication::check_scope(token, &call.method, path)
    {
        return refusal;
    }
    let who = match token.map(|token| authentication::acting_user(world, call, token)).transpose() {
        Ok(who) => who,
        Err(refusal) => return refusal,
    };
    let token_id = token.map(|token| token.id);
    let mut context = Context { world, call, current_user_id: who, origin };
    let answer = match path {
        ["projects", id, rest @ ..] => context.answer_project_request(id, rest),
        ["groups", id, rest @ ..] => groups::answer(&mut context, id, rest),
        ["projects"] if call.method == Method::POST => projects::create(&mut context),
        ["projects"] if call.method.is_safe() => project_list::list(&context),
        ["groups"] if call.method == Method::POST => groups::create(&mut context),
        ["groups"] if call.method.is_safe() => groups::list(&context),
        ["personal_access_tokens", "self"] if call.method.is_safe() => users::show_own_token(&context, token_id),
        ["job"] if call.method.is_safe() => users::show_own_job(&context, token_id),
        _ => users::answer(&mut context, path),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

impl Context<'_> {
    /// Everything below one project.
    fn answer_project_request(&mut self, id: &str, rest: &[&str]) -> HandlerResult {
        let writes = !self.call.method.is_safe();
        if self.current_user_id.is_none() && (requires_sign_in(rest) || (writes && !matches!(rest, ["repository", ..])))
        {
            // This is asked before anything else, so that it reveals nothing about the project.
            return Err(Reply::unauthorized());
        }
        integer_segments::check(rest)?;
        let project = self.find_project(id)?;
        if writes && self.current_user_id.is_none() {
            return Err(Reply::forbidden());
        }
        let read_only = self.world.is_read_only(self.project_by_id(project)?);
        // Of links it is asked later, and of both projects.
        let elsewhere =
            matches!(rest, [] | ["archive" | "unarchive" | "fork" | "restore"] | ["issues", _, "links", ..]);
        if writes && read_only && !elsewhere {
            return Err(Reply::forbidden());
        }
        match rest {
            [] | ["archive" | "unarchive" | "fork"] => projects::answer(self, project, rest),
            ["restore"] if writes => projects::restore(self, project),
            ["access_tokens"] if writes => access_tokens::create_project_access_token(self, project),
            ["labels", rest @ ..] => labels::answer(self, project, rest),
            ["issues", rest @ ..] => issues::answer(self, project, rest),
            ["merge_requests", rest @ ..] => merge_requests::answer(self, project, rest),
            ["milestones", rest @ ..] => milestones::answer(self, milestones::MilestoneParent::Project(project), rest),
            ["repository", rest @ ..] => repository::answer(self, project, rest),
            ["protected_branches", rest @ ..] => branches::answer_protected_branches(self, project, rest),
            ["pipeline_schedules", rest @ ..] => pipeline_schedules::answer(self, project, rest),
            ["packages", "generic", rest @ ..] => generic_packages::answer(self, project, rest),
            ["pipelines", rest @ ..] if !writes => pipelines::answer(self, project, rest),
            ["members", rest @ ..] => members::answer(self, members::MemberSource::Project(project), rest),
            ["forks"] if !writes => project_list::list_forks(self, project),
            ["snapshot"] if !writes => repository::show_snapshot(self, project),
            ["releases"] if writes => wikis::create_release(self, project),
            ["wikis", rest @ ..] => wikis::answer(self, project, rest),
            ["templates", rest @ ..] if !writes => projects::answer_templates(self, project, rest),
            _ => Err(Reply::route_not_found()),
        }
    }
}

/// What only somebody who is signed in may read, in public projects too (`before { authenticate! }` in
/// `lib/api/labels.rb`, `project_milestones.rb`, `issue_links.rb`, `notes.rb`, `resource_label_events.rb` and its
/// siblings, `ci/pipeline_schedules.rb`).
fn requires_sign_in(path: &[&str]) -> bool {
    match path {
        ["labels" | "milestones" | "pipeline_schedules", ..] => true,
        ["issues" | "merge_requests", _, kind, ..] => {
            ["links", "notes"].contains(kind) || (kind.starts_with("resource_") && kind.ends_with("_events"))
        }
        _ => false,
    }
}
