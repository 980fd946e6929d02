//! GitHub: its REST API (GitHub docs, "REST API endpoints for repositories" and its neighbours) and its pages, as far
//! as a link checker asks them. Hidden and missing repositories look the same to both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::render_title_page;
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{Github, GithubRepository, World};

const API_ORIGIN: &str = "https://api.github.com";

/// Answers one request to the API.
pub(super) fn answer_api_request(world: &mut World, call: &Call) -> Reply {
    let github = &mut world.web.github;
    let authorized = match call.header("authorization") {
        None => false,
        Some(header) if header == format!("Bearer {}", github.token) => true,
        Some(_) => return error_reply(401, "Bad credentials"),
    };
    match &mut github.left {
        None => route_api_request(github, call, authorized),
        Some(0) => error_reply(403, "API rate limit exceeded for user ID 1.").with_header("x-ratelimit-remaining", "0"),
        Some(left) => {
            *left -= 1;
            let left = left.to_string();
            route_api_request(github, call, authorized).with_header("x-ratelimit-remaining", left)
        }
    }
}

fn route_api_request(github: &Github, call: &Call, authorized: bool) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let (found, rest) = match segments.as_slice() {
        ["users", name] => {
            let known = github.repositories.keys().any(|full| full.split('/').next() == Some(name));
            return if known { Reply::json(200, &json!({ "login": name })) } else { error_reply(404, "Not Found") };
        }
        ["repos", owner, name, rest @ ..] => {
            let full = format!("{owner}/{name}");
            if let Some(number) = github.repositories.values().position(|hosted| hosted.formerly.contains(&full)) {
                let rest: Vec<String> = rest.iter().map(|part| format!("/{part}")).collect();
                return Reply::redirect(
                    301,
                    &format!("{API_ORIGIN}/repositories/{number}{}", rest.concat()),
                    "Moved Permanently",
                );
            }
            (github.repositories.get_key_value(&full), rest)
        }
        ["repositories", number, rest @ ..] => {
            (number.parse().ok().and_then(|number| github.repositories.iter().nth(number)), rest)
        }
        _ => return error_reply(404, "Not Found"),
    };
    match found.filter(|(_, hosted)| authorized || !hosted.private) {
        Some((full, hosted)) => answer_repository_api(github, full, hosted, rest, call),
        None => error_reply(404, "Not Found"),
    }
}

fn answer_repository_api(github: &Github, full: &str, hosted: &GithubRepository, rest: &[&str], call: &Call) -> Reply {
    match rest {
        [] => Reply::json(
            200,
            &json!({
                "full_name": full, "html_url": format!("https://github.com/{full}"), "private": hosted.private,
                "archived": hosted.archived, "default_branch": "main"
            }),
        ),
        ["contents", path @ ..] => {
            let asked = call.params.text("ref").unwrap_or_else(|| "main".to_owned());
            let branch = if asked == "HEAD" { "main" } else { &asked };
            let path = path.join("/");
            match hosted.files.get(branch).and_then(|files| files.get(&path)) {
                Some(text) => Reply::json(200, &file_contents_json(&path, text)),
                None if hosted.has_path(branch, &path) => Reply::json(200, &json!([])),
                None => error_reply(404, "Not Found"),
            }
        }
        ["issues", number] => match number.parse().ok().and_then(|number: u64| hosted.issues.get(&number)) {
            Some(None) => {
                Reply::json(200, &json!({ "html_url": format!("https://github.com/{full}/issues/{number}") }))
            }
            Some(Some((to, number))) => match github.repositories.keys().position(|full| full == to) {
                Some(at) => Reply::redirect(
                    301,
                    &format!("{API_ORIGIN}/repositories/{at}/issues/{number}"),
                    "Moved Permanently",
                ),
                None => error_reply(404, "Not Found"),
            },
            None => error_reply(404, "Not Found"),
        },
        ["releases", "tags", tag] if hosted.releases.contains(*tag) => Reply::json(200, &json!({ "tag_name": tag })),
        ["commits", sha] if hosted.commits.contains(*sha) => Reply::json(200, &json!({ "sha": sha })),
        ["commits", sha] => error_reply(422, &format!("No commit found for SHA: {sha}")),
        _ => error_reply(404, "Not Found"),
    }
}

fn file_contents_json(path: &str, text: &str) -> Value {
    let packed = STANDARD.encode(text);
    // In lines, as GitHub sends it.
    let lines: Vec<String> =
        packed.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let content = lines.join("\n") + "\n";
    json!({ "type": "file", "path": path, "size": text.len(), "encoding": "base64", "content": content })
}

fn error_reply(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

/// A page of `github.com` as somebody sees it who is not signed in.
pub(super) fn answer_page_request(world: &World, call: &Call) -> Reply {
    let github = &world.web.github;
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let (full, rest) = match segments.as_slice() {
        [owner, name, rest @ ..] => (format!("{owner}/{name}"), rest),
        [owner] if github.repositories.keys().any(|full| full.split('/').next() == Some(owner)) => {
            return render_title_page(200, owner);
        }
        _ => return render_title_page(404, "Page not found"),
    };
    let moved = github.repositories.iter().find(|(_, hosted)| !hosted.private && hosted.formerly.contains(&full));
    if let Some((now, _)) = moved {
        let rest: Vec<String> = rest.iter().map(|part| format!("/{part}")).collect();
        return Reply::redirect(301, &format!("https://github.com/{now}{}", rest.concat()), "Moved Permanently");
    }
    let Some(hosted) = github.repositories.get(&full).filter(|hosted| !hosted.private) else {
        return render_title_page(404, "Page not found");
    };
    // An issue that was moved to another repository leads there.
    if let ["issues", number] = rest
        && let Some(Some((to, at))) = number.parse().ok().and_then(|number: u64| hosted.issues.get(&number))
    {
        let address = format!("https://github.com/{to}/issues/{at}");
        return Reply::redirect(301, &address, "Moved Permanently");
    }
    let there = match rest {
        [] => true,
        ["blob" | "tree" | "raw", words @ ..] => {
            (1..=words.len()).any(|end| hosted.has_path(&words[..end].join("/"), &words[end..].join("/")))
        }
        ["issues" | "pull", number] => number.parse().is_ok_and(|number: u64| hosted.issues.contains_key(&number)),
        ["releases", "tag", tag] => hosted.releases.contains(*tag),
        ["commit", sha] => hosted.commits.contains(*sha),
        _ => false,
    };
    if there { render_title_page(200, &full) } else { render_title_page(404, "Page not found") }
}
