//! The files behind the paths given: files as they are, folders recursively in name order.
//!
//! Every plain file of a folder is read, whatever its name, but one: the list of injected faults that
//! `lookback generate` wrote, known by its name and its first line. Nobody means that one, and it
//! would be one unreadable file more. It is passed over, and so is what is neither a file nor a folder
//! (a link to a folder could lead in circles); that is said.

use std::fs::{File, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::generate::{TRUTH_COLUMNS, TRUTH_FILE};

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `-`.
    Standard,
    /// A file.
    File(PathBuf),
    /// What lies in a folder and is not to be read.
    PassedOver {
        /// Where it lies.
        path: PathBuf,
        /// What it is.
        why: &'static str,
    },
}

/// A path that cannot be looked into, and why.
pub type Failed = (PathBuf, io::Error);

/// The sources behind paths, in order, found as they are asked for.
///
/// A folder gives its plain files; links to folders inside it are not followed.
pub fn sources(paths: &[PathBuf]) -> impl Iterator<Item = Result<Source, Failed>> {
    let mut waiting: Vec<Step> = paths.iter().rev().map(|p| Step::Given(p.clone())).collect();
    std::iter::from_fn(move || {
        loop {
            let (path, folder) = match waiting.pop()? {
                Step::Given(path) if path.as_os_str() == "-" => return Some(Ok(Source::Standard)),
                Step::Given(path) => {
                    let folder = path.is_dir();
                    (path, folder)
                }
                Step::Found(path, Kind::File) if is_truth(&path) => {
                    let why = "the faults that lookback generate injected, not an 835";
                    return Some(Ok(Source::PassedOver { path, why }));
                }
                Step::Found(path, Kind::Other(why)) => {
                    return Some(Ok(Source::PassedOver { path, why }));
                }
                Step::Found(path, kind) => (path, kind == Kind::Folder),
            };
            if !folder {
                return Some(Ok(Source::File(path)));
            }
            match entries(&path) {
                Ok(found) => waiting.extend(found.into_iter().rev()),
                Err(error) => return Some(Err((path, error))),
            }
        }
    })
}

enum Step {
    Given(PathBuf),
    /// In a folder.
    Found(PathBuf, Kind),
}

/// What lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    File,
    Folder,
    /// Neither, in words.
    Other(&'static str),
}

impl Kind {
    fn of(own: FileType, path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(_) if own.is_dir() => Self::Folder,
            Ok(behind) if behind.is_file() => Self::File,
            Ok(behind) if behind.is_dir() => {
                Self::Other("a link to a folder; name it to have it read")
            }
            Ok(_) => Self::Other("no plain file"),
            Err(_) if own.is_symlink() => Self::Other("a link that leads nowhere"),
            // Who reads it says why it cannot be read.
            Err(_) => Self::File,
        }
    }
}

fn entries(folder: &Path) -> io::Result<Vec<Step>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = Kind::of(entry.file_type()?, &path);
        found.push((path, kind));
    }
    found.sort();
    Ok(found.into_iter().map(|(path, kind)| Step::Found(path, kind)).collect())
}

/// True where a file is named as the list of injected faults is, and begins as it does.
fn is_truth(path: &Path) -> bool {
    if path.file_name() != Some(TRUTH_FILE.as_ref()) {
        return false;
    }
    let mut first = [0; TRUTH_COLUMNS.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && first == *TRUTH_COLUMNS.as_bytes()
}

/// What is said of what is not read in a folder.
pub(crate) fn passed_over(path: &Path, why: &str) -> String {
    let shown = super::plain(&path.display().to_string());
    format!("note: passed over {shown}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_name_order_and_what_is_missing_is_left_to_the_reader() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("b/c")).unwrap();
        for name in ["d.835", "b/z.835", "b/c/x.835", "a.835"] {
            std::fs::write(at(name), "").unwrap();
        }
        let paths = [PathBuf::from("-"), folder.path().to_owned(), at("missing")];
        let found: Vec<_> = sources(&paths).map(Result::unwrap).collect();
        let files = ["a.835", "b/c/x.835", "b/z.835", "d.835", "missing"];
        let mut expected = vec![Source::Standard];
        expected.extend(files.iter().map(|name| Source::File(at(name))));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_neither_a_file_nor_a_folder_is_passed_over_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("c")).unwrap();
        std::fs::write(at("c/x.835"), "").unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(at(to), at(name)).unwrap();
        link("c", "a");
        link("nothing", "b");
        link("c/x.835", "d");
        let _bound = std::os::unix::net::UnixListener::bind(at("e")).unwrap();
        let passed = |name: &str, why| Source::PassedOver { path: at(name), why };
        let found: Vec<_> = sources(&[folder.path().to_owned()]).map(Result::unwrap).collect();
        let expected = [
            passed("a", "a link to a folder; name it to have it read"),
            passed("b", "a link that leads nowhere"),
            Source::File(at("c/x.835")),
            Source::File(at("d")),
            passed("e", "no plain file"),
        ];
        assert_eq!(found, expected);
        let named: Vec<_> = sources(&[at("a")]).map(Result::unwrap).collect();
        assert_eq!(named, [Source::File(at("a/x.835"))]);
    }

    #[test]
    fn only_a_list_of_injected_faults_in_a_folder_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("b")).unwrap();
        let list = format!("{TRUTH_COLUMNS}a.835\t1\t2\tclaim-unbalanced\tfile\n");
        for (name, text) in [("truth.tsv", list.as_str()), ("b/truth.tsv", "ISA*00*"), ("c", &list)]
        {
            std::fs::write(at(name), text).unwrap();
        }
        let found = |path: PathBuf| -> Vec<_> { sources(&[path]).map(Result::unwrap).collect() };
        let expected = [
            Source::File(at("b/truth.tsv")),
            Source::File(at("c")),
            Source::PassedOver {
                path: at("truth.tsv"),
                why: "the faults that lookback generate injected, not an 835",
            },
        ];
        assert_eq!(found(folder.path().to_owned()), expected);
        // Who names it means it.
        assert_eq!(found(at("truth.tsv")), [Source::File(at("truth.tsv"))]);
    }
}
