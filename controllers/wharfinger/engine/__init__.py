"""The engine: what turns "the world changed" into "the world is as wished", for any kind.

It reads like this, from the wire inwards:

- `connection`, `transport` and `client` speak to the API server; `errors` names what it may answer.
- a `reflector` keeps a `store` equal to the cluster; `trim` decides what of an object is worth its memory,
  and a `shelf` packs what rests.
- a change wakes a key in the `queue`; `controller` maps it there and runs the reconcile function of its kind.
- reconcile functions hand what they want to the `writer`, which uses `diff` to write only what differs, and report by
  `status` and `events`.
- `lease` says whether this process may write at all; `operator` gives the process its shape; `metrics`
  counts, and a `census` knows how many objects are in which state.

The engine knows no kind by name: it is told `wharfinger.api.resource.Resource` values.
"""
