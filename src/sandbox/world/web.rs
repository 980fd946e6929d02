//! The web beside GitLab: which hosts exist, which pages are on them, and which of them misbehave.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::World;
use super::github::Github;

/// The web beside GitLab. Addresses are `host/path` without a trailing slash, and with `?query` where a query decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Web {
    /// Names that resolve; every other name is "no such host".
    pub hosts: BTreeSet<String>,
    /// Pages that answer 200.
    pub pages: BTreeMap<String, Page>,
    /// Addresses that lead elsewhere: status and target.
    pub redirects: BTreeMap<String, (u16, String)>,
    /// Addresses that do not answer as one would like; a host's name alone means all of it.
    pub moods: BTreeMap<String, Mood>,
    /// How often an address with a mood was asked for.
    pub visits: BTreeMap<String, u64>,
    /// GitHub, as its API tells of it.
    pub github: Github,
}

/// A page: what a link checker can see of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Page {
    /// Its title, also its first heading.
    pub title: String,
    /// Headings that its HTML has, each with the id that leads to it.
    pub headings: Vec<(String, String)>,
}

/// How an address misbehaves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Mood {
    /// It never answers. In memory, where nobody can wait, the answer is a 504 with the header `x-box-fault: hang`.
    Hangs,
    /// It takes so many milliseconds to answer; in memory, where nobody can wait, it answers at once.
    Slow(u64),
    /// It answers this status, to everybody and for ever.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    TooMany(u32),
    /// 503 so many times, then the page as it is.
    Recovers(u64),
}

impl World {
    /// Makes a host exist, and a page on it answer 200 (`path` begins with `/` and needs no trailing slash).
    pub fn add_page(&mut self, host: &str, path: &str, title: &str) {
        self.add_page_with(host, path, title, &[]);
    }

    /// The same with headings; their ids are made as documentation sites make them.
    pub fn add_page_with(&mut self, host: &str, path: &str, title: &str, headings: &[&str]) {
        self.web.hosts.insert(host.to_owned());
        let headings = headings.iter().map(|&text| (slug(text), text.to_owned())).collect();
        self.web.pages.insert(address(host, path), Page { title: title.to_owned(), headings });
    }

    /// Makes an address lead elsewhere.
    pub fn add_redirect(&mut self, host: &str, path: &str, status: u16, to: &str) {
        self.web.hosts.insert(host.to_owned());
        self.web.redirects.insert(address(host, path), (status, to.to_owned()));
    }

    /// Makes an address, or with an empty path a whole host, misbehave.
    pub fn add_mood(&mut self, host: &str, path: &str, mood: Mood) {
        self.web.hosts.insert(host.to_owned());
        self.web.moods.insert(address(host, path), mood);
    }
}

fn address(host: &str, path: &str) -> String {
    format!("{host}{}", path.trim_end_matches('/'))
}

/// The id of a heading: lower case, words joined by dashes.
fn slug(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
