package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// startFaults starts the misbehaviour that the environment asks for, none by default:
// GROW_MB (MB of memory a second), GROW_FILE_MB (MB a second into DATA_DIR), BURN_CPU (threads),
// EXIT_AFTER with EXIT_CODE and LAST_WORDS (a key of lastWords), PANIC_AFTER, FAIL_ONCE (a marker file: exit 1 unless
// it exists).
func startFaults(log *logger) {
	if marker := os.Getenv("FAIL_ONCE"); marker != "" {
		failOnce(log, marker)
	}
	if mb := integer("GROW_MB", 0); mb > 0 {
		go grow(log, mb)
	}
	if mb := integer("GROW_FILE_MB", 0); mb > 0 {
		go growFile(log, mb)
	}
	for range make([]struct{}, integer("BURN_CPU", 0)) {
		go func() {
			for n := 0; ; n++ {
				_ = n * n
			}
		}()
	}
	if after := duration("EXIT_AFTER", 0); after > 0 && os.Getenv("MODE") != "once" {
		time.AfterFunc(after, func() { exit(log, integer("EXIT_CODE", 1), lastWords[env("LAST_WORDS", "e1")]) })
	}
	if after := duration("PANIC_AFTER", 0); after > 0 {
		time.AfterFunc(after, func() {
			var prices map[string]int
			prices[env("SERVICE", "shop")] = 1
		})
	}
}

// lastWords are what a service says before it ends by its own doing; nothing of its configuration is in them.
var lastWords = map[string]string{
	"e1": "unrecoverable error",
	"e2": "product index is corrupt: checksum mismatch in segment 14 (want 9f12c0aa, have 03aa71de)",
	"e3": "segmentation of the customer table failed: row 48113 has 11 columns instead of 12",
	"e4": "policy bundle does not compile: rego_type_error: undefined function startwith",
	"e5": "license check failed: clock of the license server is ahead of ours",
	"e6": "internal invariant violated: two leaders in one term",
}

func failOnce(log *logger, marker string) {
	if _, err := os.Stat(marker); err == nil {
		return
	}
	if err := os.WriteFile(marker, []byte("seen\n"), 0o644); err != nil {
		exit(log, 1, fmt.Sprintf("cannot write %s: %v", marker, err))
	}
	exit(log, 1, "lost the lock to another instance, restarting")
}

func grow(log *logger, mb int) {
	var kept [][]byte
	for range time.Tick(time.Second) {
		block := make([]byte, mb<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
		log.infof("price index: %d entries, %d MB", len(kept)*4096, len(kept)*mb)
	}
}

func growFile(log *logger, mb int) {
	path := filepath.Join(env("DATA_DIR", "/tmp"), "spool.bin")
	file, err := os.Create(path)
	if err != nil {
		exit(log, 1, err.Error())
	}
	for n := mb; ; n += mb {
		if _, err := file.Write(make([]byte, mb<<20)); err != nil {
			exit(log, 1, err.Error())
		}
		log.infof("spooled %d MB to %s", n, path)
		time.Sleep(time.Second)
	}
}
