//! The log on standard error, every line of it redacted.

use std::io::{self, Write};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, fmt};

use super::args::{Global, LogFormat};
use super::progress::Bar;
use crate::gitlab::Redactor;

/// Starts the log; it ends when the guard is dropped.
pub(super) fn start(global: &Global, redactor: Redactor, bar: Bar) -> DefaultGuard {
    let level = match (global.quiet, global.verbose) {
        (true, 0) => "error",
        (false, 0) => "warn",
        (_, 1) => "info",
        (_, _) => "debug",
    };
    // The gitlab crate logs GraphQL variables at info.
    let filter = EnvFilter::new(format!("podkeeper={level},gitlab=warn,warn"));
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(Lines(redactor, bar))
        .with_ansi(false)
        .with_target(false)
        .without_time();
    match global.log_format {
        LogFormat::Text => tracing::subscriber::set_default(builder.finish()),
        LogFormat::Json => tracing::subscriber::set_default(builder.json().finish()),
    }
}

/// Where lines go: past the redactor, and past the progress bar.
struct Lines(Redactor, Bar);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0, &self.1)
    }
}

/// One event: the formatter writes it whole.
struct Line<'a>(&'a Redactor, &'a Bar);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = self.0.clean(&text);
        self.1.aside(|| io::stderr().write_all(text.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
