package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// What a document may ask for at most. Each is many times what people write, and less than what takes seconds.
const (
	maxNodes    = 200_000 // scalars, mappings and sequences, each as often as aliases repeat it
	maxText     = 4 << 20 // bytes of scalars, likewise
	maxDepth    = 100
	maxFiles    = 2048
	maxPath     = 1024 // bytes
	maxServices = 1024
	maxUses     = 256  // of variables in one scalar: nested ones take the loader exponentially long
	maxRange    = 1024 // ports of one range
)

// checkFiles refuses documents that would take long, or much memory, before they are loaded. Files that are no YAML are
// none that could be loaded as such.
func checkFiles(request Request) error {
	if count := len(request.Files); count > maxFiles {
		return fmt.Errorf("%d files; at most %d are taken", count, maxFiles)
	}
	for path, text := range request.Files {
		if !filepath.IsLocal(path) || strings.ContainsRune(path, 0) || len(path) > maxPath {
			return fmt.Errorf("%.64s: the path of a file must lead no higher than where it starts", path)
		}
		var document yaml.Node
		named := slices.Contains(request.Documents, path)
		if extension := filepath.Ext(path); !named && extension != ".yaml" && extension != ".yml" {
			continue
		}
		if err := yaml.Unmarshal([]byte(text), &document); err != nil || len(document.Content) != 1 {
			continue // the loader says what is wrong with it
		}
		if err := checkDocument(document.Content[0]); err != nil {
			return fmt.Errorf("%s:%w", path, err)
		}
	}
	return nil
}

func checkDocument(top *yaml.Node) error {
	known := map[*yaml.Node]size{}
	if _, err := measure(top, known, 0); err != nil {
		return err
	}
	services := child(top, "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return nil
	}
	if count := len(services.Content) / 2; count > maxServices {
		return tooMany(count, services)
	}
	for i := 1; i < len(services.Content); i += 2 {
		for _, name := range []string{"ports", "expose"} {
			if err := checkRanges(child(services.Content[i], name), name); err != nil {
				return err
			}
		}
	}
	return nil
}

func tooMany(count int, services *yaml.Node) error {
	return fmt.Errorf("%d:%d: %d services; at most %d are taken, divide them among several projects",
		services.Line, services.Column, count, maxServices)
}

// size is what a node comes to when each alias is replaced by what it stands for.
type size struct{ nodes, bytes int }

// measure counts each anchor once, however often it is repeated: the time it takes is that of the text.
func measure(node *yaml.Node, known map[*yaml.Node]size, depth int) (size, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias // what contains itself is refused for its depth
	}
	if found, yes := known[node]; yes {
		return found, nil
	}
	if depth > maxDepth {
		return size{}, fmt.Errorf("%d:%d: more than %d levels of nesting", node.Line, node.Column, maxDepth)
	}
	if err := checkScalar(node); err != nil {
		return size{}, err
	}
	total := size{nodes: 1, bytes: len(node.Value)}
	for _, below := range node.Content {
		part, err := measure(below, known, depth+1)
		if err != nil {
			return size{}, err
		}
		total.nodes += part.nodes
		total.bytes += part.bytes
		if total.nodes > maxNodes || total.bytes > maxText {
			return size{}, fmt.Errorf("%d:%d: too large once its aliases are replaced: at most %d values, or %d bytes of text",
				node.Line, node.Column, maxNodes, maxText)
		}
	}
	known[node] = total
	return total, nil
}

func checkScalar(node *yaml.Node) error {
	if strings.ContainsRune(node.Value, 0) {
		return fmt.Errorf("%d:%d: a NUL character, which no value may have", node.Line, node.Column)
	}
	if strings.Count(node.Value, "${") > maxUses {
		return fmt.Errorf("%d:%d: more than %d variables in one value", node.Line, node.Column, maxUses)
	}
	return nil
}

func child(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind == yaml.AliasNode {
		mapping = mapping.Alias
	}
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

var portRange = regexp.MustCompile(`(\d+)-(\d+)`)

func checkRanges(ports *yaml.Node, name string) error {
	if ports == nil {
		return nil
	}
	for _, entry := range ports.Content {
		if first, last, wide := wideRange(entry.Value); wide {
			return fmt.Errorf("%d:%d: %s: a range of more than %d ports, %s-%s; write those that are used, since "+
				"within the cluster every port of a service can be reached",
				entry.Line, entry.Column, name, maxRange, first, last)
		}
	}
	return nil
}

func wideRange(text string) (string, string, bool) {
	for _, found := range portRange.FindAllStringSubmatch(text, -1) {
		first, err := strconv.Atoi(found[1])
		last, other := strconv.Atoi(found[2])
		if err != nil || other != nil || last-first > maxRange {
			return clipped(found[1]), clipped(found[2]), true
		}
	}
	return "", "", false
}

func clipped(text string) string { return text[:min(len(text), 12)] }

// checkProject refuses what only came to be by merging, including and interpolating.
func checkProject(project *types.Project) error {
	if count := len(project.Services); count > maxServices {
		return fmt.Errorf("%d services; at most %d are taken, divide them among several projects", count, maxServices)
	}
	for name, service := range project.Services {
		if len(service.Ports) > maxRange {
			return fmt.Errorf("services.%s.ports: %d ports; at most %d are taken", name, len(service.Ports), maxRange)
		}
	}
	return nil
}

// errNotGiven is what is said of every file outside of what was given, whether there is one or not.
var errNotGiven = errors.New("is not among the files that were given")
