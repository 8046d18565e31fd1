//! What must hold of money after every step, counted again from movements and cases.

use std::collections::{BTreeMap, BTreeSet};

use lookback_events::event::{Event, Remittance};
use lookback_events::id::CaseId;
use lookback_events::money::Money;
use lookback_projections::cases::{self, CaseRow};
use lookback_projections::movements::{self, MovementKind, MovementRow};
use lookback_projections::{Position, forwards};

use super::world::World;

/// Every movement that a record shows.
fn all(world: &World) -> BTreeMap<Position, MovementRow> {
    let at = |logged: &super::world::Logged| logged.record().position();
    let shown = world.log.iter().map(at);
    shown.filter_map(|at| Some((at, movements::movement(&world.rows, at).unwrap()?))).collect()
}

/// Asserts that both ends of every case meet, that no movement counts twice, and that what the
/// remittances took is what the movements hold.
pub(crate) fn holds(world: &World) {
    let movements = all(world);
    let mut cases: Vec<(CaseId, CaseRow)> = Vec::new();
    cases::all(&world.rows, &mut |id, row| {
        cases.push((id, row));
        true
    })
    .unwrap();
    let mut booked = BTreeSet::new();
    let mut given = BTreeSet::new();
    for (id, row) in &cases {
        let [identified, reduced, collected, carried, written_off] = [
            row.money.identified,
            row.money.reduced,
            row.money.collected,
            row.money.carried,
            row.money.written_off,
        ]
        .map(Money::cents);
        let outstanding = row.money.outstanding().unwrap().cents();
        let owed = row.money.restoration_owed().unwrap().cents();
        assert_eq!(
            identified + owed,
            reduced + collected + carried + written_off + outstanding,
            "{id}: {:?}",
            row.money
        );
        assert!(outstanding == 0 || owed == 0, "{id}: {:?}", row.money);
        assert!([outstanding, owed, identified, reduced, carried].iter().all(|sum| *sum >= 0));
        assert_eq!(cases::recount(&world.rows, id, row).unwrap(), row.money, "{id}");
        // The same from the movements, without the program's own adding.
        let (mut taken, mut forward) = (0, 0);
        movements::of_case(&world.rows, id, &mut |at, movement| {
            assert!(booked.insert(at), "{at:?} is booked to two cases");
            assert_eq!(movement.case.as_ref(), Some(id));
            if let Some(of) = movement.of {
                assert!(given.insert(of), "{of:?} is given twice");
                assert_eq!(movement.amount, movements[&of].amount);
            }
            if movement.counts() {
                taken += movement.amount.cents() - movement.carried.cents();
                forward += movement.carried.cents();
            }
            Ok(true)
        })
        .unwrap();
        assert_eq!((taken, forward), (collected, carried), "{id}");
    }
    for of in &given {
        assert!(!booked.contains(of), "{of:?} counts here and where it was given");
    }
    for (at, movement) in &movements {
        assert!(movement.carried.cents() >= 0 && movement.barred.cents() >= 0, "{at:?}");
        assert!(movement.case.is_none() || !movement.waits, "{at:?} is booked and waits");
        // Twins know each other, are of one case and one amount, and one of them counts.
        if let Some(twin) = movement.twin {
            let other = &movements[&twin];
            assert_eq!((other.twin, &other.case), (Some(*at), &movement.case));
            assert_eq!(other.amount, movement.amount);
            assert!(other.counts() != movement.counts(), "{at:?} and {twin:?}");
        }
    }
    adds_up(world, &movements);
}

/// What the remittances say under WO is in letters, refunds and what the payer wrote off, to the cent;
/// what is carried is not more than the forward balances hold.
fn adds_up(world: &World, movements: &BTreeMap<Position, MovementRow>) {
    let mut shown = 0;
    for logged in &world.log {
        if let Event::Remittance(Remittance::Adjusted(body)) = &logged.event
            && &*body.adjustment.reason == "WO"
        {
            shown += body.adjustment.amount.unwrap().cents();
        }
    }
    let of = |movement: &&MovementRow| {
        matches!(
            movement.kind,
            MovementKind::Letter | MovementKind::Refund | MovementKind::WrittenOffByPayer
        )
    };
    let kept: i128 = movements.values().filter(of).map(|movement| movement.amount.cents()).sum();
    assert_eq!(kept, shown, "what was shown under WO");
    let mut under = BTreeMap::new();
    for movement in movements.values() {
        for own in &movement.under {
            *under.entry((movement.payee.clone(), own.id.clone())).or_insert(0) += own.left.cents();
        }
    }
    for ((payee, id), carried) in under {
        let row = forwards::forward(&world.rows, &payee, &id).unwrap().unwrap();
        assert!(carried <= row.left().cents(), "{id}: {carried} is carried of {row:?}");
    }
}
