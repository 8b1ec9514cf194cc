-- The previous revision runs, until it is resumed. The spec stays as it is, so that no sync undoes this.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["wharfinger.dev/rollback-to"] = "previous"
return obj
