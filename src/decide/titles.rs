//! Dates and times that people write into titles, in the forms that they write.

use chrono::{Datelike, NaiveDate};

/// What a title names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Named {
    /// Dates that say their year and can be read in one way only.
    dates: Vec<NaiveDate>,
    /// Days of a month without a year, and both ways of reading `11/12`: each says something only where one session fits.
    vague: Vec<Vague>,
    /// Times of the day, as hour and minute.
    pub(super) times: Vec<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Vague {
    day: u32,
    month: u32,
    year: Option<i32>,
}

impl Named {
    /// Whether the title names this date without doubt.
    pub(super) fn is(&self, date: NaiveDate) -> bool {
        self.dates.contains(&date)
    }

    /// Whether it may mean this date, if it means one at all.
    pub(super) fn may_be(&self, date: NaiveDate) -> bool {
        let fits = |vague: &Vague| {
            (vague.day, vague.month) == (date.day(), date.month()) && vague.year.is_none_or(|year| year == date.year())
        };
        self.is(date) || self.vague.iter().any(fits)
    }
}

/// Reads a title.
pub(super) fn read(title: &str) -> Named {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | ';' | '"' | '–' | '—' | '|'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut named = Named::default();
    for (at, word) in words.iter().enumerate() {
        let next = |by: usize| words.get(at + by).copied();
        if !numeric(word, &mut named) {
            day_then_month(word, &next, &mut named);
            month_then_day(word, &next, &mut named);
        }
        let clock = word.len() != 4 || next(1).is_some_and(|next| matches!(next, "utc" | "gmt"));
        named.times.extend(super::page::time(word, next(1)).filter(|_| clock));
    }
    named
}

/// `2026-11-26`, `26.11.2026`, `26.11.`, `26/11`, `11/26/2026`.
fn numeric(word: &str, named: &mut Named) -> bool {
    let word = word.trim_end_matches([':', '!', '?']);
    for mark in ['-', '/', '.'] {
        let parts: Vec<&str> = word.trim_end_matches('.').split(mark).collect();
        let numbers: Vec<u32> = parts.iter().filter_map(|part| number(part)).collect();
        if numbers.len() != parts.len() {
            continue;
        }
        let three: Result<[u32; 3], _> = numbers[..].try_into();
        match (three, parts[..].first().map(|part| part.len())) {
            (Ok([year, month, day]), Some(4)) => named.dates.extend(date(year, month, day)),
            (Ok([first, second, year]), _) if year >= 1000 => {
                let way = |day, month| date(year, month, day).is_some().then_some((day, month));
                // With dots the day comes first everywhere; with slashes it depends on who writes.
                let ways: Vec<(u32, u32)> = match mark {
                    '/' => [way(first, second), way(second, first)].into_iter().flatten().collect(),
                    _ => way(first, second).into_iter().collect(),
                };
                match ways[..] {
                    [(day, month)] => named.dates.extend(date(year, month, day)),
                    _ => named.vague.extend(ways.iter().map(|&(day, month)| Vague {
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
                    named.vague.extend(ways.iter().filter_map(|&(day, month)| vague(day, month)));
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
fn day_then_month<'a>(word: &str, next: &impl Fn(usize) -> Option<&'a str>, named: &mut Named) {
    let Some(day) = day_of_month(word) else { return };
    let skip = usize::from(next(1) == Some("of"));
    let Some(month) = next(1 + skip).and_then(month) else { return };
    with_year(day, month, next(2 + skip), named);
}

/// `November 26, 2026`, `Nov 26th`.
fn month_then_day<'a>(word: &str, next: &impl Fn(usize) -> Option<&'a str>, named: &mut Named) {
    let (Some(month), Some(day)) = (month(word), next(1).and_then(day_of_month)) else { return };
    with_year(day, month, next(2), named);
}

fn with_year(day: u32, month: u32, year: Option<&str>, named: &mut Named) {
    match year.filter(|year| year.len() == 4).and_then(number) {
        Some(year) => named.dates.extend(date(year, month, day)),
        None => named.vague.extend(vague(day, month)),
    }
}

fn vague(day: u32, month: u32) -> Option<Vague> {
    // A leap year has every day that there is.
    date(2024, month, day).map(|_| Vague { day, month, year: None })
}

fn day_of_month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(['.', ':']);
    let bare = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    number(bare).filter(|day| (1..=31).contains(day))
}

fn month(word: &str) -> Option<u32> {
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

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
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
            assert!(read(title).is(day("2026-11-26")), "{title}");
            assert!(!read(title).may_be(day("2026-11-25")), "{title}");
        }
        assert!(!read("21 dec 2026").is(day("2026-12-01")));
    }

    #[test]
    fn a_date_without_its_year_may_be_one() {
        for title in ["Pairing 26 Nov", "Pairing Nov 26th", "26.11.", "26/11", "11/26", "Thu 26 November at 15:00"] {
            let named = read(title);
            assert!(!named.is(day("2026-11-26")) && named.may_be(day("2026-11-26")), "{title}");
        }
        // Either way of reading it.
        let named = read("11/12/2026");
        assert!(named.may_be(day("2026-12-11")) && named.may_be(day("2026-11-12")) && !named.is(day("2026-11-12")));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for title in ["Team pairing", "GitLab 18.10", "v9.30 is out", "3-4 people", "May I?", "room 26", "1.2.3.4"] {
            let named = read(title);
            assert!(named.dates.is_empty() && named.vague.is_empty(), "{title}: {named:?}");
        }
    }

    #[test]
    fn times_are_read_and_years_are_none() {
        assert_eq!(read("EMEA 09:00 2026-11-26").times, [(9, 0)]);
        assert_eq!(read("3 PM, 26 Nov 2026").times, [(15, 0)]);
        assert_eq!(read("at 1500 UTC").times, [(15, 0)]);
    }
}
