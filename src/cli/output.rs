//! Where texts leave the program: each one redacted first, and with nothing in it that is not seen.

use std::collections::BTreeMap;
use std::io::Write;

use crate::gitlab::Redactor;
use crate::pod::text::{is_invisible, show_invisible_in_lines};

use super::args::ColorChoice;
use super::progress::Bar;

/// Standard output and standard error.
pub(crate) struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_is_terminal: bool,
    colored: bool,
    redactor: Redactor,
    /// What is taken away while something is written beside it.
    bar: Option<Bar>,
    /// Why a result did not get out, if one did not.
    failure: Option<String>,
}

impl Output {
    pub(crate) fn new(out: (Box<dyn Write + Send>, bool), err: Box<dyn Write + Send>, redactor: Redactor) -> Self {
        Self { out: out.0, err, out_is_terminal: out.1, colored: false, redactor, bar: None, failure: None }
    }

    /// What is written to standard error from now on stands beside this bar.
    pub(crate) fn set_progress_bar(&mut self, bar: Bar) {
        self.bar = Some(bar);
    }

    /// Settles colour. GitLab's job log shows colours though it is no terminal.
    pub(crate) fn set_color(&mut self, choice: ColorChoice, env: &BTreeMap<String, String>) {
        let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
        self.colored = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let ci = env.get("GITLAB_CI").is_some_and(|value| value == "true");
                let is_dumb = env.get("TERM").is_some_and(|terminal| terminal == "dumb");
                !set("NO_COLOR") && (set("CLICOLOR_FORCE") || ci || (self.out_is_terminal && !is_dumb))
            }
        };
    }

    /// How many columns there are for a result, where standard output is a terminal.
    pub(crate) fn terminal_width(&self) -> Option<usize> {
        self.terminal_size().0
    }

    /// How many columns and lines there are for a result, where standard output is a terminal.
    pub(crate) fn terminal_size(&self) -> (Option<usize>, Option<usize>) {
        /// Of a terminal that does not say.
        const COLUMNS: usize = 80;
        if !self.out_is_terminal {
            return (None, None);
        }
        match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((width, height)) => (Some(usize::from(width.0)), Some(usize::from(height.0))),
            None => (Some(COLUMNS), None),
        }
    }

    /// A result. A reader that went away is no fault of the work.
    pub(crate) fn print(&mut self, text: &str) {
        for lines in split_into_parts(text) {
            let lines = self.clean(lines);
            self.write(&lines);
        }
    }

    /// A long result, as it is written: no more of it is held than some lines.
    pub(crate) fn print_stream(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let mut lines = LineBuffer { output: self, held: Vec::new() };
        // What can go wrong is noted where it does.
        write(&mut lines).unwrap_or_default();
        lines.print_all_but(0);
    }

    /// A text as it may leave, for a file: no secret, no character that is not seen.
    pub(crate) fn clean(&self, text: &str) -> String {
        clean(&self.redactor, text)
    }

    /// Why something could not be written, if so, as on a full disk: then the work is done and not reported.
    pub(crate) fn write_failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn write(&mut self, text: &str) {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Err(error) => self.failure = Some(error.to_string()),
        }
    }

    /// The tokens of a sandbox, which are of no use anywhere else, as they are.
    #[cfg(feature = "sandbox")]
    pub(crate) fn print_unredacted(&mut self, text: &str) {
        self.write(text);
    }

    /// A result for people: its marks get a colour where that is wanted.
    pub(crate) fn print_report(&mut self, text: &str) {
        if self.colored {
            self.print(&color_marks(text));
        } else {
            self.print(text);
        }
    }

    /// A remark beside the result.
    pub(crate) fn print_note(&mut self, text: &str) {
        self.print_stderr(&format!("{}\n", visible_lines(text)));
    }

    /// Why the work ended.
    pub(crate) fn print_error_line(&mut self, sentence: &str) {
        self.print_stderr(&format!("error: {}\n", visible_lines(sentence)));
    }

    pub(crate) fn print_stderr(&mut self, text: &str) {
        let text = self.clean(text);
        let Self { err, bar, .. } = self;
        let mut write = || err.write_all(text.as_bytes()).and_then(|()| err.flush());
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
        .unwrap_or_default();
    }
}

/// A text as it may leave. What is not seen goes first: it could stand in the middle of a secret.
pub(super) fn clean(redactor: &Redactor, text: &str) -> String {
    redactor.redact(&show_invisible_in_lines(text)).into_owned()
}

/// How many bytes are cleaned at once: whoever looks for secrets holds a long text several times.
const PART_BYTES: usize = 64 * 1024;

/// A text in parts of whole lines: no secret goes over the end of one.
fn split_into_parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let line_end = rest.as_bytes().iter().skip(PART_BYTES).position(|byte| *byte == b'\n');
        let (part, behind) = rest.split_at(line_end.map_or(rest.len(), |end| PART_BYTES + end + 1));
        rest = behind;
        (!part.is_empty()).then_some(part)
    })
}

/// Passes on whole lines: no secret goes over the end of one.
struct LineBuffer<'a> {
    output: &'a mut Output,
    held: Vec<u8>,
}

impl LineBuffer<'_> {
    /// Passes on all but so many bytes at the end.
    fn print_all_but(&mut self, rest_len: usize) {
        let rest = self.held.split_off(self.held.len() - rest_len);
        self.output.print(&String::from_utf8_lossy(&std::mem::replace(&mut self.held, rest)));
    }
}

impl Write for LineBuffer<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PART_BYTES
            && let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n')
        {
            self.print_all_but(self.held.len() - end - 1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A sentence without what moves a terminal's cursor or hides: it may name a file, and whoever names files may be anybody.
fn visible_lines(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(*c))).collect()
}

fn color_marks(text: &str) -> String {
    let mut is_urgent = false;
    let lines = text.split_inclusive('\n').map(|line| {
        // What waits for a person is red to its last line.
        is_urgent = line.starts_with(">>> ") || (is_urgent && line.starts_with("    "));
        match line.strip_suffix('\n') {
            Some(words) if is_urgent => format!("\u{1b}[1;31m{words}\u{1b}[0m\n"),
            _ => color_mark(line),
        }
    });
    lines.collect()
}

fn color_mark(line: &str) -> String {
    let color = match line.get(..4) {
        Some("  + ") => "32",
        Some("  x ") => "31",
        Some("  ! " | "  ? ") => "33",
        Some("  = " | "  > ") => "2",
        _ => return line.to_owned(),
    };
    format!("\u{1b}[{color}m{}\u{1b}[0m{}", &line[..4], &line[4..])
}

#[cfg(test)]
mod tests;
