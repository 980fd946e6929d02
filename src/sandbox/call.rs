//! One request, decoded: the only place that turns query strings, forms and JSON into named values.
//!
//! GitLab takes the same parameters from the query, a form body (of a GET too) and a JSON body; `iids[]` and `labels` come as
//! repeated keys, arrays or comma lists, depending on the client.

mod multipart;

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::reply::Reply;
use super::world::Change;

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
    /// Files that came along, each with its name and its bytes.
    pub(super) files: BTreeMap<String, (String, Vec<u8>)>,
    /// The body claims to be JSON and is none.
    pub(super) malformed: bool,
}

impl Call {
    /// Decodes a request.
    pub(super) fn decode(parts: Parts, body: Bytes) -> Call {
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().map(str::to_owned);
        let segments =
            path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
        let mut input = Input::default();
        input.add_form(query.as_deref().unwrap_or_default().as_bytes());
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
            input.add_fields(fields.into_iter());
        } else if is_json(&parts.headers, &body) {
            match serde_json::from_slice::<Value>(&body) {
                Ok(Value::Object(fields)) => fields.into_iter().for_each(|(key, value)| input.add_json(&key, value)),
                _ => malformed = true,
            }
        } else {
            input.add_form(&body);
        }
        Call { method: parts.method, path, query, segments, headers: parts.headers, body, input, files, malformed }
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
                value => plain(&value),
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

/// The parameters of a request by name.
#[derive(Debug, Default)]
pub(super) struct Input(BTreeMap<String, Value>);

impl Input {
    /// Whether the parameter was given at all, empty included.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A parameter as text; `null` is empty.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).map(plain)
    }

    /// A parameter as text, if it is not empty.
    pub(super) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.trim().parse().ok()
    }

    /// A yes or no, in the spellings that GitLab takes.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.text(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "on" => Some(true),
            "false" | "0" | "f" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// A list: an array, repeated keys or one text with commas.
    pub(super) fn list(&self, key: &str) -> Option<Vec<String>> {
        let parts: Vec<String> = match self.0.get(key)? {
            Value::Array(items) => items.iter().map(plain).collect(),
            one => plain(one).split(',').map(str::to_owned).collect(),
        };
        Some(parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
    }

    /// A list of objects, as JSON bodies have them.
    pub(super) fn objects(&self, key: &str) -> Option<Vec<Input>> {
        let Value::Array(items) = self.0.get(key)? else { return None };
        let inputs = items.iter().map(|item| {
            let mut input = Input::default();
            for (key, value) in item.as_object().into_iter().flatten() {
                input.add_json(key, value.clone());
            }
            input
        });
        Some(inputs.collect())
    }

    /// A list of numbers; what is no number is left out.
    pub(super) fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        Some(self.list(key)?.iter().filter_map(|part| part.parse().ok()).collect())
    }

    /// A day that may be set, unset (empty) or left alone; anything else is refused.
    pub(super) fn day(&self, key: &str) -> Result<Change<NaiveDate>, Reply> {
        match self.text(key).as_deref() {
            None => Ok(Change::Keep),
            Some("") => Ok(Change::Clear),
            // Longer forms carry a time, which GitLab ignores.
            Some(text) => match text.get(..10).unwrap_or(text).parse() {
                Ok(day) => Ok(Change::Set(day)),
                Err(_) => Err(Reply::error(400, &format!("{key} is invalid"))),
            },
        }
    }

    /// An instant, or a day as its first moment; anything else is refused.
    pub(super) fn instant(&self, key: &str) -> Result<Option<DateTime<Utc>>, Reply> {
        let Some(text) = self.filled(key) else { return Ok(None) };
        let instant = DateTime::parse_from_rfc3339(&text).map(|instant| instant.to_utc());
        let day = text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        match instant.or(day) {
            Ok(instant) => Ok(Some(instant)),
            Err(_) => Err(Reply::error(400, &format!("{key} is invalid"))),
        }
    }

    fn add_form(&mut self, form: &[u8]) {
        let pairs = url::form_urlencoded::parse(form);
        self.add_fields(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())));
    }

    fn add_fields(&mut self, fields: impl Iterator<Item = (String, String)>) {
        let mut fresh = BTreeSet::new();
        for (key, value) in fields {
            let value = Value::String(value);
            match key.strip_suffix("[]") {
                Some(list) => {
                    // A list in the body replaces one in the query, it does not lengthen it.
                    if fresh.insert(list.to_owned()) {
                        self.0.insert(list.to_owned(), Value::Array(Vec::new()));
                    }
                    if let Some(Value::Array(items)) = self.0.get_mut(list) {
                        items.push(value);
                    }
                }
                None if key.is_empty() => {}
                None => drop(self.0.insert(key, value)),
            }
        }
    }

    /// `{"not": {"labels": …}}` is the same as `not[labels]=…`.
    fn add_json(&mut self, key: &str, value: Value) {
        let key = key.strip_suffix("[]").unwrap_or(key);
        match value {
            Value::Object(fields) => {
                for (inner, value) in fields {
                    // One level is all that GitLab's parameters have.
                    self.0.insert(format!("{key}[{inner}]"), value);
                }
            }
            value => drop(self.0.insert(key.to_owned(), value)),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
