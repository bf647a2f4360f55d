"""From a model's reference to verified files on disk."""
