//! `lookback explain`: how a day of a case, an audit, a claim or a unit was found, in plain words.

use std::fmt;
use std::io::{self, Write};

use chrono::NaiveDate;
use lookback_events::event::text::Day;
use lookback_events::id::{AuditId, CaseId};
use lookback_projections::clocks::{Derivation, Ends, Lost};
use lookback_projections::policy::purpose::{EndRule, Verification};
use lookback_projections::policy::vocabulary::nearest;
use lookback_projections::windows::{Bar, Eligibility, Standing as Stands, Window};
use serde::Serialize;

use super::clock::explain::{last_day, passed_over, weekday};
use super::replay::{case, view_of};
use super::report::{Asked, answer, day_asked, sink, view};
use super::table::Sink;
use super::text::labelled;
use super::{Failure, Format, Site};
use crate::replay::{Deadline, Looked, Story};
use crate::report::stand_down::may_see;

mod flat;
mod others;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// case:ID, audit:ID, claim:PAYEE/PATIENT-CONTROL-NUMBER, or unit:ID as report retention names it
    #[arg(value_name = "SUBJECT", value_parser = what)]
    what: What,
    /// The clock, such as dispute-window, records-production, lookback, retention; without one, all
    /// are listed
    #[arg(value_name = "CLOCK")]
    clock: Option<String>,
    /// As things are on that day [default: today, or the day of --known-at]
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// As it was known then: 2026-03-31 (the end of that day) or 2026-03-31T17:00:00Z
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Also a case that an agency's stand-down covers: only for who is cleared for it
    #[arg(long)]
    cleared: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The answer as JSON. The names are a promise.
#[derive(Serialize)]
struct Answer<'a> {
    case: &'a str,
    on: Day,
    #[serde(rename = "answer")]
    in_words: String,
    due_strict: Option<Day>,
    due_rolled: Option<Day>,
    state: &'a str,
    barred_by: Option<&'static str>,
    #[serde(flatten)]
    deadline: &'a Deadline,
}

/// What has clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Case(CaseId),
    Audit(AuditId),
    /// Payee and number, or a record.
    Claim(String),
    /// As reports name it.
    Unit(String),
}

/// A claim's number is a patient's, and stays unsaid.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(id) => write!(f, "case:{id}"),
            Self::Audit(id) => write!(f, "audit:{id}"),
            Self::Claim(text) => {
                write!(f, "claim:{}/…", text.split('/').next().unwrap_or_default())
            }
            Self::Unit(unit) => write!(f, "unit:{unit}"),
        }
    }
}

fn what(text: &str) -> Result<What, String> {
    match text.split_once(':') {
        Some(("audit", id)) => AuditId::parse(id).map(What::Audit).map_err(|e| e.to_string()),
        Some(("claim", claim)) => Ok(What::Claim(claim.to_owned())),
        Some(("unit", unit)) => Ok(What::Unit(unit.to_owned())),
        _ => case(text).map(What::Case),
    }
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open_to_read("explain")?;
        let mut sink = sink(self.format);
        let What::Case(case) = &self.what else {
            let asked = Asked { format: self.format, known_at: self.known_at };
            let view = view(&ledger, &asked)?;
            let on = day_asked(&view, self.on);
            others::run(&view, &self.what, self.clock.as_deref(), on, &mut sink)?;
            sink.end()?;
            return Ok(0);
        };
        let view = view_of(&ledger, self.known_at.as_deref())?;
        let on = day_asked(&view, self.on);
        may_see(&view, case, on, self.cleared).map_err(answer)?;
        let story = Story::open(&view, case, None).map_err(answer)?;
        let looked = story.now(on).map_err(answer)?;
        match &self.clock {
            None => list(case, &looked, &mut sink)?,
            Some(clock) => {
                let deadline = found(&looked, clock, case)?;
                let (plan, zone) = (&looked, &ledger.choices().time_zone);
                explain(case, plan, deadline, zone, &mut sink)?;
            }
        }
        sink.end()?;
        Ok(0)
    }
}

/// The clock of that name; of several the one that began last.
fn found<'a>(looked: &'a Looked, clock: &str, case: &CaseId) -> Result<&'a Deadline, Failure> {
    let all = &looked.standing.deadlines;
    let exact = all.iter().find(|deadline| deadline.clock == clock && clock.contains(':'));
    let of = |deadline: &&Deadline| deadline.clock.split(':').next() == Some(clock);
    exact.or_else(|| all.iter().rfind(of)).ok_or_else(|| {
        let failure = Failure::new(format!("case {case} has no clock {clock:?} on that day"));
        let near = nearest(clock, all.iter().map(|deadline| deadline.clock.as_str()));
        if near.is_empty() {
            failure.help(format!("lookback explain case:{case} lists its clocks"))
        } else {
            failure.help(format!("did you mean {}", near.join(", ")))
        }
    })
}

fn list<W: Write>(case: &CaseId, looked: &Looked, sink: &mut Sink<W>) -> io::Result<()> {
    for deadline in &looked.standing.deadlines {
        sink.object(deadline)?;
    }
    if sink.is_csv() {
        let flat = |own| flat::of_case(format!("case:{case}"), looked.standing.on, own);
        looked.standing.deadlines.iter().try_for_each(|own| sink.put(&flat(own)))?;
        return sink.ended::<flat::Flat<'_>>();
    }
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&format!("  {case}: {}", looked.state))?;
    sink.say(&format!("  {}\n", offset(&looked.eligibility)))?;
    if looked.standing.deadlines.is_empty() {
        return sink.say("  no clock runs or ran");
    }
    for deadline in &looked.standing.deadlines {
        sink.say(&format!("  {:<22}  {}", deadline.clock, deadline.in_words()))?;
        if let Some(then) = deadline.follows() {
            sink.say(&format!("  {:<22}  {then}", ""))?;
        }
    }
    sink.say(&format!("\n  how a day was found: lookback explain case:{case} CLOCK"))
}

/// From when an offset may begin, in a sentence.
fn offset(eligible: &Eligibility) -> String {
    match (eligible.from, eligible.barred) {
        (Some(from), None) => format!("Offset may begin on {}.", weekday(Day(from))),
        (Some(from), Some(bar)) => {
            format!(
                "Offset of a part may begin on {}; {} bars the rest.",
                weekday(Day(from)),
                bar.in_words()
            )
        }
        (None, Some(Bar::NoNotice)) => {
            "No offset may begin: there is no notice that was delivered.".to_owned()
        }
        (None, Some(bar)) => format!("No offset may begin: {} bars it.", bar.in_words()),
        (None, None) => "No offset may begin: no window has been opened.".to_owned(),
    }
}

fn explain<W: Write>(
    case: &CaseId,
    looked: &Looked,
    deadline: &Deadline,
    zone: &str,
    sink: &mut Sink<W>,
) -> io::Result<()> {
    if sink.is_csv() {
        return sink.put(&flat::of_case(format!("case:{case}"), looked.standing.on, deadline));
    }
    let eligible = &looked.eligibility;
    let is_window = deadline.clock.contains("-window");
    let words = match (is_window, deadline.due) {
        (true, _) => offset(eligible),
        (false, Some(due)) => {
            let then = deadline.then.as_deref().unwrap_or_default();
            format!("{}: {then}.", weekday(due))
        }
        (false, None) => "Open.".to_owned(),
    };
    let derivation = deadline.derivation.as_ref();
    sink.object(&Answer {
        case: case.as_str(),
        on: looked.standing.on,
        in_words: words.clone(),
        due_strict: derivation.and_then(Derivation::strict),
        due_rolled: derivation.and_then(Derivation::rolled),
        state: &looked.standing.state,
        barred_by: eligible.barred.map(Bar::in_words),
        deadline,
    })?;
    if !sink.is_table() {
        return Ok(());
    }
    sink.say(&format!("  {words}"))?;
    sink.say(&format!("  {case} on {}: {}\n", looked.standing.on.0, looked.state))?;
    let Some(derived) = derivation else {
        let why = deadline.not_found.as_deref().unwrap_or("the letter itself states the day");
        let due = deadline.due.map_or("no day".to_owned(), weekday);
        return sink.say(&labelled("last day", &format!("{due}: {why}")));
    };
    for (label, words) in lines(derived) {
        sink.say(&labelled(label, &words))?;
    }
    let window = eligible
        .windows
        .iter()
        .find(|window| window.derivation.as_ref().is_ok_and(|own| **own == *derived));
    if let Some(window) = window {
        sink.say(&labelled("heard from", &heard(window, derived, looked.standing.on, zone)))?;
    }
    for other in eligible.windows.iter().filter(|other| Some(*other) != window) {
        let words = other_window(other);
        sink.say(&labelled("beside", &words))?;
    }
    Ok(())
}

/// What led to the day, by label.
fn lines(derived: &Derivation) -> Vec<(&'static str, String)> {
    let (policy, version) = (&derived.policy, derived.policy_version);
    let since =
        derived.policy_since.map_or(String::new(), |from| format!(" (in force {})", from.0));
    let by = format!("policy {policy} v{version}{since}");
    let mut lines = vec![
        ("rule", format!("{}, {}, {by}", derived.rule, derived.counted)),
        ("says", derived.title.clone()),
    ];
    let status = match derived.verification {
        Verification::Verified => "",
        Verification::Unverified => " (not read in its primary text: it warns and never decides)",
    };
    lines.push(("source", format!("{}{status}", derived.citation)));
    for known in &derived.starts {
        let (fact, standing) = (spoken(known.fact.as_str()), known.source.standing.as_str());
        let place = &known.source.position;
        lines.push(("starts", format!("{}  {fact}  {standing}  {place}", weekday(known.day))));
    }
    for fact in &derived.missing {
        let fact = spoken(fact.as_str());
        lines.push(("not known", format!("{fact}; with it the day may still move")));
    }
    for step in &derived.steps {
        lines.push(("moved", step.to_string()));
    }
    if let Ends::On { strict, rolled } = derived.ends {
        let mut words = last_day(derived.end_rule, strict, rolled);
        if strict != rolled && derived.end_rule == EndRule::RollForward {
            words = format!("{words}; strict would be {}", strict.0);
        }
        lines.push(("last day", words));
    }
    for passed in &derived.passed {
        lines.push(("not taken", format!("{}: {}", passed.counted, weekday(passed.day))));
    }
    if !derived.skipped.is_empty() {
        lines.push(("skipped", passed_over(&derived.skipped)));
    }
    if let Some(calendar) = &derived.calendar {
        let words = format!("{} {}, {}", calendar.id, calendar.version, calendar.asked);
        lines.push(("calendar", words));
    }
    if let Some(known) = &derived.stopped {
        let (fact, place) = (spoken(known.fact.as_str()), &known.source.position);
        let standing = known.source.standing.as_str();
        lines.push(("stopped", format!("{}  {fact}  {standing}  {place}", weekday(known.day))));
    }
    for lost in &derived.lost {
        lines.push(("lost", lost_words(lost)));
    }
    lines
}

fn spoken(word: &str) -> String {
    word.replace('-', " ")
}

fn lost_words(lost: &Lost) -> String {
    let due = lost.due.map_or(String::new(), |due| format!(", to {}", due.0));
    let (rule, policy, version, why) = (&lost.rule, &lost.policy, lost.policy_version, &lost.why);
    format!("{rule} of {policy} v{version}{due}: it {why} ({})", lost.citation)
}

/// Whether the provider was heard from in a window.
fn heard(window: &Window, derived: &Derivation, on: Day, zone: &str) -> String {
    let until = |day: NaiveDate| format!("{day} 23:59:59 {zone}");
    match (window.standing, window.closes) {
        (Stands::Heard(day), _) => {
            let stopped = derived.stopped.as_ref().filter(|known| known.day.0 == day);
            let what = stopped.map_or("answered".to_owned(), |known| spoken(known.fact.as_str()));
            format!("{day}: {what}, in time")
        }
        (Stands::Void(day), _) => format!("the letter came back on {day}: the window is void"),
        (Stands::Closed, Some(closes)) => format!("nothing received until {}", until(closes)),
        (Stands::Open, Some(closes)) => {
            format!("nothing received by {}; it is open until {}", on.0, until(closes))
        }
        (Stands::Closed | Stands::Open, None) => "no last day could be found".to_owned(),
    }
}

/// Another window of the case.
fn other_window(window: &Window) -> String {
    let name = window.derivation.as_ref().map_or("a window", |derived| derived.rule.as_str());
    let closes = window.closes.map_or("no day".to_owned(), |closes| closes.to_string());
    let stands = match window.standing {
        Stands::Open => "open".to_owned(),
        Stands::Closed => "closed unheard".to_owned(),
        Stands::Heard(day) => format!("heard from {day}"),
        Stands::Void(day) => format!("void since {day}, the letter came back"),
    };
    format!("{name} from {} to {closes}, {stands}", window.opened)
}
