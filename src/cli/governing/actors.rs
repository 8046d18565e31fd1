//! `lookback actor list`: who may act, and what waits for a second person.

use lookback_projections::governance;
use serde::Serialize;

use super::super::report::{answer, day_asked, sink};
use super::super::table::{Column, Line, left};
use super::super::{Failure, Format, Site, failed};
use crate::report::View;
use crate::report::stand_down::{Covered, MASK};

#[derive(Serialize)]
struct ActorLine {
    actor: String,
    kind: &'static str,
    roles: String,
    vendor: Option<String>,
    registered: String,
    retired: Option<String>,
}

impl Line for ActorLine {
    const FIELDS: &'static [&'static str] =
        &["actor", "kind", "roles", "vendor", "registered", "retired"];
    const COLUMNS: &'static [Column] = &[
        left("actor", 22),
        left("kind", 8),
        left("roles", 34),
        left("registered", 12),
        left("retired", 12),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.actor.clone(),
            self.kind.to_owned(),
            self.roles.clone(),
            self.registered.clone(),
            self.retired.clone().unwrap_or_default(),
        ]
    }
}

#[derive(Serialize)]
struct ProposalLine {
    proposal: String,
    subject: String,
    by: String,
    made: String,
    at: String,
    what: String,
}

impl Line for ProposalLine {
    const FIELDS: &'static [&'static str] = &["proposal", "subject", "by", "made", "at", "what"];
    const COLUMNS: &'static [Column] = &[
        left("proposal", 34),
        left("subject", 22),
        left("by", 14),
        left("made", 10),
        left("at", 10),
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.proposal.clone(),
            self.subject.clone(),
            self.by.clone(),
            self.made.clone(),
            self.at.clone(),
        ]
    }
}

pub(super) fn list(site: &Site, proposals: bool, format: Format) -> Result<u8, Failure> {
    let ledger = site.open_to_read("actor")?;
    let mut sink = sink(format);
    let at = |at: lookback_projections::Position| format!("{}/{}", at.journal, at.seq);
    let mut written: Result<(), Failure> = Ok(());
    let view = View::live(&ledger);
    let covered = Covered::on(&view, day_asked(&view, None)).map_err(answer)?;
    // Who approves names the proposal; what is under a stand-down stays unnamed.
    let shown = |subject: String| match covered.subject(&view, &subject) {
        Ok(false) => subject,
        Ok(true) | Err(_) => MASK.to_owned(),
    };
    let what = |at| crate::report::trail::told(&view, at).map_err(answer);
    let read = if proposals {
        governance::proposals(ledger.rows(), &mut |id, row| {
            if row.ended.is_none() {
                let subject = shown(row.subject);
                let what = if subject == MASK { Ok(MASK.to_owned()) } else { what(row.made.at) };
                let line = what.map(|what| ProposalLine {
                    proposal: id.to_string(),
                    subject,
                    by: row.by.to_string(),
                    made: row.made.day().to_string(),
                    at: at(row.made.at),
                    what,
                });
                written = line.and_then(|line| {
                    sink.put(&line)?;
                    Ok(sink.say(&format!("    {}", line.what))?)
                });
            }
            written.is_ok()
        })
    } else {
        governance::actors(ledger.rows(), &mut |id, row| {
            let roles: Vec<&str> = row.roles.iter().map(|role| role.as_str()).collect();
            let line = ActorLine {
                actor: id.to_string(),
                kind: row.kind.as_str(),
                roles: roles.join(", "),
                vendor: row.vendor,
                registered: at(row.registered.at),
                retired: row.retired.map(|known| at(known.at)),
            };
            written = sink.put(&line).map_err(Failure::from);
            written.is_ok()
        })
    };
    read.map_err(|error| failed("the actors cannot be read", error.into()))?;
    written?;
    if sink.lines() == 0 {
        sink.say(if proposals {
            "  nothing waits for a second person"
        } else {
            "  nobody is registered, so everybody may act: lookback actor register"
        })?;
    }
    if proposals {
        sink.ended::<ProposalLine>()?;
    } else {
        sink.ended::<ActorLine>()?;
    }
    sink.end()?;
    Ok(0)
}
