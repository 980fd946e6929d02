//! Who asks: the token that came along, what it is good for, and whose rights count.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;

use crate::call::Call;
use crate::reply::Reply;
use crate::world::{AccessToken, World};

/// The token that came along, if it is a good one; an empty header is no token.
///
/// Each way knows its own kind (`lib/gitlab/auth/auth_finders.rb`): `PRIVATE-TOKEN` and `Authorization`, or the
/// parameters `private_token` and `access_token`, carry access tokens, `JOB-TOKEN` and the parameter `job_token` those
/// of jobs, which `Authorization` may carry too. A job's token counts only where jobs may ask: elsewhere its own header
/// is not even looked at, so that whoever sends it is nobody.
pub(crate) fn authenticate<'a>(world: &'a World, call: &Call) -> Result<Option<&'a AccessToken>, Reply> {
    let given = |name: &str| call.header(name).map(str::trim).filter(|value| !value.is_empty());
    let bearer = given("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let of_a_job = given("job-token").map(str::to_owned).or_else(|| call.params.non_empty_text("job_token"));
    let bearer = bearer.map(str::to_owned).or_else(|| call.params.non_empty_text("access_token"));
    let private = given("private-token").map(str::to_owned).or_else(|| call.params.non_empty_text("private_token"));
    // Packages are asked for by user and password, too (`lib/api/generic_packages.rb`).
    let basic = basic_credentials(call).filter(|_| asks_for_packages(call));
    let (job_password, password) = match basic {
        Some((user, secret)) if user == "gitlab-ci-token" => (Some(secret), None),
        Some((_, secret)) => (None, Some(secret)),
        None => (None, None),
    };
    let (of_a_job, private) = (of_a_job.or(job_password), private.or(password));
    let found = match (private, bearer, of_a_job) {
        (Some(value), ..) => find_token(world, &value).filter(|token| !is_job_token(token)),
        (None, Some(value), _) => {
            find_token(world, &value).filter(|token| !is_job_token(token) || accepts_job_token(call))
        }
        (None, None, Some(value)) if accepts_job_token(call) => {
            find_token(world, &value).filter(|token| is_job_token(token))
        }
        (None, None, _) => return Ok(None),
    };
    let token = found.ok_or_else(Reply::unauthorized)?;
    if token.revoked {
        return Err(invalid_token("Token was revoked. You have to re-authorize from the user."));
    }
    if token.expires_at.is_some_and(|day| day <= world.now.date_naive()) {
        return Err(invalid_token("Token is expired. You can either do re-authorization or token refresh."));
    }
    if world.users.get(&token.user).is_some_and(|user| user.state != "active") {
        return Err(Reply::message(403, "403 Forbidden - Your account has been blocked."));
    }
    Ok(Some(token))
}

fn find_token<'a>(world: &'a World, value: &str) -> Option<&'a AccessToken> {
    world.tokens.values().find(|token| token.value == value)
}

/// Whose rights count: those of the token's user, or of whoever an administrator stands in for with `sudo`
/// (GitLab docs, "REST API", sudo; `lib/api/helpers.rb`).
pub(super) fn acting_user(world: &World, call: &Call, token: &AccessToken) -> Result<u64, Reply> {
    let wanted = call.header("sudo").map(str::to_owned).or_else(|| call.params.non_empty_text("sudo"));
    let Some(wanted) = wanted else { return Ok(token.user) };
    if !world.users.get(&token.user).is_some_and(|user| user.admin) {
        return Err(Reply::message(403, "403 Forbidden - Must be admin to use sudo"));
    }
    if !token.scopes.iter().any(|scope| scope == "sudo") {
        return Err(insufficient_scope("sudo"));
    }
    let by_number = wanted.parse().ok().filter(|id| world.users.contains_key(id));
    let found = by_number.or_else(|| world.user_by_username(&wanted).map(|user| user.id));
    found.ok_or_else(|| Reply::not_found(&format!("User with ID or username '{wanted}'")))
}

/// Whether it is the token that a CI job gets.
pub(super) fn is_job_token(token: &AccessToken) -> bool {
    token.scopes.iter().any(|scope| scope == "ci_job")
}

fn asks_for_packages(call: &Call) -> bool {
    let path: Vec<&str> = call.segments.iter().skip(2).map(String::as_str).collect();
    matches!(path.as_slice(), ["projects", _, "packages", "generic", ..])
}

/// User and password of `Authorization: Basic`.
fn basic_credentials(call: &Call) -> Option<(String, String)> {
    let encoded = call.header("authorization")?.trim().strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    decoded.split_once(':').map(|(user, secret)| (user.to_owned(), secret.to_owned()))
}

/// What a job may ask for (GitLab docs, "CI/CD job token", job token access).
fn accepts_job_token(call: &Call) -> bool {
    let path: Vec<&str> = call.segments.iter().skip(2).map(String::as_str).collect();
    if asks_for_packages(call) {
        return true;
    }
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
    Reply::json(401, &json!({ "error": "invalid_token", "error_description": why }))
}

/// `api` may everything, `read_api` reads, `read_repository` reads files and nothing else of a repository, `read_user`
/// reads users; every token may read what it is itself (`allow_access_with_scope` in `lib/api/api.rb`, `files.rb`,
/// `users.rb`).
pub(super) fn check_scope(token: &AccessToken, method: &Method, path: &[&str]) -> Result<(), Reply> {
    let has = |scope: &str| token.scopes.iter().any(|own| own == scope);
    let (reads, needed) = match path {
        ["projects", _, "repository", "files", ..] => ("read_repository", "read_repository api read_api"),
        ["user"] | ["users", ..] => ("read_user", "read_user api read_api"),
        _ => ("read_api", "api read_api"),
    };
    let fits = has("api")
        || has("ci_job")
        || (method.is_safe() && (has("read_api") || has(reads)))
        || matches!(path, ["personal_access_tokens", "self"]);
    if fits { Ok(()) } else { Err(insufficient_scope(needed)) }
}

fn insufficient_scope(needed: &str) -> Reply {
    let reported = json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": needed,
    });
    Reply::json(403, &reported)
}
