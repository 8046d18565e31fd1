//! Adopting policies: what notice they need, and which text they are.

use lookback_projections::policy::SHIPPED;
use lookback_projections::windows::MANUAL;

use super::*;
use crate::command::sha256;

/// The manual's text as another version from another day on, with a longer window.
fn text(version: u32, from: &str) -> String {
    let (_, text) = SHIPPED.iter().find(|(id, _)| *id == MANUAL).unwrap();
    text.replacen("version = 1", &format!("version = {version}"), 1)
        .replacen("from = 2019-01-01", &format!("from = {from}"), 1)
        .replacen("length = \"30 CD\"", "length = \"45 CD\"", 1)
}

/// The command that adopts a text, with further members said as in the tables.
fn adopting(policy: &str, version: u32, from: &str, text: &str, further: &str) -> Asking {
    let line = format!("adopt-policy policy={policy} version={version} effective={from} {further}");
    object(line.trim()).with("sha256", sha256(text).to_string()).with("text", text)
}

/// A version of the manual's policy.
fn adopt(world: &mut World, version: u32, from: &str, further: &str) -> String {
    world.give(adopting(MANUAL, version, from, &text(version, from), further))
}

#[test]
fn a_change_takes_effect_when_its_notice_has_run() {
    const SOON: &str = "announced=2026-03-31 kind=payment";
    for (what, from, further, wanted) in [
        // The sixtieth day is a Saturday and rolls to Monday.
        ("payment, a day too soon", "2026-05-31", SOON, "refused policy-too-soon 2026-06-01"),
        ("payment", "2026-06-01", SOON, "recorded"),
        (
            "general, a day too soon",
            "2026-04-29",
            "announced=2026-03-31 kind=general",
            "refused policy-too-soon 2026-04-30",
        ),
        ("general", "2026-04-30", "announced=2026-03-31 kind=general", "recorded"),
        (
            "mandated sooner",
            "2026-04-01",
            "announced=2026-03-31 kind=payment mandated_by=EOHHS",
            "recorded",
        ),
        (
            "announced on a day to come",
            "2026-12-01",
            "announced=2026-04-01 kind=payment",
            "refused unsound",
        ),
        ("mandated, never announced", "2026-04-01", "mandated_by=EOHHS", "recorded"),
        ("not announced", "2026-06-01", "", "refused unsound"),
        ("of no kind", "2026-06-01", "announced=2026-03-31", "refused unsound"),
        ("what was in force at creation", "2026-01-02", "", "recorded"),
        ("what began the day after", "2026-01-03", "", "refused unsound"),
    ] {
        let mut world = World::new();
        assert_eq!(adopt(&mut world, 2, from, further), wanted, "{what}");
    }
}

#[test]
fn the_notice_that_a_later_version_asks_is_that_of_the_version_in_force() {
    let mut world = World::new();
    let longer = text(2, "2026-06-01").replace("length = \"60 CD\"", "length = \"90 CD\"");
    let further = "announced=2026-03-31 kind=payment";
    let said = world.give(adopting(MANUAL, 2, "2026-06-01", &longer, further));
    assert_eq!(said, "recorded");
    world.tell("@2026-06-01");
    // Announced while the first was in force: sixty days; afterwards ninety.
    assert_eq!(adopt(&mut world, 3, "2026-07-30", "announced=2026-05-31 kind=payment"), "recorded");
    let said = adopt(&mut world, 4, "2026-08-29", "announced=2026-06-01 kind=payment");
    assert_eq!(said, "refused policy-too-soon 2026-08-31", "the ninetieth day is a Sunday");
}

#[test]
fn a_version_is_one_text_and_is_adopted_once() {
    const SOON: &str = "announced=2026-03-31 kind=general";
    let (_, shipped) = SHIPPED.iter().find(|(id, _)| *id == MANUAL).unwrap();
    let mut world = World::new();
    // Nobody adopted the manual, and the ledger goes by it.
    assert_eq!(adopt(&mut world, 1, "2026-06-01", SOON), "refused unsound");
    let asking = adopting(MANUAL, 1, "2019-01-01", shipped, "");
    assert_eq!(world.give(asking.clone()), "recorded");
    assert_eq!(world.give(asking), "refused unsound");
    assert_eq!(adopt(&mut world, 2, "2026-06-01", SOON), "recorded");
    assert_eq!(adopt(&mut world, 2, "2026-06-01", SOON), "refused unsound");
    // What holds since long ago is no longer news once a version is known.
    assert_eq!(adopt(&mut world, 3, "2025-01-01", ""), "refused unsound");
    let own = text(3, "2026-06-01");
    for (version, from, of) in
        [(4, "2026-06-01", own.as_str()), (3, "2026-07-01", &own), (3, "2026-06-01", "id = 7")]
    {
        let said = world.give(adopting(MANUAL, version, from, of, SOON));
        assert_eq!(said, "refused unsound", "{version} {from}");
    }
    let asking = adopting(MANUAL, 3, "2026-06-01", &own, SOON).with("sha256", "0".repeat(64));
    assert_eq!(world.give(asking), "refused unsound");
    assert_eq!(adopt(&mut world, 3, "2026-06-01", SOON), "recorded");
}

#[test]
fn compliance_adopts_and_nobody_else() {
    for (role, wanted) in [("compliance", "recorded"), ("finance", "refused role-missing")] {
        let mut world = World::new();
        assert_eq!(world.tell(&expand("ANN")), "recorded");
        let line = format!("REGISTER who=bob roles={role}");
        assert_eq!(world.tell(&expand(&line)), "recorded");
        let said =
            adopt(&mut world, 2, "2026-06-01", "actor=bob announced=2026-03-31 kind=payment");
        assert_eq!(said, wanted, "{role}");
    }
}

/// The versions that the ledger goes by on a day.
fn in_force(world: &World, on: &str) -> Option<u32> {
    let day = lookback_events::event::text::Day(date(on));
    world.rules.in_force(MANUAL, day).map(|policy| policy.version)
}

#[test]
fn a_later_version_leaves_the_days_before_it_as_they_were() {
    let mut world = World::new();
    assert_eq!(in_force(&world, "2026-03-01"), Some(1), "the manual, by default");
    assert_eq!(adopt(&mut world, 2, "2026-06-01", "announced=2026-03-31 kind=payment"), "recorded");
    for (on, version) in [("2018-12-31", None), ("2026-05-31", Some(1)), ("2026-06-01", Some(2))] {
        assert_eq!(in_force(&world, on), version, "{on}");
    }
}
