"""Souk in Slack: hears a question, shows one answer. Slack is spoken through Bolt, and only here."""
