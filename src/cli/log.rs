//! The log on standard error, every line of it redacted and visible: `-v` for what is decided and done, `-vv` for every request and
//! how long each step took.

use std::fmt;
use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{FmtSpan, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::{EnvFilter, fmt as lines};

use super::args::{GlobalArgs, LogFormat};
use super::output;
use super::progress::Bar;
use crate::gitlab::Redactor;
use crate::pod::json;

/// Starts the log, `verbose` as often as `-v` counts for it; it ends when the guard is dropped.
pub(super) fn start(
    global: &GlobalArgs,
    verbose: u8,
    clock: fn() -> DateTime<Utc>,
    redactor: Redactor,
    bar: Bar,
) -> DefaultGuard {
    let level = match (global.quiet, verbose) {
        (true, 0) => "error",
        (false, 0) => "warn",
        (_, 1) => "info",
        (_, _) => "debug",
    };
    // The gitlab crate logs GraphQL variables at info.
    let filter = EnvFilter::new(format!("podkeeper={level},gitlab=warn,warn"));
    let writer = CleanStderr { redactor, bar, format: global.log_format };
    let builder = lines().with_env_filter(filter).with_writer(writer).with_ansi(false);
    let with_times = verbose > 1;
    let spans = if with_times { FmtSpan::CLOSE } else { FmtSpan::NONE };
    match global.log_format {
        LogFormat::Text if with_times => {
            set_default(builder.with_target(false).with_timer(LogTimer(clock)).with_span_events(spans).finish())
        }
        LogFormat::Text => set_default(builder.with_target(false).without_time().finish()),
        LogFormat::Json => set_default(builder.json().with_timer(LogTimer(clock)).with_span_events(spans).finish()),
    }
}

/// The clock that is handed in.
struct LogTimer(fn() -> DateTime<Utc>);

impl FormatTime for LogTimer {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        out.write_str(&(self.0)().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// Where lines go: past the redactor, and past the progress bar.
struct CleanStderr {
    redactor: Redactor,
    bar: Bar,
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for CleanStderr {
    type Writer = StderrLine<'a>;

    fn make_writer(&'a self) -> StderrLine<'a> {
        StderrLine(self)
    }
}

/// One event: the formatter writes it whole.
struct StderrLine<'a>(&'a CleanStderr);

impl Write for StderrLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = clean_line(&self.0.redactor, self.0.format, &String::from_utf8_lossy(bytes));
        // A log that cannot be written, as on a full disk, stops no work: the library would say so in a way that panics.
        self.0.bar.suspend(|| io::stderr().write_all(text.as_bytes())).unwrap_or_default();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush().unwrap_or_default();
        Ok(())
    }
}

/// A line as it may be seen by everybody.
fn clean_line(redactor: &Redactor, format: LogFormat, line: &str) -> String {
    match format {
        LogFormat::Text => output::clean(redactor, line),
        LogFormat::Json => output::clean(redactor, &json::escape_invisible(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_shows_what_is_not_seen_in_the_words_of_its_format() {
        let redactor = Redactor::default();
        let line = "{\"host\":\"a\u{202e}b?token=abc\"}\n";
        let json = clean_line(&redactor, LogFormat::Json, line);
        assert_eq!(json, "{\"host\":\"a\\u202eb?token=[redacted]\"}\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["host"], "a\u{202e}b?token=[redacted]");
        assert_eq!(clean_line(&redactor, LogFormat::Text, "host=a\u{202e}b\n"), "host=a\\u{202e}b\n");
    }
}
