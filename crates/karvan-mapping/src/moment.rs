//! Days with their time as one text: the formats of code list 2379.

use jiff::civil::Date;
use karvan_model::{Content, Part, Value};
use karvan_text::Message;

/// How a day, and perhaps its time, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// `CCYYMMDD`.
    Day,
    /// `CCYYMMDDHHMM`.
    Minute,
    /// `CCYYMMDDHHMMSS`.
    Second,
}

impl DateFormat {
    /// All of them, what says least first.
    pub(crate) const ALL: [Self; 3] = [Self::Day, Self::Minute, Self::Second];

    /// The code (2379).
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Day => "102",
            Self::Minute => "203",
            Self::Second => "204",
        }
    }

    /// How many digits there are.
    const fn length(self) -> usize {
        match self {
            Self::Day => 8,
            Self::Minute => 12,
            Self::Second => 14,
        }
    }

    /// The day and its time, as XML Schema writes it.
    ///
    /// # Errors
    /// If the text is not of this format.
    pub(crate) fn read(self, text: &str) -> Result<(Content, Option<String>), Message> {
        let refused = || Message::new("mapping-no-date").with("value", text);
        let digits = text.trim();
        if digits.len() != self.length() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let number = |from: usize, to: usize| digits[from..to].parse::<i8>().map_err(|_| refused());
        let year = digits[..4].parse().map_err(|_| refused())?;
        let day = Date::new(year, number(4, 6)?, number(6, 8)?).map_err(|_| refused())?;
        if self == Self::Day {
            return Ok((Content::Date(day), None));
        }
        let second = if self == Self::Second { number(12, 14)? } else { 0 };
        let time = jiff::civil::Time::new(number(8, 10)?, number(10, 12)?, second, 0).map_err(|_| refused())?;
        Ok((Content::Date(day), Some(time.to_string())))
    }

    /// The text of a day with its time; none where the format says less than the value, or more.
    ///
    /// A time that no format can say is left to be told as a loss.
    pub(crate) fn write(self, value: &Value) -> Option<String> {
        let Content::Date(day) = &value.content else { return None };
        let time = value.part(Part::Time).and_then(plain);
        let (format, time) = match time {
            None => (Self::Day, String::new()),
            Some(time) if time.ends_with("00") => (Self::Minute, time[..4].to_owned()),
            Some(time) => (Self::Second, time),
        };
        (format == self).then(|| format!("{:04}{:02}{:02}{time}", day.year(), day.month(), day.day()))
    }

    /// Whether the text that is written says the time of the value as well.
    pub(crate) fn says_time(self) -> bool {
        self != Self::Day
    }
}

/// A time `14:30:00` as `143000`, if it is one without fraction and offset.
fn plain(time: &str) -> Option<String> {
    let bytes = time.as_bytes();
    let shape = bytes.len() == 8
        && bytes.iter().enumerate().all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() });
    shape.then(|| time.replace(':', ""))
}

#[cfg(test)]
mod tests {
    use karvan_model::Kind;
    use proptest::prelude::*;

    use super::*;

    fn value(day: &str, time: Option<&str>) -> Value {
        let value = Value::parse(Kind::Date, day).unwrap();
        time.map_or(value.clone(), |time| value.with(Part::Time, time))
    }

    #[test]
    fn a_value_has_the_format_that_says_it_all() {
        let text = |day, time| DateFormat::ALL.map(|format| format.write(&value(day, time)));
        let day = "2026-03-21";
        assert_eq!(text(day, None), [Some("20260321".to_owned()), None, None]);
        assert_eq!(text(day, Some("14:30:00")), [None, Some("202603211430".to_owned()), None]);
        assert_eq!(text(day, Some("14:30:07")), [None, None, Some("20260321143007".to_owned())]);
        // What none can say in full: the day, and the time is lost.
        assert_eq!(text(day, Some("14:30:00Z")), [Some("20260321".to_owned()), None, None]);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["20230229", "2024-02-29", "202402", "", "٢٠٢٤٠٢٢٩"] {
            assert!(DateFormat::Day.read(text).is_err(), "{text}");
        }
        assert!(DateFormat::Minute.read("202403212460").is_err());
        assert!(DateFormat::Minute.read("20240321").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(days in 0i64..60_000, time in proptest::option::of((0u8..24, 0u8..60, 0u8..60))) {
            let day = jiff::civil::date(1950, 1, 1).saturating_add(jiff::Span::new().days(days)).to_string();
            let time = time.map(|(hour, minute, second)| format!("{hour:02}:{minute:02}:{second:02}"));
            let value = value(&day, time.as_deref());
            let written: Vec<_> = DateFormat::ALL.into_iter().filter_map(|one| Some((one, one.write(&value)?))).collect();
            prop_assert_eq!(written.len(), 1);
            let (content, read) = written[0].0.read(&written[0].1).unwrap();
            prop_assert_eq!(content, value.content);
            prop_assert_eq!(read, time);
        }
    }
}
