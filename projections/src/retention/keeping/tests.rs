//! How long units are kept, with days counted by hand.

use proptest::prelude::*;

use super::*;
use crate::policy::{Policy, SHIPPED};

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn rules(of: &[&str]) -> Rulebook {
    let mut rules = Rulebook::new(
        crate::calendar::Calendars::shipped().unwrap(),
        crate::clocks::Years::default(),
    );
    for (id, text) in SHIPPED {
        if of.contains(id) {
            rules.adopt(Policy::parse(text).unwrap()).unwrap();
        }
    }
    rules
}

const MANUAL: &str = "allways-my-care-family-2019";
const FEDERAL: &str = "medicaid-managed-care";

fn unit(paid: &str) -> Touches {
    Touches {
        final_payment: Some((day(paid).0, Source::evidenced("p00/7"))),
        lines: BTreeSet::from([Line::MedicaidManagedCare]),
        ..Touches::default()
    }
}

fn keeper(kind: SpanKind, from: &str, until: Option<&str>) -> Keeper {
    Keeper {
        what: "hold:H-1".to_owned(),
        kind,
        from: day(from),
        until: until.map(day),
        position: "control/9".to_owned(),
    }
}

#[test]
fn a_unit_is_kept_seven_years_from_its_final_payment_and_longer_under_a_hold() {
    let manual = rules(&[MANUAL]);
    // Paid on 2020-03-06: kept through 2027-03-06.
    for (what, keepers, on, until, from, standing) in [
        ("in time", vec![], "2026-01-01", Some("2027-03-06"), Some("2027-03-07"), Standing::Kept),
        (
            "the last day",
            vec![],
            "2027-03-06",
            Some("2027-03-06"),
            Some("2027-03-07"),
            Standing::Kept,
        ),
        (
            "after",
            vec![],
            "2027-03-07",
            Some("2027-03-06"),
            Some("2027-03-07"),
            Standing::Disposable,
        ),
        (
            "under a hold",
            vec![keeper(SpanKind::Litigation, "2026-05-01", None)],
            "2028-01-01",
            None,
            None,
            Standing::Held,
        ),
        (
            "a hold that ended later",
            vec![keeper(SpanKind::Inquiry, "2026-05-01", Some("2027-12-31"))],
            "2028-01-02",
            Some("2027-12-30"),
            Some("2027-12-31"),
            Standing::Disposable,
        ),
        (
            "a hold that ended before",
            vec![keeper(SpanKind::Proceeding, "2022-05-01", Some("2023-01-01"))],
            "2027-03-07",
            Some("2027-03-06"),
            Some("2027-03-07"),
            Standing::Disposable,
        ),
        (
            "a hold that began after, of what is still there",
            vec![keeper(SpanKind::Litigation, "2027-05-01", None)],
            "2027-06-01",
            Some("2027-03-06"),
            None,
            Standing::Held,
        ),
    ] {
        let touches = Touches { keepers: keepers.into_iter().collect(), ..unit("2020-03-06") };
        let kept = keep(&manual, &touches, day(on));
        assert_eq!(kept.until, until.map(day), "{what}");
        assert_eq!(kept.disposable_from, from.map(day), "{what}");
        assert_eq!(kept.standing, standing, "{what}");
    }
}

#[test]
fn a_longer_rule_that_nobody_verified_blocks_and_says_so() {
    let both = rules(&[MANUAL, FEDERAL]);
    for (on, standing) in [
        ("2026-01-01", Standing::Kept),
        ("2027-03-07", Standing::Unverified),
        ("2030-03-06", Standing::Unverified),
        ("2030-03-07", Standing::Disposable),
    ] {
        let kept = keep(&both, &unit("2020-03-06"), day(on));
        assert_eq!(kept.standing, standing, "{on}");
        let named: Vec<_> =
            kept.blocked_by.iter().map(|lost| (lost.rule.as_str(), lost.due)).collect();
        assert_eq!(named, [("medicaid-mco-records", Some(day("2030-03-06")))], "{on}");
        assert_eq!(kept.until, Some(day("2027-03-06")), "{on}");
        assert_eq!(kept.disposable_from, Some(day("2030-03-07")), "{on}");
    }
}

#[test]
fn nothing_is_disposed_of_where_no_rule_decides_or_a_remittance_is_incomplete() {
    let on = day("2040-01-01");
    let none = keep(&rules(&[]), &unit("2020-03-06"), on);
    assert_eq!((none.standing, none.disposable_from), (Standing::NotComputed, None));
    let federal = keep(&rules(&[FEDERAL]), &unit("2020-03-06"), on);
    assert_eq!((federal.standing, federal.disposable_from), (Standing::NotComputed, None));
    let never_paid = Touches { final_payment: None, ..unit("2020-03-06") };
    assert_eq!(keep(&rules(&[MANUAL]), &never_paid, on).standing, Standing::NotComputed);
    let incomplete = Touches { incomplete: 1, ..unit("2020-03-06") };
    let kept = keep(&rules(&[MANUAL]), &incomplete, on);
    assert_eq!((kept.standing, kept.disposable_from), (Standing::Incomplete, None));
}

/// Whether one is kept at least as long as another, by what the rules say and by what they allow.
fn at_least(more: &Kept, less: &Kept) -> bool {
    let end = |kept: &Kept| kept.until.map_or((1, None), |day| (0, Some(day)));
    let from = |kept: &Kept| kept.disposable_from.map_or((1, None), |day| (0, Some(day)));
    end(more) >= end(less) && from(more) >= from(less)
}

proptest! {
    #[test]
    fn retention_never_shortens(
        paid in 0_u32..3_000, later in 0_u32..3_000, on in 0_u32..8_000, federal: bool,
        spans in prop::collection::vec((0_u8..3, 0_u32..6_000, prop::option::of(0_u32..2_000)), 1..5)
    ) {
        let rules = rules(if federal { &[MANUAL, FEDERAL] } else { &[MANUAL] });
        let begin = day("2019-01-01").0;
        let at = |days: u32| Day(begin.checked_add_days(chrono::Days::new(days.into())).unwrap());
        let mut touches = unit("2019-01-01");
        touches.final_payment = Some((at(paid).0, Source::evidenced("p00/1")));
        let mut before = keep(&rules, &touches, at(on));
        for (number, (kind, from, length)) in (0..).zip(spans) {
            let kind = [SpanKind::Litigation, SpanKind::Proceeding, SpanKind::Inquiry][usize::from(kind)];
            touches.keepers.insert(Keeper {
                what: format!("hold:H-{number}"),
                kind,
                from: at(from),
                until: length.map(|length| at(from.saturating_add(length))),
                position: format!("control/{number}"),
            });
            let after = keep(&rules, &touches, at(on));
            prop_assert!(at_least(&after, &before), "a hold shortens: {before:?} {after:?}");
            before = after;
        }
        touches.final_payment = Some((at(paid.saturating_add(later)).0, Source::evidenced("p00/2")));
        let after = keep(&rules, &touches, at(on));
        prop_assert!(at_least(&after, &before), "a payment shortens: {before:?} {after:?}");
        touches.incomplete = 1;
        prop_assert!(at_least(&keep(&rules, &touches, at(on)), &after));
    }
}
