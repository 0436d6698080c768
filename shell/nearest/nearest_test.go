package nearest

import "testing"

func TestOf(t *testing.T) {
	verbs := []string{"push", "pull", "search", "list", "each", "stat", "exists"}
	for typed, want := range map[string]string{
		"psuh": "push", "pul": "pull", "serach": "search", "lst": "list", "exist": "exists",
		"frobnicate": "", "x": "", "": "",
	} {
		if got := Of(typed, verbs); got != want {
			t.Errorf("Of(%q) = %q, want %q", typed, got, want)
		}
	}
	if got := Of("x", []string{"_", "y", "xy"}); got != "" {
		t.Errorf("a letter for another: %q", got)
	}
}
