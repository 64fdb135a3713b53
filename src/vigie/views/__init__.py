"""Views: answers made visible. Every excerpt is redacted and escaped here, whatever wrote it."""
