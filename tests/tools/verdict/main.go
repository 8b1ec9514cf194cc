// Verdict asks the engines of others what they make of Kubernetes objects: the library kstatus, which kubectl's
// successors, Helm and kpt use; Argo CD's health and action scripts; Flux's health check expressions.
//
// It reads one Question as JSON from standard input, and writes a list of Verdicts, one an object, to standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Question is what to judge, and by what. A script or expression that is left out is not asked.
type Question struct {
	Objects []*unstructured.Unstructured `json:"objects"`
	// Health is Argo CD's health.lua.
	Health string `json:"health,omitempty"`
	// Discovery is Argo CD's discovery.lua: which actions there are, and which of them make sense now.
	Discovery string `json:"discovery,omitempty"`
	// Actions are Argo CD's action.lua scripts by the name of the action. Each is run on the object as it was given.
	Actions map[string]string `json:"actions,omitempty"`
	// Expressions are those of an entry of healthCheckExprs in a Flux Kustomization.
	Expressions *Expressions `json:"expressions,omitempty"`
}

// Verdict is what each engine says of one object.
type Verdict struct {
	Kstatus Told  `json:"kstatus"`
	Argo    *Told `json:"argo,omitempty"`
	Flux    *Told `json:"flux,omitempty"`
	// Misfit is why the object is none of its kind, for kinds whose Go types we have.
	Misfit string `json:"misfit,omitempty"`
	// Available are the actions, by name, each with its attributes.
	Available map[string]map[string]any `json:"available,omitempty"`
	// After is the object after each action.
	After map[string]json.RawMessage `json:"after,omitempty"`
}

// Told is a status in the engine's own words.
type Told struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, "verdict:", err)
		os.Exit(1)
	}
}

func answer() error {
	var question Question
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		return fmt.Errorf("reading the question: %w", err)
	}
	verdicts := make([]Verdict, 0, len(question.Objects))
	for _, object := range question.Objects {
		verdict, err := judge(question, object)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		verdicts = append(verdicts, verdict)
	}
	return json.NewEncoder(os.Stdout).Encode(verdicts)
}

func judge(question Question, object *unstructured.Unstructured) (verdict Verdict, err error) {
	verdict.Misfit = strict(object)
	if verdict.Kstatus, err = kstatus(object); err != nil {
		return verdict, fmt.Errorf("kstatus: %w", err)
	}
	if question.Expressions != nil {
		if verdict.Flux, err = flux(*question.Expressions, object); err != nil {
			return verdict, fmt.Errorf("flux: %w", err)
		}
	}
	if question.Health != "" {
		if verdict.Argo, err = health(question.Health, object); err != nil {
			return verdict, fmt.Errorf("health.lua: %w", err)
		}
	}
	if question.Discovery != "" {
		if verdict.Available, err = discover(question.Discovery, object); err != nil {
			return verdict, fmt.Errorf("discovery.lua: %w", err)
		}
	}
	verdict.After, err = act(question.Actions, object)
	return verdict, err
}
