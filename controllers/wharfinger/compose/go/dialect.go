package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
)

// Substitute is compose-go's type of what puts variables into a text.
type Substitute = func(string, template.Mapping) (string, error)

// substitution chooses the dialect's: Compose's own, or that of `docker stack deploy`.
func substitution(dialect string, compose Substitute) Substitute {
	if dialect == "stack" {
		return substituteAsStack
	}
	return compose
}

// variable is the grammar of docker/cli's cli/compose/template: no nesting, no :+ and +, and no `$` by itself.
var variable = regexp.MustCompile(`\$(?:(?P<escaped>\$)|(?P<named>[_a-zA-Z][_a-zA-Z0-9]*)|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)(?:(?P<operator>:?[-?])(?P<word>[^}]*))?\}|(?P<invalid>))`)

func substituteAsStack(text string, lookup template.Mapping) (string, error) {
	var failure error
	result := variable.ReplaceAllStringFunc(text, func(match string) string {
		groups := variable.FindStringSubmatch(match)
		part := func(name string) string { return groups[variable.SubexpIndex(name)] }
		name := part("named") + part("braced")
		switch {
		case part("escaped") != "":
			return "$"
		case name == "":
			failure = fmt.Errorf("invalid interpolation format: %q; docker stack wants $$ for a dollar sign", text)
			return match
		}
		value, known := lookup(name)
		operator, word := part("operator"), part("word")
		if known && (value != "" || !strings.HasPrefix(operator, ":")) {
			return value
		}
		if strings.HasSuffix(operator, "?") {
			failure = fmt.Errorf("required variable %s is missing a value: %s", name, word)
		}
		return word
	})
	return result, failure
}
