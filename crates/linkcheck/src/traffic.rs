//! What the hosts of the web were asked in a run, and how they answered.

use serde::Serialize;

/// The host of GitHub's API, which is asked with a token only.
pub const GITHUB_API_HOST: &str = "api.github.com";

/// One host: the JSON contract of `hosts[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostTraffic {
    /// Its name, with the port where that is not the one of HTTPS.
    pub host: String,
    /// Requests sent to it, those that were sent again among them.
    pub requests: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Requests that came to no answer, to a refusal or to an error of the host.
    pub failures: u64,
    /// How long it was left alone because it asked for that, in milliseconds.
    pub held_ms: u64,
    /// The longest time to the head of an answer, in milliseconds; none without answers.
    pub slowest_ms: Option<u64>,
}
