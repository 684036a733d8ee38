"""Make one run of any kind: data, training, predictions or embeddings."""
