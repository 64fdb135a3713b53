package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const identity = "/var/run/secrets/kubernetes.io/serviceaccount/"

// apiGet reads a path of the apiserver with the pod's own identity; the answer's own message is the error.
func apiGet(path string) ([]byte, error) {
	token, err := os.ReadFile(identity + "token")
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(identity + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	host := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+host+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		var status struct{ Message string }
		if json.Unmarshal(body, &status) != nil || status.Message == "" {
			status.Message = response.Status
		}
		return nil, fmt.Errorf("%s", status.Message)
	}
	return body, nil
}

// runWatch is a small controller: it lists WATCH_PATH every CALL_EVERY, is ready only while it may, and gives up
// after EXIT_IF_LOST without success.
func runWatch(log *logger, _ *config) int {
	path := os.Getenv("WATCH_PATH")
	outcome := newBoard([]dependency{{name: "apiserver"}})
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if _, err, _ := outcome.failing([]string{"apiserver"}); err != nil {
			http.Error(w, "cache is not synced", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	go func() {
		log.errorf("server stopped: %v", http.ListenAndServe(env("LISTEN", ":8080"), mux))
		os.Exit(1)
	}()
	patience := duration("EXIT_IF_LOST", 0)
	for {
		_, err := apiGet(path)
		outcome.note("apiserver", err)
		if err != nil {
			log.errorf("failed to list %s: %v", path, err)
		}
		if _, err, lost := outcome.failing([]string{"apiserver"}); err != nil && patience > 0 && lost > patience {
			exit(log, 1, fmt.Sprintf("cache did not sync within %v: %v", patience, err))
		}
		time.Sleep(duration("CALL_EVERY", 2*time.Second))
	}
}

// runWebhook is a validating admission webhook with the certificate in CERT_DIR; it refuses everything with
// DENY, or nothing.
func runWebhook(log *logger, _ *config) int {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/validate", func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Request    struct {
				UID, Name, Namespace string
				Resource             struct{ Resource string }
			} `json:"request"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		verdict := map[string]any{"uid": review.Request.UID, "allowed": os.Getenv("DENY") == ""}
		if deny := os.Getenv("DENY"); deny != "" {
			verdict["status"] = map[string]any{"code": 403, "message": deny}
		}
		log.infof("review of %s in %s: allowed=%v", review.Request.Resource.Resource, review.Request.Namespace, verdict["allowed"])
		writeJSON(w, map[string]any{"apiVersion": review.APIVersion, "kind": review.Kind, "response": verdict})
	})
	dir, address := env("CERT_DIR", "/tls"), env("LISTEN", ":8443")
	log.infof("webhook listening on %s", address)
	log.errorf("server stopped: %v", http.ListenAndServeTLS(address, dir+"/tls.crt", dir+"/tls.key", mux))
	return 1
}

// runMetrics serves metrics.k8s.io for the pods that exist, each container using 20m and 8Mi.
func runMetrics(log *logger, _ *config) int {
	const group = "/apis/metrics.k8s.io/v1beta1"
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		pods, found := strings.CutPrefix(r.URL.Path, group+"/")
		switch {
		case found && (pods == "pods" || strings.HasPrefix(pods, "namespaces/") && strings.HasSuffix(pods, "/pods")):
			items, err := podMetrics("/api/v1/"+pods, r.URL.Query().Get("labelSelector"))
			if err != nil {
				log.errorf("%s: %v", pods, err)
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			writeJSON(w, map[string]any{"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1",
				"metadata": map[string]any{}, "items": items})
		case r.URL.Path == group:
			writeJSON(w, map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.k8s.io/v1beta1",
				"resources": []any{map[string]any{"name": "pods", "singularName": "", "namespaced": true, "kind": "PodMetrics",
					"verbs": []string{"get", "list"}}}})
		default:
			fmt.Fprintln(w, "ok")
		}
	})
	certificate, err := ownCertificate()
	if err != nil {
		log.errorf("certificate: %v", err)
		return 1
	}
	server := &http.Server{Addr: env("LISTEN", ":8443"), Handler: mux, ReadHeaderTimeout: 5 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	log.infof("metrics listening on %s", server.Addr)
	log.errorf("server stopped: %v", server.ListenAndServeTLS("", ""))
	return 1
}

func podMetrics(path, selector string) ([]any, error) {
	body, err := apiGet(path + "?labelSelector=" + url.QueryEscape(selector))
	if err != nil {
		return nil, err
	}
	var pods struct {
		Items []struct {
			Metadata struct {
				Name, Namespace string
				Labels          map[string]string
			}
			Spec struct{ Containers []struct{ Name string } }
		}
	}
	if err := json.Unmarshal(body, &pods); err != nil {
		return nil, err
	}
	items := []any{}
	for _, pod := range pods.Items {
		var containers []any
		for _, container := range pod.Spec.Containers {
			containers = append(containers, map[string]any{"name": container.Name,
				"usage": map[string]string{"cpu": "20m", "memory": "8Mi"}})
		}
		items = append(items, map[string]any{
			"metadata":  map[string]any{"name": pod.Metadata.Name, "namespace": pod.Metadata.Namespace, "labels": pod.Metadata.Labels},
			"timestamp": time.Now().UTC().Format(time.RFC3339), "window": "15s", "containers": containers,
		})
	}
	return items, nil
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func ownCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: env("SERVICE", "shop")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
