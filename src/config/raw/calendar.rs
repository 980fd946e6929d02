//! What of the files is about dates: days without a session, a session at another time, and times that change.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// Days on which nobody meets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Calendar {
    /// Local dates without a session, for example `2026-12-24`: single ones, ranges such as `2026-12-21/2027-01-03`, and
    /// tables with a reason.
    #[schemars(with = "Vec<SkipSchema>")]
    pub(in crate::config) skip: Vec<Spanned<SkipEntry>>,
}

/// Days without a session: a text, or a table.
#[derive(Debug)]
pub(in crate::config) enum SkipEntry {
    /// A date, or a range of dates.
    Text(String),
    /// Days with a reason.
    Days(SkipDays),
}

/// A date, a range of dates, or days with a reason.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema alone is made of it; serde would lose where the parts stand")]
pub(in crate::config) enum SkipSchema {
    Text(String),
    Days(SkipDays),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct SkipDays {
    /// The one day, for example `2026-12-24`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) date: Option<Spanned<String>>,
    /// The first of several days, for example `2026-12-21`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) from: Option<Spanned<String>>,
    /// The last of them, for example `2027-01-03`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) until: Option<Spanned<String>>,
    /// Why nobody meets, for example `holidays`; the issues before and after say it.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) reason: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct SessionMove {
    /// The local date on which it would meet, for example `2026-12-24`.
    #[schemars(with = "String")]
    pub(in crate::config) date: Option<Spanned<String>>,
    /// The local time at which it meets instead, for example `2026-12-22 16:00`.
    #[schemars(with = "String")]
    pub(in crate::config) to: Option<Spanned<String>>,
}

/// What is not named stays as it was.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct SessionChange {
    /// The first local date on which it holds, for example `2027-01-04`.
    #[schemars(with = "String")]
    pub(in crate::config) from: Option<Spanned<String>>,
    /// When it meets from then on, for example `0 14 * * Tue`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) cron: Option<Spanned<String>>,
    /// IANA name of the zone from then on, for example `Europe/Berlin`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) zone: Option<Spanned<String>>,
    /// How long it lasts from then on, for example `1h`.
    #[schemars(with = "Option<String>")]
    pub(in crate::config) duration: Option<Spanned<String>>,
}

/// The words of `weeks`, as editors offer them.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema alone is made of it; a word is read where its place is known")]
pub(in crate::config) enum MeetingWeeksWord {
    Even,
    Odd,
}

impl<'de> Deserialize<'de> for SkipEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;

        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = SkipEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date in quotes, or a table")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SkipEntry, E> {
                Ok(SkipEntry::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SkipEntry, A::Error> {
                SkipDays::deserialize(MapAccessDeserializer::new(map)).map(SkipEntry::Days)
            }
        }

        deserializer.deserialize_any(EntryVisitor)
    }
}
