//! What happened to an audit, in words.

use lookback_events::event::audit::Audit;

use super::{Words, counted, on, spoken, with};

pub(super) fn words(what: &Audit) -> Words {
    match what {
        Audit::AuditOpened(of) => {
            let (kind, nature) = (spoken(of.kind.as_str()), of.nature.as_str());
            let paid = on("payments from", of.paid_from);
            Words::new(format!("{nature} audit opened, {kind}{paid}{}", on("to", of.paid_to)))
                .saying_if_any((!of.topics.is_empty()).then(|| of.topics.join("; ")).as_deref())
        }
        Audit::FraudPredicateRecorded(of) => {
            Words::new(format!("fraud predicate recorded, from {}", of.source)).saying(&*of.summary)
        }
        Audit::RecordsRequested(of) => {
            let items = counted(of.items.len(), "item", "items");
            let method = with("by ", of.method.map(|method| spoken(method.as_str())).as_deref());
            Words::new(format!("records requested, {items}{method}"))
        }
        Audit::ItemReceived(of) => Words::new(format!("item {} received", of.item)),
        Audit::DateAgreed(of) => {
            Words::new(format!("agreed: {} runs until {}", of.clock, of.until.0))
        }
        Audit::VisitScheduled(of) => Words::new(format!("visit scheduled for {}", of.on.0))
            .saying_if_any(of.place.as_deref()),
        Audit::VisitCancelled(of) => {
            let writing = if of.in_writing { "in writing" } else { "not in writing" };
            let told = counted(of.told.len(), "person told", "persons told");
            Words::new(format!("visit cancelled by the {}, {writing}, {told}", of.by))
        }
        Audit::AuditConducted(of) => Words::new("audit held").saying_if_any(of.place.as_deref()),
        Audit::ExitInterviewHeld(of) => Words::new(if of.agrees {
            "exit interview held, the provider agrees"
        } else {
            "exit interview held, the provider disagrees"
        }),
        Audit::DocumentsReceived(of) => {
            Words::new("supporting documents received").saying_if_any(of.description.as_deref())
        }
        Audit::DocumentsReviewed(of) => {
            let then = if of.changes { "the report changes" } else { "the report stands" };
            Words::new(format!("supporting documents reviewed, {then}"))
                .saying_if_any(of.reason.as_deref())
        }
        Audit::ReportSigned(of) => {
            let report = if of.last { "final report" } else { "report" };
            let (by, copy) = (of.signed_by.join(" and "), on("copy given", of.copy_given));
            Words::new(format!("{report} signed by {by}{copy}"))
        }
        Audit::AuditClosed(of) => {
            let cases = counted(of.cases.len(), "case", "cases");
            Words::new(format!("audit closed, {cases}")).saying(&*of.reason)
        }
    }
}
