//! Members that are written in other forms than a shortcode with a name.

use super::*;
use crate::pod::page_form::{MembersForm, PageForm};

fn form(members_form: MembersForm) -> PageForm {
    PageForm { members_form, ..PageForm::default() }
}

fn read(lines: &str, form: &PageForm) -> PodPage {
    parse_pod_page_in_form(&format!("## Pod members\n\n{lines}\n\n## Purpose\n"), "p.md", form)
}

/// The members of some lines in this form.
fn seen(lines: &str, members_form: MembersForm) -> Vec<String> {
    members(&read(lines, &form(members_form)))
}

/// The findings of some lines in this form, but that nobody leads.
fn reported(lines: &str, members_form: MembersForm) -> Vec<String> {
    let mut reported = findings(&read(lines, &form(members_form)));
    reported.retain(|finding| !finding.starts_with("lead-missing"));
    reported
}

#[test]
fn shortcodes_with_handles_are_members_without_names() {
    for (line, expected) in [
        (r#"- {{< member-by-gitlab "aquill" >}}"#, &["* aquill []"][..]),
        (r#"- Lead: {{< member-by-gitlab "@aquill" >}}"#, &["* aquill [Lead]"]),
        (r#"- {{< member-and-role-by-gitlab "aquill" "svale" >}}"#, &[" aquill []", " svale []"]),
        (r#"- {{< member-by-name "Ada Quill" >}} ({{< member-by-gitlab "aquill" >}})"#, &["Ada Quill aquill []"]),
        (r#"- {{< member-by-name "Ada Quill" >}}, {{< member-by-gitlab "svale" >}}"#, &["Ada Quill svale []"]),
        (r#"- {{< member-by-gitlab "Pat Q" >}}"#, &["Pat Q - []"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|text| text.replacen("* aquill []", " aquill []", 1)).collect();
        assert_eq!(seen(line, MembersForm::Shortcode), expected, "{line}");
    }
    assert_eq!(
        reported(r#"- {{< member-by-gitlab "Pat Q" >}}"#, MembersForm::Shortcode),
        ["member-handle-invalid 3:3 Pat Q"]
    );
    let twice =
        "- {{< member-by-gitlab \"ada\" >}}\n- {{< member-by-gitlab \"sv\" >}}\n- {{< member-by-gitlab \"Ada\" >}}";
    assert_eq!(reported(twice, MembersForm::Shortcode), ["member-listed-twice 5:3 @Ada"]);
}

#[test]
fn a_list_of_names_and_handles_is_read_however_it_is_marked_up() {
    for (line, expected) in [
        ("- Ada Quill (@aquill)", "Ada Quill aquill []"),
        ("- Ada Quill (`@aquill`)", "Ada Quill aquill []"),
        ("- Ada Quill `@aquill`", "Ada Quill aquill []"),
        ("- Ada Quill @aquill", "Ada Quill aquill []"),
        ("- Ada Quill - @aquill", "Ada Quill aquill []"),
        ("- Ada Quill: @aquill", "Ada Quill aquill []"),
        ("- **Ada Quill** (@aquill)", "Ada Quill aquill []"),
        ("- [Ada Quill](https://gitlab.com/aquill)", "Ada Quill aquill []"),
        ("- [Ada Quill](https://people.example/ada) ([@aquill](https://gitlab.com/aquill))", "Ada Quill aquill []"),
        ("* [ ] Ada Quill (@aquill)", "Ada Quill aquill []"),
        ("1. Cher (@cher)", "Cher cher []"),
        ("- Lead: Ada Quill (@aquill)", "*Ada Quill aquill [Lead]"),
        ("- **EMEA lead:** Ada Quill (`@aquill`)", "*Ada Quill aquill [EMEA lead]"),
        ("- Lead - Ada Quill (@aquill)", "*Ada Quill aquill [Lead]"),
        ("- Ada Quill - EMEA lead (@aquill)", "*Ada Quill aquill [EMEA lead]"),
        ("- Ada Quill (@aquill), Lead", "*Ada Quill aquill [Lead]"),
        ("- Ada Quill (@aquill) (EMEA co-lead)", "*Ada Quill aquill [EMEA co-lead]"),
        ("- Ada Quill (@aquill) can lead sessions", "Ada Quill aquill []"),
        ("- Manager: Ada Quill (@aquill)", "Ada Quill aquill [Manager]"),
        ("- Łucja de la Wiśnik (`@tl`) (Interested in helping? Ask @boss!)", "Łucja de la Wiśnik tl []"),
        ("- Imaobong Holt (Ima) (`@ima1`)", "Imaobong Holt (Ima) ima1 []"),
        ("- Ada Quill\n  (`@aquill`)", "Ada Quill aquill []"),
        ("- Patrice Q (`@Pat Q`)", "Patrice Q - []"),
        ("- Ada Quill", "Ada Quill - []"),
        ("- Ada Quill (she/her)", "Ada Quill (she/her) - []"),
    ] {
        assert_eq!(seen(line, MembersForm::List), [expected], "{line}");
    }
    let page = read(
        "- Leads:\n  - Ada Quill (@a)\n- Members:\n  - Sorin Vale (@s), Imani Okonkwo (@i)\n- and you",
        &form(MembersForm::List),
    );
    assert_eq!(members(&page), ["*Ada Quill a [Leads]", "Sorin Vale s []", "Imani Okonkwo i []"]);
    assert_eq!((page.members[0].line, page.members[2].line), (4, 6));
    assert!(findings(&page).is_empty(), "{:?}", findings(&page));
    let headings =
        read("### Leads\n\n- Ada Quill (@a)\n\n### Everybody\n\n- Sorin Vale (@s)", &form(MembersForm::List));
    assert_eq!(members(&headings), ["*Ada Quill a [Leads]", "Sorin Vale s []"]);
}

#[test]
fn a_list_of_mentions_needs_no_names() {
    for (line, expected) in [
        ("- @aquill", " aquill []"),
        ("- `@aquill`", " aquill []"),
        ("- Lead: @aquill", "* aquill [Lead]"),
        ("- @aquill (lead)", "* aquill [lead]"),
        ("- Ada Quill @aquill", "Ada Quill aquill []"),
        ("- [@aquill](https://gitlab.com/aquill)", " aquill []"),
    ] {
        let found = seen(line, MembersForm::Mention);
        assert_eq!(found[0], expected, "{line}");
    }
    assert_eq!(seen("- @a, @b and @c", MembersForm::Mention), [" a []", " b []", " c []"]);
    let lines = "- Ask @boss to join\n- Ada Quill\n- and you\n- {{< member-by-name \"Imani O\" >}}";
    assert!(seen(lines, MembersForm::Mention).is_empty());
    let expected = [
        "members-section-empty 1:1 members",
        "member-line-unclear 3:3 - Ask @boss to join",
        "member-line-unclear 4:3 - Ada Quill",
        "member-line-unclear 6:3 - {{< member-by-name \"Imani O\" >}}",
    ];
    assert_eq!(reported(lines, MembersForm::Mention), expected);
}

#[test]
fn a_table_is_read_by_the_words_of_its_header() {
    for (table, expected) in [
        (
            "| Name | GitLab handle |\n|--|--|\n| Ada Quill | @aquill |\n| Sorin Vale | `svale` |",
            &["Ada Quill aquill []", "Sorin Vale svale []"][..],
        ),
        (
            "Member | Role\n--|--\nAda Quill (@aquill) | EMEA lead\nSorin Vale (`@svale`) |",
            &["*Ada Quill aquill [EMEA lead]", "Sorin Vale svale []"],
        ),
        (
            "| Region | Username |\n|--|--|\n| EMEA | [@aquill](https://gitlab.com/aquill) |\n| AMER | svale |",
            &[" aquill []", " svale []"],
        ),
        (
            "| Who | Handle |\n|--|--|\n| {{< member-by-name \"Ada Quill\" >}} | @aquill |\n| | |",
            &["Ada Quill aquill []"],
        ),
        (
            "| Name | Handle |\n|--|--|\n| **Lead:** Ada Quill | @a |\n| [Sorin Vale](x.md) | @Pat Q |",
            &["*Ada Quill a [Lead]", "Sorin Vale Pat []"],
        ),
    ] {
        assert_eq!(seen(table, MembersForm::Table), expected, "{table}");
    }
    let table = "| Name | Handle |\n|--|--|\n| Ada Quill | - |\n| see the wiki | @boss |\n| Sorin Vale | `@Pat Q` |\n\n- Imani Okonkwo (@io)";
    let expected = [
        "member-handle-missing 5:3 Ada Quill",
        "member-line-unclear 6:2 | see the wiki | @boss |",
        "member-handle-invalid 7:3 Sorin Vale",
        "member-line-unclear 9:3 - Imani Okonkwo (@io)",
    ];
    assert_eq!(reported(table, MembersForm::Table), expected);
    let unknown = "| Pod | Since |\n|--|--|\n| @ada | 2024 |";
    assert_eq!(
        reported(unknown, MembersForm::Table),
        ["members-section-empty 1:1 members", "member-line-unclear 3:2 | Pod | Since |"]
    );
}

#[test]
fn headings_are_members_with_what_stands_below_them() {
    let lines = "### Ada Quill (`@aquill`)\n\nRole: EMEA lead\n\n### Sorin Vale {#sorin}\n\n- GitLab: @svale\n- Likes: Ask Imani Okonkwo (@io)\n\n\
                 ### Lead: Imani Okonkwo\n\n`@io`\n\n### How to join us\n\nAsk @boss.\n\n### Mateo Farrow\n\nOn leave.\n\n### Alumni\n\nNobody.";
    let expected =
        ["*Ada Quill aquill [EMEA lead]", "Sorin Vale svale []", "*Imani Okonkwo io [Lead]", "Mateo Farrow - []"];
    assert_eq!(seen(lines, MembersForm::Heading), expected);
    assert_eq!(
        reported(lines, MembersForm::Heading),
        ["member-handle-missing 20:5 Mateo Farrow", "member-line-unclear 24:5 ### Alumni"]
    );
    let nested = "### Leads\n\n#### Ada Quill (@a)\n\n### Members\n\n#### Sorin Vale (@s)";
    assert_eq!(seen(nested, MembersForm::Heading), ["*Ada Quill a [Leads]", "Sorin Vale s []"]);
}

#[test]
fn lead_words_and_the_heading_are_the_pages_own() {
    let own = PageForm {
        members_heading: Some("who we are".to_owned()),
        members_form: MembersForm::List,
        lead_words: vec!["dri".to_owned(), "leitung".to_owned()],
    };
    let page = parse_pod_page_in_form(
        "# Pod\n\n### Who we are\n\n- DRI: Ada Quill (@a)\n- Lead: Sorin Vale (@s)\n- Leitung EMEA: Imani Okonkwo (@i)\n\n### Next\n\n- Mateo Farrow (@m)\n",
        "p.md",
        &own,
    );
    assert_eq!(members(&page), ["*Ada Quill a [DRI]", "Sorin Vale s [Lead]", "*Imani Okonkwo i [Leitung EMEA]"]);
    assert_eq!(page.members_section, MembersSection::Closed);
    let gone = parse_pod_page_in_form("## Pod members\n\n- Ada Quill (@a)\n\n## Next\n", "p.md", &own);
    let finding = &gone.findings[0];
    assert_eq!(
        (finding.rule.code(), finding.message.as_str()),
        ("members-section-missing", "No heading says \"who we are\".")
    );
    assert!(finding.advice.contains("[page] members_heading"), "{}", finding.advice);
    let nobody = parse_pod_page_in_form("# Who we are\n\n- Ada Quill (@a)\n\n# Next\n", "p.md", &own);
    assert!(nobody.findings[0].advice.contains("\"dri\" or \"leitung\""), "{:?}", nobody.findings[0]);
}

#[test]
fn a_page_in_another_form_is_reported_once_with_the_key_to_set() {
    for (lines, written, configured) in [
        ("- Ada Quill (@a)\n- Lead: Sorin Vale (`@s`)\n- and you", MembersForm::List, MembersForm::Shortcode),
        ("- @a\n- Lead: `@s`", MembersForm::Mention, MembersForm::Shortcode),
        ("- @a\n- Lead: `@s`", MembersForm::Mention, MembersForm::List),
        (
            "- {{< member-by-name \"Ada\" >}}\n- {{< member-by-gitlab \"s\" >}}",
            MembersForm::Shortcode,
            MembersForm::List,
        ),
        ("| Name | Handle |\n|--|--|\n| Ada Quill | @a |", MembersForm::Table, MembersForm::Shortcode),
        ("### Ada Quill (@a)\n\n### Sorin Vale (@s)", MembersForm::Heading, MembersForm::List),
    ] {
        let page = read(lines, &form(configured));
        assert!(page.members.is_empty() && page.findings.len() == 1, "{lines}: {:?}", page.findings);
        let finding = &page.findings[0];
        assert_eq!(finding.rule.code(), "members-section-empty", "{lines}");
        let key = format!("[page] members_form = \"{}\"", written.as_str());
        assert!(finding.advice.contains(&key) && finding.message.contains("ine"), "{lines}: {finding:?}");
        assert!(!seen(lines, written).is_empty(), "{lines}");
    }
}

#[test]
fn one_line_in_another_form_is_reported_with_its_line() {
    let lines = "- Lead: {{< member-by-name \"Ada Quill\" >}} (`@a`)\n- Sorin Vale (@s)\n- @io\n- Lead: Mateo Farrow\n- {{< member-by-name \"Tuva\n\
                 - {{< member-by-name \"\" >}} (`@x`)\n- and you\n- Ask @boss\n- `{{< member-by-name \"Tuva` is an example\n- Members:";
    let expected = [
        "member-line-unclear 4:3 - Sorin Vale (@s)",
        "member-line-unclear 5:3 - @io",
        "member-line-unclear 6:9 - Lead: Mateo Farrow",
        "member-line-unclear 7:3 - {{< member-by-name \"Tuva",
        "member-line-unclear 8:3 - {{< member-by-name \"\" >}} (`@x`)",
    ];
    assert_eq!(reported(lines, MembersForm::Shortcode), expected);
    assert_eq!(seen(lines, MembersForm::Shortcode), ["*Ada Quill a [Lead]"]);
}

/// A page that was cut anywhere names nobody whom the whole page does not name.
#[test]
fn no_cut_invents_a_member_in_any_form() {
    for (lines, members_form) in [
        (
            "- Lead: Ada Quill (`@aquill`)\n- Sorin Vale (@svale), Imani Okonkwo (@io)\n- Mateo Farrow",
            MembersForm::List,
        ),
        ("- Lead: `@aquill`\n- (@svale)", MembersForm::Mention),
        ("| Name | Handle |\n|--|--|\n| Ada Quill | @aquill |\n| Sorin Vale | svale |", MembersForm::Table),
        ("### Ada Quill (`@aquill`)\n\n### Sorin Vale (`@svale`)", MembersForm::Heading),
    ] {
        let text = format!("## Pod members\n\n{lines}\n\n## Purpose\n");
        let names = |page: &PodPage| -> Vec<(String, Option<String>)> {
            let handle = |member: &crate::pod::pod_page::Member| member.handle.as_ref().map(ToString::to_string);
            page.members.iter().map(|member| (member.name.raw().to_owned(), handle(member))).collect()
        };
        let whole = names(&parse_pod_page_in_form(&text, "p.md", &form(members_form)));
        for (end, _) in text.char_indices() {
            let cut = parse_pod_page_in_form(&text[..end], "p.md", &form(members_form));
            for member in names(&cut) {
                assert!(whole.contains(&member), "{members_form:?} cut at {end}: {member:?}");
            }
        }
    }
}
