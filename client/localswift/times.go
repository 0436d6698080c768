package localswift

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// timestamp is X-Timestamp: seconds with five decimals.
func timestamp(s stamp) string {
	return fmt.Sprintf("%d.%05d", s/1e6, s%1e6/10)
}

// lastModified is rounded up to a whole second, as Swift does.
func lastModified(s stamp) string { return roundUp(s).Format(http.TimeFormat) }

func roundUp(s stamp) time.Time {
	t := s.time()
	if whole := t.Truncate(time.Second); !whole.Equal(t) {
		return whole.Add(time.Second)
	}
	return t
}

// pathEscape encodes a name for a URL and keeps its slashes.
func pathEscape(name string) string {
	return strings.ReplaceAll(url.PathEscape(name), "%2F", "/")
}
