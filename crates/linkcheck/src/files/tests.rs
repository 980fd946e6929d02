use std::collections::{BTreeMap, BTreeSet};

use Verdict::{Alive, Dead, FragmentDead, FragmentUnverifiable, Moved, Skipped};

use super::*;
use crate::markdown::headings;

mod hugo;

/// Stands for a symlink out of the root.
const LEADS_OUT: &str = "->";

/// Files in memory.
struct Memory(BTreeMap<&'static str, &'static str>);

impl FileSystem for Memory {
    fn is_repository(&self) -> bool {
        true
    }

    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        if let Some(text) = self.0.get(path) {
            return Some(if *text == LEADS_OUT { FileKind::OutsideRoot } else { FileKind::File });
        }
        let below = format!("{path}/");
        (path.is_empty() || self.0.keys().any(|known| known.starts_with(&below))).then_some(FileKind::Folder)
    }

    fn read_text(&self, path: &str) -> Option<String> {
        self.0.get(path).filter(|text| **text != LEADS_OUT).map(|text| (*text).to_owned())
    }

    fn visit_names(&self, folder: &str, visit: &mut dyn FnMut(&str)) {
        let beginning = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.0.keys().filter_map(|path| path.strip_prefix(beginning.as_str()));
        let names: BTreeSet<&str> = below.filter_map(|rest| rest.split('/').next()).collect();
        names.into_iter().for_each(visit);
    }
}

fn local(site: SiteKind, files: &[(&'static str, &'static str)]) -> LocalFiles {
    let documents = files.iter().filter(|(path, _)| headings::is_markdown_path(path)).map(|(path, text)| {
        LocalDocument { path: (*path).to_owned(), front_matter: FrontMatter::parse(text), anchors: None }
    });
    let documents: Vec<LocalDocument> = documents.collect();
    LocalFiles::new(site, Box::new(Memory(files.iter().copied().collect())), documents)
}

#[track_caller]
fn assessment(local: &LocalFiles, from: &str, cases: &[(&str, Verdict, &str)]) {
    for (address, verdict, suggestion) in cases {
        let found = local.resolve(from, address);
        let better = found.assessment.suggestion.clone().unwrap_or_default();
        assert_eq!(
            (found.assessment.verdict, better.as_str()),
            (*verdict, *suggestion),
            "{address} from {from}: {}",
            found.assessment.reason
        );
    }
}

#[test]
fn in_a_tree_links_are_relative_to_their_document_or_to_the_root() {
    let tree = local(
        SiteKind::Tree,
        &[
            ("README.md", "# Top\n\n## Über uns\n\n## Top\n"),
            ("docs/a.md", "# A\n\n<a id=\"here\"></a>\n"),
            ("docs/b/c.md", "# C\n"),
            ("src/main.rs", "fn main() {}"),
            ("docs/with space.png", ""),
        ],
    );
    assessment(
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
            ("/handbook/somewhere/", Dead, ""),
            ("with%20space.png", Alive, ""),
            ("../src/main.rs#L1", Alive, ""),
            ("b/c", Dead, "b/c.md"),
            ("b/c/", Dead, "b/c.md"),
            ("../docs#intro", FragmentUnverifiable, ""),
            ("b/d.md", Dead, ""),
            ("../../outside.md", Skipped, ""),
            ("{{< ref \"a\" >}}", Skipped, ""),
        ],
    );
}

#[test]
fn in_a_hugo_site_links_are_addresses_of_pages() {
    let site = local(
        SiteKind::Hugo,
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
    assessment(
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
    assessment(
        &site,
        "content/handbook/support/Secure Pod.md",
        &[("../#pods", Alive, ""), ("picture.png", Alive, ""), ("../support/#pods", Alive, ""), ("nothing/", Dead, "")],
    );
}

#[test]
fn what_the_server_leads_on_is_looked_at_where_it_ends() {
    let site = local(
        SiteKind::Hugo,
        &[
            ("content/new/_index.md", "## Here\n"),
            ("content/named.md", "---\naliases: [/known/]\n---\n## Named\n"),
            (
                "static/_redirects",
                "/old/*.html /:splat/ 301\n/news/:year/:page /:page/\n/one /two\n/two /new/#here\n\
                 /a /known/\n/gone /nowhere/\n/out https://other.example/x\n/round /round/\n/app/* /new/ 200\n",
            ),
        ],
    );
    assessment(
        &site,
        "content/named.md",
        &[
            ("/old/new.html#here", Moved, "/new/#here"),
            ("/old/new.html#no", FragmentDead, ""),
            ("/old/lost.html", Dead, ""),
            ("/news/2024/new/", Moved, "/new/"),
            ("/one", Moved, "/new/#here"),
            ("/a#named", Moved, "/named/#named"),
            ("/gone", Dead, ""),
            ("/out#x", Moved, "https://other.example/x#x"),
            ("/round", Skipped, ""),
            ("/app/anything/", Skipped, ""),
        ],
    );
}

#[test]
fn pages_that_a_site_makes_itself_are_not_called_dead() {
    let plain = local(
        SiteKind::Hugo,
        &[
            ("content/_index.md", ""),
            ("content/about.de.md", ""),
            ("content/team/_index.md", ""),
            ("content/team/page.html", ""),
            ("content/books/_content.gotmpl", ""),
            ("static/app/index.html", ""),
        ],
    );
    assessment(
        &plain,
        "content/_index.md",
        &[
            ("/tags/", Skipped, ""),
            ("/tags/x/", Skipped, ""),
            ("/categories/a/page/3/", Skipped, ""),
            ("/team/page/2/", Skipped, ""),
            ("/team/index.xml", Skipped, ""),
            ("/sitemap.xml", Skipped, ""),
            ("/de/about/", Skipped, ""),
            ("/team/page/", Skipped, ""),
            ("/books/one/two/", Skipped, ""),
            ("/app/", Alive, ""),
            ("/team/pages/2/", Dead, ""),
            ("/fr/about/", Dead, ""),
            ("/images/x.png", Dead, ""),
        ],
    );
    // What settings say of the same missing page, of a picture and of a page of a taxonomy.
    for (path, text, page, picture, kind) in [
        ("hugo.toml", "[permalinks]\nposts = '/:year/:title/'\n", Dead, Dead, Dead),
        ("config/_default/permalinks.yaml", "- pattern: /:slug/\n", Skipped, Skipped, Skipped),
        ("config.json", "{\"languages\": {\"en\": {}, \"de\": {}}}", Dead, Dead, Dead),
        (
            "config.json",
            "{\"languages\": {\"en\": {}, \"de\": {\"baseURL\": \"https://de.example/\"}}}",
            Skipped,
            Skipped,
            Skipped,
        ),
        ("hugo.yaml", "languages:\n  en:\n    title: x\n", Dead, Dead, Dead),
        ("config/_default/module.toml", "[[mounts]]\nsource = 'x'\ntarget = 'content'\n", Skipped, Skipped, Skipped),
        ("hugo.yaml", "module:\n  imports:\n    - path: example.com/theme\n", Dead, Skipped, Dead),
        ("hugo.toml", "[taxonomies]\nkind = 'kinds'\n", Dead, Dead, Skipped),
        ("hugo.toml", "this is no TOML", Skipped, Skipped, Skipped),
        ("themes/plain/theme.toml", "", Dead, Skipped, Dead),
    ] {
        let site = local(SiteKind::Hugo, &[("content/_index.md", ""), (path, text)]);
        let cases = [("/no/page/at/all/", page, ""), ("/x.png", picture, ""), ("/kinds/a/", kind, "")];
        assessment(&site, "content/_index.md", &cases);
    }
}

#[test]
fn front_matter_is_read_in_every_form() {
    for (text, front) in [
        ("---\nslug: x\naliases: /old/\n---\n", (Some("x"), None, vec!["/old/"])),
        ("---\nurl: /u/\naliases:\n---\n", (None, Some("/u/"), vec![])),
        ("---\naliases:\n  - /a/\n  -\n---\n", (None, None, vec!["/a/"])),
        ("+++\nurl = '/u/'\naliases = ['/a/', '/b/']\n+++\n# X\n", (None, Some("/u/"), vec!["/a/", "/b/"])),
        ("+++\nslug = 'x'\naliases = '/a/'\n+++\n", (Some("x"), None, vec!["/a/"])),
        ("+++\nno TOML\n+++\n", (None, None, vec![])),
        ("---  \nslug: 2024\naliases: [/a/]\n...\n", (Some("2024"), None, vec!["/a/"])),
        ("\n{\n\"slug\": \"x\", \"aliases\": [\"/a/\"]\n}\n\n# J\n", (Some("x"), None, vec!["/a/"])),
        ("{\"url\": \"/u/\", \"aliases\": \"/a/\"}", (None, Some("/u/"), vec!["/a/"])),
        // GitLab's alone: to Hugo it is text.
        (";;;\n{\"slug\": \"x\"}\n;;;\n", (None, None, vec![])),
        ("---toml\nslug = 'x'\n---\n", (Some("x"), None, vec![])),
        ("---php\n$slug = 'x';\n---\n", (None, None, vec![])),
        // Two names of one key, and what is no text, hide nothing else.
        (
            "---\nslug: x\npublishDate: 2024-01-01\npubdate: 2024-01-01\naliases: [1, /a/]\n---\n",
            (Some("x"), None, vec!["/a/"]),
        ),
        // Hugo reads keys in any letter case.
        ("---\nSlug: x\nALIASES: [/a/]\n---\n", (Some("x"), None, vec!["/a/"])),
        ("+++\nURL = '/u/'\nDate = 2024-05-06\n+++\n", (None, Some("/u/"), vec![])),
        ("{\"Slug\": \"x\", \"Aliases\": [\"/a/\"]}", (Some("x"), None, vec!["/a/"])),
    ] {
        let read = FrontMatter::parse(text);
        let aliases: Vec<&str> = read.aliases.iter().map(String::as_str).collect();
        assert_eq!((read.slug.as_deref(), read.url.as_deref(), aliases), front, "{text}");
    }
}

#[test]
fn what_stands_beside_the_content_of_a_site_is_a_file() {
    let site = local(
        SiteKind::Hugo,
        &[("README.md", "# Top\n"), ("docs/a.md", ""), ("content/_index.md", ""), ("content/a.md", "")],
    );
    assessment(&site, "README.md", &[("content/a.md", Alive, ""), ("docs/", Alive, ""), ("docs/b.md", Dead, "")]);
    assessment(&site, "content/_index.md", &[("/a/", Alive, ""), ("/readme/", Dead, ""), ("/docs/a/", Dead, "")]);
    assert_eq!(site.resolve_on_site("/a/").assessment.verdict, Alive);
}

#[test]
fn what_leads_out_of_the_root_is_neither_there_nor_gone() {
    let tree = local(SiteKind::Tree, &[("README.md", ""), ("out.txt", LEADS_OUT), ("more.md", LEADS_OUT)]);
    assessment(&tree, "README.md", &[("out.txt", Skipped, ""), ("more.md#x", Skipped, ""), ("more", Dead, "")]);
    let site = [
        ("content/_index.md", ""),
        ("content/a.html", LEADS_OUT),
        ("static/x.png", LEADS_OUT),
        ("content/b", LEADS_OUT),
    ];
    let links = [("/x.png", Skipped, ""), ("/a/", Skipped, ""), ("/b/", Skipped, ""), ("/gone/", Dead, "")];
    assessment(&local(SiteKind::Hugo, &site), "content/_index.md", &links);
    for settings in ["hugo.toml", "config/_default/permalinks.yaml", "static/_redirects"] {
        let site = local(SiteKind::Hugo, &[("content/_index.md", ""), (settings, LEADS_OUT)]);
        assessment(&site, "content/_index.md", &[("/gone/", Skipped, "")]);
    }
}

/// `nested_file_path_if_exists` in `lib/banzai/filter/repository_link_filter.rb`.
#[test]
fn what_is_not_beside_a_document_is_taken_from_the_root_in_a_tree_alone() {
    let files = [
        ("README.md", "# Root\n"),
        ("src/s.md", "# S\n"),
        ("docs/guide/a.md", "# A\n"),
        ("docs/guide/src/t.md", "# T\n"),
        ("docs/guide/out.txt", ""),
        ("out", LEADS_OUT),
    ];
    let tree = local(SiteKind::Tree, &files);
    let cases = [
        ("README.md", Alive, ""),
        ("src/s.md#s", Alive, ""),
        ("./src/s.md", Alive, ""),
        ("src/s.md#no", FragmentDead, ""),
        ("docs", Alive, ""),
        ("src/t.md", Alive, ""),
        ("../README.md", Dead, ""),
        ("out/x", Dead, ""),
        ("gone.md", Dead, ""),
    ];
    assessment(&tree, "docs/guide/a.md", &cases);
    let reason = |address| tree.resolve("docs/guide/a.md", address).assessment.reason;
    assert_eq!(reason("README.md"), "GitLab finds it from the root of the repository; other readers do not");
    assert_eq!(reason("out.txt"), "");
    let site = local(SiteKind::Hugo, &[("README.md", ""), ("docs/a.md", ""), ("content/_index.md", "")]);
    assessment(&site, "docs/a.md", &[("README.md", Dead, "")]);
}

#[test]
fn what_is_filled_in_later_is_skipped_unless_a_file_has_the_name() {
    let tree = local(SiteKind::Tree, &[("a.md", ""), ("{name}/b.md", ""), ("@/c.md", "")]);
    assessment(
        &tree,
        "a.md",
        &[
            ("%{project_path}/x", Skipped, ""),
            ("{% link a.md %}", Skipped, ""),
            ("@site/docs/a.md", Skipped, ""),
            ("{name}/b.md", Alive, ""),
            ("@/c.md", Alive, ""),
            ("", Alive, ""),
            (" ", Alive, ""),
        ],
    );
    let reason = |address| tree.resolve("a.md", address).assessment.reason;
    assert_eq!(reason("%{gitlab_server}"), "it has no address until it is rendered");
    assert_eq!(reason(""), "it is empty, so it leads to the page itself");
}

/// GitLab docs, "Includes": relative to the document alone.
#[test]
fn an_included_file_is_there_or_not() {
    let tree = local(SiteKind::Tree, &[("docs/a.md", ""), ("docs/part.txt", ""), ("README.md", "")]);
    let verdict = |named| tree.resolve_included("docs/a.md", named).map(|found| found.assessment.verdict);
    for (named, expected) in [
        ("part.txt", Alive),
        ("../README.md", Alive),
        ("a/../part.txt", Alive),
        ("README.md", Dead),
        ("/README.md", Dead),
        ("../docs", Dead),
        ("../../x", Dead),
    ] {
        assert_eq!(verdict(named), Some(expected), "{named}");
    }
    let site = local(SiteKind::Hugo, &[("content/a.md", "")]);
    assert!(site.resolve_included("content/a.md", "b.md").is_none());
}

#[test]
fn what_surely_was_meant_is_proposed_and_what_may_have_been_is_named() {
    let tree = local(
        SiteKind::Tree,
        &[
            ("docs/Readme.md", "# Installation\n\n## Set up\n\n## Step 1\n\n## Step 2\n\n## Header\n\n## Leader\n"),
            ("docs/guide/start.md", "# Start\n"),
            ("docs/guide/stark.md", "# Stark\n"),
            ("docs/app-1.md", "# One\n"),
        ],
    );
    assessment(
        &tree,
        "docs/Readme.md",
        &[
            ("README.MD", Dead, "Readme.md"),
            ("./readme.md?plain=1#set-up", Dead, "./Readme.md?plain=1#set-up"),
            ("/Docs/guide/start.md", Dead, "/docs/guide/start.md"),
            ("../docs/giude/start.md", Dead, "../docs/guide/start.md"),
            ("guide/start.mdx", Dead, "guide/start.md"),
            ("app-2.md", Dead, ""),
            ("guide/stard.md", Dead, ""),
            ("nowhere/start.md", Dead, ""),
            ("#instalation", FragmentDead, "#installation"),
            ("#Set-Up", FragmentDead, "#set-up"),
            ("Readme.md#set_up", FragmentDead, "Readme.md#set-up"),
            ("#step-3", FragmentDead, ""),
            ("#reader", FragmentDead, ""),
            ("www.site.example/a", Dead, "https://www.site.example/a"),
            ("site.example/a.html#b", Dead, "https://site.example/a.html#b"),
            ("docs/site.md", Dead, ""),
        ],
    );
    let reason = |address: &str| tree.resolve("docs/Readme.md", address).assessment.reason.to_string();
    assert!(reason("guide/stard.md").ends_with("; perhaps docs/guide/stark.md or docs/guide/start.md"));
    assert!(reason("#reader").ends_with("the place #reader is not; perhaps #header or #leader"));
    assert!(reason("www.site.example/a").ends_with("; https:// is missing before the host"));
}

/// GitLab's file view: `#L10`, `#L10-20` (`app/assets/javascripts/line_highlighter.js`), and for a Markdown file with
/// `?plain=1`.
#[test]
fn lines_of_files_are_counted() {
    let tree = local(
        SiteKind::Tree,
        &[
            ("src/main.rs", "one\ntwo\nthree\n"),
            ("a.md", "# A\n\n## L2 {#L2}\n\nend"),
            ("empty.txt", ""),
            ("one.txt", "x"),
        ],
    );
    assessment(
        &tree,
        "a.md",
        &[
            ("src/main.rs#L3", Alive, ""),
            ("src/main.rs#L4", FragmentDead, ""),
            ("src/main.rs#L0", FragmentDead, ""),
            ("src/main.rs#L2-3", Alive, ""),
            ("src/main.rs#L2-L9", FragmentDead, ""),
            ("a.md?plain=1#L5", Alive, ""),
            ("a.md?plain=1#L6", FragmentDead, ""),
            ("#L6", FragmentDead, ""),
            ("empty.txt#L1", FragmentDead, ""),
            ("src/main.rs#main", FragmentUnverifiable, ""),
            ("src#L1", FragmentUnverifiable, ""),
        ],
    );
    let reason = |address: &str| tree.resolve("a.md", address).assessment.reason.to_string();
    assert_eq!(reason("src/main.rs#L4"), "the file has 3 lines, and no line 4");
    assert_eq!(reason("one.txt#L2"), "the file has one line, and no line 2");
}

/// `build_relative_path` of GitLab's `lib/banzai/filter/repository_link_filter.rb` takes a path that begins with a slash
/// from the root of the repository; `lib/banzai/filter/upload_link_filter.rb` takes `/uploads/` from the project. What no
/// repository is, GitLab does not show.
#[test]
fn a_path_from_the_root_is_dead_where_the_root_is_known() {
    let files = [("docs/a.md", "# A\n"), ("docs/guide.md", "# Guide\n"), ("logo.png", "")];
    let repository = local(SiteKind::Tree, &files);
    assessment(
        &repository,
        "docs/a.md",
        &[
            ("/docs/guide.md#guide", Alive, ""),
            ("/logo.png", Alive, ""),
            ("/docs/guide", Dead, "/docs/guide.md"),
            ("/guide.md", Dead, ""),
            ("/Docs/guide.md#guide", Dead, "/docs/guide.md#guide"),
            ("/uploads/0123456789abcdef0123456789abcdef/a.png", Skipped, ""),
        ],
    );
    let reason = repository.resolve("docs/a.md", "/guide.md").assessment.reason.to_string();
    let expected = "there is nothing at guide.md in the repository; --site hugo or --site-url search for it on a site";
    assert_eq!(reason, expected);
    let folder = LocalFiles::new(SiteKind::Tree, Box::new(Folder(Memory(files.into_iter().collect()))), Vec::new());
    assessment(&folder, "docs/a.md", &[("/logo.png", Alive, ""), ("/guide.md", Skipped, ""), ("guide.md", Alive, "")]);
    // A document beside a site's content is shown by GitLab, from another root perhaps.
    let site = local(SiteKind::Hugo, &[("README.md", ""), ("content/a.md", ""), ("hugo.toml", "")]);
    assessment(&site, "README.md", &[("/guide.md", Skipped, "")]);
}

/// `lib/banzai/filter/include_filter.rb`: the text of the file stands in the place of the line, and includes nothing
/// itself; what is not there is an error without headings, and what another host has is not known.
#[test]
fn the_headings_of_included_files_are_places_of_the_document() {
    let tree = local(
        SiteKind::Tree,
        &[
            ("docs/a.md", "# A\n\n## Same\n\n::include{file=parts/one.md}\n\n::include{file=gone.md}\n"),
            ("docs/parts/one.md", "## One\n\n## Same\n\n::include{file=two.md}\n"),
            ("docs/parts/two.md", "## Two\n"),
            ("docs/text.md", "::include{file=words.txt}\n"),
            ("docs/words.txt", "# Words\n"),
            ("docs/web.md", "::include{file=https://other.com/x.md}\n"),
            ("docs/out.md", "::include{file=leads-out.md}\n"),
            ("docs/leads-out.md", LEADS_OUT),
        ],
    );
    assessment(
        &tree,
        "docs/a.md",
        &[
            ("#a", Alive, ""),
            ("#one", Alive, ""),
            ("#same-1", Alive, ""),
            ("#same-2", FragmentDead, ""),
            ("#two", FragmentDead, ""),
            ("#One", FragmentDead, "#one"),
            ("text.md#words", Alive, ""),
            ("text.md#other", FragmentDead, ""),
            ("web.md#x", FragmentUnverifiable, ""),
            ("out.md#x", FragmentUnverifiable, ""),
        ],
    );
}

/// The same files where no repository is.
struct Folder(Memory);

impl FileSystem for Folder {
    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        self.0.entry_kind(path)
    }

    fn read_text(&self, path: &str) -> Option<String> {
        self.0.read_text(path)
    }
}
