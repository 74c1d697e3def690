"""cqia answer: questions without an answer, answered with people."""
