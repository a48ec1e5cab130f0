"""Receivers of accounts.signals: what a change of an account does to its chats."""
