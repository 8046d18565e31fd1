//! How it answers: in words, in CSV, to programs that stop reading, and where it cannot.

use super::*;

#[test]
fn a_setting_that_cannot_be_is_refused_with_what_to_write() {
    for name in ["cache_mib", "rows_cache_mib", "generation_records", "generation_mib"] {
        let copied = Copied::of(small());
        set(&copied.path(), name, 0);
        for line in ["show ledger", "verify", "verify --repair"] {
            let words = format!("[store] {name} = 0 cannot be; write ");
            run(&copied.path(), line).holds(4, &["lookback.toml: ", &words]);
        }
    }
}

#[test]
fn names_that_could_move_the_cursor_are_shown_without() {
    let copied = Copied::of(small());
    let inbox = copied.folder.path().join("inbox");
    std::fs::create_dir(&inbox).unwrap();
    std::fs::write(inbox.join("a\u{1b}[31mred\nline.835"), SAMPLES[0].1).unwrap();
    std::fs::write(inbox.join("b\u{1b}[2J.835"), b"no 835").unwrap();
    let folder = inbox.to_str().unwrap();
    for (args, code) in [(["check", folder], 1), (["ingest", folder], 0)] {
        let said = said(command(&copied.path(), &args));
        said.holds(code, &["a·[31mred·line.835", "b·[2J.835"]).lacks(&["\u{1b}"]);
    }
    let missing = inbox.join("c\u{1b}[2J");
    for word in ["check", "ingest"] {
        let said = said(command(&copied.path(), &[word, missing.to_str().unwrap()]));
        said.holds(4, &["cannot read", "c·[2J"]).lacks(&["\u{1b}"]);
    }
}

#[test]
fn csv_has_its_head_without_a_line_too() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    done(&ledger, &format!("init {}", ledger.display()));
    for report in ["findings", "remittances", "accounts", "payments", "forwards"] {
        let empty = done(&ledger, &format!("report {report} --format csv"));
        let all = if report == "forwards" { " --all" } else { "" };
        let full = done(small(), &format!("report {report}{all} --format csv"));
        assert_eq!(empty.lines().count(), 1, "{report}: {empty:?}");
        assert_eq!(empty.lines().next(), full.lines().next(), "{report}");
    }
}

#[test]
fn an_empty_variable_names_no_ledger() {
    let mut here = Command::new(env!("CARGO_BIN_EXE_lookback"));
    here.args(["show", "ledger"]).env("LOOKBACK_LEDGER", "").current_dir(small());
    said(here).holds(0, &["ledger lookback.local/ledger"]);
    let mut here = command(small(), &["ingest", "nothing"]);
    here.env("LOOKBACK_ACTOR", "");
    said(here).holds(4, &["cannot read nothing"]);
    let mut here = command(small(), &["ingest", "nothing"]);
    here.env("LOOKBACK_ACTOR", "A B");
    said(here).holds(2, &["LOOKBACK_ACTOR: "]);
    let mut here = Command::new(env!("CARGO_BIN_EXE_lookback"));
    here.args(["check", "--help"]).env("LOOKBACK_LEDGER", "");
    said(here).holds(0, &["json: One JSON object", "LOOKBACK_LEDGER"]).lacks(&["csv"]);
}

/// Runs a command whose reader goes away after the first bytes; gives its exit code and complaints.
fn with_a_short_reader(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 10];
    out.read_exact(&mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure_and_loses_nothing() {
    for report in ["report payments", "report payments --format json"] {
        let command = command(hot(), &report.split(' ').collect::<Vec<_>>());
        assert_eq!(with_a_short_reader(command), (Some(0), String::new()), "{report}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (ledger, inbox) = (folder.path().join("ledger"), folder.path().join("inbox"));
    done(&ledger, &format!("init {}", ledger.display()));
    let line =
        format!("generate --claims 3000 --claims-per-remittance 10 --out {}", inbox.display());
    done(&ledger, &line);
    let files = std::fs::read_dir(&inbox).unwrap().count();
    let args = ["ingest", "--format", "json", inbox.to_str().unwrap()];
    assert_eq!(with_a_short_reader(command(&ledger, &args)), (Some(0), String::new()));
    let again = ingest(&ledger, &inbox);
    again.holds(0, &[&format!("already recorded {files} files")]);
    // Ten are named, the others counted.
    again.holds(0, &[&format!("and {} more", files - 10), "recorded 0 files"]);
    let volumes = ledger.join("volumes");
    let found = Command::new("find").arg(&volumes).args(["-name", "*.tmp"]).output().unwrap();
    assert_eq!(String::from_utf8(found.stdout).unwrap(), "", "unfinished volumes are removed");
    done(&ledger, "verify");
}

#[test]
fn what_was_not_known_yet_is_not_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    done(&ledger, &format!("init {}", ledger.display()));
    ingest(&ledger, &samples(folder.path(), 0, 1)).holds(0, &[]);
    let json = done(&ledger, "report findings --format json");
    let head: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    let then = head["known_at"].as_str().unwrap();
    ingest(&ledger, &samples(folder.path(), 1, 4)).holds(0, &[]);
    let later = crate::ledger::sha256(SAMPLES[2].1);
    let first = crate::ledger::sha256(SAMPLES[0].1);
    let line = |digest| format!("show file {digest} --original --known-at {then}");
    run(&ledger, &line(later)).holds(4, &["no file is known"]);
    let output = command(&ledger, &line(first).split(' ').collect::<Vec<_>>()).output().unwrap();
    assert_eq!(output.stdout, SAMPLES[0].1);
    let json = done(&ledger, &format!("show ledger --format json --known-at {then}"));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    for journal in value["journals"].as_array().unwrap() {
        if let Some(signed) = journal["signed"].as_u64() {
            assert!(signed <= journal["records"].as_u64().unwrap(), "{journal}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_so_and_nobody_is_waited_for() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    // A folder of its own that even root cannot write: bound read-only, in a namespace of its own.
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && \
                  \"$2\" --ledger \"$1\" show ledger";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, "sh"]).arg(&ledger);
    command.arg(env!("CARGO_BIN_EXE_lookback"));
    let Ok(output) = command.output() else {
        println!("skipped: no unshare");
        return;
    };
    let err = String::from_utf8(output.stderr).unwrap();
    if err.contains("unshare:") || err.contains("mount:") {
        println!("skipped: no mounts of one's own here: {err}");
        return;
    }
    let said = Said { code: output.status.code(), out: String::new(), err };
    said.holds(4, &["cannot write in", "needs to write there even to answer", "cp -a"]);
    said.lacks(&["wait for it"]);
}

#[test]
fn what_this_user_may_not_read_is_not_called_damaged() {
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    let give = |how: &[&str]| {
        let status = Command::new("chmod").args(how).status().unwrap();
        assert!(status.success());
    };
    give(&["755", copied.folder.path().to_str().unwrap()]);
    // Nobody, in a process of their own, owns the copy.
    let owned = Command::new("chown").args(["-R", "65534"]).arg(&ledger).status().unwrap();
    if !owned.success() {
        println!("skipped: only root can give files away");
        return;
    }
    let program = copied.folder.path().join("lookback");
    std::fs::copy(env!("CARGO_BIN_EXE_lookback"), &program).unwrap();
    let as_nobody = |line: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--clear-groups"]).arg(&program);
        command.arg("--ledger").arg(&ledger).args(line.split(' '));
        said(command)
    };
    as_nobody("verify").holds(0, &[]);
    let volume = std::fs::read_dir(ledger.join("volumes/control")).unwrap().next().unwrap();
    let volume = volume.unwrap().path();
    let database = copied.databases().pop().unwrap();
    for path in
        [volume.as_path(), &ledger.join("volumes/p00"), &ledger.join("keys/units"), &database]
    {
        give(&["000", path.to_str().unwrap()]);
        for line in ["verify", "verify --repair", "report accounts"] {
            let words = ["Permission denied", "readable and writable for this user"];
            as_nobody(line).holds(4, &words).lacks(&["missing", "LOST", "set aside"]);
        }
        give(&["700", path.to_str().unwrap()]);
    }
    give(&["600", ledger.join("keys/units").to_str().unwrap()]);
    as_nobody("verify").holds(0, &[]);
}

#[test]
fn what_cannot_be_generated_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for args in ["--claims 0", "--claims 10 --claims-per-file 0"] {
        run(small(), &format!("generate {args} --out {}", out.display())).holds(2, &["0"]);
        assert!(!out.exists());
    }
    let line = format!("generate --claims 10 --out {}", out.display());
    done(small(), &line);
    run(small(), &line).holds(2, &["is not empty"]);
}

#[test]
fn words_fit_their_numbers_and_days_are_the_plans() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    // Where it is another day than in UTC for most of the day.
    let init = format!("init {} --time-zone Pacific/Kiritimati", ledger.display());
    assert!(done(&ledger, &init).contains("no last day of the year is set"));
    let config = std::fs::read_to_string(ledger.join("lookback.toml")).unwrap();
    for words in ["Pacific/Kiritimati", "ISA15 P", "01-01", "no last day was given"] {
        assert!(config.contains(words), "{words} in {config}");
    }
    let inbox = samples(folder.path(), 7, 8);
    let zone: chrono_tz::Tz = "Pacific/Kiritimati".parse().unwrap();
    let day = || lookback::now::now().to_utc().with_timezone(&zone).date_naive().to_string();
    let before = day();
    let first = ingest(&ledger, &inbox);
    let since = |day: &str| first.out.contains(&format!("report findings --since {day}"));
    assert!(since(&before) || since(&day()), "{}", first.out);
    let again = ingest(&ledger, &inbox);
    let seen = |day: &str| again.out.contains(&format!("first seen {day}"));
    assert!(seen(&before) || seen(&day()), "{}", again.out);
    assert!(done(&ledger, "verify").contains("1 generation of the hot store"));
    let check = said(command(&ledger, &["check", inbox.to_str().unwrap()]));
    check.holds(1, &["1 file, 1 remittance, 1 claim, "]);
}
