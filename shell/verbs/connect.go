package verbs

import "github.com/sregistry-shell/sregistry-shell/client"

// Connect describes the global function connect. It is no verb of a client, for it makes one, but
// its options are declared and checked as those of verbs are.
var Connect = define(spec[client.ConnectRequest, *client.Client]{
	name:    "connect",
	summary: "another client, which does all that client does",
	help: `All settings of the new client are those given here; none comes from the environment. It signs in
when a verb first needs the server. A name alone is a cloud of clouds.yaml.`,
	returns: "a client",
	examples: []string{
		`backup = connect{cloud="backup"}`,
		`lab = connect{url="https://swift.example.org", user="lab:ana", key=os.getenv("LAB_KEY")}`,
		`usb = connect{embedded="/media/usb/images"}`,
	},
})

// BindConnect decodes the arguments of connect: a table of options, or the name of a cloud.
func BindConnect(args []any) (client.ConnectRequest, error) {
	if len(args) == 1 {
		if cloud, ok := args[0].(string); ok {
			args = []any{map[string]any{"cloud": cloud}}
		}
	}
	if len(args) != 1 {
		return client.ConnectRequest{}, Connect.invalid(`it takes one table: connect{cloud="NAME"}`)
	}
	if _, ok := args[0].(map[string]any); !ok {
		return client.ConnectRequest{}, Connect.invalid(`it takes one table with names, as connect{cloud="NAME"}, and not %s`, describe(args[0]))
	}
	call, err := Connect.Bind(args)
	if err != nil {
		return client.ConnectRequest{}, err
	}
	return *call.requests[0].(*client.ConnectRequest), nil
}
