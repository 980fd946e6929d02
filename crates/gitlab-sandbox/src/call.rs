//! One request, decoded: `params` is its parameters by name (`nested_query` says what the names mean, `read_tracker`
//! which of them were read), `multipart` the files that came along.

mod multipart;
mod nested_query;
mod params;
mod read_tracker;

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(super) use params::Params;

/// A request as the handlers see it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The path as it was sent.
    pub(super) path: String,
    /// The query as it was sent.
    pub(super) query: Option<String>,
    /// The parts of the path, each decoded after the split, so that `g%2Fp` is one.
    pub(super) segments: Vec<String>,
    pub(super) headers: HeaderMap,
    /// The body as it was sent, for the journal.
    pub(super) body: Bytes,
    pub(super) params: Params,
    files: BTreeMap<String, (String, Vec<u8>)>,
    /// The body claims to be JSON and is none.
    pub(super) has_malformed_json: bool,
    /// Two parameters contradict each other, such as `a` and `a[]`.
    pub(super) has_nesting_error: bool,
}

impl Call {
    /// Decodes a request. It never fails: what makes no sense sets `has_malformed_json` or `has_nesting_error`.
    pub(super) fn decode(parts: Parts, body: Bytes) -> Call {
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().map(str::to_owned);
        let segments: Vec<String> =
            path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
        let mut input = Params::default();
        let mut fits = input.add_form(query.as_deref().unwrap_or_default().as_bytes());
        let mut malformed = false;
        let mut files = BTreeMap::new();
        if is_file_upload(&parts.method, &segments) {
            // A body of any bytes, whatever type is named.
        } else if let Some(boundary) = content_type(&parts.headers).and_then(multipart::parse_boundary) {
            let mut fields = Vec::new();
            for part in multipart::parse(&body, boundary) {
                match part.file_name {
                    Some(file) => drop(files.insert(part.name, (file, part.bytes.to_vec()))),
                    None => fields.push((part.name, String::from_utf8_lossy(part.bytes).into_owned())),
                }
            }
            fits = fits.and(input.add_fields(fields.into_iter()));
        } else if is_json(&parts.headers, &body) {
            match serde_json::from_slice::<Value>(&body) {
                Ok(Value::Object(fields)) => input.add_json(fields),
                _ => malformed = true,
            }
        } else {
            fits = fits.and(input.add_form(&body));
        }
        let (method, headers, unfit) = (parts.method, parts.headers, fits.is_err());
        Call {
            method,
            path,
            query,
            segments,
            headers,
            body,
            params: input,
            files,
            has_malformed_json: malformed,
            has_nesting_error: unfit,
        }
    }

    /// A GET of the same path by the same user, with the same query and no body: it asks what is there now.
    pub(super) fn as_get(&self) -> Call {
        let mut input = Params::default();
        let unfit = input.add_form(self.query.as_deref().unwrap_or_default().as_bytes()).is_err();
        // The query was meant for another method, so nothing in it counts as unread.
        for name in input.unread_names() {
            input.mark_read(&[&name]);
        }
        Call {
            method: Method::GET,
            path: self.path.clone(),
            query: self.query.clone(),
            segments: self.segments.clone(),
            headers: self.headers.clone(),
            body: Bytes::new(),
            params: input,
            files: BTreeMap::new(),
            has_malformed_json: false,
            has_nesting_error: unfit,
        }
    }

    /// A file that came along, with its name and its bytes.
    pub(super) fn uploaded_file(&self, name: &str) -> Option<&(String, Vec<u8>)> {
        self.params.mark_read(&[name]);
        self.files.get(name)
    }

    /// Whether it carries files, or parameters that nobody has read yet.
    pub(super) fn has_unread_parameters(&self) -> bool {
        !self.files.is_empty() || !self.unread_parameters().is_empty()
    }

    /// The names of parameters and files that were sent and that nobody has read.
    pub(super) fn unread_parameters(&self) -> BTreeSet<String> {
        self.params.unread_names_with(self.files.keys().cloned())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path with its query, both as they were sent.
    pub(super) fn request_target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The body as text that can be read: JSON as it was sent, a form with its escapes resolved.
    pub(super) fn readable_body(&self) -> String {
        if is_file_upload(&self.method, &self.segments) {
            return format!("[{} bytes]", self.body.len());
        }
        if is_json(&self.headers, &self.body) {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        if let Some(boundary) = content_type(&self.headers).and_then(multipart::parse_boundary) {
            let parts = multipart::parse(&self.body, boundary).into_iter().map(|part| match part.file_name {
                Some(file) => format!("{}=[{file}, {} bytes]", part.name, part.bytes.len()),
                None => format!("{}={}", part.name, String::from_utf8_lossy(part.bytes)),
            });
            return parts.collect::<Vec<_>>().join("&");
        }
        let fields = url::form_urlencoded::parse(&self.body);
        fields.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }

    /// The values of a form or of a JSON object by their names, in order; none where the body is neither.
    pub(super) fn body_fields(&self) -> Vec<(String, String)> {
        if is_file_upload(&self.method, &self.segments) {
            return Vec::new();
        }
        if is_json(&self.headers, &self.body) {
            let Ok(Value::Object(fields)) = serde_json::from_slice(&self.body) else { return Vec::new() };
            let readable = |value: Value| match value {
                Value::Array(_) | Value::Object(_) => format!("{value:#}"),
                value => params::value_as_text(&value),
            };
            return fields.into_iter().map(|(key, value)| (key, readable(value))).collect();
        }
        if content_type(&self.headers).and_then(multipart::parse_boundary).is_some() {
            return Vec::new();
        }
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// Whether the body is a file as it is, in place of parameters.
fn is_file_upload(method: &Method, segments: &[String]) -> bool {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    method == Method::PUT && matches!(path.as_slice(), ["api", "v4", "projects", _, "packages", "generic", ..])
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::CONTENT_TYPE)?.to_str().ok()
}

fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    !body.is_empty() && content_type(headers).is_some_and(|value| value.starts_with("application/json"))
}
