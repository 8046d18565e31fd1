//! Which of several rules wins, what blocks a disposal, and when a change may take effect.

use super::{day, facts, told};
use crate::calendar::Calendars;
use crate::clocks::*;
use crate::policy::scope::{Actor, Cause, Class, Context, Funding, Line, State};

/// A rulebook of rules that compete for one purpose, each written as key = value pairs.
fn competing(purpose: &str, rules: &[(&str, &str, &str, &str)]) -> Rulebook {
    let mut book = Rulebook::new(Calendars::shipped().unwrap(), Years::default());
    for (id, layer, length, also) in rules {
        let verification =
            if also.contains("verification") { "" } else { "verification = 'verified'" };
        let scope = if also.contains("scope") {
            ""
        } else {
            "scope = { actors = ['plan'], lines = ['commercial'] }"
        };
        let text = format!(
            "id = 'policy-{id}'\nversion = 1\ntitle = 't'\ncitation = 'c'\nlayer = '{layer}'\n\
             effective = {{ from = 2000-01-01 }}\n\
             [[rule]]\nid = '{id}'\ntitle = 't'\ncitation = 'c'\n{verification}\n{scope}\n\
             purpose = ['{purpose}']\noutcome = 'may-audit'\nstart = 'paid'\nlength = '{length}'\n{also}\n"
        );
        let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{id}: {error}\n{text}"));
        book.adopt(policy).unwrap_or_else(|error| panic!("{id}: {error:?}"));
    }
    book
}

fn commercial() -> Context {
    Context::plan(Line::Commercial, day("2026-03-02"))
}

/// A rule that competes: id, layer, length, what else it says.
type Competing = (&'static str, &'static str, &'static str, &'static str);
/// Purpose, rules, winner, how what is said of a loser begins.
type Contest = (&'static str, &'static [Competing], &'static str, &'static str);

const UNVERIFIED: &str = "verification = 'unverified'";
const INSURER: &str = "scope = { actors = ['insurer'], lines = ['commercial'] }";
const MEDICARE: &str = "scope = { actors = ['plan'], lines = ['medicare-advantage'] }";
const PAST: &str = "effective = { until = 2020-01-01 }";
const FRAUD: &str = "exceptions = [{ why = 'fraud', causes = ['fraud'] }]";
const TEXAS: &str = "scope = { actors = ['plan'], lines = ['commercial'], states = ['TX'] }";

const BY_DAY: &[Contest] = &[
    // The shortest lookback, the longest retention, the longest answer, the latest recovery.
    (
        "routine-lookback",
        &[("a", "manual", "3 Y", ""), ("b", "statute", "4 Y", "")],
        "a",
        "b is later",
    ),
    (
        "fraud-lookback",
        &[("a", "manual", "6 Y", ""), ("b", "manual", "5 Y", "")],
        "b",
        "a is later",
    ),
    (
        "notice-bar",
        &[("a", "manual", "12 M", ""), ("b", "manual", "180 CD", "")],
        "b",
        "a is later",
    ),
    ("retention", &[("a", "statute", "7 Y", ""), ("b", "manual", "10 Y", "")], "b", "a is earlier"),
    (
        "dispute-window",
        &[("a", "manual", "30 CD", ""), ("b", "manual", "45 CD", "")],
        "b",
        "a is earlier",
    ),
    (
        "recovery-start",
        &[("a", "manual", "30 CD", ""), ("b", "manual", "40 CD", "")],
        "b",
        "a is earlier",
    ),
    (
        "state-report",
        &[("a", "manual", "30 CD", ""), ("b", "manual", "60 CD", "")],
        "a",
        "b is later",
    ),
    // A tie goes to the stronger layer, then to the first.
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "7 Y", "")],
        "b",
        "a is the same day",
    ),
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "manual", "7 Y", "")],
        "a",
        "b is the same day",
    ),
    // Pre-emption: whatever the days are, downwards only.
    (
        "retention",
        &[("a", "statute", "5 Y", "pre-empts = ['lower-layers']"), ("b", "manual", "10 Y", "")],
        "a",
        "b is pre-empted by a",
    ),
    (
        "retention",
        &[("a", "statute", "5 Y", "pre-empts = ['b']"), ("b", "statute", "10 Y", "")],
        "a",
        "b is pre-empted by a",
    ),
    (
        "retention",
        &[("a", "manual", "5 Y", "pre-empts = ['b']"), ("b", "statute", "10 Y", "")],
        "b",
        "a is earlier",
    ),
    (
        "retention",
        &[
            ("a", "statute", "5 Y", "pre-empts = ['b']"),
            ("b", "statute", "9 Y", "pre-empts = ['a']"),
        ],
        "b",
        "a is earlier",
    ),
];

const BY_SCOPE: &[Contest] = &[
    // Who is bound, where, when, and what about.
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "10 Y", INSURER)],
        "a",
        "b binds insurer",
    ),
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "10 Y", MEDICARE)],
        "a",
        "b is for medicare",
    ),
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "10 Y", PAST)],
        "a",
        "b is in force until",
    ),
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "10 Y", TEXAS)],
        "a",
        "b depends on the state",
    ),
    (
        "retention",
        &[("a", "manual", "7 Y", ""), ("b", "statute", "10 Y", UNVERIFIED)],
        "a",
        "b is not verified",
    ),
    (
        "routine-lookback",
        &[("a", "manual", "3 Y", ""), ("b", "statute", "1 Y", UNVERIFIED)],
        "a",
        "b is not verified",
    ),
    // An exception holds only where it is known to.
    (
        "routine-lookback",
        &[("a", "manual", "3 Y", ""), ("b", "statute", "1 Y", FRAUD)],
        "b",
        "a is later",
    ),
];

#[test]
fn of_several_rules_the_one_that_the_domain_prefers_wins_and_the_others_say_why_not() {
    for (purpose, rules, winner, says) in BY_DAY.iter().chain(BY_SCOPE) {
        let purpose_word = Purpose::parse(purpose).unwrap();
        let book = competing(purpose, rules);
        let won = book.decide(purpose_word, &commercial(), &facts("paid 2026-03-02")).unwrap();
        let said: Vec<String> =
            won.lost.iter().map(|lost| format!("{} {}", lost.rule, lost.why)).collect();
        assert_eq!(won.rule.as_str(), *winner, "{purpose}: {said:?}");
        assert!(said.iter().any(|said| said.starts_with(says)), "{purpose}: {said:?}");
    }
}

#[test]
fn scopes_and_exceptions_ask_for_what_is_known_of_the_case() {
    let rules = Rulebook::shipped().unwrap();
    let known = facts("paid 2025-01-10; payment-received 2025-01-14; submitted 2025-01-02");
    let lookback = |change: fn(&mut Context)| {
        let mut context = Context::plan(Line::Commercial, day("2026-03-02"));
        context.actors.push(Actor::Insurer);
        change(&mut context);
        match rules.decide(Purpose::NoticeBar, &context, &known) {
            Ok(derived) => format!("{} {}", derived.rule, told(&derived)),
            Err(error) => {
                let said = error.to_string();
                assert!(said.starts_with("no rule decides on notice-bar: "), "{said}");
                "none".to_owned()
            }
        }
    };
    let state = |text| State::parse(text).ok();
    assert_eq!(state("NY").unwrap().to_string(), "NY");
    assert_eq!(lookback(|_| ()), "none");
    assert_eq!(
        lookback(|context| context.state = State::parse("NY").ok()),
        "ny-lookback 2027-01-14"
    );
    assert_eq!(lookback(|context| context.state = State::parse("TX").ok()), "tx-notice 2025-07-13");
    assert_eq!(
        lookback(|context| {
            context.state = State::parse("TX").ok();
            context.cause = Some(Cause::Fraud);
        }),
        "none"
    );
    assert_eq!(
        lookback(|context| context.state = State::parse("DE").ok()),
        "de-lookback 2027-01-10"
    );
    assert_eq!(
        lookback(|context| {
            context.state = State::parse("DE").ok();
            context.funding = Some(Funding::SelfInsured);
        }),
        "none"
    );
    // An insurer's rule never binds a plan, and the plan's line is another one.
    let medicaid = |change: fn(&mut Context)| {
        let mut context = Context::plan(Line::MedicaidManagedCare, day("2026-03-02"));
        context.state = State::parse("MA").ok();
        change(&mut context);
        rules
            .decide(Purpose::NoticeBar, &context, &known)
            .map(|derived| derived.rule.to_string())
            .ok()
    };
    assert_eq!(medicaid(|_| ()), None);
    let behavioral =
        |context: &mut Context| context.service = Class::parse("behavioral-health").ok();
    assert_eq!(medicaid(behavioral).as_deref(), Some("ma-behavioral-denial"));
    for cause in [Cause::Fraud, Cause::LegalAction, Cause::AlreadyPaid, Cause::NotProvided] {
        let mut context = Context::plan(Line::MedicaidManagedCare, day("2026-03-02"));
        context.state = State::parse("MA").ok();
        behavioral(&mut context);
        context.cause = Some(cause);
        assert!(rules.decide(Purpose::NoticeBar, &context, &known).is_err(), "{cause}");
    }
}

#[test]
fn new_york_needs_no_notice_for_a_duplicate() {
    let rules = Rulebook::shipped().unwrap();
    let known = facts("notice-dated 2026-03-02");
    let start = |cause| {
        let mut context = Context::plan(Line::Commercial, day("2026-03-02"));
        context.actors = vec![Actor::Insurer];
        context.state = State::parse("NY").ok();
        context.cause = cause;
        rules.decide(Purpose::RecoveryStart, &context, &known).ok()
    };
    assert_eq!(start(Some(Cause::Units)).unwrap().strict(), Some(day("2026-04-01")));
    assert!(start(Some(Cause::DuplicatePayment)).is_none());
}

#[test]
fn a_disposal_is_blocked_by_every_longer_rule_that_is_not_verified_or_may_apply() {
    let rules = Rulebook::shipped().unwrap();
    let context = Context::plan(Line::MedicaidManagedCare, day("2026-03-02"));
    let kept =
        rules.decide(Purpose::Retention, &context, &facts("final-payment 2019-03-01")).unwrap();
    assert_eq!((kept.rule.as_str(), kept.due()), ("retention", Some(day("2026-03-01"))));
    let blocked: Vec<_> =
        kept.blocked_by.iter().map(|lost| (lost.rule.as_str(), lost.due)).collect();
    assert_eq!(blocked, [("medicaid-mco-records", Some(day("2029-03-01")))]);

    for (length, also, blocks) in [
        ("10 Y", UNVERIFIED, true),
        ("5 Y", UNVERIFIED, false),
        ("10 Y", TEXAS, true),
        ("5 Y", TEXAS, false),
        ("10 Y", INSURER, false),
        // What cannot be computed may be longer.
        ("2 FY", "", true),
    ] {
        let book =
            competing("retention", &[("a", "manual", "7 Y", ""), ("b", "statute", length, also)]);
        let kept =
            book.decide(Purpose::Retention, &commercial(), &facts("paid 2026-03-02")).unwrap();
        assert_eq!(kept.rule.as_str(), "a", "{length} {also}");
        assert_eq!(!kept.blocked_by.is_empty(), blocks, "{length} {also}");
    }
}

#[test]
fn an_unverified_rule_alone_decides_nothing() {
    let rules = [("a", "statute", "10 Y", "verification = 'unverified'")];
    let book = competing("retention", &rules);
    let error = book.decide(Purpose::Retention, &commercial(), &facts("paid 2026-03-02"));
    let said = error.unwrap_err().to_string();
    assert_eq!(said, "no rule decides on retention: a is not verified and never decides");
    let none = book.decide(Purpose::Cure, &commercial(), &Facts::default()).unwrap_err();
    assert_eq!(none.to_string(), "no rule decides on cure: no adopted policy has one");
}

#[test]
fn of_several_versions_the_one_in_force_on_the_day_governs() {
    let text = |version: u32, from: &str, length: &str| {
        format!(
            "id = 'p'\nversion = {version}\ntitle = 't'\ncitation = 'c'\nlayer = 'manual'\n\
             effective = {{ from = {from} }}\n[[rule]]\nid = 'r'\ntitle = 't'\ncitation = 'c'\n\
             verification = 'verified'\npurpose = ['dispute-window']\noutcome = 'bar-offset'\n\
             start = 'notice-dated'\nlength = '{length}'\n\
             scope = {{ actors = ['plan'], lines = ['commercial'] }}\n"
        )
    };
    let mut book = Rulebook::new(Calendars::shipped().unwrap(), Years::default());
    book.adopt(Policy::parse(&text(1, "2020-01-01", "45 CD")).unwrap()).unwrap();
    book.adopt(Policy::parse(&text(2, "2026-02-01", "30 CD")).unwrap()).unwrap();
    let again = Policy::parse(&text(2, "2026-02-01", "20 CD")).unwrap();
    assert!(matches!(book.adopt(again), Err(AdoptError::Twice { version: 2, .. })));
    for (noticed, version, due) in
        [("2026-01-31", 1, "2026-03-17"), ("2026-02-01", 2, "2026-03-03")]
    {
        let known = facts(&format!("notice-dated {noticed}"));
        let context = Context::plan(Line::Commercial, day(noticed));
        let window = book.decide(Purpose::DisputeWindow, &context, &known).unwrap();
        assert_eq!((window.policy_version, window.due()), (version, Some(day(due))), "{noticed}");
    }
    let context = Context::plan(Line::Commercial, day("2019-12-31"));
    let known = facts("notice-dated 2019-12-31");
    let error = book.decide(Purpose::DisputeWindow, &context, &known).unwrap_err().to_string();
    assert!(error.contains("r is in force from 2020-01-01"), "{error}");
}

#[test]
fn a_change_takes_effect_when_its_notice_has_run_or_an_agency_mandates_it() {
    let rules = Rulebook::shipped().unwrap();
    let manual = &rules.policies()[0];
    // 60 days from 2 March 2026 are Friday 1 May, 30 are Wednesday 1 April.
    for (kind, announced, effective, mandated_by, earliest) in [
        (ChangeKind::Payment, "2026-03-02", "2026-05-01", None, None),
        (ChangeKind::Payment, "2026-03-02", "2026-04-30", None, Some("2026-05-01")),
        (ChangeKind::Payment, "2026-03-02", "2026-04-30", Some("EOHHS bulletin 12"), None),
        (ChangeKind::General, "2026-03-02", "2026-04-01", None, None),
        (ChangeKind::General, "2026-03-02", "2026-03-31", None, Some("2026-04-01")),
        // The last day of notice is a Saturday and rolls.
        (ChangeKind::General, "2026-02-05", "2026-03-07", None, Some("2026-03-09")),
    ] {
        let change = Change {
            kind,
            announced: day(announced),
            effective: day(effective),
            mandated_by: mandated_by.map(str::to_owned),
        };
        let found = match manual.may_take_effect(&change, rules.calendars()) {
            Ok(()) => None,
            Err(NoticeRefusal::TooSoon { earliest, .. }) => Some(earliest),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, earliest.map(day), "{change:?}");
    }
    let change = Change {
        kind: ChangeKind::Payment,
        announced: day("2026-03-02"),
        effective: day("2026-03-03"),
        mandated_by: None,
    };
    let said = manual.may_take_effect(&change, rules.calendars()).unwrap_err().to_string();
    assert_eq!(
        said,
        "announced 2026-03-02, it may take effect on 2026-05-01 at the earliest, not on 2026-03-03 \
         (policy-notice, Provider Manual, Section 3, Changes)"
    );
    let texas = rules.policies().iter().find(|policy| policy.id.as_str() == "texas").unwrap();
    let refused = texas.may_take_effect(&change, rules.calendars());
    assert_eq!(refused, Err(NoticeRefusal::NoRule("texas".to_owned())));
}
