package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// server answers:
//
//	GET  /         the host's name and the version ($VERSION), as one line
//	GET  /healthz  200, or 503 while it is unhealthy
//	GET  /env/NAME the value of an environment variable
//	POST /health   ?ok=false makes it unhealthy, ?ok=true well again
//	POST /exit     ?code=N ends the process
//
// Variables say how it behaves from its start: PORT (8080), VERSION, START_DELAY before it listens, UNHEALTHY=true,
// CRASH_AFTER a duration (exit code 1).
type server struct {
	healthy atomic.Bool
}

func serve() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	state := &server{}
	state.healthy.Store(os.Getenv("UNHEALTHY") != "true")
	if delay, err := time.ParseDuration(os.Getenv("CRASH_AFTER")); err == nil {
		time.AfterFunc(delay, func() { log.Fatalf("crashing after %s, as told", delay) })
	}
	if delay, err := time.ParseDuration(os.Getenv("START_DELAY")); err == nil {
		time.Sleep(delay)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener := &http.Server{Addr: ":" + port, Handler: logged(state.routes()), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = listener.Shutdown(context.Background()) })
	log.Printf("version %q listens on port %s", os.Getenv("VERSION"), port)
	if err := listener.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	log.Print("told to end")
	return nil
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		host, _ := os.Hostname()
		fmt.Fprintf(w, "%s %s\n", host, os.Getenv("VERSION"))
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.healthy.Load() {
			http.Error(w, "unhealthy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /env/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, os.Getenv(r.PathValue("name")))
	})
	mux.HandleFunc("POST /health", func(w http.ResponseWriter, r *http.Request) {
		s.healthy.Store(r.FormValue("ok") != "false")
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /exit", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		log.Printf("exiting with %d, as told", code)
		os.Exit(code)
	})
	return mux
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL.Path)
		next.ServeHTTP(w, r)
	})
}
