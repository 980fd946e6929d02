//! The progress bar on standard error, where a person looks at a terminal.
//!
//! It is drawn while the work is waited for, by the same thread. Whatever else goes to standard error takes it away
//! for that moment, and it is gone when the work ends or is given up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::args::{Global, LogFormat};
use crate::collect::links::progress::{Held, Progress};

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(125);

/// The bar of a run; its clones are the same bar.
#[derive(Clone)]
pub(crate) struct Bar {
    wanted: bool,
    progress: Progress,
    drawn: Arc<Mutex<Option<ProgressBar>>>,
}

impl Bar {
    /// A bar that is shown where somebody sees it and wants it.
    pub(super) fn new(global: &Global, env: &BTreeMap<String, String>, is_terminal: bool) -> Self {
        let wanted = is_terminal && wanted(global, env);
        Self { wanted, progress: Progress::default(), drawn: Arc::default() }
    }

    /// Whether it is shown at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// What it shows.
    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Does something, and shows meanwhile how far it is.
    pub(super) fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        // Boxed, because the work of a whole run is large.
        let mut work = Box::pin(work);
        async move {
            if !self.wanted {
                return work.await;
            }
            let _cleared = Cleared(self);
            let mut tick = interval(EVERY);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    ended = &mut work => return ended,
                    _ = tick.tick() => self.draw(),
                }
            }
        }
    }

    /// Writes to standard error while the bar is not there.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*self.drawn() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn draw(&self) {
        let so_far = self.progress.so_far(Instant::now());
        if so_far.done >= so_far.all {
            return self.clear();
        }
        let mut drawn = self.drawn();
        let bar = drawn.get_or_insert_with(new_bar);
        bar.update(|state| {
            state.set_len(so_far.all as u64);
            state.set_pos(so_far.done as u64);
        });
        bar.set_message(so_far.held.as_ref().map(said).unwrap_or_default());
        bar.force_draw();
    }

    fn clear(&self) {
        if let Some(bar) = self.drawn().take() {
            bar.finish_and_clear();
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the bar away, however the work ends.
struct Cleared<'a>(&'a Bar);

impl Drop for Cleared<'_> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// Not in a job's log, where nothing can be drawn over, and not among lines for programs.
fn wanted(global: &Global, env: &BTreeMap<String, String>) -> bool {
    let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
    let can_draw = env.get("TERM").is_none_or(|term| term != "dumb");
    can_draw && !set("CI") && !global.no_progress && !global.quiet && global.log_format == LogFormat::Text
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("[{bar:20}] {pos}/{len} visited, {elapsed_precise}{wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}

/// What is waited for.
fn said(held: &Held) -> String {
    let seconds = held.left.as_millis().div_ceil(1_000);
    let others = if held.others == 0 { String::new() } else { format!(" and {} more", held.others) };
    format!(", waits {seconds} s for {}{others}", held.host)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::Cli;
    use super::*;

    fn shown(args: &[&str], env: &[(&str, &str)], is_terminal: bool) -> bool {
        let cli = Cli::try_parse_from([&["podkeeper", "check", "a.md"], args].concat()).unwrap();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Bar::new(&cli.global, &env, is_terminal).is_wanted()
    }

    #[test]
    fn the_bar_is_for_a_person_at_a_terminal_who_wants_it() {
        assert!(shown(&[], &[("TERM", "xterm"), ("CI", "")], true));
        assert!(shown(&["-v", "--format", "json"], &[], true));
        assert!(!shown(&[], &[], false));
        for args in [&["--no-progress"][..], &["--quiet"], &["--log-format", "json"]] {
            assert!(!shown(args, &[], true), "{args:?}");
        }
        for env in [("CI", "true"), ("TERM", "dumb")] {
            assert!(!shown(&[], &[env], true), "{env:?}");
        }
    }

    #[test]
    fn it_says_who_is_waited_for() {
        let held = |left, others| Held { host: "a.example".to_owned(), left: Duration::from_millis(left), others };
        assert_eq!(said(&held(29_001, 0)), ", waits 30 s for a.example");
        assert_eq!(said(&held(1_000, 2)), ", waits 1 s for a.example and 2 more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_is_waited_for_with_and_without_a_bar() {
        for wanted in [false, true] {
            let bar = Bar { wanted, progress: Progress::default(), drawn: Arc::default() };
            let work = async {
                tokio::time::sleep(Duration::from_secs(3)).await;
                bar.aside(|| 7)
            };
            assert_eq!(bar.during(work).await, 7);
            assert!(bar.drawn().is_none(), "nothing to visit, nothing to show");
        }
    }
}
