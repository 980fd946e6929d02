//! Hosts that have a page for every address: what they show proves nothing, and nothing of it is reported as a broken
//! link.

use std::sync::Arc;
use std::time::Duration;

use linkcheck::check_options::CheckOptions;
use linkcheck::time_budget::TimeBudget;
use podkeeper::decide::links::assess;
use podkeeper::pod::verdict::Verdict;
use tokio::time::Instant;

use super::stage::{
    self, InMemoryWeb, ScriptedResponse, Stage, check_web_links, empty_world, observations_by_url, verdict,
};

const INVENTED: &str = "https://a.example/podkeeper-asks-for-a-page-that-nobody-has";

fn web(pages: &[(&str, ScriptedResponse)]) -> Arc<InMemoryWeb> {
    let says: Vec<(&str, Vec<ScriptedResponse>)> = pages.iter().map(|(url, says)| (*url, vec![says.clone()])).collect();
    InMemoryWeb::of(&says.iter().map(|(url, says)| (*url, says.as_slice())).collect::<Vec<_>>())
}

fn app_shell() -> ScriptedResponse {
    ScriptedResponse::page("<title>An application</title><div id=app></div><script src=app.js></script>")
}

#[tokio::test(start_paused = true)]
async fn a_host_that_shows_one_page_for_every_address_tells_nothing() {
    let urls = ["https://a.example/", "https://a.example/1", "https://a.example/2#x", "https://a.example/3#app"];
    let more = ["https://a.example/4", "https://a.example/5", "https://a.example/other", "https://a.example/last"];
    let urls = [urls, more].concat();
    let (gone, page) = (|| ScriptedResponse::status(404), || ScriptedResponse::page("the last page"));
    for (invented, last, expected, asked) in [
        (app_shell(), page(), Verdict::Refused, 1),
        (gone(), page(), Verdict::Alive, 1),
        // It says what is gone, so there is no need to ask.
        (app_shell(), gone(), Verdict::Alive, 0),
    ] {
        let memory = web(&[
            ("https://a.example/", app_shell()),
            ("https://a.example/1", app_shell()),
            ("https://a.example/2", app_shell()),
            ("https://a.example/3", app_shell()),
            ("https://a.example/4", app_shell()),
            ("https://a.example/5", ScriptedResponse::redirect(302, "/4")),
            ("https://a.example/other", ScriptedResponse::page("another page")),
            ("https://a.example/last", last),
            (INVENTED, invented),
        ]);
        let seen = check_web_links(&memory, &urls).await;
        for url in ["https://a.example/1", "https://a.example/4", "https://a.example/5"] {
            assert_eq!(verdict(&seen, url), expected, "{url}: {}", seen[url].assessment.reason);
        }
        // What has the place that was asked for, the front page and a page of another text are what they are.
        assert_eq!(verdict(&seen, "https://a.example/3#app"), Verdict::Alive);
        assert_eq!(verdict(&seen, "https://a.example/"), Verdict::Alive);
        assert_eq!(verdict(&seen, "https://a.example/other"), Verdict::Alive);
        let last = if asked == 0 { Verdict::Dead } else { Verdict::Alive };
        assert_eq!(verdict(&seen, "https://a.example/last"), last);
        let of_the_place = if expected == Verdict::Alive { Verdict::FragmentUnverifiable } else { expected };
        assert_eq!(verdict(&seen, "https://a.example/2#x"), of_the_place);
        assert_eq!(memory.requested_urls().iter().filter(|asked| *asked == INVENTED).count(), asked);
    }
}

/// Three hosts that show one application for every address are a network that does so, as far as anybody can tell; a
/// page of another text did not come from it.
#[tokio::test(start_paused = true)]
async fn hosts_that_look_alike_take_nothing_from_those_that_do_not() {
    let alike = ["https://a.example/1", "https://b.example/1", "https://c.example/1"];
    let others = [
        ("https://d.example/ok#here", Verdict::Alive),
        ("https://e.example/page#gone", Verdict::FragmentDead),
        ("https://f.example/old", Verdict::Moved),
    ];
    let mut pages: Vec<(&str, ScriptedResponse)> = alike.iter().map(|url| (*url, app_shell())).collect();
    pages.extend([
        (INVENTED, app_shell()),
        ("https://d.example/ok", ScriptedResponse::page("<p id=here>")),
        ("https://e.example/page", ScriptedResponse::page("<p id=other>")),
        ("https://f.example/old", ScriptedResponse::redirect(301, "/new")),
        ("https://f.example/new", ScriptedResponse::page("new")),
    ]);
    let seen = check_web_links(&web(&pages), &[&alike[..], &others.map(|(url, _)| url)].concat()).await;
    for (url, expected) in alike.map(|url| (url, Verdict::Unreachable)).into_iter().chain(others) {
        assert_eq!(verdict(&seen, url), expected, "{url}: {}", seen[url].assessment.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_leads_every_address_to_its_front_page_tells_nothing() {
    let deep = ["https://a.example/docs/1", "https://a.example/docs/2", "https://a.example/blog/3"];
    let home = || ScriptedResponse::page("<title>Welcome</title>");
    for (invented, expected) in
        [(ScriptedResponse::redirect(301, "/"), Verdict::Refused), (ScriptedResponse::status(404), Verdict::Moved)]
    {
        let mut pages: Vec<(&str, ScriptedResponse)> =
            deep.iter().map(|url| (*url, ScriptedResponse::redirect(301, "/"))).collect();
        pages.extend([("https://a.example/", home()), (INVENTED, invented)]);
        let seen = check_web_links(&web(&pages), &[&deep[..], &["https://a.example/"]].concat()).await;
        for url in deep {
            assert_eq!(
                (verdict(&seen, url), seen[url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str)),
                (expected, None),
                "{url}"
            );
            assert!(
                seen[url].assessment.reason.as_str().contains("front page")
                    || seen[url].assessment.reason.as_str().contains("nobody has")
            );
        }
        assert_eq!(verdict(&seen, "https://a.example/"), Verdict::Alive);
        // However long that lasts, it is not reported as broken.
        let reported =
            assess(&seen.into_values().collect::<Vec<_>>(), &std::collections::BTreeMap::new(), crate::support::now());
        let rot = reported.findings.iter().filter(|found| found.rule.code() != "link-moved").count();
        assert_eq!((rot, reported.remember.len()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn one_page_that_leads_to_the_front_page_is_told_as_that() {
    let home = || ScriptedResponse::page("<title>Welcome</title>");
    let memory = web(&[
        ("https://a.example/docs/old", ScriptedResponse::redirect(301, "https://www.a.example/")),
        ("https://www.a.example/", home()),
        ("https://a.example/temporary", ScriptedResponse::redirect(302, "/index.html")),
        ("https://a.example/index.html", home()),
        ("https://b.example/", ScriptedResponse::redirect(301, "https://c.example/")),
        ("https://b.example/docs", ScriptedResponse::redirect(301, "https://docs.b.example/")),
        ("https://c.example/", home()),
        ("https://docs.b.example/", ScriptedResponse::page("documentation")),
    ]);
    let front = "it leads to the front page of the site; the page itself may be gone";
    let rows = [
        ("https://a.example/docs/old", Verdict::Moved, front, None),
        ("https://a.example/temporary", Verdict::Alive, front, None),
        // A site that moved as a whole.
        ("https://b.example/", Verdict::Moved, "it moved for good", Some("https://c.example/")),
        ("https://b.example/docs", Verdict::Moved, "it moved for good", Some("https://docs.b.example/")),
    ];
    let seen = check_web_links(&memory, &rows.map(|(url, ..)| url)).await;
    for (url, verdict, reason, suggestion) in rows {
        let reported = (
            seen[url].assessment.verdict,
            seen[url].assessment.reason.as_str(),
            seen[url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str),
        );
        assert_eq!(reported, (verdict, reason, suggestion), "{url}");
    }
    assert!(memory.requested_urls().iter().all(|asked| !asked.contains("nobody-has")), "too few to be suspicious");
}

/// What a page that all hosts or all addresses share proves is asked last, when there may be no time left.
#[tokio::test(start_paused = true)]
async fn suspects_that_nobody_could_ask_about_in_time_are_not_reached() {
    for (alike, other) in [
        (["https://a.example/1", "https://b.example/1", "https://c.example/1"], "https://d.example/1"),
        (["https://a.example/1", "https://a.example/2", "https://a.example/3"], "https://b.example/1"),
    ] {
        let mut pages: Vec<(&str, ScriptedResponse)> = alike.iter().map(|url| (*url, app_shell())).collect();
        let others = [other, "https://e.example/", "https://f.example/"];
        pages.extend(others.map(|url| (url, ScriptedResponse::page(url))));
        pages.push((INVENTED, ScriptedResponse::Silence));
        let time_budget = Some(TimeBudget::starting_now(Duration::from_secs(10), 0));
        let policy = CheckOptions { time_budget, ..CheckOptions::default() };
        let urls = [&alike[..], &others].concat();
        let began = Instant::now();
        let memory = self::web(&pages);
        let checked = Stage::new(empty_world(), None).check_with_policy(&urls, &stage::web(&memory), &policy).await;
        assert!(began.elapsed() <= Duration::from_secs(10), "{:?}", began.elapsed());
        let seen = observations_by_url(checked);
        assert!(alike.iter().all(|url| seen[*url].assessment.is_not_reached()), "{seen:?}");
        assert!(others.iter().all(|url| verdict(&seen, url) == Verdict::Alive), "{seen:?}");
    }
}
