package localswift

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
)

// TestReadsThatAreCalledOff: whatever becomes of a query whose client has gone, what is read
// afterwards is what was written last.
func TestReadsThatAreCalledOff(t *testing.T) {
	x, err := openIndex(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	add := func(i int) {
		if err := x.update(func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO account (name, created) VALUES (?, 0)", fmt.Sprint("a", i))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		add(i)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				rows, err := x.read.QueryContext(ctx, "SELECT a.name FROM account a, account b, account c LIMIT 100")
				if err == nil {
					rows.Close()
				}
			}
		})
	}
	all.Wait()
	add(1000)
	for range 50 {
		all.Go(func() {
			var n int
			if err := x.read.QueryRowContext(context.Background(), "SELECT count(*) FROM account").Scan(&n); err != nil || n != 201 {
				t.Errorf("%d accounts, %v", n, err)
			}
		})
	}
	all.Wait()
}
