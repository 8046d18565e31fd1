//! A remittance that a property invents: as events for rows in memory, and as 835 text for a ledger.

use std::fmt::Write as _;

use chrono::NaiveDate;
use lookback_events::event::claim::{ClaimBody, ClaimDates, ClaimMoney, ClaimNumbers, LineMoney};
use lookback_events::event::remittance::{
    AdjustmentNumbers, BalanceFigures, Counts, Payee, Payer, Payment, ProviderAdjusted,
    RemittanceClosed, RemittanceFile, RemittanceReceived, Verdict,
};
use lookback_events::event::text::Day;
use lookback_events::event::{ClaimKind, Event, Remittance};
use lookback_events::finding::Finding;
use lookback_events::id::Digest;
use lookback_events::money::Money;
use sha2::Digest as _;

/// Who pays.
const PAYER: &str = "1999999999";

/// A claim of a remittance; amounts are cents, below zero in a reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlipClaim {
    pub(crate) control: String,
    pub(crate) payer: String,
    pub(crate) status: &'static str,
    /// Charge and payment of each line.
    pub(crate) lines: Vec<(i64, i64)>,
    pub(crate) service: NaiveDate,
}

impl SlipClaim {
    pub(crate) fn paid(&self) -> i64 {
        self.lines.iter().map(|(_, paid)| paid).sum()
    }

    fn charge(&self) -> i64 {
        self.lines.iter().map(|(charge, _)| charge).sum()
    }
}

/// A remittance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slip {
    pub(crate) payee: &'static str,
    pub(crate) trace: String,
    pub(crate) paid_on: NaiveDate,
    pub(crate) claims: Vec<SlipClaim>,
    /// Reason, reference and cents, as signed in the 835.
    pub(crate) plb: Vec<(&'static str, String, i64)>,
}

fn cents(cents: i64) -> Money {
    Money::from_cents(cents)
}

/// Cents as an 835 writes them.
pub(crate) fn dollars(cents: i64) -> String {
    Money::from_cents(cents).to_string()
}

impl Slip {
    /// Its digest, made of its check number.
    pub(crate) fn digest(&self) -> Digest {
        Digest(sha2::Sha256::digest(format!("{}/{}", self.payee, self.trace)).into())
    }

    fn id(&self) -> String {
        self.digest().to_string()
    }

    /// Its records but the last.
    pub(crate) fn events(&self) -> Vec<Event<'static>> {
        let body = RemittanceReceived {
            file: RemittanceFile {
                ordinal: 1,
                sha256: self.id().into(),
                ..RemittanceFile::default()
            },
            payee: Payee { id: self.payee.into(), ..Payee::default() },
            payer: Payer { id: Some(PAYER.into()), ..Payer::default() },
            payment: Payment {
                date: Some(Day(self.paid_on)),
                trace: Some(self.trace.clone().into()),
                ..Payment::default()
            },
            remittance: self.id().into(),
            ..RemittanceReceived::default()
        };
        let mut events = vec![Event::Remittance(Remittance::Received(Box::new(body)))];
        events.extend((1..).zip(&self.claims).map(|(ordinal, claim)| self.claim(ordinal, claim)));
        for (ordinal, (reason, reference, amount)) in (1..).zip(&self.plb) {
            let body = ProviderAdjusted {
                adjustment: AdjustmentNumbers {
                    amount: Some(cents(*amount)),
                    ordinal,
                    payee: self.payee.into(),
                    provider: self.payee.into(),
                    reason: (*reason).into(),
                    remittance: self.id().into(),
                    ..AdjustmentNumbers::default()
                },
                reference: Some(reference.clone().into()),
                ..ProviderAdjusted::default()
            };
            events.push(Event::Remittance(Remittance::Adjusted(Box::new(body))));
        }
        events
    }

    fn claim(&self, ordinal: u64, claim: &SlipClaim) -> Event<'static> {
        let line = |(line, (charge, paid)): (u32, &(i64, i64))| LineMoney {
            charge: Some(cents(*charge)),
            line,
            paid: Some(cents(*paid)),
        };
        let body = ClaimBody {
            claim: ClaimNumbers {
                ordinal,
                patient_control: claim.control.clone().into(),
                payer_control: Some(claim.payer.clone().into()),
                remittance: self.id().into(),
                status: claim.status.into(),
                ..ClaimNumbers::default()
            },
            dates: ClaimDates {
                from: Some(Day(claim.service)),
                to: Some(Day(claim.service)),
                ..ClaimDates::default()
            },
            money: ClaimMoney {
                charge: Some(cents(claim.charge())),
                paid: Some(cents(claim.paid())),
                lines: (1..).zip(&claim.lines).map(line).collect(),
                ..ClaimMoney::default()
            },
            ..ClaimBody::default()
        };
        Event::Claim(ClaimKind::of_status(claim.status.as_bytes()), Box::new(body))
    }

    /// Its last record.
    pub(crate) fn end(&self, findings: Vec<Finding>) -> Event<'static> {
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
            remittance: self.id().into(),
            truncated: false,
        };
        Event::Remittance(Remittance::Closed(Box::new(body)))
    }

    /// The same as a file of one remittance.
    pub(crate) fn text(&self) -> String {
        let date = |day: NaiveDate| day.format("%Y%m%d").to_string();
        let claims: i64 = self.claims.iter().map(SlipClaim::paid).sum();
        let plb: i64 = self.plb.iter().map(|(_, _, amount)| amount).sum();
        let mut segments = format!(
            "ST*835*0001~BPR*I*{}*C*ACH*CCP*01*1*DA*1*{PAYER}**01*1*DA*1*{}~TRN*1*{}*{PAYER}~\
             N1*PR*BAYSTATE HEALTH PLAN~N1*PE*A CLINIC*XX*{}~LX*1~",
            dollars(claims - plb),
            date(self.paid_on),
            self.trace,
            self.payee
        );
        for claim in &self.claims {
            let day = date(claim.service);
            let _ = write!(
                segments,
                "CLP*{}*{}*{}*{}**MC*{}*11*1~DTM*232*{day}~DTM*233*{day}~",
                claim.control,
                claim.status,
                dollars(claim.charge()),
                dollars(claim.paid()),
                claim.payer
            );
            for (charge, paid) in &claim.lines {
                let (full, part) = (dollars(*charge), dollars(*paid));
                let _ = write!(segments, "SVC*HC:99213*{full}*{part}~DTM*472*{day}~");
                if charge != paid {
                    let _ = write!(segments, "CAS*CO*45*{}~", dollars(charge - paid));
                }
            }
        }
        for (reason, reference, amount) in &self.plb {
            let amount = dollars(*amount);
            let _ = write!(segments, "PLB*{}*20261231*{reason}:{reference}*{amount}~", self.payee);
        }
        let count = segments.matches('~').count() + 1;
        format!(
            "ISA*00*          *00*          *ZZ*BAYSTATE       *ZZ*ACLINIC        \
             *250407*0900*^*00501*000000901*0*P*:~GS*HP*BAYSTATE*ACLINIC*20250407*0900*901*X*\
             005010X221A1~{segments}SE*{count}*0001~GE*1*901~IEA*1*000000901~"
        )
    }
}
