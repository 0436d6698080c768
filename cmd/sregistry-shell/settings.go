package main

import (
	"fmt"
	"os"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// keepSettings has settings of the environment saved once they have proved good, for whoever sits
// at a terminal: as sregistry had it, one exports once. It also sees to it that the file is its
// owner's alone.
func (a *app) keepSettings(cfg *client.Config) {
	file := signin.FileOf(os.Getenv)
	if cfg.Settings.From == signin.FromFile && !a.dryRun {
		a.tighten(file)
	}
	if cfg.Settings.From != signin.FromSRegistry || a.dryRun || !a.out().Interactive() {
		return
	}
	cfg.SignedIn = func() {
		a.tighten(file)
		saved, differs, err := file.Remember(os.Getenv)
		switch {
		case err != nil:
			a.out().Warn(fmt.Sprintf("the settings are not kept: %v", err))
		case saved:
			a.out().Note("kept the settings in " + file.Path + "; no need to export them again")
		case differs:
			a.out().Note(file.Path + " is for another user or server, and stays so; sregistry-shell backend add --force swift VARIABLE VALUE changes it")
		}
	}
}

// tighten takes a settings file that others may read away from them, and says so.
func (a *app) tighten(file signin.File) {
	if loose, err := file.Tighten(); err != nil {
		a.out().Warn(fmt.Sprintf("others can read the secrets in %s: %v", file.Path, err))
	} else if loose {
		a.out().Warn("others could read the secrets in " + file.Path + "; now you alone can")
	}
}

// speaksSwift refuses to take Swift for the backend that the user has asked for.
func speaksSwift(backend string) error {
	switch backend {
	case "", "swift", "ceph": // as sregistry-cli called it first
		return nil
	}
	instead := "use sregistry for it"
	switch backend {
	case "docker", "hub", "registry", "nvidia", "library", "oras":
		instead = "apptainer pull, or sregistry, fetches from there"
	case "s3", "aws", "google-storage", "google-drive", "dropbox", "globus", "gitlab":
		instead = "use sregistry, or rclone, for it"
	}
	return &client.Error{Op: "connect", Code: client.Invalid,
		Err:  fmt.Errorf("SREGISTRY_CLIENT is %q, and this shell speaks Swift only: %s", backend, instead),
		Hint: "for images in Swift storage, set it to swift or unset it"}
}
