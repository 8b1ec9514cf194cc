package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

// patience is how long Argo CD lets a script run.
const patience = time.Second

// run executes a script on an object, its global `obj`, and decodes the table that it returns into result.
//
// The script has what Argo CD gives to one of argocd-cm that does not ask for `useOpenLibs`: Lua's basic functions,
// `table`, and `time` and `date` of `require("os")`. It has no `string`, no files, no processes.
func run(script string, object *unstructured.Unstructured, result any) error {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	state.SetContext(ctx)
	if err := open(state); err != nil {
		return err
	}
	state.SetGlobal("obj", toLua(state, object.Object))
	if err := state.DoString(script); err != nil {
		return err
	}
	returned := state.Get(-1)
	if returned.Type() != lua.LTTable {
		return fmt.Errorf("it returns %s, not a table", returned.Type())
	}
	encoded, err := luajson.Encode(returned)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, result)
}

func open(state *lua.LState) error {
	libraries := []struct {
		name string
		load lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage}, // the others register themselves with it
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	}
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.load), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return err
		}
	}
	state.PreloadModule(lua.OsLibName, clock)
	return nil
}

// clock is `os`, without all that could leave the script.
func clock(state *lua.LState) int {
	state.Push(state.NewFunction(lua.OpenOs))
	state.Push(lua.LString(lua.OsLibName))
	state.Call(1, 1)
	whole := state.CheckTable(-1)
	state.Pop(1)
	state.SetGlobal(lua.OsLibName, lua.LNil)
	safe := state.NewTable()
	for _, name := range []string{"time", "date"} {
		safe.RawSetString(name, whole.RawGetString(name))
	}
	state.Push(safe)
	return 1
}

// toLua is a decoded JSON value as a Lua value: each number is a float, null is nil.
func toLua(state *lua.LState, value any) lua.LValue {
	switch typed := value.(type) {
	case bool:
		return lua.LBool(typed)
	case string:
		return lua.LString(typed)
	case int64:
		return lua.LNumber(typed)
	case float64:
		return lua.LNumber(typed)
	case []any:
		list := state.CreateTable(len(typed), 0)
		for _, each := range typed {
			list.Append(toLua(state, each))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(typed))
		for key, each := range typed {
			table.RawSetString(key, toLua(state, each))
		}
		return table
	}
	return lua.LNil
}
