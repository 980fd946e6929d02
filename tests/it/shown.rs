//! A run as everybody is shown it: every format of the report, and the log at its loudest. Each
//! byte is searched for the token that the run works with.

use std::io;
use std::sync::{Arc, Mutex};

use podkeeper::pod::rule::Audience;
use podkeeper::pod::run::Run;
use podkeeper::report::terminal::Detail;
use podkeeper::report::{Told, annotations, json, junit, slack, terminal};
use tracing_subscriber::fmt::MakeWriter;

use crate::crash::{everywhere, prepared};
use crate::sinks::search;
use crate::support::Stage;

#[tokio::test(start_paused = true)]
async fn no_format_and_no_line_of_the_log_shows_the_token() {
    let shown = everything().await;
    println!("{} runs, {} bytes of reports, {} bytes of logs", shown.runs, shown.reports, shown.log);
    assert!(shown.runs >= 15 && shown.reports > 100_000 && shown.log > 10_000);
}

/// How much was shown.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) runs: usize,
    pub(crate) reports: usize,
    pub(crate) log: usize,
}

/// Every scenario of the crash sweep, shown in every way.
pub(crate) async fn everything() -> Shown {
    let mut shown = Shown::default();
    for scenario in everywhere() {
        let stage = prepared(&scenario).await;
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        let runs = {
            let _listens = tracing::subscriber::set_default(subscriber);
            stage.work().await
        };
        shown.runs += 1;
        shown.reports += all_formats(&stage, &runs);
        let log = log.0.lock().unwrap();
        shown.log += log.len();
        search("the log", &log, &token(&stage));
    }
    shown
}

fn token(stage: &Stage) -> String {
    stage.sandbox.describe().tokens["api"].clone()
}

/// Shows runs in every format to everybody; returns how many bytes that were.
fn all_formats(stage: &Stage, runs: &[Run]) -> usize {
    let mut bytes = 0;
    for audience in [Audience::Public, Audience::Team, Audience::Confidential] {
        let told = Told { runs, planned: false, now: stage.now, stamp: "", requests: (9, 9), audience, took_ms: 9 };
        let texts = [
            ("the report", terminal::text(&told, Detail::Full)),
            ("the quiet report", terminal::text(&told, Detail::Quiet)),
            ("the JSON report", json::text(&told)),
            ("the JUnit report", junit::text(&told)),
            ("the annotations", annotations::text(&told)),
            ("the text for Slack", slack::text(&told)),
        ];
        for (sink, text) in texts {
            bytes += text.len();
            search(sink, text.as_bytes(), &token(stage));
        }
    }
    bytes
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
