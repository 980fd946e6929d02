//! How a page names its members.

/// What makes a page's members section, and how its lines are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageForm {
    /// The text of the heading above the members, whatever its level and letter case; without one it is a level-2
    /// heading that ends in "pod members".
    pub members_heading: Option<String>,
    /// How the members are written.
    pub members_form: MembersForm,
    /// Words in a role that make a lead, in small letters.
    pub lead_words: Vec<String>,
}

impl Default for PageForm {
    fn default() -> Self {
        Self { members_heading: None, members_form: MembersForm::Shortcode, lead_words: vec!["lead".to_owned()] }
    }
}

impl PageForm {
    /// Whether a role is a lead's: it holds one of the words, be it as "Co-Lead" or "Leads".
    pub fn is_lead(&self, role: &str) -> bool {
        let role = role.to_lowercase();
        self.lead_words.iter().any(|word| role.contains(word.as_str()))
    }
}

/// The forms in which pages name their members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MembersForm {
    /// Hugo's shortcodes `member-by-name`, `member-by-gitlab` and `member-and-role-by-gitlab`.
    Shortcode,
    /// List items with a name and a handle.
    List,
    /// List items with a handle, mostly alone.
    Mention,
    /// A table with a column of names, of handles, or of both.
    Table,
    /// Headings below the members section's own, with the handle in them or in the text below.
    Heading,
}

impl MembersForm {
    /// All of them, with their words in the configuration.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Shortcode, "shortcode"),
        (Self::List, "list"),
        (Self::Mention, "mention"),
        (Self::Table, "table"),
        (Self::Heading, "heading"),
    ];

    /// The form with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(form, _)| form)
    }

    /// Its word in the configuration.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(form, _)| *form == self).map_or("shortcode", |(_, word)| word)
    }

    /// A good line of this form.
    pub fn example(self) -> &'static str {
        match self {
            Self::Shortcode => "- {{< member-by-name \"NAME\" >}} (`@handle`)",
            Self::List => "- NAME (`@handle`)",
            Self::Mention => "- `@handle`",
            Self::Table => "| NAME | `@handle` |",
            Self::Heading => "### NAME (`@handle`)",
        }
    }
}
