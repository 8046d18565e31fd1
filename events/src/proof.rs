//! A record's proof for others: C2SP `tlog-proof`.

use crate::checkpoint::{CheckpointError, Verifier};
use crate::hash::Hash;
use crate::merkle::verify_inclusion;

/// The first line of a proof.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";

/// That one leaf lies at one place under a signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The leaf's position.
    pub index: u64,
    /// The audit path, leaf's sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not the text of a proof.
    #[error("not a tlog-proof: {0}")]
    Malformed(&'static str),
    /// Its checkpoint is not one that the key signed.
    #[error("the proof's checkpoint is not good")]
    Checkpoint(#[source] CheckpointError),
    /// The path does not lead from the leaf to the root.
    #[error("the path does not lead from the leaf to the signed root")]
    Path,
}

impl Proof {
    /// Reads a proof.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let wrong = ProofError::Malformed;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(wrong("no blank line"))?;
        let mut lines = head.lines();
        if lines.next() != Some(MAGIC) {
            return Err(wrong("the first line"));
        }
        let index = lines
            .find(|line| !line.starts_with("extra "))
            .and_then(|line| line.strip_prefix("index "))
            .and_then(|n| n.parse().ok())
            .ok_or(wrong("no index"))?;
        let path = lines
            .map(|line| Hash::parse(line).map_err(|_| wrong("a hash")))
            .collect::<Result<_, _>>()?;
        Ok(Self { index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that `leaf` is in the log under a checkpoint that `verifier` accepts.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, verifier: &Verifier, leaf: &Hash) -> Result<(), ProofError> {
        let checkpoint = verifier.open(&self.checkpoint).map_err(ProofError::Checkpoint)?;
        verify_inclusion(&checkpoint.root, checkpoint.size, self.index, leaf, &self.path)
            .then_some(())
            .ok_or(ProofError::Path)
    }
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MAGIC}\nindex {}\n", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
