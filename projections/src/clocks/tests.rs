//! Clocks by table: edges of arithmetic, what moves a day, which of several rules wins.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::calendar::CalendarName;
use crate::policy::scope::{Context, Line};

mod choosing;

fn day(text: &str) -> Day {
    Day(text.parse::<NaiveDate>().unwrap())
}

/// A policy of one rule: how its day is made, and what else it says.
fn policy(rule: &str) -> Policy {
    let text = format!(
        "id = 'p'\nversion = 1\ntitle = 't'\ncitation = 'c'\nlayer = 'manual'\n\
         effective = {{ from = 2000-01-01 }}\n\
         [parameters]\ncalendar = 'MA-legal 2026.1'\nend-rule = 'roll-forward'\n\
         [[rule]]\nid = 'other'\ntitle = 't'\ncitation = 'c'\nverification = 'verified'\n\
         purpose = ['cure']\noutcome = 'may-answer'\nstart = 'explained'\nlength = '10 BD'\n\
         extend = [{{ during = 'litigation' }}]\n\
         scope = {{ actors = ['plan'], lines = ['commercial'] }}\n\
         [[rule]]\nid = 'r'\ntitle = 't'\ncitation = 'c'\nverification = 'verified'\n\
         purpose = ['dispute-window']\noutcome = 'bar-offset'\n{rule}\n\
         scope = {{ actors = ['plan'], lines = ['commercial'] }}\n"
    );
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(policy.check(&Calendars::shipped().unwrap()), [], "{rule}");
    policy
}

/// Facts written `paid 2026-01-01; during appeal 2026-01-05..2026-02-01`.
fn facts(text: &str) -> Facts {
    let source = || Source::asserted("test");
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.fold(Facts::default(), |facts, part| match part.split(' ').collect::<Vec<_>>()[..] {
        ["during", kind, days] => {
            let (from, until) = days.split_once("..").unwrap();
            let until = (!until.is_empty()).then(|| day(until));
            let kind = SpanKind::parse(kind).unwrap();
            facts.during(Span { kind, from: day(from), until, source: source() })
        }
        [fact, on] => facts.with(Fact::parse(fact).unwrap(), day(on), source()),
        _ => panic!("{part}"),
    })
}

fn years(fiscal: &str, contract: &str) -> Years {
    let read = |text: &str| MonthDay::parse(text).ok();
    Years { fiscal_year_end: read(fiscal), contract_year_start: read(contract) }
}

fn derive(rule: &str, known: &str, years: Years) -> Result<Derivation, ClockError> {
    let (policy, calendars) = (policy(rule), Calendars::shipped().unwrap());
    let settings = Settings::of(&policy, &calendars, years).unwrap();
    Clock::of(&policy, "r").unwrap().compute(&facts(known), &settings)
}

/// The day as text, `strict` alone or `strict rolled`, or since when it is open.
fn told(derived: &Derivation) -> String {
    match derived.ends {
        Ends::Open { during, since } => format!("open {during} {}", since.0),
        Ends::On { strict, rolled } if strict == rolled => strict.0.to_string(),
        Ends::On { strict, rolled } => format!("{} {}", strict.0, rolled.0),
    }
}

#[test]
fn lengths_end_where_the_arithmetic_of_the_domain_ends_them() {
    let (june, september, december, february) = ("06-30", "09-30", "12-31", "02-28");
    for (length, start, fiscal, contract, expected) in [
        // Calendar days: day 0 is not counted, the last day is.
        ("1 CD", "2026-03-02", "", "", "2026-03-03"),
        ("30 CD", "2024-01-30", "", "", "2024-02-29"),
        ("30 CD", "2025-01-30", "", "", "2025-03-01 2025-03-03"),
        ("31 CD", "2025-12-01", "", "", "2026-01-01 2026-01-02"),
        ("30 days", "2026-02-05", "", "", "2026-03-07 2026-03-09"),
        // The day that 1 January 2022 is observed on lies in 2021.
        ("30 CD", "2021-12-01", "", "", "2021-12-31 2022-01-03"),
        // Business days over holidays, from a closed day, and over the turn of a year.
        ("1 BD", "2026-04-17", "", "", "2026-04-21"),
        ("1 BD", "2026-04-18", "", "", "2026-04-21"),
        ("3 BD", "2025-12-24", "", "", "2025-12-30"),
        ("5 BD", "2021-12-27", "", "", "2022-01-04"),
        // Months are clipped to the end of a shorter one, and do not come back from it.
        ("1 M", "2026-01-31", "", "", "2026-02-28 2026-03-02"),
        ("1 M", "2024-01-31", "", "", "2024-02-29"),
        ("6 M", "2025-08-31", "", "", "2026-02-28 2026-03-02"),
        ("1 M", "2026-02-28", "", "", "2026-03-28 2026-03-30"),
        ("12 M", "2024-02-29", "", "", "2025-02-28"),
        // Years: the anniversary itself; 29 February.
        ("6 Y", "2020-02-29", "", "", "2026-02-28 2026-03-02"),
        ("4 Y", "2020-02-29", "", "", "2024-02-29"),
        ("7 Y", "2019-12-31", "", "", "2026-12-31"),
        // Fiscal years: through the last day of the one so many later.
        ("2 FY", "2024-12-31", december, "", "2026-12-31"),
        // The day that 1 January 2028 is observed on is the last of 2027.
        ("2 FY", "2025-12-31", december, "", "2027-12-31 2028-01-03"),
        ("2 FY", "2026-01-01", december, "", "2028-12-31 2029-01-02"),
        ("2 FY", "2025-06-30", june, "", "2027-06-30"),
        ("2 FY", "2025-07-01", june, "", "2028-06-30"),
        ("2 FY", "2025-09-30", september, "", "2027-09-30"),
        ("2 FY", "2025-10-01", september, "", "2028-09-30 2028-10-02"),
        // One that ends with February ends on the 29th in a leap year.
        ("1 FY", "2023-03-01", february, "", "2025-02-28"),
        ("1 FY", "2023-02-28", february, "", "2024-02-29"),
        ("1 FY", "2024-02-29", february, "", "2025-02-28"),
        ("1 FY", "2024-03-01", february, "", "2026-02-28 2026-03-02"),
        // Contract years are known by their first day.
        ("1 contract years", "2025-06-30", "", "07-01", "2026-06-30"),
        ("1 contract years", "2025-07-01", "", "07-01", "2027-06-30"),
        ("7 contract years", "2024-05-05", "", "01-01", "2031-12-31"),
        ("1 contract years", "2023-03-01", "", "03-01", "2025-02-28"),
        ("1 contract years", "2023-02-28", "", "03-01", "2024-02-29"),
    ] {
        let rule = format!("start = 'paid'\nlength = '{length}'");
        let known = format!("paid {start}");
        let derived = derive(&rule, &known, years(fiscal, contract)).unwrap();
        assert_eq!(told(&derived), expected, "{length} from {start} {fiscal}{contract}");
    }
}

#[test]
fn counting_back_keeps_what_must_be_done_early() {
    for (length, from, fiscal, expected) in [
        // The vectors' own case, over Labor Day, and over the turn of a year with a holiday observed.
        ("15 BD", "2022-09-30", "", "2022-09-09"),
        ("15 BD", "2022-01-16", "", "2021-12-23"),
        ("1 BD", "2026-04-21", "", "2026-04-17"),
        ("1 BD", "2026-04-20", "", "2026-04-17"),
        // A closed last day rolls back, not forward.
        ("10 CD", "2026-03-18", "", "2026-03-08 2026-03-06"),
        ("1 M", "2026-03-31", "", "2026-02-28 2026-02-27"),
        ("1 Y", "2024-02-29", "", "2023-02-28"),
        // The first day of the second fiscal year before: what a current and two prior years hold.
        ("2 FY", "2026-03-18", "09-30", "2023-10-01 2023-09-29"),
    ] {
        let rule = format!("backward-from = 'visit'\nlength = '{length}'");
        let derived = derive(&rule, &format!("visit {from}"), years(fiscal, "")).unwrap();
        assert_eq!(told(&derived), expected, "{length} before {from}");
    }
}

/// `length also known expected says`: what a rule says, what is known, the day, a step in words.
type Move<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

const DAYS: &str = "start = 'paid'\nlength = '30 CD'";
const BUSINESS_DAYS: &str = "start = 'paid'\nlength = '10 BD'";

// 2026-03-02 is a Monday; 30 days later is Wednesday 1 April.
const STANDING_STILL: &[Move<'_>] = &[
    (DAYS, "", "paid 2026-03-02", "2026-04-01", ""),
    // Begun anew, by the latest; an earlier one changes nothing.
    (
        DAYS,
        "reset = ['notice-sent']",
        "paid 2026-03-02; notice-sent 2026-03-10; notice-sent 2026-03-05",
        "2026-04-09",
        "begun anew 2026-03-10 notice-sent",
    ),
    (DAYS, "reset = ['notice-sent']", "paid 2026-03-02; notice-sent 2026-03-01", "2026-04-01", ""),
    // Standing still: from that day, until the day before the second.
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-03-10..2026-03-20",
        "2026-04-11 2026-04-13",
        "stood still 10 days: appeal from 2026-03-10 until 2026-03-20",
    ),
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-02-20..2026-03-05",
        "2026-04-03",
        "stood still 2 days: appeal from 2026-03-03 until 2026-03-05",
    ),
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-02-01..2026-03-02",
        "2026-04-01",
        "",
    ),
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-04-02..2026-04-09",
        "2026-04-01",
        "",
    ),
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-03-10..",
        "open appeal 2026-03-10",
        "",
    ),
    // At most so long, also while it lasts; spans that overlap stop it once.
    (
        DAYS,
        "suspend = [{ during = 'appeal', at-most = '7 CD' }]",
        "paid 2026-03-02; during appeal 2026-03-10..",
        "2026-04-08",
        "stood still 7 days: appeal from 2026-03-10 until 2026-03-17",
    ),
    (
        DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-03-10..2026-03-14; during appeal 2026-03-12..2026-03-16",
        "2026-04-07",
        "stood still 2 days: appeal from 2026-03-14 until 2026-03-16",
    ),
    // A clock in business days stands still for business days.
    (BUSINESS_DAYS, "", "paid 2026-03-02", "2026-03-16", ""),
    (
        BUSINESS_DAYS,
        "suspend = [{ during = 'appeal' }]",
        "paid 2026-03-02; during appeal 2026-03-05..2026-03-11",
        "2026-03-20",
        "stood still 4 days",
    ),
];

const LONGER: &[Move<'_>] = &[
    // The parties agree otherwise: longer, never shorter.
    (
        DAYS,
        "extend = [{ to = 'agreed-day' }]",
        "paid 2026-03-02; agreed-day 2026-05-04",
        "2026-05-04",
        "extended to 2026-05-04: agreed-day",
    ),
    (
        DAYS,
        "extend = [{ to = 'agreed-day' }]",
        "paid 2026-03-02; agreed-day 2026-03-20",
        "2026-04-01",
        "",
    ),
    // By so much, where it was granted in time.
    (
        DAYS,
        "extend = [{ by = '15 CD', when = 'extension-granted' }]",
        "paid 2026-03-02; extension-granted 2026-04-01",
        "2026-04-16",
        "extended to 2026-04-16",
    ),
    (
        DAYS,
        "extend = [{ by = '15 CD', when = 'extension-granted' }]",
        "paid 2026-03-02; extension-granted 2026-04-02",
        "2026-04-01",
        "2026-04-02 extension-granted came too late",
    ),
    // To the end of what began in time, one behind the other; open while it lasts.
    (
        DAYS,
        "extend = [{ during = 'litigation' }]",
        "paid 2026-03-02; during litigation 2026-04-01..2026-06-03",
        "2026-06-02",
        "extended to 2026-06-02: litigation since 2026-04-01",
    ),
    (
        DAYS,
        "extend = [{ during = 'litigation' }]",
        "paid 2026-03-02; during litigation 2026-03-05..2026-05-05; during litigation 2026-05-01..2026-07-01",
        "2026-06-30",
        "extended to 2026-06-30",
    ),
    (
        DAYS,
        "extend = [{ during = 'litigation' }, { during = 'inquiry' }]",
        "paid 2026-03-02; during litigation 2026-03-05..2026-05-05; during inquiry 2026-05-05..2026-07-01",
        "2026-06-30",
        "extended to 2026-06-30: inquiry since 2026-05-05",
    ),
    // A span that ends with the last day makes it no longer.
    (
        DAYS,
        "extend = [{ during = 'litigation' }]",
        "paid 2026-03-02; during litigation 2026-03-05..2026-04-02",
        "2026-04-01",
        "",
    ),
    (
        DAYS,
        "extend = [{ during = 'litigation' }]",
        "paid 2026-03-02; during litigation 2026-04-02..",
        "2026-04-01",
        "",
    ),
    (
        DAYS,
        "extend = [{ during = 'litigation' }]",
        "paid 2026-03-02; during litigation 2026-03-05..",
        "open litigation 2026-03-05",
        "",
    ),
    // A last day that stays where it is.
    ("start = 'paid'\nlength = '33 CD'", "rolls = false", "paid 2026-03-02", "2026-04-04", ""),
];

#[test]
fn what_moves_a_day_moves_it_so_far_and_says_so() {
    for (length, also, known, expected, says) in STANDING_STILL.iter().chain(LONGER) {
        let derived = derive(&format!("{length}\n{also}"), known, Years::default()).unwrap();
        assert_eq!(told(&derived), *expected, "{also}: {known}");
        let steps: Vec<String> = derived.steps.iter().map(ToString::to_string).collect();
        let steps = steps.join("; ");
        assert!(steps.contains(*says) && steps.is_empty() == says.is_empty(), "{also}: {steps}");
    }
}

#[test]
fn the_later_or_the_earlier_of_what_is_known_is_taken_and_the_rest_is_told() {
    let later = "later-of = [{ after = 'notice-received', length = '45 CD' }, { rule = 'other' }]";
    let earlier = later.replace("later-of", "earlier-of");
    let known = "notice-received 2026-03-02; explained 2026-03-02";
    // 45 days are 16 April, ten business days 16 March.
    let derived = derive(later, known, Years::default()).unwrap();
    assert_eq!((told(&derived), derived.passed.len()), ("2026-04-16".to_owned(), 1));
    assert_eq!(derived.passed[0].counted, "the end of other");
    assert_eq!(derived.passed[0].day, day("2026-03-16"));
    assert_eq!(told(&derive(&earlier, known, Years::default()).unwrap()), "2026-03-16");

    // What is not known is left out and named; nothing known is an error that names it all.
    let derived = derive(later, "explained 2026-03-02", Years::default()).unwrap();
    assert_eq!(told(&derived), "2026-03-16");
    assert_eq!(derived.missing, [Fact::NoticeReceived]);
    let error = derive(later, "paid 2026-03-02", Years::default()).unwrap_err();
    let said = error.to_string();
    assert_eq!(said, "r cannot start: none of these is known: notice-received, explained");

    // A rule behind it that is open is later than any day, and not the earlier one.
    let open = format!("{known}; during litigation 2026-03-03..");
    assert_eq!(
        told(&derive(later, &open, Years::default()).unwrap()),
        "open litigation 2026-03-03"
    );
    assert_eq!(told(&derive(&earlier, &open, Years::default()).unwrap()), "2026-04-16");

    let deep = "until = { before = { later-of = ['paid', 'submitted'] }, length = '2 BD' }";
    let derived = derive(deep, "paid 2026-03-02; submitted 2026-03-04", Years::default()).unwrap();
    assert_eq!((told(&derived), derived.starts.len()), ("2026-03-02".to_owned(), 2));
}

#[test]
fn what_comes_in_time_stops_a_clock_and_what_comes_too_late_is_told() {
    let rule = "start = 'notice-dated'\nlength = '33 CD'\nstopped-by = ['agreed', 'disputed']";
    // Due on Saturday 4 April, rolled to Monday the 6th.
    for (known, stopped, late) in [
        ("disputed 2026-04-06", Some("2026-04-06"), false),
        ("disputed 2026-03-20; agreed 2026-03-10", Some("2026-03-10"), false),
        ("disputed 2026-04-07", None, true),
        ("disputed 2026-02-01", None, false),
        ("refunded 2026-03-10", None, false),
    ] {
        let known = format!("notice-dated 2026-03-02; {known}");
        let derived = derive(rule, &known, Years::default()).unwrap();
        assert_eq!(told(&derived), "2026-04-04 2026-04-06", "{known}");
        assert_eq!(derived.stopped.map(|known| known.day), stopped.map(day), "{known}");
        assert_eq!(!derived.steps.is_empty(), late, "{known}");
    }
}

#[test]
fn what_a_clock_lacks_is_an_error_that_says_what_to_give() {
    let paid = "paid 2026-03-02";
    let says = |rule: &str, known: &str| derive(rule, known, Years::default()).unwrap_err();
    let error = says("start = 'paid'\nlength = '2 FY'", paid);
    assert!(error.to_string().contains("fiscal-year-end is not set; give the last day"), "{error}");
    let error = says("start = 'paid'\nlength = '2 contract years'", paid);
    assert!(matches!(error, ClockError::ContractYearNotSet { .. }), "{error}");
    let error = says("start = 'paid'\nlength = '30000 Y'", "paid 2026-03-02");
    assert!(matches!(error, ClockError::TooFar { .. }), "{error}");

    let policy = policy("start = 'paid'\nlength = '2 BD'");
    let settings = Settings { calendar: None, end_rule: EndRule::Strict, years: Years::default() };
    let error = Clock::of(&policy, "r").unwrap().compute(&facts(paid), &settings).unwrap_err();
    assert!(matches!(error, ClockError::NoCalendar { .. }), "{error}");
    let error = Clock::of(&policy, "q").unwrap_err();
    assert_eq!(error.to_string(), "policy p has no rule q");
}

#[test]
fn a_derivation_names_its_rule_sources_calendar_and_what_was_passed_over() {
    let rules = Rulebook::shipped().unwrap();
    let noticed = day("2026-02-05");
    let known = Facts::default().with(Fact::NoticeDated, noticed, Source::evidenced("p02/118204"));
    let context = Context::plan(Line::MedicaidManagedCare, noticed);
    let window = rules.decide(Purpose::DisputeWindow, &context, &known).unwrap();
    let (id, version) = (window.policy.as_str(), window.policy_version);
    assert_eq!((id, version), ("allways-my-care-family-2019", 1));
    assert_eq!(window.citation, "Provider Manual, Section 3, Payment Integrity");
    assert_eq!(window.starts[0].source, Source::evidenced("p02/118204"));
    let calendar = window.calendar.as_ref().unwrap();
    assert_eq!((calendar.id.as_str(), calendar.version.as_str()), ("MA-legal", "2026.1"));
    assert_eq!(calendar.asked, Asked::Rolling);
    assert_eq!(window.skipped.len(), 2);
    assert_eq!(window.day_after(), Some(day("2026-03-10")));
    assert_eq!(window.missing, [Fact::NoticeSent]);
    let said: Vec<String> =
        window.lost.iter().map(|lost| format!("{} {}", lost.rule, lost.why)).collect();
    assert_eq!(
        said,
        [
            "tx-appeal binds insurer, not us",
            "fl-answer binds insurer, not us",
            "ny-notice binds insurer, not us",
        ]
    );
    // It comes back from a row as it was.
    let bytes = postcard::to_stdvec(&window).unwrap();
    assert_eq!(postcard::from_bytes::<Derivation>(&bytes).unwrap(), window);
}

fn later(day: Day, days: u64) -> Day {
    Day(day.0.checked_add_days(chrono::Days::new(days)).unwrap())
}

fn any_day() -> impl Strategy<Value = Day> {
    (0_u64..15_000).prop_map(|days| later(day("1996-01-01"), days))
}

fn any_length() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec!["CD", "BD", "M", "Y", "FY", "contract years"]);
    (1_u32..40, unit).prop_map(|(count, unit)| format!("{count} {unit}"))
}

proptest! {
    #[test]
    fn a_rolled_day_is_a_business_day_and_never_before_the_strict_one(
        start in any_day(), length in any_length(),
    ) {
        let rule = format!("start = 'paid'\nlength = '{length}'");
        let known = format!("paid {}", start.0);
        let derived = derive(&rule, &known, years("09-30", "07-01")).unwrap();
        let (strict, rolled) = (derived.strict().unwrap(), derived.rolled().unwrap());
        prop_assert!(start <= strict && strict <= rolled);
        let calendars = Calendars::shipped().unwrap();
        let ma = calendars.get(&CalendarName::parse("MA-legal").unwrap()).unwrap();
        prop_assert!(ma.is_business_day(rolled.0));
        // All days between the two are among those passed over.
        let over = strict.0.iter_days().take_while(|day| *day < rolled.0);
        for day in over {
            prop_assert!(derived.skipped.iter().any(|skipped| skipped.day.0 == day));
        }
    }

    #[test]
    fn more_time_never_makes_a_clock_shorter(
        start in any_day(), length in any_length(), from in 0_u64..400, days in 0_u64..200,
    ) {
        let from = later(start, from);
        let (from, until) = (from.0, later(from, days).0);
        let rule = format!("start = 'paid'\nlength = '{length}'");
        let more = "suspend = [{ during = 'investigation' }]\nextend = [{ during = 'litigation' }, \
                    { to = 'agreed-day' }, { by = '10 BD', when = 'extension-granted' }]";
        let known = format!("paid {}", start.0);
        let years = years("09-30", "07-01");
        let plain = derive(&rule, &known, years).unwrap();
        for also in [
            format!("during investigation {from}..{until}"),
            format!("during litigation {from}..{until}"),
            format!("agreed-day {from}"),
            format!("extension-granted {from}"),
        ] {
            let known = format!("{known}; {also}");
            let longer = derive(&format!("{rule}\n{more}"), &known, years).unwrap();
            prop_assert!(longer.strict() >= plain.strict(), "{}", also);
            prop_assert!(longer.rolled() >= plain.rolled(), "{}", also);
            prop_assert_eq!(longer.strict() > plain.strict(), !longer.steps.iter().all(
                |step| matches!(step, Step::TooLate(_))), "{}", also);
        }
    }
}
