package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

const maxPlaces = 20000

// located is what is known of the nodes of a YAML document.
type located struct {
	places map[string][2]int // path, such as services.web.ports[0], to line and column
	quoted []string          // paths of `published` with a text in which nothing is interpolated
}

// locate says where each node of a YAML document is.
func locate(text string) (located, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return located{}, err
	}
	found := located{places: map[string][2]int{}}
	if len(document.Content) == 1 {
		found.walk(document.Content[0], "", 0)
	}
	return found, nil
}

// walk does not follow aliases: what they repeat has its place where it stands.
func (found *located) walk(node *yaml.Node, path string, depth int) {
	if len(found.places) >= maxPlaces || depth > 64 {
		return
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			below := key.Value
			if path != "" {
				below = path + "." + key.Value
			}
			found.places[below] = [2]int{key.Line, key.Column}
			if key.Value == "published" && value.Tag == "!!str" && !strings.Contains(value.Value, "$") {
				found.quoted = append(found.quoted, below)
			}
			found.walk(value, below, depth+1)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			below := fmt.Sprintf("%s[%d]", path, i)
			found.places[below] = [2]int{item.Line, item.Column}
			found.walk(item, below, depth+1)
		}
	}
}
