//! Holidays checked by hand, and counts against counting one by one.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn shipped() -> Calendars {
    Calendars::shipped().unwrap()
}

fn calendar(name: &str) -> Calendar {
    shipped().get(&CalendarName::parse(name).unwrap()).unwrap().clone()
}

fn of_year(calendar: &Calendar, year: i32) -> Vec<(String, String)> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let days = first.iter_days().take_while(|day| day.year() == year);
    days.filter_map(|day| match calendar.closed(day)? {
        Closed::Holiday(name) => Some((day.to_string(), name)),
        Closed::Weekend => None,
    })
    .collect()
}

#[test]
fn the_holidays_of_whole_years_are_those_that_were_looked_up_by_hand() {
    // 2022: 1 January is a Saturday, observed in 2021; Juneteenth a Sunday; Christmas a Sunday, and so
    // is the New Year's Day of 2023.
    let expected = [
        ("2022-01-01", "New Year's Day"),
        ("2022-01-17", "Martin Luther King Jr. Day"),
        ("2022-02-21", "Washington's Birthday"),
        ("2022-05-30", "Memorial Day"),
        ("2022-06-19", "Juneteenth"),
        ("2022-06-20", "Juneteenth (observed)"),
        ("2022-07-04", "Independence Day"),
        ("2022-09-05", "Labor Day"),
        ("2022-10-10", "Columbus Day"),
        ("2022-11-11", "Veterans Day"),
        ("2022-11-24", "Thanksgiving Day"),
        ("2022-12-25", "Christmas Day"),
        ("2022-12-26", "Christmas Day (observed)"),
    ];
    let expected = expected.map(|(day, name)| (day.to_owned(), name.to_owned()));
    assert_eq!(of_year(&calendar("US-federal"), 2022), expected);
}

#[test]
fn single_days_are_open_or_closed_as_the_law_says() {
    for (name, on, closed) in [
        // 1 January on a Saturday is observed in the year before; on a Sunday, on the Monday after.
        ("US-federal", "2021-12-31", Some("New Year's Day (observed)")),
        ("US-federal", "2010-12-31", Some("New Year's Day (observed)")),
        ("US-federal", "2023-01-02", Some("New Year's Day (observed)")),
        ("US-federal", "2024-12-31", None),
        // Juneteenth was made a holiday in 2021, when it was a Saturday.
        ("US-federal", "2020-06-19", None),
        ("US-federal", "2021-06-18", Some("Juneteenth (observed)")),
        ("US-federal", "2025-06-19", Some("Juneteenth")),
        // Independence Day on a Saturday and on a Sunday.
        ("US-federal", "2026-07-03", Some("Independence Day (observed)")),
        ("US-federal", "2021-07-05", Some("Independence Day (observed)")),
        ("US-federal", "2017-11-10", Some("Veterans Day (observed)")),
        ("US-federal", "2018-11-12", Some("Veterans Day (observed)")),
        // The last Monday of a May with five and with four of them.
        ("US-federal", "2023-05-29", Some("Memorial Day")),
        ("US-federal", "2026-05-25", Some("Memorial Day")),
        ("US-federal", "2026-05-18", None),
        // Massachusetts alone.
        ("US-federal", "2026-04-20", None),
        ("MA-legal", "2026-04-20", Some("Patriots' Day")),
        ("MA-legal", "2024-04-15", Some("Patriots' Day")),
        ("MA-legal", "2025-04-21", Some("Patriots' Day")),
        ("MA-legal", "2021-12-31", Some("New Year's Day (observed)")),
        // Suffolk County alone: on a Sunday observed on Monday, on a Saturday nowhere else.
        ("MA-legal", "2026-03-17", None),
        ("MA-suffolk", "2026-03-17", Some("Evacuation Day")),
        ("MA-suffolk", "2024-03-18", Some("Evacuation Day (observed)")),
        ("MA-suffolk", "2018-06-18", Some("Bunker Hill Day (observed)")),
        ("MA-suffolk", "2023-06-16", None),
        ("MA-suffolk", "2026-06-17", Some("Bunker Hill Day")),
        ("MA-suffolk", "2026-04-20", Some("Patriots' Day")),
    ] {
        let found = calendar(name).closed(day(on));
        assert_eq!(found, closed.map(|name| Closed::Holiday(name.to_owned())), "{name} {on}");
    }
    assert_eq!(calendar("MA-legal").closed(day("2026-03-07")), Some(Closed::Weekend));
}

#[test]
fn counting_and_rolling_pass_over_what_is_closed_and_name_it() {
    let ma = calendar("MA-legal");
    // Thursday before Patriots' Day: Friday is the first, Tuesday the second.
    let counted = ma.business_days_after(day("2026-04-16"), 2).unwrap();
    assert_eq!(counted.day, day("2026-04-21"));
    let names: Vec<_> = counted.skipped.iter().map(|skipped| skipped.closed.clone()).collect();
    let patriots = Closed::Holiday("Patriots' Day".to_owned());
    assert_eq!(names, [Closed::Weekend, Closed::Weekend, patriots]);
    assert_eq!(ma.business_days_before(day("2026-04-21"), 2).unwrap().day, day("2026-04-16"));
    assert_eq!(ma.roll_forward(day("2026-04-18")).unwrap().day, day("2026-04-21"));
    assert_eq!(ma.roll_back(day("2026-04-20")).unwrap().day, day("2026-04-17"));
    assert_eq!(ma.roll_forward(day("2026-04-21")).unwrap().skipped, []);
    // Over the turn of the year: Friday 31 December 2021 is closed.
    assert_eq!(ma.roll_forward(day("2021-12-31")).unwrap().day, day("2022-01-03"));
    assert_eq!(ma.business_days_after(NaiveDate::MAX, 1), Err(CalendarEnd));
    assert_eq!(ma.business_days_before(NaiveDate::MIN, 1), Err(CalendarEnd));
}

#[test]
fn a_calendar_without_open_days_is_an_error_and_not_an_endless_loop() {
    let text = "id = 'X'\nversion = '1'\ntitle = 't'\ncitation = 'c'\n\
                weekend = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']\n";
    let closed = Calendar::parse(text, &Calendars::default()).unwrap();
    assert_eq!(closed.roll_forward(day("2026-01-01")), Err(CalendarEnd));
    assert_eq!(closed.business_days_after(day("2026-01-01"), 1), Err(CalendarEnd));
}

#[test]
fn a_calendar_that_is_none_says_why() {
    let head = "id = 'X'\nversion = '1'\ntitle = 't'\ncitation = 'c'\n";
    for (text, says) in [
        ("extends = 'US-federal 1999.1'\n", "extends US-federal 1999.1, which is not among"),
        ("extends = 'US federal 1'\n", "is not a calendar"),
        ("weekend = ['Sonntag']\n", "is not Mon to Sun"),
        ("holidays = [{ name = 'h' }]\n", "it falls on one of"),
        ("holidays = [{ name = 'h', date = '02-29' }]\n", "must exist in every year"),
        ("holidays = [{ name = 'h', nth = 5, weekday = 'Mon', month = 1 }]\n", "nth is 1 to 4"),
        ("holidays = [{ name = 'h', nth = 1, weekday = 'Mon', month = 13 }]\n", "falls on one of"),
        (
            "holidays = [{ name = 'h', date = '01-01', since = 2020, until = 2019 }]\n",
            "since is after until",
        ),
        (
            "holidays = [{ name = 'h', nth = 1, weekday = 'Mon', month = 1, observed = 'monday' }]\n",
            "only a fixed date",
        ),
        ("holydays = []\n", "unknown field `holydays`"),
    ] {
        let error = Calendar::parse(&format!("{head}{text}"), &shipped()).unwrap_err();
        let said = match &error {
            CalendarError::Malformed(source) => source.to_string(),
            CalendarError::NoBase { .. }
            | CalendarError::Holiday { .. }
            | CalendarError::Twice(_)
            | CalendarError::Unknown { .. } => error.to_string(),
        };
        assert!(said.contains(says), "{text}: {said}");
    }
    let wanted = CalendarName::parse("NH-legal").unwrap();
    let said = shipped().get(&wanted).unwrap_err().to_string();
    assert_eq!(
        said,
        "no calendar NH-legal; there are MA-legal 2026.1, MA-suffolk 2026.1, US-federal 2026.1"
    );
}

#[test]
fn a_name_without_a_version_is_the_newest_and_one_with_it_is_that() {
    let mut all = shipped();
    let newer = calendar("MA-legal").closed_on(day("2026-01-28"), "Snow");
    all.add(newer.clone()).unwrap();
    assert_eq!(all.get(&CalendarName::parse("MA-legal").unwrap()).unwrap(), &newer);
    let old = all.get(&CalendarName::parse("MA-legal 2026.1").unwrap()).unwrap();
    assert_eq!(old, &calendar("MA-legal 2026.1"));
    assert!(matches!(all.add(newer), Err(CalendarError::Twice(_))));
}

fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(chrono::Days::new(days)).unwrap()
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..20_000).prop_map(|days| later(day("1990-01-01"), days))
}

proptest! {
    #[test]
    fn a_count_of_business_days_has_that_many_of_them(start in any_day(), count in 1_u32..90) {
        let ma = calendar("MA-suffolk");
        let counted = ma.business_days_after(start, count).unwrap();
        prop_assert!(ma.is_business_day(counted.day));
        let between = || start.iter_days().skip(1).take_while(|day| *day <= counted.day);
        let open = between().filter(|day| ma.is_business_day(*day)).count();
        prop_assert_eq!(u32::try_from(open).unwrap(), count);
        prop_assert_eq!(counted.skipped.len().checked_add(open), Some(between().count()));
        // Counted back from the day after, it comes to the first of them.
        let back = ma.business_days_before(counted.day.succ_opt().unwrap(), count).unwrap();
        prop_assert_eq!(back.day, ma.business_days_after(start, 1).unwrap().day);
    }

    #[test]
    fn another_closed_day_never_makes_anything_earlier(
        start in any_day(), count in 1_u32..60, closed in 0_u64..90,
    ) {
        let before = calendar("MA-legal");
        let after = before.closed_on(later(start, closed), "Closed");
        let day = |calendar: &Calendar| calendar.business_days_after(start, count).unwrap().day;
        prop_assert!(day(&after) >= day(&before));
        let rolled = |calendar: &Calendar| calendar.roll_forward(start).unwrap().day;
        prop_assert!(rolled(&after) >= rolled(&before));
        prop_assert!(rolled(&before) >= start);
    }
}
