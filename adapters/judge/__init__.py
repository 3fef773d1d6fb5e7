"""Engines that give a second opinion on a text: a guard model behind an HTTP interface, or the chat model at hand."""
