"""How a stage runs: shards, manifests, executors. Knows no stage and no source."""
