package main

import (
	"fmt"
	"os"

	distribution "github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

// registry keeps container images, as `registry serve CONFIG`: the CNCF distribution, with local storage only.
func registry() int {
	os.Setenv("OTEL_TRACES_EXPORTER", "none") // else it looks for a collector of traces on this machine, for ever
	if err := distribution.RootCmd.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		return 1
	}
	return 0
}
