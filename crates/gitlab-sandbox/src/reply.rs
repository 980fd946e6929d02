//! One answer, and the error bodies in the forms that GitLab gives them.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

/// An answer before it becomes HTTP. Handlers give refusals as the `Err` of a [`HandlerResult`].
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(Cow<'static, str>, String)>,
    body: Vec<u8>,
}

/// What every handler returns.
pub(super) type HandlerResult = Result<Reply, Reply>;

impl Reply {
    pub(super) fn json(status: u16, value: &Value) -> Reply {
        Reply::new(status, "application/json", value.to_string().into_bytes())
    }

    pub(super) fn text(status: u16, text: &str) -> Reply {
        Reply::new(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    pub(super) fn html(status: u16, html: String) -> Reply {
        Reply::new(status, "text/html; charset=utf-8", html.into_bytes())
    }

    pub(super) fn bytes(status: u16, kind: &'static str, bytes: Vec<u8>) -> Reply {
        Reply::new(status, kind, bytes)
    }

    pub(super) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn redirect(status: u16, to: &str, text: &str) -> Reply {
        Reply::text(status, text).with_header("location", to)
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }

    /// The same answer without these headers.
    pub(super) fn without_headers(mut self, names: &[&str]) -> Reply {
        self.headers.retain(|(name, _)| !names.contains(&name.as_ref()));
        self
    }

    /// The same answer with another status.
    pub(super) fn with_status(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }

    /// The same bytes under another content type.
    pub(super) fn with_content_type(mut self, kind: &str) -> Reply {
        self.headers.retain(|(name, _)| name != "content-type");
        self.with_header("content-type", kind)
    }

    /// `{"message": …}`, as most refusals of the API look.
    pub(super) fn message(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "message": message }))
    }

    /// `{"error": …}`, as parameter checks look.
    pub(super) fn error(status: u16, error: &str) -> Reply {
        Reply::json(status, &json!({ "error": error }))
    }

    /// No such route.
    pub(super) fn route_not_found() -> Reply {
        Reply::error(404, "404 Not Found")
    }

    /// A parameter that the route's own checks miss.
    pub(super) fn parameter_missing(key: &str) -> Reply {
        Reply::error(400, &format!("{key} is missing"))
    }

    /// A parameter with a value that is none of those that it may have.
    pub(super) fn value_not_allowed(key: &str) -> Reply {
        Reply::error(400, &format!("{key} does not have a valid value"))
    }

    /// A parameter that cannot be read as what it should be.
    pub(super) fn parameter_invalid(key: &str) -> Reply {
        Reply::error(400, &format!("{key} is invalid"))
    }

    /// A parameter, or a value of one, that GitLab knows and this sandbox does not keep.
    pub(super) fn not_supported(what: &str) -> Reply {
        Reply::error(400, &format!("{what} is not kept by this sandbox"))
    }

    /// A parameter that the handler itself misses.
    pub(super) fn missing_attribute(name: &str) -> Reply {
        Reply::message(400, &format!("400 (Bad request) \"{name}\" not given"))
    }

    /// A value that breaks a rule of the model: 400 with an object of lists.
    pub(super) fn validation_error(field: &str, why: &str) -> Reply {
        Reply::json(400, &json!({ "message": { field: [why] } }))
    }

    /// No record of this number: what is looked up without a word of its own (`lib/api/api.rb`, `RecordNotFound`).
    pub(super) fn record_not_found() -> Reply {
        Reply::message(404, "404 Not found")
    }

    /// Not there, or not for you: the same body, so that nobody can tell which.
    pub(super) fn not_found(what: &str) -> Reply {
        Reply::message(404, &format!("404 {what} Not Found"))
    }

    pub(super) fn unauthorized() -> Reply {
        Reply::message(401, "401 Unauthorized")
    }

    pub(super) fn forbidden() -> Reply {
        Reply::message(403, "403 Forbidden")
    }

    /// An answer with any status, headers and body, as a test or a fault wants it.
    pub(super) fn from_parts(status: u16, headers: impl Iterator<Item = (String, String)>, body: Vec<u8>) -> Reply {
        Reply { status, headers: headers.map(|(name, value)| (Cow::Owned(name), value)).collect(), body }
    }

    /// The answer without its body, as HEAD wants it.
    pub(super) fn without_body(mut self) -> Reply {
        self.body.clear();
        self
    }

    /// The address of the page of what the answer shows, if it is a success that holds it.
    pub(super) fn web_url(&self) -> Option<String> {
        if !(200..300).contains(&self.status) {
            return None;
        }
        let shape: Value = serde_json::from_slice(&self.body).ok()?;
        shape.get("web_url")?.as_str().map(str::to_owned)
    }

    /// The HTTP answer. A header value that HTTP cannot carry is left out.
    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_ref()), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    fn new(status: u16, kind: &'static str, body: Vec<u8>) -> Reply {
        Reply { status, headers: vec![(Cow::Borrowed("content-type"), kind.to_owned())], body }
    }
}
