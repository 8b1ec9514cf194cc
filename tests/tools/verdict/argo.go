package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// statuses are those that Argo CD knows; it takes any other for Unknown.
var statuses = []string{"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}

// health runs a health.lua.
func health(script string, object *unstructured.Unstructured) (*Told, error) {
	var told Told
	if err := run(script, object, &told); err != nil {
		return nil, err
	}
	if !slices.Contains(statuses, told.Status) {
		return nil, fmt.Errorf("%q is no health status of Argo CD", told.Status)
	}
	return &told, nil
}

// discover runs a discovery.lua: the attributes of each action by its name, such as disabled and displayName.
func discover(script string, object *unstructured.Unstructured) (map[string]map[string]any, error) {
	var found map[string]json.RawMessage
	if err := run(script, object, &found); err != nil {
		return nil, err
	}
	actions := make(map[string]map[string]any, len(found))
	for name, raw := range found {
		attributes := map[string]any{}
		// An action without attributes is an empty table, which Lua cannot tell from an empty list.
		if string(raw) != "[]" {
			if err := json.Unmarshal(raw, &attributes); err != nil {
				return nil, fmt.Errorf("action %s: %w", name, err)
			}
		}
		actions[name] = attributes
	}
	return actions, nil
}

// act runs action.lua scripts, each on the object as it was given. Argo CD patches the object into what comes out.
func act(scripts map[string]string, object *unstructured.Unstructured) (map[string]json.RawMessage, error) {
	after := make(map[string]json.RawMessage, len(scripts))
	for name, script := range scripts {
		var changed map[string]any
		if err := run(script, object, &changed); err != nil {
			return nil, fmt.Errorf("action %s: %w", name, err)
		}
		encoded, err := json.Marshal(asBefore(changed, object.Object))
		if err != nil {
			return nil, fmt.Errorf("action %s: %w", name, err)
		}
		after[name] = encoded
	}
	return after, nil
}

// asBefore turns empty lists back into the empty objects that they were: Lua has one kind of table for both. Argo CD
// does the same before it makes a patch of the difference.
func asBefore(after, before any) any {
	switch now := after.(type) {
	case map[string]any:
		old, _ := before.(map[string]any)
		for key, value := range now {
			now[key] = asBefore(value, old[key])
		}
	case []any:
		if old, ok := before.(map[string]any); ok && len(now) == 0 {
			return old
		}
		if old, ok := before.([]any); ok {
			for index := range min(len(now), len(old)) {
				now[index] = asBefore(now[index], old[index])
			}
		}
	}
	return after
}
