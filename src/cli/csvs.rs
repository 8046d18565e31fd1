//! CSV files that people give: columns by name, faults by line.
//!
//! A file is read whole and every fault is told, before anything is recorded.

use std::path::Path;

use super::Failure;
use super::text::plain;

/// A file's rows, with the columns that it has.
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
}

/// A row: its line in the file, and its fields by column.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// The line, from 1; the head is line 1.
    pub(super) line: u64,
    table: &'a Table,
    fields: &'a [String],
}

/// Faults named before the others are counted.
const FAULTS_MAX: usize = 20;

impl Table {
    /// Reads a file whose head names columns: all that are `needed`, others of those `allowed`.
    pub(super) fn read(path: &Path, needed: &[&str], allowed: &[&str]) -> Result<Self, Failure> {
        let shown = plain(&path.display().to_string());
        let cannot = |error: csv::Error| {
            let at = error.position().map(|at| format!(", line {}", at.line()));
            let what = format!("cannot read {shown}{}", at.unwrap_or_default());
            Failure::new(what).because(error)
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(cannot)?;
        let head = reader.headers().map_err(cannot)?.clone();
        let columns: Vec<String> =
            head.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        let columns_are =
            || format!("columns are {}; further {}", needed.join(", "), allowed.join(", "));
        for name in needed {
            if !columns.iter().any(|column| column == name) {
                return Err(Failure::usage(format!(
                    "{shown}, line 1: the column {name} is missing"
                ))
                .help(columns_are()));
            }
        }
        for name in &columns {
            if !needed.contains(&name.as_str()) && !allowed.contains(&name.as_str()) {
                let what = format!("{shown}, line 1: there is no column {:?}", plain(name));
                return Err(Failure::usage(what).help(columns_are()));
            }
        }
        let twice = |name: &&String| columns.iter().filter(|other| other == name).count() > 1;
        if let Some(name) = columns.iter().find(twice) {
            let what = format!("{shown}, line 1: the column {} stands twice", plain(name));
            return Err(Failure::usage(what).help(columns_are()));
        }
        let (mut rows, mut uneven) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(cannot)?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != columns.len() {
                let (found, wanted) = (record.len(), columns.len());
                uneven.push(format!("line {line}: {found} fields, and the head has {wanted}"));
            }
            rows.push((line, record.iter().map(ToOwned::to_owned).collect()));
        }
        if !uneven.is_empty() {
            return Err(faults(path, &uneven));
        }
        Ok(Self { columns, rows })
    }

    /// The rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { line: *line, table: self, fields })
    }
}

impl<'a> Row<'a> {
    /// A field; `None` where the column is not there or empty.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        let at = self.table.columns.iter().position(|name| name == column)?;
        self.fields.get(at).map(String::as_str).filter(|field| !field.is_empty())
    }

    /// A field that must be there.
    pub(super) fn need(&self, column: &str) -> Result<&'a str, String> {
        self.get(column).ok_or_else(|| format!("line {}: {column} is empty", self.line))
    }
}

/// Says everything that is wrong with a file.
pub(super) fn faults(path: &Path, faults: &[String]) -> Failure {
    let shown = plain(&path.display().to_string());
    let mut what = format!("{shown} cannot be taken; nothing of it was");
    for fault in faults.iter().take(FAULTS_MAX) {
        what.push_str("\n  ");
        what.push_str(&plain(fault));
    }
    let more = faults.len().saturating_sub(FAULTS_MAX);
    if more > 0 {
        what = format!("{what}\n  and {more} more");
    }
    Failure::usage(what).help("correct the lines and give the file again")
}
