//! Dates and times that people write into titles, in the forms that they write.

use chrono::{Datelike, NaiveDate};

/// What a title names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TitleDates {
    /// Dates that say their year and can be read in one way only.
    exact_dates: Vec<NaiveDate>,
    /// Days of a month without a year, and both ways of reading `11/12`: each says something only where one session
    /// fits.
    ambiguous_dates: Vec<AmbiguousDate>,
    /// Times of the day, as hour and minute.
    pub(super) times: Vec<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AmbiguousDate {
    day: u32,
    month: u32,
    year: Option<i32>,
}

impl TitleDates {
    /// Whether the title names this date without doubt.
    pub(super) fn names_date(&self, date: NaiveDate) -> bool {
        self.exact_dates.contains(&date)
    }

    /// Whether it may mean this date, if it means one at all.
    pub(super) fn may_name_date(&self, date: NaiveDate) -> bool {
        let fits = |vague: &AmbiguousDate| {
            (vague.day, vague.month) == (date.day(), date.month()) && vague.year.is_none_or(|year| year == date.year())
        };
        self.names_date(date) || self.ambiguous_dates.iter().any(fits)
    }
}

/// Reads a title.
pub(super) fn parse_title(title: &str) -> TitleDates {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | ';' | '"' | '–' | '—' | '|'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut named = TitleDates::default();
    for (at, word) in words.iter().enumerate() {
        let next = |by: usize| words.get(at + by).copied();
        if !parse_numeric_date(word, &mut named) {
            parse_day_then_month(word, &next, &mut named);
            parse_month_then_day(word, &next, &mut named);
        }
        let clock = word.len() != 4 || next(1).is_some_and(|next| matches!(next, "utc" | "gmt"));
        named.times.extend(super::handbook_page::parse_time_of_day(word, next(1)).filter(|_| clock));
    }
    named
}

/// `2026-11-26`, `26.11.2026`, `26.11.`, `26/11`, `11/26/2026`.
fn parse_numeric_date(word: &str, named: &mut TitleDates) -> bool {
    let word = word.trim_end_matches([':', '!', '?']);
    for mark in ['-', '/', '.'] {
        let parts: Vec<&str> = word.trim_end_matches('.').split(mark).collect();
        let numbers: Vec<u32> = parts.iter().filter_map(|part| parse_number(part)).collect();
        if numbers.len() != parts.len() {
            continue;
        }
        let three: Result<[u32; 3], _> = numbers[..].try_into();
        match (three, parts[..].first().map(|part| part.len())) {
            (Ok([year, month, day]), Some(4)) => named.exact_dates.extend(date_from_numbers(year, month, day)),
            (Ok([first, second, year]), _) if year >= 1000 => {
                let way = |day, month| date_from_numbers(year, month, day).is_some().then_some((day, month));
                // With dots the day comes first everywhere; with slashes it depends on who writes.
                let ways: Vec<(u32, u32)> = match mark {
                    '/' => [way(first, second), way(second, first)].into_iter().flatten().collect(),
                    _ => way(first, second).into_iter().collect(),
                };
                match ways[..] {
                    [(day, month)] => named.exact_dates.extend(date_from_numbers(year, month, day)),
                    _ => named.ambiguous_dates.extend(ways.iter().map(|&(day, month)| AmbiguousDate {
                        day,
                        month,
                        year: i32::try_from(year).ok(),
                    })),
                }
            }
            _ => {
                let two: Result<[u32; 2], _> = numbers[..].try_into();
                // `9.30` is a time or a version as well as a day: with dots there is one behind the month.
                let dotted = mark != '.' || word.ends_with('.');
                if let (Ok([first, second]), true, true) = (two, dotted, mark != '-') {
                    let ways = [(first, second), (second, first)];
                    let ways = if mark == '/' { &ways[..] } else { &ways[..1] };
                    named.ambiguous_dates.extend(ways.iter().filter_map(|&(day, month)| ambiguous_date(day, month)));
                    return true;
                }
                continue;
            }
        }
        return true;
    }
    false
}

/// `26 November 2026`, `26th of Nov`, `26. November`.
fn parse_day_then_month<'a>(word: &str, next: &impl Fn(usize) -> Option<&'a str>, named: &mut TitleDates) {
    let Some(day) = parse_day_of_month(word) else { return };
    let skip = usize::from(next(1) == Some("of"));
    let Some(month) = next(1 + skip).and_then(parse_month) else { return };
    add_date(day, month, next(2 + skip), named);
}

/// `November 26, 2026`, `Nov 26th`.
fn parse_month_then_day<'a>(word: &str, next: &impl Fn(usize) -> Option<&'a str>, named: &mut TitleDates) {
    let (Some(month), Some(day)) = (parse_month(word), next(1).and_then(parse_day_of_month)) else { return };
    add_date(day, month, next(2), named);
}

fn add_date(day: u32, month: u32, year: Option<&str>, named: &mut TitleDates) {
    match year.filter(|year| year.len() == 4).and_then(parse_number) {
        Some(year) => named.exact_dates.extend(date_from_numbers(year, month, day)),
        None => named.ambiguous_dates.extend(ambiguous_date(day, month)),
    }
}

fn ambiguous_date(day: u32, month: u32) -> Option<AmbiguousDate> {
    // A leap year has every day that there is.
    date_from_numbers(2024, month, day).map(|_| AmbiguousDate { day, month, year: None })
}

fn parse_day_of_month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(['.', ':']);
    let bare = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    parse_number(bare).filter(|day| (1..=31).contains(day))
}

fn parse_month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches(['.', ':']);
    let is = |month: &str| word == month || (word.len() >= 3 && word.len() <= 4 && month.starts_with(word));
    let at = MONTHS.iter().position(|month| is(month))?;
    u32::try_from(at + 1).ok()
}

fn parse_number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn date_from_numbers(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_with_its_year_is_that_date() {
        for title in [
            "Pairing 2026-11-26",
            "2026/11/26: pairing",
            "Pairing, 26 Nov 2026",
            "Pairing (26th of November, 2026)",
            "Pairing on November 26, 2026",
            "Paarung am 26.11.2026",
            "26. November 2026",
            "11/26/2026",
        ] {
            assert!(parse_title(title).names_date(day("2026-11-26")), "{title}");
            assert!(!parse_title(title).may_name_date(day("2026-11-25")), "{title}");
        }
        assert!(!parse_title("21 dec 2026").names_date(day("2026-12-01")));
    }

    #[test]
    fn a_date_without_its_year_may_be_one() {
        for title in ["Pairing 26 Nov", "Pairing Nov 26th", "26.11.", "26/11", "11/26", "Thu 26 November at 15:00"] {
            let named = parse_title(title);
            assert!(!named.names_date(day("2026-11-26")) && named.may_name_date(day("2026-11-26")), "{title}");
        }
        // Either way of reading it.
        let named = parse_title("11/12/2026");
        assert!(
            named.may_name_date(day("2026-12-11"))
                && named.may_name_date(day("2026-11-12"))
                && !named.names_date(day("2026-11-12"))
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for title in ["Team pairing", "GitLab 18.10", "v9.30 is out", "3-4 people", "May I?", "room 26", "1.2.3.4"] {
            let named = parse_title(title);
            assert!(named.exact_dates.is_empty() && named.ambiguous_dates.is_empty(), "{title}: {named:?}");
        }
    }

    #[test]
    fn times_are_read_and_years_are_none() {
        assert_eq!(parse_title("EMEA 09:00 2026-11-26").times, [(9, 0)]);
        assert_eq!(parse_title("3 PM, 26 Nov 2026").times, [(15, 0)]);
        assert_eq!(parse_title("at 1500 UTC").times, [(15, 0)]);
    }
}
