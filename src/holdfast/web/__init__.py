"""The web app: pages and an API over the metrics, the lake and what people decided."""
