//! The parameters of a request: the only place that turns query strings, forms and JSON into named values.
//!
//! GitLab takes the same parameters from the query, a form body (of a GET too) and a JSON body; `iids[]` and `labels` come as
//! repeated keys, arrays or comma lists, depending on the client.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::sandbox::reply::Reply;
use crate::sandbox::world::Change;

/// The parameters of a request by name.
#[derive(Debug, Default)]
pub(in super::super) struct Input(BTreeMap<String, Value>);

impl Input {
    /// Whether the parameter was given at all, empty included.
    pub(in super::super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A parameter as text; `null` is empty.
    pub(in super::super) fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).map(plain)
    }

    /// A parameter as text, if it is not empty.
    pub(in super::super) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A parameter that must not be missing or empty.
    pub(in super::super) fn given(&self, key: &str) -> Result<String, Reply> {
        self.filled(key).ok_or_else(|| Reply::missing(key))
    }

    /// What is searched for; letter case does not count.
    pub(in super::super) fn search(&self) -> Option<String> {
        self.filled("search").map(|text| text.to_lowercase())
    }

    /// A whole number.
    pub(in super::super) fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.trim().parse().ok()
    }

    /// A yes or no, in the spellings that GitLab takes.
    pub(in super::super) fn flag(&self, key: &str) -> Option<bool> {
        match self.text(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "y" | "on" => Some(true),
            "false" | "0" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        }
    }

    /// The same of a parameter that must not be empty or anything else.
    pub(in super::super) fn checked_flag(&self, key: &str) -> Result<Option<bool>, Reply> {
        match (self.text(key), self.flag(key)) {
            (None, _) => Ok(None),
            (Some(text), None) if text.trim().is_empty() => Err(Reply::error(400, &format!("{key} is empty"))),
            (Some(_), None) => Err(Reply::unreadable(key)),
            (Some(_), flag) => Ok(flag),
        }
    }

    /// A list: an array, repeated keys or one text with commas; what is in an array may have commas, too
    /// (`lib/api/validations/types/comma_separated_to_array.rb`).
    pub(in super::super) fn list(&self, key: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = match self.0.get(key)? {
            Value::Array(items) => items.iter().map(plain).collect(),
            one => vec![plain(one)],
        };
        let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        Some(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// A list of objects, as JSON bodies have them.
    pub(in super::super) fn objects(&self, key: &str) -> Option<Vec<Input>> {
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
    pub(in super::super) fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        Some(self.list(key)?.iter().filter_map(|part| part.parse().ok()).collect())
    }

    /// People by their numbers; 0 stands for nobody.
    pub(in super::super) fn people(&self, key: &str) -> Option<Vec<u64>> {
        Some(self.numbers(key)?.into_iter().filter(|&id| id != 0).collect())
    }

    /// Whether `state_event` asks to close (`true`) or, by the word that fits the thing, to open again.
    pub(in super::super) fn closes(&self, opens: &str) -> Result<Option<bool>, Reply> {
        self.one_of("state_event", "close", opens)
    }

    /// Which ones a list is to hold: open ones (`true`), closed ones, or both.
    pub(in super::super) fn state(&self, open: &str) -> Result<Option<bool>, Reply> {
        if self.filled("state").as_deref() == Some("all") { Ok(None) } else { self.one_of("state", open, "closed") }
    }

    /// Whether a list goes from small to large, which is not what lists do unless asked.
    pub(in super::super) fn ascending(&self) -> Result<bool, Reply> {
        Ok(self.one_of("sort", "asc", "desc")? == Some(true))
    }

    /// A text that may be set, unset (empty) or left alone.
    pub(in super::super) fn text_change(&self, key: &str) -> Change<String> {
        match self.text(key) {
            None => Change::Keep,
            Some(text) if text.is_empty() => Change::Clear,
            Some(text) => Change::Set(text),
        }
    }

    /// A number that may be set, unset (empty) or left alone; anything else is refused.
    pub(in super::super) fn number_change(&self, key: &str) -> Result<Change<u64>, Reply> {
        self.change(key, |text| text.parse().ok())
    }

    /// The same for the number of something, where 0 stands for nothing.
    pub(in super::super) fn id_change(&self, key: &str) -> Result<Change<u64>, Reply> {
        Ok(match self.number_change(key)? {
            Change::Set(0) => Change::Clear,
            change => change,
        })
    }

    /// A day that may be set, unset (empty) or left alone; anything else is refused.
    pub(in super::super) fn day(&self, key: &str) -> Result<Change<NaiveDate>, Reply> {
        // Longer forms carry a time, which GitLab ignores.
        self.change(key, |text| text.get(..10).unwrap_or(text).parse().ok())
    }

    /// An instant, or a day as its first moment; anything else is refused.
    pub(in super::super) fn instant(&self, key: &str) -> Result<Option<DateTime<Utc>>, Reply> {
        let Some(text) = self.filled(key) else { return Ok(None) };
        let instant = DateTime::parse_from_rfc3339(&text).map(|instant| instant.to_utc());
        let day = text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        match instant.or(day) {
            Ok(instant) => Ok(Some(instant)),
            Err(_) => Err(Reply::unreadable(key)),
        }
    }

    /// `Some(true)` for one word, `Some(false)` for the other, `None` for neither given.
    fn one_of(&self, key: &str, yes: &str, no: &str) -> Result<Option<bool>, Reply> {
        match self.filled(key) {
            None => Ok(None),
            Some(word) if word == yes => Ok(Some(true)),
            Some(word) if word == no => Ok(Some(false)),
            Some(_) => Err(Reply::no_such_value(key)),
        }
    }

    fn change<T>(&self, key: &str, read: impl Fn(&str) -> Option<T>) -> Result<Change<T>, Reply> {
        match self.text(key).as_deref() {
            None => Ok(Change::Keep),
            Some("") => Ok(Change::Clear),
            Some(text) => read(text).map(Change::Set).ok_or_else(|| Reply::unreadable(key)),
        }
    }

    pub(super) fn add_form(&mut self, form: &[u8]) {
        let pairs = url::form_urlencoded::parse(form);
        self.add_fields(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())));
    }

    pub(super) fn add_fields(&mut self, fields: impl Iterator<Item = (String, String)>) {
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
    pub(super) fn add_json(&mut self, key: &str, value: Value) {
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

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
