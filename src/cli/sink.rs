//! Where texts leave the program: each one redacted first.

use std::collections::BTreeMap;
use std::io::Write;

use crate::gitlab::Redactor;

use super::args::Color;
use super::progress::Bar;

/// Standard output and standard error.
pub(crate) struct Sink {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_is_terminal: bool,
    colored: bool,
    redactor: Redactor,
    /// What is taken away while something is written beside it.
    bar: Option<Bar>,
    /// Why a result did not get out, if one did not.
    lost: Option<String>,
}

impl Sink {
    pub(crate) fn new(out: (Box<dyn Write + Send>, bool), err: Box<dyn Write + Send>, redactor: Redactor) -> Self {
        Self { out: out.0, err, out_is_terminal: out.1, colored: false, redactor, bar: None, lost: None }
    }

    /// What is written to standard error from now on stands beside this bar.
    pub(crate) fn beside(&mut self, bar: Bar) {
        self.bar = Some(bar);
    }

    /// Settles colour. GitLab's job log shows colours though it is no terminal.
    pub(crate) fn color(&mut self, choice: Color, env: &BTreeMap<String, String>) {
        let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
        self.colored = match choice {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let ci = env.get("GITLAB_CI").is_some_and(|value| value == "true");
                !set("NO_COLOR") && (set("CLICOLOR_FORCE") || ci || self.out_is_terminal)
            }
        };
    }

    /// How many columns there are for a result, where standard output is a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        /// Of a terminal that does not say.
        const COLUMNS: usize = 80;
        let size = self.out_is_terminal.then(|| terminal_size::terminal_size_of(std::io::stdout()));
        size.map(|size| size.map_or(COLUMNS, |(width, _)| usize::from(width.0)))
    }

    /// A result. A reader that went away is no fault of the work.
    pub(crate) fn out(&mut self, text: &str) {
        let text = self.redactor.clean(text);
        self.put(&text);
    }

    /// A long result, as it is written: no more of it is held than some lines.
    pub(crate) fn written(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let mut lines = Lines { sink: self, held: Vec::new() };
        // What can go wrong is noted where it does.
        write(&mut lines).unwrap_or_default();
        lines.pass(0);
    }

    /// A text without any secret, for a file.
    pub(crate) fn cleaned(&self, text: &str) -> String {
        self.redactor.clean(text).into_owned()
    }

    /// What a full disk or the like took, if it took anything: then the work is done and not told.
    pub(crate) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    fn put(&mut self, text: &str) {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Err(error) => self.lost = Some(error.to_string()),
        }
    }

    /// The tokens of a box, which are invented and of no use anywhere else.
    pub(crate) fn invented(&mut self, text: &str) {
        self.put(text);
    }

    /// A result for people: its marks get a colour where that is wanted.
    pub(crate) fn painted(&mut self, text: &str) {
        if self.colored {
            let painted: String = text.split_inclusive('\n').map(paint).collect();
            self.out(&painted);
        } else {
            self.out(text);
        }
    }

    /// A remark beside the result.
    pub(crate) fn note(&mut self, text: &str) {
        self.raw_error(&format!("{text}\n"));
    }

    /// Why the work ended.
    pub(crate) fn error(&mut self, sentence: &str) {
        self.raw_error(&format!("error: {sentence}\n"));
    }

    pub(crate) fn raw_error(&mut self, text: &str) {
        let text = self.redactor.clean(text);
        let Self { err, bar, .. } = self;
        let mut write = || err.write_all(text.as_bytes()).and_then(|()| err.flush());
        match bar {
            Some(bar) => bar.aside(write),
            None => write(),
        }
        .unwrap_or_default();
    }
}

/// Passes on whole lines: no secret goes over the end of one.
struct Lines<'a> {
    sink: &'a mut Sink,
    held: Vec<u8>,
}

impl Lines<'_> {
    /// Passes on all but so many bytes at the end.
    fn pass(&mut self, kept: usize) {
        let rest = self.held.split_off(self.held.len() - kept);
        self.sink.out(&String::from_utf8_lossy(&std::mem::replace(&mut self.held, rest)));
    }
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        const ENOUGH: usize = 64 * 1024;
        self.held.extend_from_slice(bytes);
        if self.held.len() >= ENOUGH
            && let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n')
        {
            self.pass(self.held.len() - end - 1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn paint(line: &str) -> String {
    let color = match line.get(..4) {
        Some("  + ") => "32",
        Some("  x ") => "31",
        Some("  ! " | "  ? ") => "33",
        Some("  = " | "  > ") => "2",
        _ => return line.to_owned(),
    };
    format!("\u{1b}[{color}m{}\u{1b}[0m{}", &line[..4], &line[4..])
}
