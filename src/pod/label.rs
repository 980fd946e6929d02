//! Label names and scopes, as GitLab defines them.

use std::fmt;

use linkcheck::gitlab::retired_names;
use serde::Serialize;

use super::similar_name::find_similar_name;
use super::snapshot::ProjectLabel;

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

    /// What a search for labels with a similar name asks for: GitLab finds a term anywhere in a name, in any letter
    /// case (`app/models/label.rb`). A slip is in the scope or behind it, rarely in both.
    pub fn search_terms(&self) -> Vec<&str> {
        match self.0.rsplit_once("::") {
            Some((scope, value)) => [scope, value].into_iter().filter(|term| !term.is_empty()).collect(),
            None => vec![self.0.split(' ').next().unwrap_or(&self.0)],
        }
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands in the place of a label that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimilarLabel {
    /// It was retired under this name.
    Retired(String),
    /// It is most likely misspelt: this one is there.
    Misspelt(String),
}

/// Looks for one among the labels that are there.
pub fn find_similar_label(name: &LabelName, there: &[ProjectLabel]) -> Option<SimilarLabel> {
    let is_there = |retired: &String| there.iter().any(|label| label.name == *retired);
    if let Some(retired) = retired_names(name.as_str()).into_iter().find(is_there) {
        return Some(SimilarLabel::Retired(retired));
    }
    // Labels of a scope are alike in all but their ends: each part is compared with its own.
    let (scope, value) = split_scope(name.as_str());
    let usable = there.iter().filter(|label| !label.archived).map(|label| label.name.as_str());
    let in_scope: Vec<&str> =
        usable.filter(|label| find_similar_name(scope, [split_scope(label).0]).is_some()).collect();
    let nearest = find_similar_name(value, in_scope.iter().map(|label| split_scope(label).1))?;
    let nearest = in_scope.into_iter().find(|label| split_scope(label).1 == nearest)?;
    Some(SimilarLabel::Misspelt(nearest.to_owned()))
}

/// A name's scope, empty for a label that is not scoped, and what follows it.
fn split_scope(name: &str) -> (&str, &str) {
    name.rsplit_once("::").unwrap_or(("", name))
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

/// A name without what people misspell in labels: letter case, blanks and punctuation. Labels that are the same without
/// it are near-twins.
pub fn fold_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two colours are the same: in any letter case, and `#abc` for `#aabbcc`.
pub fn is_same_color(one: &str, other: &str) -> bool {
    let long = |color: &str| -> String {
        let digits = color.trim().trim_start_matches('#').to_lowercase();
        if digits.chars().count() == 3 { digits.chars().flat_map(|digit| [digit, digit]).collect() } else { digits }
    };
    long(one) == long(other)
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
    fn what_stands_in_the_place_of_a_missing_label_is_found() {
        let there = |names: &[&str]| -> Vec<ProjectLabel> {
            names.iter().map(|name| ProjectLabel::named(*name, false)).collect()
        };
        let find = |name: &str, names: &[&str]| find_similar_label(&LabelName::parse(name).unwrap(), &there(names));
        let misspelt = |name: &str| Some(SimilarLabel::Misspelt(name.to_owned()));
        assert_eq!(find("pod::secrue", &["pod::verify", "pod::secure", "kind::secure"]), misspelt("pod::secure"));
        assert_eq!(find("pods::secure", &["pod::verify", "pod::secure"]), misspelt("pod::secure"));
        assert_eq!(find("pod::secure", &["Pod::Secure"]), misspelt("Pod::Secure"));
        assert_eq!(find("Secure pod", &["secure-pod", "bug"]), misspelt("secure-pod"));
        assert_eq!(find("pod::secure", &["pod::verify", "secure", "kind::secure"]), None);
        let retired = "pod::secure [DEPRECATED]";
        assert_eq!(find("pod::secure", &["pod::secura", retired]), Some(SimilarLabel::Retired(retired.to_owned())));
        let archived = ProjectLabel::named("pod::secura", true);
        assert_eq!(find_similar_label(&LabelName::parse("pod::secure").unwrap(), &[archived]), None);
    }

    #[test]
    fn near_twins_fold_to_one_name_and_colours_have_several_spellings() {
        for twin in ["pod::Secure", "Pod::secure", "pod:secure", "pod:: secure", "pod-secure", "POD SECURE"] {
            assert_eq!(fold_name(twin), fold_name("pod::secure"), "{twin}");
        }
        assert_ne!(fold_name("pods::secure"), fold_name("pod::secure"));
        assert!(is_same_color("#428BCA", "#428bca") && is_same_color("#abc", "#AABBCC"));
        assert!(!is_same_color("#abc", "#aabbcd"));
    }

    #[test]
    fn what_gitlab_refuses_is_refused() {
        assert!(LabelName::parse(" ").is_err());
        assert!(LabelName::parse("a,b").is_err());
        assert!(LabelName::parse(&"x".repeat(256)).is_err());
        assert_eq!(LabelName::parse(" pod::alpha ").unwrap().as_str(), "pod::alpha");
    }
}
