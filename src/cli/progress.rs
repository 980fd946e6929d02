//! The progress bar on standard error, where a person looks at a terminal.
//!
//! It is drawn while the work is waited for, by the same thread. Whatever else goes to standard error takes it away
//! for that moment, and it is gone when the work ends or is given up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::args::{GlobalArgs, LogFormat};
use linkcheck::progress::{Progress, WaitingHost};

/// How often it is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(125);

/// The bar of a run; its clones are the same bar.
#[derive(Clone)]
pub(crate) struct Bar {
    wanted: bool,
    progress: Progress,
    drawn: Arc<Mutex<Option<ProgressBar>>>,
}

impl Bar {
    /// A bar that is shown where somebody sees it and wants it.
    pub(super) fn new(global: &GlobalArgs, env: &BTreeMap<String, String>, is_terminal: bool) -> Self {
        let wanted = is_terminal && is_bar_wanted(global, env);
        Self { wanted, progress: Progress::default(), drawn: Arc::default() }
    }

    /// Whether it is shown at all.
    #[cfg(test)]
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// What it shows.
    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Does something, and shows meanwhile how far it is.
    pub(super) fn show_during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        // Boxed, because the work of a whole run is large.
        let mut work = Box::pin(work);
        async move {
            if !self.wanted {
                return work.await;
            }
            let _cleared = ClearOnDrop(self);
            let mut tick = interval(DRAW_INTERVAL);
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
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*self.lock_bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn draw(&self) {
        let so_far = self.progress.state(Instant::now());
        if so_far.done >= so_far.all {
            return self.clear();
        }
        let mut drawn = self.lock_bar();
        let bar = drawn.get_or_insert_with(new_bar);
        bar.update(|state| {
            state.set_len(so_far.all as u64);
            state.set_pos(so_far.done as u64);
        });
        bar.set_message(so_far.longest_wait.as_ref().map(waiting_message).unwrap_or_default());
        bar.force_draw();
    }

    fn clear(&self) {
        if let Some(bar) = self.lock_bar().take() {
            bar.finish_and_clear();
        }
    }

    fn lock_bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the bar away, however the work ends.
struct ClearOnDrop<'a>(&'a Bar);

impl Drop for ClearOnDrop<'_> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// Not in a job's log, where nothing can be drawn over, and not among lines for programs.
fn is_bar_wanted(global: &GlobalArgs, env: &BTreeMap<String, String>) -> bool {
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
fn waiting_message(held: &WaitingHost) -> String {
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
        let held =
            |left, others| WaitingHost { host: "a.example".to_owned(), left: Duration::from_millis(left), others };
        assert_eq!(waiting_message(&held(29_001, 0)), ", waits 30 s for a.example");
        assert_eq!(waiting_message(&held(1_000, 2)), ", waits 1 s for a.example and 2 more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_is_waited_for_with_and_without_a_bar() {
        for wanted in [false, true] {
            let bar = Bar { wanted, progress: Progress::default(), drawn: Arc::default() };
            let work = async {
                tokio::time::sleep(Duration::from_secs(3)).await;
                bar.suspend(|| 7)
            };
            assert_eq!(bar.show_during(work).await, 7);
            assert!(bar.lock_bar().is_none(), "nothing to visit, nothing to show");
        }
    }
}
