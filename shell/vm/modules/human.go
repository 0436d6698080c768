package modules

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

var humanModule = Module{
	Name:    "human",
	Summary: "sizes and durations as people write them",
	Funcs: []Func{
		{Name: "bytes", Params: "n", Help: "a number of bytes with its unit, in powers of 1000", run: humanBytes,
			Examples: []string{`assert(human.bytes(53400000) == "53.4 MB")`}},
		{Name: "duration", Params: "seconds", Help: "a number of seconds with its units", run: humanDuration,
			Examples: []string{`assert(human.duration(5400) == "1 h 30 min")`}},
		{Name: "parse", Params: "text", Help: "the bytes of a size: kB, MB, GB are powers of 1000; KiB, MiB and bare K, M, G powers of 1024", run: humanParse,
			Examples: []string{`assert(human.parse("1.5 GiB") == 1610612736)`, `assert(human.parse("64M") == 67108864)`}},
		{Name: "seconds", Params: "text", Help: "the seconds of a duration: s, min, h, d, w", run: humanSeconds,
			Examples: []string{`assert(human.seconds("1h 30min") == 5400)`}},
	},
}

func humanBytes(c *call) (any, error) {
	n := c.num(1, "n")
	if math.IsNaN(n) || math.Abs(n) >= 1<<63 {
		return nil, c.invalid("%v is no number of bytes", n)
	}
	if n < 0 {
		return "-" + screen.Size(int64(-n)), nil
	}
	return screen.Size(int64(n)), nil
}

func humanDuration(c *call) (any, error) {
	n := c.num(1, "seconds")
	if math.IsNaN(n) || math.Abs(n) > 1e12 {
		return nil, c.invalid("%v is no number of seconds", n)
	}
	return duration(n), nil
}

// duration writes the two largest units: "2 d 3 h", "1 min 5 s", "0.25 s".
func duration(seconds float64) string {
	if seconds < 0 {
		return "-" + duration(-seconds)
	}
	if seconds < 10 && seconds != math.Trunc(seconds) {
		return strconv.FormatFloat(math.Round(seconds*100)/100, 'f', -1, 64) + " s"
	}
	n := int64(math.Round(seconds))
	units := []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}
	for i, u := range units {
		if n < u.size && u.size > 1 {
			continue
		}
		text := fmt.Sprintf("%d %s", n/u.size, u.name)
		if i+1 < len(units) {
			if rest := n % u.size / units[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0 s"
}

func humanParse(c *call) (any, error) {
	text := c.str(1, "text")
	n, err := client.ParseSize(text)
	if err != nil {
		return nil, c.invalid("%w", err)
	}
	return n, nil
}

// splitUnit parts "1.5 GiB" into "1.5" and "GiB".
func splitUnit(text string) (number, unit string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

var durationUnits = map[string]float64{
	"": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
	"h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "w": 604800, "week": 604800, "weeks": 604800,
}

func humanSeconds(c *call) (any, error) {
	text := c.str(1, "text")
	n, err := ParseDuration(text)
	if err != nil {
		return nil, c.invalid("%q is no duration: %w", text, err)
	}
	return n, nil
}

// ParseDuration reads a duration such as "90", "1h30min" or "2 weeks", in seconds.
func ParseDuration(text string) (float64, error) {
	total, rest := 0.0, strings.TrimSpace(text)
	for first := true; rest != "" || first; first = false {
		number, tail := splitUnit(rest)
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, errors.New("a number is missing")
		}
		end := strings.IndexFunc(tail, func(r rune) bool { return r >= '0' && r <= '9' || r == ' ' || r == '.' })
		if end < 0 {
			end = len(tail)
		}
		factor, ok := durationUnits[strings.ToLower(tail[:end])]
		if !ok {
			return 0, fmt.Errorf("unknown unit %q", tail[:end])
		}
		total += n * factor
		rest = strings.TrimSpace(tail[end:])
	}
	if math.IsInf(total, 0) {
		return 0, errors.New("it is too large")
	}
	return total, nil
}

// Age writes how long ago something was, in its largest unit: "3 days"; "now" for less than a
// second, and for what lies in the future by a clock that is off.
func Age(d time.Duration) string {
	for _, u := range []struct {
		name string
		size time.Duration
	}{
		{"year", 365 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour}, {"day", 24 * time.Hour},
		{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second},
	} {
		if n := int64(d / u.size); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "now"
}
