"""Answers and rewritings that a model drafts: asked with a trap that a person names, checked, asked again, accepted.

prompts     what the model and its checker are asked
rounds      one question through as many rounds as it takes
book        every round and every acceptance, on disk
sheets      files of traps, and of drafts that people decide on
"""
