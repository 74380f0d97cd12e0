"""bezoar keeps poison out of machine-learning models."""
