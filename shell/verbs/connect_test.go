package verbs

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// later stands for a client that is made when it is needed.
type later struct {
	client *client.Client
	err    error
}

func (l later) Open() (*client.Client, error) { return l.client, l.err }

// An option may be another client: from Lua a value that stands for one, from the command line a
// client that was made of what the flag names.
func TestAnOptionThatIsAClient(t *testing.T) {
	type request struct {
		Image string         `arg:"image" help:"an image"`
		To    *client.Client `opt:"to" help:"another client"`
	}
	var got request
	v := define(spec[request, bool]{name: "move", call: func(_ context.Context, _ *client.Client, r request) (bool, error) {
		got = r
		return true, nil
	}})
	here, there := client.New(client.Config{}), client.New(client.Config{})
	run := func(call Call, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := call.Run(context.Background(), here); err != nil || got.To != there || got.Image != "lab/a" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	run(v.Bind(items{"lab/a", options{"to": later{client: there}}}))
	run(v.BindCommand([]string{"lab/a"}, map[string]any{"to": there}))

	reason := errors.New("there is no such cloud")
	if _, err := v.Bind(items{"lab/a", options{"to": later{err: reason}}}); !errors.Is(err, reason) {
		t.Error(err)
	}
	for _, wrong := range []any{"backup", 5.0, options{}, client.Image{}, nil} {
		if _, err := v.Bind(items{"lab/a", options{"to": wrong}}); client.CodeOf(err) != client.Invalid || !strings.Contains(err.Error(), "must be a client, as connect{...} makes one") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
