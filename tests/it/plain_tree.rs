//! Links and places of an invented repository, each of which is known to live or to be a planted fault.
//!
//! The label of each link in `tests/data/plain-tree/` says it: `L` leads somewhere, `F` nowhere, as GitLab shows it.

use linkcheck::files::{LocalDocument, LocalFiles, SiteKind};
use linkcheck::markdown;

use crate::hugo_site::{Agreement, DataFolder, check_page};

/// Checks the tree as `check` does, and compares.
pub(crate) fn compare_with_labels() -> Agreement {
    let disk = DataFolder::new("plain-tree");
    let texts = disk.markdown_files();
    let documents = texts.keys().map(|path| LocalDocument {
        path: path.clone(),
        front_matter: linkcheck::files::FrontMatter::default(),
        anchors: None,
    });
    let local = LocalFiles::new(SiteKind::Tree, Box::new(disk), documents.collect());
    let mut agreement = Agreement::default();
    for (page, text) in &texts {
        let links = markdown::parse_links(text);
        let seen = check_page(page, &links, &local);
        for link in &links {
            let label = link.text.one_line();
            let what = || format!("{page}: [{label}]({})", link.url);
            agreement.add_labelled(what, label.starts_with('F'), &seen[&link.url]);
        }
    }
    agreement
}

#[test]
fn planted_faults_are_found_and_nothing_else_is() {
    let agreement = compare_with_labels();
    assert!(agreement.faults >= 80 && agreement.living >= 90, "{agreement:#?}");
    assert!(agreement.wrong.is_empty(), "{agreement:#?}");
    assert!(agreement.found * 100 >= agreement.faults * 95, "{agreement:#?}");
}
