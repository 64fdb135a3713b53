package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDependenciesComeFromEnvironmentAndFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.properties")
	if err := os.WriteFile(path, []byte("# comment\nqueue.addr = queue:5672\ncatalog.url=http://catalog:8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := loadConfig([]string{"DB_HOST=db", "DB_PORT=5432", "CART_PORT=tcp://10.96.0.9:8080", "CART_PORT_8080_TCP_ADDR=10.96.0.9"}, path, []string{"queue.addr"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]dependency{
		"db": {name: "db", addr: "db:5432"}, "queue": {name: "queue", addr: "queue:5672"},
		"catalog": {name: "catalog", url: "http://catalog:8080"},
	}
	if len(conf.deps) != len(want) {
		t.Fatalf("dependencies %v", conf.deps)
	}
	for name, dep := range want {
		if found, ok := conf.dependency(name); !ok || found != dep {
			t.Errorf("%s: %v, want %v", name, found, dep)
		}
	}
}

func TestMissingAndWrongKeysAreNamed(t *testing.T) {
	for _, c := range []struct{ line, required, key, value string }{
		{"OTHER=1", "api-url", "api-url", ""},
		{"HTTP_TIMEOUT=1500", "", "HTTP_TIMEOUT", "1500"},
		{"CART_URL=cart:8080", "", "CART_URL", "cart:8080"},
		{"DB_ADDR=db", "", "DB_ADDR", "db"},
		{"workers=two", "", "workers", "two"},
	} {
		var required []string
		if c.required != "" {
			required = []string{c.required}
		}
		_, err := loadConfig([]string{c.line}, "", required)
		var bad configError
		if !errors.As(err, &bad) || bad.key != c.key || bad.value != c.value {
			t.Errorf("%s: %v", c.line, err)
		}
	}
}

func TestAFailedCallReadsLikeTheLanguageOfTheService(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dep := dependency{name: "cart", url: "http://" + listener.Addr().String()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	failure := call(dep, 1e9)
	if failure == nil {
		t.Fatal("a closed port answered")
	}
	if trace := javaTrace(dep, failure); !strings.Contains(trace, "Caused by: java.net.ConnectException: Connection refused") {
		t.Error(trace)
	}
	if trace := pythonTrace(dep, failure); !strings.Contains(trace, "[Errno 111] Connection refused") {
		t.Error(trace)
	}
}
