//! Checks the links of documents: each address is asked once, of whoever knows about it.
//!
//! Documents go in, observations come out: each address with its verdict, the reason, and every place where it stands.
//!
//! ```
//! use linkcheck::check_options::CheckOptions;
//! use linkcheck::verdict::Verdict;
//! use linkcheck::{Document, check_offline, markdown};
//!
//! let links = markdown::parse_links("Write to [us](mailto:team.example.com), or [here](https://example.com/).");
//! let document = Document { path: "page.md", links: (&links).into(), site_url: None, local_files: None };
//! let observations = check_offline(&[document], &CheckOptions::default());
//! let dead: Vec<_> = observations.iter().filter(|seen| seen.assessment.verdict == Verdict::Dead).collect();
//! assert_eq!(dead.len(), 1);
//! assert_eq!(dead[0].assessment.reason, "it is no mail address: it has no @");
//! ```
//!
//! - [`markdown`]: a Markdown text as GitLab reads it · [`document`], [`link`]: what is checked
//! - [`check`]: the whole check · `addresses`: which addresses there are, and who is asked · [`target`]: what an
//!   address points at
//! - [`gitlab`]: links to GitLab, looked up in its API in batches through [`gitlab::api::GitlabApi`]; this crate knows no
//!   other way to GitLab · `instances`: links to several instances · `recheck`: what an API hides and the web may show
//! - [`github`]: links to GitHub, looked up in its API where a token was given
//! - [`web`]: everything else over HTTP · [`rate_limit`]: how often a host is asked · [`address_policy`]: which hosts
//!   at all
//! - [`files`]: links between files, in a tree or on a site that Hugo builds · [`fragment`]: anchors in HTML
//! - [`check_options`]: what is skipped, and what cannot be known · [`cache`]: what earlier runs saw · [`shard`],
//!   [`shard_file`]: the work of several jobs · [`progress`]: how far the visits are
//! - [`secrets`]: what no output repeats · [`json`]: how all JSON is written
//! - [`observed`], [`verdict`], [`traffic`], [`text`]: what comes out; texts from outside may be shown and may never
//!   act

pub mod address_policy;
mod addresses;
pub mod cache;
pub mod check;
pub mod check_options;
pub mod document;
mod example_hosts;
pub mod files;
pub mod fragment;
pub mod github;
pub mod gitlab;
mod instances;
pub mod json;
pub mod link;
pub mod markdown;
pub mod observed;
pub mod progress;
pub mod rate_limit;
mod recheck;
pub mod secrets;
pub mod shard;
pub mod shard_file;
mod slack;
pub mod target;
pub mod text;
pub mod time_budget;
pub mod traffic;
pub mod verdict;
pub mod web;

pub use check::{
    CheckResult, GatheredLinks, check_gathered_links, check_links, check_offline, gather_links, gather_links_offline,
    observe_offline,
};
pub use document::{Document, LabelSet};

/// The most redirects that are followed one after the other, of the web and of a site alike: reqwest and lychee
/// follow 10, browsers 20, and a page that is meant to be found needs fewer.
const MOST_REDIRECTS: usize = 10;
