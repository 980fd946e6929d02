//! The API below `/api/v4`: who asks, what they may, which handler answers.
//!
//! Statuses, bodies and key sets follow GitLab docs, "REST API", and the files named at the handlers.

mod accounts;
mod branches;
mod commits;
mod discussions;
mod emoji;
mod epics;
mod events;
mod files;
mod group_labels;
mod groups;
mod issue_links;
mod issue_list;
mod issues;
mod labels;
mod members;
mod merge_requests;
mod merging;
mod milestones;
mod notes;
mod paging;
mod project_list;
mod projects;
mod schedules;
mod shapes;
mod talk;
#[cfg(test)]
mod tests;
mod tree;
mod users;

use http::Method;

use super::call::Call;
use super::reply::{Answer, Reply};
use super::world::{Group, Issue, Project, Token, World};

pub(super) use files::sha;

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
    if call.malformed {
        return Reply::error(400, "message body does not match declared format");
    }
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let Some(path) = path.strip_prefix(&["api", "v4"]) else { return Reply::error(404, "404 Not Found") };
    let token = match token(world, call) {
        Ok(token) => token,
        Err(refusal) => return refusal,
    };
    if let Some(token) = token
        && let Err(refusal) = scope_suffices(token, &call.method, path)
    {
        return refusal;
    }
    let who = match token.map(|token| acting_user(world, call, token)).transpose() {
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

/// The token that came along; an empty header is no token, a wrong one is a refusal (`lib/api/api_guard.rb`).
pub(super) fn token<'a>(world: &'a World, call: &Call) -> Result<Option<&'a Token>, Reply> {
    let bearer = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let value = call.header("private-token").or_else(|| call.header("job-token")).or(bearer);
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return Ok(None) };
    let Some(token) = world.tokens.values().find(|token| token.value == value) else {
        return Err(Reply::unauthorized());
    };
    if token.revoked {
        return Err(invalid_token("Token was revoked. You have to re-authorize from the user."));
    }
    if token.expires_at.is_some_and(|day| day <= world.now.date_naive()) {
        return Err(invalid_token("Token is expired. You can either do re-authorization or token refresh."));
    }
    if world.users.get(&token.user).is_some_and(|user| user.state != "active") {
        return Err(Reply::message(403, "403 Forbidden - Your account has been blocked."));
    }
    // Where a job's token is not taken, whoever sends it is nobody (`lib/gitlab/auth/auth_finders.rb`, `job_token_allowed`).
    Ok(Some(token).filter(|token| !is_of_a_job(token) || takes_job_tokens(call)))
}

/// Whose rights count: those of the token's user, or of whoever an administrator stands in for with `sudo`
/// (GitLab docs, "REST API", sudo; `lib/api/helpers.rb`).
fn acting_user(world: &World, call: &Call, token: &Token) -> Result<u64, Reply> {
    let wanted = call.header("sudo").map(str::to_owned).or_else(|| call.input.filled("sudo"));
    let Some(wanted) = wanted else { return Ok(token.user) };
    if !world.users.get(&token.user).is_some_and(|user| user.admin) {
        return Err(Reply::message(403, "403 Forbidden - Must be admin to use sudo"));
    }
    if !token.scopes.iter().any(|scope| scope == "sudo") {
        return Err(insufficient_scope("sudo"));
    }
    let by_number = wanted.parse().ok().filter(|id| world.users.contains_key(id));
    let found = by_number.or_else(|| world.user_named(&wanted).map(|user| user.id));
    found.ok_or_else(|| Reply::not_found(&format!("User with ID or username '{wanted}'")))
}

fn is_of_a_job(token: &Token) -> bool {
    token.scopes.iter().any(|scope| scope == "ci_job")
}

/// What a job may ask for (GitLab docs, "CI/CD job token", job token access).
fn takes_job_tokens(call: &Call) -> bool {
    let path: Vec<&str> = call.segments.iter().skip(2).map(String::as_str).collect();
    let allowed = matches!(
        path.as_slice(),
        ["job"]
            | ["projects", _, "repository", "branches", ..]
            | ["projects", _, "repository", "commits", _]
            | ["projects", _, "repository", "files", _, "raw"]
            | ["projects", _, "merge_requests", _]
            | ["projects", _, "merge_requests", _, "notes"]
    );
    allowed && call.method.is_safe()
}

fn invalid_token(why: &str) -> Reply {
    Reply::json(401, &serde_json::json!({ "error": "invalid_token", "error_description": why }))
}

/// `api` may everything, `read_api` reads, `read_repository` reads files, `read_user` oneself (GitLab docs, "Scopes").
fn scope_suffices(token: &Token, method: &Method, path: &[&str]) -> Result<(), Reply> {
    let has = |scope: &str| token.scopes.iter().any(|own| own == scope);
    let fits = has("api")
        || has("ci_job")
        || (method.is_safe() && has("read_api"))
        || (method.is_safe() && has("read_repository") && matches!(path, ["projects", _, "repository", ..]))
        || (method.is_safe() && has("read_user") && matches!(path, ["user"] | ["users", ..]))
        || matches!(path, ["personal_access_tokens", "self"]);
    if fits {
        return Ok(());
    }
    Err(insufficient_scope(if method.is_safe() { "api read_api" } else { "api" }))
}

fn insufficient_scope(needed: &str) -> Reply {
    let told = serde_json::json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": needed,
    });
    Reply::json(403, &told)
}

impl Asked<'_> {
    /// Everything below one project.
    fn in_project(&mut self, id: &str, rest: &[&str]) -> Answer {
        let project = self.find_project(id)?;
        let writes = !self.call.method.is_safe();
        if writes && self.who.is_none() {
            return Err(Reply::unauthorized());
        }
        if writes && self.project(project)?.archived && !matches!(rest, [] | ["archive" | "unarchive" | "fork"]) {
            return Err(Reply::forbidden());
        }
        match rest {
            [] | ["archive" | "unarchive" | "fork"] => projects::answer(self, project, rest),
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
            ["templates", rest @ ..] if !writes => projects::templates(self, project, rest),
            _ => Err(Reply::error(404, "404 Not Found")),
        }
    }

    /// A project by its number or path; hidden ones are not there, moved ones say where they went.
    fn find_project(&self, id: &str) -> Result<u64, Reply> {
        let seen = |project: &&Project| self.world.may_see(project, self.who);
        let by_number = id.parse().ok().and_then(|id: u64| self.world.projects.get(&id));
        if let Some(project) = by_number.or_else(|| self.world.project_at(id)).filter(seen) {
            return Ok(project.id);
        }
        let Some(moved) = self.world.project_formerly_at(id).filter(seen) else {
            return Err(Reply::not_found("Project"));
        };
        // GitLab sends readers to the number and lets nobody write (GitLab docs, "REST API", redirects).
        if !self.call.method.is_safe() {
            return Err(Reply::message(405, "Non GET methods are not allowed for moved projects"));
        }
        let behind = self.call.path.splitn(6, '/').nth(5).map(|rest| format!("/{rest}")).unwrap_or_default();
        let query = self.call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let to = format!("{}/api/v4/projects/{}{behind}{query}", self.origin, moved.id);
        Err(Reply::redirect(301, &to, &format!("This resource has been moved permanently to {to}")))
    }

    /// A group by its number or path; hidden ones are not there.
    fn find_group(&self, id: &str) -> Result<&Group, Reply> {
        let by_number = id.parse().ok().and_then(|id: u64| self.world.groups.get(&id));
        let found = by_number.or_else(|| self.world.group_at(id));
        found.filter(|group| self.world.may_see_group(group, self.who)).ok_or_else(|| Reply::not_found("Group"))
    }

    /// A project that `find_project` found.
    fn project(&self, id: u64) -> Result<&Project, Reply> {
        self.world.projects.get(&id).ok_or_else(|| Reply::not_found("Project"))
    }

    /// An issue that the asking user can see.
    fn issue(&self, project: u64, iid: &str) -> Result<&Issue, Reply> {
        let issue = iid.parse().ok().and_then(|iid| self.world.issue(project, iid));
        issue
            .filter(|issue| self.world.may_see_issue(project, issue, self.who))
            .ok_or_else(|| Reply::not_found("Issue"))
    }

    /// The asking user, if signed in.
    fn signed_in(&self) -> Result<u64, Reply> {
        self.who.ok_or_else(Reply::unauthorized)
    }

    /// The asking user, if their role in the project suffices.
    fn role(&self, project: u64, least: u8) -> Result<u64, Reply> {
        let who = self.signed_in()?;
        if self.level(project) >= least { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// The asking user, if their role in the group suffices.
    fn group_role(&self, group: u64, least: u8) -> Result<u64, Reply> {
        let who = self.signed_in()?;
        let level = self.world.groups.get(&group).map_or(0, |group| self.world.group_access(group, Some(who)));
        if level >= least { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// Whether the asking user may do everything.
    fn is_admin(&self) -> bool {
        self.who.and_then(|who| self.world.users.get(&who)).is_some_and(|user| user.admin)
    }

    /// The asking user, if they may do everything.
    fn admin(&self) -> Result<u64, Reply> {
        let who = self.signed_in()?;
        if self.is_admin() { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// The asking user's role in the project.
    fn level(&self, project: u64) -> u8 {
        self.world.access(project, self.who)
    }

    /// A DELETE with a stale `If-Unmodified-Since` is refused (GitLab docs, "REST API").
    fn unmodified_since(&self, changed: chrono::DateTime<chrono::Utc>) -> Result<(), Reply> {
        let Some(limit) = self.call.header("if-unmodified-since") else { return Ok(()) };
        match chrono::DateTime::parse_from_rfc2822(limit) {
            // The header has whole seconds only.
            Ok(limit) if changed.timestamp() > limit.timestamp() => Err(Reply::message(412, "412 Precondition Failed")),
            _ => Ok(()),
        }
    }
}
