//! `lookback report`: lists over everything, streamed.

use std::io::{self, IsTerminal as _, Write};

use chrono::NaiveDate;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lookback_events::finding::{Rule, Severity};
use lookback_projections::accounts::Month;
use serde::Serialize;

use super::table::{Column, Line, Sink, clipped, day, short};

use super::text::{count, spaced};
use super::{Failure, Format, Site, failed};
use crate::ledger::Ledger;
use crate::report::findings::{self, Found};
use crate::report::{AnswerError, Cycle, View, day_of, moment, payee, start_of_day};
use crate::report::{accounts, remittances};

mod lists;

use lists::{all_accounts, all_forwards, all_payments, all_remittances};

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
        #[command(flatten)]
        asked: Asked,
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
        asked: Asked,
    },
    /// Each payee by location and month: claims paid, denied, reversed, and adjustments by reason
    Accounts {
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Of that month or later
        #[arg(long, value_name = "YYYY-MM", value_parser = month)]
        from: Option<Month>,
        /// Of that month or earlier
        #[arg(long, value_name = "YYYY-MM", value_parser = month)]
        to: Option<Month>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Every claim: paid, reversed, corrected, net
    Payments {
        /// Of one payee, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        #[command(flatten)]
        asked: Asked,
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
        asked: Asked,
    },
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

/// The head of a report: what every list begins with.
#[derive(Serialize)]
struct Head<'a> {
    report: &'a str,
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

/// The ledger as it was asked for, folded where it is of the past.
pub(super) fn view<'a>(ledger: &'a Ledger, asked: &Asked) -> Result<View<'a>, Failure> {
    let Some(text) = &asked.known_at else { return Ok(View::live(ledger)) };
    let moment = moment(ledger, text).map_err(answer)?;
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
        Ok(0)
    }
}

impl Report {
    const fn asked(&self) -> &Asked {
        match self {
            Self::Findings { asked, .. }
            | Self::Remittances { asked, .. }
            | Self::Accounts { asked, .. }
            | Self::Payments { asked, .. }
            | Self::Forwards { asked, .. } => asked,
        }
    }

    fn answer<W: Write>(self, view: &View<'_>, sink: &mut Sink<W>) -> Result<(), AnswerError> {
        let payee_of = |payee: Option<String>| -> Result<_, AnswerError> {
            payee.map(|text| payee::resolve(view, &text)).transpose()
        };
        match self {
            Self::Findings { since, rule, severity, payee, unresolved, .. } => {
                let since = since.and_then(|day| start_of_day(view.ledger(), day));
                let payee = payee_of(payee)?;
                let wanted = findings::Wanted { since, rule, severity, payee, unresolved };
                all_findings(view, &wanted, sink)
            }
            Self::Remittances { payee, from, to, incomplete, .. } => {
                let payee = payee_of(payee)?;
                let wanted = remittances::Wanted { payee, from, to, incomplete };
                all_remittances(view, &wanted, sink)
            }
            Self::Accounts { payee, from, to, .. } => {
                let wanted = accounts::Wanted { payee: payee_of(payee)?, from, to };
                all_accounts(view, &wanted, sink)
            }
            Self::Payments { payee, .. } => all_payments(view, payee_of(payee)?.as_ref(), sink),
            Self::Forwards { all, payee, .. } => {
                all_forwards(view, payee_of(payee)?.as_ref(), !all, sink)
            }
        }
    }
}

/// Names the last payment cycle that is known: in tables and JSON ahead of the lines, with CSV on
/// standard error, because not every reader of CSV knows comments.
fn begin<W: Write>(view: &View<'_>, report: &str, sink: &mut Sink<W>) -> Result<(), AnswerError> {
    let head = Head {
        report,
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
    if sink.is_csv() {
        eprintln!("{report}: {known}{then}");
    }
    sink.say(&format!("  {report}: {known}{then}"))?;
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

fn all_findings<W: Write>(
    view: &View<'_>,
    wanted: &findings::Wanted,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    begin(view, "findings", sink)?;
    if sink.is_table() {
        let rules = findings::by_rule(view, wanted)?;
        let all = rules.values().map(|(all, _)| *all).fold(0, u64::saturating_add);
        if all == 0 {
            sink.say("  no findings: nothing asked for was odd")?;
            return Ok(());
        }
        let resolved = rules.values().map(|(_, n)| *n).fold(0, u64::saturating_add);
        let words = count(all, "finding", "findings");
        sink.say(&format!("  {} {words}, {} resolved since", spaced(all), spaced(resolved)))?;
        for (rule, (all, resolved)) in &rules {
            let then = if *resolved > 0 {
                format!("  ({} resolved)", spaced(*resolved))
            } else {
                String::new()
            };
            let severity = severity_word(rule.severity());
            sink.say(&format!("  {:>9}  {severity:<7}  {}{then}", spaced(*all), rule.id()))?;
        }
    }
    findings::all(view, wanted, &mut |found| {
        if sink.is_table() { show_finding(sink, &found) } else { Ok(sink.put(&found)?) }
    })?;
    sink.ended::<Found>()?;
    sink.say("\n  one remittance: lookback show remittance ID      one rule: --rule ID")?;
    Ok(())
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A finding over a few lines, for a person.
pub(super) fn show_finding<W: Write>(sink: &mut Sink<W>, found: &Found) -> Result<(), AnswerError> {
    let file = found.file.as_deref().map_or("", short);
    let whose = match (&found.remittance, &found.payee, &found.subject) {
        (Some(remittance), Some(payee), _) => {
            format!("remittance {} of payee {payee}", short(remittance))
        }
        (_, Some(payee), Some(subject)) => format!("{subject} of payee {payee}"),
        (_, None, Some(subject)) => subject.clone(),
        (_, _, None) => format!("file {file}"),
    };
    let severity = severity_word(found.severity);
    sink.say(&format!("\n  {} {severity} {}   {whose}", found.at, found.rule.id()))?;
    let sides = match (found.expected.as_str(), found.found.as_str()) {
        ("", "") => String::new(),
        ("", found) => format!(": found {found}"),
        (expected, "") => format!(": expected {expected}"),
        (expected, found) => format!(": expected {expected}, found {found}"),
    };
    wrapped(sink, &format!("{}{sides}", found.message))?;
    if found.file.is_some() {
        let place = format!("{} segment {} of file {file}", found.path, found.segment);
        sink.say(&format!("      {}", place.trim_start()))?;
    }
    if let Some(resolved) = &found.resolved_by {
        sink.say(&format!("      resolved by {resolved}"))?;
    }
    Ok(())
}

/// A sentence in lines of at most 100 columns.
fn wrapped<W: Write>(sink: &mut Sink<W>, text: &str) -> Result<(), AnswerError> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count().saturating_add(word.len()) > 92 {
            sink.say(&format!("      {}", clipped(&line, 94)))?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    sink.say(&format!("      {}", clipped(&line, 94)))?;
    Ok(())
}

impl Line for Found {
    const FIELDS: &'static [&'static str] = &[
        "at",
        "number",
        "rule",
        "severity",
        "recorded_at",
        "payee",
        "remittance",
        "subject",
        "file",
        "segment",
        "offset",
        "path",
        "message",
        "expected",
        "found",
        "resolved_by",
    ];
    const COLUMNS: &'static [Column] = &[];
    fn cells(&self) -> Vec<String> {
        Vec::new()
    }
}
