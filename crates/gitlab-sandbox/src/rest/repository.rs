//! Everything below `repository`: folders, blobs and what its siblings answer; and a snapshot (GitLab docs,
//! "Repositories API").

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::files::sha256_hex;
use super::paging::{page_reply, token_page_reply};
use super::{Context, branches, commits, diffs, files};
use crate::reply::{HandlerResult, Reply};
use crate::world::Project;

pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    // Guests of a private project do not see its code.
    let home = context.project_by_id(project)?;
    if !context.world.may_read_code(home, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    match (context.call.method.as_str(), path) {
        (_, ["files", rest @ ..]) => files::answer(context, project, rest),
        (_, ["branches", rest @ ..]) => branches::answer(context, project, rest),
        (_, ["commits", rest @ ..]) => commits::answer(context, project, rest),
        ("GET" | "HEAD", ["tree"]) => list_tree(context, project),
        ("GET" | "HEAD", ["compare"]) => diffs::compare(context, project),
        ("GET" | "HEAD", ["merge_base"]) => diffs::merge_base(context, project),
        ("GET" | "HEAD", ["blobs", id]) => {
            let text = find_blob(home, id)?;
            let shape =
                json!({ "size": text.len(), "encoding": "base64", "content": STANDARD.encode(text), "sha": id });
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", ["blobs", id, "raw"]) => Ok(Reply::text(200, find_blob(home, id)?)),
        _ => Err(Reply::route_not_found()),
    }
}

/// `snapshot`: a tar of the bare repository. The sandbox has no objects as git has them, so it holds `HEAD` and the
/// heads.
pub(super) fn show_snapshot(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    if !context.world.may_read_code(home, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    if context.call.params.flag("wiki") == Some(true) {
        return Err(Reply::not_supported("wiki with the value true"));
    }
    let mut tar = tar_entry("HEAD", &format!("ref: refs/heads/{}\n", home.default_branch));
    for (name, head) in &home.repository.heads {
        tar.extend(tar_entry(&format!("refs/heads/{name}"), &format!("{head}\n")));
    }
    // Two empty blocks end a tar.
    tar.extend([0; 1024]);
    Ok(Reply::bytes(200, "application/x-tar", tar))
}

/// A text of any branch by the id of its blob.
fn find_blob<'a>(home: &'a Project, id: &str) -> Result<&'a str, Reply> {
    let found = home.files.values().flat_map(BTreeMap::values).find(|text| sha256_hex(text)[..40] == *id);
    found.map(String::as_str).ok_or_else(|| Reply::not_found("Blob"))
}

/// Folders first, then files; below a folder with `path`, all levels with `recursive`.
fn list_tree(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let input = &context.call.params;
    let place = input.non_empty_text("ref").unwrap_or_else(|| "HEAD".to_owned());
    let Some(files) = home.files_at(&place) else { return Err(Reply::not_found("Tree")) };
    let folder = input.non_empty_text("path").map(|path| format!("{}/", path.trim_matches('/'))).unwrap_or_default();
    let deep = input.flag("recursive") == Some(true);
    let pagination = input.non_empty_text("pagination");
    if pagination.as_deref() == Some("none") && !deep {
        return Err(Reply::error(400, "pagination cannot be \"none\" unless \"recursive\" is true"));
    }
    let mut entries: BTreeMap<(bool, String), Value> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(&folder)) {
        let inner = &path[folder.len()..];
        for (at, _) in inner.match_indices('/') {
            let path = &path[..folder.len() + at];
            entries.insert((false, path.to_owned()), tree_entry_json(path, path, "040000"));
            if !deep {
                break;
            }
        }
        if deep || !inner.contains('/') {
            let mode = if home.is_executable(&place, path) { "100755" } else { "100644" };
            entries.insert((true, path.clone()), tree_entry_json(path, text, mode));
        }
    }
    if entries.is_empty() && !folder.is_empty() {
        return Err(Reply::message(404, "404 invalid revision or path Not Found"));
    }
    let entries: Vec<Value> = entries.into_values().collect();
    match pagination.as_deref() {
        Some("none") => Ok(Reply::json(200, &Value::Array(entries))),
        Some("keyset") => {
            Ok(token_page_reply(context, &entries, |entry| entry["path"].as_str().unwrap_or_default().to_owned()))
        }
        _ => Ok(page_reply(context, &entries, Clone::clone)),
    }
}

fn tree_entry_json(path: &str, text: &str, mode: &str) -> Value {
    let name = path.rsplit('/').next().unwrap_or(path);
    let kind = if mode == "040000" { "tree" } else { "blob" };
    json!({ "id": &sha256_hex(text)[..40], "name": name, "type": kind, "path": path, "mode": mode })
}

/// One file in the ustar format (POSIX.1-1988): a header of 512 bytes, then the text in whole blocks.
fn tar_entry(name: &str, text: &str) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = header.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, b"0000644\0");
    put(124, format!("{:011o}\0", text.len()).as_bytes());
    put(136, b"00000000000\0");
    // While the sum is taken, its place is blank; the type behind it is an ordinary file's.
    put(148, b"        0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    if let Some(place) = header.get_mut(148..156) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let mut entry = header.to_vec();
    entry.extend(text.as_bytes());
    entry.resize(512 + text.len().div_ceil(512) * 512, 0);
    entry
}
