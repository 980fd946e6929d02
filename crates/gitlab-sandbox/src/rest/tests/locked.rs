//! Issues whose discussion is locked (`issue_policy.rb`, `app/services/issues/reopen_service.rb`).

use serde_json::json;

use super::requests::{ISSUES, ask, open_issue, sandbox};

#[tokio::test]
async fn nobody_reopens_a_locked_issue() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T").await);
    let put = async |who: &str, form: &str| {
        let got = ask(&sandbox, who, "PUT", &one, form).await;
        assert_eq!(got.status, 200, "{who} {form}: {}", got.text);
        (got.json()["state"].as_str().unwrap().to_owned(), got.json()["discussion_locked"].clone())
    };
    assert_eq!(put("dev", "discussion_locked=true").await, ("opened".to_owned(), json!(true)));
    assert_eq!(put("bot", "state_event=close").await, ("closed".to_owned(), json!(true)), "closing works");
    let before = sandbox.world();
    for who in ["bot", "dev", "owner"] {
        assert_eq!(put(who, "state_event=reopen").await.0, "closed", "{who}");
    }
    assert_eq!(sandbox.world(), before, "the issue is as it was");
    // The rest of such a request is carried out, and unlocking in it comes too late.
    assert_eq!(put("owner", "state_event=reopen&discussion_locked=false").await, ("closed".to_owned(), json!(null)));
    assert_eq!(put("bot", "state_event=reopen").await.0, "opened");
}
