//! Days with their time as one text: the formats of code list 2379, and those of RFC 3339.

use jiff::civil::Date;
use karvan_model::{Content, Kind, Part, Value};
use karvan_schema::json::Datatype;
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
    /// `CCYYMMDDHHMMZZZ`: with the hours of the offset from UTC, `+00`.
    MinuteOfZone,
    /// `CCYYMMDDHHMMSSZZZ`.
    SecondOfZone,
    /// `2026-03-21T14:30:00Z` (RFC 3339), which knows no day without a time: that is the first moment of the day in UTC.
    Moment,
    /// `2026-03-21`, or with a time and its offset.
    DayOrMoment,
}

/// The time that stands for none where there must be one.
const MIDNIGHT: &str = "00:00:00Z";

impl DateFormat {
    /// Those that a code (2379) tells, with the code, what says least first.
    pub(crate) const CODED: [(Self, &str); 5] = [
        (Self::Day, "102"),
        (Self::Minute, "203"),
        (Self::Second, "204"),
        (Self::MinuteOfZone, "303"),
        (Self::SecondOfZone, "304"),
    ];

    /// The format of a day in a place of a JSON document, if it is one for days.
    pub(crate) const fn of(datatype: Datatype) -> Option<Self> {
        match datatype {
            Datatype::Moment => Some(Self::Moment),
            Datatype::Date => Some(Self::DayOrMoment),
            _ => None,
        }
    }

    /// How many digits there are; none where there are not digits alone.
    const fn length(self) -> Option<usize> {
        match self {
            Self::Day => Some(8),
            Self::Minute | Self::MinuteOfZone => Some(12),
            Self::Second | Self::SecondOfZone => Some(14),
            Self::Moment | Self::DayOrMoment => None,
        }
    }

    /// The day and its time, as XML Schema writes it.
    ///
    /// # Errors
    /// If the text is not of this format.
    pub(crate) fn read(self, text: &str) -> Result<(Content, Option<String>), Message> {
        let refused = || Message::new("mapping-no-date").with("value", text);
        let Some(length) = self.length() else { return self.read_moment(text).ok_or_else(refused) };
        let (digits, offset) = match self {
            Self::MinuteOfZone | Self::SecondOfZone => {
                let (digits, hours) = text.trim().split_at_checked(length).ok_or_else(refused)?;
                (digits, offset(hours).ok_or_else(refused)?)
            }
            _ => (text.trim(), String::new()),
        };
        if digits.len() != length || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let number = |from: usize, to: usize| digits[from..to].parse::<i8>().map_err(|_| refused());
        let year = digits[..4].parse().map_err(|_| refused())?;
        let day = Date::new(year, number(4, 6)?, number(6, 8)?).map_err(|_| refused())?;
        if self == Self::Day {
            return Ok((Content::Date(day), None));
        }
        let second = if length == 14 { number(12, 14)? } else { 0 };
        let time = jiff::civil::Time::new(number(8, 10)?, number(10, 12)?, second, 0).map_err(|_| refused())?;
        Ok((Content::Date(day), Some(format!("{time}{offset}"))))
    }

    /// The day and its time of a text that is of another format than its code says, which its length tells: a day alone where
    /// the time is that of midnight and the code one of days.
    pub(crate) fn read_otherwise(self, text: &str) -> Option<(Content, Option<String>)> {
        self.length()?;
        let others = [Self::Day, Self::Minute, Self::Second].into_iter().filter(|other| *other != self);
        let (day, time) = others.into_iter().find_map(|other| other.read(text).ok())?;
        Some((day, time.filter(|time| self != Self::Day || time != "00:00:00")))
    }

    fn read_moment(self, text: &str) -> Option<(Content, Option<String>)> {
        let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
        let day = Content::parse(Kind::Date, day).ok()?;
        let time = time.filter(|time| self == Self::DayOrMoment || *time != MIDNIGHT);
        let known = time.is_none_or(|time| plain(time).is_some() || has_offset(time));
        known.then(|| (day, time.map(str::to_owned)))
    }

    /// The text of a day with its time; none where the format says less than the value, or more.
    ///
    /// A time that no format can say is left to be told as a loss.
    pub(crate) fn write(self, value: &Value) -> Option<String> {
        let Content::Date(day) = &value.content else { return None };
        if self.length().is_none() {
            let time = value.part(Part::Time).filter(|_| self.says_time(value));
            let time = time.or((self == Self::Moment).then_some(MIDNIGHT));
            return Some(time.map_or(day.to_string(), |time| format!("{day}T{time}")));
        }
        let time = value.part(Part::Time);
        let (format, time) = match time.and_then(plain) {
            Some(time) if time.ends_with("00") => (Self::Minute, time[..4].to_owned()),
            Some(time) => (Self::Second, time),
            None => match time.and_then(of_zone) {
                Some((time, hours)) if time.ends_with("00") => (Self::MinuteOfZone, time[..4].to_owned() + &hours),
                Some((time, hours)) => (Self::SecondOfZone, time + &hours),
                None => (Self::Day, String::new()),
            },
        };
        (format == self).then(|| format!("{:04}{:02}{:02}{time}", day.year(), day.month(), day.day()))
    }

    /// Whether the text that is written says the time of the value as well.
    pub(crate) fn says_time(self, value: &Value) -> bool {
        let time = value.part(Part::Time);
        match self {
            Self::Day => false,
            Self::Minute | Self::Second | Self::MinuteOfZone | Self::SecondOfZone => true,
            Self::Moment => time.is_some_and(|time| has_offset(time) && time != MIDNIGHT),
            Self::DayOrMoment => time.is_some_and(has_offset),
        }
    }
}

/// Whether a time has its offset from UTC: `14:30:00Z`, `14:30:00.5+03:30`.
fn has_offset(time: &str) -> bool {
    let Some((time, rest)) = time.split_at_checked(8).filter(|(time, _)| plain(time).is_some()) else { return false };
    let digits = rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count() + 1);
    let is_hour = |offset: &str| plain(&format!("{offset}:00")).is_some();
    let offset = &rest[digits..];
    let known = offset == "Z" || offset.strip_prefix(['+', '-']).is_some_and(is_hour);
    known && digits != 1 && time < "24"
}

/// The offset that stands for `+03` or `-05`; for `+00` it is `Z`.
fn offset(hours: &str) -> Option<String> {
    let number = hours.strip_prefix(['+', '-']).filter(|number| number.len() == 2)?;
    plain(&format!("{number}:00:00")).filter(|_| number < "24")?;
    Some(if hours == "+00" { "Z".to_owned() } else { format!("{hours}:00") })
}

/// A time with its offset, `14:30:00Z`, as `143000` and `+00`, if it is one of whole hours.
fn of_zone(time: &str) -> Option<(String, String)> {
    let (time, rest) = time.split_at_checked(8)?;
    let hours = if rest == "Z" { "+00" } else { rest.get(..3)? };
    Some((plain(time)?, hours.to_owned())).filter(|_| offset(hours).as_deref() == Some(rest))
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
        let text = |day, time| DateFormat::CODED.map(|(format, _)| format.write(&value(day, time)));
        let day = "2026-03-21";
        for (time, nth, written) in [
            (None, 0, "20260321"),
            (Some("14:30:00"), 1, "202603211430"),
            (Some("14:30:07"), 2, "20260321143007"),
            (Some("14:30:00Z"), 3, "202603211430+00"),
            (Some("14:30:07-05:00"), 4, "20260321143007-05"),
            // What none can say in full: the day, and the time is lost.
            (Some("14:30:00+03:30"), 0, "20260321"),
            (Some("14:30:00+00:00"), 0, "20260321"),
        ] {
            let mut expected = [const { None }; 5];
            expected[nth] = Some(written.to_owned());
            assert_eq!(text(day, time), expected, "{time:?}");
        }
    }

    #[test]
    fn a_length_tells_the_format_where_the_code_is_wrong() {
        let read = |format: DateFormat, text: &str| {
            assert!(format.read(text).is_err(), "{text}");
            format.read_otherwise(text).map(|(day, time)| (day.text().into_owned(), time))
        };
        let day = |time: Option<&str>| Some(("1999-10-06".to_owned(), time.map(str::to_owned)));
        assert_eq!(read(DateFormat::Day, "199910060000"), day(None));
        assert_eq!(read(DateFormat::Day, "199910061902"), day(Some("19:02:00")));
        assert_eq!(read(DateFormat::Day, "19991006190211"), day(Some("19:02:11")));
        assert_eq!(read(DateFormat::Minute, "19991006"), day(None));
        assert_eq!(read(DateFormat::Second, "199910060000"), day(Some("00:00:00")));
        for text in ["991006", "19991306", "199910062460", "1999-10-06", "1999100619", ""] {
            assert_eq!(read(DateFormat::Second, text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_of_json_is_whole_or_a_day_alone() {
        let day = "2026-03-21";
        let through = |format: DateFormat, time: Option<&str>| {
            let text = format.write(&value(day, time)).unwrap();
            let (content, read) = format.read(&text).unwrap();
            assert_eq!(content, value(day, None).content);
            assert_eq!(read.is_some(), format.says_time(&value(day, time)));
            (text, read)
        };
        let both = [DateFormat::Moment, DateFormat::DayOrMoment];
        assert_eq!(both.map(|format| through(format, None).0), ["2026-03-21T00:00:00Z", day]);
        for time in ["14:30:00Z", "14:30:00.25+03:30", "00:00:00-05:00"] {
            assert!(
                both.iter()
                    .all(|format| through(*format, Some(time)) == (format!("{day}T{time}"), Some(time.to_owned())))
            );
        }
        // A local time is no moment, and midnight in UTC says that there is none.
        for time in ["14:30:00", "14:30", "25:00:00Z", "14:30:00.Z"] {
            assert_eq!(both.map(|format| through(format, Some(time)).1), [None, None], "{time}");
        }
        assert_eq!(through(DateFormat::Moment, Some(MIDNIGHT)).1, None);
        for text in ["2026-02-30T00:00:00Z", "21.3.2026", "2026-03-21T", "2026-03-21Tnoon", ""] {
            assert!(both.iter().all(|format| format.read(text).is_err()), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["20230229", "2024-02-29", "202402", "", "٢٠٢٤٠٢٢٩"] {
            assert!(DateFormat::Day.read(text).is_err(), "{text}");
        }
        assert!(DateFormat::Minute.read("202403212460").is_err());
        assert!(DateFormat::Minute.read("20240321").is_err());
        // Seconds where the format has none; an offset of no hours, of no sign; letters of more octets.
        for text in
            ["20240321143000+00", "202403211430+0", "20240321143000 00", "202403211430+24", "20240321143\u{e9}00"]
        {
            assert!(DateFormat::MinuteOfZone.read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(days in 0i64..60_000, time in proptest::option::of((0u8..24, 0u8..60, 0u8..60)), zone in "Z|[+-](0[1-9]|1[0-9]|2[0-3]):00|") {
            let day = jiff::civil::date(1950, 1, 1).saturating_add(jiff::Span::new().days(days)).to_string();
            let time = time.map(|(hour, minute, second)| format!("{hour:02}:{minute:02}:{second:02}{zone}"));
            let value = value(&day, time.as_deref());
            let written: Vec<_> = DateFormat::CODED.into_iter().filter_map(|(one, _)| Some((one, one.write(&value)?))).collect();
            prop_assert_eq!(written.len(), 1);
            let (content, read) = written[0].0.read(&written[0].1).unwrap();
            prop_assert_eq!(content, value.content);
            prop_assert_eq!(read, time);
        }
    }
}
