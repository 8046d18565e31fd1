//! `report accounts`: each payee by month.

use std::io::Write;

use lookback_events::money::Money;
use lookback_projections::accounts::Month;
use lookback_projections::rows::add;

use super::super::table::{Column, Line, Sink, day, left, right};
use super::super::text::spaced;
use super::cases::say_hidden;
use super::{Narrowed, begin_on, month, payee_of};
use crate::report::accounts::{self, Account, Kind};
use crate::report::{AnswerError, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of one payee, by NPI or TIN
    #[arg(long, value_name = "ID")]
    payee: Option<String>,
    /// Of that month or later
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    from: Option<Month>,
    /// Of that month or earlier
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    to: Option<Month>,
    /// Count what an agency's stand-down covers, too: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    #[command(flatten)]
    pub(super) of: Narrowed,
}

impl Line for Account {
    const FIELDS: &'static [&'static str] = &[
        "payee",
        "kind",
        "month",
        "location",
        "reason",
        "paid",
        "denied",
        "reversed",
        "other",
        "total",
        "recovered",
        "carried_forward",
        "disputed",
        "outstanding",
        "restoration_owed",
    ];
    const COLUMNS: &'static [Column] = &[
        left("payee", 12),
        left("month", 7),
        left("what", 22),
        right("paid", 8),
        right("denied", 7),
        right("reversed", 8),
        right("other", 6),
        right("total", 14),
    ];
    fn cells(&self) -> Vec<String> {
        let claims = self.kind == Kind::Claims;
        let number = |n: u64| if claims { spaced(n) } else { String::new() };
        let what = match (self.kind, self.location.as_str()) {
            (Kind::Claims, "") => "claims".to_owned(),
            (Kind::Claims, location) => format!("claims at {location}"),
            (Kind::Adjustments, _) => format!("adjusted {}", self.reason),
            (Kind::Recovery, _) => "recovered".to_owned(),
        };
        vec![
            self.payee.clone(),
            self.month.clone(),
            what,
            number(self.paid),
            number(self.denied),
            number(self.reversed),
            spaced(self.other),
            self.total.grouped(),
        ]
    }
}

/// The columns of what was recovered, in a table of its own.
const RECOVERY: &[Column] = &[
    left("payee", 12),
    left("month", 7),
    right("cases", 5),
    right("recovered", 12),
    right("carried", 12),
    right("disputed", 12),
    right("outstanding", 12),
    right("owed back", 10),
];

fn recovery_cells(account: &Account) -> Vec<String> {
    vec![
        account.payee.clone(),
        account.month.clone(),
        spaced(account.other),
        account.recovered.grouped(),
        account.carried_forward.grouped(),
        account.disputed.grouped(),
        account.outstanding.grouped(),
        account.restoration_owed.grouped(),
    ]
}

impl Args {
    pub(super) fn answer<W: Write>(
        self,
        view: &View<'_>,
        sink: &mut Sink<W>,
    ) -> Result<(), AnswerError> {
        let on = self.of.day(view);
        begin_on(view, "accounts", self.of.of.given(), sink)?;
        let among = self.of.among(view)?;
        let Self { payee, from, to, cleared, of } = self;
        // Months are whole: that of the day asked about is the last.
        let last = of.of.given().map(|on| Month::of(Some(on.0)));
        let to = [to, last].into_iter().flatten().min();
        let (payee, whose) = (payee_of(view, payee.as_deref())?, of.whose());
        let wanted = accounts::Wanted { payee, from, to, whose };
        let (mut paid, mut adjusted) = (Money::ZERO, Money::ZERO);
        accounts::all(view, &wanted, &mut |account| {
            if !among.named(&account.payee) {
                return Ok(());
            }
            match account.kind {
                Kind::Claims => add(&mut paid, Some(account.total))?,
                Kind::Adjustments => add(&mut adjusted, Some(account.total))?,
                Kind::Recovery => {}
            }
            Ok(sink.put(&account)?)
        })?;
        let claims = sink.lines();
        let mut recovered = false;
        let hidden = accounts::recovery(view, &wanted, cleared, on, &mut |account| {
            if !sink.is_table() {
                return Ok(sink.put(&account)?);
            }
            if !recovered {
                sink.say(&format!(
                    "\n  recovered, and standing at each month's end, on {}",
                    day(Some(on))
                ))?;
                let heads = RECOVERY.iter().map(|column| column.name().to_owned()).collect();
                sink.cells(RECOVERY, heads)?;
            }
            recovered = true;
            Ok(sink.cells(RECOVERY, recovery_cells(&account))?)
        })?;
        sink.ended::<Account>()?;
        if claims == 0 && !recovered {
            sink.say("  no accounts: nothing was paid as asked for")?;
            return say_hidden(sink, hidden);
        }
        let (paid, adjusted) = (paid.grouped(), adjusted.grouped());
        sink.say(&format!("\n  claims $ {paid}, provider adjustments $ {adjusted}"))?;
        sink.say("  an adjustment above zero takes from the payment, one below adds to it")?;
        sink.say("  one payee: lookback show payee ID")?;
        say_hidden(sink, hidden)
    }
}
