package signin

import (
	"fmt"
	"slices"
	"strings"
)

// MissingError names the settings that are missing, all of them.
type MissingError struct {
	Variables []string
	Source    string // what else is set, and needs them; empty: nothing is
}

// Error says how to set what is missing, or how to do without.
func (e *MissingError) Error() string {
	text := strings.Join(e.Variables, ", ") + " not set"
	usual := func(name string) bool { return name == envUser || name == envKey || name == envURL }
	if e.Source != "" && (e.Source != sourceSRegistry || !usual(e.Variables[0])) {
		return text + ", which " + e.Source + " cannot do without"
	}
	return text + ": export SREGISTRY_SWIFT_USER, SREGISTRY_SWIFT_TOKEN and SREGISTRY_SWIFT_URL, or use --embedded for storage in a local folder"
}

// The sources, as people see them.
const (
	sourceSRegistry = "SREGISTRY_SWIFT_* in the environment"
	sourceOpenRC    = "OS_* in the environment"
	sourceST        = "ST_* in the environment"
)

// FromEnvironment reads the settings of the first source that is there: SREGISTRY_SWIFT_*, OS_*
// (of which OS_CLOUD goes first), ST_*, the settings file. Nothing is taken from a second one. A
// *MissingError says what the source lacks.
func FromEnvironment(getenv func(string) string) (Settings, error) {
	env := environment{getenv: getenv}
	for _, source := range []func(*environment) (Settings, bool, error){fromSRegistry, fromCloud, fromOpenRC, fromST, fromFile} {
		s, there, err := source(&env)
		if !there {
			continue
		}
		if err == nil {
			err = env.complete(s.Source)
		}
		if err == nil {
			err = s.Check()
		}
		if err != nil {
			return Settings{}, err
		}
		return s, nil
	}
	return Settings{}, &MissingError{Variables: []string{envUser, envKey, envURL}}
}

// environment reads variables and notes which were needed and not set.
type environment struct {
	getenv  func(string) string
	missing []string
}

// any tells whether one of them is set.
func (e *environment) any(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return e.getenv(name) != "" })
}

// first is the value of the first of them that is set.
func (e *environment) first(names ...string) string {
	for _, name := range names {
		if value := e.getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// need is first of what may not be left out.
func (e *environment) need(names ...string) string {
	value := e.first(names...)
	if value == "" {
		e.missing = append(e.missing, strings.Join(names, " or "))
	}
	return value
}

// flag reads a variable that is set or not, as people write it.
func (e *environment) flag(name string) bool {
	switch strings.ToLower(e.getenv(name)) {
	case "", "0", "false", "no", "off", "n", "f":
		return false
	}
	return true
}

func (e *environment) complete(source string) error {
	if len(e.missing) > 0 {
		return &MissingError{Variables: e.missing, Source: source}
	}
	return nil
}

// interfaceOf reads an interface of the catalog in any of its spellings: "public", "publicURL",
// "Internal".
func interfaceOf(variable, text string) (string, error) {
	switch strings.TrimSuffix(strings.ToLower(text), "url") {
	case "", "public":
		return "public", nil
	case "internal":
		return "internal", nil
	case "admin":
		return "admin", nil
	}
	return "", fmt.Errorf("%s is %q; it is public, internal or admin", variable, text)
}
