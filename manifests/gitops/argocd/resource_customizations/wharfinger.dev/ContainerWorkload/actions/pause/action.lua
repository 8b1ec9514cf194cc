-- The rollout stays where it is, and the next one does not begin.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["wharfinger.dev/paused"] = "true"
return obj
