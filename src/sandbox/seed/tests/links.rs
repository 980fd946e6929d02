//! The verdicts that the seed promises for its page's links, found the long way: by asking the sandbox.

use axum::response::Response;
use gitlab_sandbox::Sandbox;
use serde_json::Value;
use tower::ServiceExt;

use super::seed;
use crate::sandbox::seed::{build_world, expected_verdicts};

/// What an answer of the web says.
struct Seen {
    status: u16,
    location: String,
    body: String,
}

async fn text(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap(), location.unwrap_or_default())
}

async fn web(sandbox: &Sandbox, url: &url::Url) -> Seen {
    let request = http::Request::get(url.as_str()).body(axum::body::Body::empty()).unwrap();
    let (status, body, location) = text(sandbox.web_router().oneshot(request).await.unwrap()).await;
    Seen { status, location, body }
}

async fn api(sandbox: &Sandbox, path: &str) -> (u16, Value, String) {
    let request = http::Request::get(format!("/api/v4{path}")).body(axum::body::Body::empty());
    let (status, body, location) = text(sandbox.router().oneshot(request.unwrap()).await.unwrap()).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::Null), location)
}

fn encoded(path: &str) -> String {
    path.replace('/', "%2F")
}

/// A link into GitLab, by what the API says to anybody.
async fn on_gitlab(sandbox: &Sandbox, url: &url::Url) -> &'static str {
    let path = url.path().trim_matches('/').replace("/blob/", "/-/blob/").replace("/-/-/", "/-/");
    let (home, below) = path.split_once("/-/").unwrap_or((path.as_str(), ""));
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
    if let Some(group) = home.strip_prefix("groups/") {
        let group = encoded(group);
        if api(sandbox, &format!("/groups/{group}")).await.0 != 200 {
            return "hidden";
        }
        let epic = parts.last().unwrap();
        // What is not there may be confidential.
        return if api(sandbox, &format!("/groups/{group}/epics/{epic}")).await.0 == 200 { "alive" } else { "hidden" };
    }
    let (status, project, location) = api(sandbox, &format!("/projects/{}", encoded(home))).await;
    if status == 301 {
        let moved = location.rsplit('/').next().unwrap();
        assert_eq!(api(sandbox, &format!("/projects/{moved}")).await.0, 200);
        return "moved";
    }
    if status != 200 {
        let group = api(sandbox, &format!("/groups/{}", encoded(home))).await.0 == 200;
        return if group { "alive" } else { "hidden" };
    }
    let id = &project["id"];
    if let ["blob", branch, file @ ..] = parts.as_slice() {
        let file = encoded(&file.join("/"));
        let found = api(sandbox, &format!("/projects/{id}/repository/files/{file}?ref={branch}")).await.0;
        return if found == 200 { "alive" } else { "dead" };
    }
    let Some(fragment) = url.fragment() else { return "alive" };
    let readme = sandbox.world().project_by_path(home).unwrap().file_text("HEAD", "README.md").unwrap().to_owned();
    let slugs =
        readme.lines().filter_map(|line| line.strip_prefix("## ")).map(|line| line.to_lowercase().replace(' ', "-"));
    if slugs.into_iter().any(|slug| slug == fragment) { "alive" } else { "fragment_dead" }
}

/// Any other link, by what the web says; redirects are followed, and a 503 is asked once more.
async fn elsewhere(sandbox: &Sandbox, link: &url::Url) -> &'static str {
    let mut url = link.clone();
    let mut moved = false;
    for _ in 0..5 {
        if url.host_str().is_some_and(|host| host.ends_with(".slack.com")) {
            return "login";
        }
        let mut seen = web(sandbox, &url).await;
        if seen.status == 503 {
            seen = web(sandbox, &url).await;
        }
        match seen.status {
            200 => {}
            301..=303 => {
                moved |= seen.status == 301;
                let fragment = url.fragment().map(str::to_owned);
                url = url.join(&seen.location).unwrap();
                if url.fragment().is_none() {
                    url.set_fragment(fragment.as_deref());
                }
                continue;
            }
            404 => return "dead",
            403 | 429 => return "refused",
            _ => return "unreachable",
        }
        if let Some(id) = url.query_pairs().find(|(key, _)| key == "v").map(|(_, id)| id.into_owned()) {
            let picture = url::Url::parse(&format!("https://img.youtube.com/vi/{id}/0.jpg")).unwrap();
            return if web(sandbox, &picture).await.status == 200 { "alive" } else { "dead" };
        }
        return match url.fragment() {
            Some(id) if !seen.body.contains(&format!("id=\"{id}\"")) => "fragment_dead",
            _ if moved => "moved",
            _ => "alive",
        };
    }
    "unreachable"
}

async fn verdict(sandbox: &Sandbox, link: &str) -> &'static str {
    let site = url::Url::parse("https://handbook.gitlab.com/").unwrap();
    let url = site.join(link).unwrap();
    match url.host_str() {
        Some("gitlab.com") => on_gitlab(sandbox, &url).await,
        _ => elsewhere(sandbox, &url).await,
    }
}

#[tokio::test]
async fn each_link_comes_to_what_the_seed_says() {
    let seed = seed();
    let sandbox = Sandbox::new(build_world(&seed));
    let mut wrong = Vec::new();
    for (link, expected) in expected_verdicts(&seed.pods[0]) {
        let found = verdict(&sandbox, &link).await;
        if found != expected {
            wrong.push(format!("{link}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(verdict(&sandbox, "https://youtu.be/bOxAlIvE-02").await, "alive");
}
