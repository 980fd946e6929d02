//! How often a server was silent, so that one that hangs costs a run no more than a few deadlines.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

/// A server that is silent so many times in a row is not asked again.
const MAX_SILENCES: u32 = 3;
/// No connection for so long is a silence: nothing at the other end refuses it.
const SLOW_FAILURE: Duration = Duration::from_secs(5);

/// The silences of one server in a row. Requests that were under way in the same stall are one silence.
///
/// A server of which one part hangs answers the rest: what a request is for takes part, so that files which nobody can
/// read take no issue along.
#[derive(Debug, Default)]
pub(super) struct Silences {
    count: u32,
    /// When the last one ended that was counted.
    ended: Option<Instant>,
    /// What the requests were for that got no answer.
    parts: BTreeSet<String>,
}

impl Silences {
    /// Whether the server is not worth another request.
    pub(super) fn are_too_many(&self) -> bool {
        self.count >= MAX_SILENCES && self.parts.len() > 1
    }

    /// The server answered something.
    pub(super) fn record_answer(&mut self) {
        *self = Self::default();
    }

    /// A request to this path that was begun then got no answer within its time.
    pub(super) fn record_silence(&mut self, began: Instant, path: &str) {
        self.parts.insert(server_part(path));
        if self.ended.is_none_or(|ended| began >= ended) {
            self.count += 1;
            self.ended = Some(Instant::now());
        }
    }

    /// A request to this path that was begun then failed on its way: where that took long, nothing answered.
    pub(super) fn record_failure(&mut self, began: Instant, path: &str) {
        if began.elapsed() >= SLOW_FAILURE {
            self.record_silence(began, path);
        }
    }
}

/// The part of a server that answers a path: `repository`, `issues`, `graphql` and so on, or the project itself.
fn server_part(path: &str) -> String {
    let words: Vec<&str> = path.trim_start_matches("/api/v4/").trim_start_matches("/api/").split('/').collect();
    match words.as_slice() {
        ["projects" | "groups", _, part, ..] => (*part).to_owned(),
        [first, ..] => (*first).to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/api/v4/projects/3/repository/files/a.md/raw";

    async fn wait(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_one_stall_are_one_silence() {
        let mut silences = Silences::default();
        let first = Instant::now();
        wait(10).await;
        let second = Instant::now();
        wait(20).await;
        for began in [first, first, second, first] {
            silences.record_silence(began, FILE);
        }
        assert_eq!(silences.count, 1);
        for _ in 0..2 {
            assert!(!silences.are_too_many());
            let began = Instant::now();
            wait(30).await;
            silences.record_silence(began, FILE);
        }
        // Until now only files were not answered.
        assert!(!silences.are_too_many());
        silences.record_silence(Instant::now(), "/api/v4/projects/3/issues");
        assert!(silences.are_too_many());
        silences.record_answer();
        assert!(!silences.are_too_many());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_refused_at_once_is_no_silence_and_one_that_is_not_is_one() {
        let mut silences = Silences::default();
        for (took, count) in [(0, 0), (1, 0), (5, 1), (6, 2)] {
            let began = Instant::now();
            wait(took).await;
            silences.record_failure(began, FILE);
            assert_eq!(silences.count, count, "{took} s");
        }
    }
}
