"""What a run will cost before anything runs: model profiles and GPUs as data, and arithmetic on them."""
