//! The parameters of a request: the only place that turns query strings, forms and JSON into named values.
//!
//! GitLab takes the same parameters from the query, a form body (of a GET too) and a JSON body; `iids[]` and `labels` come as
//! repeated keys, arrays or comma lists, depending on the client.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use super::rack::{self, Unfit};
use super::record::{Record, names};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::Change;

/// The parameters of a request by name; `not[labels]` is a field of an object. It remembers which ones were asked for.
#[derive(Debug, Default)]
pub(in super::super) struct Input {
    fields: Map<String, Value>,
    record: Record,
}

impl Input {
    /// Whether the parameter was given at all, empty included.
    pub(in super::super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A parameter as text; `null` is empty.
    pub(in super::super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(plain)
    }

    /// Refuses a request that names none of these; to look for one is not to read it.
    pub(in super::super) fn require_one_of(&self, keys: &[&str]) -> Result<(), Reply> {
        if keys.iter().any(|key| self.fields.contains_key(*key)) {
            return Ok(());
        }
        let why = format!("{} are missing, at least one parameter must be provided", keys.join(", "));
        Err(Reply::error(400, &why))
    }

    /// Says that these are read here, for those that are looked at only where there is something to compare them with.
    pub(in super::super) fn declare(&self, keys: &[&str]) {
        for key in keys {
            self.record.note(key);
        }
    }

    /// The names of what was sent and nobody asked for.
    pub(super) fn unread(&self) -> BTreeSet<String> {
        self.unread_of(std::iter::empty())
    }

    /// The same with the names of what came along beside them.
    pub(super) fn unread_of(&self, more: impl Iterator<Item = String>) -> BTreeSet<String> {
        let mut sent = names(&self.fields);
        sent.extend(more);
        self.record.unread(&sent)
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
        let text = self.filled(key)?;
        self.valid(key, text.trim().parse().ok())
    }

    /// A yes or no, in the spellings that GitLab takes.
    pub(in super::super) fn flag(&self, key: &str) -> Option<bool> {
        let yes = match self.filled(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "y" | "on" => Some(true),
            "false" | "0" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        };
        self.valid(key, yes)
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
        let texts: Vec<String> = match self.get(key)? {
            Value::Array(items) => items.iter().map(plain).collect(),
            one => vec![plain(one)],
        };
        let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        Some(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// A list of objects.
    pub(in super::super) fn objects(&self, key: &str) -> Option<Vec<Input>> {
        let Value::Array(items) = self.get(key)? else { return None };
        let fields = items.iter().map(|item| item.as_object().cloned().unwrap_or_default());
        Some(fields.map(|fields| Input { fields, record: self.record.inside(key) }).collect())
    }

    /// A list of numbers, of which Ruby reads the beginning: a word is 0
    /// (`lib/api/validations/types/comma_separated_to_integer_array.rb`).
    pub(in super::super) fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
        Some(self.list(key)?.iter().map(|part| digits(part).parse().unwrap_or(0)).collect())
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

    /// Refuses a value that is none of these.
    pub(in super::super) fn check(&self, key: &str, values: &[&str]) -> Result<(), Reply> {
        let fits = self.filled(key).is_none_or(|value| values.contains(&value.as_str()));
        if fits { Ok(()) } else { Err(Reply::no_such_value(key)) }
    }

    /// The names of values that are no numbers or no yes or no where that was asked for.
    pub(in super::super) fn invalid(&self) -> BTreeSet<String> {
        self.record.invalid()
    }

    fn valid<T>(&self, key: &str, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.record.note_invalid(key);
        }
        read
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

    pub(super) fn add_form(&mut self, form: &[u8]) -> Result<(), Unfit> {
        let pairs = url::form_urlencoded::parse(form);
        self.add_fields(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())))
    }

    pub(super) fn add_fields(&mut self, fields: impl Iterator<Item = (String, String)>) -> Result<(), Unfit> {
        let fields = rack::read(fields.map(|(key, value)| (key, Value::String(value))))?;
        self.add_json(fields);
        Ok(())
    }

    /// What is in the body replaces what has the same name in the query; it does not lengthen a list of it.
    pub(super) fn add_json(&mut self, fields: Map<String, Value>) {
        self.fields.extend(fields);
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.record.note(key);
        let mut parts = rack::parts(key);
        let first = parts.next().and_then(|part| self.fields.get(part));
        parts.fold(first, |value, part| value?.as_object()?.get(part))
    }
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
