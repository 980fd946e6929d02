//! What a person is asked: one question for each value that is no more than a proposal.

use chrono::NaiveDate;

use super::choices::{Choice, Choices, SessionChoice, SessionKeys};
use super::files::Hints;
use super::quoting::quote;
use crate::pod::label::LabelName;
use crate::pod::schedule::Cron;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The display name.
    Name,
    /// The label.
    Label,
    /// The session with this index.
    Session(usize),
    /// The Zendesk group of its members.
    Group,
    /// The project of the pairing issues.
    PairingProject,
    /// The project of the Support Team data.
    AgentsProject,
    /// The project of the reports.
    ReportsProject,
    /// Where the site is.
    Site,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The question, in one or two lines.
    pub text: String,
    /// What an empty answer means.
    pub proposal: String,
}

/// What stands for nothing in an answer.
pub const NONE: &str = "-";

/// The questions that are open, in the order in which they are asked.
pub fn open_questions(choices: &Choices, hints: &Hints) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut ask = |topic, text: String, proposal: String| questions.push(Question { topic, text, proposal });
    if let Some(why) = &choices.name.decide {
        ask(Topic::Name, format!("What is the pod called? ({why})"), choices.name.value.clone());
    }
    if let Some(why) = &choices.label.decide {
        ask(Topic::Label, format!("Which label do its pairing issues carry? ({why})"), choices.label.value.clone());
    }
    for (index, session) in choices.sessions.iter().enumerate() {
        let Some(why) = &session.decide else { continue };
        let source = session.source.as_ref();
        let source = source.map_or(String::new(), |(line, text)| format!("Line {line} says {}.\n", quote(text)));
        let form = "Five cron fields and a zone, for example 0 15 * * Thu UTC; - for no session";
        let proposal = session.keys.as_ref().map_or(NONE.to_owned(), schedule_text);
        ask(Topic::Session(index), format!("{source}When does the pod meet? ({why})\n{form}"), proposal);
    }
    if let Some(why) = &choices.group.decide {
        let text =
            format!("Which Zendesk group do its members have? ({why})\nFor example Support Focus: Secure; - for none");
        ask(Topic::Group, text, NONE.to_owned());
    }
    let hinted =
        |choice: &str, hint: Option<&(String, usize)>| hint.map_or(choice.to_owned(), |(project, _)| project.clone());
    let from =
        |hint: Option<&(String, usize)>| hint.map_or(String::new(), |(_, line)| format!(" (line {line} of the page)"));
    if choices.pairing.decide.is_some() {
        let hint = hints.pairing.as_ref();
        let text = format!("Which project holds the pairing issues?{}", from(hint));
        ask(Topic::PairingProject, text, hinted(&choices.pairing.value, hint));
    }
    if choices.agents.decide.is_some() {
        let hint = hints.agents.as_ref();
        let text = format!("Which project holds the Support Team data?{}", from(hint));
        ask(Topic::AgentsProject, text, hinted(&choices.agents.value.project, hint));
    }
    if choices.reports.decide.is_some() {
        let text = "Into which project do the reports go? Its issues are confidential.".to_owned();
        ask(Topic::ReportsProject, text, choices.reports.value.clone());
    }
    if choices.site.decide.is_some() {
        let text = "Where is the page's site? Links such as /handbook/ lead there.\nFor example https://handbook.example.com; - for not known";
        ask(Topic::Site, text.to_owned(), hints.site.clone().unwrap_or_else(|| NONE.to_owned()));
    }
    questions
}

/// Takes an answer over; an empty one means the proposal.
///
/// # Errors
/// Why it cannot be taken, as a sentence with a good answer.
pub fn take_answer(choices: &mut Choices, question: &Question, answer: &str) -> Result<(), String> {
    let answer = answer.trim();
    let answer = if answer.is_empty() { question.proposal.as_str() } else { answer };
    match question.topic {
        Topic::Name => choices.name = Choice::settled(parse_name(answer)?),
        Topic::Label => choices.label = Choice::settled(parse_label(answer)?),
        Topic::Session(index) => take_session(choices, index, answer)?,
        Topic::Group => {
            let named = (answer != NONE).then(|| answer.to_owned());
            choices.group = Choice::settled(named.map(|group| parse_line(&group)).transpose()?);
        }
        Topic::PairingProject => take_project(&mut choices.pairing.value, &mut choices.pairing.decide, answer)?,
        Topic::AgentsProject => take_project(&mut choices.agents.value.project, &mut choices.agents.decide, answer)?,
        Topic::ReportsProject => take_project(&mut choices.reports.value, &mut choices.reports.decide, answer)?,
        Topic::Site if answer == NONE => {}
        Topic::Site => choices.site = Choice::settled(Some(parse_site(answer)?)),
    }
    Ok(())
}

/// A placeholder that is taken over is still to be decided.
fn take_project(value: &mut String, decide: &mut Option<String>, answer: &str) -> Result<(), String> {
    let project = parse_project(answer)?;
    if !crate::config::is_placeholder(&project) {
        *decide = None;
    }
    *value = project;
    Ok(())
}

fn take_session(choices: &mut Choices, index: usize, answer: &str) -> Result<(), String> {
    let Some(session) = choices.sessions.get_mut(index) else { return Ok(()) };
    if answer == NONE {
        *session = SessionChoice { keys: None, ..session.clone() };
        return Ok(());
    }
    let keys = parse_schedule(answer)?;
    let event = session.keys.as_ref().and_then(|keys| keys.event.clone());
    let minutes = session.keys.as_ref().and_then(|keys| keys.minutes);
    *session = SessionChoice {
        keys: Some(SessionKeys { minutes, event, ..keys }),
        decide: None,
        source: session.source.clone(),
    };
    Ok(())
}

/// A schedule in one line: `30 15 * * Mon UTC every 2 weeks from 2026-12-07`.
fn schedule_text(keys: &SessionKeys) -> String {
    let every = keys.every_from.map_or(String::new(), |(weeks, from)| format!(" every {weeks} weeks from {from}"));
    format!("{} {}{every}", keys.cron, keys.zone)
}

fn parse_schedule(answer: &str) -> Result<SessionKeys, String> {
    let words: Vec<&str> = answer.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
    let [minute, hour, day, month, weekday, zone, rest @ ..] = &words[..] else {
        return Err("a schedule is five cron fields and a zone, for example 0 15 * * Thu UTC".to_owned());
    };
    let cron = [*minute, *hour, *day, *month, *weekday].join(" ");
    parse_cron(&cron)?;
    let zone = parse_zone(zone)?;
    let every_from = match rest {
        [] => None,
        ["every", weeks, "weeks", "from", day] | ["every", weeks, "from", day] => {
            let wrong =
                || format!("`{}` is no rhythm; write for example every 2 weeks from 2026-12-07", rest.join(" "));
            let weeks = weeks.parse::<u32>().ok().filter(|weeks| (1..=52).contains(weeks)).ok_or_else(wrong)?;
            let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_other| wrong())?;
            (weeks > 1).then_some((weeks, day))
        }
        _ => return Err(format!("`{}` is no rhythm; write for example every 2 weeks from 2026-12-07", rest.join(" "))),
    };
    Ok(SessionKeys { cron, zone, minutes: None, every_from, event: None })
}

/// A display name, as an option or an answer gives it.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse_name(text: &str) -> Result<String, String> {
    let name = parse_line(text)?;
    if name.chars().count() <= 100 {
        Ok(name)
    } else {
        Err("a name has 1 to 100 characters, for example Secure Pod".to_owned())
    }
}

fn parse_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(crate::pod::text::is_invisible);
    good.then(|| text.to_owned()).ok_or_else(|| "write one line of characters that are seen".to_owned())
}

/// A label's name.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse_label(text: &str) -> Result<String, String> {
    LabelName::parse(&parse_line(text)?)
        .map(|label| label.to_string())
        .map_err(|why| format!("{why}; write for example pod::secure"))
}

/// Five fields.
///
/// # Errors
/// What is wrong with them, as a sentence.
pub fn parse_cron(text: &str) -> Result<String, String> {
    Cron::parse(text).map(|cron| cron.as_str().to_owned())
}

/// The IANA name of a zone.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse_zone(text: &str) -> Result<String, String> {
    let zone: Result<chrono_tz::Tz, _> = text.trim().parse();
    zone.map(|zone| zone.name().to_owned())
        .map_err(|_unknown| format!("`{}` is no IANA time zone; write for example UTC or Europe/Berlin", text.trim()))
}

/// The full path of a project.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse_project(text: &str) -> Result<String, String> {
    let path = text.trim().trim_matches('/');
    if path.is_empty() {
        return Err("write for example your-group/support-pairing".to_owned());
    }
    let good = crate::config::is_project_path(path);
    good.then(|| path.to_owned()).ok_or_else(|| {
        format!("`{}` is no full path of a project; write for example your-group/support-pairing", text.trim())
    })
}

/// Path of a file in a project.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn parse_path(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = crate::config::is_path_in_project(text) && !text.chars().any(crate::pod::text::is_invisible);
    good.then(|| text.to_owned())
        .ok_or_else(|| "this is no path inside a project; write for example content/pods/secure/_index.md".to_owned())
}

fn parse_site(text: &str) -> Result<String, String> {
    let example = "https://handbook.example.com";
    let url =
        crate::config::parse_trusted_address(text, example).map_err(|why| format!("{}; {}", why.message, why.help))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
