//! Which of the files that went are the ones that came: git concludes it from what is in them (git's
//! `diffcore-rename.c`).

use std::collections::BTreeMap;

use super::FileChange;

/// Where a file that went and one that came are at least half alike, they are one file under another name.
const MIN_SIMILARITY_PERCENT: usize = 50;

/// The same changes with each renamed file as one of them.
pub(crate) fn detect_renames(changes: &[FileChange]) -> Vec<FileChange> {
    let mut gone: Vec<&FileChange> = changes.iter().filter(|one| one.after.is_none()).collect();
    let mut sources: BTreeMap<&str, &FileChange> = BTreeMap::new();
    let came = || changes.iter().filter(|one| one.before.is_none() && one.from.is_none());
    // First whatever is the same to the letter, then what is alike.
    for least in [100, MIN_SIMILARITY_PERCENT] {
        for new in came().filter(|one| one.after.is_some()) {
            if sources.contains_key(new.path.as_str()) {
                continue;
            }
            let score = |old: &FileChange| (similarity_percent(old, new), file_name(&old.path) == file_name(&new.path));
            let best = gone.iter().enumerate().map(|(at, old)| (score(old), at));
            let best = best
                .filter(|((likeness, _), _)| *likeness >= least)
                .max_by_key(|(score, at)| (*score, usize::MAX - at));
            if let Some((_, at)) = best {
                sources.insert(&new.path, gone.remove(at));
            }
        }
    }
    let left = changes.iter().filter(|one| !sources.values().any(|old| std::ptr::eq(*old, *one)));
    left.map(|one| match sources.get(one.path.as_str()) {
        Some(old) if one.before.is_none() => {
            FileChange { from: Some(old.path.clone()), before: old.before.clone(), ..one.clone() }
        }
        _ => one.clone(),
    })
    .collect()
}

/// How much of the longer text stands in the other one, in percent.
fn similarity_percent(old: &FileChange, new: &FileChange) -> usize {
    let (old, new) = (old.before.as_deref().unwrap_or_default(), new.after.as_deref().unwrap_or_default());
    if old == new {
        return 100;
    }
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in old.split_inclusive('\n') {
        *left.entry(line).or_default() += 1;
    }
    let mut common = 0;
    for line in new.split_inclusive('\n') {
        if let Some(count) = left.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common += line.len();
        }
    }
    // What differs is never quite the same.
    (common * 100 / old.len().max(new.len()).max(1)).min(99)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_change(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
        FileChange { before: before.map(str::to_owned), ..FileChange::new(path, after) }
    }

    fn detected_paths(changes: &[FileChange]) -> Vec<(String, Option<String>)> {
        detect_renames(changes).into_iter().map(|one| (one.path, one.from)).collect()
    }

    #[test]
    fn a_file_that_is_half_the_same_was_renamed_and_one_that_is_less_was_not() {
        let old = file_change("old.md", Some("one\ntwo\nthree\nfour\n"), None);
        let half = file_change("new.md", None, Some("one\ntwo\nthree\nmore\n"));
        let [from, to] = ["old.md", "new.md"].map(str::to_owned);
        assert_eq!(detected_paths(&[half, old.clone()]), [(to.clone(), Some(from.clone()))]);
        let less = file_change("new.md", None, Some("four\nfive\nsix\nseven\n"));
        assert_eq!(detected_paths(&[less, old.clone()]), [(to.clone(), None), (from, None)]);
        assert_eq!(detected_paths(&[file_change("a", Some("x"), Some("y"))]), [("a".to_owned(), None)]);
        let same = detect_renames(&[file_change("new.md", None, old.before.as_deref()), old.clone()]);
        assert_eq!((same.len(), &same[0].before, &same[0].after), (1, &old.before, &old.before));
    }

    #[test]
    fn of_several_that_fit_the_one_of_the_same_name_is_it_and_each_is_renamed_once() {
        let gone = ["a/x.md", "b/y.md"].map(|path| file_change(path, Some("same\n"), None));
        let came = ["c/y.md", "d/z.md", "e/z.md"].map(|path| file_change(path, None, Some("same\n")));
        let all: Vec<FileChange> = gone.into_iter().chain(came).collect();
        let from = |path: &str| Some(path.to_owned());
        let paths = [("c/y.md", from("b/y.md")), ("d/z.md", from("a/x.md")), ("e/z.md", None)];
        assert_eq!(detected_paths(&all), paths.map(|(path, from)| (path.to_owned(), from)));
    }
}
