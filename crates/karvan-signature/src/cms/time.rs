//! Times as CMS and timestamps write them: RFC 5652 §11.3, RFC 3161 §2.4.2.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

use super::der::{self, GENERALIZED_TIME, UTC_TIME, Value};

/// Reads `Time`: UTCTime, or GeneralizedTime with or without a fraction of seconds; in UTC, with seconds.
pub(crate) fn read(value: Value<'_>) -> Option<Timestamp> {
    let digits = value.content.strip_suffix(b"Z")?;
    let (digits, fraction) = match digits.iter().position(|octet| *octet == b'.') {
        Some(point) if value.tag == GENERALIZED_TIME => (&digits[..point], &digits[point + 1..]),
        Some(_) => return None,
        None => (digits, &b"0"[..]),
    };
    let all_digits = |octets: &[u8]| !octets.is_empty() && octets.iter().all(u8::is_ascii_digit);
    // Nine digits are what a timestamp can hold; more would be cut off silently.
    if !all_digits(digits) || !all_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0_i32, |number, digit| number * 10 + i32::from(digit - b'0'));
    let (year, rest) = match (value.tag, digits.len()) {
        // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the twentieth century.
        (UTC_TIME, 12) => (number(&digits[..2]), &digits[2..]),
        (GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let year = match (value.tag, year) {
        (UTC_TIME, 50..) => 1900 + year,
        (UTC_TIME, _) => 2000 + year,
        _ => year,
    };
    let field = |index: usize| i8::try_from(number(&rest[2 * index..2 * index + 2])).unwrap_or(i8::MAX);
    let nanoseconds = number(fraction).checked_mul(10_i32.checked_pow(9 - fraction.len() as u32)?)?;
    let date_time =
        civil::DateTime::new(i16::try_from(year).ok()?, field(0), field(1), field(2), field(3), field(4), nanoseconds);
    Some(date_time.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `Time` as CMS asks for it: UTCTime from 1950 to 2049, GeneralizedTime else; whole seconds.
pub(crate) fn write(time: Timestamp) -> Vec<u8> {
    let time = TimeZone::UTC.to_datetime(time);
    let digits = |year: String| {
        let rest = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
        rest.iter().fold(year, |text, field| format!("{text}{field:02}")) + "Z"
    };
    match time.year() {
        year @ 1950..=2049 => der::value(UTC_TIME, &[digits(format!("{:02}", year % 100)).as_bytes()]),
        year => der::value(GENERALIZED_TIME, &[digits(format!("{year:04}")).as_bytes()]),
    }
}

/// The time that is `seconds`, `milliseconds` and `microseconds` long (RFC 3161 §2.4.2, `Accuracy`).
pub(crate) fn duration(seconds: u64, milliseconds: u64, microseconds: u64) -> Option<SignedDuration> {
    let small = i64::try_from(milliseconds.checked_mul(1_000)?.checked_add(microseconds)?).ok()?;
    SignedDuration::from_secs(i64::try_from(seconds).ok()?).checked_add(SignedDuration::from_micros(small))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tag: u8, text: &str) -> Option<String> {
        let der = der::value(tag, &[text.as_bytes()]);
        read(Value::whole(&der, tag)?).map(|time| time.to_string())
    }

    #[test]
    fn times_of_both_kinds() {
        assert_eq!(time(UTC_TIME, "500101120000Z").as_deref(), Some("1950-01-01T12:00:00Z"));
        assert_eq!(time(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(time(GENERALIZED_TIME, "20260102030405.25Z").as_deref(), Some("2026-01-02T03:04:05.25Z"));
        for (tag, text) in [
            (UTC_TIME, "2601021200Z"),
            (UTC_TIME, "260102120000.5Z"),
            (UTC_TIME, "260102120000+0100"),
            (GENERALIZED_TIME, "20260102120000.Z"),
            (GENERALIZED_TIME, "20261302120000Z"),
            (GENERALIZED_TIME, "20260102120000"),
            (GENERALIZED_TIME, ""),
        ] {
            assert_eq!(time(tag, text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["1950-01-01T00:00:00Z", "2026-11-22T16:00:01Z", "2050-01-01T00:00:00Z", "0999-12-31T23:59:59Z"] {
            let time: Timestamp = text.parse().unwrap();
            let written = write(time);
            assert_eq!(read(Value::whole(&written, written[0]).unwrap()), Some(time));
        }
    }
}
