// Shop is the one program behind every service of the lab's shop.
//
// Its behaviour comes from the environment and from a mounted config file, so that one small static binary can
// stand in for a dozen services written in different languages: what it calls, what it needs in order to start,
// how it logs, and how it fails. Every network error that it logs is a real one.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log := newLogger(os.Getenv("LOG_STYLE"), env("SERVICE", "shop"))
	if len(os.Args) > 1 {
		os.Setenv("MODE", os.Args[1])
	}
	conf, err := loadConfig(os.Environ(), os.Getenv("CONFIG_FILE"), list("REQUIRED_KEYS"))
	if err != nil {
		log.configFailure(err)
		os.Exit(1)
	}
	delay(log, "STARTUP_DELAY", "warming up")
	startFaults(log)
	modes := map[string]func(*logger, *config) int{
		"http": runHTTP, "tcp": runTCP, "once": runOnce, "watch": runWatch,
		"webhook": runWebhook, "metrics": runMetrics,
	}
	mode := env("MODE", "http")
	run, known := modes[mode]
	if !known {
		log.errorf("unknown mode %q: want http, tcp, once, watch, webhook or metrics", mode)
		os.Exit(2)
	}
	go untilTerminated(log)
	os.Exit(run(log, conf))
}

// untilTerminated ends the process on SIGTERM, after DRAIN (none by default); IGNORE_TERM makes it deaf.
func untilTerminated(log *logger) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	for s := range signals {
		if os.Getenv("IGNORE_TERM") != "" {
			log.infof("received %v, still busy", s)
			continue
		}
		log.infof("received %v, shutting down", s)
		delay(log, "DRAIN", "draining connections")
		os.Exit(0)
	}
}

func delay(log *logger, key, what string) {
	if d := duration(key, 0); d > 0 {
		log.infof("%s for %v", what, d)
		time.Sleep(d)
	}
}
