//! Reads a listing to its end.
//!
//! The crate's pager stops at the first page that is shorter than it asked for, and so read 20 of 45 items
//! from a server that caps its pages (measured); GitLab itself filters notes after paging. So the server's
//! word for the next page is followed, and only its absence ends the listing.

use std::collections::BTreeSet;

use ::gitlab::api::{Endpoint, RestClient as _};
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::Fault;
use super::transport::{Transport, fault_of, header};

/// A listing that is longer than this is not read to its end but refused.
const MOST_PAGES: usize = 1_000;
/// GitLab's maximum (docs "REST API", "Pagination").
const PER_PAGE: &str = "100";

/// A listing that changes under every reading is given up after so many.
const MOST_READINGS: usize = 3;

/// Every item of a listing, in the server's order.
///
/// Pages are cut by offset: what somebody deletes moves an item from a page that is still to come to one that was read,
/// and it would never be seen. So a listing whose total changes on the way is read anew.
pub(super) async fn all<T: DeserializeOwned>(
    transport: &Transport,
    endpoint: &(impl Endpoint + Sync),
) -> Result<Vec<T>, Fault> {
    let mut url = transport.rest_endpoint(&endpoint.endpoint()).map_err(fault_of)?;
    endpoint.parameters().add_to_url(&mut url);
    url.query_pairs_mut().append_pair("per_page", PER_PAGE);
    for _ in 0..MOST_READINGS {
        if let Some(items) = reading(transport, url.clone()).await? {
            return Ok(items);
        }
    }
    Err(Fault::Unreadable(format!("the listing changed {MOST_READINGS} times while it was read")))
}

/// One reading from the first page on; `None` when the listing changed on the way.
async fn reading<T: DeserializeOwned>(transport: &Transport, mut url: Url) -> Result<Option<Vec<T>>, Fault> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    let mut total: Option<String> = None;
    loop {
        if seen.len() == MOST_PAGES {
            return Err(Fault::Unreadable(format!("the listing has more than {MOST_PAGES} pages")));
        }
        if !seen.insert(url.to_string()) {
            return Err(Fault::Unreadable("the listing leads back to a page that was read before".to_owned()));
        }
        let response = transport.send(&Method::GET, &url, None).await?;
        // Above 10,000 items GitLab names no total.
        if let Some(now) = header(response.headers(), "x-total")
            && *total.get_or_insert_with(|| now.to_owned()) != now
        {
            return Ok(None);
        }
        let page: Vec<T> = serde_json::from_slice(response.body())
            .map_err(|error| Fault::Unreadable(format!("a page of the listing: {error}")))?;
        items.extend(page);
        match next(response.headers(), &url)? {
            Some(following) => url = following,
            None => return Ok(Some(items)),
        }
    }
}

/// The next page: `Link: <…>; rel="next"`, else `X-Next-Page`.
fn next(headers: &HeaderMap, here: &Url) -> Result<Option<Url>, Fault> {
    for value in headers.get_all("link") {
        // A link that cannot be read may be the one to the next page: it does not end the listing.
        let text = value.to_str().map_err(|_binary| Fault::Unreadable("the links to other pages".to_owned()))?;
        if let Some(target) = next_link(text) {
            // Whether it is on our own origin is for the transport to check, before anything is sent.
            let url =
                here.join(target).map_err(|_invalid| Fault::Unreadable("the link to the next page".to_owned()))?;
            return Ok(Some(url));
        }
    }
    let Some(page) = header(headers, "x-next-page").map(str::trim).filter(|page| !page.is_empty()) else {
        return Ok(None);
    };
    let mut url = here.clone();
    let others: Vec<(String, String)> =
        here.query_pairs().filter(|(key, _)| key != "page").map(|(k, v)| (k.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("page", page);
    Ok(Some(url))
}

/// The target of `rel="next"` in a `Link` header (RFC 8288), which may hold several links.
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(open) = rest.find('<') {
        let (target, after) = rest[open + 1..].split_once('>')?;
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        let parameters = &after[..end];
        let is_next = parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .any(|(name, value)| name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"') == "next");
        if is_next {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let header = r#"<https://a.example/x?page=1>; rel="first", <https://a.example/x?page=3&a=b,c>; rel="next", <https://a.example/x?page=9>; rel="last""#;
        assert_eq!(next_link(header), Some("https://a.example/x?page=3&a=b,c"));
        assert_eq!(next_link(r#"<https://a.example/x?page=1>; rel="prev""#), None);
        assert_eq!(next_link("<broken"), None);
        assert_eq!(next_link(""), None);
    }
}
