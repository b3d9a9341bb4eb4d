"""Whether a model could write a text under a JSON schema: ``python grammars.py``, run where xgrammar is installed.

Reads ``[[schema, text], …]`` from stdin and prints a list of true and false. White space is banned as it is in the
engine's configuration; the tokens are single bytes.
"""

from __future__ import annotations

import importlib
import json
import sys

END = 256
"""Token that ends an answer."""


def main() -> None:
    """Answer for each pair."""
    xgrammar = importlib.import_module("xgrammar")  # where these tests run there is none, and it has no types
    tokens = xgrammar.TokenizerInfo(
        [bytes([value]) for value in range(END)] + [b"<end>"],
        vocab_type=xgrammar.VocabType.RAW,
        stop_token_ids=[END],
    )
    compiler = xgrammar.GrammarCompiler(tokens, max_threads=1)
    answers = []
    for schema, text in json.load(sys.stdin):
        matcher = xgrammar.GrammarMatcher(compiler.compile_json_schema(schema, any_whitespace=False))
        answers.append(matcher.accept_string(text) and matcher.accept_token(END))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
