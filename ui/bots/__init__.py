"""Bots: the product in the messengers people work in."""
