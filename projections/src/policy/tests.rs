//! Policies that cannot be read or make no sense, each with what it is told.

use super::scope::{Actor, Line};
use super::*;
use crate::calendar::Calendars;
use crate::policy::parameters::Parameter;
use crate::policy::purpose::{EndRule, Purpose, Verification};

const HEAD: &str = r#"id = "p"
version = 1
title = "t"
citation = "c"
layer = "manual"
effective = { from = 2026-01-01 }
[parameters]
calendar = "MA-legal 2026.1"
"#;

const RULE: &str = r#"[[rule]]
id = "r"
title = "t"
citation = "c"
verification = "verified"
purpose = ["retention"]
outcome = "must-retain"
start = "paid"
length = "30 CD"
scope = { actors = ["plan"], lines = ["commercial"] }
"#;

/// A sound policy with one line written another way; nothing for a line takes it out.
fn with(line: &str, instead: &str) -> String {
    let text = format!("{HEAD}{RULE}");
    assert!(text.contains(line), "{line}");
    text.replacen(line, instead, 1)
}

fn faults(text: &str) -> Vec<String> {
    let policy = Policy::parse(text).unwrap();
    let faults = policy.check(&Calendars::shipped().unwrap());
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn what_cannot_be_read_says_line_rule_key_and_what_is_allowed() {
    for (line, instead, says) in [
        ("version = 1", "version = \"one\"", "line 2, version: invalid type: string"),
        ("layer = \"manual\"", "layer = \"bylaw\"", "line 5, layer: \"bylaw\" is not a layer;"),
        ("layer = \"manual\"\n", "", "missing field \"layer\""),
        ("2026-01-01", "2026-02-30", "line 6"),
        ("2026-01-01", "\"soon\"", "line 6, effective: "),
        (
            "MA-legal 2026.1",
            "the usual one",
            "line 8, calendar: calendar = \"the usual one\" cannot be",
        ),
        (
            "calendar = ",
            "calender = ",
            "line 8, calender: \"calender\" is not a parameter; did you",
        ),
        ("calendar = \"MA-legal 2026.1\"", "end-rule = \"rolls\"", "allowed: roll-forward, strict"),
        ("calendar = \"MA-legal 2026.1\"", "end-rule = true", "end-rule is none of what it may be"),
        (
            "calendar = \"MA-legal 2026.1\"",
            "fiscal-year-end = \"02-29\"",
            "line 8, fiscal-year-end: fiscal-year-end = \"02-29\" cannot be; allowed: a day of",
        ),
        (
            "id = \"r\"",
            "id = \"The Rule\"",
            "line 10, rule The Rule, id: \"The Rule\" is not an id",
        ),
        ("verified\"", "certain\"", "line 13, rule r, verification: \"certain\" is not a verif"),
        ("\"retention\"", "\"retension\"", "did you mean \"retention\""),
        ("must-retain", "retain", "line 15, rule r, outcome: \"retain\" is not an outcome"),
        ("\"paid\"", "\"payed\"", "line 16, rule r, start: \"payed\" is not a fact that a clock"),
        ("\"paid\"", "{ later = [\"paid\"] }", "line 16, rule r, start: unknown field \"later\""),
        ("\"paid\"", "{ after = \"paid\" }", "a term is a fact"),
        ("\"paid\"", "7", "line 16, rule r, start: invalid type"),
        ("30 CD", "30 DC", "line 17, rule r, length: \"30 DC\" is not a length; write a count"),
        ("length = \"30 CD\"\n", "", "line 9, rule r: a rule is due in one of these forms"),
        ("start = \"paid\"\n", "start = \"paid\"\nuntil = \"paid\"\n", "one of these forms"),
        (
            "actors = [\"plan\"]",
            "actors = [\"payer\"]",
            "line 18, rule r, scope: \"payer\" is not an",
        ),
        ("actors", "actor", "line 18, rule r, scope: unknown field \"actor\", expected one of"),
        ("[\"commercial\"]", "[\"comercial\"]", "did you mean \"commercial\""),
        ("lines = ", "states = [\"Ma\"], lines = ", "\"Ma\" is not a state"),
        ("lines = ", "services = [\"BH 1\"], lines = ", "\"BH 1\" is not a class"),
        (
            "start = \"paid\"",
            "start = \"paid\"\nextend = [{ by = \"3 CD\" }]",
            "an extension is one",
        ),
        ("start = \"paid\"", "start = \"paid\"\nhint = 1", "line 17, rule r, hint: unknown field"),
        ("[parameters]", "[parameters", "line 7"),
    ] {
        let said = Policy::parse(&with(line, instead)).unwrap_err().to_string();
        assert!(said.contains(says), "{instead}:\n  {said}\n  wanted {says}");
    }
}

#[test]
fn what_makes_no_sense_says_rule_line_and_what_to_do() {
    for (line, instead, says) in [
        ("version = 1", "version = 0", "line 1: version = 0; versions are counted from 1"),
        ("citation = \"c\"\nlayer", "citation = \" \"\nlayer", "line 1: citation is empty"),
        (
            "from = 2026-01-01",
            "from = 2026-01-01, until = 2025-01-01",
            "line 1: effective goes from 2026-01-01 until 2025-01-01, backwards",
        ),
        ("2026.1", "1999.1", "line 1: no calendar MA-legal 1999.1; there are MA-legal 2026.1"),
        ("actors = [\"plan\"], ", "", "line 9, rule r: it binds nobody; write scope"),
        (", lines = [\"commercial\"]", "", "rule r: it has no line of business"),
        ("scope = {", "#", "rule r: it binds nobody"),
        ("[\"retention\"]", "[]", "rule r: it has no purpose"),
        ("calendar = \"MA-legal 2026.1\"\n", "", ""),
        (
            "verification = \"verified\"",
            "verification = \"unverified\"\ndecides = true",
            "rule r: it is unverified and says decides = true",
        ),
        (
            "start = \"paid\"\nlength = \"30 CD\"",
            "until = { rule = \"q\" }",
            "rule r: q is no rule of this policy",
        ),
        (
            "start = \"paid\"\nlength = \"30 CD\"",
            "until = { rule = \"r\" }",
            "rule r: it waits for itself: r -> r",
        ),
        (
            "start = \"paid\"\nlength = \"30 CD\"",
            "later-of = [\"paid\"]",
            "rule r: later-of combines fewer than two terms",
        ),
        (
            "start = \"paid\"\nlength = \"30 CD\"",
            "until = \"paid\"\nreset = [\"notice-sent\"]",
            "rule r: reset needs a rule with start",
        ),
        (
            "start = \"paid\"",
            "start = \"paid\"\nexceptions = [{ why = \"always\" }]",
            "rule r: an exception asks nothing",
        ),
        (
            "start = \"paid\"",
            "start = \"paid\"\nstopped-by = [\"paid\"]",
            "rule r: paid starts it and stops it",
        ),
        (
            "start = \"paid\"",
            "start = \"paid\"\neffective = { until = 2020-01-01 }",
            "rule r: it is in force until 2020-01-01 only, and the policy from 2026-01-01",
        ),
    ] {
        let said = faults(&with(line, instead)).join("\n");
        assert!(said.contains(says), "{instead}:\n  {said}\n  wanted {says}");
        assert_eq!(said.is_empty(), says.is_empty(), "{instead}: {said}");
    }
}

#[test]
fn what_makes_no_sense_among_several_rules_is_found_at_each() {
    let twice = format!("{HEAD}{RULE}{RULE}");
    let said = faults(&twice);
    assert_eq!(
        said,
        ["line 19, rule r: the id is taken by the rule on line 9; every rule has its own"]
    );

    let ring = |id: &str, other: &str| {
        let due = format!("until = {{ rule = \"{other}\" }}");
        RULE.replace("id = \"r\"", &format!("id = \"{id}\""))
            .replace("start = \"paid\"\nlength = \"30 CD\"", &due)
    };
    let text = format!("{HEAD}{}{}{}", ring("a", "b"), ring("b", "c"), ring("c", "a"));
    let said = faults(&text);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].ends_with("it waits for itself: a -> b -> c -> a"), "{said:?}");

    let statute = RULE.replace("id = \"r\"", "id = \"s\"\nlayer = \"statute\"");
    let above = RULE.replace("start", "pre-empts = [\"s\"]\nstart");
    let said = faults(&format!("{HEAD}{statute}{above}"));
    assert!(said[0].ends_with("it pre-empts s, which is of the layer statute, above its own"));

    let days = RULE.replace("30 CD", "30 BD");
    let said = faults(&format!("{HEAD}{days}").replace("calendar = \"MA-legal 2026.1\"\n", ""));
    assert!(
        said[0].contains("it counts business days and the policy names no calendar"),
        "{said:?}"
    );
    assert_eq!(faults(HEAD).join(""), "line 1: there is no rule; write [[rule]]");
}

#[test]
fn the_shipped_policies_are_sound_and_each_has_the_id_of_its_file() {
    let calendars = Calendars::shipped().unwrap();
    for (id, text) in SHIPPED {
        let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(policy.id.as_str(), *id);
        assert_eq!(policy.check(&calendars), [], "{id}");
        assert_eq!(policy.differences(&policy), [], "{id}");
        for rule in &policy.rules {
            assert_eq!(rule.decides, rule.verification == Verification::Verified, "{}", rule.id);
        }
    }
}

#[test]
fn the_manual_names_every_parameter_and_leaves_open_what_the_plan_must_say() {
    let (_, text) = SHIPPED[0];
    let manual = Policy::parse(text).unwrap();
    let named: Vec<Parameter> = manual.parameters.iter().map(|(parameter, _)| parameter).collect();
    assert_eq!(named, Parameter::ALL);
    let open = manual.parameters.iter().filter(|(_, value)| value.is_none());
    let open: Vec<&str> = open.map(|(parameter, _)| parameter.as_str()).collect();
    assert_eq!(
        open,
        [
            "fiscal-year-end",
            "determination-time",
            "documents-review-time",
            "restoration-time",
            "offset-action-time",
            "late-knowledge-days",
        ]
    );
    assert_eq!(manual.parameters.end_rule(), EndRule::RollForward);
    assert_eq!(manual.parameters.count(Parameter::ForecastWeeks), Some(13));
    let unverified = manual.rules.iter().filter(|rule| !rule.decides);
    assert_eq!(unverified.count(), 0);
}

#[test]
fn what_was_not_read_in_its_primary_text_is_shipped_unverified() {
    let policies = SHIPPED.iter().map(|(_, text)| Policy::parse(text).unwrap());
    let unverified: Vec<String> = policies
        .flat_map(|policy| policy.rules)
        .filter(|rule| rule.verification == Verification::Unverified)
        .map(|rule| rule.id.to_string())
        .collect();
    assert_eq!(
        unverified,
        [
            "medicaid-mco-records",
            "state-overpayment-report",
            "mco-provider-return",
            "mco-recoveries-report",
            "cms-records",
            "upic-records",
            "report-and-return",
            "report-and-return-lookback",
        ]
    );
}

#[test]
fn a_rule_is_read_with_everything_it_says() {
    let policy = Policy::parse(&format!("{HEAD}{RULE}")).unwrap();
    let rule = policy.rule("r").unwrap();
    assert_eq!(rule.scope.actors, [Actor::Plan]);
    assert_eq!(rule.scope.lines, [Line::Commercial]);
    assert_eq!(rule.purposes, [Purpose::Retention]);
    assert_eq!((rule.layer, rule.line, rule.rolls), (Layer::Manual, 9, true));
    assert_eq!(rule.due.to_string(), "30 calendar days after paid");
}

#[test]
fn a_difference_names_rule_key_and_both_sides() {
    let before = Policy::parse(&format!("{HEAD}{RULE}")).unwrap();
    let text = with("30 CD", "45 CD").replace("version = 1", "version = 2");
    let after =
        Policy::parse(&text.replace("calendar = ", "end-rule = \"strict\"\ncalendar = ")).unwrap();
    let said: Vec<String> = before
        .differences(&after)
        .into_iter()
        .map(|difference| {
            let rule = difference.rule.map_or_else(|| "-".to_owned(), |rule| rule.to_string());
            let side = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
            let (before, after) = (side(difference.before), side(difference.after));
            format!("{rule} {}: {before} -> {after}", difference.key)
        })
        .collect();
    assert_eq!(
        said,
        [
            "- parameters.end-rule: nothing -> strict",
            "- version: 1 -> 2",
            "r due: 30 calendar days after paid -> 45 calendar days after paid",
        ]
    );
}
