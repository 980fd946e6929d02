//! Offset paging with GitLab's headers (GitLab docs, "REST API", pagination).

use serde_json::Value;

use super::Asked;
use crate::sandbox::reply::Reply;

/// Above this many rows GitLab no longer counts.
const COUNTED: usize = 10_000;

/// One page of `items`, each in the shape that `shape` gives it, with all `x-*` headers and one `Link`.
pub(super) fn page<T>(asked: &Asked<'_>, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    let number = |key: &str, default: usize| {
        let given = asked.call.input.number(key).and_then(|number| usize::try_from(number).ok());
        given.filter(|&number| number > 0).unwrap_or(default)
    };
    let size = number("per_page", 20).min(100);
    let page = number("page", 1);
    let pages = items.len().div_ceil(size).max(1);
    let start = (page - 1).saturating_mul(size).min(items.len());
    let end = start.saturating_add(size).min(items.len());
    let next = (page < pages).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let shown: Vec<Value> = items[start..end].iter().map(shape).collect();

    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut links = Vec::new();
    let mut link = |page: Option<usize>, rel: &str| {
        links.extend(page.map(|page| format!("<{}>; rel=\"{rel}\"", address(asked, page, size))));
    };
    link(previous, "prev");
    link(next, "next");
    link(Some(1), "first");
    let mut reply = Reply::json(200, &Value::Array(shown));
    if items.len() <= COUNTED {
        link(Some(pages), "last");
        reply = reply.header("x-total", items.len().to_string()).header("x-total-pages", pages.to_string());
    }
    reply
        .header("x-page", page.to_string())
        .header("x-per-page", size.to_string())
        .header("x-next-page", text(next))
        .header("x-prev-page", text(previous))
        .header("link", links.join(", "))
}

/// The URL of another page of the same list.
fn address(asked: &Asked<'_>, page: usize, size: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(asked.call.query.as_deref().unwrap_or_default().as_bytes()) {
        if key != "page" && key != "per_page" {
            query.append_pair(&key, &value);
        }
    }
    query.append_pair("page", &page.to_string()).append_pair("per_page", &size.to_string());
    format!("{}{}?{}", asked.origin, asked.call.path, query.finish())
}
