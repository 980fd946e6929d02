//! Files of a repository (GitLab docs, "Repository files API"); each write is a commit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Asked;
use super::commits::check_branch;
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, FileChange, NewCommit, Project};

pub(in crate::sandbox) use crate::sandbox::world::sha;

/// `repository/files/:path`, `…/raw` and `…/blame`.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    let method = asked.call.method.as_str().to_owned();
    if path.first().is_some_and(|file| file.split('/').any(|part| part == "..")) {
        return Err(Reply::error(400, "file_path should be a valid file path"));
    }
    if asked.call.input.text("ref").is_some_and(|place| place.is_empty()) {
        return Err(Reply::error(400, "ref is empty"));
    }
    // The path's own comes first.
    asked.call.input.declare(&["file_path"]);
    match (method.as_str(), path) {
        ("GET" | "HEAD", [file]) => show(asked, project, file),
        ("GET" | "HEAD", [file, "raw"]) => raw(asked, project, file),
        ("GET" | "HEAD", [file, "blame"]) => blame(asked, project, file),
        ("POST" | "PUT" | "DELETE", [file]) => write(asked, project, file, &method),
        _ => Err(Reply::no_route()),
    }
}

fn show(asked: &Asked<'_>, project: u64, path: &str) -> Answer {
    let place = asked.call.input.given("ref")?;
    let text = text(asked, project, path, &place)?;
    let facts = facts(asked.project(project)?, path, &place, &text);
    let mut shape = json!({ "content": STANDARD.encode(&text) });
    for (key, value) in &facts {
        shape[*key] = value.clone();
    }
    Ok(with_headers(Reply::json(200, &shape), &facts))
}

fn raw(asked: &Asked<'_>, project: u64, path: &str) -> Answer {
    let place = asked.call.input.filled("ref").unwrap_or_else(|| "HEAD".to_owned());
    let text = text(asked, project, path, &place)?;
    let facts = facts(asked.project(project)?, path, &place, &text);
    let name = path.rsplit('/').next().unwrap_or(path);
    let quoted = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
    let plain: String = name.chars().map(|char| if char.is_ascii() && char != '"' { char } else { '?' }).collect();
    let reply = Reply::text(200, &text)
        .header("cache-control", "max-age=0, private, must-revalidate, no-store, no-cache")
        .header("content-disposition", format!("inline; filename=\"{plain}\"; filename*=UTF-8''{quoted}"));
    Ok(with_headers(reply, &facts))
}

/// The whole file as the work of the last commit that touched it.
fn blame(asked: &Asked<'_>, project: u64, path: &str) -> Answer {
    let place = asked.call.input.given("ref")?;
    let text = text(asked, project, path, &place)?;
    let home = asked.project(project)?;
    let commit = home.resolve(&place).and_then(|id| home.last_commit_of(id, path));
    let lines: Vec<&str> = text.lines().collect();
    let shape = json!([{ "commit": commit.map(|commit| asked.commit_shape(home, commit)), "lines": lines }]);
    Ok(with_headers(Reply::json(200, &shape), &facts(home, path, &place, &text)))
}

fn text(asked: &Asked<'_>, project: u64, path: &str, place: &str) -> Result<String, Reply> {
    let files = asked.project(project)?.files_at(place).ok_or_else(|| Reply::not_found("Commit"))?;
    files.get(path).cloned().ok_or_else(|| Reply::not_found("File"))
}

/// Writes one file as one commit.
fn write(asked: &mut Asked<'_>, project: u64, path: &str, method: &str) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let branch = input.given("branch")?;
    let message = input.given("commit_message")?;
    input.declare(&["start_sha"]);
    let content = match method {
        "DELETE" => None,
        _ => Some(content(input)?.ok_or_else(|| Reply::missing("content"))?),
    };
    let start = input.filled("start_branch").or_else(|| input.filled("start_sha"));
    let home = asked.project(project)?;
    // A branch that is there already is simply written to.
    let start = start.filter(|_| !home.files.contains_key(&branch));
    check_branch(asked, home, &branch, start.as_deref())?;
    let place = start.as_deref().unwrap_or(&branch);
    let there = home.files_at(place).is_some_and(|files| files.contains_key(path));
    match method {
        "POST" if there => return Err(Reply::message(400, "A file with this name already exists")),
        "PUT" | "DELETE" if !there => {
            return Err(Reply::message(400, "A file with this name doesn't exist"));
        }
        _ => {}
    }
    if let Some(seen) = input.filled("last_commit_id")
        && home.resolve(place).and_then(|id| home.last_commit_of(id, path)).is_some_and(|commit| commit.id != seen)
    {
        let why = "You are attempting to update a file that has changed since you started editing it.";
        return Err(Reply::message(400, why));
    }
    let mut change = FileChange::new(path, content.as_deref());
    change.executable = input.flag("execute_filemode");
    let new = NewCommit { branch, start, message, author: Some(who), changes: vec![change], merged: None };
    let branch = new.branch.clone();
    asked.world.commit(project, &new).ok_or_else(|| Reply::message(400, "Invalid reference name"))?;
    match method {
        "DELETE" => Ok(Reply::empty(204)),
        "POST" => Ok(Reply::json(201, &json!({ "file_path": path, "branch": branch }))),
        _ => Ok(Reply::json(200, &json!({ "file_path": path, "branch": branch }))),
    }
}

/// What `content` holds; it may come as base64, where blanks mean nothing.
pub(super) fn content(input: &Input) -> Result<Option<String>, Reply> {
    input.check("encoding", &["text", "base64"])?;
    let encoding = input.filled("encoding");
    let Some(content) = input.text("content") else { return Ok(None) };
    if encoding.as_deref() != Some("base64") {
        return Ok(Some(content));
    }
    let packed: String = content.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(packed);
    let bytes = bytes.ok().ok_or_else(|| Reply::unreadable("content"))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What the JSON answer and the `X-Gitlab-*` headers both tell of a file.
fn facts(home: &Project, path: &str, place: &str, text: &str) -> Vec<(&'static str, Value)> {
    let head = home.resolve(place);
    // Files that a test put there by hand came with no commit.
    let invented = || sha(&format!("{path}\n{text}"))[..40].to_owned();
    let last = head.and_then(|id| home.last_commit_of(id, path)).map(|commit| commit.id.clone());
    vec![
        ("file_name", json!(path.rsplit('/').next().unwrap_or(path))),
        ("file_path", json!(path)),
        ("size", json!(text.len())),
        ("encoding", json!("base64")),
        ("content_sha256", json!(sha(text))),
        ("ref", json!(place)),
        ("blob_id", json!(&sha(text)[..40])),
        ("commit_id", json!(head.map_or_else(invented, str::to_owned))),
        ("last_commit_id", json!(last.unwrap_or_else(invented))),
        ("execute_filemode", json!(home.is_executable(place, path))),
    ]
}

fn with_headers(mut reply: Reply, facts: &[(&'static str, Value)]) -> Reply {
    const NAMES: [&str; 10] = [
        "x-gitlab-file-name",
        "x-gitlab-file-path",
        "x-gitlab-size",
        "x-gitlab-encoding",
        "x-gitlab-content-sha256",
        "x-gitlab-ref",
        "x-gitlab-blob-id",
        "x-gitlab-commit-id",
        "x-gitlab-last-commit-id",
        "x-gitlab-execute-filemode",
    ];
    for (name, (_, value)) in NAMES.into_iter().zip(facts) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        reply = reply.header(name, text);
    }
    reply
}
