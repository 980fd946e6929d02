//! Which file of a package uses which, read from the paths in it, and the cycles among them.
//!
//! A path leads to the file of the longest module that it names. What a file has from its own ancestors, or from the
//! parts that it is made of, is no edge: they are one thing in several files.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::Source;

/// The files that each file uses, by their module paths.
#[derive(Debug, Default)]
pub(super) struct Dependencies(BTreeMap<String, BTreeSet<String>>);

impl Dependencies {
    /// Those of all paths in these sources.
    pub(super) fn of(sources: &[Source]) -> Self {
        let modules: BTreeSet<Vec<&str>> = sources.iter().map(|source| module_path(&source.path)).collect();
        let mut edges = Self::default();
        for source in sources {
            let own = module_path(&source.path);
            for path in find_paths(&source.code) {
                let path: Vec<&str> = path.split("::").collect();
                let Some(used) = resolve_module(&path, &own, &modules) else { continue };
                if !used.starts_with(&own) && !own.starts_with(&used) {
                    edges.0.entry(own.join("::")).or_default().insert(used.join("::"));
                }
            }
        }
        edges
    }

    /// How many files use others.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The same between the folders and files beside `lib.rs`.
    pub(super) fn between_folders(&self) -> Self {
        let folder = |module: &str| module.split("::").next().unwrap().to_owned();
        let mut edges = Self::default();
        for (from, to) in self.0.iter().flat_map(|(from, all)| all.iter().map(move |to| (folder(from), folder(to)))) {
            if from != to {
                edges.0.entry(from).or_default().insert(to);
            }
        }
        edges
    }

    /// Sets of files in which each leads to each.
    pub(super) fn find_cycles(&self) -> Vec<BTreeSet<String>> {
        let mut circles: Vec<BTreeSet<String>> = Vec::new();
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|from| (from.as_str(), self.reachable_from(from))).collect();
        for (from, there) in &reached {
            let back = |to: &&&str| reached.get(**to).is_some_and(|there| there.contains(from));
            let circle: BTreeSet<String> = there.iter().filter(back).map(|to| (*to).to_owned()).collect();
            if !circle.is_empty() && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    /// Every file that one leads to.
    fn reachable_from(&self, start: &str) -> BTreeSet<&str> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(from) = open.pop() {
            for to in self.0.get(from).into_iter().flatten() {
                if reached.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        reached
    }
}

/// The module of a file; that of `lib.rs` is empty.
fn module_path(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').collect() }
}

/// The module that a path leads to; none for a path into another crate.
fn resolve_module<'a>(path: &[&'a str], own: &[&'a str], modules: &BTreeSet<Vec<&str>>) -> Option<Vec<&'a str>> {
    let (first, mut rest) = path.split_first()?;
    let mut found: Vec<&str> = match *first {
        "crate" => Vec::new(),
        "self" => own.to_vec(),
        "super" => own[..own.len().checked_sub(1)?].to_vec(),
        child => {
            let child: Vec<&str> = own.iter().copied().chain([child]).collect();
            return modules.contains(&child).then_some(child);
        }
    };
    while let Some((&"super", after)) = rest.split_first() {
        found.pop()?;
        rest = after;
    }
    for part in rest {
        found.push(part);
        if !modules.contains(&found) {
            found.pop();
            break;
        }
    }
    Some(found)
}

/// Every path of a text: those of `use`, one for each leaf of its tree, and those that begin with `crate`, `super` or
/// `self` anywhere else.
fn find_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for statement in code.split(';') {
        let used = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        });
        match used {
            Some(at) => expand_use_tree("", &statement[at + "use ".len()..], &mut paths),
            None => paths.extend(find_inline_paths(statement)),
        }
    }
    paths
}

/// The paths that stand in an expression or a type.
fn find_inline_paths(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let inside = |word: &&str| ["crate::", "super::", "self::"].iter().any(|start| word.starts_with(start));
    words.filter(inside).map(|word| word.trim_end_matches(':').to_owned()).collect()
}

/// The leaves of a tree such as `a::{b, c::{self, d as e}}`.
fn expand_use_tree(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((start, inside)) = tree.split_once('{') else {
        let leaf = tree.split(" as ").next().unwrap().trim();
        let path = format!("{before}{leaf}");
        paths.push(path.strip_suffix("::self").unwrap_or(&path).to_owned());
        return;
    };
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let branch = &inside[from..at];
                if !branch.trim().is_empty() {
                    expand_use_tree(&format!("{before}{}", start.trim()), branch, paths);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// A check that cannot fail proves nothing.
#[test]
fn circles_are_found_in_every_way_to_write_a_path() {
    let source = |path: &str, code: &str| Source { package: "src", path: path.to_owned(), code: code.to_owned() };
    let circles = |a: &str, b: &str| {
        let sources = [
            source("lib.rs", "mod a;\nmod b;"),
            source("a/mod.rs", "mod deep;"),
            source("a/deep.rs", a),
            source("b.rs", b),
        ];
        Dependencies::of(&sources).find_cycles().len()
    };
    let back = "use crate::a::{self, deep::{Deep, Other as Another}};";
    assert_eq!(circles("use crate::b::B;", back), 1);
    assert_eq!(circles("use super::super::b;", back), 1);
    assert_eq!(circles("fn f() -> crate::b::B { crate::b::B }", back), 1);
    assert_eq!(circles("pub(crate) use crate::{\n    b::{B},\n};", back), 1);
    // One way only, or between a file and its own parts.
    assert_eq!(circles("use std::b::B;", back), 0);
    assert_eq!(circles("use super::Part;", back), 0);
    let sources = [source("lib.rs", ""), source("a.rs", "mod b;\nuse b::B;"), source("a/b.rs", "use super::A;")];
    assert_eq!(Dependencies::of(&sources).find_cycles().len(), 0);
}
