"""Real engines that install with their data and run offline on a CPU."""
