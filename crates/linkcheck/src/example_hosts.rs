//! Hosts that are set aside for examples: nobody who writes one means that somebody goes there.

use std::collections::BTreeSet;

use url::{Host, Url};

/// What is done about links to hosts of examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ExampleHosts {
    /// They are visited like any other: they stand for something where the check is made, as in a test.
    #[default]
    Visit,
    /// They are skipped, except for these.
    Skip {
        /// Hosts that something is known of, for example by the configuration.
        except: BTreeSet<String>,
    },
}

/// Why such a link is skipped.
pub(super) const SKIPPED_REASON: &str = "its host is one of the examples' (RFC 2606), which nobody is";

impl ExampleHosts {
    /// Whether an address is skipped.
    pub(super) fn skips(&self, url: &Url) -> bool {
        let (Self::Skip { except }, Some(Host::Domain(name))) = (self, url.host()) else { return false };
        is_example_host(name) && !except.contains(name)
    }
}

/// Whether a name, in lower case, is set aside for examples and tests: RFC 2606, sections 2 and 3, and RFC 6761, section
/// 6. Names of this machine are not among them here: the address policy judges those.
fn is_example_host(name: &str) -> bool {
    const TOP_LEVEL: [&str; 3] = ["example", "test", "invalid"];
    const SECOND_LEVEL: [&str; 3] = ["com", "net", "org"];
    let mut labels = name.strip_suffix('.').unwrap_or(name).rsplit('.');
    let Some(top) = labels.next() else { return false };
    TOP_LEVEL.contains(&top) || SECOND_LEVEL.contains(&top) && labels.next() == Some("example")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_examples_are_known_with_all_that_is_below_them() {
        for (host, example) in [
            ("example.com", true),
            ("www.example.org", true),
            ("a.b.example.net.", true),
            ("gitlab.example", true),
            ("x.test", true),
            ("no.invalid", true),
            ("example.de", false),
            ("myexample.com", false),
            ("example.com.juniper.dev", false),
            ("test.com", false),
            ("com", false),
        ] {
            assert_eq!(is_example_host(host), example, "{host}");
        }
    }

    #[test]
    fn a_host_that_something_is_known_of_is_no_example() {
        let skip = ExampleHosts::Skip { except: BTreeSet::from(["git.example".to_owned()]) };
        for (url, skipped) in [
            ("https://git.example:8443/a", false),
            ("https://GIT.example/a", false),
            ("https://docs.example/", true),
            ("https://example.com/", true),
            ("http://192.0.2.1/", false),
            ("https://juniper.dev/", false),
        ] {
            assert_eq!(skip.skips(&url.parse().unwrap()), skipped, "{url}");
            assert!(!ExampleHosts::Visit.skips(&url.parse().unwrap()), "{url}");
        }
    }
}
