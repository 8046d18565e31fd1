//! The files behind the paths given: files as they are, folders recursively in name order.

use std::io;
use std::path::{Path, PathBuf};

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `-`.
    Standard,
    /// A file.
    File(PathBuf),
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
                Step::Found(path, folder) => (path, folder),
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
    /// In a folder; true for a folder.
    Found(PathBuf, bool),
}

fn entries(folder: &Path) -> io::Result<Vec<Step>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() || path.is_file() {
            found.push((path, kind.is_dir()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(path, folder)| Step::Found(path, folder)).collect())
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
}
