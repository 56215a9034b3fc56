"""An outside city with a known truth: it speaks only MQTT and HTTP, and knows nothing of the services."""
