package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// A project lies some levels below the directory that nobody can guess the name of, so that a path that leads up out of
// it can be told from one that was absolute, and is shown as it was written.
const levels = 8

var below = filepath.Join(strings.Split(strings.Repeat("p", levels), "")...)

// asWritten makes the loader's absolute paths in a text relative again.
func asWritten(text, directory string) string {
	up := "./"
	for range levels {
		text = strings.ReplaceAll(text, directory+"/", up)
		text = strings.ReplaceAll(text, directory+`"`, strings.TrimSuffix(up, "/")+`"`)
		directory, up = filepath.Dir(directory), strings.TrimPrefix(up+"../", "./")
	}
	return text
}

// inMessage is asWritten for a person: compose.yaml, not ./compose.yaml.
func inMessage(text, directory string) string {
	return asWritten(strings.ReplaceAll(text, directory+"/", ""), directory)
}

// unreadable are the loader's words of a file that `include` names, where no error of the file system comes with them.
var unreadable = regexp.MustCompile(`^couldn't (?:find|read) env file: (.*)$|^(.*) is (?:a directory|not a file)$`)

// explain says of each file that cannot be opened the same, so that no answer tells what files there are.
func explain(err error, directory string) string {
	var missing *fs.PathError
	if errors.As(err, &missing) {
		return fmt.Sprintf("%s %v", inMessage(missing.Path, directory), errNotGiven)
	}
	if found := unreadable.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Sprintf("%s %v", inMessage(found[1]+found[2], directory), errNotGiven)
	}
	return inMessage(err.Error(), directory)
}

// checkGiven refuses files of variables and labels outside of the directory, before anything looks whether they exist.
func checkGiven(project *types.Project, directory string) error {
	for name, service := range project.Services {
		paths := slices.Clone(service.LabelFiles)
		for _, file := range service.EnvFiles {
			paths = append(paths, file.Path)
		}
		for _, hook := range service.PreStart {
			paths = append(paths, hook.LabelFiles...)
			for _, file := range hook.EnvFiles {
				paths = append(paths, file.Path)
			}
		}
		for _, path := range paths {
			if relative, err := filepath.Rel(directory, path); err != nil || !filepath.IsLocal(relative) {
				return fmt.Errorf("services.%s: %s %w", name, path, errNotGiven)
			}
		}
	}
	return nil
}
