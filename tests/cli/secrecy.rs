//! What an agency's stand-down covers is shown to who is cleared, and to nobody else.

use super::deciding::Begun;

/// Two cases of one payee; the second is under a stand-down, and somebody called the provider about it.
fn silenced() -> Begun {
    let begun = Begun::with("--fiscal-year-end 06-30");
    begun.identify("OP-1", "100.00");
    begun.identify("OP-2", "50.00");
    begun.notice("OP-1", "2025-03-03");
    begun.notice("OP-2", "2025-03-03");
    begun.line("hold place case:OP-2 --hold H-2 --kind litigation --on 2025-03-04").holds(0, &[]);
    begun
        .record(
            &[],
            r#"{"command":"begin-stand-down","case":"OP-2","agency":"MFCU","happened":"2025-03-10"}
{"command":"record-contact","case":"OP-2","channel":"phone","direction":"outbound","summary":"x","happened":"2025-03-12"}
{"command":"record-contact","case":"OP-2","channel":"phone","direction":"inbound","summary":"x","happened":"2025-03-12"}
{"command":"record-contact","case":"OP-1","channel":"phone","direction":"outbound","summary":"x","happened":"2025-03-12"}
{"command":"record-contact","case":"OP-2","channel":"phone","direction":"outbound","summary":"x","happened":"2025-03-09"}"#,
        )
        .holds(0, &["line 2: recorded", "finding contact-while-barred"]);
    begun
}

#[test]
fn who_is_not_cleared_is_answered_as_if_there_were_no_such_case() {
    let begun = silenced();
    for line in [
        "show case OP-2 --on 2025-04-01",
        // It hides the case on earlier days, too, as long as it lasts.
        "show case OP-2 --on 2025-03-05",
        "replay case:OP-2 --on 2025-04-01",
        "replay case:OP-2 --compare 2025-03-04 2025-04-01 --known-at 2999-01-01",
        "explain case:OP-2 --on 2025-04-01",
        "explain case:OP-2 dispute-window --on 2025-04-01",
    ] {
        let said = begun.line(line);
        said.holds(4, &[]).lacks(&["stand-down", "MFCU", "50.00"]);
        // Nothing tells it from a case that is not there.
        let other = begun.line(&line.replace("OP-2", "OP-9"));
        assert_eq!(said.all(), other.all().replace("OP-9", "OP-2"), "{line}");
        begun.line(&format!("{line} --cleared")).holds(0, &["OP-2"]);
        begun.line(&line.replace("OP-2", "OP-1")).holds(0, &["OP-1"]);
    }
    let said = begun.line("show wo 7OP-2 --on 2025-04-01");
    said.holds(4, &[]);
    let other = begun.line("show wo 7OP-9 --on 2025-04-01");
    assert_eq!(said.all(), other.all().replace("OP-9", "OP-2"));
    begun.line("show wo 7OP-2 --on 2025-04-01 --cleared").holds(0, &["case OP-2"]);
    begun.line("explain unit:case:OP-2").holds(4, &["no unit case:OP-2 can be shown"]);
}

#[test]
fn lists_name_nothing_of_it_and_say_only_how_much_they_keep_back() {
    let begun = silenced();
    for report in [
        "report trail",
        "report trail --on 2025-03-05",
        "report trail --format json",
        "report findings",
        "report findings --format csv",
        "report holds --all",
        "report cases --all --on 2025-03-05",
        "due --on 2025-03-20",
        "report retention --on 2025-03-05",
    ] {
        begun.line(report).holds(0, &[]).lacks(&["OP-2"]);
        begun.line(&format!("{report} --cleared")).holds(0, &["OP-2"]);
    }
    begun.line("report trail").holds(0, &["acts are not listed", "--cleared"]);
    // Who asks about it alone is not told that it is kept back.
    begun
        .line("report trail --about case:OP-2")
        .holds(0, &["nobody did anything that is as asked for"])
        .lacks(&["--cleared", "not listed"]);
    begun.line("report holds --all").holds(0, &["H-2", "(stand-down)"]);
    begun
        .line("report findings --cleared --rule contact-while-barred")
        .holds(0, &["1 finding", "case:OP-2", "contact was made under a stand-down"]);
    begun.line("case withdraw OP-2 --reason x --propose --id w-2").holds(0, &["recorded propose"]);
    begun.line("actor list --proposals").holds(0, &["w-2", "(stand-down)"]).lacks(&["OP-2"]);
    // Lifted, it is shown again, and for the days it stood it is not.
    begun
        .record(
            &[],
            r#"{"command":"lift-stand-down","case":"OP-2","reason":"x","happened":"2025-04-15"}"#,
        )
        .holds(0, &[]);
    begun.line("show case OP-2 --on 2025-04-15").holds(0, &["case OP-2"]);
    begun.line("show case OP-2 --on 2025-04-14").holds(4, &["no case OP-2 can be shown"]);
    begun.line("report trail --on 2026-01-01").holds(0, &["case:OP-2"]);
    begun.line("verify").holds(0, &[]);
}
