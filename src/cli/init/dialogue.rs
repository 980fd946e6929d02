//! The questions on a terminal. A signal ends them, and nothing was written then.

use super::super::CliError;
use super::super::output::Output;
use super::super::signals::Signals;
use crate::init::choices::Choices;
use crate::init::questions::{Question, take_answer};
use crate::report::init::render_question;

/// How often an answer that cannot be taken is asked for again.
const MOST_TRIES: usize = 5;

/// The end of a dialogue before its last question.
#[derive(Debug)]
pub(super) enum Ended {
    /// A signal, with its exit code.
    Signal(u8),
    /// Anything else.
    Error(CliError),
}

impl From<CliError> for Ended {
    fn from(error: CliError) -> Self {
        Self::Error(error)
    }
}

/// Where answers come from.
pub(super) enum Dialogue {
    /// A person at a terminal, who may also send a signal.
    Terminal(Signals),
    /// A test.
    #[cfg(test)]
    Script(std::collections::VecDeque<Result<String, Ended>>),
}

impl Dialogue {
    /// Listens for signals from now on.
    pub(super) fn start() -> Result<Self, CliError> {
        let signals =
            Signals::listen().map_err(|error| CliError::usage(format!("signals cannot be heard ({error})")))?;
        Ok(Self::Terminal(signals))
    }

    async fn next_line(&mut self) -> Result<String, Ended> {
        match self {
            Self::Terminal(signals) => tokio::select! {
                line = read_line() => Ok(line?),
                code = signals.next_exit_code() => Err(Ended::Signal(code)),
            },
            #[cfg(test)]
            Self::Script(lines) => lines.pop_front().unwrap_or_else(|| Err(no_more_answers().into())),
        }
    }

    /// Asks one question after the other until each has an answer that can be taken.
    pub(super) async fn ask_all(
        &mut self,
        questions: &[Question],
        choices: &mut Choices,
        output: &mut Output,
    ) -> Result<(), Ended> {
        if !questions.is_empty() {
            let number = match questions.len() {
                1 => "One question".to_owned(),
                number => format!("{number} questions"),
            };
            output.print(&format!("\n{number}; Enter takes what stands in brackets.\n"));
        }
        for question in questions {
            self.ask(&question.text, &question.proposal, output, |answer| take_answer(choices, question, answer))
                .await?;
        }
        Ok(())
    }

    /// Asks until an answer can be taken.
    pub(super) async fn ask<T>(
        &mut self,
        text: &str,
        proposal: &str,
        output: &mut Output,
        mut take: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<T, Ended> {
        for _ in 0..MOST_TRIES {
            output.print(&render_question(text, proposal));
            let line = self.next_line().await.inspect_err(|_| output.print("\n"))?;
            match take(line.trim()) {
                Ok(taken) => return Ok(taken),
                Err(why) => output.print(&format!("{why}\n")),
            }
        }
        Err(CliError::usage("no answer could be taken; nothing was written").into())
    }
}

fn no_more_answers() -> CliError {
    CliError::usage("the answers ended before the questions; nothing was written")
}

async fn read_line() -> Result<String, CliError> {
    let line = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        std::io::BufRead::read_until(&mut std::io::stdin().lock(), b'\n', &mut bytes).map(|_| bytes)
    });
    match line.await {
        Ok(Ok(bytes)) if bytes.is_empty() => Err(no_more_answers()),
        Ok(Ok(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Err(error)) => Err(CliError::usage(format!("no answer could be read ({error}); nothing was written"))),
        Err(_panic) => Err(CliError::usage("no answer could be read; nothing was written")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use chrono::NaiveDate;

    use super::*;
    use crate::gitlab::Redactor;
    use crate::init::choices::{Given, SharedValues};
    use crate::init::files::{Hints, pod_file};
    use crate::init::page_address::PageFile;
    use crate::init::proposal::Proposal;
    use crate::init::questions::open_questions;

    /// A page that leaves everything open.
    const PAGE: &str =
        "Every other Monday at 1530 UTC.\n\n[issues](https://gitlab.com/desk/support-pairing/-/issues)\n";

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// How it ended, the pod's file, and what was on the screen.
    async fn answer(lines: &[&str], end: Option<u8>) -> (Result<(), Ended>, String, String) {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let proposal = Proposal::read(PAGE, "pods/duo/_index.md", "desk/handbook", "gitlab.com", today);
        let file = PageFile {
            gitlab: None,
            project: "desk/handbook".to_owned(),
            path: "pods/duo/_index.md".to_owned(),
            git_ref: "main".to_owned(),
        };
        let mut choices = Choices::new("duo", file, &proposal, &Given::default(), &SharedValues::default());
        let hints = Hints { pairing: proposal.pairing.clone(), ..Hints::default() };
        let screen = Screen::default();
        let mut output = Output::new((Box::new(screen.clone()), true), Box::new(std::io::sink()), Redactor::default());
        let mut script: std::collections::VecDeque<_> = lines.iter().map(|line| Ok((*line).to_owned())).collect();
        script.extend(end.map(|code| Err(Ended::Signal(code))));
        let mut dialogue = Dialogue::Script(script);
        let ended = dialogue.ask_all(&open_questions(&choices, &hints), &mut choices, &mut output).await;
        let file = pod_file(&choices, &SharedValues::default(), &hints);
        let screen = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        (ended, file.text, screen)
    }

    #[tokio::test]
    async fn enter_takes_what_is_proposed() {
        let (ended, file, screen) = answer(&[""; 7], None).await;
        ended.unwrap();
        for key in [
            "name = \"Duo Pod\"",
            "name = \"pod::duo\"",
            "project = \"desk/support-pairing\"",
            "[[session]]\ncron = \"30 15 * * Mon\"\nzone = \"UTC\"\nevery = 2\nanchor = \"2026-11-30\"",
            "project = \"your-group/support-team\"",
        ] {
            assert!(file.contains(key), "{key}: {file}");
        }
        assert!(screen.starts_with("\n7 questions; Enter takes what stands in brackets.\n"), "{screen}");
        assert!(screen.contains("[pod::duo] ") && screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_taken_is_asked_for_again() {
        let lines = [
            "Duo, the pod",
            "a,b",
            "pod::gitlab duo",
            "Mondays",
            "0 99 * * Mon UTC",
            "0 9 * * Mon Nowhere/City",
            "0 9 * * Tue Europe/Berlin",
            "-",
            "nonsense",
            "desk/pairing",
            "desk/team",
            "desk/meta",
        ];
        let (ended, file, screen) = answer(&lines, None).await;
        ended.unwrap();
        for key in [
            "name = \"Duo, the pod\"",
            "name = \"pod::gitlab duo\"",
            "[[session]]\ncron = \"0 9 * * Tue\"\nzone = \"Europe/Berlin\"\n",
            "project = \"desk/pairing\"",
            "project = \"desk/team\"",
            "project = \"desk/meta\"",
        ] {
            assert!(file.contains(key), "{key}: {file}");
        }
        assert!(!file.contains("every =") && !file.contains("zendesk_group =\n"), "{file}");
        for why in
            ["holds a comma", "five cron fields and a zone", "`Nowhere/City` is no IANA", "`nonsense` is no full path"]
        {
            assert!(screen.contains(why), "{why}: {screen}");
        }
    }

    #[tokio::test]
    async fn a_signal_or_the_end_of_the_answers_ends_it() {
        let (ended, ..) = answer(&["", ""], Some(130)).await;
        assert!(matches!(ended, Err(Ended::Signal(130))), "{ended:?}");
        let (ended, ..) = answer(&["", ""], None).await;
        assert!(
            matches!(&ended, Err(Ended::Error(error)) if error.message.contains("nothing was written")),
            "{ended:?}"
        );
        let (ended, ..) = answer(&["a,b"; 9], None).await;
        assert!(
            matches!(&ended, Err(Ended::Error(error)) if error.message.contains("no answer could be taken")),
            "{ended:?}"
        );
    }
}
