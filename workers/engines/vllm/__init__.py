"""The family ``vllm``: Qwen3-Omni, Qwen3-ASR and Qwen3-ForcedAligner, served in offline batches by vLLM."""
