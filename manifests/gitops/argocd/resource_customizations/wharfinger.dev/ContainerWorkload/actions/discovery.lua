-- What can be done to a ContainerWorkload from Argo CD: annotations on it, as docs/rollouts.md has them.

local annotations = obj.metadata.annotations or {}
local mode = obj.spec.mode or "service"
local rollout = (obj.status or {}).rollout or {}

-- Jobs have no rollouts to hold or to take back: each revision of one is a run of its own.
local rolls = mode ~= "job" and mode ~= "cron"
local paused = annotations["wharfinger.dev/paused"] == "true"
local pinned = annotations["wharfinger.dev/rollback-to"] ~= nil
-- Else there is nothing before it, or that runs already.
local has_previous = (rollout.revision or 1) > 1 and rollout.runningRevision == rollout.revision

return {
  ["restart"] = {
    ["displayName"] = mode == "job" and "Run again" or "Restart pods",
    ["iconClass"] = "fa fa-fw fa-redo",
    ["disabled"] = mode == "cron",
  },
  ["pause"] = {
    ["displayName"] = "Pause rollouts",
    ["iconClass"] = "fa fa-fw fa-pause-circle",
    ["disabled"] = not rolls or paused,
  },
  ["resume"] = {
    ["displayName"] = "Resume: run what the spec says",
    ["iconClass"] = "fa fa-fw fa-play-circle",
    ["disabled"] = not (paused or pinned),
  },
  ["rollback"] = {
    ["displayName"] = "Roll back to the previous revision",
    ["iconClass"] = "fa fa-fw fa-undo",
    ["disabled"] = not rolls or pinned or not has_previous,
  },
}
