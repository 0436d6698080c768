package shell

// Banner is the first line of a session, as sregistry prints it, with the path of the local
// library's database; an empty one says that the library is off.
func Banner(database string) string {
	if database == "" {
		return "[client|swift] [database|off]"
	}
	return "[client|swift] [database|sqlite:///" + database + "]"
}

// banner says, on a terminal, what the shell works on.
func (s *Session) banner() {
	s.c.Screen.Note(Banner(s.c.Database))
	if s.c.Where != nil {
		if where := s.c.Where(); where != "" {
			s.c.Screen.Note(where)
		}
	}
}
