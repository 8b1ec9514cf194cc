package main

import (
	"bytes"
	"encoding/json"

	helm "github.com/fluxcd/helm-controller/api/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// strict reads an object as the type of its kind, where we have that, and says which of its fields the type has not.
func strict(object *unstructured.Unstructured) string {
	if object.GroupVersionKind() != helm.GroupVersion.WithKind(helm.HelmReleaseKind) {
		return ""
	}
	encoded, err := json.Marshal(object.Object)
	if err != nil {
		return err.Error()
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&helm.HelmRelease{}); err != nil {
		return err.Error()
	}
	return ""
}
