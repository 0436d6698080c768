package shell

import "path/filepath"

// Banner is the first line of a session, as sregistry prints it. An empty database is the one
// that sregistry uses below home.
func Banner(database, home string) string {
	if database == "" {
		database = filepath.Join(home, ".singularity", "sregistry.db")
	}
	return "[client|swift] [database|sqlite:///" + database + "]"
}

// banner says, on a terminal, what the shell works on.
func (s *Session) banner() {
	s.c.Screen.Note(Banner(s.c.Database, s.c.Home))
	if s.c.Where != nil {
		if where := s.c.Where(); where != "" {
			s.c.Screen.Note(where)
		}
	}
}
