// Readtiles checks a published journal with the Go checksum database's own log and note packages.
//
//	readtiles [-old CHECKPOINT] [-proof FILE]... FOLDER
//
// It opens the checkpoint with the key beside it, authenticates every tile against the signed root,
// every entry against its tile, proves sampled entries and, with -old, that the log grew from an
// earlier checkpoint; -proof also checks a tlog-proof. It knows nothing of what an entry means.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is fixed by tlog-tiles: 256 hashes a tile.
const tileHeight = 8

func main() {
	var proofs []string
	old := flag.String("old", "", "an earlier checkpoint of the same log")
	flag.Func("proof", "a tlog-proof of one entry", func(path string) error {
		proofs = append(proofs, path)
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := check(flag.Arg(0), *old, proofs); err != nil {
		fmt.Fprintln(os.Stderr, "readtiles:", err)
		os.Exit(1)
	}
}

// A publication is one journal's folder. It is also the tile reader of package tlog.
type publication struct {
	folder string
	tiles  map[string]bool
}

func (p *publication) Height() int { return tileHeight }

func (p *publication) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles maps tile/8/L/N, as package tlog names tiles, to tile/L/N, as tlog-tiles does.
func (p *publication) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
		data, err := os.ReadFile(filepath.Join(p.folder, path))
		if err != nil {
			return nil, err
		}
		p.tiles[path] = true
		all = append(all, data)
	}
	return all, nil
}

// entries returns the entries of the nth bundle of a log of size entries.
func (p *publication) entries(n, size int64) ([][]byte, error) {
	width := min(size-n<<tileHeight, 1<<tileHeight)
	// The entries' bundles are named as the tiles of level 0.
	tile := tlog.Tile{H: tileHeight, L: 0, N: n, W: int(width)}
	path := "tile/entries/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight))
	data, err := os.ReadFile(filepath.Join(p.folder, path))
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, fmt.Errorf("%s: half a length", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if len(data) < end {
			return nil, fmt.Errorf("%s: half an entry", path)
		}
		all = append(all, data[2:end])
		data = data[end:]
	}
	if int64(len(all)) != width {
		return nil, fmt.Errorf("%s: %d entries, %d are wanted", path, len(all), width)
	}
	return all, nil
}

// openCheckpoint checks the signature and returns the tree that was signed.
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func check(folder, oldPath string, proofs []string) error {
	key, err := os.ReadFile(filepath.Join(folder, "vkey"))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSuffix(string(key), "\n"))
	if err != nil {
		return fmt.Errorf("vkey: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	log := &publication{folder: folder, tiles: make(map[string]bool)}
	// What this reader returns was authenticated against the signed root.
	hashes := tlog.TileHashReader(tree, log)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	if root != tree.Hash {
		return errors.New("the tiles have another root than the checkpoint")
	}
	leaves, err := checkEntries(log, tree, hashes)
	if err != nil {
		return err
	}
	sampled, err := checkSamples(tree, hashes, leaves)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d entries, %d tiles, %d inclusion proofs", verifier.Name(), tree.N, len(log.tiles), sampled)
	if oldPath != "" {
		size, err := checkGrowth(oldPath, verifier, tree, hashes)
		if err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
		fmt.Printf(", grown from %d", size)
	}
	for _, path := range proofs {
		if err := checkProof(path, verifier, leaves); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Printf(", %d tlog-proofs: ok\n", len(proofs))
	return nil
}

// checkEntries compares every entry with the authenticated hash at its place.
func checkEntries(log *publication, tree tlog.Tree, hashes tlog.HashReader) ([]tlog.Hash, error) {
	var leaves []tlog.Hash
	for n := int64(0); n<<tileHeight < tree.N; n++ {
		entries, err := log.entries(n, tree.N)
		if err != nil {
			return nil, err
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, n<<tileHeight+int64(i)))
		}
		want, err := hashes.ReadHashes(indexes)
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != want[i] {
				return nil, fmt.Errorf("entry %d is not the one that was signed", n<<tileHeight+int64(i))
			}
		}
		leaves = append(leaves, want...)
	}
	return leaves, nil
}

// checkSamples proves entries at the ends, at the borders of tiles, and some between.
func checkSamples(tree tlog.Tree, hashes tlog.HashReader, leaves []tlog.Hash) (int, error) {
	samples := map[int64]bool{0: true, tree.N / 2: true, tree.N - 1: true}
	for _, border := range []int64{255, 256, 65535, 65536} {
		samples[border] = true
	}
	for n := int64(0); n < tree.N; n += tree.N/13 + 1 {
		samples[n] = true
	}
	proved := 0
	for n := range samples {
		if n >= tree.N {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, n, hashes)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaves[n]); err != nil {
			return 0, fmt.Errorf("entry %d: %w", n, err)
		}
		proved++
	}
	return proved, nil
}

// checkGrowth proves that the log begins with what the earlier checkpoint signed.
func checkGrowth(path string, verifier note.Verifier, tree tlog.Tree, hashes tlog.HashReader) (int64, error) {
	signed, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	old, err := openCheckpoint(signed, verifier)
	if err != nil {
		return 0, err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return 0, err
	}
	return old.N, tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// checkProof checks a tlog-proof against the entry that lies at its index.
func checkProof(path string, verifier note.Verifier, leaves []tlog.Hash) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	digits, found := strings.CutPrefix(lines[1], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || index < 0 || index >= int64(len(leaves)) {
		return errors.New("no index of an entry")
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index])
}
