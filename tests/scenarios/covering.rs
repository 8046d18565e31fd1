//! What the stories must cover: every clock, default, state, end, refusal and finding.
