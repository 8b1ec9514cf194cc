package main

import (
	"context"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Expressions are CEL, evaluated as Flux's kustomize-controller does it.
type Expressions = kustomize.HealthCheckExpressions

// kstatus is the library's verdict, which knows no kind of ours: it goes by the conditions alone.
func kstatus(object *unstructured.Unstructured) (Told, error) {
	result, err := status.Compute(object)
	if err != nil {
		return Told{}, err
	}
	return Told{Status: result.Status.String(), Message: result.Message}, nil
}

// flux is the verdict of health check expressions, by Flux's own evaluator.
func flux(expressions Expressions, object *unstructured.Unstructured) (*Told, error) {
	evaluator, err := cel.NewStatusEvaluator(&expressions)
	if err != nil {
		return nil, err
	}
	result, err := evaluator.Evaluate(context.Background(), object)
	if err != nil {
		return nil, err
	}
	return &Told{Status: result.Status.String(), Message: result.Message}, nil
}
