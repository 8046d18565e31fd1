//! `lookback show`: one thing, with everything that is known of it.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use clap::Subcommand;
use lookback_events::id::{Digest, PayeeId};
use serde::Serialize;

use super::report::{Asked, answer, show_finding, sink, view};
use super::table::{Column, Line, Sink, amount, clipped, day, left, right, short};
use super::text::{count, spaced};
use super::{Failure, Site};
use crate::ledger::Ledger;
use crate::original;
use crate::report::claim::{self, Claim, Name, Said};
use crate::report::findings::{self, Found};
use crate::report::overview::{self, JournalLine};
use crate::report::payee::{self, Month};
use crate::report::prefix::{Kind, resolve};
use crate::report::remittance::{self, ClaimLine, Head, Part, ProviderLine};
use crate::report::{AnswerError, View, file, moment};

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A claim: everything that remittances said of it
    Claim {
        /// PAYEE/PATIENT-CONTROL-NUMBER, the number alone with --payee, or a record such as p02/118
        id: String,
        /// Whose claim, by NPI or TIN
        #[arg(long, value_name = "ID")]
        payee: Option<String>,
        /// Its service lines, too
        #[arg(long)]
        lines: bool,
        /// Names and numbers of persons, too
        #[arg(long)]
        patient: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// A remittance: who paid whom, whether it adds up, its claims
    Remittance {
        /// Its SHA-256, or at least 8 digits of it
        #[arg(required_unless_present = "trace", conflicts_with = "trace")]
        id: Option<String>,
        /// Its check or EFT number
        #[arg(long, value_name = "TRN02")]
        trace: Option<String>,
        /// Whose, by NPI or TIN, where several payees have the number
        #[arg(long, value_name = "ID", requires = "trace")]
        payee: Option<String>,
        #[command(flatten)]
        asked: Asked,
    },
    /// A payee: identifiers, journal, months, forward balances
    Payee {
        /// NPI or TIN
        id: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// A file: what became of it
    File {
        /// Its SHA-256, or at least 8 digits of it
        id: String,
        /// Write its bytes, exactly as they were received
        #[arg(long)]
        original: bool,
        /// Where to, instead of standard output
        #[arg(long, value_name = "FILE", requires = "original")]
        output: Option<PathBuf>,
        #[command(flatten)]
        asked: Asked,
    },
    /// The ledger: what was chosen when it began, and its journals
    Ledger {
        #[command(flatten)]
        asked: Asked,
    },
}

impl Args {
    pub(super) fn run(self, site: &Site) -> Result<u8, Failure> {
        let ledger = site.open("show")?;
        match self.what {
            What::Claim { id, payee, lines, patient, asked } => {
                let mut sink = sink(asked.format);
                let shown = Shown { lines, patient };
                show_claim(&ledger, &id, payee, shown, &asked, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::Remittance { id, trace, payee, asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                let digest = wanted(&view, id, trace, payee).map_err(answer)?;
                show_remittance(&view, &digest, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::Payee { id, asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                show_payee(&view, &id, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::File { id, original: true, output, .. } => give_back(&ledger, &id, output)?,
            What::File { id, asked, .. } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                show_file(&view, &id, &mut sink).map_err(answer)?;
                sink.end()?;
            }
            What::Ledger { asked } => {
                let view = view(&ledger, &asked)?;
                let mut sink = sink(asked.format);
                show_ledger(&view, &mut sink).map_err(answer)?;
                sink.end()?;
            }
        }
        Ok(0)
    }
}

/// What of a claim is shown beyond the usual.
#[derive(Clone, Copy)]
struct Shown {
    lines: bool,
    patient: bool,
}

impl Line for claim::Line {
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("paid on", 10),
        left("status", 24),
        right("charge", 13),
        right("paid", 13),
        right("patient", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.at.clone(),
            day(self.paid_on),
            format!("{} {}", self.status, status_word(&self.status)),
            amount(self.charge),
            amount(self.paid),
            amount(self.patient_share),
        ]
    }
}

/// What 835 CLP02 says, in words.
fn status_word(status: &str) -> &'static str {
    match status {
        "1" => "primary",
        "2" => "secondary",
        "3" => "tertiary",
        "4" => "denied",
        "19" => "primary, forwarded",
        "20" => "secondary, forwarded",
        "21" => "tertiary, forwarded",
        "22" => "reversal",
        "23" => "not ours, forwarded",
        "25" => "predetermination",
        _ => "other",
    }
}

fn show_claim<W: Write>(
    ledger: &Ledger,
    id: &str,
    payee: Option<String>,
    shown: Shown,
    asked: &Asked,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    // Made from records alone: nothing of the past has to be folded.
    let view = match &asked.known_at {
        Some(text) => View::records_until(ledger, moment(ledger, text)?)?,
        None => View::live(ledger),
    };
    let payee = payee.map(|payee| payee::resolve(&view, &payee)).transpose()?;
    let answer = claim::claim(&view, &Name::parse(id, payee)?, shown.patient)?;
    sink.object(&answer)?;
    if sink.is_csv() {
        for said in &answer.records {
            sink.put(&said.entry)?;
        }
    }
    if !sink.is_table() {
        return Ok(());
    }
    let records = u64::try_from(answer.records.len()).unwrap_or(u64::MAX);
    let name = answer.payee_name.as_deref().unwrap_or_default();
    sink.say(&format!("  claim {}/{}   {name}", answer.payee, answer.patient_control))?;
    sink.say(&format!(
        "  net {} after {} {}: paid {}, reversed {}, corrected {}\n",
        answer.totals.net.grouped(),
        spaced(records),
        count(records, "record", "records"),
        answer.totals.paid.grouped(),
        answer.totals.reversed.grouped(),
        answer.totals.corrected.grouped(),
    ))?;
    for said in &answer.records {
        sink.put(&said.entry)?;
        beneath(sink, said, shown)?;
    }
    about(sink, &answer.findings, "this claim")?;
    ask_next(sink, &answer, shown)
}

/// What stands under the line of a record.
fn beneath<W: Write>(sink: &mut Sink<W>, said: &Said, shown: Shown) -> Result<(), AnswerError> {
    let entry = &said.entry;
    let about = entry.about.as_deref().unwrap_or_default();
    let tied = match (entry.pairing, &entry.reversed_by, &entry.corrects) {
        (Some("takes"), _, _) => format!("takes back {about}"),
        (Some("twice"), _, _) => format!("takes back {about}, which was taken back before"),
        (Some("not-negated"), _, _) => format!("should take back {about}, amounts differ"),
        (Some(_), _, _) => "takes back a payment that the ledger does not know".to_owned(),
        (None, Some(by), Some(after)) => format!("corrects after {after}, taken back by {by}"),
        (None, Some(by), None) => format!("taken back by {by}"),
        (None, None, Some(after)) => format!("corrects after {after}"),
        (None, None, None) => String::new(),
    };
    let parts = [tied.as_str(), entry.adjusted.as_str()];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        sink.say(&format!("      {}", clipped(part, 94)))?;
    }
    let service = (day(entry.service_from), day(entry.service_to));
    sink.say(&format!(
        "      remittance {}, claim {} of it, service {} to {}",
        short(&entry.remittance),
        spaced(entry.ordinal),
        service.0,
        service.1
    ))?;
    if shown.lines {
        for line in &said.lines {
            let adjusted: Vec<String> = said
                .adjustments
                .iter()
                .filter(|adjustment| adjustment.line == line.line)
                .map(|a| format!("{}-{} {}", a.group, a.reason, amount(a.amount)))
                .collect();
            let (number, from, code) = (line.line, day(line.from), clipped(&line.code, 10));
            let (charge, paid) = (amount(line.charge), amount(line.paid));
            let adjusted = clipped(&adjusted.join(", "), 38);
            sink.say(&format!(
                "      {number:>4} {from} {code:<10} {charge:>12} {paid:>12}  {adjusted}"
            ))?;
        }
    }
    for person in said.patient.iter().flatten() {
        let id = person.id.as_deref().unwrap_or_default();
        sink.say(&format!("      {} {} {id}", person.role, clipped(&person.name, 60)))?;
    }
    Ok(())
}

fn ask_next<W: Write>(sink: &mut Sink<W>, claim: &Claim, shown: Shown) -> Result<(), AnswerError> {
    if let Some(last) = claim.records.last() {
        let lines = if shown.lines { "" } else { "      by line: --lines" };
        let remittance = short(&last.entry.remittance);
        sink.say(&format!("\n  its remittance: lookback show remittance {remittance}{lines}"))?;
    }
    Ok(())
}

/// Findings about something, or the words that there are none.
fn about<W: Write>(sink: &mut Sink<W>, found: &[Found], what: &str) -> Result<(), AnswerError> {
    if found.is_empty() {
        return Ok(sink.say(&format!("\n  no findings about {what}"))?);
    }
    found.iter().try_for_each(|found| show_finding(sink, found))
}

fn wanted(
    view: &View<'_>,
    id: Option<String>,
    trace: Option<String>,
    payee: Option<String>,
) -> Result<Digest, AnswerError> {
    let payee: Option<PayeeId> = payee.map(|text| payee::resolve(view, &text)).transpose()?;
    match trace {
        Some(trace) => remittance::of_trace(view, &trace, payee.as_ref()),
        None => resolve(view.rows(), Kind::Remittance, &id.unwrap_or_default()),
    }
}

impl Line for ClaimLine {
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("patient control no.", 22),
        left("status", 20),
        right("charge", 13),
        right("paid", 13),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.at.clone(),
            self.patient_control.clone(),
            format!("{} {}", self.status, status_word(&self.status)),
            amount(self.charge),
            amount(self.paid),
        ]
    }
}

impl Line for ProviderLine {
    const COLUMNS: &'static [Column] = &[
        left("record", 13),
        left("provider", 12),
        left("reason", 24),
        left("reference", 24),
        right("amount", 13),
    ];
    fn cells(&self) -> Vec<String> {
        let reason = match self.reason.trim() {
            "WO" => "WO recovery",
            "FB" => "FB forwarding balance",
            "72" => "72 authorized return",
            "L6" => "L6 interest",
            "CS" => "CS adjustment",
            other => other,
        };
        vec![
            self.at.clone(),
            self.provider.clone(),
            reason.to_owned(),
            self.reference.clone().unwrap_or_default(),
            amount(self.amount),
        ]
    }
}

/// A part of a remittance's JSON, told from the others by its name.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Tagged<'a> {
    Remittance(&'a Head),
    Claim(&'a ClaimLine),
    Adjustment(&'a ProviderLine),
    Finding(&'a Found),
}

fn show_remittance<W: Write>(
    view: &View<'_>,
    digest: &Digest,
    sink: &mut Sink<W>,
) -> Result<(), AnswerError> {
    let head = remittance::head(view, digest)?;
    sink.object(&Tagged::Remittance(&head))?;
    if sink.is_table() {
        say_head(sink, &head)?;
        if head.line.adjustments > 0 {
            sink.say("\n  provider adjustments (above zero takes from the payment)")?;
            sink.part();
            remittance::parts(view, digest, &mut |part| match part {
                Part::Provider(line) => Ok(sink.put(&line)?),
                Part::Claim(_) => Ok(()),
            })?;
        }
        let mut found = 0_u64;
        findings::of(view, digest, &mut |finding| {
            found = found.saturating_add(1);
            show_finding(sink, &finding)
        })?;
        if found == 0 {
            sink.say("\n  no findings about this remittance")?;
        }
        sink.say("")?;
        sink.part();
    }
    remittance::parts(view, digest, &mut |part| match part {
        Part::Claim(line) if sink.is_table() || sink.is_csv() => Ok(sink.put(&line)?),
        Part::Claim(line) => Ok(sink.object(&Tagged::Claim(&line))?),
        Part::Provider(line) => Ok(sink.object(&Tagged::Adjustment(&line))?),
    })?;
    if sink.is_table() {
        let (payee, file) = (&head.line.payee, short(&head.line.file));
        sink.say(&format!(
            "\n  one claim: lookback show claim {payee}/NUMBER      its file: lookback show file {file}"
        ))?;
        return Ok(());
    }
    findings::of(view, digest, &mut |finding| Ok(sink.object(&Tagged::Finding(&finding))?))
}

fn say_head<W: Write>(sink: &mut Sink<W>, head: &Head) -> Result<(), AnswerError> {
    let line = &head.line;
    let verdict = match (line.balance, line.off) {
        ("incomplete", _) => {
            "INCOMPLETE: not all of it is recorded; ingest its file again, it goes on there"
                .to_owned()
        }
        ("off", Some(off)) => format!("does not add up: the payment is off by {}", off.grouped()),
        ("off", None) => "does not add up".to_owned(),
        ("unverifiable", _) => "cannot be verified: an amount is missing or unreadable".to_owned(),
        _ => "adds up".to_owned(),
    };
    let cut = if head.truncated { "; it was cut off before its end" } else { "" };
    sink.say(&format!("  remittance {}", line.remittance))?;
    sink.say(&format!("  {verdict}{cut}\n"))?;
    let payer = head.payer_name.as_deref().unwrap_or_default();
    let payee = head.payee_name.as_deref().unwrap_or_default();
    let method = head.method.as_deref().unwrap_or_default();
    let [isa, gs, st] = &head.controls;
    let last = line.last.as_deref().unwrap_or("not yet closed");
    let say = |sink: &mut Sink<W>, word: &str, text: String| {
        sink.say(&format!("  {word:<12}{}", clipped(&text, 86)))
    };
    say(
        sink,
        "payment",
        format!("{} {method} {} on {}", amount(line.amount), line.trace, day(line.paid_on)),
    )?;
    say(sink, "from", format!("{} {payer}", line.payer))?;
    say(sink, "to", format!("{} {payee}", line.payee))?;
    say(
        sink,
        "claims",
        format!(
            "{}, of which {} denied and {} reversed; {} paid",
            spaced(line.claims),
            spaced(line.denied),
            spaced(line.reversed),
            line.claims_paid.grouped()
        ),
    )?;
    say(
        sink,
        "adjusted",
        format!("{} by {} provider adjustments", line.adjusted.grouped(), spaced(line.adjustments)),
    )?;
    say(
        sink,
        "file",
        format!(
            "{}, 835 no. {} of {}; ISA {} GS {gs} ST {st}",
            short(&line.file),
            spaced(line.ordinal),
            head.file_name.as_deref().unwrap_or("a file not yet finished"),
            isa.trim()
        ),
    )?;
    Ok(say(sink, "records", format!("{} to {last}", line.first))?)
}

impl Line for Month {
    const COLUMNS: &'static [Column] = &[
        left("month", 7),
        right("paid", 9),
        right("denied", 9),
        right("reversed", 9),
        right("claims paid", 16),
        right("adjusted", 16),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.month.clone(),
            spaced(self.paid),
            spaced(self.denied),
            spaced(self.reversed),
            self.claims_paid.grouped(),
            self.adjusted.grouped(),
        ]
    }
}

fn show_payee<W: Write>(view: &View<'_>, id: &str, sink: &mut Sink<W>) -> Result<(), AnswerError> {
    let id = payee::resolve(view, id)?;
    let payee = payee::payee(view, &id)?;
    sink.object(&payee)?;
    if sink.is_csv() {
        for month in &payee.months {
            sink.put(month)?;
        }
    }
    if !sink.is_table() {
        return Ok(());
    }
    let list = |texts: &[String]| match texts {
        [] => "none given".to_owned(),
        texts => texts.join(", "),
    };
    let open = payee.open_findings;
    let live = u64::try_from(payee.forwards.len()).unwrap_or(u64::MAX);
    sink.say(&format!("  payee {}   {}", payee.payee, clipped(&list(&payee.names), 74)))?;
    sink.say(&format!(
        "  {} open {}, {} live forward {}\n",
        spaced(open),
        count(open, "finding", "findings"),
        spaced(live),
        count(live, "balance", "balances"),
    ))?;
    sink.say(&format!("  NPI      {}", payee.npi.as_deref().unwrap_or("none given")))?;
    sink.say(&format!("  TINs     {}", clipped(&list(&payee.tins), 86)))?;
    sink.say(&format!("  journal  {}, first seen by {}\n", payee.journal, payee.first_seen))?;
    sink.part();
    payee.months.iter().try_for_each(|month| sink.put(month))?;
    if !payee.forwards.is_empty() {
        sink.say("\n  live forward balances")?;
        sink.part();
        payee.forwards.iter().try_for_each(|forward| sink.put(forward))?;
    }
    if !payee.last_remittances.is_empty() {
        sink.say("\n  last remittances")?;
        sink.part();
        payee.last_remittances.iter().try_for_each(|remittance| sink.put(remittance))?;
    }
    let id = &payee.payee;
    sink.say(&format!(
        "\n  its claims: lookback report payments --payee {id}\n  \
         its findings: lookback report findings --unresolved --payee {id}"
    ))?;
    Ok(())
}

/// A file's JSON: what became of it, then its remittances and findings, a line each.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum OfFile<'a> {
    File(&'a file::File),
    Remittance(&'a crate::report::remittances::Remittance),
    Finding(&'a Found),
}

fn show_file<W: Write>(view: &View<'_>, id: &str, sink: &mut Sink<W>) -> Result<(), AnswerError> {
    let sha256 = resolve(view.rows(), Kind::File, id)?;
    let file = file::file(view, &sha256)?;
    sink.object(&OfFile::File(&file))?;
    if sink.is_table() {
        let bytes = file.bytes.map_or_else(|| "unknown".to_owned(), spaced);
        sink.say(&format!("  file {}", file.sha256))?;
        let reason = file.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
        sink.say(&format!("  {}\n", clipped(&format!("{}{reason}", file.outcome), 96)))?;
        let name = file.name.as_deref().unwrap_or("not known until it is finished");
        sink.say(&format!("  name      {}", clipped(name, 86)))?;
        sink.say(&format!("  bytes     {bytes}"))?;
        sink.say(&format!(
            "  holds     {} 835s, {} claims; claims paid {}, payments {}",
            spaced(file.transactions),
            spaced(file.claims),
            file.claims_paid.grouped(),
            file.payments.grouped()
        ))?;
        if let Some(at) = &file.at {
            sink.say(&format!("  record    {at}"))?;
        }
        if file.again > 0 {
            sink.say(&format!("  again     delivered {} more times", spaced(file.again)))?;
        }
        sink.say("")?;
    }
    file::remittances_of(view, &sha256, &mut |remittance| {
        if sink.is_table() || sink.is_csv() {
            Ok(sink.put(&remittance)?)
        } else {
            Ok(sink.object(&OfFile::Remittance(&remittance))?)
        }
    })?;
    if sink.is_table() && sink.lines() == 0 {
        sink.say("  no remittances: none could be made of it")?;
    }
    findings::of(view, &sha256, &mut |finding| {
        if sink.is_table() {
            show_finding(sink, &finding)
        } else {
            Ok(sink.object(&OfFile::Finding(&finding))?)
        }
    })?;
    let short = short(&file.sha256);
    sink.say(&format!("\n  its bytes: lookback show file {short} --original --output FILE"))?;
    Ok(())
}

/// Writes the bytes of a file as they were received.
fn give_back(ledger: &Ledger, id: &str, output: Option<PathBuf>) -> Result<(), Failure> {
    let sha256 = resolve(ledger.rows(), Kind::File, id).map_err(answer)?;
    let back = |out: &mut dyn Write| {
        original::write(ledger, &sha256, out).map_err(|error| answer(error.into()))
    };
    if let Some(path) = output {
        let cannot =
            |error| Failure::new(format!("cannot write {}", path.display())).because(error);
        let mut out = BufWriter::new(File::create_new(&path).map_err(cannot)?);
        back(&mut out)?;
        return out.flush().map_err(cannot);
    }
    if io::stdout().is_terminal() {
        let what = "an 835 is written to a terminal only by mistake: it holds patients' data";
        return Err(Failure::usage(what).help("say where to: --output FILE"));
    }
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    back(&mut out)?;
    Ok(out.flush()?)
}

impl Line for JournalLine {
    const COLUMNS: &'static [Column] = &[
        left("journal", 8),
        right("records", 14),
        right("volumes", 8),
        right("in volumes", 14),
        right("signed up to", 14),
        left("newest", 27),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.journal.clone(),
            spaced(self.records),
            spaced(self.volumes),
            spaced(self.sealed),
            self.signed.map_or_else(|| "never".to_owned(), spaced),
            self.newest.map_or_else(|| "-".to_owned(), |at| at.to_string()),
        ]
    }
}

fn show_ledger<W: Write>(view: &View<'_>, sink: &mut Sink<W>) -> Result<(), AnswerError> {
    let ledger = overview::overview(view)?;
    sink.object(&ledger)?;
    if sink.is_table() {
        let cycle = ledger.last_payment_cycle.as_ref().and_then(|cycle| cycle.paid_on);
        let records = ledger.journals.iter().map(|j| j.records).fold(0, u64::saturating_add);
        sink.say(&format!("  ledger {}", ledger.origin))?;
        sink.say(&format!(
            "  {} records, last payment cycle known: {}\n",
            spaced(records),
            day(cycle)
        ))?;
        let usage = match ledger.usage {
            lookback_events::event::control::Usage::Production => "production",
            lookback_events::event::control::Usage::Test => "test",
        };
        let fiscal = ledger.fiscal_year_end.as_deref().unwrap_or("not set");
        sink.say(&format!("  created        {}", ledger.created))?;
        sink.say(&format!("  usage          {usage} (835 ISA15)"))?;
        sink.say(&format!("  contract year  begins {}", ledger.contract_year_start))?;
        sink.say(&format!("  fiscal year    ends {fiscal}"))?;
        sink.say(&format!("  time zone      {}", ledger.time_zone))?;
        sink.say(&format!("  generations    {}\n", spaced(ledger.generations)))?;
    }
    if sink.is_table() || sink.is_csv() {
        ledger.journals.iter().try_for_each(|journal| sink.put(journal))?;
    }
    Ok(())
}
