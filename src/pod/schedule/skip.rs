//! Days on which a slot does not meet.

use chrono::NaiveDate;

/// Days on which a slot does not meet, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The first of them, a local date.
    pub first: NaiveDate,
    /// The last of them.
    pub last: NaiveDate,
    /// Why, as it is written.
    pub reason: Option<String>,
    /// The line of the slot's own setting, such as `pods/secure.toml:12`; nothing where it is a calendar's, which holds
    /// for slots that do not meet on it, too.
    pub place: Option<String>,
}

impl Skip {
    /// One day, without a reason.
    pub fn on(date: NaiveDate) -> Self {
        Self { first: date, last: date, reason: None, place: None }
    }

    /// Whether it holds a date.
    pub fn includes(&self, date: NaiveDate) -> bool {
        (self.first..=self.last).contains(&date)
    }
}
