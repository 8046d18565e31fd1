//! The claim loop (835 loops 2100 and 2110) as bytes, whole, negated, or wrong in one place.

use super::calendar::Calendar;
use super::claim::{Adjustment, Claim, Line};
use super::payee::Payee;
use super::segments::Segments;
use super::vocabulary::{
    CLAIM_REMARKS, FACILITIES, FILING, FIRST_NAMES, MODIFIERS, PLACES_OF_SERVICE, PROCEDURES,
    REMARKS, REVENUE, SURNAMES, entry,
};

/// How a claim is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// As it was settled.
    Settled,
    /// Taken back: every amount negated, status 22.
    Reversed,
    /// Taken back: every amount negated, under the status it was paid with.
    Negated,
}

/// One thing written wrong, the rest of the claim being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// Nothing.
    None,
    /// CLP03 is off by so many cents.
    Charge(i64),
    /// CLP05 is off by so many cents.
    PatientShare(i64),
    /// SVC03 of the first line is off by so many cents.
    LinePaid(i64),
    /// CLP04 is no number.
    PaidUnreadable,
    /// SVC03 of the first line is no number.
    LinePaidUnreadable,
    /// The practitioner's NPI has a wrong check digit.
    Npi,
}

/// Writes one claim.
pub(super) fn write(
    out: &mut Segments,
    calendar: &Calendar,
    payee: &Payee,
    claim: &Claim,
    telling: Telling,
    slip: Slip,
) {
    head(out, payee, claim, telling, slip);
    let sign = sign(telling);
    if let Some(adjustment) = &claim.adjustment {
        out.begin("CAS").text(adjustment.group.code()).number(u64::from(adjustment.reason));
        out.cents(adjustment.cents.saturating_mul(sign)).end();
    }
    people(out, payee, claim, slip);
    remarks_and_references(out, calendar, claim, telling);
    for (index, line) in claim.lines.iter().enumerate() {
        let slip = if index == 0 { slip } else { Slip::None };
        write_line(out, calendar, claim, line, index, sign, slip);
    }
}

/// 1 as settled, -1 taken back.
fn sign(telling: Telling) -> i64 {
    match telling {
        Telling::Settled => 1,
        Telling::Reversed | Telling::Negated => -1,
    }
}

/// CLP.
fn head(out: &mut Segments, payee: &Payee, claim: &Claim, telling: Telling, slip: Slip) {
    let sign = sign(telling);
    let coins = usize::try_from(claim.coins).unwrap_or_default();
    let status = if telling == Telling::Reversed { 22 } else { claim.status };
    let (charge_off, share_off) = match slip {
        Slip::Charge(off) => (off, 0),
        Slip::PatientShare(off) => (0, off),
        Slip::None
        | Slip::LinePaid(_)
        | Slip::PaidUnreadable
        | Slip::LinePaidUnreadable
        | Slip::Npi => (0, 0),
    };
    out.begin("CLP").text(&payee.prefix).digits(claim.serial, 8).number(u64::from(status));
    out.cents(claim.charge().saturating_mul(sign).saturating_add(charge_off));
    if slip == Slip::PaidUnreadable {
        // A letter O among the digits, as scanners and hands produce it.
        out.text("1O5.00");
    } else {
        out.cents(claim.paid().saturating_mul(sign));
    }
    out.cents(claim.patient_share().saturating_mul(sign).saturating_add(share_off));
    out.text(entry(&FILING, coins));
    out.text("");
    control_number(out, claim);
    if claim.institutional {
        out.text(entry(&FACILITIES, coins));
    } else {
        out.text(entry(&PLACES_OF_SERVICE, coins));
    }
    out.text(if claim.renumbered { "7" } else { "1" }).end();
}

/// The payer control number (835 CLP07) as the rest of an element.
pub(super) fn control_number(out: &mut Segments, claim: &Claim) {
    out.more("E").digits(claim.serial, 10);
    if claim.renumbered {
        out.more("A1");
    }
}

/// NM1: patient, insured, practitioner.
fn people(out: &mut Segments, payee: &Payee, claim: &Claim, slip: Slip) {
    let surname = entry(&SURNAMES, usize::from(claim.patient.surname));
    let first_name = entry(&FIRST_NAMES, usize::from(claim.patient.first_name));
    out.begin("NM1*QC*1").text(surname).text(first_name);
    // A quarter of the patients has a middle initial.
    let initial = if claim.member.is_multiple_of(4) { "J" } else { "" };
    out.text(initial).empty(2).text("MI*M").digits(u64::from(claim.member), 9).end();
    if let Some(insured) = claim.insured {
        let first_name = entry(&FIRST_NAMES, usize::from(insured));
        out.begin("NM1*IL*1").text(surname).text(first_name).empty(3).text("MI*M");
        out.digits(u64::from(claim.member), 9).end();
    }
    let wrong = slip == Slip::Npi;
    if wrong || claim.coins & 0x300 != 0x300 {
        let who = entry(&payee.practitioners, claim.practitioner);
        out.begin("NM1*82*1").text(entry(&SURNAMES, usize::from(who.surname)));
        out.text(entry(&FIRST_NAMES, usize::from(who.first_name))).empty(3).text("XX");
        out.number(if wrong { with_wrong_check_digit(who.npi) } else { who.npi }).end();
    }
}

/// The same nine digits with another tenth.
pub(super) fn with_wrong_check_digit(npi: u64) -> u64 {
    let last = npi % 10;
    npi.saturating_sub(last).saturating_add(last.saturating_add(1) % 10)
}

/// MIA, MOA, REF, DTM and AMT of the claim, in their order.
fn remarks_and_references(
    out: &mut Segments,
    calendar: &Calendar,
    claim: &Claim,
    telling: Telling,
) {
    let coins = usize::try_from(claim.coins).unwrap_or_default();
    let remark = entry(&CLAIM_REMARKS, coins / 64);
    if claim.institutional && entry(&FACILITIES, coins) == "11" {
        let nights = claim.to.saturating_sub(claim.from).max(1);
        out.begin("MIA").number(u64::from(nights)).empty(3).text(remark).end();
    } else if claim.coins & 0x400 == 0 || claim.status == 4 {
        out.begin("MOA").empty(2).text(remark).end();
    }
    if claim.coins & 0x3000 == 0 {
        out.begin("REF*EA*MR").digits(u64::from(claim.member) / 7, 7).end();
    }
    if claim.coins & 0x4000 == 0 {
        out.begin("REF*1L*GRP").digits(u64::from(claim.coins >> 24), 4).end();
    }
    if telling != Telling::Settled || claim.renumbered {
        // The claim that is taken back, or replaced, under the number it was paid with.
        out.begin("REF*F8*E").digits(claim.serial, 10).end();
    }
    out.begin("DTM*232").number(calendar.date(claim.from)).end();
    if claim.to > claim.from {
        out.begin("DTM*233").number(calendar.date(claim.to)).end();
    }
    out.begin("DTM*050").number(calendar.date(claim.received)).end();
    if claim.coins & 0x6_0000 != 0 && claim.status != 4 {
        let covered = claim.paid().saturating_add(claim.patient_share());
        out.begin("AMT*AU").cents(covered.saturating_mul(sign(telling))).end();
    }
}

/// SVC, DTM, CAS, REF, AMT and LQ of one line.
fn write_line(
    out: &mut Segments,
    calendar: &Calendar,
    claim: &Claim,
    line: &Line,
    index: usize,
    sign: i64,
    slip: Slip,
) {
    let coins = usize::try_from(line.coins).unwrap_or_default();
    let (procedure, _) = entry(&PROCEDURES, usize::from(line.procedure));
    let modifier = entry(&MODIFIERS, usize::from(line.modifier));
    out.begin("SVC*HC:").more(procedure);
    if !modifier.is_empty() {
        out.more(":").more(modifier);
    }
    out.cents(line.charge.saturating_mul(sign));
    let paid = line.paid.saturating_mul(sign);
    match slip {
        Slip::LinePaidUnreadable => out.text("8O.00"),
        Slip::LinePaid(off) => out.cents(paid.saturating_add(off)),
        Slip::None | Slip::Charge(_) | Slip::PatientShare(_) | Slip::PaidUnreadable | Slip::Npi => {
            out.cents(paid)
        }
    };
    out.text(if claim.institutional { entry(&REVENUE, coins / 8) } else { "" });
    out.number(u64::from(line.units)).end();
    out.begin("DTM*472").number(calendar.date(line.day)).end();
    adjustments(out, &line.adjustments, sign);
    if line.coins & 0x200 == 0 {
        let number = u64::try_from(index).unwrap_or_default().saturating_add(1);
        out.begin("REF*6R").number(number).end();
    }
    if line.coins & 0x7800 == 0 {
        out.begin("REF*LU*").more(entry(&PLACES_OF_SERVICE, coins / 32)).end();
    }
    let allowed = line.paid.saturating_add(
        line.adjustments.last().copied().flatten().map_or(0, |second| second.cents),
    );
    if allowed > 0 && line.coins & 0x1_8000 != 0 {
        out.begin("AMT*B6").cents(allowed.saturating_mul(sign)).end();
    }
    if line.paid == 0 && line.coins & 0x2_0000 == 0 {
        out.begin("LQ*HE").text(entry(&REMARKS, coins / 64)).end();
    }
}

/// CAS: one segment a group, so that two adjustments of one group share it.
fn adjustments(out: &mut Segments, both: &[Option<Adjustment>; 2], sign: i64) {
    let mut group = None;
    for adjustment in both.iter().flatten() {
        if group == Some(adjustment.group) {
            out.empty(1);
        } else {
            if group.is_some() {
                out.end();
            }
            out.begin("CAS").text(adjustment.group.code());
            group = Some(adjustment.group);
        }
        out.number(u64::from(adjustment.reason));
        out.cents(adjustment.cents.saturating_mul(sign));
    }
    if group.is_some() {
        out.end();
    }
}
