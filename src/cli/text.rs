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

/// The same text in lines of at most 100 columns: a longer one goes on under itself, between words. A
/// word that is longer stays whole.
pub(super) fn folded(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(one_folded).collect();
    lines.join("\n")
}

fn one_folded(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let ahead = line.chars().take_while(|c| *c == ' ').count();
    let indent = " ".repeat(ahead.saturating_add(2).min(INDENT));
    let mut out = String::new();
    let mut column = 0_usize;
    // Words with the blanks ahead of them, so that columns stay where they are.
    let mut blanks = 0_usize;
    for word in line.split(' ') {
        if word.is_empty() {
            blanks = blanks.saturating_add(1);
            continue;
        }
        let width = word.chars().count();
        let ends = column.saturating_add(blanks).saturating_add(width);
        if column > ahead && ends > WIDTH {
            out.push('\n');
            out.push_str(&indent);
            column = indent.len().saturating_add(width);
        } else {
            out.push_str(&" ".repeat(blanks));
            column = ends;
        }
        out.push_str(word);
        blanks = 1;
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

    #[test]
    fn a_line_that_is_too_long_goes_on_under_itself() {
        let short = "  a   b";
        assert_eq!(folded(short), short);
        let long = format!("  head   {}\nsecond", ["eight888"; 12].join(" "));
        let folded = folded(&long);
        let lines: Vec<&str> = folded.lines().collect();
        assert_eq!(lines.len(), 3, "{folded}");
        assert!(lines[0].starts_with("  head   eight888 ") && lines[0].len() <= 100, "{folded}");
        assert_eq!(lines[1], "    eight888 eight888", "{folded}");
        assert_eq!(lines[2], "second");
        let word = format!("  {}", "x".repeat(120));
        assert_eq!(super::folded(&word), word);
    }
}
