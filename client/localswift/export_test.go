package localswift

import "path/filepath"

// Files counts the body files and those of them no row names, and what lies in
// tmp.
func Files(s *Server) (bodies, orphans, unfinished int, err error) {
	st, err := s.data()
	if err != nil {
		return 0, 0, 0, err
	}
	objects := filepath.Join(s.dir, "objects")
	err = eachFile(objects, func(folder string) error {
		return eachFile(filepath.Join(objects, folder), func(id string) error {
			bodies++
			known, err := st.knows(id)
			if !known {
				orphans++
			}
			return err
		})
	})
	if err != nil {
		return 0, 0, 0, err
	}
	err = eachFile(filepath.Join(s.dir, "tmp"), func(string) error {
		unfinished++
		return nil
	})
	return bodies, orphans, unfinished, err
}

// Named counts the bodies rows name.
func Named(s *Server) (n int, err error) {
	st, err := s.data()
	if err != nil {
		return 0, err
	}
	err = st.read.QueryRow("SELECT count(*) FROM (SELECT DISTINCT blob FROM object WHERE blob <> '')").Scan(&n)
	return n, err
}
