"""What is decided and made: CPU only, no orchestrator."""
