package main

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A dependency is something this service calls: over HTTP when it has a URL, else a TCP server at an address.
type dependency struct {
	name, url, addr string
}

type config struct {
	values map[string]string
	deps   []dependency
}

// A configError says which key of which source is missing or wrong.
type configError struct {
	source, key, value, want string
}

func (e configError) Error() string {
	if e.want == "" {
		return fmt.Sprintf("%s: required key %q is missing", e.source, e.key)
	}
	return fmt.Sprintf("%s: invalid value %q for key %q: want %s", e.source, e.value, e.key, e.want)
}

// loadConfig joins the environment and the file (KEY=VALUE lines, # comments), checks the required keys and every
// value whose key says what it must be, and finds the dependencies: *_URL, *_ADDR, *_HOST with *_PORT, and in the
// file NAME.url and NAME.addr.
func loadConfig(environ []string, path string, required []string) (*config, error) {
	conf := &config{values: map[string]string{}}
	source := "environment"
	if path != "" {
		source = path
		if err := conf.readFile(path); err != nil {
			return nil, err
		}
	}
	for _, line := range environ {
		key, value, _ := strings.Cut(line, "=")
		if isSetting(key) {
			conf.values[key] = value
		}
	}
	for _, key := range required {
		if conf.values[key] == "" {
			return nil, configError{source: source, key: key}
		}
	}
	keys := make([]string, 0, len(conf.values))
	for key := range conf.values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if want := wanted(key, conf.values[key]); want != "" {
			return nil, configError{source: source, key: key, value: conf.values[key], want: want}
		}
		conf.addDependency(key)
	}
	return conf, nil
}

func (c *config) readFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return fmt.Errorf("%s:%d: syntax error near %q: want KEY=VALUE", path, n, line)
		}
		c.values[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return lines.Err()
}

// isSetting leaves out what Kubernetes itself puts into the environment (service links).
func isSetting(key string) bool {
	for _, suffix := range []string{"_SERVICE_HOST", "_SERVICE_PORT", "_TCP_ADDR", "_TCP_PORT", "_TCP_PROTO", "_TCP"} {
		if strings.HasSuffix(key, suffix) {
			return false
		}
	}
	return !strings.Contains(key, "_PORT_") && !strings.Contains(key, "_SERVICE_PORT_")
}

func wanted(key, value string) string {
	k := strings.ToLower(key)
	switch {
	case strings.HasSuffix(k, "url"):
		if u, err := url.Parse(value); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return "an absolute http or https URL"
		}
	case strings.HasSuffix(k, "timeout"):
		if _, err := time.ParseDuration(value); err != nil {
			return "a duration such as 1500ms or 3s"
		}
	case strings.HasSuffix(k, "addr"):
		if _, _, err := net.SplitHostPort(value); err != nil {
			return "HOST:PORT"
		}
	case strings.HasSuffix(k, "workers"), strings.HasSuffix(k, "pool-size"):
		if n, err := strconv.Atoi(value); err != nil || n < 1 {
			return "a whole number above 0"
		}
	}
	return ""
}

func (c *config) addDependency(key string) {
	value := c.values[key]
	lower := strings.ToLower(strings.ReplaceAll(key, ".", "_"))
	switch {
	case strings.HasSuffix(lower, "_url"):
		c.deps = append(c.deps, dependency{name: strings.TrimSuffix(lower, "_url"), url: value})
	case strings.HasSuffix(lower, "_addr"):
		c.deps = append(c.deps, dependency{name: strings.TrimSuffix(lower, "_addr"), addr: value})
	case strings.HasSuffix(key, "_HOST"):
		if port, found := c.values[strings.TrimSuffix(key, "_HOST")+"_PORT"]; found {
			name := strings.TrimSuffix(lower, "_host")
			c.deps = append(c.deps, dependency{name: name, addr: net.JoinHostPort(value, port)})
		}
	}
}

func (c *config) dependency(name string) (dependency, bool) {
	for _, dep := range c.deps {
		if dep.name == name {
			return dep, true
		}
	}
	return dependency{}, false
}

func env(key, fallback string) string {
	if value := os.Getenv(key); value != "" {
		return value
	}
	return fallback
}

func list(key string) []string {
	return strings.FieldsFunc(os.Getenv(key), func(r rune) bool { return r == ',' || r == ' ' })
}

func duration(key string, fallback time.Duration) time.Duration {
	value := os.Getenv(key)
	if value == "" {
		return fallback
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		fmt.Fprintf(os.Stderr, "environment: invalid value %q for key %q: want a duration such as 1500ms or 3s\n", value, key)
		os.Exit(2)
	}
	return d
}

func integer(key string, fallback int) int {
	value := os.Getenv(key)
	if value == "" {
		return fallback
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		fmt.Fprintf(os.Stderr, "environment: invalid value %q for key %q: want a whole number\n", value, key)
		os.Exit(2)
	}
	return n
}
