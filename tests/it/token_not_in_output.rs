//! A run as everybody is shown it: every format of the report, and the log at its loudest. Each
//! byte is searched for the token that the run works with.

use std::io;
use std::sync::{Arc, Mutex};

use podkeeper::pod::run::PodRun;
use podkeeper::report::terminal::DetailLevel;
use podkeeper::report::{
    Confidential, Public, ReportAudience, RunReport, Team, annotations, json, junit, slack, terminal,
};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::crash_recovery::{all_scenarios, prepare_stage};
use crate::support::Stage;
use crate::token_search::assert_no_token;

#[tokio::test(start_paused = true)]
async fn no_format_and_no_line_of_the_log_shows_the_token() {
    let shown = show_all_scenarios().await;
    println!("{} runs, {} bytes of reports, {} bytes of logs", shown.runs, shown.reports, shown.log);
    assert!(shown.runs >= 15 && shown.reports > 100_000 && shown.log > 10_000);
}

/// How much was shown.
#[derive(Default)]
pub(crate) struct ShownBytes {
    pub(crate) runs: usize,
    pub(crate) reports: usize,
    pub(crate) log: usize,
}

/// Every scenario of the crash sweep, shown in every way.
pub(crate) async fn show_all_scenarios() -> ShownBytes {
    let mut shown = ShownBytes::default();
    for scenario in all_scenarios() {
        let stage = prepare_stage(&scenario).await;
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(log.clone())
            .finish();
        let runs = {
            let _listens = tracing::subscriber::set_default(subscriber);
            stage.apply_all_tasks().await
        };
        shown.runs += 1;
        shown.reports += show_in_all_formats(&stage, &runs);
        let log = log.0.lock().unwrap();
        shown.log += log.len();
        assert_no_token("the log", &log, &token(&stage));
    }
    shown
}

fn token(stage: &Stage) -> String {
    stage.sandbox.describe().tokens["api"].clone()
}

/// Shows runs in every format to everybody; returns how many bytes that were.
fn show_in_all_formats(stage: &Stage, runs: &[PodRun]) -> usize {
    let (runs, now) = (Confidential::restrict(runs), stage.now);
    let report = RunReport {
        runs,
        plan_only: false,
        now,
        stamp: "",
        read_requests: 9,
        public_read_requests: 9,
        write_requests: 9,
        took_ms: 9,
    };
    let texts =
        [render_for(&report.for_audience::<Public>()), render_for(&report.for_audience::<Team>()), render_for(&report)];
    let mut bytes = 0;
    for (sink, text) in texts.concat() {
        bytes += text.len();
        assert_no_token(sink, text.as_bytes(), &token(stage));
    }
    bytes
}

/// Every format, for these readers.
fn render_for<A: ReportAudience>(report: &RunReport<'_, A>) -> Vec<(&'static str, String)> {
    vec![
        ("the report", terminal::render(report, DetailLevel::Verbose)),
        ("the quiet report", terminal::render(report, DetailLevel::Quiet)),
        ("the JSON report", json::render(report)),
        ("the JUnit report", junit::render(report)),
        ("the annotations", annotations::render(report)),
        ("the text for Slack", slack::render(report)),
    ]
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
