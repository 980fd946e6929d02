//! Label names and scopes, as GitLab defines them.

use std::fmt;

use serde::Serialize;

/// The exact, case-sensitive name of a label.
///
/// GitLab's rules (`app/models/label.rb`, docs "Labels"): no comma, 1 to 255 characters, surrounding
/// blanks stripped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LabelName(String);

impl LabelName {
    /// Reads a name.
    ///
    /// # Errors
    /// A sentence that says what GitLab would refuse about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim();
        if name.is_empty() {
            return Err("a label needs a name".to_owned());
        }
        if name.contains(',') {
            return Err(format!("the label {name:?} holds a comma, which GitLab refuses in a label"));
        }
        if name.chars().count() > 255 {
            return Err("a label's name has at most 255 characters".to_owned());
        }
        if name.chars().any(char::is_control) {
            return Err(format!("the label {name:?} holds a control character"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope: all before the last `::`; `None` for a label that is not scoped.
    ///
    /// An issue carries at most one label of a scope (docs "Scoped labels").
    pub fn scope(&self) -> Option<&str> {
        scope(&self.0)
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scope of any label's name: all before the last `::`.
pub fn scope(name: &str) -> Option<&str> {
    name.rsplit_once("::").map(|(scope, _)| scope)
}

/// Another label of the same scope among `labels`, which GitLab would take off if `name` were put on.
pub fn find_scope_conflict<'a>(name: &LabelName, labels: &'a [String]) -> Option<&'a str> {
    let scope_of_name = name.scope()?;
    labels.iter().map(String::as_str).find(|other| *other != name.as_str() && scope(other) == Some(scope_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_ends_at_the_last_double_colon() {
        assert_eq!(scope("key1::key 2::some value"), Some("key1::key 2"));
        assert_eq!(scope("::x"), Some(""));
        assert_eq!(scope("plain"), None);
    }

    #[test]
    fn a_conflict_is_another_label_of_the_same_scope() {
        let name = LabelName::parse("pod::alpha").unwrap();
        let labels = ["bug", "pod::alpha", "pod::beta"].map(str::to_owned);
        assert_eq!(find_scope_conflict(&name, &labels), Some("pod::beta"));
        assert_eq!(find_scope_conflict(&name, &labels[..2]), None);
    }

    #[test]
    fn what_gitlab_refuses_is_refused() {
        assert!(LabelName::parse(" ").is_err());
        assert!(LabelName::parse("a,b").is_err());
        assert!(LabelName::parse(&"x".repeat(256)).is_err());
        assert_eq!(LabelName::parse(" pod::alpha ").unwrap().as_str(), "pod::alpha");
    }
}
