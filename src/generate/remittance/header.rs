//! What stands around the claims of a remittance: ST, BPR to the first LX, and SE.

use super::{CLAIMS_PER_HEADER, Draft, Payer, Place};
use crate::generate::claim_loop::with_wrong_check_digit;
use crate::generate::payee::Payee;
use crate::generate::segments::Segments;
use crate::generate::vocabulary::{TOWNS, entry};

/// The payer's tax number, one in front of it as 835 TRN03 wants it.
const PAYER: &str = "1990000001";

impl Payer {
    /// Writes everything from BPR to the first LX and its TS3.
    pub(super) fn head(
        &mut self,
        payee: &Payee,
        place: Place,
        trace: u64,
        draft: &Draft,
        bpr_off: i64,
    ) {
        let date = self.calendar.date(place.day);
        let amount = self.settlement.net.saturating_add(bpr_off);
        let out = &mut self.head;
        out.clear();
        if amount == 0 {
            out.begin("BPR*H*0*C*NON").empty(11).number(date).end();
        } else if payee.tin.is_multiple_of(7) {
            out.begin("BPR*I").cents(amount).text("C*CHK").empty(11).number(date).end();
        } else {
            out.begin("BPR*I").cents(amount).text("C*ACH*CCP*01*990000012*DA*99000123");
            out.text(PAYER).text("*01*990000025*DA").number(payee.tin).number(date).end();
        }
        out.begin("TRN*1").number(trace).text(PAYER).end();
        out.begin("REF*EV*HARBORCLEARING").end();
        out.begin("DTM*405").number(date).end();
        out.begin("N1*PR*LANTERN COMMUNITY HEALTH PLAN").end();
        out.begin("N3*1 LANTERN SQ").end();
        out.begin("N4*BOSTON*MA*021100001").end();
        out.begin("PER*BL*PROVIDER SERVICES*TE*8005550100").end();
        out.begin("N1*PE").text(&payee.name);
        match payee.npi {
            Some(npi) if draft.payee_misnumbered => {
                out.text("XX").number(with_wrong_check_digit(npi)).end();
            }
            Some(npi) => out.text("XX").number(npi).end(),
            None => out.text("FI").number(payee.tin).end(),
        }
        let (town, postal_code) = entry(&TOWNS, payee.town);
        out.begin("N3").text(&payee.street).end();
        out.begin("N4").text(town).text("MA").text(postal_code).end();
        if payee.npi.is_some() {
            out.begin("REF*TJ").number(payee.tin).end();
        }
        out.begin("LX*1").end();
        let summed = draft.written.claims <= CLAIMS_PER_HEADER && trace.is_multiple_of(4);
        if let Some(npi) = payee.npi
            && summed
            && draft.fault.is_none()
        {
            out.begin("TS3").number(npi).text("11").number(self.calendar.year_end(place.day));
            out.number(draft.written.claims).cents(draft.charge).end();
        }
    }
}

/// How ST and SE stand around a remittance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// As they should.
    Right,
    /// SE01 is one too many.
    Count,
    /// SE02 is not ST02.
    Number,
    /// There is no SE.
    Open,
}

/// Writes ST, the parts, and SE.
pub(super) fn frame(out: &mut Segments, ordinal: u64, parts: &[&Segments], frame: Frame) {
    out.begin("ST*835*").digits(ordinal, 4).end();
    // ST and SE count themselves.
    let mut count = 2_u64;
    for part in parts {
        out.append(part);
        count = count.saturating_add(part.count);
    }
    let number = if frame == Frame::Number { ordinal.saturating_add(1) } else { ordinal };
    if frame == Frame::Count {
        count = count.saturating_add(1);
    }
    if frame != Frame::Open {
        out.begin("SE").number(count).text("").digits(number, 4).end();
    }
}
