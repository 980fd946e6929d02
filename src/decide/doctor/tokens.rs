//! The tokens: given, accepted, wide enough, and for how long.

use super::{Findings, TOKEN_REFUSED, count, day_text};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, TokenSnapshot};
use crate::pod::observed::FailureCause;
use crate::pod::run::ExitStatus;
use crate::pod::text::one_line;
use crate::pod::token_request::{OwnToken, TokenState};

/// From when on a token's end is near.
const SOON_DAYS: i64 = 30;

pub(super) fn check(seen: &DoctorSnapshot, found: &mut Findings) {
    for token in &seen.tokens {
        if let Some(failure) = token.account.failure() {
            found.push_unread(Check::Account, None, failure);
        }
        found.verdicts.extend(judge(token, seen));
    }
}

fn judge(token: &TokenSnapshot, seen: &DoctorSnapshot) -> Option<Verdict> {
    let name = &token.variable;
    let verdict = match &token.state {
        TokenState::NotGiven if token.is_required => Verdict::stops(Check::Token, format!("{name} holds no token."))
            .advise(format!(
                "Put one with scope `{}` into {name}, or a file's path into {name}_FILE. Whom to ask, and for what: \
                 podkeeper doctor --token-request",
                token.scope.as_str()
            ))
            .ends_with(ExitStatus::Usage),
        TokenState::NotGiven => Verdict::fine(
            Check::Token,
            format!("{name} holds none: what it is for ({}) is read as anybody", token.purposes.join(", ")),
        ),
        TokenState::Failed(failure) if failure.cause == FailureCause::Token => {
            Verdict::stops(Check::Token, format!("GitLab refuses the token in {name}: {}.", reason(&failure.why)))
                .advise("Check it, rotate it or have a new one made: podkeeper doctor --token-request")
                .ends_with(TOKEN_REFUSED)
        }
        // It is told of GitLab itself.
        TokenState::Failed(failure) if seen.stopped.as_ref().is_some_and(|stopped| stopped.why == failure.why) => {
            return None;
        }
        TokenState::Failed(failure) => {
            Verdict::not_checked(Check::Token, format!("what {name} may do is not known: {}", one_line(&failure.why)))
        }
        TokenState::NotAsked(_) => return None,
        TokenState::Known(own) => judge_known(token, own, seen),
    };
    Some(verdict.about(name))
}

fn judge_known(token: &TokenSnapshot, own: &OwnToken, seen: &DoctorSnapshot) -> Verdict {
    let name = &token.variable;
    let today = seen.now.date_naive();
    let of_account = token.account.present().map(|account| format!(" of @{}", one_line(&account.username)));
    let of_account = of_account.unwrap_or_default();
    let missing = token.scope.missing_from(&own.scopes);
    let has = if own.scopes.is_empty() { "no scope".to_owned() } else { own.scopes.join(", ") };
    if !own.is_usable(today) {
        return Verdict::stops(Check::Token, format!("{name} is not active any more."))
            .advise("Rotate it, or have a new one made: podkeeper doctor --token-request")
            .ends_with(TOKEN_REFUSED);
    }
    if !missing.is_empty() {
        let message = format!("{name} has {has}; it needs {} for {}.", missing.join(", "), token.purposes.join(", "));
        return Verdict::stops(Check::Token, message)
            .advise("A token's scope cannot be changed. Have one made with it: podkeeper doctor --token-request")
            .ends_with(TOKEN_REFUSED);
    }
    let (Some(end), Some(left)) = (own.expires_at, own.days_left(today)) else {
        return Verdict::fine(Check::Token, format!("{name} has {has}, and no day on which it ends"));
    };
    let (day, left_text) = (day_text(end, seen.now), count(usize::try_from(left).unwrap_or(0), "day"));
    if left <= SOON_DAYS {
        let sentence = |whose: &str| format!("{name}{whose} ends on {day}, in {left_text}.");
        return Verdict::soon(Check::Token, sentence(""))
            .for_team(sentence(&of_account))
            .advise("Rotate it (do not make a new one): podkeeper doctor --token-request");
    }
    let sentence = |whose: &str| format!("{name}{whose} has {has} and ends on {day}, in {left_text}");
    Verdict::fine(Check::Token, sentence("")).for_team(sentence(&of_account))
}

/// GitLab's own words out of a refusal that names the variable a second time.
fn reason(why: &str) -> String {
    let inner = why.split_once("(401 ").and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
    one_line(inner.unwrap_or(why)).trim_end_matches('.').to_owned()
}
