//! Which requests a listener answers: those that mean it by its own name, and no page of a browser but its own.
//!
//! A web page that somebody has open must not drive the sandbox: neither under a name of its own that it lets lead to
//! loopback (DNS rebinding), nor by requests from its origin to this one (cross-site request forgery).

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Request};
use tower::ServiceExt as _;
use url::Url;

use crate::reply::Reply;

/// Nothing of a raw file is run or loaded.
pub(crate) const RAW_CONTENT_SECURITY_POLICY: &str = "sandbox; default-src 'none'";

/// An answer for a browser that comes upon it: nothing in it is run, loaded or taken for another type. What has a policy
/// of its own, as pages have, keeps it.
fn contain(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(RAW_CONTENT_SECURITY_POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The origins by which a listener is known.
#[derive(Clone, Debug)]
pub(crate) struct OwnOrigins {
    /// The listener's own.
    pub(crate) listener: Url,
    /// The one in its links, where something else stands before it.
    pub(crate) external: Option<Url>,
}

impl OwnOrigins {
    /// The router for those who may ask: 421 for another host (RFC 9110, section 15.5.20), 403 for another origin.
    pub(crate) fn guard(self, router: Router) -> Router {
        let ask = move |request: Request<Body>| {
            let refused = self.refuse(&request);
            let router = router.clone();
            async move {
                contain(match refused {
                    Some(refusal) => refusal.into_response(),
                    None => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
                })
            }
        };
        Router::new().fallback(ask)
    }

    fn refuse(&self, request: &Request<Body>) -> Option<Reply> {
        if !self.names_own_host(request) {
            let why = format!("this host is not the sandbox's; it is {}\n", self.listener);
            return Some(Reply::text(421, &why));
        }
        if !self.comes_from_own_origin(request.headers()) {
            return Some(Reply::text(403, "a page of another origin may not ask the sandbox\n"));
        }
        None
    }

    /// Whether the target and `Host`, as far as they are there, name this listener, and one of them is there.
    fn names_own_host(&self, request: &Request<Body>) -> bool {
        let target = request.uri().authority().map(|authority| authority.as_str().to_owned());
        let named = request.headers().get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default().to_owned());
        let mut all = target.into_iter().chain(named).peekable();
        all.peek().is_some() && all.all(|authority| self.is_own_authority(&authority))
    }

    /// The listener is named with its port. What stands before it may leave the port of the external URL out.
    fn is_own_authority(&self, authority: &str) -> bool {
        let Ok(named) = Url::parse(&format!("http://{authority}/")) else { return false };
        let bare =
            named.username().is_empty() && named.password().is_none() && !authority.contains(['/', '?', '#', '\\']);
        let is_external = || self.external.as_ref().is_some_and(|external| external.host_str() == named.host_str());
        bare && (named.origin() == self.listener.origin() || is_external())
    }

    /// A browser names the origin of the page that asks; other clients name none. `null` is a page that hides it.
    fn comes_from_own_origin(&self, headers: &HeaderMap) -> bool {
        headers.get_all(ORIGIN).iter().all(|origin| self.is_own_origin(origin))
    }

    fn is_own_origin(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()).map(|origin| origin.origin());
        let mut own = [Some(&self.listener), self.external.as_ref()].into_iter().flatten();
        origin.is_some_and(|origin| origin.is_tuple() && own.any(|own| own.origin() == origin))
    }
}
