//! The money of a case over time, drawn as SVG: bands that add up, clocks as bars beneath them.
//!
//! Whole pixels and exact cents, no floating point. Colours are classes of the page that holds it;
//! every band and bar is named in words too, and the same numbers stand in the page as text.

use std::fmt::Write as _;

use chrono::{Datelike as _, Months, NaiveDate};
use lookback_events::money::Money;
use lookback_projections::clocks::Ends;

use super::html::escaped;
use super::{Replay, Standing, Sums};

const WIDTH: i64 = 960;
/// Room for the amounts beside the plot.
const LEFT: i64 = 96;
const RIGHT: i64 = 24;
/// Room for the numbers of the steps.
const TOP: i64 = 40;
const HEIGHT: i64 = 220;
/// A clock's bar with its name above it.
const LANE: i64 = 30;
/// Room for the days beneath all.
const BOTTOM: i64 = 26;
/// Numbers of steps nearer than this are drawn one above the other.
const NUMBERS_APART: i64 = 20;
/// At most so many days are named.
const TICKS_MAX: i64 = 10;

/// A band of the chart: its class, its name, and what it sums up; the first lies lowest.
type Band = (&'static str, &'static str, fn(&Sums) -> Money);

const BANDS: [Band; 5] = [
    ("collected", "collected", |sums| sums.collected),
    ("carried", "carried forward", |sums| sums.carried_forward),
    ("reduced", "reduced", |sums| sums.reduced),
    ("written", "written off", |sums| sums.written_off),
    ("outstanding", "outstanding", |sums| sums.outstanding),
];

/// The money from one day on.
struct Point {
    x: i64,
    sums: Sums,
}

/// A clock that ran.
struct Bar {
    clock: String,
    from: NaiveDate,
    to: NaiveDate,
    stopped: Option<NaiveDate>,
}

/// The days that the plot spans, on its pixels.
struct Axis {
    first: NaiveDate,
    days: i64,
}

impl Axis {
    fn x(&self, day: NaiveDate) -> i64 {
        let since = day.signed_duration_since(self.first).num_days().clamp(0, self.days);
        let span = WIDTH.saturating_sub(LEFT).saturating_sub(RIGHT);
        LEFT.saturating_add(since.saturating_mul(span).checked_div(self.days).unwrap_or(0))
    }
}

/// The height of an amount on the plot: pixels from the top.
fn y(amount: Money, most: Money) -> i64 {
    let tall = i128::from(HEIGHT).saturating_mul(amount.cents());
    let tall = tall.checked_div(most.cents()).unwrap_or(0);
    let tall = i64::try_from(tall).unwrap_or(HEIGHT).clamp(0, HEIGHT);
    TOP.saturating_add(HEIGHT).saturating_sub(tall)
}

fn plus(a: Money, b: Money) -> Money {
    a.checked_add(b).unwrap_or(a)
}

/// The chart; empty where nothing is known to draw.
pub fn svg(replay: &Replay) -> String {
    draw(replay).unwrap_or_default()
}

fn draw(replay: &Replay) -> Option<String> {
    let first = replay.curve.iter().map(|(day, _)| day.0).min()?;
    let bars = bars(replay);
    let told = replay.curve.iter().map(|(day, _)| day.0);
    let last = told.chain(bars.iter().map(|bar| bar.to)).max()?;
    // A day asked about long after everything stands at the edge: the story keeps its room.
    let room = last.signed_duration_since(first).num_days().max(6).checked_div(6)?;
    let edge = last.checked_add_signed(chrono::TimeDelta::days(room))?;
    let last = last.max(replay.on.0.min(edge));
    let axis = Axis { first, days: last.signed_duration_since(first).num_days().max(1) };
    let points: Vec<Point> =
        replay.curve.iter().map(|(day, sums)| Point { x: axis.x(day.0), sums: *sums }).collect();
    let total = |sums: &Sums| BANDS.iter().map(|(.., of)| of(sums)).fold(Money::ZERO, plus);
    let most = points.iter().map(|point| total(&point.sums).max(point.sums.identified)).max()?;
    let most = most.max(Money::from_cents(100));
    let end = axis.x(replay.on.0);
    let lanes = i64::try_from(bars.len()).ok()?.saturating_mul(LANE);
    let floor = TOP.saturating_add(HEIGHT);
    let height = floor.saturating_add(lanes).saturating_add(BOTTOM);
    let mut out = String::new();
    let words = in_words(replay);
    write!(
        out,
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"chart-title chart-words\">\n\
         <title id=\"chart-title\">Money of the case over time</title>\n\
         <desc id=\"chart-words\">{}</desc>\n",
        escaped(&words)
    )
    .ok()?;
    grid(&mut out, &axis, most, floor.saturating_add(lanes))?;
    bands(&mut out, &points, most, end)?;
    line(&mut out, &points, most, end)?;
    for (place, bar) in (0_i64..).zip(&bars) {
        let top = floor.saturating_add(place.saturating_mul(LANE)).saturating_add(8);
        clock(&mut out, bar, &axis, top)?;
    }
    numbers(&mut out, replay, &axis)?;
    let asked = axis.x(replay.on.0);
    writeln!(
        out,
        "<line class=\"asked\" x1=\"{asked}\" x2=\"{asked}\" y1=\"{TOP}\" y2=\"{}\"><title>the day \
         asked about, {}</title></line>\n</svg>",
        floor.saturating_add(lanes),
        replay.on.0
    )
    .ok()?;
    Some(out)
}

/// What the chart shows, for who does not see it.
fn in_words(replay: &Replay) -> String {
    let sums = replay.now.money;
    let parts: Vec<String> = BANDS
        .iter()
        .map(|(_, name, of)| (name, of(&sums)))
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(name, amount)| format!("{} {name}", amount.grouped()))
        .collect();
    let steps = replay.steps.len();
    let (whole, on) = (sums.identified.grouped(), replay.on.0);
    format!("{steps} steps; on {on}, of {whole} identified: {}.", parts.join(", "))
}

/// Lines at amounts and months, with their names.
fn grid(out: &mut String, axis: &Axis, most: Money, floor: i64) -> Option<()> {
    for quarter in 0..=4_i128 {
        let cents = most.cents().saturating_mul(quarter).checked_div(4)?;
        let amount = Money::try_from_cents(cents)?;
        let y = y(amount, most);
        let (right, beside) = (WIDTH.saturating_sub(RIGHT), LEFT.saturating_sub(8));
        writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\"/>\
             <text class=\"amount\" x=\"{beside}\" y=\"{}\">{}</text>",
            y.saturating_add(4),
            amount.grouped()
        )
        .ok()?;
    }
    let months = axis.days.checked_div(30)?.checked_div(TICKS_MAX)?.saturating_add(1);
    let months = Months::new(u32::try_from(months).ok()?);
    let last = axis.first.checked_add_signed(chrono::TimeDelta::days(axis.days))?;
    let mut day = axis.first.with_day(1)?.checked_add_months(Months::new(1))?;
    while day <= last {
        let (x, below) = (axis.x(day), floor.saturating_add(18));
        writeln!(
            out,
            "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{floor}\"/>\
             <text class=\"day\" x=\"{x}\" y=\"{below}\">{}</text>",
            day.format("%Y-%m")
        )
        .ok()?;
        day = day.checked_add_months(months)?;
    }
    Some(())
}

/// The bands, each lying on those before it.
fn bands(out: &mut String, points: &[Point], most: Money, end: i64) -> Option<()> {
    let mut low: Vec<Money> = vec![Money::ZERO; points.len()];
    for (class, name, of) in BANDS {
        let high: Vec<Money> =
            points.iter().zip(&low).map(|(point, low)| plus(*low, of(&point.sums))).collect();
        if high != low {
            let mut path = String::new();
            let ends = points.iter().skip(1).map(|point| point.x).chain([end]);
            for (place, ((point, high), end)) in points.iter().zip(&high).zip(ends).enumerate() {
                let way = if place == 0 { "M" } else { "L" };
                write!(path, "{way}{} {}H{end}", point.x, y(*high, most)).ok()?;
            }
            let ends = points.iter().skip(1).map(|point| point.x).chain([end]);
            let back: Vec<(i64, i64, Money)> = points
                .iter()
                .zip(&low)
                .zip(ends)
                .map(|((point, low), end)| (point.x, end, *low))
                .collect();
            for (start, end, low) in back.into_iter().rev() {
                write!(path, "L{end} {}H{start}", y(low, most)).ok()?;
            }
            writeln!(
                out,
                "<path class=\"band {class}\" d=\"{path}Z\"><title>{name}</title></path>"
            )
            .ok()?;
        }
        low = high;
    }
    Some(())
}

/// The overpayment as identified: what is above it was taken beyond it.
fn line(out: &mut String, points: &[Point], most: Money, end: i64) -> Option<()> {
    let mut path = String::new();
    let ends = points.iter().skip(1).map(|point| point.x).chain([end]);
    for (place, (point, end)) in points.iter().zip(ends).enumerate() {
        let way = if place == 0 { "M" } else { "L" };
        write!(path, "{way}{} {}H{end}", point.x, y(point.sums.identified, most)).ok()?;
    }
    writeln!(out, "<path class=\"identified\" d=\"{path}\"><title>identified</title></path>").ok()
}

/// A clock from its start to its last day, and the day on which it was stopped.
fn clock(out: &mut String, bar: &Bar, axis: &Axis, top: i64) -> Option<()> {
    let (from, to) = (axis.x(bar.from), axis.x(bar.to));
    let wide = to.saturating_sub(from).max(2);
    let name = escaped(&bar.clock);
    let stopped = bar.stopped.map_or(String::new(), |day| format!(", stopped {day}"));
    let below = top.saturating_add(10);
    writeln!(
        out,
        "<rect class=\"clock\" x=\"{from}\" y=\"{below}\" width=\"{wide}\" height=\"8\" rx=\"4\">\
         <title>{name} from {} to {}{stopped}</title></rect>",
        bar.from, bar.to
    )
    .ok()?;
    if let Some(day) = bar.stopped {
        let ran = axis.x(day).saturating_sub(from).clamp(0, wide);
        writeln!(
            out,
            "<rect class=\"ran\" x=\"{from}\" y=\"{below}\" width=\"{ran}\" height=\"8\" rx=\"4\"/>"
        )
        .ok()?;
    }
    // A name that begins too far right would leave the picture.
    let (x, anchor) =
        if from > WIDTH.saturating_mul(3).checked_div(4)? { (to, "end") } else { (from, "start") };
    let baseline = top.saturating_add(6);
    writeln!(
        out,
        "<text class=\"lane\" x=\"{x}\" y=\"{baseline}\" text-anchor=\"{anchor}\">{name} to \
         {}{stopped}</text>",
        bar.to
    )
    .ok()
}

/// The numbers of the steps above the plot, each a link to its step.
fn numbers(out: &mut String, replay: &Replay, axis: &Axis) -> Option<()> {
    let mut last: Option<(i64, i64)> = None;
    for step in &replay.steps {
        let x = axis.x(step.on.0);
        let row = match last {
            Some((before, row)) if x.saturating_sub(before).abs() < NUMBERS_APART => {
                row.saturating_add(1).rem_euclid(2)
            }
            _ => 0,
        };
        last = Some((x, row));
        let middle = 30_i64.saturating_sub(row.saturating_mul(18));
        let (number, text) = (step.number, middle.saturating_add(4));
        let late = if step.late_days.is_some() { " late" } else { "" };
        writeln!(
            out,
            "<a href=\"#step-{number}\"><circle class=\"step{late}\" cx=\"{x}\" cy=\"{middle}\" \
             r=\"8\"><title>{}: {}</title></circle><text class=\"number\" x=\"{x}\" \
             y=\"{text}\">{number}</text></a>",
            step.happened,
            escaped(&step.what)
        )
        .ok()?;
    }
    Some(())
}

/// The clocks that ran in any step, each once, by the day they began.
fn bars(replay: &Replay) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let standings = replay.steps.iter().filter_map(|step| step.after.as_ref());
    for standing in standings.chain([&replay.now]) {
        for bar in of_standing(standing) {
            let same = |other: &&mut Bar| other.clock == bar.clock && other.from == bar.from;
            match bars.iter_mut().find(same) {
                Some(known) => *known = bar,
                None => bars.push(bar),
            }
        }
    }
    bars.sort_by_key(|bar| bar.from);
    bars
}

fn of_standing(standing: &Standing) -> impl Iterator<Item = Bar> {
    standing.deadlines.iter().filter_map(|deadline| {
        let derivation = deadline.derivation.as_ref()?;
        let from = derivation.starts.iter().map(|known| known.day.0).min()?;
        let Ends::On { .. } = derivation.ends else { return None };
        let to = deadline.due?.0;
        let stopped = derivation.stopped.as_ref().map(|known| known.day.0);
        Some(Bar { clock: deadline.clock.clone(), from: from.min(to), to, stopped })
    })
}
