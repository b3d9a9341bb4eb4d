"""Engines behind the Protocols of `pipeline.contracts`; torch and vLLM stay in here."""
