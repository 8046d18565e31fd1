//! Ledgers with damaged records, lost keys, or databases that cannot be read.

use super::*;

fn file_of(ledger: &Path, sample: usize) -> String {
    let digest = crate::ledger::sha256(SAMPLES[sample].1).to_string();
    run(ledger, &format!("show file {digest}")).holds(0, &[]);
    digest
}

/// The remittance that a record belongs to.
fn remittance_of(ledger: &Path, position: &str) -> String {
    let place = |text: &str| {
        let (journal, seq) = text.split_once('/').unwrap();
        (journal.to_owned(), seq.parse::<u64>().unwrap())
    };
    let lines = done(ledger, "report remittances --format json");
    let mut lines = lines
        .lines()
        .skip(1)
        .map(|line| -> serde_json::Value { serde_json::from_str(line).unwrap() });
    let holds = |line: &serde_json::Value| {
        let at = place(position);
        place(line["first"].as_str().unwrap()) <= at && at <= place(line["last"].as_str().unwrap())
    };
    lines.find(holds).unwrap()["remittance"].as_str().unwrap().to_owned()
}

#[test]
fn a_lost_unit_key_is_an_error_that_names_the_record_everywhere() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let units = ledger.join("keys/units");
    let whole = std::fs::read(&units).unwrap();
    let accounts = done(&ledger, "report accounts");
    // The last key's file.
    let digest = file_of(&ledger, 4);
    std::fs::write(&units, &whole[..whole.len() - 20]).unwrap();
    let words = ["keys/units", "back from a backup"];
    run(&ledger, "rebuild").holds(4, &words);
    run(&ledger, "ingest nothing").holds(4, &words);
    run(&ledger, "verify").holds(1, &["is not kept", "ends in", "cut-off line", "keys/units"]);
    run(&ledger, "verify --headers").holds(1, &["is not kept", "cut-off line"]);
    // Rows that had seen all still say so; what needs the key says that it is not there.
    let now = run(&ledger, "report accounts");
    assert_eq!(now.holds(0, &["warning: the record"]).out, accounts);
    let back = run(&ledger, &format!("show file {digest} --original"));
    back.holds(1, &["cannot be opened, because its key"]);
    let to = copied.folder.path().join("given-back");
    let line = format!("show file {digest} --original --output {}", to.display());
    run(&ledger, &line).holds(1, &words);
    assert!(!to.exists());
    // Rows made again without it say so, in every answer.
    std::fs::remove_dir_all(ledger.join("rows")).unwrap();
    let now = run(&ledger, "report accounts");
    assert_ne!(now.holds(0, &["could not be read when the rows were made"]).out, accounts);
    run(&ledger, "report accounts").holds(0, &["could not be read when the rows were made"]);
    assert_eq!(std::fs::read(&units).unwrap().len(), whole.len() - 20, "nothing was cut off");
    // The key comes back: everything does.
    std::fs::write(&units, &whole).unwrap();
    run(&ledger, "verify").holds(1, &["rows", "lookback rebuild makes them again"]);
    done(&ledger, "rebuild");
    let now = run(&ledger, "report accounts");
    assert_eq!(now.lacks(&["warning"]).out, accounts);
    done(&ledger, "verify");
}

#[test]
fn a_damaged_record_locks_nobody_out_and_no_advice_makes_it_worse() {
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    let mut volumes = Vec::new();
    for journal in ["p00", "p01", "p02", "p03"] {
        let entries = std::fs::read_dir(ledger.join("volumes").join(journal));
        volumes.extend(entries.into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    volumes.sort();
    assert!(volumes.iter().all(|path| path.extension().is_some_and(|e| e == "vol")), "{volumes:?}");
    let accounts = done(&ledger, "report accounts");
    // A byte of a sealed body in the middle of the records of an oldest volume: in no generation any
    // more.
    let oldest =
        volumes.into_iter().filter(|path| path.to_str().unwrap().contains("/000000000000-"));
    let path = oldest.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap();
    let at = middle(&path) / 2;
    copied.flip(&path, at);
    let named = run(&ledger, "verify");
    named.holds(1, &["1 record affected", "not compared, because records are damaged"]);
    named.lacks(&["DIFFER", "rebuild"]);
    let mut said = named.out.lines().filter_map(|line| line.trim().split_once(": "));
    let position = said.find(|(at, _)| at.contains('/')).unwrap().0.to_owned();
    run(&ledger, "rebuild").holds(4, &["left as they were", &position]);
    let now = run(&ledger, "report accounts");
    assert_eq!(now.holds(0, &[]).lacks(&["warning"]).out, accounts);
    // An answer that is made from records lacks the one, says so, and has all others.
    let payments = run(&ledger, "report payments --format csv");
    payments.holds(0, &["warning: 1 record could not be read", &position, "the answer lacks it"]);
    let without = payments.out.lines().count();
    let all = done(sealed(), "report payments --format csv").lines().count();
    assert!(without >= all - 1 && without > 10, "{without} of {all}");
    let remittance = remittance_of(&ledger, &position);
    let shown = run(&ledger, &format!("show remittance {remittance}"));
    shown.holds(0, &["warning: 1 record could not be read", &position, "claim"]);
    // Rows of another version, or lost: made without the record, and said so; questions and new
    // files go on.
    std::fs::remove_dir_all(ledger.join("rows")).unwrap();
    let more = samples(copied.folder.path(), 0, 1);
    ingest(&ledger, &more).holds(0, &[&position, "could not be read", "1 file "]);
    run(&ledger, "report accounts").holds(0, &[&position, "sums and lists lack it"]);
    run(&ledger, "verify").holds(1, &[&position]);
    run(&ledger, "verify --repair").holds(1, &["LOST: 1 record,", "restore a backup"]);
    run(&ledger, "verify").holds(1, &[&position]);
    run(&ledger, "report accounts").holds(0, &[]);
    // The volume from a backup: all is well again.
    copied.flip(&path, at);
    done(&ledger, "rebuild");
    done(&ledger, "verify");
    run(&ledger, "report accounts").holds(0, &[]).lacks(&["warning"]);
}

#[test]
fn a_flipped_byte_of_the_newest_database_is_told_in_our_words_and_counted() {
    let copied = Copied::of(hot());
    let ledger = copied.path();
    // The newest record of the journal that the last file went to, wherever sled keeps a copy of it.
    let json = done(&ledger, &format!("show file {} --format json", file_of(&ledger, 0)));
    let remittance = json.lines().nth(1).unwrap();
    let value: serde_json::Value = serde_json::from_str(remittance).unwrap();
    let (journal, seq) = value["remittance"]["last"].as_str().unwrap().split_once('/').unwrap();
    let wanted = format!("\"seq\":{seq},");
    let mut flipped = 0;
    for path in copied.databases() {
        let bytes = std::fs::read(&path).unwrap();
        let finds = |at: &usize| {
            bytes[*at..].starts_with(wanted.as_bytes())
                && bytes[..*at].rsplit(|b| *b == b'{').next().is_some_and(|header| {
                    String::from_utf8_lossy(header).contains(&format!("\"journal\":\"{journal}\""))
                })
        };
        for at in (0..bytes.len()).filter(finds) {
            copied.flip(&path, at + 3);
            flipped += 1;
        }
    }
    assert!(flipped > 0);
    let said = run(&ledger, "verify");
    said.holds(1, &["hot store", "found a page that is not what was written", "store is behind"]);
    // The counts are those of the records that were signed and are not there.
    let number = |text: &str| text.replace(' ', "").parse::<u64>().unwrap();
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from).unwrap().1;
        number(rest.split_once(to).unwrap().0)
    };
    let lines: Vec<&str> = said.out.lines().collect();
    let mut behind = 0;
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("is behind")) {
        let missing = between(line, "expected ", " records") - between(line, "found ", " records");
        let affected = between(lines[n + 1], ", ", " record");
        assert_eq!(affected, missing, "{line}");
        behind += 1;
    }
    assert!(behind > 0);
    let repaired = run(&ledger, "verify --repair");
    repaired.holds(1, &["found a page that is not what was written", "LOST", "set aside"]);
    let aside =
        repaired.out.lines().find_map(|line| line.trim().strip_prefix("set aside")).unwrap();
    assert!(std::path::Path::new(aside.trim()).is_dir(), "{aside}");
    // What volumes and sound generations hold is there, and answers.
    run(&ledger, "show ledger").holds(0, &["warning: ", "were signed"]);
    run(&ledger, "report accounts").holds(0, &["claims $"]);
    run(&ledger, "verify").holds(1, &["behind what was signed"]).lacks(&["another process"]);
    run(&ledger, "verify --repair").holds(1, &["LOST"]);
}

#[test]
fn a_database_that_cannot_be_opened_is_named_with_what_it_held() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let path = copied.databases().pop().unwrap();
    let len = std::fs::metadata(&path).unwrap().len();
    std::fs::write(&path, vec![0x5a; usize::try_from(len).unwrap()]).unwrap();
    let said = run(&ledger, "verify");
    said.holds(1, &["hot store", "control/0: ", "behind what was signed"]);
    run(&ledger, "show ledger").holds(4, &["--repair", "backup"]).lacks(&["wait for it"]);
    let repaired = run(&ledger, "verify --repair");
    repaired.holds(1, &["LOST", "Nothing is left here that answers"]).lacks(&["still answers"]);
    run(&ledger, "show ledger").holds(4, &["backup"]).lacks(&["wait for it", "still answer"]);
}

#[test]
fn a_generation_that_does_not_open_stops_no_question_and_is_a_warning() {
    // One whose records all lie in volumes, as it is there for a while when they were made.
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    let accounts = done(&ledger, "report accounts");
    let newest = copied.databases().pop().unwrap();
    let oldest = ledger.join("hot/000001/db");
    assert!(!oldest.exists());
    copy_all(newest.parent().unwrap(), oldest.parent().unwrap());
    let conf = oldest.with_file_name("conf");
    let named = "hot/000001";
    let mut bytes = std::fs::read(&conf).unwrap();
    bytes[5] ^= 1;
    std::fs::write(&conf, bytes).unwrap();
    let now = run(&ledger, "report accounts");
    assert_eq!(now.holds(0, &["warning: ", named]).out, accounts);
    run(&ledger, "report payments").holds(0, &["warning: ", named, "claims"]);
    run(&ledger, "show ledger").holds(0, &[named]);
    // Nothing is added to what is not whole.
    run(&ledger, "ingest nothing").holds(4, &["--repair"]);
}

#[test]
fn damaged_rows_are_a_finding_of_verify_and_a_line_of_whoever_makes_them_again() {
    for command in ["verify", "report accounts"] {
        let copied = Copied::of(small());
        let ledger = copied.path();
        let accounts = done(&ledger, "report accounts");
        std::fs::write(ledger.join("rows/db"), vec![0x5a; 1 << 20]).unwrap();
        let said = run(&ledger, command);
        if command == "verify" {
            said.holds(1, &["rows", "WERE DAMAGED", "made again"]);
        } else {
            let line = "warning: the rows were damaged, and were made again";
            assert_eq!(said.holds(0, &[line]).out, accounts);
        }
        done(&ledger, "verify");
        assert_eq!(run(&ledger, "report accounts").lacks(&["warning"]).out, accounts);
    }
}

#[test]
fn a_cut_off_key_that_no_record_names_is_put_aside_and_never_overwritten() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let units = ledger.join("keys/units");
    let mut bytes = std::fs::read(&units).unwrap();
    bytes.extend_from_slice(b"{\"key\":\"0011223344556677\",\"un");
    std::fs::write(&units, &bytes).unwrap();
    run(&ledger, "verify")
        .holds(0, &["cut-off line: no record names its key, so it was never used"]);
    assert_eq!(std::fs::read(&units).unwrap(), bytes);
    let text = String::from_utf8(SAMPLES[0].1.to_vec()).unwrap();
    let file = copied.folder.path().join("more.835");
    std::fs::write(&file, text.replace("1200000119", "1999999984")).unwrap();
    ingest(&ledger, &file).holds(0, &[]);
    let aside = std::fs::read_to_string(ledger.join("keys/units.torn")).unwrap();
    assert_eq!(aside, "{\"key\":\"0011223344556677\",\"un\n");
    run(&ledger, "verify").holds(0, &[]).lacks(&["cut-off"]);
}

/// The volumes of a journal that has at least so many.
fn volumes_of(ledger: &Path, least: usize) -> Vec<PathBuf> {
    for journal in ["p00", "p01", "p02", "p03"] {
        let entries = std::fs::read_dir(ledger.join("volumes").join(journal));
        let mut found: Vec<_> =
            entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        if found.len() >= least {
            return found;
        }
    }
    panic!("no journal has {least} volumes");
}

#[test]
fn a_missing_volume_stops_no_question_and_is_a_warning() {
    let accounts = done(sealed(), "report accounts");
    let of_many = volumes_of(sealed(), 3);
    let control = std::fs::read_dir(sealed().join("volumes/control")).unwrap();
    let mut control: Vec<_> = control.map(|entry| entry.unwrap().path()).collect();
    control.sort();
    for volume in [&of_many[0], &of_many[1], &control[0]] {
        let copied = Copied::of(sealed());
        let ledger = copied.path();
        let path = ledger.join(volume.strip_prefix(sealed()).unwrap());
        std::fs::remove_file(&path).unwrap();
        let (first, last) = lookback::journal::volume::stretch_by_name(&path).unwrap();
        let missing = if first == last {
            "the record is missing: no volume holds it".to_owned()
        } else {
            format!("the records {first} to {last} are missing: no volume holds them")
        };
        let now = run(&ledger, "report accounts");
        assert_eq!(now.holds(0, &["warning: damaged: ", &missing]).out, accounts, "{path:?}");
        run(&ledger, "show ledger").holds(0, &[&missing]);
        run(&ledger, "report payments").holds(0, &[&missing, "claims"]);
        run(&ledger, "report findings").holds(0, &[&missing]);
        // Rows made again lack what is missing, and say so.
        std::fs::remove_dir_all(ledger.join("rows")).unwrap();
        run(&ledger, "report accounts").holds(0, &[&missing, "sums and lists lack"]);
        run(&ledger, "verify").holds(1, &["missing"]);
        // Nothing is added to what is not whole.
        run(&ledger, "ingest nothing").holds(4, &["missing", "--repair"]);
        // The volume from a backup: all is well again.
        std::fs::copy(volume, &path).unwrap();
        done(&ledger, "rebuild");
        done(&ledger, "verify");
    }
}

#[test]
fn without_any_volume_what_is_in_the_hot_store_answers() {
    let accounts = done(sealed(), "report accounts");
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    std::fs::remove_dir_all(ledger.join("volumes")).unwrap();
    let words = ["the records 0 to", "are missing: no volume holds them"];
    assert_eq!(run(&ledger, "report accounts").holds(0, &words).out, accounts);
    run(&ledger, "show ledger").holds(0, &words).holds(0, &["days are of UTC"]);
    run(&ledger, "report payments").holds(0, &words);
    run(&ledger, "report findings").holds(0, &words);
    let said = run(&ledger, "verify");
    said.holds(1, &["the records 0 to"]).lacks(&["behind what was signed"]);
    run(&ledger, "verify --repair").holds(1, &["LOST: ", "restore a backup"]);
    // From a backup: all is well again.
    let _ = std::fs::remove_dir_all(ledger.join("volumes"));
    copy_all(&sealed().join("volumes"), &ledger.join("volumes"));
    done(&ledger, "verify");
}

#[test]
fn a_misnamed_volume_answers_with_a_warning_and_gets_its_name_back() {
    let copied = Copied::of(sealed());
    let ledger = copied.path();
    let path = ledger.join(volumes_of(sealed(), 3)[0].strip_prefix(sealed()).unwrap());
    std::fs::rename(&path, path.with_file_name("old.vol")).unwrap();
    let words = ["under a wrong name", "--repair renames it", "old.vol"];
    let accounts = done(sealed(), "report accounts");
    assert_eq!(run(&ledger, "report accounts").holds(0, &words).out, accounts);
    run(&ledger, "report payments").holds(0, &words);
    run(&ledger, "verify").holds(1, &words);
    run(&ledger, "verify --repair").holds(0, &["renamed", "old.vol to "]);
    assert!(path.exists());
    done(&ledger, "verify");
    run(&ledger, "report accounts").holds(0, &[]).lacks(&["warning"]);
}

#[test]
fn lost_keys_are_said_to_be_lost_with_where_they_come_back_from() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    let lost = |name: &str, lines: &[&str], words: &[&str]| {
        let path = ledger.join("keys").join(name);
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        for line in lines {
            run(&ledger, line).holds(4, words).holds(4, &["help: "]);
        }
        std::fs::rename(&aside, &path).unwrap();
    };
    let all = ["show ledger", "verify", "verify --repair", "ingest nothing"];
    lost("units", &all, &["keys/units is not there", "from a backup of the ledger's folder"]);
    lost("master.key", &all, &["no master key", "LOOKBACK_MASTER_KEY", "its copy is kept"]);
    // Who only asks needs none.
    lost("signing.key", &all[1..], &["no signing key", "LOOKBACK_SIGNING_KEY", "its copy is kept"]);
    let wrong = |line: &str, value: &str| {
        let mut command = command(&ledger, &line.split(' ').collect::<Vec<_>>());
        command.env("LOOKBACK_MASTER_KEY", value);
        said(command)
    };
    let other = "ab".repeat(32);
    for line in ["show ledger", "verify", "verify --repair"] {
        wrong(line, &other).holds(4, &["does not open line 1", "that this ledger was made with"]);
        wrong(line, "abc").holds(4, &["64 lower-case", "help: "]);
    }
    done(&ledger, "verify");
}

#[test]
fn a_removed_checkpoint_is_named_with_what_to_do() {
    let copied = Copied::of(small());
    let ledger = copied.path();
    std::fs::remove_file(ledger.join("checkpoints/p00")).unwrap();
    let words = ["checkpoints/p00 is not there: put it back from a backup", "lookback checkpoint"];
    run(&ledger, "verify").holds(0, &words);
    run(&ledger, "verify --headers").holds(0, &words);
    done(&ledger, "checkpoint");
    run(&ledger, "verify").holds(0, &[]).lacks(&["is not there"]);
}
