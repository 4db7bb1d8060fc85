"""A made-up street with a year of casework, told through the real actions."""
