// SPDX-License-Identifier: Apache-2.0

package ui

// Color is a way to make text stand out, as an SGR parameter.
type Color string

// The colours in use, with git's meaning: red is what is missing or wrong,
// green is what is well.
const (
	Bold   Color = "1"
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Cyan   Color = "36"
)

// Paint returns s in colour c if standard output takes colours, else s. The
// first of these that speaks decides: --color, NO_COLOR or TERM=dumb, the
// config keys color.devops and color.ui, whether standard output is a
// terminal. JSON never has colours.
func (u *UI) Paint(c Color, s string) string {
	if s == "" || !u.color() {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[m"
}

func (u *UI) wantColor() bool {
	switch {
	case u.o.JSON || u.o.Color == Never:
		return false
	case u.o.Color == Always:
		return true
	case u.o.Getenv("NO_COLOR") != "" || u.o.Getenv("TERM") == "dumb":
		return false
	}
	for _, key := range []string{"color.devops", "color.ui"} {
		if v, ok := u.o.Config(key); ok {
			// A value that git would refuse is left to git to complain about.
			when, err := ParseWhen(v)
			return err == nil && (when == Always || when == Auto && u.outTTY)
		}
	}
	return u.outTTY
}
