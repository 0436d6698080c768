// Command fill puts empty objects into the folder of an embedded endpoint, without a request for
// any of them. It is for measurements of large collections; nothing may serve the folder meanwhile.
//
//	fill -data DIR -collection many -n 1000000
package main

import (
	"flag"
	"fmt"
	"log"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func main() {
	dir := flag.String("data", "", "`folder` of the endpoint")
	collection := flag.String("collection", "many", "`name` of the collection")
	n := flag.Int("n", 1_000_000, "how many objects")
	flag.Parse()
	server, err := localswift.Open(localswift.Options{Dir: *dir})
	if err != nil {
		log.Fatal(err)
	}
	err = server.Fill(server.Users()[0].Account, *collection, func(yield func(string) bool) {
		for i := range *n {
			if !yield(fmt.Sprintf("image%07d-latest.sif", i)) {
				return
			}
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Close(); err != nil {
		log.Fatal(err)
	}
}
