//! The members section of the seed's page, in the form in which the pod's configuration says that its page has it.

/// How the members are written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MembersLayout {
    /// List items with Hugo's shortcode.
    #[default]
    Shortcodes,
    /// List items with name and handle.
    List,
    /// List items with the handle alone.
    Mentions,
    /// A table of names, handles and roles.
    Table,
    /// A heading for each.
    Headings,
}

/// The page with its members in a layout, below this heading if there is one.
pub(super) fn lay_out_members(page: &str, heading: Option<&str>, layout: MembersLayout) -> String {
    let mut out = String::with_capacity(page.len());
    let mut is_first = true;
    for line in page.split_inclusive('\n') {
        if let (Some(heading), true) = (heading, line.starts_with("## ") && line.trim_end().ends_with(" members")) {
            out.extend(["## ", heading, "\n"]);
            continue;
        }
        let Some((role, name, handle)) = read_member(line).filter(|_| layout != MembersLayout::Shortcodes) else {
            out.push_str(line);
            continue;
        };
        let lead = if role.is_empty() { String::new() } else { format!("{role}: ") };
        if std::mem::take(&mut is_first) && layout == MembersLayout::Table {
            out.push_str("| Name | Handle | Role |\n| --- | --- | --- |\n");
        }
        let laid_out = match layout {
            MembersLayout::Shortcodes => line.to_owned(),
            MembersLayout::List => format!("- {lead}{name} (`@{handle}`)\n"),
            MembersLayout::Mentions => format!("- {lead}`@{handle}`\n"),
            MembersLayout::Table => format!("| {name} | `@{handle}` | {role} |\n"),
            MembersLayout::Headings => format!("### {lead}{name} (`@{handle}`)\n\n"),
        };
        out.push_str(&laid_out);
    }
    out
}

/// Role, name and handle of a member's line.
fn read_member(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.strip_prefix("- ")?.split_once("{{< member-by-name \"")?;
    let (name, rest) = rest.split_once("\" >}} (`@")?;
    Some((before.trim_end_matches([':', ' ']), name, rest.split_once('`')?.0))
}
