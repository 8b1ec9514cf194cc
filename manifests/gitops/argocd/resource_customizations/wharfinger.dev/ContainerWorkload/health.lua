-- The health of a ContainerWorkload, a Stack or a NodePolicy: the rules of kstatus, in their order, in Argo CD's words.
--
-- Only one thing is finer than in kstatus: what a person holds (a pause, a suspended job) is Suspended and not
-- Progressing. A suspended schedule is in place as it was asked for, so it is Healthy.

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "Being deleted")
end

local status = obj.status or {}
if status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "Waiting for the operator to see the last change")
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is_true(condition)
  return condition ~= nil and condition.status == "True"
end

if is_true(conditions.Reconciling) then
  return health("Progressing", conditions.Reconciling.message)
end
if is_true(conditions.Stalled) then
  return health("Degraded", conditions.Stalled.message)
end

local ready = conditions.Ready
if ready == nil then
  return health("Progressing", "Waiting for the operator")
end
if is_true(ready) then
  return health("Healthy", ready.message)
end
if ready.reason == "Paused" or ready.reason == "Suspended" then
  return health("Suspended", ready.message)
end
return health("Progressing", ready.message)
