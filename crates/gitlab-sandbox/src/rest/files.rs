//! Files of a repository (GitLab docs, "Repository files API"); each write is a commit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Context;
use super::branches::check_push_allowed;
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, FileChange, NewCommit, Project};

pub(crate) use crate::world::sha256_hex;

/// `repository/files/:path`, `…/raw` and `…/blame`.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let method = context.call.method.as_str().to_owned();
    if path.first().is_some_and(|file| file.split('/').any(|part| part == "..")) {
        return Err(Reply::error(400, "file_path should be a valid file path"));
    }
    if context.call.params.text("ref").is_some_and(|place| place.is_empty()) {
        return Err(Reply::error(400, "ref is empty"));
    }
    // The path's own comes first.
    context.call.params.mark_read(&["file_path"]);
    match (method.as_str(), path) {
        ("GET" | "HEAD", [file]) => show(context, project, file),
        ("GET" | "HEAD", [file, "raw"]) => show_raw(context, project, file),
        ("GET" | "HEAD", [file, "blame"]) => show_blame(context, project, file),
        ("POST" | "PUT" | "DELETE", [file]) => commit_file(context, project, file, &method),
        _ => Err(Reply::route_not_found()),
    }
}

fn show(context: &Context<'_>, project: u64, path: &str) -> HandlerResult {
    let place = context.call.params.required_text("ref")?;
    let text = find_text(context, project, path, &place)?;
    let facts = file_metadata(context.project_by_id(project)?, path, &place, &text);
    let mut shape = json!({ "content": STANDARD.encode(&text) });
    for (key, value) in &facts {
        shape[*key] = value.clone();
    }
    Ok(with_metadata_headers(Reply::json(200, &shape), &facts))
}

fn show_raw(context: &Context<'_>, project: u64, path: &str) -> HandlerResult {
    let place = context.call.params.non_empty_text("ref").unwrap_or_else(|| "HEAD".to_owned());
    let text = find_text(context, project, path, &place)?;
    let facts = file_metadata(context.project_by_id(project)?, path, &place, &text);
    let name = path.rsplit('/').next().unwrap_or(path);
    let quoted = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
    let plain: String = name.chars().map(|char| if char.is_ascii() && char != '"' { char } else { '?' }).collect();
    let reply = Reply::text(200, &text)
        .with_header("cache-control", "max-age=0, private, must-revalidate, no-store, no-cache")
        .with_header("content-disposition", format!("inline; filename=\"{plain}\"; filename*=UTF-8''{quoted}"));
    Ok(with_metadata_headers(reply, &facts))
}

/// The whole file as the work of the last commit that touched it.
fn show_blame(context: &Context<'_>, project: u64, path: &str) -> HandlerResult {
    let place = context.call.params.required_text("ref")?;
    let text = find_text(context, project, path, &place)?;
    let home = context.project_by_id(project)?;
    let commit = home.resolve_ref(&place).and_then(|id| home.last_commit_for_path(id, path));
    let lines: Vec<&str> = text.lines().collect();
    let shape = json!([{ "commit": commit.map(|commit| context.commit_json(home, commit)), "lines": lines }]);
    Ok(with_metadata_headers(Reply::json(200, &shape), &file_metadata(home, path, &place, &text)))
}

fn find_text(context: &Context<'_>, project: u64, path: &str, place: &str) -> Result<String, Reply> {
    let files = context.project_by_id(project)?.files_at(place).ok_or_else(|| Reply::not_found("Commit"))?;
    files.get(path).cloned().ok_or_else(|| Reply::not_found("File"))
}

/// Writes one file as one commit.
fn commit_file(context: &mut Context<'_>, project: u64, path: &str, method: &str) -> HandlerResult {
    let who = context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    let branch = input.required_text("branch")?;
    let message = input.required_text("commit_message")?;
    input.mark_read(&["start_sha"]);
    let text = match method {
        "DELETE" => None,
        _ => Some(decode_content(input)?.ok_or_else(|| Reply::parameter_missing("content"))?),
    };
    let start = input.non_empty_text("start_branch").or_else(|| input.non_empty_text("start_sha"));
    let home = context.project_by_id(project)?;
    // A branch that is there already is simply written to.
    let start = start.filter(|_| !home.files.contains_key(&branch));
    check_push_allowed(context, home, &branch, start.as_deref())?;
    let place = start.as_deref().unwrap_or(&branch);
    let there = home.files_at(place).is_some_and(|files| files.contains_key(path));
    match method {
        "POST" if there => return Err(Reply::message(400, "A file with this name already exists")),
        "PUT" | "DELETE" if !there => {
            return Err(Reply::message(400, "A file with this name doesn't exist"));
        }
        _ => {}
    }
    if let Some(seen) = input.non_empty_text("last_commit_id")
        && home
            .resolve_ref(place)
            .and_then(|id| home.last_commit_for_path(id, path))
            .is_some_and(|commit| commit.id != seen)
    {
        let why = "You are attempting to update a file that has changed since you started editing it.";
        return Err(Reply::message(400, why));
    }
    let mut change = FileChange::new(path, text.as_deref());
    change.executable = input.flag("execute_filemode");
    let new =
        NewCommit { branch, start_ref: start, message, author: Some(who), changes: vec![change], second_parent: None };
    let branch = new.branch.clone();
    context.world.create_commit(project, &new).ok_or_else(|| Reply::message(400, "Invalid reference name"))?;
    match method {
        "DELETE" => Ok(Reply::empty(204)),
        "POST" => Ok(Reply::json(201, &json!({ "file_path": path, "branch": branch }))),
        _ => Ok(Reply::json(200, &json!({ "file_path": path, "branch": branch }))),
    }
}

/// What `content` holds; it may come as base64, where blanks mean nothing.
pub(super) fn decode_content(input: &Params) -> Result<Option<String>, Reply> {
    input.require_allowed_value("encoding", &["text", "base64"])?;
    let encoding = input.non_empty_text("encoding");
    let Some(content) = input.text("content") else { return Ok(None) };
    if encoding.as_deref() != Some("base64") {
        return Ok(Some(content));
    }
    let packed: String = content.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(packed);
    let bytes = bytes.ok().ok_or_else(|| Reply::parameter_invalid("content"))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What the JSON answer and the `X-Gitlab-*` headers both hold of a file.
fn file_metadata(home: &Project, path: &str, place: &str, text: &str) -> Vec<(&'static str, Value)> {
    let head = home.resolve_ref(place);
    // Files that a test put there by hand came with no commit.
    let invented = || sha256_hex(format!("{path}\n{text}"))[..40].to_owned();
    let last = head.and_then(|id| home.last_commit_for_path(id, path)).map(|commit| commit.id.clone());
    vec![
        ("file_name", json!(path.rsplit('/').next().unwrap_or(path))),
        ("file_path", json!(path)),
        ("size", json!(text.len())),
        ("encoding", json!("base64")),
        ("content_sha256", json!(sha256_hex(text))),
        ("ref", json!(place)),
        ("blob_id", json!(&sha256_hex(text)[..40])),
        ("commit_id", json!(head.map_or_else(invented, str::to_owned))),
        ("last_commit_id", json!(last.unwrap_or_else(invented))),
        ("execute_filemode", json!(home.is_executable(place, path))),
    ]
}

fn with_metadata_headers(mut reply: Reply, facts: &[(&'static str, Value)]) -> Reply {
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
        reply = reply.with_header(name, text);
    }
    reply
}
