//! Pages of a project's wiki (GitLab docs, "Wikis API"; `lib/api/wikis.rb`), of which the box keeps their slugs.

use serde_json::{Value, json};

use super::Asked;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::DEVELOPER;

/// `wikis`: all pages in one answer, and a new one.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let pages = asked.project(project)?.shelf.wiki.iter().map(|slug| shape(slug));
            Ok(Reply::json(200, &json!(pages.collect::<Vec<_>>())))
        }
        ("POST", []) => create(asked, project),
        _ => Err(Reply::no_route()),
    }
}

fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let (title, content) = (input.given("title")?, input.given("content")?);
    let slug = title.replace(' ', "-");
    if let Some(home) = asked.world.projects.get_mut(&project) {
        home.shelf.wiki.insert(slug.clone());
    }
    let mut shape = shape(&slug);
    (shape["content"], shape["encoding"]) = (json!(content), json!("UTF-8"));
    Ok(Reply::json(201, &shape))
}

fn shape(slug: &str) -> Value {
    let title = slug.rsplit('/').next().unwrap_or(slug).replace('-', " ");
    json!({ "format": "markdown", "slug": slug, "title": title, "wiki_page_meta_id": null })
}
