//! Shares in percent with one decimal, exactly, without a fraction in between.

use lookback_events::money::Money;

/// A part of a whole in percent, rounded half up: `73.4`; none of nothing.
pub fn of_counts(part: u64, whole: u64) -> Option<String> {
    share(i128::from(part), i128::from(whole))
}

/// A part of a sum in percent, rounded half up; none of nothing.
pub fn of_money(part: Money, whole: Money) -> Option<String> {
    share(part.cents(), whole.cents())
}

fn share(part: i128, whole: i128) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let sign = if part < 0 { "-" } else { "" };
    let part = i128::try_from(part.unsigned_abs()).ok()?;
    let half = whole.checked_div(2)?;
    let mille = part.checked_mul(1_000)?.checked_add(half)?.checked_div(whole)?;
    Some(format!("{sign}{}.{}", mille / 10, mille % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_to_one_decimal() {
        for (part, whole, expected) in [
            (0, 3, Some("0.0")),
            (1, 3, Some("33.3")),
            (2, 3, Some("66.7")),
            (1, 2_000, Some("0.1")),
            (1, 2_001, Some("0.0")),
            (3, 3, Some("100.0")),
            (5, 4, Some("125.0")),
            (1, 0, None),
        ] {
            assert_eq!(of_counts(part, whole).as_deref(), expected, "{part} of {whole}");
        }
        let (part, whole) = (Money::from_cents(-50), Money::from_cents(100));
        assert_eq!(of_money(part, whole).as_deref(), Some("-50.0"));
    }
}
