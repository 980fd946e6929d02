mod member_forms;

use super::*;
use crate::pod::pod_page::{LinkForm, LinkKind, MembersSection};
use crate::pod::roster::Role;

fn page(text: &str) -> PodPage {
    parse_pod_page(text, "p.md")
}

/// A page whose members section holds these lines.
fn with_members(lines: &str) -> PodPage {
    page(&format!("## Support Pod members\n\n{lines}\n\n## Purpose\n"))
}

/// Name, handle and role text of every member, leads marked with a star.
fn members(page: &PodPage) -> Vec<String> {
    let shown = page.members.iter().map(|member| {
        let star = if member.role == Role::Lead { "*" } else { "" };
        let handle = member.handle.as_ref().map_or("-", |handle| handle.as_str());
        format!("{star}{} {handle} [{}]", member.name.raw(), member.role_text.raw())
    });
    shown.collect()
}

/// Rule, line, column and subject of every finding but that the page has no members section.
fn findings(page: &PodPage) -> Vec<String> {
    let others = page.findings.iter().filter(|finding| finding.rule.code() != "members-section-missing");
    others
        .map(|finding| {
            let place = finding.place.as_ref().unwrap();
            format!("{} {}:{} {}", finding.rule.code(), place.line, place.column, finding.subject)
        })
        .collect()
}

/// An address with its line, column and form.
type Stands = (&'static str, usize, usize, LinkForm);

fn links(text: &str) -> Vec<(String, usize, usize, LinkForm)> {
    page(text).links.into_iter().map(|link| (link.url, link.line, link.column, link.form)).collect()
}

#[test]
fn every_shape_of_a_member_line_is_read() {
    for (line, member) in [
        (r#"- Lead: {{< member-by-name "Ada Quill" >}} (`@aquill`)"#, "*Ada Quill aquill [Lead]"),
        (
            r#"- Overall/AMER lead: {{< member-by-name "Sorin Vale" >}} (`@svale`)"#,
            "*Sorin Vale svale [Overall/AMER lead]",
        ),
        (r#"- U.S. Government lead: {{< member-by-name "A" >}} (`@a`)"#, "*A a [U.S. Government lead]"),
        (r#"- Co-Lead: {{< member-by-name "A" >}} (`@a`)"#, "*A a [Co-Lead]"),
        (r#"* **Lead:** {{< member-by-name "A" >}} (@a)"#, "*A a [Lead]"),
        (r#"- Manager: {{< member-by-name "A" >}} (`@a`)"#, "A a [Manager]"),
        (r#"- {{< member-by-name `Mateo "Teo" Farrow` >}} (`@teo`)"#, r#"Mateo "Teo" Farrow teo []"#),
        (r#"- {{< member-by-name "Imaobong Adeyemi-Holt (Ima)" >}}"#, "Imaobong Adeyemi-Holt (Ima) - []"),
        (r#"- {{< member-by-name "Łucja Wiśnik" >}} (`@tl`) (Interested in helping? Ask me!)"#, "Łucja Wiśnik tl []"),
        (r#"- {{< member-by-name "Patrice Q" >}} (`@Pat Q`)"#, "Patrice Q - []"),
        (r#"- [ ] {{< member-by-name "A" >}} (`@a`)"#, "A a []"),
        (r#"1. {{< member-by-name "A" >}} (`@a`)"#, "A a []"),
    ] {
        assert_eq!(members(&with_members(line)), [member], "{line}");
    }
}

#[test]
fn a_container_is_no_role_unless_it_is_the_leads() {
    let page = with_members(
        "- Members:\n  - {{< member-by-name \"A\" >}} `@a`\n- Leads:\n  - {{< member-by-name \"B\" >}} `@b`",
    );
    assert_eq!(members(&page), ["A a []", "*B b [Leads]"]);
    assert_eq!(page.members[1].line, 6);
}

#[test]
fn what_is_no_list_item_with_a_member_is_ignored() {
    let page = with_members(
        "The pod is led by {{< member-by-name \"No\" >}}.\n\n- and you\n- `{{< member-by-name \"No\" >}}`\n- {{< member-by-name \"\" >}}\n\n\
         ```md\n- {{< member-by-name \"No\" >}}\n```\n\n- {{< member-by-name \"Yes\" >}} (`@yes`), {{< member-by-name \"Too\" >}} (`@too`)\n\n\
         # Next\n\n- {{< member-by-name \"No\" >}}",
    );
    assert_eq!(members(&page), ["Yes yes []", "Too too []"]);
    // A shortcode without a name is a member's line, and says of whom nothing.
    let unclear = "member-line-unclear 7:3 - {{< member-by-name \"\" >}}";
    assert_eq!(findings(&page), ["lead-missing 1:1 lead", unclear]);
}

#[test]
fn the_members_section_is_a_level_2_heading_that_ends_in_pod_members() {
    for heading in
        ["## Support Pod Members", "## Secure Pod members", "## 🍐 **Pod** members {#members}", "Pod members\n---"]
    {
        assert_eq!(page(heading).members_section, MembersSection::OpenEnded, "{heading}");
    }
    for heading in ["# Pod members", "### Pod members", "## Pod members of old", "Pod members", "## Members"] {
        let page = page(heading);
        assert_eq!(page.members_section, MembersSection::Missing, "{heading}");
        assert_eq!(page.findings[0].rule.code(), "members-section-missing");
    }
    let closed = |below: &str| page(&format!("## Pod members\n\n- x\n\n{below}")).members_section;
    assert_eq!(closed("# A"), MembersSection::Closed);
    assert_eq!(closed("A\n-\n"), MembersSection::Closed);
    assert_eq!(closed("##\n"), MembersSection::Closed);
    // A cut can make these of a list and of a lower heading.
    assert_eq!(closed("A\n-"), MembersSection::OpenEnded);
    assert_eq!(closed("##"), MembersSection::OpenEnded);
    assert_eq!(closed("- A\n  -\n"), MembersSection::OpenEnded);
    assert_eq!(closed("### A"), MembersSection::OpenEnded);
    assert_eq!(closed("```\n## A\n```"), MembersSection::OpenEnded);
}

#[test]
fn members_are_told_what_their_line_lacks() {
    let page = with_members(
        "- Lead: {{< member-by-name \"Ada Quill\" >}} (`@Ada_Quill`)\n- {{< member-by-name \"Pat Quennell\" >}} (`@Pat Q`)\n\
         - {{< member-by-name \"Imani Okonkwo\" >}}\n- {{< member-by-name \"A. Quill\" >}} (`@ada_quill`)\n\
         - {{< member-by-name \"imani okonkwo\" >}} (`@io`)\n- {{< member-by-name \"Ada Quill\" >}} (`@ada`)",
    );
    let expected = [
        "member-handle-invalid 4:3 Pat Quennell",
        "member-handle-missing 5:3 Imani Okonkwo",
        "member-listed-twice 6:3 A. Quill",
        "member-listed-twice 7:3 imani okonkwo",
    ];
    assert_eq!(findings(&page), expected);
    assert!(page.findings[0].message.contains("\"Pat Q\""));
}

#[test]
fn a_section_without_members_is_told_as_that_and_lacks_no_lead() {
    assert_eq!(findings(&with_members("- and you")), ["members-section-empty 1:1 members"]);
    assert_eq!(findings(&with_members("- {{< member-by-name \"A\" >}} (`@a`)")), ["lead-missing 1:1 lead"]);
}

#[test]
fn links_of_every_form_have_their_place() {
    use LinkForm::{Bare, Html, Image, Inline, Reference};
    let table: &[(&str, &[Stands])] = &[
        (
            "see https://gitlab.com/a_b/c_d/-/issues/1#note_2.",
            &[("https://gitlab.com/a_b/c_d/-/issues/1#note_2", 1, 5, Bare)],
        ),
        ("(https://x.y/a_(b))", &[("https://x.y/a_(b)", 1, 2, Bare)]),
        ("<https://x.y>", &[("https://x.y", 1, 2, Bare)]),
        ("[a][ref]\n\n[ref]: https://x.y/z", &[("https://x.y/z", 1, 1, Reference)]),
        ("[r]: /x\n[t]: /y\n[a][r] https://u.v", &[("/x", 3, 1, Reference), ("https://u.v", 3, 8, Bare)]),
        ("- [r]: /x\n [a][r] https://u.v", &[("/x", 2, 2, Reference), ("https://u.v", 2, 9, Bare)]),
        ("`https://code.x` ``[a](https://code.y)``", &[]),
        ("```\nhttps://code.x\n```\n\n    https://code.y", &[]),
        (
            "|a|b|\n|-|-|\n|https://t.x|[q](https://u.v)|",
            &[("https://t.x", 3, 2, Bare), ("https://u.v", 3, 14, Inline)],
        ),
        ("|a|\n|-|\n|x \\| \\| y [q](https://u.v)|", &[("https://u.v", 3, 12, Inline)]),
        ("|a|\n|-|\n|x \\| y https://u.v|", &[("https://u.v", 3, 9, Bare)]),
        ("![i](https://i.mg/a.png)", &[("https://i.mg/a.png", 1, 1, Image)]),
        ("[![i](/a.png)](https://k.l)", &[("https://k.l", 1, 1, Inline), ("/a.png", 1, 2, Image)]),
        ("é <a href=\"https://raw.h\">x</a>", &[("https://raw.h", 1, 12, Html)]),
        ("<div>\n\t<img src='/a.png'><a\nhref=/b></div>", &[("/a.png", 2, 12, Html), ("/b", 3, 6, Html)]),
        ("> <a href=\"/x\">1</a> <a href=\"/x\">2</a>", &[("/x", 1, 12, Html), ("/x", 1, 31, Html)]),
        ("<!-- https://c.d <a href=\"/x\"> -->", &[]),
        ("<!-- x --> <a href=\"/y\">", &[("/y", 1, 21, Html)]),
        ("a é https://é.x/ü end", &[("https://é.x/ü", 1, 5, Bare)]),
        ("- [ ] https://task.x", &[("https://task.x", 1, 7, Bare)]),
        ("www.example.com a@b.co", &[("http://www.example.com", 1, 1, Bare), ("mailto:a@b.co", 1, 17, Bare)]),
        ("pre [a\nb](https://x.y) https://q.r", &[("https://x.y", 1, 5, Inline), ("https://q.r", 2, 17, Bare)]),
        ("a [x](https://x.y\n\"t\") https://z.z", &[("https://x.y", 1, 3, Inline), ("https://z.z", 2, 6, Bare)]),
        ("[https://x.y](https://x.y)", &[("https://x.y", 1, 1, Inline)]),
        ("[x](https://x.y/?a=1&amp;b=2)", &[("https://x.y/?a=1&b=2", 1, 1, Inline)]),
        ("a\r\n[x](y.md)\r\n", &[("y.md", 2, 1, Inline)]),
        ("---\ntitle: https://no.link\n---\n[x](#y)", &[("#y", 4, 1, Inline)]),
        ("{{< figure src=\"/a.png\" >}} {{< ref \"x\" >}}", &[]),
    ];
    for (text, expected) in table {
        let expected: Vec<_> =
            expected.iter().map(|(url, line, column, form)| ((*url).to_owned(), *line, *column, *form)).collect();
        assert_eq!(links(text), expected, "{text}");
    }
}

#[test]
fn a_link_knows_its_text_section_and_kind() {
    let page =
        page("[`a` *b*](x.md)\n\n# ℹ\u{fe0f}  The **R**est 🍐 {#id}\n\nhttps://docs.gitlab.com/a <a href='#y'>*z*</a>");
    let shown: Vec<_> =
        page.links.iter().map(|link| (link.text.raw(), link.section.raw(), link.kind.unwrap())).collect();
    let expected = [
        ("a b", "", LinkKind::Path),
        ("https://docs.gitlab.com/a", "The Rest", LinkKind::Docs),
        ("z", "The Rest", LinkKind::Anchor),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn labels_count_outside_code_only_and_their_defects_are_told() {
    let page = page(
        "---\ntitle: ~\"front\"\n---\n# A\n~\"a::b\", ~\"c::d\",\n- ~\"\" `~\"no\"` ~bug\n\n~~~\n~\"no\"\n~~~\n\n<!-- ~\"no\" --> ~struck~ ~\"e\",\n  ~\"f\"",
    );
    let labels: Vec<_> = page.labels.iter().map(|label| (label.name.raw(), label.line)).collect();
    assert_eq!(labels, [("a::b", 5), ("c::d", 5), ("", 6), ("bug", 6), ("e", 12), ("f", 13)]);
    assert_eq!(findings(&page), ["label-trailing-comma 5:17 ~\"c::d\" (A)", "label-empty 6:3 ~\"\" (A)"]);
    assert_eq!(page.labels[0].section.raw(), "A");
}

/// `lib/banzai/filter/references/reference_filter.rb`: references in attributes, links and code are none; and a word
/// alone may be no label at all.
#[test]
fn labels_are_read_of_text_alone() {
    let page = page(
        "Takes ~twenty minutes or ~an::hour.\n\n<a title='~\"attr\"'>~\"inside\"</a> <b title=\"~x\">~\"bold\"</b>\n\n\
         [~\"linked\"](https://a.example/x) $~\"math\"$ ~\"last\"\n\n\
         <div title='~\"attr\"'>\n~\"block\" <pre>~\"pre\"</pre> <code>~\"code\"</code>\n</div>\n",
    );
    let labels: Vec<_> = page.labels.iter().map(|label| (label.name.raw(), label.may_be_prose)).collect();
    let expected = [("twenty", true), ("an::hour", false), ("bold", false), ("last", false), ("block", false)];
    assert_eq!(labels, expected);
}

#[test]
fn a_line_without_its_dash_is_found_and_wrapped_text_is_not() {
    let lacking =
        "- Slack: `#x`\n GitLab.com label: ~\"x::y\"\n- {{< member-by-name \"A\" >}}\n{{< member-by-name \"B\" >}}\n";
    let page = page(lacking);
    assert_eq!(
        findings(&page),
        ["list-dash-missing 2:2 GitLab.com label: ~\"x::y\"", "list-dash-missing 4:1 {{< member-by-name \"B\" >}}"]
    );
    assert_eq!(page.labels[0].name.raw(), "x::y");
    for good in [
        "- Slack: x\n  GitLab.com label: y",
        "- Slack: one,\nTwo: three",
        "- A sentence that is\nwrapped: here",
        "- Name: a sentence\nNote: that one",
        "- Name: a<br>\nOther: b",
        "- [ ] Name: a\n  Other: b",
        "- Slack: x\n\nGitLab.com label: y",
        "Slack: x\nGitLab.com label: y",
        "> - Slack: x\n> Label: y",
    ] {
        assert!(findings(&parse_pod_page(good, "p.md")).is_empty(), "{good}");
    }
}

#[test]
fn broken_characters_are_found_outside_code() {
    let page = page("# Caf\u{c3}\u{a9}\n\nÉ… `\u{c3}\u{a9}` 🎫 \u{f8ff}\u{fc}\u{e9}\u{b4}");
    assert_eq!(findings(&page), ["text-mojibake 1:6 é", "text-mojibake 3:11 🎫"]);
    assert!(page.findings.iter().any(|finding| finding.advice.contains('🎫')));
}

#[test]
fn the_old_form_of_an_address_is_told_with_the_new_one() {
    let page = page(
        "- https://gitlab.com/a/b/blob/main/x.yml\n- https://gitlab.com/a/b/-/blob/main/x.yml https://example.org/a/b/blob/main/x",
    );
    assert_eq!(findings(&page), ["link-legacy-form 1:3 https://gitlab.com/a/b/blob/main/x.yml"]);
    assert!(page.findings.iter().any(|finding| finding.advice.contains("/a/b/-/blob/main/x.yml")));
}

#[test]
fn channels_are_read_from_every_form() {
    let url = "https://juniper.slack.com/archives/C0";
    for (line, linked) in [
        (format!("- Slack channel: [#spt_pod_a]({url})"), true),
        (format!("- [#spt_pod_a]({url}) Slack channel"), true),
        (format!("- Slack channel - [`#spt_pod_a`]({url})"), true),
        ("- Slack channel - `#spt_pod_a`".to_owned(), false),
        (format!("- A Support Pod Slack channel: [#spt_pod_a]({url})"), true),
        (format!("- [#spt_pod_a]({url})"), true),
        (format!("[#spt_pod_a]({url})"), true),
        ("- Slack: `#spt_pod_a`".to_owned(), false),
        ("- Slack: #spt_pod_a, as ever".to_owned(), false),
        ("## Slack Channels\n\n- `#spt_pod_a`".to_owned(), false),
        (format!("- `#spt_pod_a`, [#spt_pod_a]({url})"), true),
    ] {
        let page = page(&line);
        let channels: Vec<_> = page.slack.iter().map(|slack| (slack.channel.raw(), slack.url.as_deref())).collect();
        assert_eq!(channels, [("#spt_pod_a", linked.then_some(url))], "{line}");
    }
    for none in
        ["- Slack group - `@spt-pod_a`", "- Slack: #123 and `#12`", "- `#spt_pod_a`", "- [#a](https://example.org) x"]
    {
        assert!(page(none).slack.is_empty(), "{none}");
    }
}

#[test]
fn a_session_is_the_text_of_its_item_without_markdown() {
    let page = page(
        "- Sessions:\n  - **Alpha**: [Tuesdays](x.md) at `9 AM`\n    UTC every other week\n    - never\n- Alpha meets",
    );
    let sessions: Vec<_> = page.sessions.iter().map(|session| (session.text.raw(), session.line)).collect();
    assert_eq!(sessions, [("Alpha: Tuesdays at 9 AM UTC every other week", 2)]);
}

#[test]
fn the_title_is_that_of_the_front_matter_or_none() {
    let title = |yaml: &str| page(&format!("---\n{yaml}\n---\n\nText")).title.raw().to_owned();
    assert_eq!(title("title: Alpha Pod\ndescription:"), "Alpha Pod");
    assert_eq!(title("description: x \ntitle: \"Alpha: Pod\""), "Alpha: Pod");
    assert_eq!(title("Title: Alpha"), "Alpha");
    for broken in ["title: [", "title: {a: 1}", "title:", "title: a\ntitle: b", "- x", "x", ""] {
        assert_eq!(title(broken), "", "{broken}");
    }
    assert_eq!(page("\u{feff}---\r\ntitle: Alpha\r\n---\r\n").title.raw(), "Alpha");
    assert_eq!(page("---\ntitle: Alpha\n").title.raw(), "");
    // Hugo docs, "Front matter": JSON, TOML or YAML.
    for other in ["+++\ntitle = 'Alpha'\n+++\n", "{\n\"title\": \"Alpha\"\n}\n", ";;;\n{\"title\": \"Alpha\"}\n;;;\n"] {
        assert_eq!(page(other).title.raw(), "Alpha", "{other}");
    }
}

#[test]
fn what_is_beyond_the_caps_is_dropped() {
    let links = page(&"[a](b) ".repeat(MAX_ENTRIES + 1));
    assert_eq!(links.links.len(), MAX_ENTRIES);
    let labels = page(&"~\"\"\n".repeat(MAX_ENTRIES + 1));
    assert_eq!((labels.labels.len(), labels.findings.len()), (MAX_ENTRIES, MAX_ENTRIES));
    let long = page(&format!("{}\nhttps://x.y", "é".repeat(MAX_TEXT_BYTES / 2)));
    assert!(long.links.is_empty());
}

/// Code that is never closed ends where the next line says so, which may be a line that is left out.
#[test]
fn what_stands_in_an_open_fence_is_hidden_as_in_the_whole_text() {
    for text in ["- ```\n  ~\"l\"\n- plain words\n\n- [a](b)\n", "- ```\n  ~\"l\"\n\n"] {
        let labels = |page: PodPage| page.labels.len();
        assert_eq!(
            labels(parse_document(text, "a.md", Dialect::Gitlab).0),
            labels(parse_pod_page(text, "a.md")),
            "{text:?}"
        );
    }
}
