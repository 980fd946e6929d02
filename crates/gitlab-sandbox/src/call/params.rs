//! The parameters of a request: the only place that turns query strings, forms and JSON into named values.
//!
//! GitLab takes the same parameters from the query, a form body (of a GET too) and a JSON body; `iids[]` and `labels`
//! come as repeated keys, arrays or comma lists, depending on the client.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use super::nested_query::{self, NestingError};
use super::read_tracker::{ReadTracker, parameter_names};
use crate::reply::Reply;
use crate::world::FieldChange;

/// The parameters of a request by name; `not[labels]` is a field of an object. It remembers which ones were read.
#[derive(Debug, Default)]
pub(in super::super) struct Params {
    fields: Map<String, Value>,
    read_tracker: ReadTracker,
}

impl Params {
    /// Whether the parameter was given at all, empty included.
    pub(in super::super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A parameter as text; `null` is empty.
    pub(in super::super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(value_as_text)
    }

    /// Refuses a request that names none of these; to look for one is not to read it.
    pub(in super::super) fn require_one_of(&self, keys: &[&str]) -> Result<(), Reply> {
        if keys.iter().any(|key| self.fields.contains_key(*key)) {
            return Ok(());
        }
        let why = format!("{} are missing, at least one parameter must be provided", keys.join(", "));
        Err(Reply::error(400, &why))
    }

    /// Counts these as read, for those that are looked at only where there is something to compare them with.
    pub(in super::super) fn mark_read(&self, keys: &[&str]) {
        for key in keys {
            self.read_tracker.mark_read(key);
        }
    }

    /// The names of what was sent and nobody has read.
    pub(super) fn unread_names(&self) -> BTreeSet<String> {
        self.unread_names_with(std::iter::empty())
    }

    /// The same with more names that were sent, such as those of files.
    pub(super) fn unread_names_with(&self, more: impl Iterator<Item = String>) -> BTreeSet<String> {
        let mut sent = parameter_names(&self.fields);
        sent.extend(more);
        self.read_tracker.unread_names(&sent)
    }

    /// A parameter as text, if it is not empty.
    pub(in super::super) fn non_empty_text(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A parameter that must not be missing or empty.
    pub(in super::super) fn required_text(&self, key: &str) -> Result<String, Reply> {
        self.non_empty_text(key).ok_or_else(|| Reply::parameter_missing(key))
    }

    /// What is searched for; letter case does not count.
    pub(in super::super) fn search_text(&self) -> Option<String> {
        self.non_empty_text("search").map(|text| text.to_lowercase())
    }

    /// A whole number.
    pub(in super::super) fn number(&self, key: &str) -> Option<u64> {
        let text = self.non_empty_text(key)?;
        self.note_if_invalid(key, text.trim().parse().ok())
    }

    /// A yes or no, in the spellings that GitLab takes.
    pub(in super::super) fn flag(&self, key: &str) -> Option<bool> {
        let yes = match self.non_empty_text(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "y" | "on" => Some(true),
            "false" | "0" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        };
        self.note_if_invalid(key, yes)
    }

    /// The same for a parameter that must be one of these if it is given; an empty one is refused, too.
    pub(in super::super) fn strict_flag(&self, key: &str) -> Result<Option<bool>, Reply> {
        match (self.text(key), self.flag(key)) {
            (None, _) => Ok(None),
            (Some(text), None) if text.trim().is_empty() => Err(Reply::error(400, &format!("{key} is empty"))),
            (Some(_), None) => Err(Reply::parameter_invalid(key)),
            (Some(_), flag) => Ok(flag),
        }
    }

    /// A list: an array, repeated keys or one text with commas; what is in an array may have commas, too
    /// (`lib/api/validations/types/comma_separated_to_array.rb`).
    pub(in super::super) fn list(&self, key: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = match self.get(key)? {
            Value::Array(items) => items.iter().map(value_as_text).collect(),
            one => vec![value_as_text(one)],
        };
        let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        Some(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// A list of objects.
    pub(in super::super) fn objects(&self, key: &str) -> Option<Vec<Params>> {
        let Value::Array(items) = self.get(key)? else { return None };
        let fields = items.iter().map(|item| item.as_object().cloned().unwrap_or_default());
        Some(fields.map(|fields| Params { fields, read_tracker: self.read_tracker.for_list_items(key) }).collect())
    }

    /// A list of numbers, of which Ruby reads the beginning: a word is 0
    /// (`lib/api/validations/types/comma_separated_to_integer_array.rb`).
    pub(in super::super) fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
        Some(self.list(key)?.iter().map(|part| digits(part).parse().unwrap_or(0)).collect())
    }

    /// Ids of users; 0 stands for nobody.
    pub(in super::super) fn user_ids(&self, key: &str) -> Option<Vec<u64>> {
        Some(self.numbers(key)?.into_iter().filter(|&id| id != 0).collect())
    }

    /// Whether `state_event` asks to close (`true`) or, by the word `opens`, to open again (`false`).
    pub(in super::super) fn parse_state_event(&self, opens: &str) -> Result<Option<bool>, Reply> {
        self.parse_choice("state_event", "close", opens)
    }

    /// Which ones a list is to hold: open ones (`true`), closed ones (`false`), or both.
    pub(in super::super) fn parse_state_filter(&self, open: &str) -> Result<Option<bool>, Reply> {
        if self.non_empty_text("state").as_deref() == Some("all") {
            Ok(None)
        } else {
            self.parse_choice("state", open, "closed")
        }
    }

    /// Whether a list goes from small to large, which is not what lists do unless asked.
    pub(in super::super) fn is_sort_ascending(&self) -> Result<bool, Reply> {
        Ok(self.parse_choice("sort", "asc", "desc")? == Some(true))
    }

    /// A text that may be set, unset (empty) or left alone.
    pub(in super::super) fn text_change(&self, key: &str) -> FieldChange<String> {
        match self.text(key) {
            None => FieldChange::Keep,
            Some(text) if text.is_empty() => FieldChange::Clear,
            Some(text) => FieldChange::Set(text),
        }
    }

    /// A number that may be set, unset (empty) or left alone; anything else is refused.
    pub(in super::super) fn number_change(&self, key: &str) -> Result<FieldChange<u64>, Reply> {
        self.parse_change(key, |text| text.parse().ok())
    }

    /// The same for the number of something, where 0 stands for nothing.
    pub(in super::super) fn id_change(&self, key: &str) -> Result<FieldChange<u64>, Reply> {
        Ok(match self.number_change(key)? {
            FieldChange::Set(0) => FieldChange::Clear,
            change => change,
        })
    }

    /// A date that may be set, unset (empty) or left alone; anything else is refused.
    pub(in super::super) fn date_change(&self, key: &str) -> Result<FieldChange<NaiveDate>, Reply> {
        // Longer forms carry a time, which GitLab ignores.
        self.parse_change(key, |text| text.get(..10).unwrap_or(text).parse().ok())
    }

    /// A date with a time, or a date alone as its first moment; anything else is refused.
    pub(in super::super) fn date_time(&self, key: &str) -> Result<Option<DateTime<Utc>>, Reply> {
        let Some(text) = self.non_empty_text(key) else { return Ok(None) };
        let instant = DateTime::parse_from_rfc3339(&text).map(|instant| instant.to_utc());
        let day = text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        match instant.or(day) {
            Ok(instant) => Ok(Some(instant)),
            Err(_) => Err(Reply::parameter_invalid(key)),
        }
    }

    /// Refuses a value that is none of these.
    pub(in super::super) fn require_allowed_value(&self, key: &str, values: &[&str]) -> Result<(), Reply> {
        let fits = self.non_empty_text(key).is_none_or(|value| values.contains(&value.as_str()));
        if fits { Ok(()) } else { Err(Reply::value_not_allowed(key)) }
    }

    /// The names of values that are no numbers or no yes or no where that was asked for.
    pub(in super::super) fn invalid_names(&self) -> BTreeSet<String> {
        self.read_tracker.invalid_names()
    }

    fn note_if_invalid<T>(&self, key: &str, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.read_tracker.mark_invalid(key);
        }
        read
    }

    /// `Some(true)` for one word, `Some(false)` for the other, `None` for neither given.
    fn parse_choice(&self, key: &str, yes: &str, no: &str) -> Result<Option<bool>, Reply> {
        match self.non_empty_text(key) {
            None => Ok(None),
            Some(word) if word == yes => Ok(Some(true)),
            Some(word) if word == no => Ok(Some(false)),
            Some(_) => Err(Reply::value_not_allowed(key)),
        }
    }

    fn parse_change<T>(&self, key: &str, read: impl Fn(&str) -> Option<T>) -> Result<FieldChange<T>, Reply> {
        match self.text(key).as_deref() {
            None => Ok(FieldChange::Keep),
            Some("") => Ok(FieldChange::Clear),
            Some(text) => read(text).map(FieldChange::Set).ok_or_else(|| Reply::parameter_invalid(key)),
        }
    }

    pub(super) fn add_form(&mut self, form: &[u8]) -> Result<(), NestingError> {
        let pairs = url::form_urlencoded::parse(form);
        self.add_fields(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())))
    }

    pub(super) fn add_fields(&mut self, fields: impl Iterator<Item = (String, String)>) -> Result<(), NestingError> {
        let fields = nested_query::parse(fields.map(|(key, value)| (key, Value::String(value))))?;
        self.add_json(fields);
        Ok(())
    }

    /// What is in the body replaces what has the same name in the query; it does not lengthen a list of it.
    pub(super) fn add_json(&mut self, fields: Map<String, Value>) {
        self.fields.extend(fields);
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.read_tracker.mark_read(key);
        let mut parts = nested_query::name_parts(key);
        let first = parts.next().and_then(|part| self.fields.get(part));
        parts.fold(first, |value, part| value?.as_object()?.get(part))
    }
}

pub(super) fn value_as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
