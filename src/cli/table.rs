//! Answers on their way out: lines of a table, JSON objects, or comma-separated values.
//!
//! Streams: widths are fixed ahead, no line waits for another. A table has at most 100 columns.

use std::io::{self, Write};

use lookback_events::event::text::Day;
use lookback_events::money::Money;
use serde::Serialize;

use super::Format;
use super::text::{folded, plain};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    width: usize,
    right: bool,
}

impl Column {
    /// What its head says.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }
}

/// A column of text.
pub(super) const fn left(name: &'static str, width: usize) -> Column {
    Column { name, width, right: false }
}

/// No line of a table is longer: it goes on one screen and one page.
const WIDTH_MAX: usize = 100;

/// How long the lines of a table are.
const fn width(columns: &[Column]) -> usize {
    let (mut all, mut rest) = (0_usize, columns);
    while let [column, more @ ..] = rest {
        all = all.saturating_add(GAP.len()).saturating_add(column.width);
        rest = more;
    }
    all
}

/// What lies before every cell.
const GAP: &str = "  ";

/// A column of numbers.
pub(super) const fn right(name: &'static str, width: usize) -> Column {
    Column { name, width, right: true }
}

/// What has a line in a table, an object in JSON and a record in CSV.
pub(super) trait Line: Serialize {
    /// The names of its members, as they are serialised: the head of CSV, also without any line.
    const FIELDS: &'static [&'static str];
    /// The table's columns.
    const COLUMNS: &'static [Column];
    /// The table's cells.
    fn cells(&self) -> Vec<String>;
}

/// Where an answer goes.
pub(super) struct Sink<W> {
    format: Format,
    out: W,
    /// Lines since the last head.
    lines: u64,
}

impl<W: Write> Sink<W> {
    pub(super) const fn new(format: Format, out: W) -> Self {
        Self { format, out, lines: 0 }
    }

    /// True where a person reads.
    pub(super) fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    pub(super) fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// How many lines there have been since the last part began.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Begins another part of a table, with a head of its own.
    pub(super) const fn part(&mut self) {
        self.lines = 0;
    }

    /// One line of the answer.
    pub(super) fn put<T: Line>(&mut self, line: &T) -> io::Result<()> {
        const { assert!(width(T::COLUMNS) <= WIDTH_MAX, "a table is too wide") };
        match self.format {
            Format::Table => {
                if self.lines == 0 {
                    let heads = T::COLUMNS.iter().map(|column| column.name.to_owned()).collect();
                    self.cells(T::COLUMNS, heads)?;
                }
                self.cells(T::COLUMNS, line.cells())?;
            }
            Format::Json => self.object(line)?,
            Format::Csv => self.csv(Some(line))?,
        }
        self.lines = self.lines.saturating_add(1);
        Ok(())
    }

    /// An object that is no line of a table: JSON only.
    pub(super) fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.format != Format::Json {
            return Ok(());
        }
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// Ends a list: one without lines still has a head where a program reads it as CSV.
    pub(super) fn ended<T: Line>(&mut self) -> io::Result<()> {
        if self.is_csv() && self.lines == 0 { self.csv::<T>(None) } else { Ok(()) }
    }

    fn csv<T: Line>(&mut self, line: Option<&T>) -> io::Result<()> {
        // By way of memory: a CSV writer flushes what is beneath it.
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .buffer_capacity(1024)
            .from_writer(Vec::with_capacity(256));
        if self.lines == 0 {
            writer.write_record(T::FIELDS).map_err(io::Error::other)?;
        }
        if let Some(line) = line {
            writer.serialize(line).map_err(io::Error::other)?;
        }
        self.out.write_all(&writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }

    /// A line of cells.
    pub(super) fn cells(&mut self, columns: &[Column], cells: Vec<String>) -> io::Result<()> {
        use std::fmt::Write as _;
        let mut text = String::new();
        for (column, cell) in columns.iter().zip(cells) {
            text.push_str(GAP);
            let width = column.width;
            if column.right {
                write!(text, "{cell:>width$}").map_err(io::Error::other)?;
            } else {
                let cell = clipped(&cell, width);
                write!(text, "{cell:<width$}").map_err(io::Error::other)?;
            }
        }
        writeln!(self.out, "{}", text.trim_end())
    }

    /// A line of words, in tables only; one that is too long goes on in the next.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        if self.is_table() {
            writeln!(self.out, "{}", folded(text.trim_end_matches(' ')))
        } else {
            Ok(())
        }
    }

    /// Ends the answer.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The beginning of a text, without what could end a line or move the cursor.
pub(super) fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return plain(text);
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", plain(&kept))
}

/// An amount for a person; `?` where it could not be read.
pub(super) fn amount(amount: Option<Money>) -> String {
    amount.map_or_else(|| "?".to_owned(), Money::grouped)
}

/// A day; `-` where there is none.
pub(super) fn day(day: Option<Day>) -> String {
    day.map_or_else(|| "-".to_owned(), |day| day.0.format("%Y-%m-%d").to_string())
}

/// The beginning of a digest, enough to name it.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Pair {
        name: &'static str,
        sum: Money,
    }

    impl Line for Pair {
        const FIELDS: &'static [&'static str] = &["name", "sum"];
        const COLUMNS: &'static [Column] = &[left("name", 6), right("sum", 10)];
        fn cells(&self) -> Vec<String> {
            vec![self.name.to_owned(), self.sum.grouped()]
        }
    }

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        let mut sink = Sink::new(format, &mut out);
        for (name, cents) in [("one", 123_456), ("a \"long\", name", -5)] {
            sink.put(&Pair { name, sum: Money::from_cents(cents) }).unwrap();
        }
        sink.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_looks_as_the_format_wants_it() {
        let table = "  name           sum\n  one       1,234.56\n  a \"lo…       -0.05\n";
        assert_eq!(written(Format::Table), table);
        let csv = "name,sum\none,1234.56\n\"a \"\"long\"\", name\",-0.05\n";
        assert_eq!(written(Format::Csv), csv);
        let mut out = Vec::new();
        Sink::new(Format::Csv, &mut out).ended::<Pair>().unwrap();
        assert_eq!(out, b"name,sum\n");
        let json = "{\"name\":\"one\",\"sum\":\"1234.56\"}\n\
                    {\"name\":\"a \\\"long\\\", name\",\"sum\":\"-0.05\"}\n";
        assert_eq!(written(Format::Json), json);
    }

    #[test]
    fn what_could_move_the_cursor_is_not_shown() {
        assert_eq!(clipped("a\u{1b}[2Jb\n", 20), "a·[2Jb·");
    }
}
