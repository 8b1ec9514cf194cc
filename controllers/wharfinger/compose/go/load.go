package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
)

// Request is what to load.
type Request struct {
	Name string `json:"name"` // of the project; what the documents say themselves wins over it,
	// unless NameWins.
	NameWins bool `json:"nameWins"`
	// Documents are Compose files, merged in their order. Paths are relative.
	Documents []string `json:"documents"`
	// Files are all files by path, the documents among them.
	Files map[string]string `json:"files"`
	// Environment is what interpolation and `environment: [NAME]` see: this, and nothing of ours.
	Environment map[string]string `json:"environment"`
	// EnvFiles are files of further variables, such as .env: a later one wins, and Environment over them.
	EnvFiles []string `json:"envFiles"`
	Profiles []string `json:"profiles"`
	Dialect  string   `json:"dialect"` // compose (the default) or stack: what interpolation takes
}

// Answer is the project as the Compose specification's canonical form, or why there is none.
type Answer struct {
	Project  json.RawMessage `json:"project,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Error    string          `json:"error,omitempty"`
	// Environment is what interpolation saw.
	Environment map[string]string `json:"environment,omitempty"`
	// Places says where the documents mention what: file, then path in it, then line and column.
	Places map[string]map[string][2]int `json:"places,omitempty"`
	// Quoted are the paths of ports that documents publish as a text: canonical form does not tell any more.
	Quoted []string `json:"quoted,omitempty"`
}

func answer(line []byte, root string) (reply Answer) {
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return Answer{Error: "request: " + err.Error()}
	}
	unguessable, err := os.MkdirTemp(root, "")
	if err != nil {
		return Answer{Error: err.Error()}
	}
	defer os.RemoveAll(unguessable)
	directory := filepath.Join(unguessable, below)
	// A document is data from anybody: whatever it makes the loader do is its own failure.
	defer func() {
		if problem := recover(); problem != nil {
			reply = Answer{Error: fmt.Sprintf("the document cannot be loaded: %v", problem)}
		}
	}()
	if err := checkFiles(request); err != nil {
		return Answer{Error: err.Error()}
	}
	if err := unpack(request.Files, directory); err != nil {
		return Answer{Error: inMessage(err.Error(), directory)}
	}
	reply = load(request, directory)
	for i := range reply.Warnings {
		reply.Warnings[i] = inMessage(reply.Warnings[i], directory)
	}
	return reply
}

// unpack writes files; checkFiles has seen their paths.
func unpack(files map[string]string, directory string) error {
	for path, content := range files {
		target := filepath.Join(directory, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(target, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func load(request Request, directory string) Answer {
	log := logtest.NewGlobal()
	defer logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{})
	places := map[string]map[string][2]int{}
	var quoted []string
	for _, path := range request.Documents {
		if found, err := locate(request.Files[path]); err == nil {
			places[path] = found.places
			quoted = append(quoted, found.quoted...)
		}
	}
	if err := addVariables(&request, directory); err != nil {
		return Answer{Error: explain(err, directory)}
	}
	project, err := loader.LoadWithContext(context.Background(), details(request, directory), func(options *loader.Options) {
		options.SetProjectName(request.Name, request.NameWins)
		options.Profiles = request.Profiles
		options.ResourceLoaders = []loader.ResourceLoader{nothingRemote{}}
		options.Interpolate.Substitute = substitution(request.Dialect, options.Interpolate.Substitute)
		options.SkipResolveEnvironment, options.SkipResolveLabels = true, true // see resolve
	})
	if err == nil {
		project, err = resolve(project, directory)
	}
	warnings := messages(log)
	if err != nil {
		return Answer{Error: explain(err, directory), Warnings: warnings, Places: places}
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return Answer{Error: explain(err, directory), Warnings: warnings}
	}
	relative := []byte(asWritten(string(text), directory))
	return Answer{Project: relative, Warnings: warnings, Places: places, Quoted: quoted, Environment: request.Environment}
}

// resolve reads the files of variables and labels, as the loader would, once it is known that they were given.
func resolve(project *types.Project, directory string) (*types.Project, error) {
	if err := errors.Join(checkProject(project), checkGiven(project, directory)); err != nil {
		return nil, err
	}
	project, err := project.WithServicesEnvironmentResolved(false)
	if err != nil {
		return nil, err
	}
	return project.WithServicesLabelsResolved(false)
}

func addVariables(request *Request, directory string) error {
	files := make([]string, 0, len(request.EnvFiles))
	for _, path := range request.EnvFiles {
		files = append(files, filepath.Join(directory, path))
	}
	all, err := dotenv.GetEnvFromFile(request.Environment, files)
	if err != nil {
		return err
	}
	maps.Copy(all, request.Environment)
	request.Environment = all
	return nil
}

func details(request Request, directory string) types.ConfigDetails {
	documents := make([]types.ConfigFile, 0, len(request.Documents))
	for _, path := range request.Documents {
		documents = append(documents, types.ConfigFile{Filename: filepath.Join(directory, path)})
	}
	return types.ConfigDetails{WorkingDir: directory, ConfigFiles: documents, Environment: request.Environment}
}

func messages(log *logtest.Hook) []string {
	var said []string
	for _, entry := range log.AllEntries() {
		if entry.Level <= logrus.WarnLevel && !slices.Contains(said, entry.Message) {
			said = append(said, entry.Message)
		}
	}
	return said
}

// nothingRemote refuses what `include` and `extends` name elsewhere: a repository, an OCI artifact, a web page.
type nothingRemote struct{}

func (nothingRemote) Accept(path string) bool {
	return strings.Contains(path, "://") || strings.HasPrefix(path, "oci:") || strings.HasPrefix(path, "git@") ||
		strings.HasPrefix(path, "github.com/") || strings.Contains(path, ".git#") || strings.HasSuffix(path, ".git")
}

func (nothingRemote) Load(_ context.Context, path string) (string, error) {
	return "", errors.New(path + ": nothing is fetched from elsewhere; put the file into the resource")
}

func (nothingRemote) Dir(path string) string { return filepath.Dir(path) }
