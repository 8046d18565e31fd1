//! How many claims a remittance has and how many lines a claim: the distributions, in integers.
//!
//! Not a statistics library: two tables and a straight line between their points.

use super::source::Source;

/// The lognormal of median 20 and sigma 1.5, cut at 1 and 10,000: (parts per million, hundredths).
///
/// The value at q is 100 x 20 x exp(1.5 x z(q)), z being the quantile of the standard normal.
const CLAIMS: [(u32, u32); 43] = [
    (0, 100),
    (2_000, 100),
    (10_000, 100),
    (31_250, 122),
    (62_500, 200),
    (93_750, 277),
    (125_000, 356),
    (156_250, 440),
    (187_500, 529),
    (218_750, 624),
    (250_000, 727),
    (281_250, 839),
    (312_500, 961),
    (343_750, 1_094),
    (375_000, 1_240),
    (406_250, 1_401),
    (437_500, 1_580),
    (468_750, 1_778),
    (500_000, 2_000),
    (531_250, 2_250),
    (562_500, 2_532),
    (593_750, 2_855),
    (625_000, 3_226),
    (656_250, 3_657),
    (687_500, 4_163),
    (718_750, 4_768),
    (750_000, 5_501),
    (781_250, 6_409),
    (812_500, 7_568),
    (843_750, 9_099),
    (875_000, 11_231),
    (906_250, 14_442),
    (937_500, 19_972),
    (968_750, 32_696),
    (980_000, 43_544),
    (990_000, 65_541),
    (995_000, 95_287),
    (998_000, 149_963),
    (999_000, 206_128),
    (999_500, 278_366),
    (999_900, 529_362),
    (999_990, 1_000_000),
    (1_000_000, 1_000_000),
];

/// Draws the number of claims of one remittance: 1 to 10,000, median 20.
pub(super) fn claims_of_a_remittance(source: &mut Source) -> u64 {
    let drawn = source.below(1_000_000);
    let (mut low, mut high) = ((0, 100), (1_000_000, 1_000_000));
    for point in CLAIMS {
        if point.0 <= drawn {
            low = point;
        } else {
            high = point;
            break;
        }
    }
    let along = u64::from(drawn.saturating_sub(low.0));
    let span = u64::from(high.0.saturating_sub(low.0).max(1));
    let rise = u64::from(high.1.saturating_sub(low.1));
    let risen = rise.saturating_mul(along).checked_div(span).unwrap_or_default();
    // Rounded to whole claims; the median of 20.00 stays 20.
    (u64::from(low.1).saturating_add(risen).saturating_add(50) / 100).max(1)
}

/// Draws the number of lines of one claim, 1 to 40.
pub(super) fn lines_of_a_claim(source: &mut Source) -> u32 {
    match source.below(100) {
        0..34 => 1,
        34..56 => 2,
        56..66 => 3,
        66..73 => 4,
        73..77 => 5,
        77..81 => 6,
        81..86 => source.between(7, 8),
        86..92 => source.between(9, 12),
        92..99 => 13,
        _ => source.between(14, 40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_remittances_have_at_most_twenty_claims_and_none_more_than_ten_thousand() {
        let mut source = Source::new(1);
        let mut drawn: Vec<u64> =
            (0..200_000).map(|_| claims_of_a_remittance(&mut source)).collect();
        drawn.sort_unstable();
        assert!((19..=21).contains(&drawn[100_000]), "median {}", drawn[100_000]);
        // exp(1.5 * 1.2816) * 20 = 137 at nine tenths; one in a thousand is above 2,061.
        assert!((132..=142).contains(&drawn[180_000]), "nine tenths {}", drawn[180_000]);
        assert!((1_700..=2_450).contains(&drawn[199_800]), "999 in 1,000 {}", drawn[199_800]);
        assert_eq!((drawn[0], drawn[199_999]), (1, 10_000));
    }

    #[test]
    fn the_table_ascends() {
        assert!(CLAIMS.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    }
}
