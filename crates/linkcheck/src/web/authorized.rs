//! A client that holds a secret, for one origin.

use std::sync::Arc;

use http::HeaderMap;
use url::{Origin, Url};

use super::client::HttpClient;
use super::fetch::{Fetch, FetchError, FetchResponse};
use super::{HostResolution, WebSettings};

struct AuthorizedClient {
    client: HttpClient,
    origin: Origin,
}

/// A client that sends these headers, and sends nothing to any other origin; it finds hosts, and is kept from some, as
/// the client that visits pages.
///
/// # Errors
/// As for [`super::WebClient::with_settings`].
pub(crate) fn build_authorized_client(
    hosts: HostResolution,
    settings: &WebSettings,
    origin: &Url,
    headers: HeaderMap,
) -> Result<Arc<dyn Fetch>, String> {
    let client = HttpClient::with_headers(hosts, settings, headers)?;
    Ok(Arc::new(AuthorizedClient { client, origin: origin.origin() }))
}

#[async_trait::async_trait]
impl Fetch for AuthorizedClient {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        if url.origin() != self.origin {
            return Err(FetchError::BadResponse("a secret goes to its own origin only".to_owned()));
        }
        self.client.get(url).await
    }
}
