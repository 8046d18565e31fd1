//! What is wrong with a policy's text, and where: line, rule, key, what is allowed.

use std::fmt;

use super::rule::{DueError, RuleId};

/// A text is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// The line, from 1.
    pub line: usize,
    /// The rule that it stands in.
    pub rule: Option<String>,
    /// The key that it stands behind.
    pub key: Option<String>,
    /// What is wrong, and what is allowed.
    pub what: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(rule) = &self.rule {
            write!(f, ", rule {rule}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", {key}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl PolicyError {
    /// What the reader of TOML says, in its place.
    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let line = line_of(text, at);
        let what = error.message().replace('\n', "; ").replace('`', "\"");
        Self { line, rule: rule_at(text, line), key: key_at(text, line), what }
    }

    /// What is wrong with a rule as a whole.
    pub(super) fn of_rule(line: usize, rule: &RuleId, why: DueError) -> Self {
        Self { line, rule: Some(rule.to_string()), key: None, what: why.to_string() }
    }
}

/// The line of a place in a text, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count().saturating_add(1)
}

/// The id of the rule that holds a line: the one written under the last head above it.
fn rule_at(text: &str, line: usize) -> Option<String> {
    let head = |line: &str| line.trim_start().starts_with('[');
    let lines: Vec<&str> = text.lines().collect();
    let above = lines.get(..line.min(lines.len()))?;
    let start = above.iter().rposition(|line| line.trim_start().starts_with("[[rule]]"))?;
    let own = lines.iter().skip(start.saturating_add(1)).take_while(|line| !head(line));
    own.filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim() == "id")
        .and_then(|(_, value)| value.split('"').nth(1))
        .map(str::to_owned)
}

/// The key that a line begins with.
fn key_at(text: &str, line: usize) -> Option<String> {
    let written = text.lines().nth(line.checked_sub(1)?)?;
    let key = written.split_once('=')?.0.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
    (!key.is_empty() && key.chars().all(fits)).then(|| key.to_owned())
}
