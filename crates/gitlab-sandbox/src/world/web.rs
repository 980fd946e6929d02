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
    pub pages: BTreeMap<String, WebPage>,
    /// Addresses that lead elsewhere: status and target.
    pub redirects: BTreeMap<String, (u16, String)>,
    /// Hosts that GitLab Pages serves, each with the rules of its `_redirects` in their order: their pages are folders.
    pub gitlab_pages: BTreeMap<String, Vec<PagesRedirect>>,
    /// Addresses that do not answer as one would like; a host's name alone means all of it.
    pub faults: BTreeMap<String, WebFault>,
    /// How often an address with a fault was asked for.
    pub visits: BTreeMap<String, u64>,
    /// GitHub, by its API and its pages.
    pub github: Github,
}

/// A rule of a `_redirects` file (GitLab docs, "GitLab Pages redirects").
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PagesRedirect {
    /// The path that it is for; `*` at its end stands for the rest.
    pub from: String,
    /// Where it leads; `:splat` stands for what `*` stood for.
    pub to: String,
    /// Its status.
    pub status: u16,
}

/// A page: what a link checker can see of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WebPage {
    /// Its title, also its first heading.
    pub title: String,
    /// Headings that its HTML has, each with the id that leads to it.
    pub headings: Vec<(String, String)>,
}

/// How an address misbehaves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum WebFault {
    /// It never answers. In memory, where nobody can wait, the answer is a 504 with the header `x-sandbox-fault: hang`.
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
    pub fn add_web_page(&mut self, host: &str, path: &str, title: &str) {
        self.add_web_page_with_headings(host, path, title, &[]);
    }

    /// The same with headings; their ids are made as documentation sites make them.
    pub fn add_web_page_with_headings(&mut self, host: &str, path: &str, title: &str, headings: &[&str]) {
        self.web.hosts.insert(host.to_owned());
        let headings = headings.iter().map(|&text| (heading_id(text), text.to_owned())).collect();
        self.web.pages.insert(page_key(host, path), WebPage { title: title.to_owned(), headings });
    }

    /// Makes an address lead elsewhere.
    pub fn add_web_redirect(&mut self, host: &str, path: &str, status: u16, to: &str) {
        self.web.hosts.insert(host.to_owned());
        self.web.redirects.insert(page_key(host, path), (status, to.to_owned()));
    }

    /// Makes a host one that GitLab Pages serves, and adds a rule to its `_redirects`.
    pub fn add_pages_redirect(&mut self, host: &str, from: &str, to: &str, status: u16) {
        self.web.hosts.insert(host.to_owned());
        let rule = PagesRedirect { from: from.to_owned(), to: to.to_owned(), status };
        self.web.gitlab_pages.entry(host.to_owned()).or_default().push(rule);
    }

    /// Makes an address, or with an empty path a whole host, misbehave.
    pub fn add_web_fault(&mut self, host: &str, path: &str, fault: WebFault) {
        self.web.hosts.insert(host.to_owned());
        self.web.faults.insert(page_key(host, path), fault);
    }
}

fn page_key(host: &str, path: &str) -> String {
    format!("{host}{}", path.trim_end_matches('/'))
}

/// The id of a heading: lower case, words joined by dashes.
fn heading_id(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
