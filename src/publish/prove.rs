//! `lookback prove`: the C2SP tlog-proof of one record under the last signed checkpoint.

use lookback_events::merkle::inclusion_proof;
use lookback_events::proof::{Proof, ProofError};
use lookback_events::record::leaf_hash;

use crate::checkpoints::{CheckpointError, Checkpoints};
use crate::journal::{JournalError, Journals, Position};

/// Why a record could not be proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// There is no such record.
    #[error("there is no record {at}: the journal holds {records} records, counted from 0")]
    NoRecord {
        /// The position.
        at: Position,
        /// How many records the journal holds.
        records: u64,
    },
    /// No signed checkpoint covers the record yet: sign one.
    #[error(
        "record {at} is not yet under a signed checkpoint, which covers {signed} records; run \
         `lookback checkpoint` first"
    )]
    NotSigned {
        /// The position.
        at: Position,
        /// How many records the last signed checkpoint covers.
        signed: u64,
    },
    /// The stored record is not the one that was signed.
    #[error("record {at} as stored is not under the signed checkpoint; run `lookback verify`")]
    Unproved {
        /// The position.
        at: Position,
        /// What does not hold.
        #[source]
        source: ProofError,
    },
    /// The last signed checkpoint could not be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The journal could not be read, or is damaged.
    #[error("the journal could not be read")]
    Journal(#[from] JournalError),
}

/// The proof that the record `at` lies under its journal's last signed checkpoint, as text. It is
/// checked, against the record read back from the store, before it is given out.
///
/// # Errors
/// When there is no such record, when no signed checkpoint covers it, or when something cannot be
/// read or does not fit.
pub fn prove(
    journals: &Journals,
    checkpoints: &Checkpoints,
    at: Position,
) -> Result<String, ProveError> {
    let verifier =
        checkpoints.verifier(at.journal).ok_or(CheckpointError::NoJournal(at.journal))?;
    let records = journals.head(at.journal).next();
    if at.seq >= records {
        return Err(ProveError::NoRecord { at, records });
    }
    let last = checkpoints.last_signed(at.journal)?;
    let signed = last.as_ref().map_or(0, |last| last.checkpoint.size);
    let Some(last) = last.filter(|_| at.seq < signed) else {
        return Err(ProveError::NotSigned { at, signed });
    };
    if signed > records {
        let root = last.checkpoint.root;
        let journal = at.journal;
        return Err(CheckpointError::Behind { journal, records, signed, root }.into());
    }
    let tree = journals.tree(at.journal)?;
    let path = inclusion_proof(&tree, at.seq, signed)?;
    let proof = Proof { index: at.seq, path, checkpoint: last.note };
    let leaf = leaf_hash(&journals.record(at)?.header);
    let text = proof.to_string();
    Proof::parse(&text)
        .and_then(|proof| proof.verify(verifier, &leaf))
        .map_err(|source| ProveError::Unproved { at, source })?;
    Ok(text)
}
