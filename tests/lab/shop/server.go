package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// runHTTP serves /healthz, /readyz and the business endpoint, and calls its dependencies in the background.
func runHTTP(log *logger, conf *config) int {
	if err := waitFor(log, conf); err != nil {
		log.errorf("%v", err)
		return 1
	}
	outcome := newBoard(conf.deps)
	keepCalling(log, conf, outcome)
	started := time.Now()
	sick, unready := duration("SICK_AFTER", 0), duration("UNREADY_FOR", 0)
	names := make([]string, 0, len(conf.deps))
	for _, dep := range conf.deps {
		names = append(names, dep.name)
	}
	optional := list("OPTIONAL")
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if sick > 0 && time.Since(started) > sick {
			http.Error(w, "worker pool is stuck", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if name, err, _ := outcome.failing(list("READY_NEEDS")); err != nil {
			http.Error(w, fmt.Sprintf("dependency %s: %v", name, err), http.StatusServiceUnavailable)
			return
		}
		if time.Since(started) < unready {
			http.Error(w, "cache is loading", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if name, err, _ := outcome.failing(without(names, optional)); err != nil && err != errNotCalled {
			http.Error(w, fmt.Sprintf("%s: dependency %s failed", env("SERVICE", "shop"), name), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "%s says hello\n", env("SERVICE", "shop"))
	})
	address := env("LISTEN", ":8080")
	log.infof("listening on %s, %d dependencies", address, len(conf.deps))
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.errorf("server stopped: %v", server.ListenAndServe())
	return 1
}

// runTCP is a stand-in for a database, cache or queue: it answers PING, and complains about anything else.
func runTCP(log *logger, conf *config) int {
	if err := waitFor(log, conf); err != nil {
		log.errorf("%v", err)
		return 1
	}
	address := env("LISTEN", ":5432")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.errorf("could not bind: %v", err)
		return 1
	}
	log.infof("ready to accept connections on %s", address)
	keepCalling(log, conf, newBoard(conf.deps))
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.errorf("accept: %v", err)
			return 1
		}
		go answer(connection)
	}
}

func answer(connection net.Conn) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		reply := "-ERR unknown command\r\n"
		if strings.EqualFold(lines.Text(), "PING") {
			reply = "+PONG\r\n"
		}
		if _, err := io.WriteString(connection, reply); err != nil {
			return
		}
	}
}

// runOnce is a job: it calls every dependency once, works for WORK, and ends with EXIT_CODE.
func runOnce(log *logger, conf *config) int {
	if err := waitFor(log, conf); err != nil {
		log.errorf("%v", err)
		return 1
	}
	for _, dep := range conf.deps {
		if err := call(dep, duration("CALL_TIMEOUT", 2*time.Second)); err != nil {
			log.callFailure(dep, err)
			return 1
		}
	}
	delay(log, "WORK", "working")
	if code := integer("EXIT_CODE", 0); code != 0 {
		log.write("fatal", lastWords[env("LAST_WORDS", "e1")], "")
		return code
	}
	log.infof("done")
	return 0
}

func exit(log *logger, code int, words string) {
	log.write("fatal", words, "")
	os.Exit(code)
}

func without(names, dropped []string) []string {
	var kept []string
	for _, name := range names {
		if !strings.Contains(","+strings.Join(dropped, ",")+",", ","+name+",") {
			kept = append(kept, name)
		}
	}
	return kept
}
