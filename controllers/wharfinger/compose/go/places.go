package main

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

const maxPlaces = 20000

// locate says where each node of a YAML document is: its path, such as services.web.ports[0], to line and column.
func locate(text string) (map[string][2]int, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	places := map[string][2]int{}
	if len(document.Content) == 1 {
		walk(document.Content[0], "", places, 0)
	}
	return places, nil
}

// walk does not follow aliases: what they repeat has its place where it stands.
func walk(node *yaml.Node, path string, places map[string][2]int, depth int) {
	if len(places) >= maxPlaces || depth > 64 {
		return
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			below := key.Value
			if path != "" {
				below = path + "." + key.Value
			}
			places[below] = [2]int{key.Line, key.Column}
			walk(node.Content[i+1], below, places, depth+1)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			below := fmt.Sprintf("%s[%d]", path, i)
			places[below] = [2]int{item.Line, item.Column}
			walk(item, below, places, depth+1)
		}
	}
}
