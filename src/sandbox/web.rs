//! The web of the box: `https://gitlab.com/…` and the hosts around it.
//!
//! **How a program gets here, and what was settled** (measured with reqwest 0.13, kept by `tests/it/carry.rs`):
//! - *Resolver.* The client gets a resolver that asks `/-/dns/NAME`: an invented public address, to which the address policy is
//!   applied as ever, or 404 for "no such host". For a name that exists the resolver answers the box's own `web` address.
//! - *Port.* A non-zero port in the resolver's answer is used where the URL names none, so `https://docs.gitlab.com/…`
//!   reaches the TLS listener on whatever port it has.
//! - *Authority.* The client trusts the box's authority alone (`tls_certs_only`), which signs a certificate for each name at the
//!   first handshake. The request carries the right `Host`; a client without that authority refuses the box, and the
//!   box's client refuses the real network.
//! - *What must be refused by the caller before connecting.* A URL with an explicit port keeps its own port, and an IP
//!   literal never asks the resolver: both would **leave the box for the real network**.
//!
//! GitLab's own pages are answered to nobody in particular, because podkeeper visits them without a token. The two answers
//! that look alive to every link checker are the point: a hidden project leads to the sign-in page, a missing file to
//! the tree (`RoutableActions`, `RedirectsForMissingPathOnTree`).

use super::call::Call;
use super::control::{GITLAB_HOST, host_exists};
use super::reply::Reply;
use super::world::{Project, Visibility, World};

/// Answers one request to any host of the world.
pub(super) fn answer(world: &World, call: &Call) -> Reply {
    let host = call.header("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    if !host_exists(world, &host) {
        // Only a client that ignores the box's resolver comes here.
        return Reply::text(421, "no such host in this box\n");
    }
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let listed = format!("{host}{}", call.path.trim_end_matches('/'));
    if let Some((status, to)) = world.web.redirects.get(&listed) {
        return Reply::redirect(*status, to, "The page is somewhere else.");
    }
    if let Some(title) = world.web.pages.get(&listed) {
        return page(200, title);
    }
    if host == GITLAB_HOST { gitlab(world, call) } else { page(404, "Page not found") }
}

/// A page of GitLab as somebody sees it who is not signed in.
fn gitlab(world: &World, call: &Call) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
    let (path, mut below) = segments.split_at(end);
    let mut path = path.join("/");
    // The form without `/-/` is older than it and still redirected.
    if let ([group @ .., kind @ ("blob" | "tree" | "raw")], rest) = legacy(&segments)
        && below.is_empty()
        && !rest.is_empty()
    {
        path = group.join("/");
        let to = format!("/{path}/-/{kind}/{}", rest.join("/"));
        return Reply::redirect(301, &to, "Moved Permanently");
    }
    match below {
        [] => {}
        ["-", rest @ ..] => below = rest,
        _ => return page(404, "Page Not Found"),
    }
    if path == "users/sign_in" {
        return page(200, "Sign in");
    }
    if let Some(moved) = world.project_formerly_at(&path).filter(|project| project.visibility == Visibility::Public) {
        let tail = if below.is_empty() { String::new() } else { format!("/-/{}", below.join("/")) };
        return Reply::redirect(301, &format!("/{}{tail}", moved.path), "Moved Permanently");
    }
    match world.project_at(&path).filter(|project| project.visibility == Visibility::Public) {
        Some(project) => in_project(project, below),
        None if path.is_empty() => page(200, "GitLab"),
        // Hidden and missing look the same on purpose.
        None => Reply::redirect(302, "/users/sign_in", "You are being redirected."),
    }
}

/// `group/project/blob` and what follows it, when the URL has that form.
fn legacy<'a>(segments: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let at = segments.iter().skip(2).position(|part| matches!(*part, "blob" | "tree" | "raw")).map(|at| at + 3);
    segments.split_at(at.unwrap_or(0))
}

fn in_project(project: &Project, below: &[&str]) -> Reply {
    match below {
        [] | ["labels" | "milestones" | "merge_requests" | "pipelines" | "boards"] => page(200, &project.name),
        ["issues"] => page(200, "Issues"),
        ["issues" | "work_items", iid] => match iid.parse().ok().and_then(|iid: u64| project.issues.get(&iid)) {
            Some(issue) if !issue.confidential => page(200, &issue.title),
            _ => Reply::redirect(302, "/users/sign_in", "You are being redirected."),
        },
        ["raw", branch, file @ ..] => match project.file(branch, &file.join("/")) {
            Some(text) => Reply::text(200, text),
            None => page(404, "Page Not Found"),
        },
        ["blob", branch, file @ ..] => {
            let path = file.join("/");
            let Some(files) = project.branch(branch) else { return page(404, "Page Not Found") };
            let folder = format!("{path}/");
            if files.contains_key(&path) {
                page(200, &path)
            } else if files.keys().any(|file| file.starts_with(&folder)) {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}/{path}", project.path), "Found")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        ["tree", branch, folder @ ..] => {
            let Some(files) = project.branch(branch) else { return page(404, "Page Not Found") };
            let folder = format!("{}/", folder.join("/"));
            if folder == "/" || files.keys().any(|file| file.starts_with(&folder)) {
                page(200, "Files")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        _ => page(404, "Page Not Found"),
    }
}

fn page(status: u16, title: &str) -> Reply {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Reply::html(
        status,
        format!("<!doctype html>\n<html lang=\"en\"><title>{title}</title><body><h1>{title}</h1></body></html>\n"),
    )
}
