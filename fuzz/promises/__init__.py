"""One module for each harness: SEEDS, WORDS and check()."""
