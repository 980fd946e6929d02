//! A GitLab and a web on 127.0.0.1, with a world of their own: for tests of programs that talk to GitLab.
//!
//! The program under test runs as it is, over real HTTP. The sandbox behaves like GitLab where that hurts (hidden
//! projects are 404, quick actions run, scoped labels exclude one another) and shares no type with the program under
//! test, on purpose: with shared structs a misspelt field would be misspelt on both sides, and every test would pass.
//!
//! ```
//! use gitlab_sandbox::{Sandbox, World};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::new(World::example("2026-11-23T12:00:00Z".parse()?));
//! let serving = sandbox.serve("127.0.0.1:0".parse()?, None).await?;
//! let api = serving.url().join("/api/v4/projects/group%2Ftasks/issues")?;
//! let token = serving.description().tokens["api"].clone();
//! // … let the program do its work at `api` with `token` …
//! assert!(sandbox.journal().is_empty(), "it was to write nothing");
//! # Ok(())
//! # }
//! ```
//!
//! - `world`: what the sandbox knows, plain data with a few verbs
//! - `sandbox`: the world behind a lock, and where every request comes in; `serve`: its two sockets
//! - `rest`: the API below `/api/v4`; `graphql`: the one beside it; `call` and `reply` are one request and one answer
//! - `quick_actions`: what GitLab finds and runs in a text; also the judge of the injection tests
//! - `web`, `tls`: the hosts around GitLab, over real TLS with an authority of the sandbox's own
//! - `faults`: GitLab's worse days, as data, in memory and on sockets
//! - `control`, `journal`: `/-/sandbox`, `/-/world`, `/-/dns`, `/-/journal`
//! - `pages`, `guide` (a feature, on by default): pages to look at in a browser
//!
//! Without the feature `server` (on by default) only the world and the quick actions are there: what GitLab makes of a
//! text, for whoever needs no requests.
//!
//! All requests can be answered in memory, without a socket and without timers: `Sandbox::router` with
//! `tower::ServiceExt::oneshot`.

// A date from outside may be any date: chrono and std panic where a sum of times does not fit.
#![warn(clippy::arithmetic_side_effects)]
#![cfg_attr(not(feature = "server"), allow(dead_code, reason = "most verbs of the world are the server's"))]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test's own times fit"))]

#[cfg(feature = "server")]
mod avatar;
#[cfg(feature = "server")]
mod call;
#[cfg(feature = "server")]
mod control;
pub mod faults;
#[cfg(feature = "server")]
mod graphql;
#[cfg(feature = "pages")]
mod guide;
#[cfg(feature = "server")]
mod journal;
#[cfg(feature = "pages")]
mod pages;
pub mod quick_actions;
#[cfg(feature = "server")]
mod reply;
#[cfg(feature = "server")]
mod request_origin;
#[cfg(feature = "server")]
mod rest;
#[cfg(feature = "server")]
mod sandbox;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod state;
#[cfg(feature = "server")]
#[cfg(test)]
mod tests;
#[cfg(feature = "server")]
mod tls;
#[cfg(feature = "server")]
mod web;
pub mod world;

#[cfg(feature = "server")]
pub use control::SandboxDescription;
#[cfg(feature = "pages")]
pub use guide::{Guide, ShellExample};
#[cfg(feature = "server")]
pub use journal::JournalEntry;
#[cfg(feature = "server")]
pub use sandbox::{Clock, Sandbox};
#[cfg(feature = "server")]
pub use serve::SandboxServer;
pub use world::World;
