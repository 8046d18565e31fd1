//! `lookback report`: lists over everything, streamed.

use std::io::{self, IsTerminal as _, Write};

use chrono::NaiveDate;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lookback_events::event::text::Day;
use lookback_events::finding::{Rule, Severity};
use lookback_events::id::{ActorId, PayeeId};
use lookback_events::time::Timestamp;
use lookback_projections::accounts::Month;
use serde::Serialize;

use super::table::{Sink, day};
use super::text::{count, spaced};
use super::{Failure, Format, Site, failed};
use crate::ledger::Ledger;
use crate::report::among::{Among, Whose};
use crate::report::findings;
use crate::report::remittances;
use crate::report::stand_down::Covered;
use crate::report::{AnswerError, Cycle, View, day_of, moment, payee, start_of_day};

mod accounts;
mod cases;
mod found;
mod holds;
mod lists;
mod lookbacks;
mod measures;
mod monday;
mod offsets;
mod retention;
mod rollforward;
mod runs;
mod trail;
mod windows;

pub(super) use cases::{OfCases, say_hidden};
use found::all_findings;
pub(super) use found::show_finding;
use lists::{all_forwards, all_payments, all_remittances};
use measures::Measure;

/// How an answer is written, and of when it is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Asked {
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// As it was known then: 2026-03-31 (the end of that day) or 2026-03-31T17:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) known_at: Option<String>,
}

/// How an answer about a day is written.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AskedOn {
    /// As things are on that day; where it is not given, today, or the day of --known-at
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    #[command(flatten)]
    pub(super) asked: Asked,
}

impl AskedOn {
    /// The day that somebody gave.
    fn given(&self) -> Option<Day> {
        self.on.map(Day)
    }

    /// The day asked about, in the plan's time zone.
    pub(super) fn day(&self, view: &View<'_>) -> Day {
        day_asked(view, self.on)
    }
}

/// What a list that is not about cases is narrowed to, of which day, and how it is written.
#[derive(Debug, Clone, clap::Args)]
struct Narrowed {
    /// Only what belongs to a case of one plan, or to the payee of one; all else is left out
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// Only what belongs to a case of one owner, or to the payee of one; all else is left out
    #[arg(long, value_name = "ACTOR", value_parser = super::actor)]
    owner: Option<ActorId>,
    #[command(flatten)]
    of: AskedOn,
}

impl Narrowed {
    fn whose(&self) -> Whose {
        Whose { plan: self.plan.clone(), owner: self.owner.clone() }
    }

    fn among(&self, view: &View<'_>) -> Result<Among, AnswerError> {
        Among::of(view, &self.whose())
    }

    fn day(&self, view: &View<'_>) -> Day {
        self.of.day(view)
    }

    /// The last day that is asked about: the earlier of two that were given.
    fn until(&self, to: Option<NaiveDate>) -> Option<NaiveDate> {
        [to, self.of.on].into_iter().flatten().min()
    }
}

/// The day asked about, in the plan's time zone: the one given, else today, or the day of --known-at.
pub(super) fn day_asked(view: &View<'_>, on: Option<NaiveDate>) -> Day {
    let moment = if view.is_past() { view.moment() } else { crate::now::now() };
    Day(on.unwrap_or_else(|| day_of(view.ledger(), moment)))
}

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, Subcommand)]
enum Report {
    /// What was odd: every finding, where it is, and whether it was resolved
    Findings {
        /// Recorded on that day or later
        #[arg(long, value_name = "DATE")]
        since: Option<NaiveDate>,
        /// Of one rule, such as claim-unbalanced
        #[arg(long, value_name = "ID", value_parser = rule)]
        rule: Option<Rule>,
        /// error or warning
        #[arg(long, value_name = "S", value_parser = severity)]
        severity: Option<Severity>,
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Only those that no later record resolved
        #[arg(long)]
        unresolved: bool,
        /// Those about what an agency's stand-down covers, too: only for who is cleared for it
        #[arg(long)]
        cleared: bool,
        #[command(flatten)]
        of: Narrowed,
    },
    /// Every remittance with its payment, its claims and whether it adds up
    Remittances {
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Paid on that day or later
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Paid on that day or earlier
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
        /// Only those that are not whole
        #[arg(long)]
        incomplete: bool,
        #[command(flatten)]
        of: Narrowed,
    },
    /// Each payee by month: claims by location, adjustments by reason, what was recovered and stands
    Accounts(accounts::Args),
    /// Every claim: paid, reversed, corrected, net
    Payments {
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        #[command(flatten)]
        of: Narrowed,
    },
    /// Live forward balances
    Forwards {
        /// Those that are used up, too
        #[arg(long)]
        all: bool,
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        #[command(flatten)]
        of: Narrowed,
    },
    /// Payment runs: what was announced, what came, what never came
    Runs(runs::Args),
    /// Who did what, and when it was recorded
    Trail(trail::Args),
    /// Until when payments may be audited, routinely and for fraud
    Lookbacks(lookbacks::Args),
    /// How long each unit is kept, which rule won, what holds it, when it may be disposed of
    Retention(retention::Args),
    /// Holds on records
    Holds(holds::Args),
    /// The Monday list: what will not move by itself, by line
    Monday(monday::Args),
    /// From the inventory before a period to that at its end, by plan and funding
    Rollforward(rollforward::Args),
    /// Cases: state, days and money
    Cases(cases::Args),
    /// Open inventory by days since notice
    Aging(measures::Args),
    /// Identified, noticed, collectible, recovered
    Funnel(measures::Args),
    /// What was collected of the cases noticed in a month
    RecoveryRate(measures::Args),
    /// How determinations ended, by level, cause and auditor
    OverturnRate(measures::Args),
    /// Days between the steps of cases: median, 90th percentile, longest
    Days(measures::Args),
    /// Balances being offset, with their forecast and the six-month horizon
    Offsets(offsets::Args),
    /// Causes and providers with the most dollars
    TopReasons(measures::Top10),
    /// Windows in which providers may answer, the first to close first
    Windows(windows::Windows),
    /// Movements of money that wait for a person to say which case is theirs
    Unmatched(windows::Queue),
}

fn rule(text: &str) -> Result<Rule, String> {
    let found = Rule::ALL.iter().find(|rule| rule.id() == text).copied();
    found.ok_or_else(|| {
        let all: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        format!("there is no such rule; the rules are {}", all.join(", "))
    })
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        _ => Err("error or warning".to_owned()),
    }
}

fn month(text: &str) -> Result<Month, String> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
    first.map(|day| Month::of(Some(day))).map_err(|_| "a month is written 2026-03".to_owned())
}

/// Which report it is. The names are a promise.
#[derive(Clone, Copy, Default, Serialize)]
struct Named<'a> {
    report: &'a str,
    /// The one line of it that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
    /// The first day of its period.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Day>,
    /// The last.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Day>,
}

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.report)?;
        if let Some(line) = self.line {
            write!(f, " {line}")?;
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            write!(f, " from {} to {}", from.0, to.0)?;
        }
        Ok(())
    }
}

/// The head of a report: what every list begins with.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    /// The day it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Day>,
    known_at: lookback_events::time::Timestamp,
    last_payment_cycle: Option<Cycle>,
    /// Remittances that are not closed: what is recorded of them is in every sum.
    incomplete_remittances: u64,
}

/// The standard output, buffered.
pub(super) type Out = io::BufWriter<io::StdoutLock<'static>>;

/// Begins an answer.
pub(super) fn sink(format: Format) -> Sink<Out> {
    Sink::new(format, io::BufWriter::with_capacity(64 * 1024, io::stdout().lock()))
}

/// The moment of `--known-at`; what is to come is not known, so now is the last.
pub(super) fn moment_asked(ledger: &Ledger, text: &str) -> Result<Timestamp, AnswerError> {
    Ok(moment(ledger, text)?.min(crate::now::now()))
}

/// The ledger as it was asked for, folded where it is of the past.
pub(super) fn view<'a>(ledger: &'a Ledger, asked: &Asked) -> Result<View<'a>, Failure> {
    let Some(text) = &asked.known_at else { return Ok(View::live(ledger)) };
    let moment = moment_asked(ledger, text).map_err(answer)?;
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(
        "  reading what was known then  {wide_bar} {human_pos}/{human_len}  {eta}",
    );
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let bar = match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    let view = View::known_at(ledger, moment, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    view.map_err(answer)
}

/// Says why a question has no answer.
pub(super) fn answer(error: AnswerError) -> Failure {
    match error {
        AnswerError::Unknown { what, help } => Failure::new(what).help(help),
        AnswerError::Ambiguous { what, candidates, more } => {
            let more = if more { ", and others" } else { "" };
            Failure::new(what).help(format!("one of: {}{more}", candidates.join(", ")))
        }
        AnswerError::Question(what) => Failure::usage(what),
        AnswerError::Ledger(error) => failed("the ledger cannot answer", error),
        AnswerError::Rules(error) => Failure::new("the case cannot be looked at").because(error),
        AnswerError::Original(error) => {
            Failure::new("the file cannot be given back").because(error)
        }
        AnswerError::Write(error) => error.into(),
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open_to_read("report")?;
        let asked = self.report.asked().clone();
        let view = view(&ledger, &asked)?;
        let mut sink = sink(asked.format);
        self.report.answer(&view, &mut sink).map_err(answer)?;
        sink.end()?;
        super::warn_of(&view);
        Ok(0)
    }
}

impl Report {
    const fn asked(&self) -> &Asked {
        match self {
            Self::Findings { of, .. }
            | Self::Remittances { of, .. }
            | Self::Payments { of, .. }
            | Self::Forwards { of, .. } => &of.of.asked,
            Self::Accounts(args) => &args.of.of.asked,
            Self::Runs(args) => &args.of.of.asked,
            Self::Trail(args) => &args.of.of.asked,
            Self::Lookbacks(args) => &args.of.of.asked,
            Self::Retention(args) => &args.of.of.asked,
            Self::Holds(args) => &args.of.of.asked,
            Self::Monday(args) => &args.cases.of.asked,
            Self::Rollforward(args) => &args.of.asked,
            Self::Cases(args) => &args.cases.of.asked,
            Self::Aging(args)
            | Self::Funnel(args)
            | Self::RecoveryRate(args)
            | Self::OverturnRate(args)
            | Self::Days(args) => &args.cases.of.asked,
            Self::Offsets(args) => &args.cases.of.asked,
            Self::TopReasons(args) => &args.cases.of.asked,
            Self::Windows(args) => &args.cases.of.asked,
            Self::Unmatched(args) => &args.of.of.asked,
        }
    }

    fn answer<W: Write>(self, view: &View<'_>, sink: &mut Sink<W>) -> Result<(), AnswerError> {
        let payee_of = |payee: Option<String>| payee_of(view, payee.as_deref());
        match self {
            Self::Findings { since, rule, severity, payee, unresolved, cleared, of } => {
                let since = since.and_then(|day| start_of_day(view.ledger(), day));
                let (payee, whose) = (payee_of(payee)?, of.whose());
                let (on, due) = (of.of.given(), Some(of.day(view)));
                let wanted = findings::Wanted {
                    since,
                    on,
                    due,
                    rule,
                    severity,
                    payee,
                    whose,
                    unresolved,
                    cleared,
                };
                all_findings(view, &wanted, sink)
            }
            Self::Remittances { payee, from, to, incomplete, of } => {
                let (payee, to) = (payee_of(payee)?, of.until(to));
                let wanted = remittances::Wanted { payee, from, to, incomplete };
                all_remittances(view, &wanted, &of, sink)
            }
            Self::Accounts(args) => args.answer(view, sink),
            Self::Payments { payee, of } => {
                all_payments(view, payee_of(payee)?.as_ref(), &of, sink)
            }
            Self::Forwards { all, payee, of } => {
                all_forwards(view, payee_of(payee)?.as_ref(), !all, &of, sink)
            }
            Self::Runs(args) => args.answer(view, sink),
            Self::Trail(args) => args.answer(view, sink),
            Self::Lookbacks(args) => args.answer(view, sink),
            Self::Retention(args) => args.answer(view, sink),
            Self::Holds(args) => args.answer(view, sink),
            Self::Monday(args) => args.answer(view, sink),
            Self::Rollforward(args) => args.answer(view, sink),
            Self::Cases(args) => args.answer(view, sink),
            Self::Aging(args) => args.answer(Measure::Aging, view, sink),
            Self::Funnel(args) => args.answer(Measure::Funnel, view, sink),
            Self::RecoveryRate(args) => args.answer(Measure::RecoveryRate, view, sink),
            Self::OverturnRate(args) => args.answer(Measure::OverturnRate, view, sink),
            Self::Days(args) => args.answer(Measure::Days, view, sink),
            Self::Offsets(args) => args.answer(view, sink),
            Self::TopReasons(args) => args.answer(view, sink),
            Self::Windows(args) => args.answer(view, sink),
            Self::Unmatched(args) => args.answer(view, sink),
        }
    }
}

/// What stand-downs cover, for who is not cleared.
fn covered(view: &View<'_>, on: Day, cleared: bool) -> Result<Covered, AnswerError> {
    if cleared { Ok(Covered::default()) } else { Covered::on(view, on) }
}

/// The payee that is asked for, if any.
fn payee_of(view: &View<'_>, payee: Option<&str>) -> Result<Option<PayeeId>, AnswerError> {
    payee.map(|text| payee::resolve(view, text)).transpose()
}

/// Names the last payment cycle that is known: in tables and JSON ahead of the lines, with CSV on
/// standard error, because not every reader of CSV knows comments.
fn begin_on<W: Write>(
    view: &View<'_>,
    report: &str,
    on: Option<Day>,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    begin_named(view, Named { report, ..Named::default() }, on, sink)
}

/// Begins a report of a line or a period.
fn begin_named<W: Write>(
    view: &View<'_>,
    report: Named<'_>,
    on: Option<Day>,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let head = Head {
        named: report,
        on,
        known_at: view.moment(),
        last_payment_cycle: view.last_cycle()?,
        incomplete_remittances: findings::incomplete_remittances(view)?,
    };
    sink.object(&head)?;
    let paid_on = head.last_payment_cycle.as_ref().and_then(|cycle| cycle.paid_on);
    let known = match (&head.last_payment_cycle, paid_on) {
        (None, _) => "no payment cycle is known".to_owned(),
        (Some(_), None) => "last payment cycle known: without a date".to_owned(),
        (Some(_), paid_on) => format!("last payment cycle known: {}", day(paid_on)),
    };
    let then = if view.is_past() {
        format!(", as known at {} ({})", head.known_at, day_of(view.ledger(), head.known_at))
    } else {
        String::new()
    };
    let of = on.map_or(String::new(), |on| format!(" on {}", day(Some(on))));
    if sink.is_csv() {
        eprintln!("{report}{of}: {known}{then}");
    }
    sink.say(&format!("  {report}{of}: {known}{then}"))?;
    let open = head.incomplete_remittances;
    if open > 0 {
        let words = count(open, "remittance is", "remittances are");
        let note = format!(
            "{} {words} incomplete, and counted as far as recorded: report remittances --incomplete",
            spaced(open)
        );
        if sink.is_csv() {
            eprintln!("{report}: {note}");
        }
        sink.say(&format!("  {note}"))?;
    }
    sink.say("")?;
    Ok(())
}
