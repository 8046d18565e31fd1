//! House rules, held by tests. Each rule is a function from a file to what is wrong with it, and is
//! itself tested on an example that breaks it.
//!
//! Not here: what the compiler, clippy or rustfmt can say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the program's own code is; what stands beside it are tests and benchmarks.
const PROGRAM: [&str; 3] = ["src", "events/src", "projections/src"];
/// Everything that is written in Rust.
const ALL: [&str; 4] = ["src", "events", "projections", "tests"];
/// A file above this is split by meaning.
const LINES_MAX: usize = 600;
/// Names that say nothing of what a file is about.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "type", "types", "mod"];
/// What lies at the top, beside files that begin with a dot. Whoever adds to it, says so here.
const TOP_LEVEL: [&str; 13] = [
    "Cargo.lock",
    "Cargo.toml",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "deny.toml",
    "README.md",
    "benches",
    "docker",
    "events",
    "projections",
    "src",
    "tests",
];

/// A name that may stand in one file only.
struct Confined {
    name: &'static str,
    home: &'static str,
}

const CONFINED: [Confined; 4] = [
    Confined { name: "sled::", home: "src/journal/sled.rs" },
    Confined { name: "SystemTime", home: "src/now.rs" },
    Confined { name: "Utc::now", home: "src/now.rs" },
    Confined { name: "Local::now", home: "src/now.rs" },
];

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below some folders, by their path in the checkout.
fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    for folder in folders {
        walk(&checkout().join(folder), &mut paths);
    }
    assert!(paths.len() > folders.len(), "the walk finds files");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(checkout()).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// A line without its comment.
fn code(line: &str) -> &str {
    let in_text = |at: usize| line[..at].matches('"').count() % 2 == 1;
    let comment = line.match_indices("//").map(|(at, _)| at).find(|at| !in_text(*at));
    &line[..comment.unwrap_or(line.len())]
}

fn ends_in_a_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// True where the line names the thing itself: `x::sled::` is a module of ours, `sled::` the crate.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = &line[..at];
        let is_path = before.strip_suffix("::").is_some_and(ends_in_a_word);
        // `std::time::SystemTime` is the thing itself, whatever stands before it.
        !ends_in_a_word(before) && (!is_path || !name.ends_with("::"))
    })
}

fn confined(path: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for Confined { name, home } in CONFINED {
        for (number, line) in (1..).zip(text.lines()) {
            if path != home && names(code(line), name) {
                wrong.push(format!("{path}:{number}: {name} belongs in {home} alone"));
            }
        }
    }
    wrong
}

fn short(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    vec![format!("{path}: {lines} lines, and {LINES_MAX} is the end; split it by meaning")]
}

fn named(path: &str, _: &str) -> Vec<String> {
    let stem = Path::new(path).file_stem().unwrap().to_str().unwrap();
    if EMPTY_NAMES.contains(&stem) {
        return vec![format!("{path}: name it after what it is about")];
    }
    Vec::new()
}

/// The attribute that `text` begins with, up to the bracket that ends it.
fn attribute(text: &str) -> &str {
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '[' if !in_text => depth += 1,
            ']' if !in_text && depth == 1 => return &text[..at],
            ']' if !in_text => depth -= 1,
            _ => {}
        }
    }
    text
}

fn reasoned(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(code).collect();
    let text = lines.join("\n");
    let starts = [concat!("#", "["), concat!("#!", "[")]
        .into_iter()
        .flat_map(|start| text.match_indices(start));
    starts
        .map(|(at, _)| (at, attribute(&text[at..])))
        .filter(|(_, attribute)| attribute.contains("allow(") || attribute.contains("expect("))
        .filter(|(_, attribute)| !attribute.contains("reason = \""))
        .map(|(at, attribute)| {
            let number = text[..at].lines().count().max(1);
            format!("{path}:{number}: {attribute}] gives no reason")
        })
        .collect()
}

fn belongs_at_the_top(name: &str) -> bool {
    name.starts_with('.') || TOP_LEVEL.contains(&name)
}

/// What is at the top of the checkout: what is kept under version control, or, without that, all.
fn top_level() -> BTreeSet<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(checkout()).output();
    if let Ok(listed) = listed
        && listed.status.success()
        && !listed.stdout.is_empty()
    {
        let text = String::from_utf8(listed.stdout).unwrap();
        let first = |path: &str| path.split('/').next().unwrap().to_owned();
        return text.split('\0').filter(|path| !path.is_empty()).map(first).collect();
    }
    let entries = std::fs::read_dir(checkout()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "target").collect()
}

/// What a text links to that is not there: a file, or a test of that name in it.
fn links(text: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, _) in text.match_indices("](") {
        let target = text[at + 2..].split(')').next().unwrap();
        if target.contains("://") || target.starts_with('#') {
            continue;
        }
        let Some(file) = read(target) else {
            wrong.push(format!("{target} is not there"));
            continue;
        };
        let label = text[..at].rsplit('[').next().unwrap();
        if let Some(test) = label.strip_prefix('`').and_then(|label| label.strip_suffix('`'))
            && Path::new(target).extension().is_some_and(|extension| extension == "rs")
            && !file.contains(&format!("fn {test}("))
        {
            wrong.push(format!("{target} has no {test}"));
        }
    }
    wrong
}

fn check(folders: &[&str], rule: impl Fn(&str, &str) -> Vec<String>) {
    let files = rust_files(folders);
    let wrong: Vec<String> = files.iter().flat_map(|(path, text)| rule(path, text)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn sled_and_the_wall_clock_are_named_in_one_file_each() {
    check(&PROGRAM, confined);
}

#[test]
fn no_file_of_the_program_is_above_600_lines() {
    check(&PROGRAM, short);
}

#[test]
fn every_file_is_named_after_what_it_is_about() {
    check(&ALL, named);
}

#[test]
fn every_lint_that_is_switched_off_says_why() {
    check(&ALL, reasoned);
}

#[test]
fn the_top_level_holds_nothing_that_has_no_place_there() {
    let stray: Vec<_> = top_level().into_iter().filter(|name| !belongs_at_the_top(name)).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn what_the_readme_links_to_is_there() {
    let text = std::fs::read_to_string(checkout().join("README.md")).unwrap();
    let read = |target: &str| {
        let path = checkout().join(target);
        if path.is_dir() {
            return Some(String::new());
        }
        std::fs::read_to_string(path).ok()
    };
    let wrong = links(&text, read);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_rule_of_confined_names_finds_what_breaks_it() {
    let bad = [
        "use sled::Db;",
        "    let db: ::sled::Db = open();",
        "type Moment = std::time::SystemTime;",
        "let url = \"http://x\"; let now = Utc::now();",
        "let now = chrono::Local::now();",
    ];
    for line in bad {
        assert_eq!(confined("src/rows.rs", line).len(), 1, "{line}");
    }
    let good = [
        "use crate::journal::sled::Database;",
        "use super::sled::{Batch, Bytes};",
        "// sled::Db is not named here, nor SystemTime",
        "let start = Instant::now();",
        "let assled::x = 1;",
    ];
    for line in good {
        assert!(confined("src/rows.rs", line).is_empty(), "{line}");
    }
    assert!(confined("src/journal/sled.rs", bad[0]).is_empty());
    assert!(confined("src/now.rs", bad[2]).is_empty());
}

#[test]
fn the_rule_of_length_finds_what_breaks_it() {
    assert!(short("src/a.rs", &"//\n".repeat(LINES_MAX)).is_empty());
    assert_eq!(short("src/a.rs", &"//\n".repeat(LINES_MAX + 1)).len(), 1);
}

#[test]
fn the_rule_of_names_finds_what_breaks_it() {
    for path in ["src/util.rs", "events/src/event/mod.rs", "tests/common.rs", "src/types.rs"] {
        assert_eq!(named(path, "").len(), 1, "{path}");
    }
    assert!(named("src/journal/streams.rs", "").is_empty());
}

#[test]
fn the_rule_of_reasons_finds_what_breaks_it() {
    // Written in two parts, so that this file keeps its own rule.
    let bad = [
        concat!("#", "[allow(dead_code)]"),
        concat!("#", "![allow(\n    clippy::panic,\n    clippy::unwrap_used,\n)]"),
        concat!("#", "[expect(dead_code)]\nfn f() { let reason = \"\"; }"),
        concat!("#", "[cfg_attr(test, allow(dead_code))]"),
        concat!("#", "[allow(dead_code)] // reason = \"in a comment\""),
    ];
    for text in bad {
        assert_eq!(reasoned("src/a.rs", text).len(), 1, "{text}");
    }
    let good = concat!("#", "[allow(dead_code, reason = \"a [bracket] and \\\" a quote\")]");
    assert!(reasoned("src/a.rs", good).is_empty());
    assert!(reasoned("src/a.rs", "#[derive(Debug)]\nstruct S;").is_empty());
}

#[test]
fn the_rule_of_the_top_level_finds_what_breaks_it() {
    assert!(belongs_at_the_top("src") && belongs_at_the_top(".ci"));
    assert!(!belongs_at_the_top("scripts") && !belongs_at_the_top("notes.md"));
    assert!(top_level().contains("Cargo.toml"));
}

#[test]
fn the_rule_of_links_finds_what_breaks_it() {
    let read = |target: &str| (target == "tests/a.rs").then(|| "fn it_holds() {".to_owned());
    let good = "[`it_holds`](tests/a.rs), [tests](tests/a.rs), [web](https://example.org), [x](#x)";
    assert!(links(good, read).is_empty());
    assert_eq!(links("[`it_fails`](tests/a.rs)", read), ["tests/a.rs has no it_fails"]);
    assert_eq!(links("[b](tests/b.rs)", read), ["tests/b.rs is not there"]);
}
