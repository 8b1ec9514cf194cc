"""The reference in docs/reference, written from what it is about: models, command line, metrics, chart, source."""
