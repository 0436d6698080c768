package library

import (
	"path/filepath"
	"strings"
	"time"
)

// Settings say where the library is. The zero value is a library that is off.
type Settings struct {
	Database string // the database file; empty: the library is off
	Storage  string // the image folder
	Off      string // why the library is off, for a person

	// Wait is how long to wait for others who write; 0: half a minute.
	Wait time.Duration
}

// patience is the Wait that no setting changes.
const patience = 30 * time.Second

// databaseFile is what sregistry-cli calls the file in the folder of SREGISTRY_DATABASE.
const databaseFile = "sregistry.db"

// FromEnvironment reads the variables of sregistry-cli: SREGISTRY_DATABASE is the database's
// folder, by default ~/.singularity; SREGISTRY_STORAGE the image folder, which stays
// ~/.singularity/shub wherever the database is; SREGISTRY_DISABLE and SINGULARITY_DISABLE_CACHE
// turn the library off.
func FromEnvironment(getenv func(string) string, home string) Settings {
	for _, variable := range []string{"SINGULARITY_DISABLE_CACHE", "SREGISTRY_DISABLE"} {
		switch strings.ToLower(getenv(variable)) {
		case "yes", "true", "t", "1", "y":
			return Settings{Off: variable + " is set"}
		}
	}
	database, storage := getenv("SREGISTRY_DATABASE"), getenv("SREGISTRY_STORAGE")
	if home == "" && (database == "" || storage == "") {
		return Settings{Off: "there is no home: set HOME, or SREGISTRY_DATABASE and SREGISTRY_STORAGE"}
	}
	if database == "" {
		database = filepath.Join(home, ".singularity")
	}
	if storage == "" {
		storage = filepath.Join(home, ".singularity", "shub")
	}
	return Settings{Database: absolute(filepath.Join(database, databaseFile)), Storage: absolute(storage)}
}

// absolute makes a path hold wherever a program goes on to.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// On tells whether there is a library.
func (s Settings) On() bool { return s.Database != "" && s.Off == "" }

func (s Settings) wait() time.Duration {
	if s.Wait > 0 {
		return s.Wait
	}
	return patience
}
