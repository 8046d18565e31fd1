//! The files of the demonstration: one month of a small plan, March 2026.
//!
//! Not generated: few enough to be read by eye. Plan, payees and patients are invented, and named so
//! that nobody can take them for real. Three payees are paid on Fridays; everything adds up but for
//! what is said below.

/// The samples in the order of their delivery: file name and bytes.
///
/// | file | what it shows |
/// |---|---|
/// | 01 harbor | payments and a denial: no authorization (CO 197) |
/// | 02 bayberry | payments, one after another payer (OA 23), and a denial: filed late (CO 29) |
/// | 03 harbor | HL-1001 of file 01 reversed (261.00) and corrected (101.00), under a control number of its own; the payment would be below zero, so 95.00 is carried forward under this check number |
/// | 04 bayberry | a letter's recovery: 125.00 taken under control number OP-2026-000117 |
/// | 05 cobble | a third payee; interest of 4.50 paid (L6) |
/// | 06 harbor | the 95.00 carried forward in file 03 are used |
/// | 07 bayberry | a refund check of 88.00 came in: WO and 72 under OP-2026-000121, nothing taken |
/// | 08 cobble | **unbalanced**: the claims pay 442.80, BPR02 says 450.80 |
/// | 09 harbor and bayberry | two remittances in one file, and a denial |
/// | 10 bayberry | **a duplicate**: the bytes of file 02 under another name |
pub const SAMPLES: &[(&str, &[u8])] = &[
    ("01-2026-03-06-harbor.835", include_bytes!("samples/01-2026-03-06-harbor.835")),
    ("02-2026-03-06-bayberry.835", include_bytes!("samples/02-2026-03-06-bayberry.835")),
    ("03-2026-03-13-harbor.835", include_bytes!("samples/03-2026-03-13-harbor.835")),
    ("04-2026-03-13-bayberry.835", include_bytes!("samples/04-2026-03-13-bayberry.835")),
    ("05-2026-03-13-cobble.835", include_bytes!("samples/05-2026-03-13-cobble.835")),
    ("06-2026-03-20-harbor.835", include_bytes!("samples/06-2026-03-20-harbor.835")),
    ("07-2026-03-20-bayberry.835", include_bytes!("samples/07-2026-03-20-bayberry.835")),
    ("08-2026-03-20-cobble.835", include_bytes!("samples/08-2026-03-20-cobble.835")),
    (
        "09-2026-03-27-harbor-and-bayberry.835",
        include_bytes!("samples/09-2026-03-27-harbor-and-bayberry.835"),
    ),
    // The duplicate is the very file, so it can never drift from it.
    ("10-2026-03-27-bayberry-again.835", include_bytes!("samples/02-2026-03-06-bayberry.835")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::auditor::Auditor;

    #[test]
    fn the_samples_break_two_rules_and_no_others() {
        let mut auditor = Auditor::default();
        for (name, bytes) in SAMPLES {
            auditor.read(name, bytes);
        }
        let breaches: Vec<_> =
            auditor.breaches.iter().map(|(file, _, _, rule)| (&file[..2], *rule)).collect();
        assert_eq!(breaches, [("08", "transaction-unbalanced"), ("10", "delivered-twice")]);
        assert_eq!(auditor.seen["CLP"], 29);
        assert_eq!(auditor.forwards_left(), [0], "made in 03, used up in 06");
    }

    #[test]
    fn the_samples_are_named_in_the_order_of_delivery() {
        assert!(SAMPLES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
