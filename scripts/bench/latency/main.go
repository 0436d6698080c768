// Command latency stands between a client and a server on the loopback interface, makes every
// request wait as a far network would, and counts them. It is for measurements only.
//
//	latency -to http://127.0.0.1:8080 -wait 20ms
//
// prints its own URL. GET /requests-so-far answers with the count, which it starts anew.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

func main() {
	to := flag.String("to", "http://127.0.0.1:8080", "`URL` of the server")
	wait := flag.Duration("wait", 20*time.Millisecond, "how long each request waits")
	flag.Parse()
	target, err := url.Parse(*to)
	if err != nil {
		log.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	var requests atomic.Int64
	proxy := &httputil.ReverseProxy{
		// The Host stays what the client wrote, so that the storage URL leads through here too.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, r.In.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/requests-so-far", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, requests.Swap(0)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		time.Sleep(*wait) // the delay is what this program is for
		proxy.ServeHTTP(w, r)
	})
	fmt.Println("http://" + ln.Addr().String())
	log.Fatal((&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(ln))
}
