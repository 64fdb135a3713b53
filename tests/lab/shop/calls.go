package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A board remembers the last outcome of the calls to every dependency.
type board struct {
	mutex sync.Mutex
	last  map[string]error
	since map[string]time.Time
}

var errNotCalled = errors.New("not called yet")

func newBoard(deps []dependency) *board {
	b := &board{last: map[string]error{}, since: map[string]time.Time{}}
	for _, dep := range deps {
		b.last[dep.name], b.since[dep.name] = errNotCalled, time.Now()
	}
	return b
}

// note keeps the outcome and returns the one before it.
func (b *board) note(name string, err error) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	before := b.last[name]
	if (before == nil) != (err == nil) {
		b.since[name] = time.Now()
	}
	b.last[name] = err
	return before
}

// failing gives the first of the names whose last call failed, with its error and for how long.
func (b *board) failing(names []string) (string, error, time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, name := range names {
		if err, known := b.last[name]; known && err != nil {
			return name, err, time.Since(b.since[name])
		}
	}
	return "", nil, 0
}

// call reaches the dependency once: an HTTP GET that must answer below 500, or PING over TCP.
func call(dep dependency, timeout time.Duration) error {
	dialer := &net.Dialer{Timeout: timeout * 3 / 4}
	if dep.url != "" {
		client := &http.Client{Timeout: timeout, Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
		response, err := client.Get(dep.url)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode >= 500 {
			body, err := io.ReadAll(io.LimitReader(response.Body, 300))
			if err != nil {
				return err
			}
			return fmt.Errorf("GET %s: %s: %s", dep.url, response.Status, strings.TrimSpace(string(body)))
		}
		return nil
	}
	connection, err := dialer.Dial("tcp", dep.addr)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(connection, "PING\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(connection).ReadString('\n')
	if err == nil && !strings.HasPrefix(answer, "+PONG") {
		return fmt.Errorf("%s answered %q", dep.addr, strings.TrimSpace(answer))
	}
	return err
}

// keepCalling calls every dependency each CALL_EVERY; it logs each failure and each recovery. With EXIT_IF_LOST the
// process gives up once one of READY_NEEDS has failed for that long.
func keepCalling(log *logger, conf *config, outcome *board) {
	every, timeout := duration("CALL_EVERY", 2*time.Second), duration("CALL_TIMEOUT", 2*time.Second)
	for _, dep := range conf.deps {
		go func(dep dependency) {
			for {
				err := call(dep, timeout)
				before := outcome.note(dep.name, err)
				if err != nil {
					log.callFailure(dep, err)
				} else if before != nil && before != errNotCalled {
					log.infof("call to %s succeeded again", dep.name)
				}
				time.Sleep(every)
			}
		}(dep)
	}
	patience, needs := duration("EXIT_IF_LOST", 0), list("READY_NEEDS")
	if patience == 0 {
		return
	}
	go func() {
		for range time.Tick(time.Second) {
			if name, err, lost := outcome.failing(needs); err != nil && lost > patience {
				exit(log, 1, fmt.Sprintf("giving up: %s has not answered for %v: %v", name, patience, err))
			}
		}
	}()
}

// waitFor blocks until every dependency of WAIT_FOR has answered, at most WAIT_TIMEOUT each.
func waitFor(log *logger, conf *config) error {
	patience, timeout := duration("WAIT_TIMEOUT", 20*time.Second), duration("CALL_TIMEOUT", 2*time.Second)
	for _, name := range list("WAIT_FOR") {
		dep, found := conf.dependency(name)
		if !found {
			return fmt.Errorf("WAIT_FOR names %q, which is not configured", name)
		}
		err := call(dep, timeout)
		for begin := time.Now(); err != nil; err = call(dep, timeout) {
			if time.Since(begin) > patience {
				log.callFailure(dep, err)
				return fmt.Errorf("%s is not available after %v, exiting", dep.name, patience)
			}
			log.waiting(dep, err)
			time.Sleep(2 * time.Second)
		}
	}
	return nil
}
