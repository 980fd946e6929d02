use std::collections::BTreeMap;

use Verdict::{Alive, Dead, FragmentDead, FragmentUnverifiable, Moved, Skipped};

use super::*;

/// Files in memory.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn entry(&self, path: &str) -> Option<Entry> {
        if self.0.contains_key(path) {
            return Some(Entry::File);
        }
        let below = format!("{path}/");
        (path.is_empty() || self.0.keys().any(|known| known.starts_with(&below))).then_some(Entry::Folder)
    }

    fn text(&self, path: &str) -> Option<String> {
        self.0.get(path).map(|text| (*text).to_owned())
    }
}

fn local(site: Site, files: &[(&'static str, &'static str)]) -> Local {
    let sheets = files.iter().filter(|(path, _)| heading::is_markdown(path)).map(|(path, text)| Sheet {
        path: (*path).to_owned(),
        front: Front::of(text),
        anchors: None,
    });
    let sheets: Vec<Sheet> = sheets.collect();
    Local::new(site, Box::new(Memory(files.iter().copied().collect())), sheets)
}

#[track_caller]
fn judged(local: &Local, from: &str, cases: &[(&str, Verdict, &str)]) {
    for (address, verdict, suggestion) in cases {
        let found = local.look(from, address);
        let better = found.judged.suggestion.clone().unwrap_or_default();
        assert_eq!(
            (found.judged.verdict, better.as_str()),
            (*verdict, *suggestion),
            "{address} from {from}: {}",
            found.judged.reason
        );
    }
}

#[test]
fn in_a_tree_links_are_relative_to_their_document_or_to_the_root() {
    let tree = local(
        Site::Tree,
        &[
            ("README.md", "# Top\n\n## Über uns\n\n## Top\n"),
            ("docs/a.md", "# A\n\n<a id=\"here\"></a>\n"),
            ("docs/b/c.md", "# C\n"),
            ("src/main.rs", "fn main() {}"),
            ("docs/with space.png", ""),
        ],
    );
    judged(
        &tree,
        "docs/a.md",
        &[
            ("b/c.md", Alive, ""),
            ("./b/../a.md#here", Alive, ""),
            ("#a", Alive, ""),
            ("#no", FragmentDead, ""),
            ("#top", Alive, ""),
            ("../README.md#%C3%BCber-uns", Alive, ""),
            ("../README.md#top-1", Alive, ""),
            ("../README.md#top-2", FragmentDead, ""),
            ("/README.md?plain=1", Alive, ""),
            ("/docs/", Alive, ""),
            ("/handbook/somewhere/", Skipped, ""),
            ("with%20space.png", Alive, ""),
            ("../src/main.rs#L1", FragmentUnverifiable, ""),
            ("b/c", Dead, "b/c.md"),
            ("b/d.md", Dead, ""),
            ("../../outside.md", Skipped, ""),
            ("{{< ref \"a\" >}}", Skipped, ""),
        ],
    );
}

#[test]
fn in_a_hugo_site_links_are_addresses_of_pages() {
    let site = local(
        Site::Hugo,
        &[
            ("content/handbook/_index.md", "# Handbook\n"),
            (
                "content/handbook/support/_index.md",
                "---\ntitle: x\naliases:\n  - /handbook/old-support/\n---\n# Support\n\n## Pods {#pods}\n",
            ),
            ("content/handbook/support/Secure Pod.md", "# Secure\n\n{{% people %}}\n"),
            ("content/handbook/support/picture.png", ""),
            ("content/handbook/named.md", "---\nurl: /elsewhere/\n---\n# Named\n"),
            ("static/images/x.png", ""),
            (
                "layouts/index.redirects",
                "# comment\n/handbook/gone/* /handbook/support/:splat 301\n/single /handbook/ 302\n",
            ),
        ],
    );
    judged(
        &site,
        "content/handbook/_index.md",
        &[
            ("/handbook/support/", Alive, ""),
            ("/handbook/support", Alive, ""),
            ("support/#pods", Alive, ""),
            ("support/#gone", FragmentDead, ""),
            ("support/_index.md#pods", Alive, ""),
            ("/handbook/support/secure-pod/#people", FragmentUnverifiable, ""),
            ("/handbook/support/secure-pod/index.html", Alive, ""),
            ("/handbook/old-support/#pods", Moved, "/handbook/support/#pods"),
            ("/handbook/gone/secure-pod/", Moved, "/handbook/support/secure-pod/"),
            ("/single", Moved, "/handbook/"),
            ("/elsewhere/", Alive, ""),
            ("/images/x.png", Alive, ""),
            ("support/picture.png", Alive, ""),
            ("/handbook/no/such/page/", Dead, ""),
            ("{{< ref \"support#pods\" >}}", Alive, ""),
            ("{{% relref path=\"/handbook/named\" %}}", Alive, ""),
            ("{{<ref 'named'>}}", Alive, ""),
            ("{{< ref \"nothing\" >}}", Dead, ""),
            ("{{</* ref \"shown\" */>}}", Skipped, ""),
            ("../../../up", Skipped, ""),
        ],
    );
    // A page that is a file of its own: from its address, or from its document's folder.
    judged(
        &site,
        "content/handbook/support/Secure Pod.md",
        &[("../#pods", Alive, ""), ("picture.png", Alive, ""), ("../support/#pods", Alive, ""), ("nothing/", Dead, "")],
    );
}
