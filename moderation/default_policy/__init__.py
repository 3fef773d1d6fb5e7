"""The policy that an ordinary company can start with, and the weights of the question judge."""
