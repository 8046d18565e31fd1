//! Parsed things as the bodies of events: borrowed, nothing computed.
//!
//! Not where findings or digests come from: the caller has those.

use lookback_events::event::ClaimKind;
use lookback_events::event::claim::{
    AdjustmentMoney, ClaimBody, ClaimDates, ClaimMoney, ClaimNumbers, LineDates, LineMoney,
    OtherAmount, Party, Person, Persons, Reference, Remark, Remarks, Service,
};
use lookback_events::event::remittance::{
    AdjustmentNumbers, BalanceFigures, Counts, Payee, Payer, Payment, ProviderAdjusted,
    RemittanceClosed, RemittanceFile, RemittanceReceived, Verdict,
};
use lookback_events::event::text::{Day, Text, text_or_base64};
use lookback_events::finding::Finding;

use super::values::{self, Amount};
use super::{Balance, Claim, Close, Head, ProviderAdjustment, Segment};

fn text(element: &[u8]) -> Text<'_> {
    values::text(element).into()
}

fn some(element: &[u8]) -> Option<Text<'_>> {
    values::some_text(element).map(Text::from)
}

fn day(element: &[u8]) -> Option<Day> {
    values::date(element).map(Day)
}

fn known(value: Option<&String>) -> Option<Text<'_>> {
    value.map(|v| v.as_str().into())
}

impl Head {
    /// The body of `remittance-received`; digests as hex.
    pub fn body<'a>(&'a self, sha256: &'a str, remittance: &'a str) -> RemittanceReceived<'a> {
        let (original, original_base64) = text_or_base64(&self.original);
        RemittanceReceived {
            file: RemittanceFile {
                group_control: self.group_control.as_str().into(),
                interchange_control: self.interchange_control.as_str().into(),
                offset: self.position.offset,
                ordinal: self.ordinal,
                segment: self.position.segment,
                sha256: sha256.into(),
                transaction_control: self.transaction_control.as_str().into(),
            },
            original,
            original_base64,
            payee: Payee {
                id: self.payee_id().into(),
                name: known(self.payee.name.as_ref()),
                npi: known(self.npi.as_ref()),
                tin: known(self.tin.as_ref()),
            },
            payer: Payer {
                id: known(self.payer_id.as_ref()),
                name: known(self.payer.name.as_ref()),
                plan: known(self.payer.id.as_ref()),
            },
            payment: Payment {
                amount: self.amount.get(),
                credit_debit: known(self.credit_debit.as_ref()),
                date: self.date.map(Day),
                handling: known(self.handling.as_ref()),
                method: known(self.method.as_ref()),
                trace: known(self.trace.as_ref()),
            },
            produced: self.produced.map(Day),
            remittance: remittance.into(),
        }
    }
}

impl ProviderAdjustment {
    /// The body of `provider-adjusted`.
    pub fn body<'a>(&'a self, payee: &'a str, remittance: &'a str) -> ProviderAdjusted<'a> {
        let (before, before_base64) = text_or_base64(&self.before);
        let (original, original_base64) = text_or_base64(&self.original);
        ProviderAdjusted {
            adjustment: AdjustmentNumbers {
                amount: self.amount.get(),
                fiscal_period: self.fiscal_period.map(Day),
                ordinal: self.ordinal,
                payee: payee.into(),
                provider: self.provider.as_str().into(),
                reason: self.reason.as_str().into(),
                remittance: remittance.into(),
            },
            before,
            before_base64,
            original,
            original_base64,
            reference: known(self.reference.as_ref()),
        }
    }
}

impl Close {
    /// The body of `remittance-closed`, with the findings that fit into it.
    pub fn body<'a>(&'a self, remittance: &'a str, findings: Vec<Finding>) -> RemittanceClosed<'a> {
        let (before, before_base64) = text_or_base64(&self.before);
        let (original, original_base64) = text_or_base64(&self.original);
        let totals = &self.totals;
        let (verdict, off) = match totals.balance {
            Balance::Holds => (Verdict::Holds, None),
            Balance::Off(off) => (Verdict::Off, off),
            Balance::Unverifiable => (Verdict::Unverifiable, None),
        };
        RemittanceClosed {
            balance: BalanceFigures {
                adjustments: totals.plb_total,
                claims: totals.claim_paid,
                off,
                payment: totals.payment.get(),
                verdict,
            },
            before,
            before_base64,
            counts: Counts {
                adjustments: totals.adjustments,
                claims: totals.claims,
                denied: totals.denied,
                lines: totals.lines,
                plb_adjustments: totals.plb_adjustments,
                reversals: totals.reversals,
            },
            findings,
            original,
            original_base64,
            remittance: remittance.into(),
            truncated: self.truncated,
        }
    }
}

impl Claim {
    /// Which event this claim is.
    pub fn kind(&self) -> ClaimKind {
        ClaimKind::of_status(self.status().trim_ascii())
    }

    /// The body of its event.
    pub fn body<'a>(&'a self, payee: &'a str, remittance: &'a str) -> ClaimBody<'a> {
        let mut body = self.values(payee, remittance);
        (body.before, body.before_base64) = text_or_base64(&self.before);
        (body.original, body.original_base64) = text_or_base64(&self.original);
        body
    }

    /// What the projections read of the body: numbers, days, what was charged and paid.
    pub(crate) fn brief<'a>(&'a self, payee: &'a str, remittance: &'a str) -> ClaimBody<'a> {
        let mut body = ClaimBody {
            claim: ClaimNumbers {
                ordinal: self.ordinal,
                payee: payee.into(),
                remittance: remittance.into(),
                ..ClaimNumbers::default()
            },
            money: ClaimMoney {
                charge: self.charge.get(),
                paid: self.paid.get(),
                ..ClaimMoney::default()
            },
            ..ClaimBody::default()
        };
        let mut location = None;
        for segment in self.segments() {
            match &segment.tag {
                b"CLP" => numbers(&mut body.claim, &segment),
                b"DTM" if segment.line == 0 => {
                    claim_date(&mut body.dates, segment.element(1), segment.element(2));
                }
                b"DTM" => {
                    let (qualifier, date) = (segment.element(1), segment.element(2));
                    line_date(&mut body.dates, segment.line, qualifier, date);
                }
                b"REF" if segment.element(1) == b"LU" => {
                    location = location.or(some(segment.element(2)));
                }
                _ => {}
            }
        }
        body.claim.location = location.or_else(|| self.enclosing_location().and_then(some));
        body
    }

    /// The body without the bytes.
    pub(crate) fn values<'a>(&'a self, payee: &'a str, remittance: &'a str) -> ClaimBody<'a> {
        let mut body = ClaimBody {
            claim: ClaimNumbers {
                continued: self.continued,
                lines_not_itemised: self.lines_not_itemised(),
                location: self.location().and_then(some),
                ordinal: self.ordinal,
                payee: payee.into(),
                remittance: remittance.into(),
                ..ClaimNumbers::default()
            },
            money: ClaimMoney {
                adjustments: self.adjustment_money(),
                charge: self.charge.get(),
                lines: Vec::with_capacity(self.lines.len()),
                paid: self.paid.get(),
                patient: self.patient.get(),
                ..ClaimMoney::default()
            },
            ..ClaimBody::default()
        };
        body.services.reserve(self.lines.len());
        body.dates.lines.reserve(self.lines.len());
        for line in &self.lines {
            let (charge, paid) = (line.charge.get(), line.paid.get());
            body.money.lines.push(LineMoney { charge, line: line.number, paid });
        }
        for segment in self.segments() {
            put(&mut body, &segment);
        }
        body
    }

    fn adjustment_money(&self) -> Vec<AdjustmentMoney<'_>> {
        let one = |adjustment| {
            let (group, reason, quantity) = self.triple(adjustment);
            AdjustmentMoney {
                amount: adjustment.amount.get(),
                group: text(group),
                line: adjustment.line,
                quantity: some(quantity),
                reason: text(reason),
            }
        };
        self.adjustments.iter().map(one).collect()
    }
}

/// Puts the values of one segment where they belong.
fn put<'a>(body: &mut ClaimBody<'a>, segment: &Segment<'a>) {
    let line = segment.line;
    let get = |index| segment.element(index);
    match &segment.tag {
        b"CLP" => numbers(&mut body.claim, segment),
        b"NM1" => name(body, segment),
        b"DTM" if line == 0 => claim_date(&mut body.dates, get(1), get(2)),
        b"DTM" => line_date(&mut body.dates, line, get(1), get(2)),
        b"REF" => reference(body, segment),
        b"AMT" => {
            let amount = Amount::read(get(2)).get();
            body.money.amounts.push(OtherAmount { amount, line, qualifier: text(get(1)) });
        }
        b"MIA" => remarks(body).inpatient = segment.elements().map(text).collect(),
        b"MOA" => remarks(body).outpatient = segment.elements().map(text).collect(),
        b"LQ\0" => {
            let remark = Remark { code: text(get(2)), line, qualifier: text(get(1)) };
            remarks(body).codes.push(remark);
        }
        b"SVC" => body.services.push(service(segment)),
        // CAS is in the adjustments; QTY, PER and what has no place stay in the bytes.
        _ => {}
    }
}

fn numbers<'a>(claim: &mut ClaimNumbers<'a>, clp: &Segment<'a>) {
    claim.patient_control = values::identifier(clp.element(1)).into();
    claim.status = text(clp.element(2));
    claim.filing = some(clp.element(6));
    claim.payer_control = some(clp.element(7));
    claim.facility = some(clp.element(8));
    claim.frequency = some(clp.element(9));
    claim.drg = some(clp.element(11));
}

fn name<'a>(body: &mut ClaimBody<'a>, nm1: &Segment<'a>) {
    let get = |index| nm1.element(index);
    let party = || Party {
        id: some(get(9)),
        id_qualifier: some(get(8)),
        name: some(get(3)),
        qualifier: text(get(1)),
    };
    match get(1) {
        b"82" => body.claim.rendering = Some(party()),
        b"TT" | b"PR" => body.claim.payers.push(party()),
        _ => persons(body).names.push(Person {
            first: some(get(4)),
            id: some(get(9)),
            id_qualifier: some(get(8)),
            last: some(get(3)),
            middle: some(get(5)),
            qualifier: text(get(1)),
            suffix: some(get(7)),
        }),
    }
}

fn claim_date(dates: &mut ClaimDates, qualifier: &[u8], date: &[u8]) {
    let slot = match qualifier {
        b"036" => &mut dates.expired,
        b"232" => &mut dates.from,
        b"233" => &mut dates.to,
        b"050" => &mut dates.received,
        _ => return,
    };
    *slot = slot.or(day(date));
}

fn line_date(dates: &mut ClaimDates, line: u32, qualifier: &[u8], date: &[u8]) {
    let (Some(date), b"472" | b"150" | b"151") = (day(date), qualifier) else { return };
    if dates.lines.last().is_none_or(|last| last.line != line) {
        dates.lines.push(LineDates { line, ..LineDates::default() });
    }
    let Some(last) = dates.lines.last_mut() else { return };
    let slot = if qualifier == b"151" { &mut last.to } else { &mut last.from };
    *slot = slot.or(Some(date));
}

/// References that are numbers of a person: group or policy, member, employee, medical record,
/// insurance policy, social security.
const PERSONAL: &[&[u8]] = &[b"1L", b"1W", b"28", b"6P", b"EA", b"IG", b"SY"];

fn reference<'a>(body: &mut ClaimBody<'a>, segment: &Segment<'a>) {
    let qualifier = segment.element(1);
    let one = Reference { qualifier: text(qualifier), value: text(segment.element(2)) };
    if PERSONAL.contains(&qualifier) {
        return persons(body).references.push(one);
    }
    if segment.line == 0 {
        return body.claim.references.push(one);
    }
    let service = body.services.last_mut().filter(|service| service.line == segment.line);
    match service {
        Some(service) if qualifier == b"LU" => service.place = Some(one.value),
        Some(service) => service.references.push(one),
        None => {}
    }
}

fn service<'a>(svc: &Segment<'a>) -> Service<'a> {
    let mut parts = svc.components(1);
    let qualifier = text(parts.next().unwrap_or_default());
    let code = text(parts.next().unwrap_or_default());
    Service {
        code,
        line: svc.line,
        modifiers: parts.take(4).filter_map(some).collect(),
        place: None,
        qualifier,
        references: Vec::new(),
        revenue: some(svc.element(4)),
        submitted: some(svc.component(6, 2)),
        units: some(svc.element(5)),
        units_submitted: some(svc.element(7)),
    }
}

fn persons<'a, 'b>(body: &'b mut ClaimBody<'a>) -> &'b mut Persons<'a> {
    body.patient.get_or_insert_default()
}

fn remarks<'a, 'b>(body: &'b mut ClaimBody<'a>) -> &'b mut Remarks<'a> {
    body.remarks.get_or_insert_default()
}
