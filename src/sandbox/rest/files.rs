//! Files of a repository (GitLab docs, "Repository files API" and "Repositories API").

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Asked;
use super::paging::page;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::DEVELOPER;

/// `repository/files/:path`, `…/raw` and `repository/tree`.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    let method = asked.call.method.as_str().to_owned();
    // Guests of a private project do not see its code.
    let home = asked.project(project)?;
    if !asked.world.may_read_code(home, asked.who) {
        return Err(Reply::forbidden());
    }
    match (method.as_str(), path) {
        ("GET" | "HEAD", ["files", file]) => show(asked, project, file),
        ("GET" | "HEAD", ["files", file, "raw"]) => raw(asked, project, file),
        ("POST" | "PUT" | "DELETE", ["files", file]) => write(asked, project, file, &method),
        ("GET" | "HEAD", ["tree"]) => tree(asked, project),
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn show(asked: &Asked<'_>, project: u64, path: &str) -> Answer {
    let branch = asked.call.input.filled("ref").ok_or_else(|| Reply::error(400, "ref is missing"))?;
    let text = text(asked, project, path, &branch)?;
    let facts = facts(path, &branch, text);
    let mut shape = json!({ "content": base64(text.as_bytes()) });
    for (key, value) in &facts {
        shape[*key] = value.clone();
    }
    Ok(with_headers(Reply::json(200, &shape), &facts))
}

fn raw(asked: &Asked<'_>, project: u64, path: &str) -> Answer {
    let branch = asked.call.input.filled("ref").unwrap_or_else(|| "HEAD".to_owned());
    let text = text(asked, project, path, &branch)?;
    Ok(with_headers(Reply::text(200, text), &facts(path, &branch, text)))
}

fn text<'a>(asked: &'a Asked<'_>, project: u64, path: &str, branch: &str) -> Result<&'a str, Reply> {
    let home = asked.project(project)?;
    if home.branch(branch).is_none() {
        return Err(Reply::not_found("Commit"));
    }
    home.file(branch, path).ok_or_else(|| Reply::not_found("File"))
}

/// Writes one file as one commit; the content may come as base64.
fn write(asked: &mut Asked<'_>, project: u64, path: &str, method: &str) -> Answer {
    asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let branch = input.filled("branch").ok_or_else(|| Reply::error(400, "branch is missing"))?;
    if input.filled("commit_message").is_none() {
        return Err(Reply::error(400, "commit_message is missing"));
    }
    let content = match (method, input.text("content")) {
        ("DELETE", _) => None,
        (_, None) => return Err(Reply::error(400, "content is missing")),
        (_, Some(content)) if input.filled("encoding").as_deref() == Some("base64") => {
            let bytes = unbase64(&content).ok_or_else(|| Reply::error(400, "content is invalid"))?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        (_, Some(content)) => Some(content),
    };
    let start = input.filled("start_branch");
    let home = asked.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    if let Some(start) = start.and_then(|start| home.branch(&start).cloned()) {
        home.files.entry(branch.clone()).or_insert(start);
    }
    let there = home.file(&branch, path).is_some();
    match method {
        "POST" if there => return Err(Reply::message(400, "A file with this name already exists")),
        "PUT" | "DELETE" if !there => {
            return Err(Reply::message(400, "A file with this name doesn't exist"));
        }
        _ => {}
    }
    let files = home.files.entry(branch.clone()).or_default();
    let Some(content) = content else {
        files.remove(path);
        return Ok(Reply::empty(204));
    };
    files.insert(path.to_owned(), content);
    let status = if method == "POST" { 201 } else { 200 };
    Ok(Reply::json(status, &json!({ "file_path": path, "branch": branch })))
}

/// Folders first, then files; below a folder with `path`, all levels with `recursive`.
fn tree(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    let branch = input.filled("ref").unwrap_or_else(|| "HEAD".to_owned());
    let Some(files) = home.branch(&branch) else { return Err(Reply::not_found("Tree")) };
    let folder = input.filled("path").map(|path| format!("{}/", path.trim_matches('/'))).unwrap_or_default();
    let deep = input.flag("recursive") == Some(true);
    let mut entries: BTreeMap<(bool, String), Value> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(&folder)) {
        let inner = &path[folder.len()..];
        for (at, _) in inner.match_indices('/') {
            let path = &path[..folder.len() + at];
            entries.insert((false, path.to_owned()), entry(path, path, "tree"));
            if !deep {
                break;
            }
        }
        if deep || !inner.contains('/') {
            entries.insert((true, path.clone()), entry(path, text, "blob"));
        }
    }
    if entries.is_empty() && !folder.is_empty() {
        return Err(Reply::message(404, "404 invalid revision or path Not Found"));
    }
    let entries: Vec<Value> = entries.into_values().collect();
    Ok(page(asked, &entries, Clone::clone))
}

fn entry(path: &str, text: &str, kind: &str) -> Value {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mode = if kind == "tree" { "040000" } else { "100644" };
    json!({ "id": &sha(text)[..40], "name": name, "type": kind, "path": path, "mode": mode })
}

/// What the JSON answer and the `X-Gitlab-*` headers both tell of a file.
fn facts(path: &str, branch: &str, text: &str) -> Vec<(&'static str, Value)> {
    let commit = &sha(&format!("{path}\n{text}"))[..40];
    vec![
        ("file_name", json!(path.rsplit('/').next().unwrap_or(path))),
        ("file_path", json!(path)),
        ("size", json!(text.len())),
        ("encoding", json!("base64")),
        ("content_sha256", json!(sha(text))),
        ("ref", json!(branch)),
        ("blob_id", json!(&sha(text)[..40])),
        ("commit_id", json!(commit)),
        ("last_commit_id", json!(commit)),
        ("execute_filemode", json!(false)),
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

/// Stands for the hashes that git would make; only that equal texts have equal ids matters.
pub(in crate::sandbox) fn sha(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0_u32, |all, &byte| (all << 8) | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (all >> (18 - 6 * place)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut all, mut bits) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = ALPHABET.iter().position(|&letter| letter == byte)?;
        all = (all << 6) | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((all >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
