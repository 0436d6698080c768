// Package nearest finds what somebody who mistyped a name probably meant. It never guesses
// wildly: a name is near when at most a third of its letters, or one, are wrong. Tested by a table.
package nearest

// Of is the name nearest to what was typed, by edit distance with swapped neighbours counted as
// one mistake; empty when none is near. Of equally near ones it is the first.
func Of(typed string, names []string) string {
	best, least := "", min(max(1, len(typed)/3)+1, len(typed)) // one letter says nothing
	for _, name := range names {
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the optimal string alignment distance of a and b, in bytes.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
