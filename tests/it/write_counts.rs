//! What every sweep counts beside its own figure: issues that were created twice, and writes where nothing was new.

use std::collections::BTreeMap;

use podkeeper::sandbox::World;

use crate::support::Stage;

/// Creates and second runs of a sweep.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteCounts {
    /// Issues that podkeeper opened.
    pub(crate) creates: usize,
    /// Those of them that were one too many for their session or report.
    pub(crate) doubles: usize,
    /// Runs in a world in which nothing had changed since the run before, and what they wrote.
    pub(crate) reruns: usize,
    pub(crate) rewrites: usize,
    /// Where the first of those was counted.
    pub(crate) rewritten_at: Option<String>,
}

impl WriteCounts {
    /// Adds what another sweep counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.creates += other.creates;
        self.doubles += other.doubles;
        self.reruns += other.reruns;
        self.rewrites += other.rewrites;
        self.rewritten_at = self.rewritten_at.take().or_else(|| other.rewritten_at.clone());
    }

    /// Counts what one worker alone made of a world: no key may have more issues than it began with, open or closed.
    pub(crate) fn count_single_worker(&mut self, before: &BTreeMap<String, usize>, stage: &Stage) {
        self.creates += created_count(stage);
        let now = stage.with_world(|world| issue_count_by_key(world, false));
        let allowed = |key: &String| before.get(key).copied().unwrap_or(0).max(1);
        self.doubles += now.iter().map(|(key, count)| count.saturating_sub(allowed(key))).sum::<usize>();
    }

    /// Counts what several workers made of a world at once: no key may have two open issues when they have ended.
    pub(crate) fn count_concurrent_workers(&mut self, stage: &Stage) {
        self.creates += created_count(stage);
        self.doubles +=
            stage.with_world(|world| issue_count_by_key(world, true)).values().map(|count| count - 1).sum::<usize>();
    }

    /// Counts a run in a world in which nothing had changed, and what it wrote.
    #[track_caller]
    pub(crate) fn count_rerun(&mut self, wrote: usize) {
        self.reruns += 1;
        self.rewrites += wrote;
        if wrote > 0 {
            self.rewritten_at.get_or_insert(std::panic::Location::caller().to_string());
        }
    }
}

/// How many issues stand for each key, all or only open ones.
///
/// Found by the marker's first line as the design has it, not by the code that is judged.
pub(crate) fn issue_count_by_key(world: &World, open: bool) -> BTreeMap<String, usize> {
    let mut by_key = BTreeMap::new();
    for (project, issue) in
        world.projects.iter().flat_map(|(id, project)| project.issues.values().map(move |i| (id, i)))
    {
        let text = issue.description.as_deref().unwrap_or_default();
        if let Some(key) = marker_key(text).filter(|_| !open || issue.is_open()) {
            *by_key.entry(format!("{project} {key}")).or_default() += 1;
        }
    }
    by_key
}

/// What a text says it stands for.
pub(crate) fn marker_key(text: &str) -> Option<String> {
    let first = |line: &str| line.trim().strip_prefix("<!-- podkeeper:v1 ")?.strip_suffix(" -->").map(str::to_owned);
    text.lines().find_map(first).filter(|key| key.starts_with("session ") || key.starts_with("report "))
}

/// How many issues the sandbox was asked to open, and opened.
fn created_count(stage: &Stage) -> usize {
    let opened = |method: &str, path: &str, status| method == "POST" && path.ends_with("/issues") && status == 201;
    stage.sandbox.journal().iter().filter(|entry| opened(&entry.method, &entry.path, entry.status)).count()
}

#[test]
fn a_double_is_counted_however_it_came() {
    let mut writes = WriteCounts::default();
    let stage = Stage::seeded();
    let before = stage.with_world(|world| issue_count_by_key(world, false));
    assert_eq!(before.len(), 2, "the sessions before: {before:?}");
    let twice = |stage: &Stage| {
        stage.sandbox.change_world(|world| {
            let project = world.projects.values_mut().find(|project| !project.issues.is_empty()).unwrap();
            let mut twin = project.issues.values().next().unwrap().clone();
            twin.iid = 900;
            twin.closed_at = None;
            project.issues.insert(twin.iid, twin);
        });
    };
    twice(&stage);
    writes.count_single_worker(&before, &stage);
    assert_eq!(writes.doubles, 1);
    // One that was there at the beginning is nobody's double.
    let before = stage.with_world(|world| issue_count_by_key(world, false));
    writes.count_single_worker(&before, &stage);
    assert_eq!((writes.doubles, writes.creates), (1, 0));
}
