//! Journals that tests tell, record by record.

use chrono::NaiveDate;
use lookback_events::event::act::{Act, ClaimPart, Happened, Subject, Told};
use lookback_events::event::claim::{ClaimBody, ClaimDates, ClaimMoney, ClaimNumbers};
use lookback_events::event::control::{Bytes, OriginalPart, Part};
use lookback_events::event::deed::Deed;
use lookback_events::event::recovery::letters::{Method, Notice, NoticeItem};
use lookback_events::event::recovery::{Cause, DetectedBy, Identified, Recovery, Standard};
use lookback_events::event::remittance::{
    AdjustmentNumbers, BalanceFigures, Counts, Payee, Payer, Payment, ProviderAdjusted,
    RemittanceClosed, RemittanceFile, RemittanceReceived, Verdict,
};
use lookback_events::event::text::Day;
use lookback_events::event::{ClaimKind, Event, FindingsRecorded, Remittance};
use lookback_events::finding::{Finding, RULES_VERSION, Rule};
use lookback_events::id::{CaseId, CommandId};
use lookback_events::id::{Digest, JournalId, PayeeId};
use lookback_events::money::Money;
use lookback_events::time::Timestamp;
use lookback_projections::rows::MemoryRows;
use lookback_projections::{Position, Projections, Record};

/// What the patient control numbers of these tests begin with; it may stand in no row.
pub(crate) const PATIENT: &str = "PATIENT-";

/// The moment of the first records: 1 March 2025.
pub(crate) const RECORDED: i64 = 1_740_787_200_000_000;

/// A journal that is being told.
pub(crate) struct Story {
    pub(crate) journal: JournalId,
    pub(crate) events: Vec<Event<'static>>,
    /// Digest number, claims and adjustments so far, of the remittances that are not closed.
    pub(crate) open: Vec<(u8, u64, u64)>,
    pub(crate) remittances: u8,
}

impl Story {
    pub(crate) fn new(journal: u8) -> Self {
        let journal = JournalId::from_index(journal).unwrap();
        Self { journal, events: Vec::new(), open: Vec::new(), remittances: 0 }
    }

    pub(crate) fn digest(&self, number: u8) -> Digest {
        let mut bytes = [self.journal.index(); 32];
        bytes[31] = number;
        Digest(bytes)
    }

    pub(crate) fn hex(&self, number: u8) -> String {
        self.digest(number).to_string()
    }

    /// Begins a remittance of one of the journal's two payees, paid on a day of February.
    pub(crate) fn begin(&mut self, payee: u8, day: u8) -> u8 {
        let number = self.remittances;
        self.remittances += 1;
        self.open.push((number, 0, 0));
        let paid_on = NaiveDate::from_ymd_opt(2025, 2, u32::from(day)).map(Day);
        let body = RemittanceReceived {
            file: RemittanceFile {
                ordinal: 1,
                sha256: self.hex(number).into(),
                ..RemittanceFile::default()
            },
            payee: Payee { id: self.payee(payee).to_string().into(), ..Payee::default() },
            payer: Payer { id: Some("1999999999".into()), ..Payer::default() },
            payment: Payment {
                date: paid_on,
                trace: (day != 3).then(|| format!("T{number}").into()),
                ..Payment::default()
            },
            remittance: self.hex(number).into(),
            ..RemittanceReceived::default()
        };
        self.events.push(Event::Remittance(Remittance::Received(Box::new(body))));
        number
    }

    pub(crate) fn payee(&self, number: u8) -> PayeeId {
        PayeeId::parse(&format!("{}-{}", self.journal, number % 2)).unwrap()
    }

    pub(crate) fn claim(&mut self, at: usize, patient: u8, status: &str, paid: i64) {
        let location = (patient == 1).then_some("NORTH");
        let service = Some(patient);
        self.told_claim(at, &format!("{PATIENT}{patient}"), location, service, status, paid);
    }

    pub(crate) fn claim_of(&mut self, at: usize, claim: &str, status: &str, paid: i64) {
        self.told_claim(at, claim, None, None, status, paid);
    }

    fn told_claim(
        &mut self,
        at: usize,
        claim: &str,
        location: Option<&'static str>,
        service: Option<u8>,
        status: &str,
        paid: i64,
    ) {
        let (number, claims, _) = &mut self.open[at];
        *claims += 1;
        let (number, ordinal) = (*number, *claims);
        let body = ClaimBody {
            claim: ClaimNumbers {
                location: location.map(Into::into),
                ordinal,
                patient_control: claim.to_owned().into(),
                remittance: self.hex(number).into(),
                status: status.to_owned().into(),
                ..ClaimNumbers::default()
            },
            // Services of this year and of two before, so that remittances touch several.
            dates: service.map_or_else(ClaimDates::default, |years| ClaimDates {
                from: NaiveDate::from_ymd_opt(2025 - i32::from(years), 1, 31).map(Day),
                to: NaiveDate::from_ymd_opt(2025, 2, 1).filter(|_| years != 1).map(Day),
                ..ClaimDates::default()
            }),
            money: ClaimMoney {
                charge: Some(Money::from_cents(paid * 2)),
                paid: Some(Money::from_cents(paid)),
                ..ClaimMoney::default()
            },
            ..ClaimBody::default()
        };
        self.events.push(Event::Claim(ClaimKind::of_status(status.as_bytes()), Box::new(body)));
    }

    pub(crate) fn adjust(&mut self, at: usize, reason: &str, reference: &str, cents: i64) {
        let (number, _, adjustments) = &mut self.open[at];
        *adjustments += 1;
        let (number, ordinal) = (*number, *adjustments);
        let body = ProviderAdjusted {
            adjustment: AdjustmentNumbers {
                amount: Some(Money::from_cents(cents)),
                ordinal,
                reason: reason.to_owned().into(),
                remittance: self.hex(number).into(),
                ..AdjustmentNumbers::default()
            },
            reference: Some(reference.to_owned().into()),
            ..ProviderAdjusted::default()
        };
        self.events.push(Event::Remittance(Remittance::Adjusted(Box::new(body))));
    }

    pub(crate) fn part(&mut self, at: usize) {
        let digest = self.digest(self.open[at].0);
        let part = Part { file: digest, number: 0, offset: 0, remittance: Some(digest) };
        let body = OriginalPart { original: Bytes::Text("REF*X~".into()), part };
        self.events.push(Event::Original(Box::new(body)));
    }

    pub(crate) fn findings(&mut self, at: usize, findings: Vec<Finding>) {
        let remittance = self.hex(self.open[at].0).into();
        let body = FindingsRecorded { findings, remittance };
        self.events.push(Event::Remittance(Remittance::Findings(body)));
    }

    pub(crate) fn close(&mut self, at: usize, findings: Vec<Finding>) {
        let (number, ..) = self.open.remove(at);
        let body = RemittanceClosed {
            balance: BalanceFigures {
                adjustments: None,
                claims: None,
                off: None,
                payment: None,
                verdict: Verdict::Holds,
            },
            before: None,
            before_base64: None,
            counts: Counts::default(),
            findings,
            original: None,
            original_base64: None,
            remittance: self.hex(number).into(),
            truncated: false,
        };
        self.events.push(Event::Remittance(Remittance::Closed(Box::new(body))));
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (0_u64..).zip(&self.events).map(|(seq, event)| Record {
            journal: self.journal,
            seq,
            recorded_at: Timestamp::from_micros(RECORDED + i64::try_from(seq).unwrap() * 7),
            control: 0,
            actor: "svc-ingest",
            event,
        })
    }

    pub(crate) fn at(&self, seq: usize) -> Position {
        Position { journal: self.journal, seq: u64::try_from(seq).unwrap() }
    }
}

pub(crate) fn finding(rule: Rule, claim: u64) -> Finding {
    Finding {
        expected: String::new(),
        found: String::new(),
        message: "odd".into(),
        offset: 1,
        path: format!("ISA[1]/GS[1]/ST[1]/CLP[{claim}]"),
        rule,
        segment: 1,
        severity: rule.severity(),
        version: RULES_VERSION,
    }
}

pub(crate) fn apply<'a>(rows: &mut MemoryRows, records: impl IntoIterator<Item = Record<'a>>) {
    for record in records {
        Projections::apply(rows, &record).unwrap();
    }
}

pub(crate) fn rows_of(story: &Story) -> MemoryRows {
    let mut rows = MemoryRows::default();
    apply(&mut rows, story.records());
    rows
}

/// The other numbers of a case's events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Telling {
    /// The claims: patient, payer's number, cents.
    pub(crate) claims: Vec<(String, Option<String>, i64)>,
    /// A day of February 2025 on which it happened.
    pub(crate) day: u32,
}

impl Story {
    /// The id of a case of the journal.
    pub(crate) fn case(&self, number: u8) -> CaseId {
        CaseId::parse(&format!("{}-C{number}", self.journal)).unwrap()
    }

    /// Something happened to a case.
    pub(crate) fn deed(&mut self, case: &CaseId, telling: &Telling, detail: Recovery) {
        let part = |(patient, payer, cents): &(String, Option<String>, i64)| ClaimPart {
            amount: Some(Money::from_cents(*cents)),
            lines: Vec::new(),
            patient_control: patient.clone(),
            payer_control: payer.clone(),
            payment: None,
        };
        let day = NaiveDate::from_ymd_opt(2025, 2, telling.day.clamp(1, 28)).unwrap();
        let command = format!("{}-{}", self.journal, self.events.len());
        let told = Told {
            act: Act {
                command: CommandId::parse(&command).unwrap(),
                document: None,
                happened: Happened::on(day),
                party: None,
                proposal: None,
                proposed_by: None,
            },
            asked: None,
            claims: telling.claims.iter().map(part).collect(),
            detail,
            findings: Vec::new(),
            note: None,
            subject: Subject::Case(case.clone()),
        };
        self.events.push(Event::Deed(Deed::Recovery(Box::new(told))));
    }

    /// A case of a payee is identified about claims.
    pub(crate) fn identify(&mut self, number: u8, payee: u8, claims: &[(&str, i64)]) -> CaseId {
        let case = self.case(number);
        let detail = Identified {
            cause: Cause::BillingError,
            detected_by: DetectedBy::Plan,
            funding: None,
            line_of_business: "medicaid".into(),
            opening: None,
            owner: None,
            payee: self.payee(payee),
            plan: "MCF".into(),
            provider_class: None,
            service_class: None,
            standard: Standard {
                citation: "policy".into(),
                effective: None,
                ended: None,
                version: None,
            },
            state: None,
            vendor: None,
        };
        let claims = claims.iter().map(|(claim, cents)| ((*claim).to_owned(), None, *cents));
        let telling = Telling { claims: claims.collect(), day: 1 };
        self.deed(&case, &telling, Recovery::CaseIdentified(Box::new(detail)));
        case
    }

    /// A notice of a case goes out.
    pub(crate) fn notify(&mut self, case: &CaseId, control_number: &str, day: u32) {
        let detail = Notice {
            address: None,
            amount: None,
            appeal_deadline: None,
            content: NoticeItem::ALL.to_vec(),
            control_number: control_number.to_owned(),
            dated: Day(NaiveDate::from_ymd_opt(2025, 2, day.clamp(1, 28)).unwrap()),
            method: Method::Mail,
            received: None,
            sent: None,
            tracking: None,
        };
        let telling = Telling { day, ..Telling::default() };
        self.deed(case, &telling, Recovery::NoticeIssued(Box::new(detail)));
    }
}
