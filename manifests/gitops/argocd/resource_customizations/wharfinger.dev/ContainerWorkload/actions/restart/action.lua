-- New pods of the same content, rolled out as any change is; a job runs once more.
local os = require("os")
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["wharfinger.dev/restartedAt"] = os.date("!%Y-%m-%dT%XZ")
return obj
