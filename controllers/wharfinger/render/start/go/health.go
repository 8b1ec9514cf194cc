package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os/exec"
	"time"
)

// untilHealthy runs a check until it first succeeds; false if the context ends before. However often it fails: who waits
// for a container to be HEALTHY in ECS goes on waiting while it is not, and its start timeout is what ends that.
func untilHealthy(ctx context.Context, check Check) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(seconds(check.Interval)):
		}
		if passes(ctx, check) {
			return true
		}
	}
}

func passes(ctx context.Context, check Check) bool {
	ctx, cancel := context.WithTimeout(ctx, seconds(check.Timeout))
	defer cancel()
	switch {
	case check.HTTP != "":
		return answers(ctx, check)
	case check.TCP != "":
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", check.TCP)
		if err == nil {
			connection.Close()
		}
		return err == nil
	}
	probe := exec.CommandContext(ctx, check.Exec[0], check.Exec[1:]...)
	return children.start(probe) == nil && children.wait(probe) == nil
}

// answers says whether a URL answers 200 to 399. As the kubelet's httpGet it believes any certificate: the peer is the
// container itself.
func answers(ctx context.Context, check Check) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, check.HTTP, nil)
	if err != nil {
		return false
	}
	for name, value := range check.Headers {
		request.Header.Set(name, value)
		if http.CanonicalHeaderKey(name) == "Host" {
			request.Host = value
		}
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}
