//! Reads the text of stories: titles, what they cover, lines.

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It was so before.
    Given,
    /// It happens.
    When,
    /// It must be true.
    Then,
}

/// A line of a story.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// A story.
#[derive(Debug)]
pub(super) struct Table {
    file: String,
    number: usize,
    title: String,
    /// What it covers, such as `clock dispute-window`.
    pub(super) covers: Vec<String>,
    pub(super) lines: Vec<Line>,
}

impl Table {
    /// Where it stands, and its title.
    pub(super) fn place(&self) -> String {
        self.at(self.number)
    }

    /// A line of it, and its title.
    pub(super) fn at(&self, number: usize) -> String {
        format!("{}:{number}, {}", self.file, self.title)
    }
}

/// The stories of a file.
pub(super) fn tables(file: &str, text: &str) -> Result<Vec<Table>, String> {
    let mut all: Vec<Table> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |why: &str| Err(format!("{file}:{number}: {why}: {line}"));
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with("//") {
            continue;
        }
        if let Some(title) = line.strip_prefix("# ") {
            let (file, title) = (file.to_owned(), title.trim().to_owned());
            let (covers, lines) = (Vec::new(), Vec::new());
            all.push(Table { file, number, title, covers, lines });
            continue;
        }
        let Some(table) = all.last_mut() else { return wrong("a story begins with # and a title") };
        if let Some(covers) = line.strip_prefix("covers:") {
            table.covers.extend(covers.split(';').map(|one| one.trim().to_owned()));
            continue;
        }
        if line.starts_with(' ') {
            match table.lines.last_mut() {
                Some(last) => {
                    last.text.push(' ');
                    last.text.push_str(trimmed);
                }
                None => return wrong("nothing is there that it could go on with"),
            }
            continue;
        }
        let Some((kind, text)) = kind(line) else {
            return wrong("a line begins with given, when or then");
        };
        table.lines.push(Line { number, kind, text: text.trim().to_owned() });
    }
    Ok(all)
}

fn kind(line: &str) -> Option<(Kind, &str)> {
    let (word, text) = line.split_once(' ')?;
    match word {
        "given" => Some((Kind::Given, text)),
        "when" => Some((Kind::When, text)),
        "then" => Some((Kind::Then, text)),
        _ => None,
    }
}

/// Splits a text at blanks that stand in no quotes and no brackets; quotes around a value go.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut all, mut word) = (Vec::new(), String::new());
    let (mut depth, mut quoted) = (0_i32, false);
    for c in text.chars() {
        match c {
            '"' if depth == 0 => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        if c == ' ' && depth == 0 && !quoted {
            if !word.is_empty() {
                all.push(std::mem::take(&mut word));
            }
        } else if c != '"' || depth > 0 {
            word.push(c);
        }
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}
