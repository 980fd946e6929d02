//! A client that holds a secret, for one origin.

use std::sync::Arc;

use http::HeaderMap;
use url::{Origin, Url};

use super::client::Client;
use super::fetch::{Fetch, Lost, Reply};
use super::{Hosts, Settings};

struct Bearer {
    client: Client,
    origin: Origin,
}

/// A client that sends these headers, and sends nothing to any other origin; it finds hosts, and is kept from some, as
/// the client that visits pages.
///
/// # Errors
/// As for [`super::Web::with`].
pub(in crate::collect::links) fn bearing(
    hosts: Hosts,
    settings: &Settings,
    origin: &Url,
    headers: HeaderMap,
) -> Result<Arc<dyn Fetch>, String> {
    let client = Client::sending(hosts, settings, headers)?;
    Ok(Arc::new(Bearer { client, origin: origin.origin() }))
}

#[async_trait::async_trait]
impl Fetch for Bearer {
    async fn get(&self, url: &Url) -> Result<Reply, Lost> {
        if url.origin() != self.origin {
            return Err(Lost::Broken("a secret goes to its own origin only".to_owned()));
        }
        self.client.get(url).await
    }
}
