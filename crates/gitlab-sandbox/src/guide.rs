//! What the pages say besides what is in the world: given by whoever makes the sandbox.

use std::collections::BTreeMap;

/// What somebody reads on the sandbox's pages who opens it for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Stands in the bar above each page and in its title.
    pub name: String,
    /// What to try first, in this order.
    pub examples: Vec<ShellExample>,
    /// What a token is for, by its name.
    pub token_purposes: BTreeMap<String, String>,
}

/// Lines for a shell, and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellExample {
    /// A sentence.
    pub description: String,
    /// The lines; `{url}` in them stands for the sandbox's origin.
    pub lines: Vec<String>,
}

impl Default for Guide {
    fn default() -> Guide {
        Guide { name: "GitLab sandbox".to_owned(), examples: Vec::new(), token_purposes: BTreeMap::new() }
    }
}

impl ShellExample {
    /// The lines for a sandbox at this origin.
    pub(super) fn script(&self, origin: &str) -> String {
        self.lines.join("\n").replace("{url}", origin)
    }
}
