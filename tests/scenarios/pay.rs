//! An 835 of a few words: claims and provider adjustments of one payee.

use std::fmt::Write as _;

use lookback_events::money::Money;

use super::read::words;

/// The payee of stories that name none.
pub(super) const PAYEE: &str = "1234567893";

/// A remittance as a story tells it.
#[derive(Debug)]
pub(super) struct Remittance<'a> {
    /// The payment date, `20260105`.
    pub(super) paid_on: &'a str,
    /// Its check or EFT number.
    pub(super) trace: &'a str,
    /// Who is paid.
    pub(super) payee: &'a str,
    /// Who pays.
    pub(super) payer: &'a str,
}

struct Parts {
    claims: String,
    plb: String,
    payment: Money,
}

impl Remittance<'_> {
    /// Its text, of parts such as `A-1 1 800.00 500.00 lines=300.00+200.00` and `PLB WO:77 100.00`.
    pub(super) fn text(&self, told: &str) -> Result<String, String> {
        let mut parts = Parts { claims: String::new(), plb: String::new(), payment: Money::ZERO };
        for part in told.split(';') {
            let words = words(part);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["PLB", item, amount] => {
                    let amount = money(amount)?;
                    write!(parts.plb, "PLB*{}*20271231*{item}*{amount}~", self.payee).unwrap();
                    parts.payment = parts.payment.checked_sub(amount).unwrap();
                }
                [claim, status, charge, paid, more @ ..] => {
                    let (charge, paid) = (money(charge)?, money(paid)?);
                    parts.payment = parts.payment.checked_add(paid).unwrap();
                    parts.claims += &self.claim(claim, status, charge, paid, more)?;
                }
                _ => return Err(format!("{part:?} is no part of a remittance")),
            }
        }
        Ok(self.file(&parts))
    }

    fn claim(
        &self,
        claim: &str,
        status: &str,
        charge: Money,
        paid: Money,
        more: &[&str],
    ) -> Result<String, String> {
        let (mut served, mut lines) = (self.paid_on.to_owned(), vec![paid]);
        let mut control = format!("P{claim}");
        for word in more {
            match word.split_once('=') {
                Some(("served", day)) => served = day.replace('-', ""),
                Some(("control", given)) => given.clone_into(&mut control),
                Some(("lines", all)) => {
                    lines = all.split('+').map(money).collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("{word:?} says nothing of a claim")),
            }
        }
        let mut text =
            format!("CLP*{claim}*{status}*{charge}*{paid}**MC*{control}*11*1~DTM*232*{served}~");
        let mut left = charge.checked_sub(paid).unwrap();
        for line in lines {
            // What is not paid is adjusted on the first line.
            let off = std::mem::take(&mut left);
            let charged = line.checked_add(off).unwrap();
            write!(text, "SVC*HC:99213*{charged}*{line}~DTM*472*{served}~").unwrap();
            if !off.is_zero() {
                write!(text, "CAS*CO*45*{off}~").unwrap();
            }
        }
        Ok(text)
    }

    fn file(&self, parts: &Parts) -> String {
        let Self { paid_on, trace, payee, payer } = self;
        let (payment, claims, plb) = (parts.payment, &parts.claims, &parts.plb);
        let segments = format!(
            "ST*835*0001~BPR*I*{payment}*C*ACH*CCP*01*1*DA*1*{payer}**01*1*DA*1*{paid_on}~\
             TRN*1*{trace}*{payer}~N1*PR*BAYSTATE HEALTH PLAN~N1*PE*RIVERBEND CLINIC*XX*{payee}~\
             LX*1~{claims}{plb}"
        );
        let count = segments.matches('~').count() + 1;
        format!(
            "ISA*00*          *00*          *ZZ*BAYSTATE       *ZZ*RIVERBEND      *250407*0900*^\
             *00501*000000901*0*P*:~GS*HP*BAYSTATE*RIVERBEND*20250407*0900*901*X*005010X221A1~\
             {segments}SE*{count}*0001~GE*1*901~IEA*1*000000901~"
        )
    }
}

fn money(text: &str) -> Result<Money, String> {
    text.parse().map_err(|_| format!("{text:?} is no amount"))
}
