//! Slack's addresses, of which only the form can be judged: what is behind them wants a session.

use url::Url;

/// The reason for a link to Slack: always that it wants a session, and what is wrong with its form.
///
/// A channel is named by its id (`C…`, `G…` for a private one, `D…` for messages between people), which stays when the
/// channel gets another name, and a message by `p` and the sixteen digits of its time (fact sheet on links, section
/// 5.4).
pub(super) fn login_reason(address: &str) -> String {
    let odd = Url::parse(address).ok().and_then(|url| url_problem(&url));
    odd.map_or_else(|| "Slack wants a session".to_owned(), |odd| format!("Slack wants a session; {odd}"))
}

fn url_problem(url: &Url) -> Option<&'static str> {
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let ["archives", rest @ ..] = segments.as_slice() else { return None };
    let [channel, message @ ..] = rest else { return Some("no channel is named, so it leads nowhere") };
    if !is_channel(channel) {
        return Some("its channel is not named by an id, so it breaks when the channel is renamed");
    }
    let message = message.first()?;
    (!is_message(message)).then_some("its message is not named as Slack names messages")
}

fn is_channel(id: &str) -> bool {
    let rest = id.strip_prefix(['C', 'D', 'G']);
    rest.is_some_and(|rest| {
        (5..=20).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

fn is_message(id: &str) -> bool {
    id.strip_prefix('p').is_some_and(|time| time.len() == 16 && time.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_an_address_is_all_that_is_judged() {
        let (no_channel, by_name) = ("leads nowhere", "not named by an id");
        for (rest, expected) in [
            ("archives/C0ALPHA", None),
            ("archives/C0123456789/", None),
            ("archives/G0123456789/p1795500000123456", None),
            ("archives/D0123456789/p1795500000123456?thread_ts=1795500000.123456&cid=D0123456789", None),
            ("messages/secure", None),
            ("", None),
            ("archives", Some(no_channel)),
            ("archives/#secure", Some(no_channel)),
            ("archives/secure", Some(by_name)),
            ("archives/c0123456789", Some(by_name)),
            ("archives/C01234-6789", Some(by_name)),
            ("archives/U0123456789", Some(by_name)),
            ("archives/C0123456789/1795500000123456", Some("its message")),
            ("archives/C0123456789/p179550000012345", Some("its message")),
        ] {
            let found = login_reason(&format!("https://juniper.slack.com/{rest}"));
            match expected {
                None => assert_eq!(found, "Slack wants a session", "{rest}"),
                Some(odd) => assert!(found.contains(odd), "{rest}: {found}"),
            }
        }
    }
}
