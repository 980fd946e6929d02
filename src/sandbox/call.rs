//! One request, decoded: `input` is its parameters by name (`rack` says what names mean, `record` who asked for them),
//! `multipart` the files that came along.

mod input;
mod multipart;
mod rack;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(super) use input::Input;

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
    pub(super) input: Input,
    files: BTreeMap<String, (String, Vec<u8>)>,
    /// The body claims to be JSON and is none.
    pub(super) malformed: bool,
    /// Two parameters contradict each other, such as `a` and `a[]`.
    pub(super) unfit: bool,
}

impl Call {
    /// Decodes a request.
    pub(super) fn decode(parts: Parts, body: Bytes) -> Call {
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().map(str::to_owned);
        let segments =
            path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
        let mut input = Input::default();
        let mut fits = input.add_form(query.as_deref().unwrap_or_default().as_bytes());
        let mut malformed = false;
        let mut files = BTreeMap::new();
        if let Some(boundary) = kind(&parts.headers).and_then(multipart::boundary) {
            let mut fields = Vec::new();
            for part in multipart::parts(&body, boundary) {
                match part.file {
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
        Call { method, path, query, segments, headers, body, input, files, malformed, unfit }
    }

    /// The question what is there now, asked by the same user with the same query and no body.
    pub(super) fn as_get(&self) -> Call {
        let mut input = Input::default();
        let unfit = input.add_form(self.query.as_deref().unwrap_or_default().as_bytes()).is_err();
        // The query was meant for something else than a GET.
        for name in input.unread() {
            input.declare(&[&name]);
        }
        Call {
            method: Method::GET,
            path: self.path.clone(),
            query: self.query.clone(),
            segments: self.segments.clone(),
            headers: self.headers.clone(),
            body: Bytes::new(),
            input,
            files: BTreeMap::new(),
            malformed: false,
            unfit,
        }
    }

    /// A file that came along, with its name and its bytes.
    pub(super) fn file(&self, name: &str) -> Option<&(String, Vec<u8>)> {
        self.input.declare(&[name]);
        self.files.get(name)
    }

    /// Whether the request says more than its path does.
    pub(super) fn has_parameters(&self) -> bool {
        !self.files.is_empty() || !self.unread().is_empty()
    }

    /// The names of parameters and files that were sent and that nobody asked for.
    pub(super) fn unread(&self) -> BTreeSet<String> {
        self.input.unread_of(self.files.keys().cloned())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path with its query.
    pub(super) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The body as text that can be read: JSON as it was sent, a form with its escapes resolved.
    pub(super) fn readable_body(&self) -> String {
        if is_json(&self.headers, &self.body) {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        if let Some(boundary) = kind(&self.headers).and_then(multipart::boundary) {
            let parts = multipart::parts(&self.body, boundary).into_iter().map(|part| match part.file {
                Some(file) => format!("{}=[{file}, {} bytes]", part.name, part.bytes.len()),
                None => format!("{}={}", part.name, String::from_utf8_lossy(part.bytes)),
            });
            return parts.collect::<Vec<_>>().join("&");
        }
        let fields = url::form_urlencoded::parse(&self.body);
        fields.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }

    /// The values of a form or of a JSON object by their names, in order; none where the body is neither.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        if is_json(&self.headers, &self.body) {
            let Ok(Value::Object(fields)) = serde_json::from_slice(&self.body) else { return Vec::new() };
            let readable = |value: Value| match value {
                Value::Array(_) | Value::Object(_) => format!("{value:#}"),
                value => input::plain(&value),
            };
            return fields.into_iter().map(|(key, value)| (key, readable(value))).collect();
        }
        if kind(&self.headers).and_then(multipart::boundary).is_some() {
            return Vec::new();
        }
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

fn kind(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::CONTENT_TYPE)?.to_str().ok()
}

fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    !body.is_empty() && kind(headers).is_some_and(|value| value.starts_with("application/json"))
}
