//! Paging by offset and by cursor, with GitLab's headers (GitLab docs, "REST API", pagination).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Context;
use crate::reply::Reply;

/// Above this many rows GitLab no longer counts.
const MAX_COUNTED_ROWS: usize = 10_000;

/// The offset behind which a list has to be read by cursor (`PlanLimits`, `offset_pagination_limit`).
const MAX_OFFSET: usize = 50_000;

/// One page of `items`, each in the shape that `shape` gives it, with all `x-*` headers and one `Link`.
pub(super) fn page_reply<T>(context: &Context<'_>, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    page_reply_skipping(context, items, |item| Some(shape(item)))
}

/// The same where some of the items have no shape: they are counted, and not shown.
pub(super) fn page_reply_skipping<T>(context: &Context<'_>, items: &[T], shape: impl Fn(&T) -> Option<Value>) -> Reply {
    if let Err(refusal) = check_per_page(context) {
        return refusal;
    }
    let faults = &context.world.faults;
    let size = page_size(context);
    let page = positive_number(context, "page").unwrap_or(1);
    let short = faults.short_pages && context.call.path.ends_with("/notes");
    let held = if short { size.div_ceil(2) } else { size };
    let pages = items.len().div_ceil(held).max(1);
    let start = (page - 1).saturating_mul(held).min(items.len());
    let end = start.saturating_add(held).min(items.len());
    let next = (page < pages).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let shown: Vec<Value> = items[start..end].iter().filter_map(shape).collect();

    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut links = Vec::new();
    let mut link = |page: Option<usize>, rel: &str| {
        let to = |page: usize| page_url(context, &[("page", page.to_string()), ("per_page", size.to_string())]);
        links.extend(page.map(|page| format!("<{}>; rel=\"{rel}\"", to(page))));
    };
    link(previous, "prev");
    link(next, "next");
    link(Some(1), "first");
    let mut reply = Reply::json(200, &Value::Array(shown));
    if items.len() <= MAX_COUNTED_ROWS && !faults.uncounted {
        link(Some(pages), "last");
        reply = reply.with_header("x-total", items.len().to_string()).with_header("x-total-pages", pages.to_string());
    }
    reply
        .with_header("x-page", page.to_string())
        .with_header("x-per-page", size.to_string())
        .with_header("x-next-page", text(next))
        .with_header("x-prev-page", text(previous))
        .with_header("link", links.join(", "))
}

/// One page of a list that is read by cursor (`pagination=keyset`): the next one is behind the last item, wherever that
/// stands by then. The last page has no `Link`.
pub(super) fn keyset_page_reply<T>(
    context: &Context<'_>,
    items: &[T],
    id: impl Fn(&T) -> u64,
    shape: impl Fn(&T) -> Value,
) -> Result<Reply, Reply> {
    check_per_page(context)?;
    let size = page_size(context);
    let start = match context.call.params.non_empty_text("cursor") {
        None => 0,
        Some(cursor) => {
            let after = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let after = after.and_then(|text| {
                let (id, place) = text.split_once(':')?;
                Some((id.parse::<u64>().ok()?, place.parse::<usize>().ok()?))
            });
            let (after, place) = after.ok_or_else(|| Reply::parameter_invalid("cursor"))?;
            items.iter().position(|item| id(item) == after).map_or(place, |at| at + 1).min(items.len())
        }
    };
    let end = start.saturating_add(size).min(items.len());
    let shown: Vec<Value> = items[start..end].iter().map(shape).collect();
    let reply = Reply::json(200, &Value::Array(shown)).with_header("x-per-page", size.to_string());
    let Some(last) = items[start..end].last().filter(|_| end < items.len()) else { return Ok(reply) };
    let cursor = URL_SAFE_NO_PAD.encode(format!("{}:{end}", id(last)));
    let to = page_url(context, &[("cursor", cursor.clone())]);
    Ok(reply.with_header("x-next-cursor", cursor).with_header("link", format!("<{to}>; rel=\"next\"")))
}

/// One page of what git lists: the next one is behind the row that `page_token` names, and the last has no `Link`
/// (`lib/gitlab/pagination/gitaly_keyset_pager.rb`).
pub(super) fn token_page_reply(context: &Context<'_>, items: &[Value], token: impl Fn(&Value) -> String) -> Reply {
    if let Err(refusal) = check_per_page(context) {
        return refusal;
    }
    let wanted = context.call.params.non_empty_text("page_token");
    let start = wanted.and_then(|wanted| items.iter().position(|item| token(item) == wanted)).map_or(0, |at| at + 1);
    let end = start.saturating_add(page_size(context)).min(items.len());
    let reply = Reply::json(200, &Value::Array(items[start..end].to_vec()));
    let Some(last) = items[start..end].last().filter(|_| end < items.len()) else { return reply };
    let to = page_url(context, &[("page_token", token(last))]);
    reply.with_header("link", format!("<{to}>; rel=\"next\""))
}

/// Pages of nothing are refused (`lib/api/pagination_params.rb`).
fn check_per_page(context: &Context<'_>) -> Result<(), Reply> {
    if context.call.params.number("per_page") == Some(0) {
        return Err(Reply::error(400, "per_page has a value not allowed"));
    }
    Ok(())
}

/// Lists that can be read by cursor end at an offset of 50,000 rows (`lib/api/helpers/pagination_strategies.rb`).
pub(super) fn check_offset(context: &Context<'_>, kind: &str) -> Result<(), Reply> {
    let page = positive_number(context, "page").unwrap_or(1);
    if page.saturating_mul(page_size(context)) <= MAX_OFFSET {
        return Ok(());
    }
    let why = format!(
        "Offset pagination has a maximum allowed offset of {MAX_OFFSET} for requests that return objects of type {kind}. \
         Remaining records can be retrieved using keyset pagination."
    );
    Err(Reply::error(405, &why))
}

/// How many items a page has.
fn page_size(context: &Context<'_>) -> usize {
    positive_number(context, "per_page").unwrap_or(20).min(100).min(context.world.faults.page_cap.unwrap_or(100)).max(1)
}

fn positive_number(context: &Context<'_>, key: &str) -> Option<usize> {
    context.call.params.number(key).and_then(|number| usize::try_from(number).ok()).filter(|&number| number > 0)
}

/// The URL of another page of the same list: what was asked for, with other values for what leads there.
fn page_url(context: &Context<'_>, fields: &[(&str, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(context.call.query.as_deref().unwrap_or_default().as_bytes()) {
        if !fields.iter().any(|(own, _)| *own == key) {
            query.append_pair(&key, &value);
        }
    }
    query.extend_pairs(fields);
    format!("{}{}?{}", context.origin, context.call.path, query.finish())
}
