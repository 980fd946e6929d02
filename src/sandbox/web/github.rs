//! GitHub: its REST API (GitHub docs, "REST API endpoints for repositories" and its neighbours) and its pages, as far as
//! a link checker asks them. Hidden and missing repositories look the same to both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::page;
use crate::sandbox::call::Call;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Github, Hosted, World};

const API: &str = "https://api.github.com";

/// Answers one question to the API.
pub(super) fn api(world: &mut World, call: &Call) -> Reply {
    let github = &mut world.web.github;
    let authorized = match call.header("authorization") {
        None => false,
        Some(header) if header == format!("Bearer {}", github.token) => true,
        Some(_) => return said(401, "Bad credentials"),
    };
    match &mut github.left {
        None => told(github, call, authorized),
        Some(0) => said(403, "API rate limit exceeded for user ID 1.").header("x-ratelimit-remaining", "0"),
        Some(left) => {
            *left -= 1;
            let left = left.to_string();
            told(github, call, authorized).header("x-ratelimit-remaining", left)
        }
    }
}

fn told(github: &Github, call: &Call, authorized: bool) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let (found, rest) = match segments.as_slice() {
        ["users", name] => {
            let known = github.repositories.keys().any(|full| full.split('/').next() == Some(name));
            return if known { Reply::json(200, &json!({ "login": name })) } else { said(404, "Not Found") };
        }
        ["repos", owner, name, rest @ ..] => {
            let full = format!("{owner}/{name}");
            if let Some(number) = github.repositories.values().position(|hosted| hosted.formerly.contains(&full)) {
                let rest: Vec<String> = rest.iter().map(|part| format!("/{part}")).collect();
                return Reply::redirect(
                    301,
                    &format!("{API}/repositories/{number}{}", rest.concat()),
                    "Moved Permanently",
                );
            }
            (github.repositories.get_key_value(&full), rest)
        }
        ["repositories", number, rest @ ..] => {
            (number.parse().ok().and_then(|number| github.repositories.iter().nth(number)), rest)
        }
        _ => return said(404, "Not Found"),
    };
    match found.filter(|(_, hosted)| authorized || !hosted.private) {
        Some((full, hosted)) => inside(github, full, hosted, rest, call),
        None => said(404, "Not Found"),
    }
}

fn inside(github: &Github, full: &str, hosted: &Hosted, rest: &[&str], call: &Call) -> Reply {
    match rest {
        [] => Reply::json(
            200,
            &json!({
                "full_name": full, "html_url": format!("https://github.com/{full}"), "private": hosted.private,
                "archived": hosted.archived, "default_branch": "main"
            }),
        ),
        ["contents", path @ ..] => {
            let asked = call.input.text("ref").unwrap_or_else(|| "main".to_owned());
            let branch = if asked == "HEAD" { "main" } else { &asked };
            let path = path.join("/");
            match hosted.files.get(branch).and_then(|files| files.get(&path)) {
                Some(text) => Reply::json(200, &file(&path, text)),
                None if hosted.has(branch, &path) => Reply::json(200, &json!([])),
                None => said(404, "Not Found"),
            }
        }
        ["issues", number] => match number.parse().ok().and_then(|number: u64| hosted.issues.get(&number)) {
            Some(None) => {
                Reply::json(200, &json!({ "html_url": format!("https://github.com/{full}/issues/{number}") }))
            }
            Some(Some((to, number))) => match github.repositories.keys().position(|full| full == to) {
                Some(at) => {
                    Reply::redirect(301, &format!("{API}/repositories/{at}/issues/{number}"), "Moved Permanently")
                }
                None => said(404, "Not Found"),
            },
            None => said(404, "Not Found"),
        },
        ["releases", "tags", tag] if hosted.releases.contains(*tag) => Reply::json(200, &json!({ "tag_name": tag })),
        ["commits", sha] if hosted.commits.contains(*sha) => Reply::json(200, &json!({ "sha": sha })),
        ["commits", sha] => said(422, &format!("No commit found for SHA: {sha}")),
        _ => said(404, "Not Found"),
    }
}

fn file(path: &str, text: &str) -> Value {
    let packed = STANDARD.encode(text);
    // In lines, as GitHub sends it.
    let lines: Vec<String> =
        packed.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let content = lines.join("\n") + "\n";
    json!({ "type": "file", "path": path, "size": text.len(), "encoding": "base64", "content": content })
}

fn said(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

/// A page of `github.com` as somebody sees it who is not signed in.
pub(super) fn answer(world: &World, call: &Call) -> Reply {
    let github = &world.web.github;
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let (full, rest) = match segments.as_slice() {
        [owner, name, rest @ ..] => (format!("{owner}/{name}"), rest),
        [owner] if github.repositories.keys().any(|full| full.split('/').next() == Some(owner)) => {
            return page(200, owner);
        }
        _ => return page(404, "Page not found"),
    };
    let moved = github.repositories.iter().find(|(_, hosted)| !hosted.private && hosted.formerly.contains(&full));
    if let Some((now, _)) = moved {
        let rest: Vec<String> = rest.iter().map(|part| format!("/{part}")).collect();
        return Reply::redirect(301, &format!("https://github.com/{now}{}", rest.concat()), "Moved Permanently");
    }
    let Some(hosted) = github.repositories.get(&full).filter(|hosted| !hosted.private) else {
        return page(404, "Page not found");
    };
    let there = match rest {
        [] => true,
        ["blob" | "tree" | "raw", words @ ..] => {
            (1..=words.len()).any(|end| hosted.has(&words[..end].join("/"), &words[end..].join("/")))
        }
        ["issues" | "pull", number] => number.parse().is_ok_and(|number: u64| hosted.issues.contains_key(&number)),
        ["releases", "tag", tag] => hosted.releases.contains(*tag),
        ["commit", sha] => hosted.commits.contains(*sha),
        _ => false,
    };
    if there { page(200, &full) } else { page(404, "Page not found") }
}
