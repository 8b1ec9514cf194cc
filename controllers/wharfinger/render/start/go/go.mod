module wharfinger.dev/start

go 1.26
