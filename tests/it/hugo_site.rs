//! Links and places of invented sites, against what Hugo built of them.
//!
//! `tests/data/hugo-site.json` is Hugo's own word: `tests/acceptance/peers/hugo_site.py` builds the sites beside it and
//! says where each link of each page leads. Every `F` among their labels is a planted fault.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use linkcheck::check_options::CheckOptions;
use linkcheck::files::{FileKind, FileSystem, FrontMatter, LocalDocument, LocalFiles, SiteKind};
use linkcheck::link::{Link, LinkForm};
use linkcheck::text::Untrusted;
use linkcheck::verdict::{Observation, Verdict};
use linkcheck::{Document, check_offline, markdown};
use serde::Deserialize;

/// What Hugo built of one site.
#[derive(Debug, Deserialize)]
struct BuiltSite {
    pages: Vec<BuiltPage>,
    links: Vec<BuiltLink>,
}

#[derive(Debug, Deserialize)]
struct BuiltPage {
    source: String,
    address: String,
    ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct BuiltLink {
    page: String,
    label: String,
    written: String,
    truth: Verdict,
}

/// How far verdicts agree with what was built.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    /// The planted faults, and those that were told.
    pub(crate) faults: usize,
    pub(crate) found: usize,
    /// What was called dead, and what of it is.
    pub(crate) called_dead: usize,
    pub(crate) rightly: usize,
    /// The links that live, and those that were seen to.
    pub(crate) living: usize,
    pub(crate) seen_living: usize,
    /// The places that pages have, and those that were seen.
    pub(crate) places: usize,
    pub(crate) seen_places: usize,
    /// What was called dead and is not.
    pub(crate) wrong: Vec<String>,
    /// What was not seen: faults and what lives.
    pub(crate) missed: Vec<String>,
}

impl Agreement {
    fn add_link(&mut self, what: impl Fn() -> String, truth: Verdict, said: &Observation) {
        self.add(what, is_dead(truth), said.assessment.verdict == truth, said);
    }

    /// A link of which nothing is known but whether it is a fault.
    pub(crate) fn add_labelled(&mut self, what: impl Fn() -> String, is_fault: bool, said: &Observation) {
        let verdict = said.assessment.verdict;
        self.add(what, is_fault, if is_fault { is_dead(verdict) } else { verdict == Verdict::Alive }, said);
    }

    fn add(&mut self, what: impl Fn() -> String, is_fault: bool, is_right: bool, said: &Observation) {
        let verdict = said.assessment.verdict;
        let sentence = || format!("{} is said to be {verdict:?}: {}", what(), said.assessment.reason);
        if is_fault {
            self.faults += 1;
            self.found += usize::from(is_right);
        } else {
            self.living += 1;
            self.seen_living += usize::from(is_right);
        }
        self.called_dead += usize::from(is_dead(verdict));
        self.rightly += usize::from(is_dead(verdict) && is_right);
        if is_dead(verdict) && !is_right {
            self.wrong.push(sentence());
        } else if !is_right {
            self.missed.push(sentence());
        }
    }
}

fn is_dead(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Dead | Verdict::FragmentDead)
}

/// Checks each site as `check --site hugo` does, and compares.
pub(crate) fn compare_with_hugo() -> Agreement {
    compare_as(SiteKind::Hugo)
}

fn compare_as(kind: SiteKind) -> Agreement {
    let oracle: BTreeMap<String, BuiltSite> = serde_json::from_str(include_str!("../data/hugo-site.json")).unwrap();
    let mut agreement = Agreement::default();
    for (name, built) in &oracle {
        compare_site(name, built, kind, &mut agreement);
    }
    agreement
}

fn compare_site(name: &str, built: &BuiltSite, kind: SiteKind, agreement: &mut Agreement) {
    let disk = DataFolder::new(&format!("hugo-site/{name}"));
    let day = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
    let texts = disk.markdown_files();
    let documents = texts.iter().map(|(path, text)| LocalDocument {
        path: path.clone(),
        front_matter: FrontMatter::parse(text),
        anchors: None,
    });
    let local = LocalFiles::on_day(kind, Box::new(disk), documents.collect(), Some(day));
    for page in &built.pages {
        let links = markdown::parse_links(&texts[&page.source]);
        let seen = check_page(&page.source, &links, &local);
        for link in built.links.iter().filter(|link| link.page == page.source) {
            let found = links.iter().find(|found| found.text.one_line() == link.label);
            let found = found.unwrap_or_else(|| panic!("{name}/{}: no link {}", page.source, link.label));
            let what = || format!("{name}/{}: [{}]({})", page.source, link.label, link.written);
            agreement.add_link(what, link.truth, &seen[&found.url]);
        }
        // Each place as a visitor names it, from any page.
        let places: Vec<Link> = page.ids.iter().map(|id| link_to(format!("{}#{id}", page.address))).collect();
        for (url, said) in check_page(&page.source, &places, &local) {
            agreement.places += 1;
            match said.assessment.verdict {
                Verdict::Alive => agreement.seen_places += 1,
                Verdict::Dead | Verdict::FragmentDead => {
                    agreement.called_dead += 1;
                    agreement.wrong.push(format!("{name}/{}: {url}: {}", page.source, said.assessment.reason));
                }
                _ => agreement.missed.push(format!("{name}/{}: {url}: {}", page.source, said.assessment.reason)),
            }
        }
    }
}

/// The verdicts on links that stand on a page.
pub(crate) fn check_page(page: &str, links: &[Link], local: &LocalFiles) -> BTreeMap<String, Observation> {
    let document = Document { path: page, links: links.into(), site_url: None, local_files: Some((local, page)) };
    let seen = check_offline(&[document], &CheckOptions::default());
    seen.into_iter().map(|seen| (seen.url.to_string(), seen)).collect()
}

fn link_to(url: String) -> Link {
    let (text, section) = (Untrusted::default(), Untrusted::default());
    Link { url, text, line: 1, column: 1, section: section.into(), form: LinkForm::Inline, kind: None }
}

/// The files of a site.
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// A folder of `tests/data`, seen from any package of the workspace.
    pub(crate) fn new(name: &str) -> Self {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let mut folders = above.map(|folder| folder.join("tests/data").join(name));
        Self(folders.find(|folder| folder.is_dir()).unwrap())
    }

    /// All Markdown, by path.
    pub(crate) fn markdown_files(&self) -> BTreeMap<String, String> {
        let (mut open, mut found) = (vec![self.0.clone()], BTreeMap::new());
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|ending| ending == "md") {
                    let shown = path.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
                    found.insert(shown, fs::read_to_string(path).unwrap());
                }
            }
        }
        found
    }
}

impl FileSystem for DataFolder {
    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        let kind = fs::metadata(self.0.join(path)).ok()?;
        Some(if kind.is_dir() { FileKind::Folder } else { FileKind::File })
    }

    fn read_text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }
}

#[test]
fn verdicts_are_those_of_the_site_that_hugo_built() {
    let agreement = compare_with_hugo();
    let shown = format!("{agreement:#?}");
    assert!(agreement.faults >= 250 && agreement.living >= 300 && agreement.places >= 150, "{shown}");
    assert!(agreement.wrong.is_empty(), "{shown}");
    assert!(agreement.found * 100 >= agreement.faults * 95, "{shown}");
    assert!(agreement.seen_places * 100 >= agreement.places * 95, "{shown}");
}

/// The figures can be others: to a checker that takes a site for files, most faults look alive.
#[test]
fn a_checker_that_takes_a_site_for_files_agrees_less() {
    let agreement = compare_as(SiteKind::Tree);
    assert!(agreement.found * 2 < agreement.faults && !agreement.wrong.is_empty(), "{agreement:#?}");
}
