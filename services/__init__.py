"""The services of Numberbank; `chassis` is what they have in common, `ops` what operators use."""
