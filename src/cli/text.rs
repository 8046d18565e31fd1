//! Small words of tables.

pub(super) use crate::check::plain;

/// A count with spaces between its thousands.
pub(super) fn spaced(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// The word for one, or for several.
pub(super) const fn count<'a>(count: u64, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// The widest a line for a person may be.
const WIDTH: usize = 100;
/// Where what is said stands, behind its label.
const INDENT: usize = 15;

/// What is said under a label, in lines of at most 100 columns.
pub(super) fn labelled(label: &str, words: &str) -> String {
    let mut out = format!("  {label:<width$}", width = INDENT.saturating_sub(2));
    let mut column = INDENT;
    for (place, word) in plain(words).split(' ').enumerate() {
        let width = word.chars().count();
        if place > 0 && column.saturating_add(width) >= WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else if place > 0 {
            out.push(' ');
            column = column.saturating_add(1);
        }
        out.push_str(word);
        column = column.saturating_add(width);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_under_a_label_is_broken_between_words() {
        let words = ["eight888"; 20].join(" ");
        let said = labelled("label", &words);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= 100), "{said}");
        assert!(lines[0].starts_with("  label        eight888"), "{said}");
        assert!(lines[1].starts_with("               eight888"), "{said}");
    }
}
