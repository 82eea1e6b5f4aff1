// SPDX-License-Identifier: Apache-2.0

package known

import (
	"fmt"
	"net/url"
	"strings"
)

// maxPlace is the length of the longest place, bytes.
const maxPlace = 200

// Store returns the place of the store with that name.
func Store(name string) string { return "store-" + name }

// Peer returns the place of the peer with that name.
func Peer(name string) string { return "peer-" + name }

// check refuses what is no place.
func check(place string) error {
	kind, name, _ := strings.Cut(place, "-")
	if kind != "store" && kind != "peer" || name == "" || len(place) > maxPlace {
		return fmt.Errorf("'%s' is no place: expected store-<name> or peer-<name>", place)
	}
	return nil
}

// fileName spells a place as the name of its file.
func fileName(place string) string {
	var b strings.Builder
	for i := range len(place) {
		switch c := place[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// placeOf is the inverse of fileName.
func placeOf(file string) (place string, ok bool) {
	place, err := url.PathUnescape(file)
	return place, err == nil && check(place) == nil && fileName(place) == file
}
