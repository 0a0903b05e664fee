"""One backward pass: the walk, the two worlds that rules run in, in-place writes on views."""
