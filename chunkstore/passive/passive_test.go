// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"bytes"
	"compress/zlib"
	"errors"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestMark(t *testing.T) {
	id, err := ParseStoreID("00112233445566778899aabbccddeeff")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mark Mark
		text string
	}{
		{Mark{ID: id}, "git-devops store 1\nid 00112233445566778899aabbccddeeff\nbody plain\n"},
		{Mark{ID: id, Sealed: true}, "git-devops store 1\nid 00112233445566778899aabbccddeeff\nbody sealed\n"},
	} {
		if got := string(tt.mark.Encode()); got != tt.text {
			t.Errorf("encoded %q", got)
		}
		if got, err := ParseMark([]byte(tt.text)); err != nil || got != tt.mark {
			t.Errorf("parsed %v, %v", got, err)
		}
	}
}

func TestMarkRefused(t *testing.T) {
	good := string(Mark{ID: NewStoreID()}.Encode())
	for name, text := range map[string]string{
		"empty":          "",
		"cut":            good[:len(good)-1],
		"more":           good + "\n",
		"long":           good + strings.Repeat("x", 1000),
		"upper case":     strings.Replace(good, "id ", "id ABCDEF", 1),
		"another body":   strings.Replace(good, "plain", "plaited", 1),
		"carriage":       strings.ReplaceAll(good, "\n", "\r\n"),
		"something else": "[core]\n",
	} {
		var format *chunkstore.FormatError
		if _, err := ParseMark([]byte(text)); !errors.As(err, &format) || errors.Is(err, chunkstore.ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseMark([]byte("git-devops store 2\nnew\n")); !errors.Is(err, chunkstore.ErrVersion) {
		t.Errorf("a newer one: %v", err)
	}
}

func FuzzMark(f *testing.F) {
	f.Add(Mark{ID: NewStoreID()}.Encode())
	f.Add(Mark{Sealed: true}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := ParseMark(data); err == nil && !bytes.Equal(m.Encode(), data) {
			t.Errorf("%q is another spelling of %q", data, m.Encode())
		}
	})
}

func TestBodyNames(t *testing.T) {
	id := chunkstore.BlobID([]byte("x"))
	for _, m := range []Mark{{}, {Sealed: true}} {
		dir, file := m.BodyName(id)
		if got, ok := m.BodyID(dir, file); !ok || got != id {
			t.Errorf("%s/%s is %s, %v", dir, file, got, ok)
		}
		if _, ok := (Mark{Sealed: !m.Sealed}).BodyID(dir, file); ok {
			t.Errorf("%s/%s is taken for the other kind", dir, file)
		}
	}
	if _, ok := (Mark{}).BodyID("a", "b"); ok {
		t.Error("a name that is too short")
	}
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

func TestPlainRefused(t *testing.T) {
	for name, body := range map[string][]byte{
		"empty":         nil,
		"not zlib":      []byte("blob 1\x00x"),
		"no header":     deflated(""),
		"a tree":        deflated("tree 1\x00x"),
		"short":         deflated("blob 2\x00x"),
		"long":          deflated("blob 0\x00x"),
		"leading zero":  deflated("blob 01\x00x"),
		"negative":      deflated("blob -1\x00"),
		"huge":          deflated("blob 99999999\x00x"),
		"announced":     deflated("blob 60000000\x00x"),
		"no end":        deflated("blob 11111111111111"),
		"more behind":   append(deflated("blob 1\x00x"), 0),
		"cut":           deflated("blob 1\x00x")[:8],
		"cut in digest": deflated("blob 1\x00x")[:len(deflated("blob 1\x00x"))-1],
	} {
		if got, err := (Plain{}).Decode(body); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "x", strings.Repeat("text ", 10_000)} {
		body, err := (Plain{}).Encode([]byte(s))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		content, err := (Plain{}).Decode(body)
		if err != nil {
			return
		}
		again, err := (Plain{}).Encode(content)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (Plain{}).Decode(again); err != nil || !bytes.Equal(got, content) {
			t.Errorf("decode of encode is not the identity: %v", err)
		}
	})
}

func TestPlainKeepsWhatDoesNotCompress(t *testing.T) {
	for name, tt := range map[string]struct {
		content []byte
		most    int
	}{
		"text":  {bytes.Repeat([]byte("some text "), 10_000), 10_000},
		"empty": {nil, 32},
	} {
		body, err := (Plain{}).Encode(tt.content)
		if err != nil || len(body) > tt.most {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
	}
	if _, err := (Plain{}).Encode(make([]byte, maxContent+1)); err == nil {
		t.Error("a chunk that is too long")
	}
}

type noBodies struct {
	Bodies
	mark Mark
}

func (b noBodies) Mark() Mark { return b.mark }
func (noBodies) Name() string { return "dir:/disk" }

type sealedCodec struct{ Plain }

func (sealedCodec) Sealed() bool { return true }

func TestSealIsChecked(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		codecs := map[bool]Codec{false: Plain{}, true: sealedCodec{}}
		for which, codec := range codecs {
			_, err := New(noBodies{mark: Mark{Sealed: sealed}}, codec)
			var seal *SealError
			if errors.As(err, &seal) != (which != sealed) {
				t.Errorf("sealed %v, codec for sealed %v: %v", sealed, which, err)
			}
		}
	}
}
