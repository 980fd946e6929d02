//! Texts on pages: what of them stays, what becomes a link, and what never comes through.

use axum::body::Bytes;
use html5gum::{Token, Tokenizer};
use http::Request;
use proptest::prelude::*;

use super::PageContext;
use super::links::{LinkTarget, TextContext};
use super::markdown::render_document;
use super::sanitize::sanitize_html;
use crate::call::Call;
use crate::guide::Guide;
use crate::world::{FieldChange, IssueEdit, MergeRequest, NewIssue, Visibility, World};

const ORIGIN: &str = "http://127.0.0.1:8080";

/// A world with `group/one` (an issue, a merge request, a label) and `group/two` (an issue).
fn small_world() -> World {
    let mut world = World::empty("2026-11-23T12:00:00Z".parse().unwrap());
    let user = world.add_user("ines", "Ines Aalto");
    for path in ["group/one", "group/two"] {
        let project = world.add_project(path, Visibility::Private);
        world.add_member(project, user, 50);
        let rest = IssueEdit { description: FieldChange::Set("x".to_owned()), ..Default::default() };
        world.open_issue(project, user, &NewIssue { title: format!("Of {path}"), edit: rest });
    }
    let one = world.project_by_path("group/one").unwrap().id;
    world.add_label(one, "pod::secure", "#1f75cb", "");
    world.add_label(one, "two words", "#fff", "");
    let request =
        MergeRequest { iid: 1, title: "A request".to_owned(), state: "opened".to_owned(), ..Default::default() };
    world.projects.get_mut(&one).unwrap().merge_requests.insert(1, request);
    world
}

fn with_text_context<T>(file: &str, ask: impl FnOnce(&TextContext<'_>) -> T) -> T {
    let world = small_world();
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let call = Call::decode(parts, Bytes::new());
    let guide = Guide::default();
    let view = PageContext { world: &world, origin: ORIGIN, call: &call, guide: &guide };
    ask(&TextContext { view, project: world.project_by_path("group/one"), group: None, file_path: file })
}

fn render_markdown(markdown: &str) -> String {
    with_text_context("", |around| render_document(markdown, around).to_string()).trim().to_owned()
}

fn sanitize(html: &str) -> String {
    with_text_context("", |around| sanitize_html(html, around))
}

#[test]
fn what_gitlab_shows_is_shown() {
    for (markdown, html) in [
        ("- [x] done", "<ul>\n<li><input type=\"checkbox\" disabled checked aria-label=\"done\"> done</li>\n</ul>"),
        ("a <kbd>b</kbd> **c**", "<p>a <kbd>b</kbd> <strong>c</strong></p>"),
        (
            "<details><summary>more</summary>\n\n*text*\n\n</details>",
            "<details><summary>more</summary>\n<p><em>text</em></p>\n</details>",
        ),
        ("<!-- bot:v1 end -->\nrest", "<p>rest</p>"),
        ("## A heading", "<h2 id=\"user-content-a-heading\">A heading</h2>"),
        ("[to it](#A-heading)", "<p><a href=\"#user-content-a-heading\">to it</a></p>"),
        (
            "![alt](/a.png)",
            "<p><a class=\"picture\" rel=\"nofollow noopener noreferrer\" href=\"https://gitlab.com/a.png\">alt</a></p>",
        ),
    ] {
        assert_eq!(render_markdown(markdown), html, "{markdown}");
    }
    let table = render_markdown("| a | b |\n| --- | ---: |\n| 1 | 2 |");
    assert!(
        table.starts_with("<div class=\"wide\" tabindex=\"0\"><table>") && table.ends_with("</table></div>"),
        "{table}"
    );
    assert!(table.contains("<td class=\"right\">2</td>"), "{table}");
    assert!(render_markdown("> [!note]\n> x").contains("<div class=\"markdown-alert markdown-alert-note\">"));
}

#[test]
fn references_to_what_is_there_are_links_and_others_are_text() {
    let issue = "<a href=\"/group/one/-/issues/1\" title=\"Of group/one\">#1</a>";
    let request = "<a href=\"/group/one/-/merge_requests/1\" title=\"A request\">!1</a>";
    let two = |shown: &str| format!("<a href=\"/group/two/-/issues/1\" title=\"Of group/two\">{shown}</a>");
    for (text, html) in [
        ("see #1, !1.", format!("see {issue}, {request}.")),
        ("(#1)", format!("({issue})")),
        ("group/two#1 and two#1", format!("{} and {}", two("group/two#1"), two("two#1"))),
        (
            "#2 !7 &5 nowhere#1 #1a a#1 ##1 # ! ~none @nobody",
            "#2 !7 &amp;5 nowhere#1 #1a a#1 ##1 # ! ~none @nobody".to_owned(),
        ),
        ("`#1`", "<code>#1</code>".to_owned()),
        (
            "[#1](https://docs.example.com/)",
            "<a class=\"outside\" rel=\"nofollow noopener noreferrer\" href=\"https://docs.example.com/\">#1</a>"
                .to_owned(),
        ),
        ("ü#1 é@ines ~", "ü#1 é@ines ~".to_owned()),
        ("@ines.", "<span class=\"mention\" title=\"Ines Aalto\">@ines</span>.".to_owned()),
    ] {
        assert_eq!(render_markdown(text), format!("<p>{html}</p>"), "{text}");
    }
    for (text, name) in [("~pod::secure.", "pod%3A%3Asecure"), ("~\"two words\"", "two%20words")] {
        let html = render_markdown(text);
        let name = name.replace("%3A", ":");
        assert!(html.contains(&format!("href=\"/group/one/-/issues?state=all&amp;label_name={name}\"")), "{html}");
    }
}

#[test]
fn links_lead_into_the_box_out_of_it_or_nowhere() {
    let state = |link: &str| Some(LinkTarget::Sandbox(link.to_owned()));
    let outside = |link: &str| Some(LinkTarget::External(link.to_owned()));
    for (file, link, target) in [
        ("", "https://gitlab.com/group/one/-/issues/1#note_5", state("/group/one/-/issues/1#note_5")),
        ("", "https://gitlab.com/groups/group/-/epics", state("/groups/group/-/epics")),
        ("", "http://127.0.0.1:8080/-/journal.html", state("/-/journal.html")),
        ("", "/group/two", state("/group/two")),
        ("", "README.md", state("/group/one/-/blob/main/README.md")),
        ("main/a b/c.md", "../d.md?plain=1", state("/group/one/-/blob/main/d.md?plain=1")),
        ("", "https://gitlab.com/nobody/nothing", outside("https://gitlab.com/nobody/nothing")),
        ("", "https://gitlab.com.example.com/group/one", outside("https://gitlab.com.example.com/group/one")),
        ("", "//example.com/x", outside("https://example.com/x")),
        ("", "mailto:a@example.com", outside("mailto:a@example.com")),
        ("", "javascript:alert(1)", None),
        ("", " java\tscript:alert(1)", None),
        ("", "JaVaScRiPt:alert(1)", None),
        ("", "data:text/html,x", None),
        ("", "vbscript:x", None),
        ("", "file:///etc/passwd", None),
        ("", "blob:https://gitlab.com/x", None),
        ("", "http://[", None),
    ] {
        assert_eq!(with_text_context(file, |around| around.resolve_link(link)), target, "{link}");
    }
}

#[test]
fn tags_are_balanced_whatever_was_written() {
    for (html, safe) in [
        ("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c"),
        ("</div></article></main>a", "a"),
        ("<details><summary>a", "<details><summary>a</summary></details>"),
        ("<table><tr><td>a", "<div class=\"wide\" tabindex=\"0\"><table><tr><td>a</td></tr></table></div>"),
        ("a<script>b</script>c<style>d</style>e", "ace"),
        ("a<script>b", "a"),
        ("<p onclick=x style=y class=bar id=main>a</p>", "<p>a</p>"),
        ("<a href='javascript:x'>a</a>", "<span>a</span>"),
        ("<a href='/group/one' onfocus=x>a</a>", "<a href=\"/group/one\">a</a>"),
        ("<img src=javascript:x alt='<b>'>", "<span class=\"picture\">&lt;b&gt;</span>"),
        (
            "<input name=password><input type=checkbox onfocus=x>",
            "<input type=\"checkbox\" disabled aria-label=\"to do\">",
        ),
        ("&lt;script&gt;<!-- a --><?b?><!doctype c>", "&lt;script&gt;"),
        ("<math><mtext></p><img src=x onerror=x></mtext></math>a", "a"),
        ("<h1 id=main>a</h1><h1 id=user-content-b>c</h1>", "<h1>a</h1><h1 id=\"user-content-b\">c</h1>"),
    ] {
        assert_eq!(sanitize(html), safe, "{html}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever stands in a text, a page holds harmless tags only, all of them closed.
    #[test]
    fn nothing_that_acts_comes_through(parts in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "</", "/>", "<script", "<style>", "</style>", "<svg>", "<b", "<a href=", "<img src=", "javascript:", "'", "\"", "`",
        " onload=", "x", "é", "\0", "&", "&#60;", "&lt;", ";", "=", " ", "\n", "\n\n", "- [ ] ", "| a |\n| - |\n", "<details>", "</details>",
        "<table>", "<td>", "</table>", "<!--", "-->", "<![CDATA[", "]]>", "<p style=", "<input type=checkbox", "<textarea>", "<title>", "#1", "~pod::secure",
        "[a](", ")", "![", "]", "(", "```", "<base href=", "<iframe", "<template>", "<math>", "<annotation-xml>", "> ", "[^1]", "[^1]: ",
    ]), 0..24)) {
        let html = render_markdown(&parts.concat());
        let mut open: Vec<String> = Vec::new();
        for Ok(token) in Tokenizer::new(&html) {
            match token {
                Token::StartTag(tag) => {
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    let known = super::sanitize::ALLOWED_TAGS.contains(&name.as_str()) || name == "table";
                    prop_assert!(known, "<{}> in {}", name, html);
                    for (key, value) in &tag.attributes {
                        let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
                        let keys = ["href", "class", "id", "title", "rel", "type", "disabled", "checked", "aria-label", "start", "open", "tabindex", "style"];
                        prop_assert!(keys.contains(&&*key), "{} in {}", key, html);
                        prop_assert!(key != "style" || value.starts_with("--label:#1f75cb;--ink:#"), "{} in {}", value, html);
                        let leads = ["/", "#", "http://", "https://", "mailto:"].iter().any(|start| value.starts_with(start));
                        prop_assert!(key != "href" || leads, "{} in {}", value, html);
                    }
                    if !["br", "hr", "input"].contains(&name.as_str()) {
                        open.push(name);
                    }
                }
                Token::EndTag(tag) => prop_assert_eq!(open.pop(), Some(String::from_utf8_lossy(&tag.name).into_owned()), "{}", html),
                // Odd characters are no tags.
                Token::String(_) | Token::Error(_) => {}
                other => prop_assert!(false, "{:?} in {}", other, html),
            }
        }
        prop_assert!(open.is_empty(), "{:?} in {}", open, html);
    }
}
