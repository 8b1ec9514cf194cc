-- What the spec says runs: neither a pause nor a pin holds it back.
obj.metadata.annotations = obj.metadata.annotations or {}
-- "false" and not nil: to Argo CD a table that became empty is one that did not change.
obj.metadata.annotations["wharfinger.dev/paused"] = "false"
obj.metadata.annotations["wharfinger.dev/rollback-to"] = nil
return obj
