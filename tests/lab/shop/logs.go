package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// A logger writes as a service of another language would: go, json, logfmt, java or python.
type logger struct {
	style, service string
	mutex          sync.Mutex
}

func newLogger(style, service string) *logger {
	if style == "" {
		style = "go"
	}
	return &logger{style: style, service: service}
}

func (l *logger) infof(format string, args ...any) { l.write("info", fmt.Sprintf(format, args...), "") }
func (l *logger) warnf(format string, args ...any) { l.write("warn", fmt.Sprintf(format, args...), "") }
func (l *logger) errorf(format string, args ...any) {
	l.write("error", fmt.Sprintf(format, args...), "")
}

// write puts one record on the standard error stream; detail is a stack trace, already in the style's own form.
func (l *logger) write(level, message, detail string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now().UTC()
	upper := strings.ToUpper(level)
	var line string
	switch l.style {
	case "json":
		record, _ := json.Marshal(map[string]string{
			"ts": now.Format(time.RFC3339Nano), "level": level, "service": l.service, "msg": message,
		})
		line = string(record)
	case "logfmt":
		line = fmt.Sprintf("time=%s level=%s service=%s msg=%q", now.Format(time.RFC3339), level, l.service, message)
	case "java":
		line = fmt.Sprintf("%s %5s 1 --- [   scheduling-1] lab.shop.%s.Application : %s",
			now.Format("2006-01-02 15:04:05.000"), upper, l.service, message)
	case "python":
		line = fmt.Sprintf("%s %s %s %s", now.Format("2006-01-02 15:04:05,000"), upper, l.service, message)
	default:
		line = fmt.Sprintf("%s %s: %s", now.Format("2006/01/02 15:04:05"), l.service, message)
	}
	fmt.Fprintln(os.Stderr, line)
	if detail != "" {
		fmt.Fprintln(os.Stderr, detail)
	}
}

// callFailure logs a failed call in the words of the style's usual HTTP or socket client.
func (l *logger) callFailure(dep dependency, err error) {
	switch l.style {
	case "java":
		l.write("error", "call to "+dep.name+" failed", javaTrace(dep, err))
	case "python":
		l.write("error", "call to "+dep.name+" failed", pythonTrace(dep, err))
	default:
		l.write("error", fmt.Sprintf("call to %s failed: %v", dep.name, err), "")
	}
}

// waiting logs that a dependency is not there yet.
func (l *logger) waiting(dep dependency, err error) {
	host, port, _ := dep.target()
	text := err.Error()
	if last := lastCause(l.style, err, host); last != "" {
		text = last
	}
	l.warnf("waiting for %s at %s:%s: %s", dep.name, host, port, text)
}

// configFailure logs why the service does not start.
func (l *logger) configFailure(err error) {
	var bad configError
	missing := errors.As(err, &bad) && bad.want == ""
	switch {
	case l.style == "java" && missing:
		l.write("error", "Application run failed", fmt.Sprintf("java.lang.IllegalArgumentException: Could not resolve "+
			"placeholder '%s' in %s\n\tat lab.shop.config.Properties.require(Properties.java:61)\n"+
			"\tat lab.shop.%s.Application.main(Application.java:23)", bad.key, bad.source, l.service))
	case l.style == "java":
		l.write("error", "Application run failed", fmt.Sprintf("java.lang.IllegalStateException: %v\n"+
			"\tat lab.shop.config.Properties.load(Properties.java:44)\n"+
			"\tat lab.shop.%s.Application.main(Application.java:23)", err, l.service))
	case l.style == "python" && missing:
		l.write("critical", "cannot start", fmt.Sprintf("Traceback (most recent call last):\n"+
			"  File \"/app/%s/settings.py\", line 31, in load\n    value = settings[key]\nKeyError: '%s'", l.service, bad.key))
	case l.style == "python":
		l.write("critical", "cannot start", fmt.Sprintf("Traceback (most recent call last):\n"+
			"  File \"/app/%s/settings.py\", line 38, in load\n    settings[key] = convert(value)\nValueError: %v", l.service, err))
	default:
		l.write("fatal", fmt.Sprintf("cannot start: %v", err), "")
	}
}

// target gives the host, port and path that a dependency names.
func (d dependency) target() (host, port, path string) {
	if d.url == "" {
		host, port, _ = net.SplitHostPort(d.addr)
		return host, port, ""
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return d.url, "", ""
	}
	host, port, path = u.Hostname(), u.Port(), u.Path
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if path == "" {
		path = "/"
	}
	return host, port, path
}

// reason reduces a real network error to what another language's client would say about it.
func reason(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	text := err.Error()
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "unknown-host"
	case errors.As(err, &dns):
		return "dns-timeout"
	case strings.Contains(text, "connection refused"):
		return "refused"
	case strings.Contains(text, "no route to host"):
		return "no-route"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return ""
}

// lastCause is a real network error in the words of Java or Python; empty for other styles and other errors.
func lastCause(style string, err error, host string) string {
	switch style {
	case "java":
		return map[string]string{
			"unknown-host": "java.net.UnknownHostException: " + host + ": Name or service not known",
			"dns-timeout":  "java.net.UnknownHostException: " + host + ": Temporary failure in name resolution",
			"refused":      "java.net.ConnectException: Connection refused",
			"no-route":     "java.net.NoRouteToHostException: No route to host",
			"timeout":      "java.net.SocketTimeoutException: Connect timed out",
		}[reason(err)]
	case "python":
		return map[string]string{
			"unknown-host": "[Errno -2] Name or service not known",
			"dns-timeout":  "[Errno -3] Temporary failure in name resolution",
			"refused":      "[Errno 111] Connection refused",
			"no-route":     "[Errno 113] No route to host",
			"timeout":      "timed out",
		}[reason(err)]
	}
	return ""
}

func javaTrace(dep dependency, err error) string {
	host, port, _ := dep.target()
	exception := lastCause("java", err, host)
	first, client := fmt.Sprintf("org.postgresql.util.PSQLException: Connection to %s:%s refused or lost", host, port), "Database"
	if dep.url != "" {
		first, client = fmt.Sprintf("lab.http.ResourceAccessException: I/O error on GET request for \"%s\"", dep.url), "RestClient"
	}
	if exception == "" {
		exception = "java.io.IOException: " + err.Error()
	}
	return fmt.Sprintf("%s\n\tat lab.shop.client.%s.execute(%s.java:211)\n\tat lab.shop.client.%s.call(%s.java:87)\n"+
		"Caused by: %s\n\tat java.base/sun.nio.ch.Net.connect(Net.java:589)\n\t... 12 common frames omitted",
		first, client, client, client, client, exception)
}

func pythonTrace(dep dependency, err error) string {
	host, port, path := dep.target()
	cause := lastCause("python", err, host)
	last := "requests.exceptions.HTTPError: " + err.Error()
	switch {
	case dep.url == "" && cause != "":
		last = fmt.Sprintf("OSError: connection to server at \"%s\", port %s failed: %s", host, port, cause)
	case dep.url == "":
		last = fmt.Sprintf("OSError: connection to server at \"%s\", port %s failed: %v", host, port, err)
	case cause != "":
		last = fmt.Sprintf("requests.exceptions.ConnectionError: HTTPConnectionPool(host='%s', port=%s): Max retries exceeded "+
			"with url: %s (Caused by NewConnectionError('Failed to establish a new connection: %s'))", host, port, path, cause)
	}
	return fmt.Sprintf("Traceback (most recent call last):\n  File \"/app/client.py\", line 52, in call\n"+
		"    response = self.session.get(url, timeout=2)\n%s", last)
}
