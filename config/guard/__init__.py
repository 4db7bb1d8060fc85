"""The walls of the public doors: limits, proof of work, waiting tickets, form stamps. Knows nothing of cases."""
