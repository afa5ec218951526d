"""Fuzzing: promises of the parsers, and searches for an input that breaks one.

Each module of fuzz/promises is one harness: a docstring that states what must hold for every input, SEEDS to begin
with, WORDS that inputs are made of, and `check`, which raises for an input that breaks the promise. fuzz/c holds the
one for C; fuzz/programs.py starts both C programs as a whole, in every way that chance has (`make fuzz FUZZ=programs`).

`make fuzz` lets libFuzzer search for FUZZ_SECONDS with each of them, led by what an input makes the code do (atheris
for Python, clang for C; both are installed for that, below build/fuzz and by apt-get). `make fuzz FUZZ="replies scram"`
takes only these. What has been tried is kept in build/fuzz/corpus, and an input that breaks a promise in
build/fuzz/found; `python3 -m fuzz.again NAME FILE` shows it without any fuzzer. It becomes an ordinary unit test
before it is repaired. The seeds, and damaged copies of them, are tried by `make test` (tests/system/test_fuzz.py).
"""
