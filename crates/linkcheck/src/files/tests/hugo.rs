//! Sites that Hugo builds, by what their settings and templates say. What is said of each was tried with Hugo 0.168;
//! whole sites are in `tests/it/hugo_site.rs`.

use super::*;

/// A site with settings, templates and no link render hook.
fn plain(settings: &'static str, files: &[(&'static str, &'static str)]) -> LocalFiles {
    local(SiteKind::Hugo, &[&[("hugo.toml", settings), ("layouts/page.html", "{{ .Content }}")], files].concat())
}

#[test]
fn pages_in_a_folder_of_their_language_are_known_in_each_way() {
    // Hugo docs, "Multilingual", "Translation by content directory": page, alias and language alike.
    let pages = [
        ("content/en/a.md", "---\naliases: [/old/]\n---\n"),
        ("content/en/b.md", ""),
        ("content/fr/b.md", "---\naliases: [/vieux/]\n---\n"),
    ];
    let cases = [("/b/", Alive, ""), ("/old/", Moved, "/a/"), ("/en/b/", Dead, ""), ("b.md", Dead, "")];
    // A list of languages, if only of one, brings Hugo's own hook.
    let hooked = [cases[0], cases[1], cases[2], ("b.md", Alive, "")];
    let one = "baseURL = 'https://x.example/'\n[languages.en]\nweight = 1\ncontentDir = 'content/en'\n";
    assessment(&plain(one, &pages[..2]), "content/en/a.md", &hooked);
    let mounted = "[[module.mounts]]\nsource = 'content/en'\ntarget = 'content'\n";
    assessment(&plain(mounted, &pages[..2]), "content/en/a.md", &cases);
    let two = "[languages.en]\nweight = 1\ncontentDir = 'content/en'\n[languages.fr]\nweight = 2\ncontentDir = 'content/fr'\n";
    let site = plain(two, &pages);
    assessment(&site, "content/en/a.md", &cases[..3]);
    // Several languages on one host have Hugo's own hook.
    assessment(&site, "content/en/a.md", &[("b.md", Alive, ""), ("c.md", Dead, ""), ("/fr/b/", Alive, "")]);
    assessment(
        &site,
        "content/en/a.md",
        &[("/fr/vieux/", Moved, "/fr/b/"), ("/vieux/", Dead, ""), ("/fr/a/", Dead, "")],
    );
    let in_folders = "defaultContentLanguageInSubdir = true\n[languages.en]\ncontentDir = 'content/en'\n";
    let site = plain(in_folders, &pages[..2]);
    assessment(&site, "content/en/a.md", &[("/b/", Alive, ""), ("/en/old/", Moved, "/en/a/"), ("/old/", Dead, "")]);
    // A form that is not followed: all three are unknown alike.
    let by_name = "[[module.mounts]]\nsource = 'content/en'\ntarget = 'content'\nfiles = ['!drafts/**']\n";
    let unknown = [("/b/", Skipped, ""), ("/old/", Skipped, ""), ("/en/b/", Skipped, "")];
    assessment(&plain(by_name, &pages[..2]), "content/en/a.md", &unknown);
}

#[test]
fn a_relative_markdown_link_needs_a_hook_and_its_file() {
    // Hugo docs, "Link render hooks": only a hook makes an address of a file's name.
    let pages = [("content/_index.md", ""), ("content/a.md", "## Here\n"), ("content/deep/_index.md", "")];
    let there = [("a.md", Alive, ""), ("a.md#here", Alive, ""), ("deep/_index.md", Alive, ""), ("/a.md", Alive, "")];
    let gone = [("a.md", Dead, ""), ("deep/_index.md", Dead, ""), ("/a.md", Dead, "")];
    let never_there = [("b.md", Dead, ""), ("../a.md", Dead, ""), ("./deep/b.md", Dead, "")];
    // A name that only Hugo's own hook would find; a theme's uncertainty does not cover it.
    let by_theme = [("deep/index.md", Dead, ""), ("a.html", Dead, "")];
    let hooked = "baseURL = 'https://x.example/'\n[markup.goldmark.renderHooks.link]\nuseEmbedded = 'always'\n";
    for (settings, cases) in [
        ("baseURL = 'https://x.example/'\n", &gone[..]),
        (hooked, &there[..]),
        ("baseURL = 'https://x.example/'\ntheme = 'elsewhere'\n", &there[..]),
        ("baseURL = 'https://x.example/'\n[[module.imports]]\npath = 'example.com/theme'\n", &there[..]),
        ("baseURL = 'https://x.example/'\n[markup.goldmark.renderHooks.link]\nenableDefault = true\n", &there[..]),
    ] {
        let site = plain(settings, &pages);
        assessment(&site, "content/_index.md", cases);
        assessment(&site, "content/_index.md", &never_there);
    }
    let own = [("layouts/_default/_markup/render-link.html", "<a>"), pages[0], pages[1], pages[2]];
    assessment(&plain("baseURL = 'https://x.example/'\n", &own), "content/_index.md", &there);
    assessment(&plain("theme = 'elsewhere'\n", &pages), "content/_index.md", &by_theme);
    // Without templates, this is not all of the site.
    let part = local(SiteKind::Hugo, &[&[("hugo.toml", "")], &pages[..]].concat());
    assessment(&part, "content/_index.md", &there);
    assessment(&part, "content/_index.md", &never_there[..1]);
}

#[test]
fn the_embedded_hook_finds_pages_first() {
    // `tpl/tplimpl/embedded/templates/_markup/render-link.html`, `hugolib/pagecollections.go`.
    let settings = "[markup.goldmark.renderHooks.link]\nuseEmbedded = 'fallback'\n";
    let site = plain(
        settings,
        &[
            ("content/s/_index.md", ""),
            ("content/s/one.md", "## Two\n"),
            ("content/s/Big Name.md", ""),
            ("content/s/pack/index.md", ""),
            ("content/s/pack/list.txt", ""),
            ("assets/all.txt", ""),
            ("content/top.md", ""),
        ],
    );
    let from_one = [
        ("pack", Alive, ""),
        ("pack/index.md", Alive, ""),
        ("big-name.md", Alive, ""),
        ("Big%20Name.md", Alive, ""),
        ("top.md", Alive, ""),
        ("./top.md", Alive, ""),
        ("../top.md", Alive, ""),
        ("s/one.md", Alive, ""),
        ("all.txt", Alive, ""),
        ("pack/list.txt", Dead, ""),
        ("packs", Dead, ""),
        ("one.md#one", FragmentDead, ""),
        ("../one/#two", Alive, ""),
    ];
    assessment(&site, "content/s/one.md", &from_one);
    let from_pack = [("list.txt", Alive, ""), ("one.md", Alive, ""), ("../one.md", Alive, ""), ("lists.txt", Dead, "")];
    assessment(&site, "content/s/pack/index.md", &from_pack);
}

#[test]
fn what_is_not_built_is_dead_and_says_why() {
    let day = NaiveDate::from_ymd_opt(2026, 6, 15);
    let files: &[(&str, &str)] = &[
        ("hugo.toml", ""),
        ("content/_index.md", ""),
        ("content/draft.md", "---\ndraft: true\naliases: [/early/]\n---\n"),
        ("content/later.md", "+++\nPublishDate = 2026-06-16\n+++\n"),
        ("content/dated.md", "---\ndate: 2027-01-01T10:00:00Z\n---\n"),
        ("content/today.md", "---\npublishDate: 2026-06-15\n---\n"),
        ("content/over.md", "{\"expiryDate\": \"2026-06-14\"}\n"),
        ("content/never.md", "---\nbuild:\n  render: never\n---\n"),
        ("content/capitals.md", "---\nBUILD: {Render: never}\n---\n"),
        ("content/given/_index.md", "---\nCascade:\n  Build: {Render: never}\n---\n"),
        ("content/given/page.md", ""),
        ("content/older.md", "---\n_build:\n  render: false\n---\n"),
        ("content/head/index.md", "---\nheadless: true\n---\n"),
        ("content/in/_index.md", "---\ncascade:\n  build:\n    render: link\n---\n"),
        ("content/in/side.md", ""),
        ("content/in/own.md", "---\nbuild:\n  render: always\n---\n"),
        ("content/some/_index.md", "---\ncascade:\n  - build: {render: never}\n    target: {kind: page}\n---\n"),
        ("content/some/page.md", ""),
    ];
    let cases = [
        ("/draft/", Dead, ""),
        ("/early/", Dead, ""),
        ("/later/", Dead, ""),
        ("/dated/", Dead, ""),
        ("/today/", Skipped, ""),
        ("/over/", Dead, ""),
        ("/never/", Dead, ""),
        ("/capitals/", Dead, ""),
        ("/given/page/", Dead, ""),
        ("/older/", Dead, ""),
        ("/head/", Dead, ""),
        ("/in/", Dead, ""),
        ("/in/side/", Dead, ""),
        ("/in/own/", Alive, ""),
        ("/some/page/", Skipped, ""),
    ];
    let site = on_day(files, day);
    assessment(&site, "content/_index.md", &cases);
    let why = site.resolve("content/_index.md", "/draft/").assessment.reason.to_string();
    assert_eq!(why, "the page of content/draft.md is not built: it is a draft");
    // Without a day, what depends on it is not known.
    let unknown = [("/later/", Skipped, ""), ("/over/", Skipped, ""), ("/dated/", Alive, ""), ("/draft/", Dead, "")];
    assessment(&on_day(files, None), "content/_index.md", &unknown);
    // A pipeline builds what the settings leave out.
    let built = [&[(".gitlab-ci.yml", "pages:\n  script: [hugo --buildDrafts]\n")], files].concat();
    assessment(&on_day(&built, day), "content/_index.md", &[("/draft/", Alive, ""), ("/later/", Dead, "")]);
}

fn on_day(files: &[(&'static str, &'static str)], day: Option<NaiveDate>) -> LocalFiles {
    let documents = files.iter().filter(|(path, _)| headings::is_markdown_path(path)).map(|(path, text)| {
        LocalDocument { path: (*path).to_owned(), front_matter: FrontMatter::parse(text), anchors: None }
    });
    let documents: Vec<LocalDocument> = documents.collect();
    LocalFiles::on_day(SiteKind::Hugo, Box::new(Memory(files.iter().copied().collect())), documents, day)
}

#[test]
fn shortcodes_hide_only_what_they_may_make() {
    let site = plain(
        "",
        &[
            ("content/wrapped.md", "{{% alert %}}\n## In it\n{{% /alert %}}\n\n{{< person \"x\" >}}\n"),
            ("content/made.md", "## Own\n\n{{% crew %}}\n"),
            ("content/other.md", "{{< from-a-theme >}}\n"),
            ("content/known.md", "{{< figure src=\"x.png\" >}} {{< youtube x >}} {{< pageinfo >}}x{{< /pageinfo >}}\n"),
            ("content/put.md", "{{< spot \"north\" >}} {{< spot id=\"south\" >}} {{< fixed >}}\n"),
            ("content/parts.md", "{{% part \"more.md\" %}} {{% root file=\"NOTES.md\" %}}\n"),
            ("content/lost.md", "{{% part \"none.md\" %}}\n"),
            ("layouts/shortcodes/alert.html", "<div class=\"alert\">{{ .Inner }}</div>"),
            ("layouts/_shortcodes/person.html", "{{- /* id=\"no\" */ -}}<a href=\"/p/{{ .Get 0 }}\">{{ .Get 0 }}</a>"),
            ("layouts/_shortcodes/crew.html", "{{ range site.Data.crew }}\n### {{ .name }}\n{{ end }}"),
            ("layouts/_shortcodes/spot.html", "<b id=\"{{ .Get 0 }}\"></b>"),
            ("layouts/_shortcodes/fixed.html", "{{ partial \"map.html\" . }}"),
            ("layouts/_partials/map.html", "<p id=\"map\">{{ .x }}</p>"),
            ("layouts/_shortcodes/part.html", "{{ $of := .Get 0 }}{{ (resources.Get $of).Content | safeHTML }}"),
            ("layouts/_shortcodes/root.html", "{{ os.ReadFile (.Get \"file\") | markdownify }}"),
            ("assets/more.md", "## From a part\n\n{{% crew %}}\n"),
            ("NOTES.md", "## Notes {#own-notes}\n"),
        ],
    );
    let cases = [
        ("/wrapped/#in-it", Alive, ""),
        ("/wrapped/#out", FragmentDead, ""),
        ("/made/#own", Alive, ""),
        ("/made/#a", FragmentUnverifiable, ""),
        ("/other/#a", FragmentUnverifiable, ""),
        ("/known/#a", FragmentDead, ""),
        ("/put/#north", Alive, ""),
        ("/put/#map", Alive, ""),
        ("/put/#west", FragmentDead, ""),
        ("/parts/#from-a-part", Alive, ""),
        ("/parts/#own-notes", Alive, ""),
        ("/parts/#else", FragmentUnverifiable, ""),
        ("/lost/#a", FragmentUnverifiable, ""),
        ("/other/#top", Alive, ""),
    ];
    assessment(&site, "content/wrapped.md", &cases);
    let why = site.resolve("content/made.md", "/other/#a").assessment.reason.to_string();
    assert_eq!(why, "the page is there; from-a-theme may make the place when it is rendered");
    // In a tree, their names tell.
    let tree = local(SiteKind::Tree, &[("a.md", "{{< alert >}}\n"), ("b.md", "{{< alert >}} {{< crew >}}\n")]);
    assessment(&tree, "a.md", &[("#x", FragmentDead, ""), ("b.md#x", FragmentUnverifiable, "")]);
}

#[test]
fn redirects_of_a_template_are_known_as_far_as_it_has_them() {
    let template = "/a/* /b/:splat 301\n{{- range .Site.Pages }}{{ range .Aliases }}\n{{ . }} {{ $.RelPermalink }} 301\n\
                    {{- end }}{{ end }}\n";
    let pages = [("content/_index.md", ""), ("content/b/x.md", "")];
    let site = plain("", &[&[("layouts/index.redirects", template)], &pages[..]].concat());
    assessment(&site, "content/_index.md", &[("/a/x", Moved, "/b/x"), ("/c/", Dead, ""), ("/a/y", Dead, "")]);
    let data = "{{ range $from, $to := .Site.Data.old.moves }}\n/was/{{ $from }} {{ $to }} 301\n{{ end }}";
    let named = [("layouts/index.redirects", data), ("data/old/moves.toml", "x = '/b/x/'\n'all/*' = '/b/'\n")];
    let site = plain("", &[&named[..], &pages[..]].concat());
    let cases = [("/was/x", Skipped, ""), ("/was/all/of/it", Skipped, ""), ("/was/y", Dead, ""), ("/x/", Dead, "")];
    assessment(&site, "content/_index.md", &cases);
    // What the data says is not known.
    let site = plain("", &[&named[..1], &pages[..]].concat());
    assessment(&site, "content/_index.md", &[("/was/y", Skipped, ""), ("/x/", Dead, "")]);
}

#[test]
fn addresses_are_compared_as_servers_do() {
    let site = plain(
        "baseURL = 'https://x.example/'\n",
        &[
            ("content/Deep Folder/My Page.md", ""),
            ("content/plain.md", "---\nurl: /plain.html\n---\n"),
            ("static/tool.html", "<p id=\"here\">"),
        ],
    );
    let cases = [
        ("/deep-folder/my-page/", Alive, ""),
        ("/Deep-Folder/My-Page/", Dead, "/deep-folder/my-page/"),
        ("/deep-folder/my-page/#x", FragmentDead, ""),
        ("/plain.html", Alive, ""),
        ("/plain", Alive, ""),
        ("/tool", Alive, ""),
        ("/tool.html#here", Alive, ""),
        ("/tool.html#gone", FragmentDead, ""),
        ("../../../../plain.html", Alive, ""),
    ];
    assessment(&site, "content/Deep Folder/My Page.md", &cases);
    let below = plain("baseURL = 'https://x.example/docs/'\n", &[("content/a.md", ""), ("content/b.md", "")]);
    let cases = [("/docs/b/", Alive, ""), ("/docs/c/", Dead, ""), ("/b/", Skipped, ""), ("../b/", Alive, "")];
    assessment(&below, "content/a.md", &cases);
}

#[test]
fn patterns_and_own_names_make_addresses() {
    let settings =
        "baseURL = 'https://x.example/'\n[permalinks.page]\nnews = '/:year/:slug/'\nodd = '/:monthname/:title/'\n";
    let dated = "---\ntitle: First Words\ndate: 2024-05-06\n---\n";
    let site = plain(settings, &[("content/news/a.md", dated), ("content/b.md", "---\nslug: own\n---\n")]);
    let cases = [
        ("/2024/first-words/", Alive, ""),
        ("/news/a/", Dead, ""),
        ("/news/", Alive, ""),
        ("/own/", Alive, ""),
        ("/b/", Dead, ""),
    ];
    assessment(&site, "content/b.md", &cases);
    // One address that is not known may be any.
    let site = plain(settings, &[("content/odd/a.md", dated), ("content/b.md", "")]);
    assessment(&site, "content/b.md", &[("/b/", Alive, ""), ("/may/first-words/", Skipped, "")]);
}

#[test]
fn settings_decide_the_ids_of_headings() {
    // The older name of `autoIDType` counts, too.
    let pages = [("content/a.md", "## A & \u{dc}\n\n## Own {#own}\n")];
    for (setting, id) in [
        ("autoIDType = 'blackfriday'", "a-\u{fc}"),
        ("autoHeadingIDType = 'github-ascii'", "a--u"),
        ("autoHeadingID = true", "a--\u{fc}"),
        ("autoHeadingID = false", "own"),
    ] {
        let site = plain(String::leak(format!("[markup.goldmark.parser]\n{setting}\n")), &pages);
        for other in ["a-\u{fc}", "a--u", "a--\u{fc}", "own"] {
            let verdict = if other == id || other == "own" { Alive } else { FragmentDead };
            let found = site.resolve("content/a.md", &format!("#{other}")).assessment.verdict;
            assert_eq!(found, verdict, "{other} with {setting}");
        }
    }
}

#[test]
fn files_of_a_bundle_are_published_beside_its_page() {
    let site = plain(
        "baseURL = 'https://x.example/'\n[permalinks.page]\nnews = '/blog/:slugorcontentbasename/'\n",
        &[
            ("content/_index.md", ""),
            ("content/home.txt", ""),
            ("content/s/_index.md", "---\nurl: /own/\n---\n"),
            ("content/s/q.txt", ""),
            ("content/s/Sub Dir/x.txt", ""),
            ("content/s/Sub Dir/p.md", ""),
            ("content/T/Sub Dir/y.txt", ""),
            ("content/T/a.md", ""),
            ("content/b/Pack/index.md", "---\nslug: other\n---\n"),
            ("content/b/Pack/Pic.PNG", ""),
            ("content/b/Pack/In It/A b.png", ""),
            ("content/b/\u{c4}hm/index.md", ""),
            ("content/b/\u{c4}hm/pic.png", ""),
            ("content/b/plain.txt", ""),
            ("content/news/n/index.md", ""),
            ("content/news/n/pic.png", ""),
        ],
    );
    let cases = [
        ("/home.txt", Alive, ""),
        ("/own/q.txt", Alive, ""),
        ("/s/q.txt", Dead, ""),
        ("/own/Sub%20Dir/x.txt", Alive, ""),
        ("/s/Sub%20Dir/x.txt", Dead, ""),
        ("/s/sub-dir/p/", Alive, ""),
        ("/t/Sub%20Dir/y.txt", Alive, ""),
        ("/T/Sub%20Dir/y.txt", Dead, ""),
        ("/b/other/Pic.PNG", Alive, ""),
        ("/b/other/pic.png", Dead, ""),
        ("/b/Pack/Pic.PNG", Dead, ""),
        ("/b/other/In%20It/A%20b.png", Alive, ""),
        ("/b/\u{e4}hm/pic.png", Alive, ""),
        ("/b/plain.txt", Alive, ""),
        ("/blog/n/pic.png", Alive, ""),
        ("/news/n/pic.png", Dead, ""),
    ];
    assessment(&site, "content/_index.md", &cases);
    assessment(&site, "content/b/Pack/index.md", &[("Pic.PNG", Alive, ""), ("../Pack/Pic.PNG", Dead, "")]);
    assessment(&site, "content/s/_index.md", &[("q.txt", Alive, "")]);
    // With `.html`, they are in a folder beside it.
    let files = [("content/a.md", ""), ("content/s/p/index.md", ""), ("content/s/p/x.png", "")];
    let ugly = plain("uglyURLs = true\n", &files);
    assessment(&ugly, "content/a.md", &[("/s/p.html", Alive, ""), ("/s/p/x.png", Alive, ""), ("/s/x.png", Dead, "")]);
}

#[test]
fn markdown_in_the_folder_of_a_page_is_no_page() {
    let site = plain(
        "",
        &[
            ("content/b/index.md", ""),
            ("content/b/note.md", "[x](pic.png)"),
            ("content/b/pic.png", ""),
            ("content/b/sub/index.md", ""),
            ("content/c/_index.md", ""),
            ("content/c/note.md", ""),
        ],
    );
    let cases = [("/b/", Alive, ""), ("/b/note/", Dead, ""), ("/b/note.md", Dead, ""), ("/b/sub/", Dead, "")];
    assessment(&site, "content/c/note.md", &cases);
    assessment(&site, "content/b/index.md", &[("/c/note/", Alive, ""), ("note/", Dead, "")]);
    // What stands in it is shown on the page.
    assessment(&site, "content/b/note.md", &[("pic.png", Alive, ""), ("../c/note/", Alive, "")]);
}

#[test]
fn a_list_of_languages_brings_the_embedded_hook() {
    let pages = [("content/a.md", "---\naliases: [/old/]\n---\n"), ("content/b.md", "")];
    let (one, two) = ("[languages.en]\nweight = 1\n", "[languages.en]\nweight = 1\n[languages.de]\nweight = 2\n");
    let off = "[languages.en]\nweight = 1\n[languages.de]\ndisabled = true\n";
    for (settings, hook, root) in [
        ("", Dead, Dead),
        (one, Alive, Dead),
        ("[languages.de]\nweight = 1\n", Alive, Dead),
        (off, Alive, Dead),
        (two, Alive, Moved),
        (String::leak(format!("disableLanguages = ['de']\n{two}")), Alive, Dead),
        (String::leak(format!("disableDefaultLanguageRedirect = true\n{two}")), Alive, Dead),
        (String::leak(format!("{one}[markup.goldmark]\nduplicateResourceFiles = true\n")), Dead, Dead),
    ] {
        let site = plain(settings, &pages);
        for (address, verdict) in [("b.md", hook), ("/en/", root), ("/old/", Moved), ("/b/", Alive)] {
            assert_eq!(site.resolve("content/a.md", address).assessment.verdict, verdict, "{address} {settings}");
        }
    }
    // Pages of a language that is off are not built.
    let french = [pages[0], ("content/b.fr.md", ""), ("content/c.xx.md", "")];
    let site = plain("[languages.en]\n[languages.fr]\ndisabled = true\n", &french);
    assessment(&site, "content/a.md", &[("/b.fr/", Dead, ""), ("/b/", Dead, ""), ("/c.xx/", Alive, "")]);
    assessment(&plain("disableAliases = true\n", &pages), "content/a.md", &[("/old/", Dead, "")]);
}

#[test]
fn ref_finds_other_languages_and_pages_without_files() {
    let site = plain(
        "[languages.en]\nweight = 1\n[languages.de]\nweight = 2\n",
        &[
            ("content/a.md", ""),
            ("content/b.md", ""),
            ("content/b.de.md", "## Nur hier\n"),
            ("content/nur.de.md", ""),
            ("content/s/t/p.md", ""),
        ],
    );
    let cases = [
        ("{{< ref path=\"b.md\" lang=\"de\" >}}", Alive, ""),
        ("{{< ref path=\"b.md#nur-hier\" lang=de >}}", Alive, ""),
        ("{{< ref path=\"b.md#nur-hier\" >}}", FragmentDead, ""),
        ("{{< relref lang=\"de\" path=\"/nur\" >}}", Alive, ""),
        ("{{< ref \"/nur\" \"de\" >}}", Alive, ""),
        ("{{< ref \"/nur\" >}}", Dead, ""),
        ("{{< ref path=\"b\" lang=\"xx\" >}}", Dead, ""),
        ("{{< ref \"/s\" >}}", Alive, ""),
        ("{{< ref \"s\" >}}", Alive, ""),
        ("{{< ref \"/\" >}}", Alive, ""),
        ("{{< ref \"/s/t\" >}}", Dead, ""),
        ("{{< ref \"/tags\" >}}", Skipped, ""),
        ("{{< ref \"/tags/q\" >}}", Skipped, ""),
        ("{{< ref \"/none\" >}}", Dead, ""),
    ];
    assessment(&site, "content/a.md", &cases);
    // Hugo's own hook finds them alike.
    let in_folders = "defaultContentLanguageInSubdir = true\n[languages.en]\nweight = 1\n";
    let site = plain(in_folders, &[("content/a.md", ""), ("content/s/p.md", "")]);
    assessment(&site, "content/a.md", &[("/s/", Alive, ""), ("/en/s/", Alive, ""), ("/t/", Dead, "")]);
}

#[test]
fn an_own_hook_that_passes_links_on_changes_none() {
    let pages = [("content/a.md", ""), ("content/b.md", "")];
    let passed = [("b.md", Dead, ""), ("../b/", Alive, ""), ("/b/", Alive, "")];
    for hook in [
        "<a href=\"{{ .Destination | safeURL }}\"{{ if strings.HasPrefix .Destination \"http\" }} target=\"_blank\"{{ end \
         }}>{{ .Text | safeHTML }}</a>",
        "{{- /* GetPage is not called */ -}}<a href={{ .Destination }}>{{ .Text }}</a>",
    ] {
        let site = plain("", &[&[("layouts/_default/_markup/render-link.html", hook)], &pages[..]].concat());
        assessment(&site, "content/a.md", &passed);
    }
    for hook in [
        "<a href=\"{{ with .Page.GetPage .Destination }}{{ .RelPermalink }}{{ end }}\">{{ .Text }}</a>",
        "<a href=\"{{ replace .Destination \".md\" \"/\" | safeURL }}\">{{ .Text }}</a>",
        "<a href=\"{{ .Destination | relURL }}\">{{ .Text }}</a>",
        "<a href=\"/x/{{ .Destination }}\">{{ .Text }}</a>",
        "<a href=\"{{ $to }}\">{{ .Text }}</a>",
        "{{ partial \"link.html\" . }}",
        "{{ .Destination",
    ] {
        let site = plain("", &[&[("layouts/_markup/render-link.html", hook)], &pages[..]].concat());
        assessment(&site, "content/a.md", &[("b.md", Alive, ""), ("../b/", Alive, "")]);
    }
}

#[test]
fn settings_that_cannot_be_read_are_named_as_the_reason() {
    let site = local(SiteKind::Hugo, &[("hugo.toml", "no = [TOML"), ("content/a.md", ""), ("content/b.md", "")]);
    let found = site.resolve("content/a.md", "/c/").assessment;
    assert_eq!((found.verdict, found.reason.to_string().as_str()), (Skipped, "the site's settings cannot be read"));
}

#[test]
fn templates_of_headings_and_pages_decide_ids_too() {
    let page = ("content/a.md", "## Here\n\n<b id=\"mark\"></b>\n");
    let hook = "layouts/_markup/render-heading.html";
    let theme = "themes/t/layouts/_default/_markup/render-heading.html";
    let (is, is_not, may) = (Alive, FragmentDead, FragmentUnverifiable);
    for (path, template, here, gone) in [
        (hook, "<h{{ .Level }} id=\"{{ .Anchor }}\">{{ .Text }}</h{{ .Level }}>", is, is_not),
        (hook, "<h2 id='{{- .Anchor | safeURL -}}'>{{ .Text }}</h2>", is, is_not),
        (hook, "<h2 id=\"x-{{ .Anchor }}\">{{ .Text }}</h2>", may, may),
        (hook, "<h2>{{ .Text }}</h2>", may, may),
        (theme, "<h2>{{ .Text }}</h2>", is, may),
        (theme, "<h2 id=\"{{ .Anchor }}\">{{ .Text }}</h2>", is, is_not),
    ] {
        let site = plain("[markup.goldmark.renderer]\nunsafe = true\n", &[page, (path, template)]);
        assessment(&site, "content/a.md", &[("#here", here, ""), ("#gone", gone, ""), ("#mark", Alive, "")]);
    }
    let layouts = [
        page,
        ("layouts/_default/baseof.html", "<main id=\"content\"><p id=\"{{ .x }}\"></p></main>"),
        ("layouts/_partials/foot.html", "<footer id=foot>"),
        ("layouts/_shortcodes/box.html", "<p id=\"box\">"),
    ];
    let cases =
        [("#content", Alive, ""), ("/a/#foot", Alive, ""), ("#box", FragmentDead, ""), ("#none", FragmentDead, "")];
    assessment(&plain("", &layouts), "content/a.md", &cases);
}

#[test]
fn themes_bring_pages_and_lists_have_several() {
    let settings = "theme = 't'\n[pagination]\npath = 'seite'\n";
    let site = plain(
        settings,
        &[("content/s/a.md", ""), ("themes/t/content/tp.md", ""), ("themes/t/content/x/_index.md", "")],
    );
    let cases = [
        ("/tp/", Skipped, ""),
        ("/x/", Skipped, ""),
        ("/y/", Dead, ""),
        ("/s/seite/2/", Skipped, ""),
        ("/s/page/2/", Dead, ""),
    ];
    assessment(&site, "content/s/a.md", &cases);
}

/// Hugo docs, "Configure markup", `renderer.unsafe`: raw HTML is left out by default.
#[test]
fn ids_of_raw_html_are_there_where_the_settings_let_it_stand() {
    let pages = [
        ("content/a.md", "<a name=\"block\"></a>\n\nWords <i id=\"inline\"></i>\n\n## Head\n"),
        ("content/b.md", "{{< aside >}}\n<a id=\"within\"></a>\n{{< /aside >}}\n"),
    ];
    let gone = [("/a/#block", FragmentDead, ""), ("/a/#inline", FragmentDead, ""), ("/a/#head", Alive, "")];
    let there = [("/a/#block", Alive, ""), ("/a/#inline", Alive, ""), ("/a/#head", Alive, "")];
    let unsafe_html = "baseURL = 'https://x.example/'\n[markup.goldmark.renderer]\nunsafe = true\n";
    let site = plain("baseURL = 'https://x.example/'\n", &pages);
    assessment(&site, "content/a.md", &gone);
    // A shortcode may pass on what stands within it.
    assessment(&site, "content/a.md", &[("/b/#within", FragmentUnverifiable, "")]);
    assessment(&plain(unsafe_html, &pages), "content/a.md", &there);
    // Without its settings nothing is known of a site.
    assessment(&local(SiteKind::Hugo, &pages), "content/a.md", &there);
}

/// Hugo docs, "Markdown attributes" and "Configure markup", `parser.attribute.block` and `parser.autoDefinitionTermID`.
#[test]
fn blocks_have_the_ids_of_their_attributes() {
    let pages = [("content/a.md", "Para\n{#para .c}\n\n- item\n{#list}\n\n```go {#code}\nx\n```\n\nTerm\n: Words\n")];
    let settings = |markup: &str| -> &'static str {
        match markup {
            "block" => "baseURL = 'https://x.example/'\n[markup.goldmark.parser.attribute]\nblock = true\n",
            "terms" => "baseURL = 'https://x.example/'\n[markup.goldmark.parser]\nautoDefinitionTermID = true\n",
            _ => "baseURL = 'https://x.example/'\n",
        }
    };
    for (markup, block, term) in [
        ("", FragmentDead, FragmentDead),
        ("block", Alive, FragmentDead),
        ("terms", FragmentUnverifiable, FragmentUnverifiable),
    ] {
        let cases = [("#para", block, ""), ("#list", block, ""), ("#code", Alive, ""), ("#term", term, "")];
        assessment(&plain(settings(markup), &pages), "content/a.md", &cases);
    }
}

/// Hugo docs, "Template lookup order": `layouts/docs/_markup` is for the pages of that section.
#[test]
fn templates_of_a_section_may_change_its_links_and_headings() {
    let pages = [("content/docs/a.md", "## T\n"), ("content/docs/b.md", ""), ("content/blog/c.md", "## T\n")];
    let with = |path, text| plain("baseURL = 'https://x.example/'\n", &[&pages[..], &[(path, text)]].concat());
    let link = with("layouts/docs/_markup/render-link.html", "<a href=\"/pre/{{ .Destination }}\">{{ .Text }}</a>");
    assessment(&link, "content/docs/a.md", &[("b.md", Alive, ""), ("gone.md", Dead, ""), ("#gone", FragmentDead, "")]);
    let plain_link = with("layouts/docs/_markup/render-link.html", "<a href=\"{{ .Destination }}\">{{ .Text }}</a>");
    assessment(&plain_link, "content/docs/a.md", &[("b.md", Dead, "")]);
    let heading = with("layouts/docs/_markup/render-heading.html", "<h2 id=\"z\">{{ .Text }}</h2>");
    assessment(&heading, "content/docs/a.md", &[("#t", Alive, ""), ("#gone", FragmentUnverifiable, "")]);
}

/// Hugo docs, "Configure ugly URLs": the page is a file, and no folder has its name.
#[test]
fn a_page_with_an_ending_has_no_folder() {
    let site = plain("baseURL = 'https://x.example/'\nuglyURLs = true\n", &[("content/s/a.md", "")]);
    assessment(
        &site,
        "content/s/a.md",
        &[("/s/a.html", Alive, ""), ("/s/a", Alive, ""), ("/s/a/index.html", Dead, ""), ("/s/index.html", Alive, "")],
    );
}

/// Hugo docs, "All settings", `disableKinds`, and "Configure outputs".
#[test]
fn pages_of_a_disabled_kind_or_in_other_formats_are_not_there() {
    let pages = [
        ("content/s/a.md", ""),
        ("content/s/own.md", "---\noutputs: [html]\n---\n"),
        ("content/t/_index.md", ""),
        ("content/t/pic.png", ""),
        ("content/t/b/index.md", ""),
        ("content/t/b/x.png", ""),
    ];
    for (settings, cases) in [
        (
            "baseURL = 'https://x.example/'\ndisableKinds = ['section']\n",
            [Dead, Alive, Alive, Dead, Dead, Alive, Alive],
        ),
        ("baseURL = 'https://x.example/'\ndisableKinds = ['page']\n", [Alive, Dead, Dead, Alive, Alive, Dead, Dead]),
        (
            "baseURL = 'https://x.example/'\n[outputs]\nsection = ['rss']\npage = ['json']\n",
            [Dead, Dead, Alive, Dead, Alive, Dead, Alive],
        ),
        (
            "baseURL = 'https://x.example/'\n[outputs]\npage = ['web']\n[outputFormats.web]\nmediaType = 'text/html'\n",
            [Alive, Skipped, Alive, Alive, Alive, Skipped, Alive],
        ),
    ] {
        let addresses = ["/s/", "/s/a/", "/s/own/", "/t/", "/t/pic.png", "/t/b/", "/t/b/x.png"];
        let cases: Vec<_> = addresses.into_iter().zip(cases).map(|(address, verdict)| (address, verdict, "")).collect();
        assessment(&plain(settings, &pages), "content/s/a.md", &cases);
    }
}

/// Hugo docs, "Build options": the files of a draft are not published, and those of a page that is not rendered are.
#[test]
fn files_beside_a_page_are_published_with_it() {
    let site = plain(
        "baseURL = 'https://x.example/'\n",
        &[
            ("content/a.md", ""),
            ("content/draft/index.md", "---\ndraft: true\n---\n"),
            ("content/draft/x.png", ""),
            ("content/quiet/index.md", "---\nbuild:\n  publishResources: false\n---\n"),
            ("content/quiet/x.png", ""),
            ("content/never/index.md", "---\nbuild:\n  render: never\n---\n"),
            ("content/never/x.png", ""),
            ("content/without/index.md", "---\nheadless: true\n---\n"),
            ("content/without/x.png", ""),
        ],
    );
    assessment(
        &site,
        "content/a.md",
        &[
            ("/draft/x.png", Dead, ""),
            ("/quiet/", Alive, ""),
            ("/quiet/x.png", Skipped, ""),
            ("/never/", Dead, ""),
            ("/never/x.png", Alive, ""),
            ("/without/x.png", Alive, ""),
        ],
    );
    let reason = site.resolve("content/a.md", "/draft/x.png").assessment.reason;
    assert_eq!(reason, "the page of content/draft/index.md is not built: it is a draft");
}

/// Hugo docs, "All settings", `ignoreFiles`.
#[test]
fn content_that_is_ignored_by_name_is_not_there() {
    let site = plain(
        "baseURL = 'https://x.example/'\nignoreFiles = ['\\.draft\\.md$', '/hidden/', 'b\\.png$', '[a-z]\\.gif']\n",
        &[
            ("content/s/_index.md", ""),
            ("content/s/a.draft.md", ""),
            ("content/s/c.md", ""),
            ("content/s/b.png", ""),
            ("content/s/c.png", ""),
            ("content/s/x.gif", ""),
            ("content/hidden/d.md", ""),
            ("static/b.png", ""),
        ],
    );
    assessment(
        &site,
        "content/s/c.md",
        &[
            ("/s/a.draft/", Dead, ""),
            ("/s/c/", Alive, ""),
            ("/s/b.png", Dead, ""),
            ("/s/c.png", Alive, ""),
            ("/s/x.gif", Alive, ""),
            ("/hidden/d/", Dead, ""),
            ("/b.png", Alive, ""),
        ],
    );
}

/// GitLab docs, "GitLab Pages redirects": `/_redirects` is a file like others; a template makes it where the settings
/// name its format.
#[test]
fn the_file_of_redirects_may_be_there() {
    let settings = "baseURL = 'https://x.example/'\n";
    assessment(&plain(settings, &[("content/a.md", "")]), "content/a.md", &[("/_redirects", Dead, "")]);
    let by_template = [("content/a.md", ""), ("layouts/index.redirects", "/a /b 301\n")];
    assessment(&plain(settings, &by_template), "content/a.md", &[("/_redirects", Skipped, "")]);
    let as_file = [("content/a.md", ""), ("static/_redirects", "/a /b 301\n")];
    assessment(&plain(settings, &as_file), "content/a.md", &[("/_redirects", Alive, "")]);
}

/// Hugo docs, "Configure markup", `duplicateResourceFiles`: a file without a language in its name is published once.
#[test]
fn a_file_that_languages_share_is_published_in_the_default_one() {
    let files = [
        ("content/s/a/index.en.md", ""),
        ("content/s/a/index.de.md", ""),
        ("content/s/a/x.png", ""),
        ("content/s/a/y.de.png", ""),
        ("content/t/_index.en.md", ""),
        ("content/t/_index.de.md", ""),
        ("content/t/p.png", ""),
    ];
    let once = "baseURL = 'https://x.example/'\n[languages.en]\nweight = 1\n[languages.de]\nweight = 2\n";
    let twice = "baseURL = 'https://x.example/'\n[markup.goldmark]\nduplicateResourceFiles = true\n\
                 [languages.en]\nweight = 1\n[languages.de]\nweight = 2\n";
    for (settings, shared) in [(once, Dead), (twice, Alive)] {
        assessment(
            &plain(settings, &files),
            "content/s/a/index.de.md",
            &[
                ("/s/a/x.png", Alive, ""),
                ("/de/s/a/x.png", shared, ""),
                ("/de/s/a/y.de.png", Alive, ""),
                ("/s/a/y.de.png", shared, ""),
                ("/t/p.png", Alive, ""),
                ("/de/t/p.png", shared, ""),
            ],
        );
    }
}
