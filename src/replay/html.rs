//! A replay as one page: self-contained, without scripts, to be looked at, printed and sent.
//!
//! Nothing is loaded from anywhere: style and chart are in the page. It follows the reader's choice of
//! light or dark, reads in order without its style, and says nothing by colour alone.

use std::fmt::Write as _;

use super::{Belief, Change, Deadline, Replay, Standing, Step, chart, differences};

const STYLE: &str = include_str!("html/style.css");

/// A text as it may stand between tags and in attributes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The page.
pub fn page(replay: &Replay) -> String {
    let case = escaped(&replay.case);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{case}, replayed</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    head(&mut out, replay);
    out.push_str("<main>\n");
    if let (Some(rules), Some(as_it_is)) = (&replay.what_if, &replay.as_it_is) {
        what_if(&mut out, rules, as_it_is, &replay.now);
    }
    money(&mut out, replay);
    clocks(&mut out, &replay.now);
    out.push_str("<section aria-labelledby=\"steps\">\n<h2 id=\"steps\">Step by step</h2>\n");
    out.push_str("<ol class=\"steps\">\n");
    let mut ahead = None;
    for own in &replay.steps {
        step(&mut out, own, ahead);
        ahead = own.after.as_ref();
    }
    out.push_str("</ol>\n</section>\n</main>\n");
    put(
        &mut out,
        format_args!(
            "<footer><p>As known at {} about {}. Every step is a record of the ledger, named by its \
             place; <code>lookback verify</code> shows that none was changed, and <code>lookback \
             explain case:{case} CLOCK</code> how a day was found.</p></footer>\n</body>\n</html>\n",
            replay.known_at, replay.on.0
        ),
    );
    out
}

/// Writing to a string cannot fail.
fn put(out: &mut String, words: std::fmt::Arguments<'_>) {
    out.write_fmt(words).unwrap_or_default();
}

fn head(out: &mut String, replay: &Replay) {
    let name = replay.payee_name.as_deref().map_or(String::new(), |n| format!(" {}", escaped(n)));
    put(
        out,
        format_args!(
            "<header>\n<p class=\"kind\">Replay of a case</p>\n<h1>{}</h1>\n\
             <p class=\"payee\">payee {}{name}</p>\n<p class=\"state\">{}</p>\n\
             <p class=\"dials\">on <time>{}</time>, as known at <time>{}</time></p>\n</header>\n",
            escaped(&replay.case),
            escaped(&replay.payee),
            escaped(&replay.now.state),
            replay.on.0,
            replay.known_at
        ),
    );
}

fn money(out: &mut String, replay: &Replay) {
    out.push_str("<section aria-labelledby=\"money\">\n<h2 id=\"money\">Money</h2>\n");
    out.push_str("<dl class=\"sums\">\n");
    for (name, amount) in replay.now.money.named() {
        // What is nothing is said only where it answers the first question.
        if amount.is_zero() && !matches!(name, "identified" | "outstanding" | "collected") {
            continue;
        }
        let class = name.split(' ').next().unwrap_or_default();
        let amount = amount.grouped();
        put(out, format_args!("<div class=\"{class}\"><dt>{name}</dt><dd>{amount}</dd></div>\n"));
    }
    out.push_str("</dl>\n<figure>\n");
    out.push_str(&chart::svg(replay));
    out.push_str(
        "<figcaption>What became of the overpayment: the bands add up to it, the line is what was \
         identified. Numbers are the steps below; a bar is a clock from its start to its last \
         day.</figcaption>\n</figure>\n</section>\n",
    );
}

fn clocks(out: &mut String, now: &Standing) {
    if now.deadlines.is_empty() {
        return;
    }
    out.push_str("<section aria-labelledby=\"clocks\">\n<h2 id=\"clocks\">Clocks</h2>\n");
    out.push_str(
        "<table>\n<thead><tr><th scope=\"col\">clock</th><th scope=\"col\">last day</th>\
         <th scope=\"col\">what happens then</th><th scope=\"col\">by</th></tr></thead>\n<tbody>\n",
    );
    for deadline in &now.deadlines {
        let Deadline { clock, policy, derivation, .. } = deadline;
        let citation = derivation.as_ref().map_or(String::new(), |d| format!(", {}", d.citation));
        put(
            out,
            format_args!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{}</td></tr>\n",
                escaped(clock),
                escaped(&deadline.in_words()),
                escaped(deadline.follows().unwrap_or_default()),
                escaped(policy),
                escaped(&citation)
            ),
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn what_if(out: &mut String, rules: &str, as_it_is: &Standing, now: &Standing) {
    put(
        out,
        format_args!(
            "<section class=\"what-if\" aria-labelledby=\"what-if\">\n<h2 id=\"what-if\">What if</h2>\n\
             <p>Replayed under {}. No record says so: this is an answer, not a fact.</p>\n",
            escaped(rules)
        ),
    );
    let changes = differences(Some(as_it_is), Some(now));
    if changes.is_empty() {
        out.push_str("<p>On the day asked about nothing would be otherwise.</p>\n");
    } else {
        out.push_str(
            "<table>\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">as it is</th>\
             <th scope=\"col\">under these rules</th></tr></thead>\n<tbody>\n",
        );
        for Change { what, before, after } in &changes {
            let side = |side: &Option<String>| escaped(side.as_deref().unwrap_or("none"));
            let (what, before, after) = (escaped(what), side(before), side(after));
            put(
                out,
                format_args!(
                    "<tr><th scope=\"row\">{what}</th><td>{before}</td><td>{after}</td></tr>\n"
                ),
            );
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str("</section>\n");
}

fn step(out: &mut String, step: &Step, ahead: Option<&Standing>) {
    let number = step.number;
    put(
        out,
        format_args!("<li id=\"step-{number}\" value=\"{number}\">\n<article>\n<h3>{}</h3>\n", {
            escaped(&step.what)
        }),
    );
    who(out, step);
    let was = step.before.as_ref().map(|standing| &standing.state);
    if let Some(by_then) = was.filter(|state| ahead.is_some_and(|a| a.state != **state)) {
        put(out, format_args!("<p class=\"by-then\">by then: {}</p>\n", escaped(by_then)));
    }
    for (class, words) in [("said", &step.said), ("note", &step.note)] {
        if let Some(words) = words {
            put(
                out,
                format_args!("<blockquote class=\"{class}\">{}</blockquote>\n", escaped(words)),
            );
        }
    }
    claims(out, step);
    for finding in &step.findings {
        put(out, format_args!("<p class=\"finding\">finding: {}</p>\n", escaped(finding)));
    }
    changes(out, &step.changed);
    if let Some(belief) = &step.believed {
        believed(out, belief);
    }
    let policies = policies(step);
    if !policies.is_empty() {
        put(out, format_args!("<p class=\"policy\">under {}</p>\n", escaped(&policies)));
    }
    out.push_str("</article>\n</li>\n");
}

fn who(out: &mut String, step: &Step) {
    put(
        out,
        format_args!(
            "<p class=\"who\"><time>{}</time> by {}",
            escaped(&step.happened.replace('T', " ")),
            escaped(&step.actor)
        ),
    );
    for (words, name) in [("through", &step.party), ("proposed by", &step.proposed_by)] {
        if let Some(name) = name {
            put(out, format_args!(", {words} {}", escaped(name)));
        }
    }
    put(out, format_args!(" <span class=\"known\">{}, {}", step.standing, escaped(&step.at)));
    match step.late_days {
        Some(days) => put(
            out,
            format_args!(
                "</span> <strong class=\"late\">learnt {}, {days} days late</strong></p>\n",
                step.learnt_on.0
            ),
        ),
        None => put(out, format_args!(", learnt {}</span></p>\n", step.learnt_on.0)),
    }
}

fn claims(out: &mut String, step: &Step) {
    let Some(claims) = &step.claims else { return };
    out.push_str("<ul class=\"claims\">\n");
    for claim in claims {
        let amount = claim.amount.map_or(String::new(), |amount| format!(", {}", amount.grouped()));
        put(out, format_args!("<li>{}{amount}</li>\n", escaped(&claim.patient_control)));
    }
    out.push_str("</ul>\n");
}

fn changes(out: &mut String, changed: &[Change]) {
    if changed.is_empty() {
        out.push_str("<p class=\"none\">It changed neither state, money nor deadlines.</p>\n");
        return;
    }
    out.push_str("<dl class=\"changes\">\n");
    for Change { what, before, after } in changed {
        let before = before.as_ref().map_or(String::new(), |b| {
            format!("<del>{}</del> <span aria-hidden=\"true\">\u{2192}</span> ", escaped(b))
        });
        let after = escaped(after.as_deref().unwrap_or("none"));
        put(
            out,
            format_args!("<div><dt>{}</dt><dd>{before}<ins>{after}</ins></dd></div>\n", {
                escaped(what)
            }),
        );
    }
    out.push_str("</dl>\n");
}

fn believed(out: &mut String, belief: &Belief) {
    put(
        out,
        format_args!(
            "<p class=\"belief\">From {} to {} the ledger did not know it. It believed: {}, {} \
             outstanding. True was: {}. {}</p>\n",
            belief.from.0,
            belief.until.0,
            escaped(&belief.state),
            belief.outstanding.grouped(),
            escaped(&belief.was),
            belief.acted_in_words()
        ),
    );
}

/// The policies whose clocks run after a step, each once.
pub fn policies(step: &Step) -> String {
    let deadlines = step.after.iter().flat_map(|standing| &standing.deadlines);
    let mut policies: Vec<&str> = deadlines.map(|deadline| deadline.policy.as_str()).collect();
    policies.sort_unstable();
    policies.dedup();
    policies.join(", ")
}
