"""Small pure helpers with no model; every app may use them, they use none."""
