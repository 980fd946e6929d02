//! The API below `/api/v4`: which handler answers. `token` says who asks, `asked` what they see and may do, `unread` that
//! nothing was said in vain.
//!
//! Statuses, bodies and key sets follow GitLab docs, "REST API", and the files named at the handlers.

mod access_tokens;
mod accounts;
mod asked;
mod branches;
mod closing;
mod colors;
mod commits;
mod diffs;
mod discussions;
mod emoji;
mod epics;
mod events;
mod files;
mod filters;
mod group_labels;
mod groups;
mod issue_links;
mod issue_list;
mod issues;
mod labels;
mod members;
mod mentions;
mod merge_request_list;
mod merge_request_shape;
mod merge_requests;
mod merging;
mod milestones;
mod notes;
mod numbers;
mod paging;
mod project_list;
mod project_shape;
mod project_view;
mod projects;
mod schedules;
mod shapes;
mod talk;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod unread;
mod users;
mod wikis;

use http::Method;

use super::call::Call;
use super::reply::{Answer, Reply};
use super::world::World;

pub(super) use branches::is_branch_name as is_ref;
pub(super) use files::sha;
pub(super) use token::token;

/// A request with everything that its handler needs.
struct Asked<'a> {
    world: &'a mut World,
    call: &'a Call,
    /// The user whose token came along.
    who: Option<u64>,
    /// The origin for links in answers.
    origin: &'a str,
}

/// Answers one request of the API.
pub(super) fn answer(world: &mut World, call: &Call, origin: &str) -> Reply {
    unread::refused(world, call, |world| handle(world, call, origin))
}

fn handle(world: &mut World, call: &Call, origin: &str) -> Reply {
    if call.unfit {
        // `Rack::QueryParser::ParameterTypeError`
        return Reply::error(400, "Invalid parameter types in the request");
    }
    if call.malformed {
        return Reply::error(400, "message body does not match declared format");
    }
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let Some(path) = path.strip_prefix(&["api", "v4"]) else { return Reply::no_route() };
    let token = match token(world, call) {
        Ok(token) => token,
        Err(refusal) => return refusal,
    };
    if let Some(token) = token
        && let Err(refusal) = token::scope_suffices(token, &call.method, path)
    {
        return refusal;
    }
    let who = match token.map(|token| token::acting_user(world, call, token)).transpose() {
        Ok(who) => who,
        Err(refusal) => return refusal,
    };
    let token_id = token.map(|token| token.id);
    let mut asked = Asked { world, call, who, origin };
    let answer = match path {
        ["projects", id, rest @ ..] => asked.in_project(id, rest),
        ["groups", id, rest @ ..] => groups::answer(&mut asked, id, rest),
        ["projects"] if call.method == Method::POST => projects::create(&mut asked),
        ["projects"] if call.method.is_safe() => project_list::answer(&asked),
        ["groups"] if call.method == Method::POST => groups::create(&mut asked),
        ["groups"] if call.method.is_safe() => groups::list(&asked),
        ["personal_access_tokens", "self"] if call.method.is_safe() => users::own_token(&asked, token_id),
        ["job"] if call.method.is_safe() => users::own_job(&asked, token_id),
        _ => users::answer(&mut asked, path),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

impl Asked<'_> {
    /// Everything below one project.
    fn in_project(&mut self, id: &str, rest: &[&str]) -> Answer {
        let writes = !self.call.method.is_safe();
        if self.who.is_none() && (is_for_accounts(rest) || (writes && !matches!(rest, ["repository", ..]))) {
            // This is asked before anything else, so that it tells nothing about the project.
            return Err(Reply::unauthorized());
        }
        numbers::check(rest)?;
        let project = self.find_project(id)?;
        if writes && self.who.is_none() {
            return Err(Reply::forbidden());
        }
        let read_only = self.world.is_read_only(self.project(project)?);
        // Of links it is asked later, and of both projects.
        let elsewhere =
            matches!(rest, [] | ["archive" | "unarchive" | "fork" | "restore"] | ["issues", _, "links", ..]);
        if writes && read_only && !elsewhere {
            return Err(Reply::forbidden());
        }
        match rest {
            [] | ["archive" | "unarchive" | "fork"] => projects::answer(self, project, rest),
            ["restore"] if writes => projects::restore(self, project),
            ["access_tokens"] if writes => access_tokens::of_project(self, project),
            ["labels", rest @ ..] => labels::answer(self, project, rest),
            ["issues", rest @ ..] => issues::answer(self, project, rest),
            ["merge_requests", rest @ ..] => merge_requests::answer(self, project, rest),
            ["milestones", rest @ ..] => milestones::answer(self, milestones::Owner::Project(project), rest),
            ["repository", rest @ ..] => tree::answer(self, project, rest),
            ["protected_branches", rest @ ..] => branches::protected(self, project, rest),
            ["pipeline_schedules", rest @ ..] => schedules::answer(self, project, rest),
            ["members", rest @ ..] => members::answer(self, members::Of::Project(project), rest),
            ["forks"] if !writes => project_list::forks(self, project),
            ["snapshot"] if !writes => tree::snapshot(self, project),
            ["releases"] if writes => wikis::release(self, project),
            ["wikis", rest @ ..] => wikis::answer(self, project, rest),
            ["templates", rest @ ..] if !writes => projects::templates(self, project, rest),
            _ => Err(Reply::no_route()),
        }
    }
}

/// What only somebody who is signed in may read, in public projects too (`before { authenticate! }` in `lib/api/labels.rb`,
/// `project_milestones.rb`, `issue_links.rb`, `notes.rb`, `resource_label_events.rb` and its siblings, `ci/pipeline_schedules.rb`).
fn is_for_accounts(path: &[&str]) -> bool {
    match path {
        ["labels" | "milestones" | "pipeline_schedules", ..] => true,
        ["issues" | "merge_requests", _, kind, ..] => {
            ["links", "notes"].contains(kind) || (kind.starts_with("resource_") && kind.ends_with("_events"))
        }
        _ => false,
    }
}
