"""ingest/codecs"""
