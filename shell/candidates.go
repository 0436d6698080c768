package shell

import "unicode/utf8"

// What may be shown of candidates at one key: the line editor writes all it is given, flooding the
// terminal, and divides by zero when one does not fit.

// most is how many candidates of that width are shown: what leaves the line that is typed on a
// terminal of 24 rows, and never so many that nobody would look for one among them.
func mostCandidates(widest, columns int) int {
	const rows, most = 20, 200
	return min(most, rows*max(1, columns/(widest+1)))
}

// fitting makes of the endings what can be shown behind a word of that many columns: none wider
// than the terminal, and no more than can be looked at. What is cut short or stands for several is
// still the beginning of an ending, so that the next key goes on from there.
func fitting(endings []string, word, columns int) []string {
	if len(endings) < 2 {
		return endings // it is inserted, not shown
	}
	room := columns - word - 4
	if room < 1 {
		if common := commonPrefix(endings); common != "" {
			return []string{common}
		}
		return nil
	}
	widest := 0
	cut := make([]string, 0, len(endings))
	for _, ending := range endings {
		short, cells := cutCells(ending, room)
		widest = max(widest, cells)
		if n := len(cut); n == 0 || cut[n-1] != short {
			cut = append(cut, short)
		}
	}
	return grouped(cut, mostCandidates(word+widest, columns))
}

// grouped makes few of many endings: what is common to all, else what goes up to the next
// separator, else the next letters.
func grouped(endings []string, most int) []string {
	if len(endings) <= most {
		return endings
	}
	if common := commonPrefix(endings); common != "" {
		return []string{common}
	}
	for _, shorten := range []func(string) string{upToSeparator, firstRune} {
		var groups []string
		seen := map[string]bool{}
		for _, ending := range endings {
			if short := shorten(ending); !seen[short] {
				seen[short] = true
				groups = append(groups, short)
			}
		}
		if len(groups) <= most {
			return groups
		}
	}
	return endings[:most]
}

// upToSeparator is an ending up to and with the first of its characters that is no letter or
// digit: "ubuntu-" of "ubuntu-22.04.sif".
func upToSeparator(s string) string {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) || c == '_' {
			return s[:i+1]
		}
	}
	return s
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// commonPrefix is what all begin with, in whole characters.
func commonPrefix(all []string) string {
	prefix := all[0]
	for _, s := range all[1:] {
		n := 0
		for n < len(prefix) && n < len(s) && prefix[n] == s[n] {
			n++
		}
		for n > 0 && n < len(prefix) && !utf8.RuneStart(prefix[n]) {
			n--
		}
		prefix = prefix[:n]
	}
	return prefix
}

// cutCells is the beginning of s that takes at most that many columns, and how many it takes. What
// may be wide counts as two.
func cutCells(s string, most int) (short string, cells int) {
	for i, r := range s {
		n := cellsOf(r)
		if cells+n > most {
			return s[:i], cells
		}
		cells += n
	}
	return s, cells
}

func cellsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	return 2
}

// narrow tells whether every character surely takes one column.
func narrow(s string) bool {
	for _, r := range s {
		if cellsOf(r) > 1 {
			return false
		}
	}
	return true
}
